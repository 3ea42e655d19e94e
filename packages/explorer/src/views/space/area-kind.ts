import type { AreaRow } from '../../protocol/views.ts';

/** What an area is for, as far as its row tells. */
export type AreaKind = 'code' | 'file' | 'private' | 'shared' | 'heap' | 'stack' | 'device';

export interface AreaKindLook {
  readonly title: string;
  /** Custom property of its colour. */
  readonly colour: string;
}

export const AREA_KINDS: Readonly<Record<AreaKind, AreaKindLook>> = {
  code: { title: 'code', colour: '--series-2' },
  file: { title: 'file', colour: '--series-6' },
  private: { title: 'anonymous', colour: '--series-0' },
  heap: { title: 'heap (brk)', colour: '--series-4' },
  stack: { title: 'stack', colour: '--series-1' },
  shared: { title: 'shared', colour: '--series-3' },
  device: { title: 'device', colour: '--series-7' },
};

/** Kind of an area. The heap is the area that ends at (or holds) the program break. */
export function areaKind(area: AreaRow, brk: number): AreaKind {
  if (area.flags.includes('VM_GROWSDOWN') || area.flags.includes('GROWSDOWN')) return 'stack';
  if (/^\/dev\/(?!zero$|shm\/)/.test(area.path)) return 'device';
  if (area.permissions[3] === 's') return 'shared';
  const named = area.path !== '' && !area.path.startsWith('[');
  if (!named && brk > area.start && brk <= area.end) return 'heap';
  if (!named) return 'private';
  return area.permissions[2] === 'x' && area.permissions[1] !== 'w' ? 'code' : 'file';
}

/** A name that fits on an area: the last part of its path, or what it is. */
export function areaName(area: AreaRow, brk: number): string {
  const file = area.path.split('/').at(-1) ?? '';
  return file !== '' ? file : AREA_KINDS[areaKind(area, brk)].title;
}
