import { expect, it } from 'vitest';
import { boot, Errno } from '../../src/index.ts';

it('a program that makes shared mappings without end gets an errno, and the machine lives on', () => {
  const kernel = boot({ memory: 64 * 2 ** 20, sysctl: { 'vm.max_map_count': '200000' } });
  const process = kernel.spawn('greedy');
  let result = 0;
  let made = 0;
  while (result >= 0 && made < 200_000) {
    result = process.mmap2(0x40000000 + made * 4096, 4096, 3, 0x21, -1, 0);
    if (result >= 0) made++;
  }
  expect(result).toBe(-Errno.ENFILE);
  // NR_FILE: a machine of less than 80 MiB has no more file structs.
  expect(made).toBe(8192);
  process.exit(0);
  expect(kernel.spawn('next').mmap2(0, 4096, 3, 0x21, -1, 0)).toBe(0x40000000);
  kernel.checkInvariants();
});
