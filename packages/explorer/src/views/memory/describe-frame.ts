import { address, hexFrame, PAGE_BYTES } from '../../app/format.ts';
import { FRAME_STATE, FRAME_USE, type MemoryView } from '../../protocol/views.ts';

/** What the map knows of a frame, in words. */
export interface FrameDescription {
  readonly frame: string;
  readonly address: string;
  readonly zone: string;
  readonly use: number;
  /** `order 3, head of its block`, `age 17`; empty: nothing to say. */
  readonly detail: string;
  /** Names of state bits that are set. */
  readonly state: readonly string[];
}

/** State bits that a reader meets, with their titles; blocks' heads are told in the detail. */
export const STATES = [
  { bit: FRAME_STATE.dirty, name: 'dirty', mark: 'dirty' },
  { bit: FRAME_STATE.locked, name: 'locked', mark: 'locked' },
  { bit: FRAME_STATE.referenced, name: 'referenced', mark: 'referenced' },
  { bit: FRAME_STATE.active, name: 'active', mark: 'active' },
  { bit: FRAME_STATE.inactive, name: 'inactive', mark: 'inactive' },
  { bit: FRAME_STATE.inactiveClean, name: 'inactive clean', mark: 'inactiveClean' },
  { bit: FRAME_STATE.mapped, name: 'mapped', mark: 'high' },
] as const;

/** Zone of a frame; empty: none. */
export function zoneOfFrame(zones: MemoryView['zones'], pfn: number): string {
  return zones.find((zone) => pfn >= zone.first && pfn < zone.first + zone.count)?.name ?? '';
}

/** Tells of a frame what the map knows. */
export function describeFrame(view: MemoryView, pfn: number): FrameDescription {
  const use = view.use[pfn] ?? 0;
  const state = view.state[pfn] ?? 0;
  const value = view.detail[pfn] ?? 0;
  let detail = '';
  if (use === FRAME_USE.free) {
    detail =
      (state & FRAME_STATE.blockHead) !== 0
        ? `head of a block of order ${value}`
        : `in a block of order ${value}`;
  } else if (value > 0) {
    detail = `age ${value}`;
  }
  return {
    frame: hexFrame(pfn),
    address: address(pfn * PAGE_BYTES),
    zone: zoneOfFrame(view.zones, pfn),
    use,
    detail,
    state: STATES.filter(({ bit }) => (state & bit) !== 0).map(({ name }) => name),
  };
}

/** Frames by state byte: 256 counts. */
export function countStates(state: Uint8Array): Uint32Array {
  const counts = new Uint32Array(256);
  for (let frame = 0; frame < state.length; frame++) counts[state[frame] as number]!++;
  return counts;
}

/** Frames that have a bit, from {@link countStates}. */
export function framesWith(counts: Uint32Array, bit: number): number {
  let sum = 0;
  for (let state = 0; state < 256; state++) if ((state & bit) !== 0) sum += counts[state] as number;
  return sum;
}
