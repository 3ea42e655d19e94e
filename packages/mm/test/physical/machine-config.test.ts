import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError, KernelPanic } from '../../src/kernel-bug.ts';
import { checkPageAllocator } from '../../src/page-allocator/check.ts';
import { boot, MIB } from '../page-allocator/machine.ts';

describe('impossible machines are refused in one line', () => {
  it.each([
    [{ memoryBytes: 4 * MIB }, 'memory: 4194304 bytes; allowed: 8 MiB to 64 GiB, in whole MiB'],
    [{ memoryBytes: 65 * 1024 * MIB }, 'memory: 69793218560 bytes; allowed: 8 MiB to 64 GiB, in whole MiB'],
    [{ memoryBytes: Number.NaN }, 'memory: NaN bytes; allowed: 8 MiB to 64 GiB, in whole MiB'],
    [{ release: '2.2.14' }, 'release: 2.2.14; allowed: 2.4.0, 2.4.20, 2.4.22'],
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
      'memory: 636 KiB of low memory (kernel command line "mem=1M") cannot hold the kernel image, which ends at 2032 KiB',
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

describe('no configuration breaks the kernel', () => {
  it('boots with sound free lists, or refuses, or panics', () => {
    const size = fc.constantFrom(
      '1M',
      '3M',
      '16M',
      '17M',
      '100000k',
      '0x3000000',
      '896M',
      '897M',
      '2G',
      '0',
      '',
    );
    const option = fc.oneof(
      size.map((s) => `mem=${s}`),
      size.map((s) => `highmem=${s}`),
      fc.tuple(size, size).map(([s, a]) => `mem=${s}@${a}`),
      fc.tuple(size, size).map(([s, a]) => `mem=${s}$${a}`),
      fc.constantFrom('mem=exactmap', 'mem=nopentium', 'mem=640K@0', 'quiet'),
    );
    const options = fc.record({
      release: fc.constantFrom('2.4.20', '2.4.22'),
      machine: fc.constantFrom('qemu', 'ref-h4g', 'ref-noh', 'ref-pae'),
      highmem: fc.constantFrom('off', '4g', '64g'),
      memoryBytes: fc
        .oneof(fc.integer({ min: 8, max: 64 }), fc.constantFrom(897, 1024, 3000, 5000))
        .map((n) => n * MIB),
      commandLine: fc.array(option, { maxLength: 4 }).map((list) => list.join(' ')),
      cpus: fc.integer({ min: 1, max: 2 }),
    });
    fc.assert(
      fc.property(options, (wanted) => {
        let machine: ReturnType<typeof boot>;
        try {
          machine = boot(wanted);
          machine.finish();
        } catch (error) {
          if (error instanceof ConfigError || error instanceof KernelPanic) return;
          throw error;
        }
        expect(checkPageAllocator(machine.allocator)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});
