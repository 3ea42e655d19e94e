import { describe, expect, it } from 'vitest';
import type { AreaRow } from '../../src/protocol/views.ts';
import {
  addressAtX,
  addressTicks,
  addressToX,
  countPages,
  holdWindow,
  layOutSpace,
  PAGE_STATES,
  revealAddress,
  zoomWindow,
} from '../../src/views/space/address-scale.ts';
import { areaKind, areaName } from '../../src/views/space/area-kind.ts';

const END = 0xc0000000;
const AREAS = [
  { start: 0x08048000, end: 0x08049000 },
  { start: 0x08049000, end: 0x0804b000 },
  { start: 0x40000000, end: 0x40064000 },
  { start: 0xbfffe000, end: 0xc0000000 },
];
const WHOLE = { offset: 0, zoom: 1 };

describe('an address space to scale', () => {
  const stretches = layOutSpace(AREAS, END, 600);

  it('folds gaps and fills the width', () => {
    expect(stretches.map((s) => s.kind)).toEqual(['gap', 'area', 'area', 'gap', 'area', 'gap', 'area']);
    const last = stretches.at(-1)!;
    expect(last.x + last.width).toBeCloseTo(600);
    for (let i = 1; i < stretches.length; i++) {
      const before = stretches[i - 1]!;
      expect(stretches[i]!.x).toBeCloseTo(before.x + before.width);
      expect(stretches[i]!.start).toBe(before.end);
    }
  });

  it('gives areas width by their pages, but none too little to be seen', () => {
    const [, one, two, , hundred] = stretches;
    expect(hundred!.width / two!.width).toBeCloseTo(50, 0);
    expect(one!.width).toBeGreaterThanOrEqual(3);
  });

  it('finds addresses where it puts them, at every zoom', () => {
    const near = zoomWindow(WHOLE, 200, 20, 600, 1000);
    for (const window of [WHOLE, near])
      for (const address of [0x08048800, 0x40010000, 0xbffff000]) {
        const found = addressAtX(stretches, window, addressToX(stretches, window, address));
        expect(Math.abs((found?.address ?? 0) - address)).toBeLessThanOrEqual(4096);
        expect(found?.stretch.kind).toBe('area');
      }
    expect(addressAtX(stretches, WHOLE, 601)).toBeNull();
    expect(addressAtX(stretches, WHOLE, 5)?.stretch.kind).toBe('gap');
  });

  it('zooms around a place and stays inside', () => {
    const near = zoomWindow(WHOLE, 300, 4, 600, 1000);
    expect(near).toEqual({ offset: 225, zoom: 4 });
    expect(zoomWindow(near, 0, 1e-6, 600, 1000)).toEqual(WHOLE);
    expect(holdWindow({ offset: 1e6, zoom: 4 }, 600).offset).toBe(450);
  });

  it('marks where areas begin, and round addresses where there is room, never too close', () => {
    const whole = addressTicks(stretches, WHOLE, 600, 70);
    expect(whole[0]?.address).toBe(0x08048000);
    const near = zoomWindow(WHOLE, 300, 30, 600, 1000);
    const close = addressTicks(stretches, near, 600, 70);
    expect(close.length).toBeGreaterThan(3);
    for (const list of [whole, close])
      list.forEach((tick, i) => {
        expect(tick.x - (list[i - 1]?.x ?? -70)).toBeGreaterThanOrEqual(70);
        expect(tick.x + 70).toBeLessThanOrEqual(600);
      });
    for (const tick of close) {
      expect(tick.address % 4096).toBe(0);
      const window = near;
      expect(addressToX(stretches, window, tick.address)).toBeCloseTo(tick.x, 3);
    }
  });

  it('moves an address into sight, and only then', () => {
    const near = zoomWindow(WHOLE, 300, 30, 600, 1000);
    const moved = revealAddress(stretches, near, 0xbffff000, 600);
    const x = addressToX(stretches, moved, 0xbffff000);
    expect(x).toBeGreaterThanOrEqual(0);
    expect(x).toBeLessThanOrEqual(600);
    expect(revealAddress(stretches, moved, 0xbffff000, 600)).toEqual(moved);
  });

  it('lays out an empty space, and more areas than pixels', () => {
    expect(layOutSpace([], END, 600)).toHaveLength(1);
    const many = Array.from({ length: 500 }, (_, i) => ({
      start: (2 * i + 1) * 4096,
      end: (2 * i + 2) * 4096,
    }));
    const last = layOutSpace(many, END, 300).at(-1)!;
    expect(last.x + last.width).toBeCloseTo(300);
  });
});

it('counts pages by state', () => {
  const counts = new Uint32Array(PAGE_STATES).fill(9);
  countPages(Uint8Array.of(0, 1, 1, 2, 5, 3), 1, 5, counts);
  expect([...counts]).toEqual([0, 2, 1, 0, 0, 1]);
});

describe('kinds of areas', () => {
  const area = (row: Partial<AreaRow>): AreaRow => ({
    start: 0x1000,
    end: 0x3000,
    permissions: 'rw-p',
    flags: [],
    path: '',
    offset: 0,
    pages: new Uint8Array(2),
    resident: 0,
    swapped: 0,
    ...row,
  });

  it.each([
    ['code', area({ path: '/lib/libc.so', permissions: 'r-xp' })],
    ['file', area({ path: '/lib/libc.so', permissions: 'rw-p' })],
    ['private', area({ start: 0x5000, end: 0x7000 })],
    ['heap', area({})],
    ['shared', area({ path: '/dev/zero', permissions: 'rw-s' })],
    ['device', area({ path: '/dev/mem', permissions: 'rw-s' })],
    ['stack', area({ flags: ['VM_GROWSDOWN'] })],
  ] as const)('%s', (kind, row) => {
    expect(areaKind(row, 0x3000)).toBe(kind);
  });

  it('are named by their file, or by what they are', () => {
    expect(areaName(area({ path: '/lib/libc.so', permissions: 'r-xp' }), 0)).toBe('libc.so');
    expect(areaName(area({ flags: ['VM_GROWSDOWN'] }), 0)).toBe('stack');
  });
});
