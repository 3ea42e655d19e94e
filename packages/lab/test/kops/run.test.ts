import { boot } from '@pagewalk/mm';
import { describe, expect, it } from 'vitest';
import { parseKops, runKops, slabViews } from '../../src/kops/index.ts';

/** Runs a script and returns what stands behind each ->. */
function answers(
  script: string,
  config: { memory?: number; release?: string; debugSlab?: boolean } = {},
): string[] {
  const lines: string[] = [];
  const kernel = runKops(
    parseKops(Buffer.from(script), 'test'),
    (bootDriver) => boot({ memory: 64 * 2 ** 20, ...config, bootDriver }),
    (line) => lines.push(line),
  );
  if (lines.at(-1) === '# end') kernel.checkInvariants();
  return lines.filter((line) => /^\d/.test(line)).map((line) => line.slice(line.indexOf(' -> ') + 4));
}

describe('kops', () => {
  it('boot memory is zero, and belongs to the script', () => {
    expect(
      answers(
        '$b = alloc_bootmem 100\n$c = alloc_bootmem_low_pages 4096\nload32 $b\nstore32 $b+96 5\nload32 $b+96',
      ),
    ).toEqual([
      expect.stringMatching(/^c1[0-9a-f]{6}$/),
      expect.stringMatching(/^c00[0-9a-f]{2}000$/),
      '00000000',
      'ok',
      '00000005',
    ]);
  });

  it('boot memory is missing from what mem_init() frees', () => {
    const memory = (script: string): number => {
      const kernel = runKops(
        parseKops(Buffer.from(script), 'test'),
        (bootDriver) => boot({ memory: 2 ** 26, bootDriver }),
        () => {},
      );
      return kernel.physical.totals.totalram;
    };
    expect(memory('') - memory('alloc_bootmem_pages 40960')).toBe(10);
  });

  it('the last object freed is the next one given', () => {
    const [, first, second, , third] = answers(
      '$c = kmem_cache_create t 100\n$a = kmem_cache_alloc $c GFP_KERNEL\n$b = kmem_cache_alloc $c GFP_KERNEL\nkmem_cache_free $c $a\n$d = kmem_cache_alloc $c GFP_KERNEL',
    );
    expect(third).toBe(first);
    expect(second).not.toBe(first);
  });

  it('the constructor fills each object of a new slab', () => {
    expect(
      answers('$c = kmem_cache_create t 100 ctor=0xa5\n$a = kmem_cache_alloc $c GFP_KERNEL\nload32 $a+96')[2],
    ).toBe('a5a5a5a5');
  });

  it('a page of high memory has no address until kmap gives it one', () => {
    const [page, load, map, , , unmap, again] = answers(
      '$p = alloc_pages GFP_HIGHUSER 0\nload8 $p\n$m = kmap $p\nstore8 $m 3\nload8 $m\nkunmap $p\nkunmap $p',
      { memory: 2 ** 30 },
    );
    expect(page).toMatch(/^page [0-9a-f]+ HighMem$/);
    expect(load).toMatch(/^refused: .* kmap gives it one$/);
    expect(map).toMatch(/^fe[0-9a-f]{6}$/);
    expect(unmap).toBe('ok');
    expect(again).toMatch(/^BUG: kunmap/);
  });

  it('1024 slots of the kmap window, then kmap() sleeps', () => {
    const allocate = Array.from(
      { length: 1025 },
      (_, i) => `$p${i} = alloc_pages GFP_HIGHUSER 0\n$m${i} = kmap $p${i}\n`,
    ).join('');
    const maps = answers(allocate, { memory: 2 ** 30 }).filter((_, i) => i % 2 === 1);
    expect(maps.filter((text) => text.startsWith('fe'))).toHaveLength(1024);
    expect(maps.at(-1)).toBe('sleeps: all slots are in use');
  });

  it('an area ends in a guard page, and is gone after vfree()', () => {
    const [area, last, guard, freed, gone, twice] = answers(
      '$v = vmalloc 5000\nload8 $v+8191\nload8 $v+8192\nvfree $v\nload8 $v\nvfree $v',
    );
    expect(area).toMatch(/^c4[0-9a-f]{6}$/);
    expect(last).toMatch(/^[0-9a-f]{2}$/);
    expect(guard).toMatch(/^Oops \[Unable to handle kernel paging request at virtual address c4[0-9a-f]+\]/);
    expect(freed).toBe('ok');
    expect(gone).toMatch(/^Oops/);
    expect(twice).toMatch(/^ok \[Trying to vfree\(\) nonexistent vm area/);
  });

  it('a store may not hit what the kernel uses', () => {
    const [, own, free, image, management] = answers(
      '$a = kmalloc 64 GFP_KERNEL\nstore32 $a 1\nstore8 0xc1800000 1\nstore32 0xc0100000 1\nstore8 0xc0001000 1',
    );
    expect([own, free]).toEqual(['ok', 'ok']);
    expect(image).toMatch(/^refused: c0100000 belongs to the kernel/);
    expect(management).toMatch(/^refused:|^ok$/);
  });

  it('a block is freed with its own order, once', () => {
    const [, wrong, part, freed, twice] = answers(
      '$p = alloc_pages GFP_KERNEL 2\nfree_pages $p 1\nfree_pages $p+1\nfree_pages $p 2\nfree_pages $p',
    );
    expect(wrong).toMatch(/^BUG: .* order 2$/);
    expect(part).toMatch(/^BUG:/);
    expect(freed).toBe('ok');
    expect(twice).toMatch(/^BUG: .* no reference$/);
  });

  it('a page that vmap() maps stays until vfree()', () => {
    const [, , freed, again, load, , gone] = answers(
      '$p = alloc_pages GFP_KERNEL 0\n$v = vmap $p $p\nfree_pages $p\nfree_pages $p\nload8 $v+4096\nvfree $v\nfree_pages $p',
    );
    expect(freed).toBe('ok, 2 references left');
    expect(again).toMatch(/^BUG: .* references of vmap\(\)$/);
    expect(load).toMatch(/^[0-9a-f]{2}$/);
    expect(gone).toMatch(/^BUG: .* no reference$/);
  });

  it('the first area may not pass the end of the range', () => {
    expect(answers('$v = vmalloc 92274689', { memory: 2 ** 30 })).toEqual([
      expect.stringMatching(/^BUG: the area passes VMALLOC_END/),
    ]);
  });

  it('a cache with objects is not destroyed; the kernel says so', () => {
    expect(
      answers(
        '$c = kmem_cache_create t 100\n$a = kmem_cache_alloc $c GFP_KERNEL\nkmem_cache_destroy $c\nkmem_cache_free $c $a\nkmem_cache_destroy $c\nkmem_cache_alloc $c GFP_KERNEL',
      ).slice(2),
    ).toEqual([
      expect.stringMatching(/^1 objects are in use \[kmem_cache_destroy: Can't free all objects/),
      'ok',
      '0 destroyed',
      'refused: $c holds no cache',
    ]);
  });

  it('a debugging kernel finds a write past the end', () => {
    const script = '$a = kmalloc 32 GFP_KERNEL\nstore8 $a+32 1\nkfree $a';
    expect(answers(script, { debugSlab: true }).at(-1)).toMatch(/^BUG: /);
  });

  it('the drawing of a slab agrees with its free chain', () => {
    const script =
      '$c = kmem_cache_create t 300\n$a = kmem_cache_alloc $c GFP_KERNEL\n$b = kmem_cache_alloc $c GFP_KERNEL\nkmem_cache_free $c $a';
    const kernel = runKops(
      parseKops(Buffer.from(script), 'test'),
      (bootDriver) => boot({ memory: 2 ** 26, bootDriver }),
      () => {},
    );
    const cache = kernel.slab.find('t');
    if (cache === null) throw new Error('no cache');
    const [slab] = slabViews(kernel.slab, cache);
    expect(slab).toMatchObject({ list: 'partial', inUse: 1, map: `.#${'.'.repeat(cache.num - 2)}` });
    expect(slab?.freeChain.slice(0, 3)).toEqual([0, 2, 3]);
  });
});
