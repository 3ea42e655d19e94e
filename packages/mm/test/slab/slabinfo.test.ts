import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { boot } from '../../src/index.ts';
import { formatSlabinfo, writeSlabinfo } from '../../src/proc/slabinfo.ts';
import { create, GFP_KERNEL, slabMachine } from './slab-machine.ts';

const MIB = 2 ** 20;
const COMMAND_LINE = 'console=ttyS0,115200 root=/dev/hda rw init=/init panic=1 ';

/** Lines of /proc/slabinfo by cache. */
function parse(text: string): { name: string; numbers: number[] }[] {
  return text
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => {
      // Names of 2.4.0 have blanks.
      const [, name, rest] = /^(.*?)((?:\s+\d+)+)$/.exec(line) as unknown as [string, string, string];
      return { name: name.trimEnd(), numbers: rest.trim().split(/\s+/).map(Number) };
    });
}

function fixture(release: string, mib: number, file: string): string {
  const url = new URL(`../fixtures/kernels/i386-${release}-${mib}M/${file}`, import.meta.url);
  return readFileSync(url, 'utf8');
}

const MACHINES = ['2.4.0', '2.4.20', '2.4.22'].flatMap((release) =>
  [16, 64, 256, 512, 2048].map((mib) => [release, mib] as const),
);
/** Caches whose objects belong to the recording's only process, /init, and to what it opened. */
const OF_INIT = new Set([
  'mm_struct',
  'vm_area_struct',
  'files_cache',
  'fs_cache',
  'filp',
  'signal_act',
  'inode_cache',
  'dentry_cache',
]);

describe('/proc/slabinfo as real kernels show it', () => {
  it.each(
    MACHINES,
  )('%s, %i MiB: the same caches in the same order, cut alike, filled alike', (release, mib) => {
    const kernel = boot({ release, memory: mib * MIB });
    const ours = parse(kernel.proc('slabinfo'));
    const recorded = parse(fixture(release, mib, 'slabinfo.txt'));
    expect(ours.map(({ name }) => name)).toEqual(recorded.map(({ name }) => name));
    for (const [i, { name, numbers }] of recorded.entries()) {
      const own = (ours[i] as { numbers: number[] }).numbers;
      expect([name, own[2], own[5]]).toEqual([name, numbers[2], numbers[5]]);
      // Objects of a slab: the recording shows them only where there are slabs.
      if ((numbers[4] as number) > 0) {
        const cache = kernel.slab.find(name);
        expect([name, cache?.num]).toEqual([name, (numbers[1] as number) / (numbers[4] as number)]);
      }
      if (!OF_INIT.has(name)) expect([name, ...own]).toEqual([name, ...numbers]);
    }
  });

  it.each(MACHINES)('%s, %i MiB: free memory is the recorded one but for /init', (release, mib) => {
    const kernel = boot({ release, memory: mib * MIB });
    const recorded = /^MemFree: +(\d+) kB$/m.exec(fixture(release, mib, 'meminfo.txt'));
    const more = kernel.allocator.nrFreePages() - Number(recorded?.[1]) / 4;
    // /init: its pages in the page cache and its own, 25 on the LRU lists; 3 page tables; up to 5 slabs of its objects.
    expect(more).toBeGreaterThanOrEqual(25);
    expect(more).toBeLessThanOrEqual(34);
  });
});

describe('boot of a real 2.4.22 kernel with 16 MiB, event by event', () => {
  it('the first five blocks go to the same users: two pages of cache descriptors, three hash tables', () => {
    const url = new URL('../fixtures/allocations/2.4.22-16M-events.txt.gz', import.meta.url);
    const lines = gunzipSync(readFileSync(url)).toString().split('\n');
    const blocks = lines.filter((line) => line.startsWith('R ')).map((line) => Number(line.split(' ')[3]));
    const { slab, physical } = boot({ memory: 16 * MIB, cmdline: COMMAND_LINE });
    const frame = (name: string) => (slab.find(name)?.at ?? 0) >>> 12;
    const table = (name: string) => physical.hashTables.find((candidate) => candidate.name === name)?.pfn;
    const ours = [frame('size-32'), frame('dentry_cache'), table('dentry'), table('inode'), table('mount')];
    expect(ours).toEqual(blocks.slice(0, 5));
  });
});

describe('sheet 2, A14: the lines', () => {
  const lines = (
    options: Parameters<typeof slabMachine>[0],
    run: (slab: ReturnType<typeof slabMachine>['slab']) => void,
  ) => {
    const { slab } = slabMachine(options);
    run(slab);
    return formatSlabinfo(slab).split('\n');
  };

  it('uniprocessor', () => {
    const text = lines({ upSpinlockBytes: 4 }, (slab) => {
      const cache = create(slab, 'vm_area_struct', 68, 0x2000);
      for (let i = 0; i < 41; i++) slab.kmemCacheAlloc(cache, GFP_KERNEL);
    });
    expect(text[0]).toBe('slabinfo - version: 1.1');
    expect(text[1]).toBe('kmem_cache            27     34    112    1    1    1');
    expect(text[2]).toBe('vm_area_struct        41     80     96    2    2    1');
    expect(text).toContain('size-131072(DMA)       0      0 131072    0    0   32');
  });

  it('SMP', () => {
    const text = lines({ cpus: 2 }, (slab) => {
      slab.kmemCpucacheInit();
      slab.kmalloc(8192, GFP_KERNEL);
    });
    expect(text[0]).toBe('slabinfo - version: 1.1 (SMP)');
    expect(text[1]).toBe('kmem_cache            26     32    244    2    2    1 :  252  126');
    expect(text).toContain('size-8192              1      1   8192    1    1    2 :    0    0');
  });

  it('uniprocessor with statistics', () => {
    const text = lines({ debug: true, upSpinlockBytes: 4 }, () => {});
    expect(text[0]).toBe('slabinfo - version: 1.1 (statistics)');
    expect(text[1]).toBe(
      'kmem_cache            26     28    136    1    1    1 :     26      26     1    0    0',
    );
  });

  it('SMP with statistics', () => {
    const text = lines({ cpus: 2, debug: true }, (slab) => {
      slab.kmemCpucacheInit();
      const cache = create(slab, 'c', 1000);
      for (const obj of [1, 2, 3].map(() => slab.kmemCacheAlloc(cache, GFP_KERNEL)))
        slab.kmemCacheFree(cache, obj);
    });
    expect(text[0]).toBe('slabinfo - version: 1.1 (statistics) (SMP)');
    expect(text[2]).toBe(
      'c                      4      4   1000    1    1    1 :      4       4     1    0    0 :  124   62 :      2      2      3      0',
    );
  });
});

describe('sheet 2, A10: writing to /proc/slabinfo', () => {
  it.each([
    ['size-32 100 50', 14],
    ['size-32 100 50\n', 15],
    ['size-32 100', -22],
    ['size-32 0', 9],
    ['size-32', -22],
    ['size-33 100 50', -22],
    ['size-32 10 11', -22],
    [`size-32 100 50${' '.repeat(128)}`, -22],
  ])('%j: %i', (text, result) => {
    const { slab } = slabMachine({ cpus: 2 });
    slab.kmemCpucacheInit();
    expect(writeSlabinfo(slab, text)).toBe(result);
    slab.check();
    expect(writeSlabinfo(slabMachine().slab, text)).toBe(-22);
  });
});
