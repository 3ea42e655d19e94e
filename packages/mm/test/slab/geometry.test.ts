import { describe, expect, it } from 'vitest';
import { slabRelease } from '../../src/release/slab-2.4.ts';
import { cacheGeometry } from '../../src/slab/cache-geometry.ts';
import { descriptorLayout } from '../../src/slab/descriptor-layout.ts';
import { CFLGS, SLAB } from '../../src/slab/slab-flags.ts';
import { create, slabMachine } from './slab-machine.ts';

const H = SLAB.HWCACHE_ALIGN;

/** request, flags, offset -> objsize order num place left colour_off colours mgmt */
const WORKED = `
4        |4 0 506 on 24 32 0 2048
5        |8 0 338 on 16 32 0 1376
8 H      |16 0 202 on 32 32 1 832
12       |12 0 253 on 4 32 0 1056
16       |16 0 202 on 32 32 1 832
20       |20 0 169 on 12 32 0 704
24 H     |32 0 113 on 0 32 0 480
36 H     |64 0 59 on 32 32 1 288
36       |36 0 101 on 12 32 0 448
48       |48 0 78 on 0 32 0 352
68 H     |96 0 40 on 64 32 2 192
68       |68 0 56 on 32 32 1 256
92       |92 0 42 on 40 32 1 192
100      |100 0 39 on 4 32 0 192
108 H    |128 0 30 on 96 32 3 160
132 off4 |132 0 29 on 108 4 27 160
132      |132 0 29 on 108 32 3 160
148 H    |160 0 24 on 128 32 4 128
200      |200 0 19 on 168 32 5 128
244      |244 0 16 on 96 32 3 96
300 H    |320 0 12 on 160 32 5 96
412 H    |416 0 9 on 288 32 9 64
464 H    |480 0 8 on 192 32 6 64
484 H    |512 0 7 on 448 32 14 64
512 H    |512 0 8 off 0 32 0 64
600      |600 0 6 on* 432 32 13 64
700 H    |704 1 11 on* 352 32 11 96
764 H    |768 0 5 on* 192 32 6 64
1000     |1000 0 4 on* 32 32 1 64
1284 H   |1312 0 3 on* 96 32 3 64
1400     |1400 2 11 on* 888 32 27 96
1500 H   |1504 1 5 on* 608 32 19 64
2000 H   |2016 0 2 on* 32 32 1 32
2100 H   |2112 2 7 on* 1536 32 48 64
2500     |2500 1 3 on* 628 32 19 64
3000 H   |3008 2 5 on* 1280 32 40 64
4096 H   |4096 0 1 off 0 32 0 32
5000 H   |5024 2 3 on* 1248 32 39 64
9000     |9000 2 1 on* 7352 32 229 32
20000 H  |20000 3 1 on* 12736 32 398 32
70000 H  |70016 5 1 on* 61024 32 1907 32
131072 H |131072 5 1 off 0 32 0 32
`;

describe('sheet 2, A15: what kmem_cache_create() makes of a request', () => {
  const rows = WORKED.trim()
    .split('\n')
    .map((row) => row.split('|').map((half) => half.trim()) as [string, string]);
  it.each(rows)('%s -> %s', (request, expected) => {
    const [size, ...rest] = request.split(' ');
    const flags = rest.includes('H') ? H : 0;
    const offset = rest.includes('off4') ? 4 : 0;
    const limits = { cacheLine: 32, breakOrder: 2, offSlabLimit: 116 };
    const g = cacheGeometry(Number(size), offset, flags, limits);
    if (g === null) throw new Error('no geometry');
    const place = (g.flags & CFLGS.OFF_SLAB) !== 0 ? 'off' : g.movedOnSlab ? 'on*' : 'on';
    const ours = [g.objsize, g.gfporder, g.num, place, g.leftOver, g.colourOff, g.colour, g.slabSize];
    expect(ours.join(' ')).toBe(expected);
  });

  it('descriptors off the slab are in size-64 for 512 bytes, in size-32 for 4096 and 131072', () => {
    const { slab } = slabMachine();
    const place = (size: number) => create(slab, `c${size}`, size, H).slabpCache?.name;
    expect([512, 4096, 131072].map(place)).toEqual(['size-64', 'size-32', 'size-32']);
  });

  it.each([
    [
      32,
      {
        32: '32/113',
        64: '64/59',
        128: '128/30',
        256: '256/15',
        512: '512/8',
        1024: '1024/4',
        2048: '2048/2',
        4096: '4096/1',
      },
    ],
    [64, { 32: '64/59' }],
    [128, { 32: '64/58', 64: '128/30' }],
  ] as const)('size caches with cache lines of %i bytes', (cacheLine, expected) => {
    const { slab } = slabMachine({ cacheLine });
    for (const [size, text] of Object.entries(expected)) {
      const cache = slab.find(`size-${size}`);
      expect(`${cache?.objsize}/${cache?.num}`).toBe(text);
      expect(cache?.offSlab).toBe(Number(size) >= 512);
    }
  });

  it('the size caches of several pages have one object a slab, orders 1 to 5, off the slab', () => {
    const { slab } = slabMachine();
    for (const [i, size] of [8192, 16384, 32768, 65536, 131072].entries()) {
      const cache = slab.find(`size-${size}`);
      expect([cache?.num, cache?.gfporder, cache?.offSlab]).toEqual([1, i + 1, true]);
    }
  });

  it.each([
    [0, 'size-32'],
    [1, 'size-32'],
    [32, 'size-32'],
    [33, 'size-64'],
    [64, 'size-64'],
    [4097, 'size-8192'],
    [131072, 'size-131072'],
    [131073, undefined],
  ])('kmalloc(%i) is served by %s', (size, name) => {
    const { slab } = slabMachine();
    expect(slab.kmemFindGeneralCachep(size, GFP)?.name).toBe(name);
    const obj = slab.kmalloc(size, GFP);
    expect(obj === 0).toBe(name === undefined);
    slab.kfree(obj);
    expect(slab.kmemFindGeneralCachep(Math.min(size, 9), 1)?.name).toBe('size-32(DMA)');
    slab.check();
  });
});

const GFP = 0x1f0;

describe('sheet 2, A2: the descriptor', () => {
  it.each([
    ['uniprocessor, gcc 3', { smp: false, debug: false, upSpinlockBytes: 0 }, 108],
    ['uniprocessor, gcc 2.95', { smp: false, debug: false, upSpinlockBytes: 4 }, 112],
    ['SMP', { smp: true, debug: false, upSpinlockBytes: 0 }, 244],
    ['debug, gcc 2.95', { smp: false, debug: true, upSpinlockBytes: 4 }, 136],
  ] as const)('%s', (_name, build, bytes) => {
    expect(descriptorLayout(build).bytes).toBe(bytes);
  });
});

/** name -> objsize/objects/pages/colours, uniprocessor with gcc 3 and SMP */
const STANDARD = `
kmem_cache        108/36/1/0   244/16/1/3
signal_act        1312/3/1/3   1312/3/1/3
files_cache       416/9/1/9    416/9/1/9
fs_cache          32/113/1/0   64/59/1/1
vm_area_struct    96/40/1/2    96/40/1/2
mm_struct         128/30/1/3   160/24/1/4
buffer_head       96/40/1/2    96/40/1/2
names_cache       4096/1/1/0   4096/1/1/0
filp              128/30/1/3   128/30/1/3
dentry_cache      128/30/1/3   128/30/1/3
inode_cache       480/8/1/6    512/7/1/14
mnt_cache         64/59/1/1    64/59/1/1
bdev_cache        64/59/1/1    64/59/1/1
cdev_cache        64/59/1/1    64/59/1/1
kiobuf            64/59/1/1    64/59/1/1
sigqueue          132/29/1/27  132/29/1/27
sock              768/5/1/6    832/9/2/20
skbuff_head_cache 160/24/1/4   160/24/1/4
uid_cache         32/113/1/0   32/113/1/0
ip_fib_hash       32/113/1/0   32/113/1/0
tcp_bind_bucket   32/113/1/0   32/113/1/0
fasync_cache      16/202/1/1   16/202/1/1
file_lock_cache   92/42/1/1    96/40/1/2
dnotify_cache     20/169/1/0   20/169/1/0
blkdev_requests   96/40/1/2    96/40/1/2
tcp_tw_bucket     96/40/1/2    96/40/1/2
arp_cache         96/40/1/2    128/30/1/3
ip_dst_cache      160/24/1/4   160/24/1/4
inet_peer_cache   64/59/1/1    64/59/1/1
tcp_open_request  64/59/1/1    64/59/1/1
`;

describe('sheet 2, A6: standard caches of the reference machines', () => {
  const limits = { cacheLine: 32, breakOrder: 2, offSlabLimit: 116 };
  const geometryOf = (version: string, cpus: number, name: string) => {
    const release = slabRelease({ version, machine: 'ref', cpus, pae: false, debug: false });
    const step = release.steps.find((candidate) => 'name' in candidate && candidate.name === name);
    const bytes = name === 'kmem_cache' ? descriptorLayout(release.build).bytes : 0;
    const request = step !== undefined && 'name' in step ? step : { bytes, flags: SLAB.NO_REAP, offset: 0 };
    const g = cacheGeometry(request.bytes, request.offset ?? 0, request.flags, limits);
    return g === null ? 'none' : `${g.objsize}/${g.num}/${1 << g.gfporder}/${g.colour}`;
  };

  it.each(
    STANDARD.trim()
      .split('\n')
      .map((row) => row.split(/ +/) as [string, string, string]),
  )('%s: %s, SMP %s', (name, up, smp) => {
    expect([geometryOf('2.4.22', 1, name), geometryOf('2.4.22', 2, name)]).toEqual([up, smp]);
  });

  it('2.4.20 has smaller inodes', () => {
    expect(geometryOf('2.4.20', 1, 'inode_cache')).toMatch(/^448\//);
    expect(geometryOf('2.4.20', 2, 'inode_cache')).toBe('480/8/1/6');
  });

  it('PAE kernels have pae_pgd', () => {
    const names = (pae: boolean) =>
      slabRelease({ version: '2.4.22', machine: 'ref', cpus: 1, pae, debug: false }).steps[0];
    expect(names(true)).toMatchObject({ name: 'pae_pgd', bytes: 32 });
    expect(names(false)).toMatchObject({ name: 'signal_act' });
  });
});

describe('sheet 2, A4: requests that stop the kernel', () => {
  it.each([
    ['no name', '', 32, 0, 0, false],
    ['a long name', 'x'.repeat(19), 32, 0, 0, false],
    ['less than a word', 'c', 3, 0, 0, false],
    ['more than 32 pages', 'c', 131073, 0, 0, false],
    ['an offset beyond the object', 'c', 32, 33, 0, false],
    ['an unknown flag', 'c', 32, 0, 0x100, false],
    ['a debug flag in a kernel without', 'c', 32, 0, SLAB.POISON, false],
    ['a destructor without constructor', 'c', 32, 0, 0, true],
    ['a name that is taken', 'size-32', 32, 0, 0, false],
  ])('%s', (_what, name, size, offset, flags, dtor) => {
    const { slab } = slabMachine();
    expect(() => slab.kmemCacheCreate(name, size, offset, flags, null, dtor ? () => {} : null)).toThrow();
  });

  it('a name of 18 characters is fine, and an odd size is told', () => {
    const { slab, log } = slabMachine();
    expect(create(slab, 'x'.repeat(18), 33).objsize).toBe(36);
    expect(log).toEqual([`kmem_create: Forcing size word alignment - ${'x'.repeat(18)}`]);
  });

  it('no memory for the descriptor: null, and no cache', () => {
    const { slab, allocator } = slabMachine();
    // Fill the last page of descriptors.
    for (let i = 0; i < 10; i++) create(slab, `c${i}`, 32);
    allocator.failAlloc(1);
    expect(slab.kmemCacheCreate('last', 32, 0, 0, null, null)).toBeNull();
    expect(slab.find('last')).toBeNull();
    slab.check();
  });
});
