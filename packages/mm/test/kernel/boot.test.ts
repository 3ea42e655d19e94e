import { describe, expect, it } from 'vitest';
import { boot, ConfigError } from '../../src/index.ts';
import { settledFreePages } from './settled.ts';

const MIB = 2 ** 20;

describe('a booted machine', () => {
  it('runs a process that maps, writes, forks and ends, and gets all its memory back', () => {
    const kernel = boot({ memory: 64 * MIB });
    const free = settledFreePages(kernel);
    const process = kernel.spawn('test');
    const address = process.mmap2(0, 16 * 4096, 3, 0x22, -1, 0);
    expect(address).toBe(0x40000000);
    for (let i = 0; i < 16; i++) expect(process.store8(address + i * 4096, i)).toBe(true);
    const child = process.fork();
    if (typeof child === 'number') throw new Error('fork failed');
    expect(child.store8(address, 99)).toBe(true);
    expect(process.load8(address)).toBe(0);
    expect(child.load8(address)).toBe(99);
    expect(child.load8(address + 4096)).toBe(1);
    kernel.checkInvariants();
    child.exit(0);
    expect(process.load8(0)).toBe(-1);
    expect(process.takeSignal()).toEqual({ signo: 11, code: 1, addr: 0 });
    kernel.checkInvariants();
    process.exit(0);
    kernel.checkInvariants();
    expect(settledFreePages(kernel)).toBe(free);
  });

  it('counts every event that it reports, and hashes equal runs equally', () => {
    const run = () => {
      const kernel = boot({ memory: 32 * MIB });
      kernel.trace.on = true;
      const process = kernel.spawn('test');
      const address = process.mmap2(0, 8 * 4096, 3, 0x22, -1, 0);
      for (let i = 0; i < 8; i++) process.touch(address + i * 4096, true);
      return kernel;
    };
    const first = run();
    const second = run();
    expect(first.trace.hash).toBe(second.trace.hash);
    expect(first.stateHash()).toBe(second.stateHash());
    expect(first.trace.count('mm_page_alloc')).toBe(
      [...first.trace.events()].filter(({ name }) => name === 'mm_page_alloc').length,
    );
  });

  it('refuses an impossible machine with the argument, its value and what is allowed', () => {
    expect(() => boot({ memory: 4 * MIB })).toThrow(ConfigError);
    expect(() => boot({ memory: 64 * MIB, release: '2.2.0' })).toThrow(/2\.2\.0.*2\.4\.20, 2\.4\.22/);
    expect(() => boot({ memory: 64 * MIB, sysctl: { 'vm.swappiness': '60' } })).toThrow(/swappiness/);
  });
});
