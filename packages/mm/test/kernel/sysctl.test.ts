import { describe, expect, it } from 'vitest';
import { applySysctl, boot, readSysctl, sysctlNames } from '../../src/index.ts';

const MEMORY = 32 * 2 ** 20;

describe('sysctls', () => {
  it.each([
    ['vm.overcommit_memory', '0', '2'],
    ['vm.max_map_count', '65536', '-1'],
    ['vm.pagetable_cache', '25\t50', '1\t2'],
    ['vm.kswapd', '512\t32\t8', '1\t2\t3'],
    ['vm.bdflush', '30\t500\t0\t0\t500\t3000\t60\t20\t0', '40\t1\t20000\t5\t0\t100\t100\t0\t0'],
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
    ['vm.bdflush', '30\t64\t64\t256\t500\t3000\t60\t0\t0'],
    ['vm.kswapd', '512\t32\t8'],
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
      'unknown; there are: vm.bdflush, vm.overcommit_memory, vm.kswapd, vm.page',
    );
    expect(() => readSysctl(boot({ memory: MEMORY }), 'vm.freepages')).toThrow('unknown');
  });

  it.each([
    ['vm.overcommit_memory', '1 2', 'allowed are whole numbers'],
    ['vm.overcommit_memory', '2147483648', 'allowed are whole numbers'],
    ['vm.pagetable_cache', '25', 'allowed are two whole numbers'],
    ['vm.swappiness', '60', 'unknown; there are: vm.bdflush, vm.overcommit_memory'],
    ['vm.bdflush', '1 2 3 4 5 6 7 8 9 0', 'allowed are one to nine whole numbers'],
  ])('%s=%s is refused', (key, value, text) => {
    expect(() => boot({ memory: MEMORY, sysctl: { [key]: value } })).toThrow(text);
  });
});

describe('vm.bdflush (sheet 3 A8)', () => {
  it('passes over what is out of range, in silence; fewer numbers leave the others', () => {
    const kernel = boot({ memory: MEMORY });
    applySysctl(kernel, 'vm.bdflush', '101 50001 -1 20001 1000001 99 101 101 1');
    expect(readSysctl(kernel, 'vm.bdflush')).toBe('30\t500\t0\t0\t500\t3000\t60\t20\t0');
    applySysctl(kernel, 'vm.bdflush', '10 0 7');
    expect(kernel.proc('sys/vm/bdflush')).toBe('10\t500\t7\t0\t500\t3000\t60\t20\t0\n');
  });

  it('sys_bdflush() reads and sets one number, within its range', () => {
    const kernel = boot({ memory: MEMORY });
    const process = kernel.spawn('update');
    const at = process.mmap2(0, 4096, 3, 0x22, -1, 0);
    expect(process.bdflush(2 * 1 + 3, 1000)).toBe(0);
    expect(process.bdflush(2 * 1 + 2, at)).toBe(0);
    expect(process.load8(at) + 256 * process.load8(at + 1)).toBe(1000);
    expect(process.bdflush(2 * 1 + 3, 0)).toBe(-22);
    expect(process.bdflush(2 * 9 + 2, at)).toBe(-22);
    expect(process.bdflush(2, 0xc0000000)).toBe(-14);
    expect(process.bdflush(0)).toBe(0);
    expect(process.bdflush(-7)).toBe(0);
    const user = kernel.spawn('user', { uid: 1000 });
    expect(user.bdflush(0)).toBe(-1);
    process.bdflush(1);
    expect(process.ended).toEqual({ code: 0, signal: 0 });
  });
});

describe('/proc/sys/vm as recorded on booted machines of 64 MiB', () => {
  // From `sysctl-vm.txt` of the recorded kernels, sorted; numbers there are separated by spaces.
  const NEW = {
    bdflush: '30 500 0 0 500 3000 60 20 0',
    kswapd: '512 32 8',
    'max-readahead': '31',
    max_map_count: '65536',
    'min-readahead': '3',
    overcommit_memory: '0',
    'page-cluster': '3',
    pagetable_cache: '25 50',
  };
  const OLD = {
    bdflush: '30 64 64 256 500 3000 60 0 0',
    buffermem: '2 10 60',
    freepages: '223 446 669',
    kswapd: '512 32 8',
    overcommit_memory: '0',
    'page-cluster': '4',
    pagecache: '2 15 75',
    pagetable_cache: '25 50',
  };
  it.each([
    ['2.4.0', OLD],
    ['2.4.20', NEW],
    ['2.4.22', NEW],
  ])('%s', (release, recorded) => {
    const kernel = boot({ memory: 2 * MEMORY, release });
    for (const [file, text] of Object.entries(recorded)) {
      expect(kernel.proc(`sys/vm/${file}`)).toBe(`${text.replaceAll(' ', '\t')}\n`);
    }
    const all = Object.keys(recorded).map((file) => `sys/vm/${file}`);
    let told = '';
    try {
      kernel.proc('sys/vm/swappiness');
    } catch (error) {
      told = (error as Error).message;
    }
    expect(told).toMatch(/^\/proc\/sys\/vm\/swappiness: no such file in 2\.4\.\d+; there are: /);
    expect(
      told
        .match(/sys\/vm\/[\w-]+/g)
        ?.slice(1)
        .sort(),
    ).toEqual(all);
  });

  it('names of other kernels are no files here', () => {
    const kernel = boot({ memory: MEMORY });
    for (const file of ['vmstat', 'buddyinfo', 'zoneinfo', 'sys/vm/', 'sys', 'sys/vm/../vm/bdflush']) {
      expect(() => kernel.proc(file)).toThrow(`/proc/${file}: no such file`);
    }
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
