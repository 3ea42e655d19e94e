import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { schemaOf, violations } from './json-schema.ts';
import { pagewalk, pagewalkJson, root } from './run-cli.ts';

const PIPELINE = 'packages/lab/recordings/pipeline.pwt';
const STREAM = 'packages/mm/test/fixtures/allocations/2.4.22-16M-events.txt.gz';
const XZ_STREAM = 'packages/cli/test/fixtures/allocations/2.4.4-16M-events.txt.xz';
const SCRIPT = '$a = kmalloc 100 GFP_KERNEL\nkfree $a\nkfree $a\n$v = vmalloc 5000\ndump areas\n';

const folder = mkdtempSync(join(tmpdir(), 'pagewalk-'));
afterAll(() => rmSync(folder, { recursive: true }));
const stream = gunzipSync(readFileSync(join(root, STREAM))).toString();

describe('pagewalk kops', () => {
  it('prints a result line an operation, a second free among them', () => {
    const { status, out, err } = pagewalk(['kops', '-', '--check=every'], SCRIPT);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toBe('# kops-result v1 release=2.4.22');
    expect(lines[1]).toMatch(
      /^1 \$a = kmalloc 100 GFP_KERNEL -> c[0-9a-f]{7} size-128 slab c[0-9a-f]{7} colour \d+ object \d+$/,
    );
    expect(lines[2]).toBe('2 kfree $a -> ok');
    expect(lines[3]).toMatch(/^3 kfree \$a -> BUG: .* is free already$/);
    expect(lines.slice(5)).toEqual([
      '5 dump areas -> 1 line',
      expect.stringMatching(/^ {2}\w+-\w+ size 12288 vmalloc$/),
      '# end',
    ]);
  });

  it('is the same for the same input', () => {
    expect(pagewalk(['kops', '-'], SCRIPT)).toEqual(pagewalk(['kops', '-'], SCRIPT));
  });

  it('writes the event stream with --write-events', () => {
    const file = join(folder, 'events.txt');
    expect(pagewalk(['kops', '-', '--write-events', file], SCRIPT).status).toBe(0);
    expect(readFileSync(file, 'utf8')).toContain(' kmalloc: ');
  });

  it('runs on machines of several nodes and CPUs, with high memory, and of 2.4.20', () => {
    const script =
      '$p = alloc_pages GFP_HIGHUSER 0\n$m = kmap $p\nstore32 $m 7\nload32 $m\nkunmap $p\nfree_pages $p\n';
    for (const options of [
      '--memory 1G',
      '--memory 128M --nodes 2',
      '--cpus 2',
      '--release 2.4.20',
      '--memory 2G --machine ref-pae',
    ]) {
      const { status, out } = pagewalk(['kops', '-', '--check', ...options.split(' ')], script);
      expect(status).toBe(0);
      expect(out).toContain('load32 $m -> 00000007');
    }
  });
});

describe('pagewalk kops --events', () => {
  it('finds no difference to a real 2.4.22', () => {
    const { status, out } = pagewalk(['kops', '--events', STREAM]);
    expect(status).toBe(0);
    expect(out).toContain('37,329  events replayed');
    expect(out).toContain('11,287  blocks taken (rmqueue), all of them');
    expect(out).toContain('no difference');
  });

  it('reads xz: the free lists of a real 2.4.4 behave alike', () => {
    expect(pagewalk(['kops', '--events', XZ_STREAM]).out).toContain('no difference');
  });

  it('tells the first difference', () => {
    const file = join(folder, 'changed.txt');
    const line = stream.split('\n').findIndex((row) => row.startsWith('R '));
    const rows = stream.split('\n');
    rows[line] = 'R 0 0 1000';
    writeFileSync(file, rows.join('\n'));
    const { status, out } = pagewalk(['kops', '--events', file]);
    expect(status).toBe(0);
    expect(out).toContain(`first difference in line ${line + 1}:\n  recorded: page 1000\n`);
    const json = pagewalkJson(['kops', '--events', file]);
    expect(json['difference']).toMatchObject({ line: line + 1, recorded: 'page 1000' });
  });
});

describe('pagewalk slab', () => {
  it('lists all caches', () => {
    const { status, out } = pagewalk(['slab']);
    expect(status).toBe(0);
    expect(out).toMatch(/^ {2}cache +size +active +objects +slabs +pages +each +col +slab_t$/m);
    expect(out).toMatch(/^ {2}kmem_cache +112 .* on$/m);
    expect(out).toMatch(/^ {2}size-2048 +2048 .* off$/m);
  });

  it('draws a cache slab by slab', () => {
    const { out } = pagewalk(['slab', 'kmem_cache']);
    expect(out).toContain('slabs_full');
    expect(out).toMatch(/^ {9}0 {2}#+\.*$/m);
    expect(out).toMatch(/free: \d+/);
  });

  it('counts as /proc/slabinfo does, whatever ran', () => {
    const json = pagewalkJson(['slab', '--after', PIPELINE, '--at', '5000']);
    for (const cache of json['caches'] as {
      objects: number;
      slabs: number;
      objectsPerSlab: number;
      activeObjects: number;
    }[]) {
      expect(cache.objects).toBe(cache.slabs * cache.objectsPerSlab);
      expect(cache.activeObjects).toBeLessThanOrEqual(cache.objects);
    }
  });
});

describe('pagewalk kmem', () => {
  it('prints totals, and each part that is asked for', () => {
    expect(pagewalk(['kmem']).out).toMatch(/TOTAL MEM +15,821 +61.8 MB/);
    const { out } = pagewalk(['kmem', '-i', '-s', '-v', '-z', '-f', '--memory', '1G']);
    for (const text of ['TOTAL HIGH', 'OBJSIZE', 'no areas', 'START_PADDR', 'BLOCKS'])
      expect(out).toContain(text);
  });

  it('agrees with /proc/meminfo', () => {
    const usage = pagewalkJson(['kmem', '-i', '--memory', '1G'])['usage'] as Record<string, number>;
    const meminfo = pagewalk(['proc', 'meminfo', '--memory', '1G']).out;
    const kib = (name: string): number => Number(new RegExp(`^${name}: +(\\d+)`, 'm').exec(meminfo)?.[1]);
    expect(
      [usage['total'], usage['free'], usage['totalHigh'], usage['freeHigh']].map(
        (pages) => (pages as number) * 4,
      ),
    ).toEqual(['MemTotal', 'MemFree', 'HighTotal', 'HighFree'].map(kib));
  });
});

describe('pagewalk where', () => {
  it('finds file, book, callers and callees', () => {
    const { status, out } = pagewalk(['where', 'rmqueue']);
    expect(status).toBe(0);
    expect(out).toContain('rmqueue()  Linux 2.4.22 mm/page_alloc.c');
    expect(out).toMatch(/packages\/mm\/src\/page-allocator\/page-allocator\.ts:\d+/);
    expect(out.replace(/\s+/g, ' ')).toContain(
      'chapter 6, Physical Page Allocation; section 6.2, Allocating Pages',
    );
  });

  it('names the line where the code is', () => {
    for (const name of ['rmqueue', 'kmem_cache_alloc', 'do_no_page', 'find_vma', 'vfree']) {
      const [place] = pagewalkJson(['where', name])['places'] as {
        file: string;
        line: number;
        symbol: string;
      }[];
      const rows = readFileSync(join(root, place?.file as string), 'utf8').split('\n');
      expect(rows[(place?.line as number) - 1]).toContain(place?.symbol.split('.').at(-1));
    }
  });

  it('goes through tables of functions', () => {
    const json = pagewalkJson(['where', 'do_no_page']);
    const [place] = json['places'] as { callees: { name: string }[]; callers: { name: string }[] }[];
    expect(place?.callees.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['filemap_nopage', 'shmem_nopage']),
    );
    expect(place?.callers.map(({ name }) => name)).toContain('handle_mm_fault');
  });
});

describe('--json', () => {
  it.each([
    { command: 'kops', args: ['-'] },
    { command: 'kops', args: ['--events', STREAM] },
    { command: 'slab', args: [] },
    { command: 'slab', args: ['kmem_cache', '--cpus', '2'] },
    { command: 'kmem', args: [] },
    { command: 'kmem', args: ['-i', '-s', '-v', '-z', '-f', '--nodes', '2'] },
    { command: 'where', args: ['rmqueue'] },
    { command: 'where', args: ['pgdat_list()'] },
  ])('$command $args answers as packages/cli/schemas says', ({ command, args }) => {
    expect(violations(schemaOf(command), pagewalkJson([command, ...args], SCRIPT))).toEqual([]);
  });

  it.each(['kops', 'slab', 'kmem', 'where'])('%s --help has examples', (command) => {
    expect(pagewalk([command, '--help']).out).toContain(`Examples:\n  pagewalk ${command}`);
  });
});

/** Scripts with one mistake each: line, and what the message must say. */
const SCRIPT_MISTAKES: readonly (readonly [script: string, ...texts: string[]])[] = [
  ['kmaloc 3', 'line 1', "unknown operation 'kmaloc'", 'kmalloc'],
  ['\n\nkmalloc 3', 'line 3', 'expected: kmalloc size gfp'],
  ['kmalloc 3 GFP_KERN', 'GFP_KERN', 'expected a gfp mask'],
  ['kmalloc -3 GFP_KERNEL', '-3', 'expected bytes'],
  ['kmalloc 4294967296 GFP_KERNEL', '4294967296', 'below 2^32'],
  ['alloc_pages GFP_KERNEL 32', '32', '0 to 31'],
  ['kfree $a', '$a is not known', 'earlier line'],
  ['kfree c0100000', 'c0100000', '0xc0100000'],
  ['$a = kmalloc 5 0\nfree_pages $a', 'line 2', 'holds an address (line 1)', 'expected a page'],
  ['$a = kfree 0x0', 'gives nothing to keep'],
  ['$1 = kmalloc 5 0', 'is no name'],
  ['$a kmalloc 5 0', 'expected = after $a'],
  ['$a =', 'no operation after ='],
  ['kmalloc 5 0\nalloc_bootmem 5', 'line 2', 'before all other operations'],
  ['alloc_bootmem 0xffffffff', 'line 1', 'Out of memory'],
  ['alloc_bootmem 0', 'line 1', 'panic'],
  ['kmem_cache_create a/b 5', 'a/b', 'expected a name'],
  ['kmem_cache_create a 5 0 SLAB_X', 'SLAB_X', 'slab flags'],
  ['kmem_cache_create a 5 ctor=256', 'ctor=256', 'BYTE'],
  ['kmap pfn:x', 'pfn:x', 'pfn:1234'],
  ['dump all', 'all', 'free, zones'],
  ['store32 0xc0000000 $x', '$x is not known'],
  ['a\u0000b', 'no text'],
];

/** Command lines with one mistake each. `@` stands for the folder of bad files. */
const MISTAKES: readonly (readonly [line: string, ...texts: string[]])[] = [
  ['kops', 'nothing to run', '--events FILE'],
  ['kops @/none', 'no such file'],
  ['kops @', 'directory'],
  ['kops a b', 'too many arguments'],
  [`kops a --events ${STREAM}`, 'one of them'],
  ['kops --events @/none', 'no such file'],
  ['kops --events @/cut.gz', 'damaged gzip'],
  ['kops --events @/cut.xz', 'xz data'],
  ['kops --events @/zones.txt', 'line 2', 'zones so far'],
  ['kops --events @/word.txt', "unknown event 'X'"],
  ['kops --events @/page.txt', '9999', 'expected 0 to 4063'],
  ['kops --events @/empty.txt', 'no line "# linux'],
  ['slab no-such-cache', 'no-such-cache', 'no such cache', 'Allowed:'],
  ['slab a b', 'too many arguments'],
  ['slab --at 5', '--after'],
  ['kmem x', 'too many arguments'],
  ['kmem -q', "unknown option '-q'"],
  ['where', "missing required argument 'function'"],
  ['where rmqueu', 'rmqueu', 'Closest: rmqueue'],
  ['where qqqqqqqqqqqqqqqq', 'no code here'],
  ['where mm/page_alloc.c', 'no name of a function'],
];

describe('mistakes end with exit code 2 and one to three lines', () => {
  const head = '# linux 2.4.22 mem=16M\n';
  const zones = ['DMA start_pfn=0 size=4064', 'Normal start_pfn=0 size=0', 'HighMem start_pfn=0 size=0']
    .map((zone, i) => `# zone ${i} ${zone} pages_min/low/high=0/0/0\n`)
    .join('');
  writeFileSync(join(folder, 'cut.gz'), gzipSync(stream).subarray(0, 1000));
  writeFileSync(join(folder, 'cut.xz'), readFileSync(join(root, XZ_STREAM)).subarray(0, 1000));
  writeFileSync(join(folder, 'zones.txt'), `${head}F 1 0\n`);
  writeFileSync(join(folder, 'word.txt'), `${head}${zones}X 1 0\n`);
  writeFileSync(join(folder, 'page.txt'), `${head}${zones}F 9999 0\n`);
  writeFileSync(join(folder, 'empty.txt'), '');

  const check = (result: ReturnType<typeof pagewalk>, texts: readonly string[]): void => {
    expect(result.status).toBe(2);
    expect(result.out).toBe('');
    expect(result.err.trim().split('\n').length).toBeLessThanOrEqual(3);
    for (const text of texts) expect(result.err).toContain(text);
  };
  it.each(SCRIPT_MISTAKES)('script %j', (script, ...texts) => check(pagewalk(['kops', '-'], script), texts));
  it.each(MISTAKES)('pagewalk %s', (line, ...texts) => {
    check(pagewalk(line.split(' ').map((word) => word.replace('@', folder))), texts);
  });
});
