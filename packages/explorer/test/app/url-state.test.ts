import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { keepPanels, layoutText, parseLayout } from '../../src/app/layout.ts';
import { parseSelection, selectionText } from '../../src/app/selection.ts';
import { sha256 } from '../../src/app/sha256.ts';
import { decodeState, type ExplorerState, encodeState } from '../../src/app/url-state.ts';
import { joinWords, splitWords } from '../../src/app/words.ts';

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
      const state = { ...STATE, choice: { ...STATE.choice, program } };
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

  it.each([
    ['memory=lots&run=hello', 'memory=lots must be a size'],
    ['memory=16M', 'must name a program'],
    ['run=hello&at=-1', 'at=-1 must be a whole number'],
    ['run=hello&at=1e3', 'at=1e3 must be a whole number'],
    ['elf=a', 'needs sha256='],
    ['elf=a&sha256=12', 'must be 64 hexadecimal digits'],
    ['run=hello&break=a-b', 'break=a-b must be a tracepoint'],
    ['run=hello&input=zzzz', 'not terminal input'],
    ['run=%E0%A4%A', 'has a %'],
    ['run=hello&sysctl=x', 'sysctl=x must be name=value'],
  ])('refuses %s in one line', async (hash, message) => {
    await expect(decodeState(hash)).rejects.toThrow(message);
  });
});

describe('layouts as text', () => {
  it.each(['memory', 'memory.zones*', 'row(a:2,column(b,c.d):3)', 'column(a,row(b,c))'])('%s', (text) => {
    expect(layoutText(parseLayout(text))).toBe(text);
  });

  it.each(['', 'row()', 'row(a', 'a,b', 'row(a,)', 'A', `${'row('.repeat(20)}a`])('refuses %j', (text) => {
    expect(() => parseLayout(text)).toThrow(/layout/);
  });

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

  it.each(['', 'frame', 'frame.xyz', 'address.5', 'event.-1', 'planet.9'])('nothing: %j', (text) => {
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
