import { describe, expect, it } from 'vitest';
import { ConfigError, KernelPanic } from '../../src/kernel-bug.ts';
import { boot, MIB } from '../page-allocator/machine.ts';

describe('impossible machines are refused in one line', () => {
  it.each([
    [{ memoryBytes: 4 * MIB }, 'memory: 4194304 bytes; allowed: 8 MiB to 64 GiB, in whole MiB'],
    [{ memoryBytes: 65 * 1024 * MIB }, 'memory: 69793218560 bytes; allowed: 8 MiB to 64 GiB, in whole MiB'],
    [{ memoryBytes: Number.NaN }, 'memory: NaN bytes; allowed: 8 MiB to 64 GiB, in whole MiB'],
    [{ release: '2.2.14' }, 'release: 2.2.14; allowed: 2.4.20, 2.4.22'],
    [{ machine: 'vax' }, 'machine: vax; allowed: qemu, ref-h4g, ref-noh, ref-pae'],
    [{ highmem: '8g' }, 'highmem: 8g; allowed: off, 4g, 64g'],
    [{ cpus: 0 }, 'cpus: 0; allowed: 1 to 32'],
    [{ commandLine: 'x'.repeat(256) }, 'command line: 256 characters; allowed: at most 255'],
    [
      { e820: [{ addr: -1, size: 0, type: 1 }] },
      'e820 range: {addr -1, size 0, type 1}; allowed: whole numbers: addr and size from 0, type from 1',
    ],
    [
      { commandLine: 'mem=1M' },
      'memory: 636 KiB of low memory cannot hold the kernel image, which ends at 2032 KiB',
    ],
  ])('%o', (options, message) => {
    expect(() => boot(options)).toThrow(new ConfigError(message));
  });

  it('a machine whose boot memory runs out panics', () => {
    const e820 = [
      { addr: 0, size: 0x9fc00, type: 1 },
      { addr: 0x100000, size: 0x200000, type: 1 },
      { addr: 0x37ff0000, size: 0x10000, type: 1 },
    ];
    expect(() => boot({ e820 })).toThrow(KernelPanic);
  });

  it('a BIOS without a map falls back to the older calls', () => {
    const machine = boot({ memoryBytes: 64 * MIB, e820: [{ addr: 0, size: 0x9fc00, type: 1 }] });
    expect(machine.log.toString()).toContain(
      ' BIOS-e801: 0000000000000000 - 000000000009f000 (usable)\n BIOS-e801: 0000000000100000 - 0000000004000000 (usable)\n',
    );
  });
});
