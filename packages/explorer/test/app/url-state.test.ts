import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { keepPanels, layoutText, parseLayout, upright } from '../../src/app/layout.ts';
import { parseSelection, selectionText } from '../../src/app/selection.ts';
import { sha256 } from '../../src/app/sha256.ts';
import { decodeState, type ExplorerState, encodeState } from '../../src/app/url-state.ts';
import { joinWords, splitWords } from '../../src/app/words.ts';
import { scenarioOf } from '../../src/scenarios/scenarios.ts';

const STATE: ExplorerState = {
  choice: {
    release: '2.4.0',
    memory: 16 << 20,
    swap: 64 << 20,
    sysctl: { 'vm.page-cluster': '2', 'vm.kswapd': '512 32 8' },
    program: { kind: 'program', name: 'touch', args: ['8', 'a b', '"&#+='] },
  },
  at: 123_456,
  layout: 'row(memory:3,column(events.why*,zones):2)',
  selection: { kind: 'address', pid: 5, address: 0x8048000 },
  breakpoints: [
    { event: 'mm_page_alloc', condition: 'order > 0 && gfp == 0x1d2', enabled: true },
    { event: 'oom_kill', condition: '', enabled: false },
  ],
  input: [
    { turn: 0, bytes: new Uint8Array(0), window: { columns: 132, rows: 40 } },
    { turn: 3, bytes: Uint8Array.of(108, 115, 10) },
    { turn: 70_000, bytes: Uint8Array.of(0, 255) },
  ],
  scenario: { id: 'buddy', stage: 2, shown: true },
};

/** Why a link is refused. */
async function refusalOf(link: string): Promise<string> {
  return decodeState(link).then(
    () => 'taken',
    (error: Error) => error.message,
  );
}

describe('a link of a million parts', () => {
  const many = (part: (i: number) => string) => Array.from({ length: 200_000 }, (_, i) => part(i)).join('&');

  it.each([
    [
      'breakpoints',
      many((i) => `break=mm_fault:address==${i}`),
      'break comes 200000 times; at most 256 times it may',
    ],
    ['settings', many((i) => `sysctl=a${i}=1`), 'sysctl comes 200000 times; at most 256 times it may'],
    [
      'sizes',
      many(() => 'memory=16M'),
      /^link: memory comes 200000 times \((16M, ){8}…\); it may once; memory/,
    ],
    ['no such parts', many((i) => `x${i}`), /; and 199992 more$/],
    ['a long word', `sysctl=a=b${'+'.repeat(1_000_000)}c`, /is 1000004 characters long; it may have 8192$/],
    [
      'a long panel',
      `panels=${'a'.repeat(8000)}`,
      /^link: panels=a{80}… has a{80}…, which is no panel; there are/,
    ],
  ])('is refused at once, in a short line: %s', async (_what, link, wanted) => {
    const start = performance.now();
    const said = await refusalOf(`#run=hello&${link}`);
    expect(performance.now() - start).toBeLessThan(2000);
    if (typeof wanted === 'string') expect(said).toContain(wanted);
    else expect(said).toMatch(wanted);
    expect(said.length).toBeLessThan(12_000);
  });

  it('may have settings of any name', async () => {
    const state = await decodeState('#run=hello&sysctl=__proto__=1&sysctl=constructor=2');
    expect(Object.entries(state?.choice.sysctl ?? {})).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
    ]);
    expect(await encodeState(state as ExplorerState)).toContain('sysctl=__proto__=1&sysctl=constructor=2');
  });
});

describe('a link', () => {
  it('carries the whole state there and back', async () => {
    expect(await decodeState(`#${await encodeState(STATE)}`)).toEqual(STATE);
  });

  it('carries dropped files by their hash, recordings by name, workloads by their words', async () => {
    for (const program of [
      { kind: 'elf', name: 'a.out', args: ['-x'], sha256: 'ab'.repeat(32) },
      { kind: 'recording', name: 'sort.pwt' },
      { kind: 'recording', name: 'mine.pwt', sha256: '01'.repeat(32) },
      { kind: 'workload', args: ['zipf', '1', '3000', '100000', '30'] },
    ] as const) {
      const input = program.kind === 'elf' ? STATE.input : [];
      const state = { ...STATE, input, choice: { ...STATE.choice, program } };
      expect(await decodeState(await encodeState(state))).toEqual(state);
    }
  });

  it('can be read and written by people', async () => {
    const text = await encodeState({ ...STATE, input: [], breakpoints: [], scenario: null });
    expect(text).toContain('release=2.4.0&memory=16M&swap=64M&sysctl=vm.page-cluster=2');
    expect(text).toContain(
      'at=123456&panels=row(memory:3,column(events.why*,zones):2)&select=address.5.8048000',
    );
    const short = await decodeState('#run=hello');
    expect(short?.choice).toMatchObject({ release: '2.4.22', memory: 32 << 20, swap: 0 });
  });

  it('says nothing when there is nothing', async () => {
    expect(await decodeState('')).toBeNull();
    expect(await decodeState('#')).toBeNull();
  });

  it('of a scenario alone has its machine and its panels', async () => {
    const scenario = scenarioOf('buddy');
    const state = await decodeState('#scenario=buddy');
    expect(state).toMatchObject({ choice: scenario?.choice, layout: scenario?.layout, at: 0 });
    expect(state?.scenario).toEqual({ id: 'buddy', stage: 0, shown: false });
    expect((await decodeState('#scenario=buddy&memory=64M'))?.choice).toEqual({
      ...scenario?.choice,
      memory: 64 << 20,
    });
  });

  it.each([
    ['memory=lots&run=hello', 'memory=lots must be a size, such as 16M'],
    ['memory=3M&run=hello', 'memory=3M must be from 8M to 2044M'],
    ['memory=4G&run=hello', 'memory=4G must be from 8M to 2044M'],
    ['memory=8G&workload=seq+1+10+1', 'memory=8G must be from 8M to 4096M'],
    ['memory=16.3M&run=hello', 'memory=16.3M must be whole megabytes'],
    ['swap=100&run=hello', 'swap=100 must be 0, or from 1M to 2048M'],
    ['swap=4G&run=hello', 'swap=4G must be 0, or from 1M to 2048M'],
    ['swap=-1&run=hello', 'swap=-1 must be a size, such as 16M'],
    ['release=2.6.1&run=hello', 'release=2.6.1 must be one of 2.4.22, 2.4.20, 2.4.0'],
    ['memory=16M', 'it must name a program: run=, elf=, recording= or workload='],
    ['run=nosuch+3', /^link: run=nosuch 3 must begin with one of hello, touch, /],
    ['run=hello+"a', 'run=hello "a has a " that no second one closes'],
    ['run=hello+a%5C', 'run=hello a\\ ends in a backslash: one more, or none'],
    ['recording=nosuch', /^link: recording=nosuch must be one of pipeline, sort, perl, cc1, or a file with/],
    ['run=hello&workload=seq+1+10+1', 'run=hello and workload=seq 1 10 1: only one of them may run'],
    ['run=hello&at=-1', 'at=-1 must be a whole number, of a turn'],
    ['run=hello&at=1e3', 'at=1e3 must be a whole number, of a turn'],
    ['elf=a', 'elf=a needs sha256=, which tells the file from others'],
    ['elf=a&sha256=12', 'sha256=12 must be 64 hexadecimal digits'],
    [
      `run=hello&sha256=${'ab'.repeat(32)}`,
      /^link: sha256=abab\S* is of a file: it needs elf= or recording=$/,
    ],
    ['run=hello&break=a-b', /^link: break=a-b must be a tracepoint, or tracepoint:condition; a - /],
    ['run=hello&break=oom_kill&break=oom_kill', 'break=oom_kill comes more than once'],
    ['run=hello&input=zzzz', 'input=zzzz is not terminal input as the explorer writes it into links'],
    [
      'workload=seq+1+10+1&input=Y2BgAAA',
      'input=Y2BgAAA needs a program that reads a terminal: run= or elf=',
    ],
    ['run=hello&input=!!', 'input=!! is not terminal input as the explorer writes it into links'],
    ['run=%E0%A4%A', /^link: run=%E0%A4%A has a % that stands for nothing/],
    ['run=hello&sysctl=x', 'sysctl=x must be name=value'],
    ['run=hello&sysctl=x=1&sysctl=x=2', 'sysctl=x=2 comes after x=1: a setting may come once'],
    [
      'run=hello&highmem=4g',
      /^link: highmem=4g: there is no such part; there are scenario, release, memory, /,
    ],
    ['run=hello&memroy=16M', /^link: memroy=16M: there is no such part; there are /],
    ['run=hello&top', /^link: top: there is no such part; there are /],
    ['run=hello&memory=', 'memory= has no value; leave it out, or give it one'],
    ['run=hello&memory=16M&memory=32M', 'memory comes 2 times (16M, 32M); it may once'],
    ['run=hello&select=planet.9', /^link: select=planet.9 must be one of frame.<hex>, address.<pid>.<hex>, /],
    ['run=hello&select=frame.zz', /^link: select=frame.zz must be one of frame/],
    ['run=hello&panels=memory,zones', 'panels=memory,zones is no layout: at 7 there must be the end'],
    ['run=hello&panels=row(memory', "panels=row(memory is no layout: at 11 there must be ',' or ')'"],
    [
      'run=hello&panels=row(memory,planets)',
      /^link: panels=\S+ has planets, which is no panel; there are scenario, /,
    ],
    ['run=hello&panels=row(memory,why.memory)', /has memory twice; a panel may come once$/],
    ['run=hello&scenario=planets', /^link: scenario=planets must be one of .*buddy.*/],
    ['run=hello&scenario=buddy.77', /^link: scenario=buddy.77 must have a stage from 0 to \d$/],
    ['run=hello&scenario=buddy.x', /^link: scenario=buddy.x must be <scenario>, <scenario>.<stage> or /],
    [
      'run=hello&at=x&memroy=1M&swap=y',
      /^link: memroy=1M: .*; swap=y must be a size.*; at=x must be a whole/,
    ],
  ])('refuses %s in one line', async (hash, message) => {
    const line = await decodeState(hash).then(
      () => 'nothing is wrong',
      (error: Error) => error.message,
    );
    if (typeof message === 'string') expect(line).toBe(`link: ${message}`);
    else expect(line).toMatch(message);
    expect(line).not.toContain('\n');
  });
});

describe('layouts as text', () => {
  it.each(['memory', 'memory.zones*', 'row(a:2,column(b,c.d):3)', 'column(a,row(b,c))'])('%s', (text) => {
    expect(layoutText(parseLayout(text))).toBe(text);
  });

  it.each(['', 'row()', 'row(a', 'a,b', 'row(a,)', 'A', `${'row('.repeat(20)}a`])('refuses %j', (text) => {
    expect(() => parseLayout(text)).toThrow(/layout/);
  });

  it.each([
    ['row(a:2,column(b,c),d:3)', 'column(a:2,row(column(b,c),d:3):3)'],
    ['row(column(a:3,b.c*),d,e)', 'column(row(a:3,b.c*):2,row(d,e):3)'],
    ['row(a,b)', 'row(a,b)'],
    ['a.b', 'a.b'],
  ])('%s, upright: %s', (text, wanted) => expect(layoutText(upright(parseLayout(text)))).toBe(wanted));

  it('leaves out what does not exist, and what comes twice', () => {
    const kept = keepPanels(parseLayout('row(a.x*,column(y,a),b)'), (id) => id === 'a' || id === 'b');
    expect(kept && layoutText(kept)).toBe('row(a,b)');
    expect(keepPanels(parseLayout('row(x,y)'), () => false)).toBeNull();
  });
});

describe('selections as text', () => {
  it.each([
    'frame.1f3',
    'address.5.8048000',
    'area.7.c0000000',
    'slab.size-32',
    'slab.dentry_cache.3e8',
    'event.12',
    'task.3',
    'file./a.b/c',
    'slot.0.17',
  ])('%s', (text) => {
    expect(selectionText(parseSelection(text))).toBe(text);
  });

  it.each([
    '',
    'frame',
    'frame.xyz',
    'frame.1.2',
    'address.5',
    'address.5.123456789',
    'event.-1',
    'slab.a.zz',
    'planet.9',
  ])('nothing: %j', (text) => {
    expect(parseSelection(text).kind).toBe('none');
  });
});

describe('words of a command line', () => {
  it.each([
    ['a b  c', ['a', 'b', 'c']],
    [`a 'b c' "d \\"e"`, ['a', 'b c', 'd "e']],
    ['a"b c"d', ['ab cd']],
    ['""', ['']],
    ['a\\ b', ['a b']],
  ])('%s', (line, words) => {
    expect(splitWords(line)).toEqual(words);
    expect(splitWords(joinWords(words))).toEqual(words);
  });
});

describe('SHA-256', () => {
  it('is that of Node for all lengths around its blocks', () => {
    for (const length of [0, 1, 3, 55, 56, 63, 64, 65, 119, 120, 1000, 70_001]) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 31 + length) & 255);
      expect(sha256(bytes)).toBe(createHash('sha256').update(bytes).digest('hex'));
    }
  });
});
