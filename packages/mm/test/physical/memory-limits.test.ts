import { describe, expect, it } from 'vitest';
import { zoneSizes } from '../../src/boot-memory/free-area-init.ts';
import { BootLog } from '../../src/physical/boot-log.ts';
import { findMaxLowPfn, type HighmemConfig } from '../../src/physical/memory-limits.ts';

const MB = 256;

describe('low and high memory (sheet 1, section 5)', () => {
  type Vector = [
    name: string,
    maxPfn: number,
    highmem: number,
    config: HighmemConfig,
    low: number,
    zones: number[],
    log: string,
  ];
  const vectors: Vector[] = [
    ['512M', 512 * MB, -1, '4g', 131072, [4096, 126976, 0], ''],
    ['512M highmem=128M', 512 * MB, 128 * MB, '4g', 98304, [4096, 94208, 32768], ''],
    [
      '512M highmem=500M',
      512 * MB,
      500 * MB,
      '4g',
      131072,
      [4096, 126976, 0],
      '<3>highmem size 500MB results in smaller than 64MB lowmem, ignoring it.\n',
    ],
    [
      '512M highmem=512M',
      512 * MB,
      512 * MB,
      '4g',
      131072,
      [4096, 126976, 0],
      '<3>highmem size specified (512MB) is bigger than pages available (512MB)!.\n',
    ],
    ['1G highmem=64M', 1024 * MB, 64 * MB, '4g', 229376, [4096, 225280, 16384], ''],
    [
      '1G highmem=200M',
      1024 * MB,
      200 * MB,
      '4g',
      229376,
      [4096, 225280, 32768],
      '<4>only 128MB highmem pages available, ignoring highmem size of 200MB.\n',
    ],
    [
      '1G without high memory',
      1024 * MB,
      -1,
      'off',
      229376,
      [4096, 225280, 0],
      '<4>Warning only 896MB will be used.\n<4>Use a HIGHMEM enabled kernel.\n',
    ],
    [
      '4.5G without high memory',
      4608 * MB,
      -1,
      'off',
      229376,
      [4096, 225280, 0],
      '<4>Warning only 896MB will be used.\n<4>Use a PAE enabled kernel.\n',
    ],
    [
      '4.5G without PAE',
      4608 * MB,
      -1,
      '4g',
      229376,
      [4096, 225280, 819200],
      '<4>Warning only 4GB will be used.\n<4>Use a PAE enabled kernel.\n',
    ],
    ['4.5G with PAE', 4608 * MB, -1, '64g', 229376, [4096, 225280, 950272], ''],
    [
      '64M highmem=8M without high memory',
      64 * MB,
      8 * MB,
      'off',
      16384,
      [4096, 12288, 0],
      '<3>ignoring highmem size on non-highmem kernel!\n',
    ],
    ['16M', 16 * MB, -1, '4g', 4096, [4096, 0, 0], ''],
    ['8M', 8 * MB, -1, '4g', 2048, [2048, 0, 0], ''],
  ];
  it.each(vectors)('%s', (_, maxPfn, highmem, config, low, zones, text) => {
    const log = new BootLog();
    const limits = findMaxLowPfn(maxPfn, highmem, config, log);
    expect(limits.maxLowPfn).toBe(low);
    const highEndPfn = config === 'off' ? low : limits.maxPfn;
    expect(zoneSizes({ maxLowPfn: low, highStartPfn: low, highEndPfn })).toEqual(zones);
    expect(log.toString(true)).toBe(text);
  });
});
