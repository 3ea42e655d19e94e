import { describe, expect, it } from 'vitest';
import { applySysctl, boot, readSysctl, sysctlNames } from '../../src/index.ts';

const MEMORY = 32 * 2 ** 20;

describe('sysctls', () => {
  it.each([
    ['vm.overcommit_memory', '0', '2'],
    ['vm.max_map_count', '65536', '-1'],
    ['vm.pagetable_cache', '25\t50', '1\t2'],
    ['vm.page-cluster', '3', '5'],
    ['vm.min-readahead', '3', '7'],
    ['vm.max-readahead', '31', '127'],
  ])('%s is %s at boot and can be set', (key, value, other) => {
    const kernel = boot({ memory: MEMORY });
    expect(readSysctl(kernel, key)).toBe(value);
    applySysctl(kernel, key, other);
    expect(readSysctl(kernel, key.replaceAll('.', '/'))).toBe(other);
    expect(sysctlNames).toContain(key);
  });

  it.each([
    ['vm.freepages', '223\t446\t669'],
    ['vm.buffermem', '2\t10\t60'],
    ['vm.pagecache', '2\t15\t75'],
    ['vm.page-cluster', '4'],
    ['vm.pagetable_cache', '25\t50'],
    ['vm.overcommit_memory', '0'],
  ])('%s of 2.4.0 is %s, as recorded with 64 MiB (sheet 7 section 16)', (key, value) => {
    expect(readSysctl(boot({ memory: 2 * MEMORY, release: '2.4.0' }), key)).toBe(value);
  });

  it('2.4.0 and later kernels have some that the others do not have', () => {
    const old = boot({ memory: MEMORY, release: '2.4.0' });
    expect(() => applySysctl(old, 'vm.freepages', '1 2 3')).toThrow('it can only be read');
    applySysctl(old, 'vm.buffermem', '3 4 5');
    expect(readSysctl(old, 'vm.buffermem')).toBe('3\t4\t5');
    expect(() => readSysctl(old, 'vm.max_map_count')).toThrow(
      'unknown; there are: vm.overcommit_memory, vm.page',
    );
    expect(() => readSysctl(boot({ memory: MEMORY }), 'vm.freepages')).toThrow('unknown');
  });

  it.each([
    ['vm.overcommit_memory', '1 2', 'allowed are whole numbers'],
    ['vm.overcommit_memory', '2147483648', 'allowed are whole numbers'],
    ['vm.pagetable_cache', '25', 'allowed are two whole numbers'],
    ['vm.swappiness', '60', 'unknown; there are: vm.overcommit_memory'],
  ])('%s=%s is refused', (key, value, text) => {
    expect(() => boot({ memory: MEMORY, sysctl: { [key]: value } })).toThrow(text);
  });
});

describe('step(), a turn of the idle task', () => {
  it('has nothing to do on a fresh machine', () => {
    expect(boot({ memory: MEMORY }).step()).toBe(false);
  });

  it('gives cached page tables back when the high mark came down (sheet 1 section 13)', () => {
    const kernel = boot({ memory: MEMORY });
    const process = kernel.spawn('a');
    for (let i = 0; i < 40; i++) {
      const at = process.mmap2(0x50000000 + i * 0x400000, 4096, 3, 0x32, -1, 0);
      process.store8(at, i);
    }
    process.exit(0);
    // 40 tables are below the mark of 50: all of them wait for their next use.
    expect(kernel.pageTables.cachedTables).toBe(40);
    expect(kernel.step()).toBe(false);
    const free = kernel.allocator.nrFreePages();
    applySysctl(kernel, 'vm.pagetable_cache', '10 20');
    expect(kernel.step()).toBe(true);
    expect(kernel.allocator.nrFreePages()).toBe(free + 30);
    expect(kernel.step()).toBe(false);
    kernel.checkInvariants();
  });
});
