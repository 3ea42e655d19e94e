import { tracepoints } from '@pagewalk/mm';
import { describe, expect, it } from 'vitest';
import { functionOf } from '../../src/machine/call-path.ts';
import { chapterOf } from '../../src/machine/chapters.ts';
import { choiceOf, TestPage } from './engine-host.ts';

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

  it('an event that several functions write names the one that did', async () => {
    const page = new TestPage();
    const program = { kind: 'workload', args: 'unif 1 4000 9000 30'.split(' ') } as const;
    await page.do({ type: 'start', choice: choiceOf(program, { release: '2.4.0' }), until: 9000 });
    const lastOf = async (text: string): Promise<string | undefined> => {
      const filter = { names: [text.split(' ')[0] as string], pid: 0, text: text.split(' ')[1] as string };
      const { rows } = await page.view({ view: 'events', from: 0, count: 1, filter });
      const { path } = await page.ask({ ask: 'why', seq: rows[0]?.seq as number });
      return path.at(-1);
    };
    expect(await lastOf('mm_page_age up=1')).toBe('age_page_up()');
    expect(await lastOf('mm_page_age up=0')).toBe('age_page_down_ageonly()');
    expect(await lastOf('mm_page_list list=1')).toBe('add_page_to_active_list()');
    expect(await lastOf('mm_page_list list=2')).toBe('add_page_to_inactive_dirty_list()');
  });
});
