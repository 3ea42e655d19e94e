import { boot, ConfigError, KernelPanic } from '@pagewalk/mm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KopsError, parseKops, runKops } from '../../src/kops/index.ts';

const MIB = 2 ** 20;

/** Runs a script on a small machine and returns its lines. */
function run(
  script: string,
  config: { memory?: number; debugSlab?: boolean; release?: string; cpus?: number } = {},
) {
  const lines: string[] = [];
  const kernel = runKops(
    parseKops(Buffer.from(script), 'test'),
    (bootDriver) => boot({ memory: 16 * MIB, traceCapacity: 1024, ...config, bootDriver }),
    (line) => lines.push(line),
  );
  return { lines, kernel };
}

const GFP = fc.constantFrom(
  'GFP_KERNEL',
  'GFP_ATOMIC',
  'GFP_HIGHUSER',
  'GFP_KERNEL|__GFP_DMA',
  '0',
  '0xffffffff',
  'SLAB_NO_GROW',
);
const NUMBER = fc.oneof(
  fc.nat(300),
  fc.constantFrom(0, 1, 4096, 131072, 131073, 2 ** 31, 2 ** 32 - 1),
  fc.nat(2 ** 32 - 1),
);
const NAME = fc.constantFrom('a', 'b', 'c');
const OFFSET = fc.oneof(
  fc.constant(''),
  fc.nat(200).map((n) => `+${n}`),
  fc.nat(200).map((n) => `-${n}`),
);
const ADDRESS = fc.oneof(
  fc.tuple(NAME, OFFSET).map(([name, offset]) => `$a_${name}${offset}`),
  NUMBER.map((n) => `0x${n.toString(16)}`),
  fc.nat(2 ** 24).map((n) => `0x${(0xc0000000 + n).toString(16)}`),
);
const PAGE = fc.oneof(
  fc.tuple(NAME, fc.nat(5)).map(([name, n]) => `$p_${name}+${n}`),
  NAME.map((name) => `$p_${name}`),
  fc.nat(5000).map((n) => `pfn:${n}`),
);
const CACHE = fc.oneof(
  NAME.map((name) => `$c_${name}`),
  fc.constantFrom('size-32', 'kmem_cache', 'vm_area_struct', 'none'),
);
const line = (...parts: fc.Arbitrary<string | number>[]) =>
  fc.tuple(...parts).map((words) => words.join(' '));
const word = (text: string) => fc.constant(text);

/** Any line that the parser takes, sensible or not. */
const LINE = fc.oneof(
  line(
    NAME.map((n) => `$p_${n} =`),
    word('alloc_pages'),
    GFP,
    fc.nat(12),
  ),
  line(word('free_pages'), PAGE),
  line(word('free_pages'), PAGE, fc.nat(9)),
  line(word('get_page'), PAGE),
  line(
    NAME.map((n) => `$c_${n} =`),
    word('kmem_cache_create'),
    NAME,
    fc.oneof(fc.nat(5000), NUMBER),
    fc.nat(64),
    fc.constantFrom('0', 'SLAB_HWCACHE_ALIGN', '0xfff'),
    word('ctor=0x5a'),
  ),
  line(
    NAME.map((n) => `$a_${n} =`),
    word('kmem_cache_alloc'),
    CACHE,
    GFP,
  ),
  line(word('kmem_cache_free'), CACHE, ADDRESS),
  line(word('kmem_cache_shrink'), CACHE),
  line(word('kmem_cache_destroy'), CACHE),
  line(word('kmem_cache_reap'), GFP),
  line(
    NAME.map((n) => `$a_${n} =`),
    word('kmalloc'),
    NUMBER,
    GFP,
  ),
  line(word('kfree'), ADDRESS),
  line(
    NAME.map((n) => `$a_${n} =`),
    word('vmalloc'),
    NUMBER,
  ),
  line(
    NAME.map((n) => `$a_${n} =`),
    word('vmap'),
    PAGE,
    PAGE,
  ),
  line(word('vfree'), ADDRESS),
  line(
    NAME.map((n) => `$a_${n} =`),
    word('kmap'),
    PAGE,
  ),
  line(word('kunmap'), PAGE),
  line(
    NAME.map((n) => `$a_${n} =`),
    word('kmap_atomic'),
    PAGE,
    fc.nat(9),
  ),
  line(word('kunmap_atomic'), ADDRESS, fc.nat(9)),
  line(word('load8'), ADDRESS),
  line(word('load32'), ADDRESS),
  line(word('store8'), ADDRESS, NUMBER),
  line(word('store32'), ADDRESS, NUMBER),
  line(word('dump'), fc.constantFrom('free', 'zones', 'caches', 'areas', 'kmap')),
  line(word('dump cache'), CACHE),
);
/** Gives every name something to hold, so that all lines that follow can be read. */
const PROLOGUE = ['a', 'b', 'c']
  .map(
    (n) =>
      `$p_${n} = alloc_pages GFP_KERNEL 0\n$a_${n} = kmalloc 40 GFP_KERNEL\n$c_${n} = kmem_cache_create first_${n} 60\n`,
  )
  .join('');

describe('any script', () => {
  it.each([
    { config: {} },
    { config: { release: '2.4.20' } },
    { config: { cpus: 2 } },
    { config: { debugSlab: true } },
    { config: { memory: 1024 * MIB } },
  ])('ends with results, and leaves the machine sound: $config', ({ config }) => {
    fc.assert(
      fc.property(fc.array(LINE, { maxLength: 40 }), (lines) => {
        const { lines: results, kernel } = run(PROLOGUE + lines.join('\n'), config);
        const last = results.at(-1) as string;
        expect(last).toMatch(/^# (end|ended by (BUG|panic) in line \d+)$/);
        if (last === '# end') kernel.checkInvariants();
      }),
      { numRuns: 60 },
    );
  });

  it('any text is a script or a mistake in one line', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('', '$a = ', 'kmalloc ', 'dump '), (text, start) => {
        try {
          run(start + text);
        } catch (error) {
          if (!(error instanceof KopsError || error instanceof ConfigError || error instanceof KernelPanic))
            throw error;
          expect(error.message).not.toContain('\n');
        }
      }),
      { numRuns: 100 },
    );
  });
});
