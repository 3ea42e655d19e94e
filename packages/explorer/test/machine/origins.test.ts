import { tracepoints } from '@pagewalk/mm';
import { describe, expect, it } from 'vitest';
import { functionOf } from '../../src/machine/call-path.ts';
import { chapterOf } from '../../src/machine/chapters.ts';

describe('where tracepoints stand', () => {
  it.each(tracepoints().map(({ name, origin }) => [name, origin] as const))('%s: %s', (name, origin) => {
    expect([name, functionOf(origin)]).toEqual([name, expect.stringMatching(/^(|[a-z_]\w*)$/i)]);
    expect([name, chapterOf(origin)]).toEqual([name, expect.stringMatching(/^\d+ [A-Z]/)]);
  });

  it('a function is the one that is named; where there are several, none', () => {
    expect(functionOf('mm/vmscan.c shrink_cache()')).toBe('shrink_cache');
    expect(functionOf('mm/vmscan.c')).toBe('');
    expect(functionOf('(no flush on the i386)')).toBe('');
  });

  it('chapters', () => {
    expect(chapterOf('fs/exec.c search_binary_handler()')).toMatch(/^4 /);
    expect(chapterOf('fs/inode.c shrink_icache_memory()')).toMatch(/^10 /);
    expect(chapterOf('ipc/shm.c newseg()')).toMatch(/^12 /);
  });
});
