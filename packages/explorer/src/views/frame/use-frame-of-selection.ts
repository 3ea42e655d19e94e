import { useRef } from 'preact/hooks';
import { selection } from '../../app/selection.ts';
import { useView } from '../../app/use-view.ts';

/**
 * The frame that the selection is about: the frame itself, a slab's, or the one that a selected address is mapped to. -1: none. An
 * event or task leaves the frame of before.
 */
export function useFrameOfSelection(): number {
  const chosen = selection.value;
  const last = useRef(-1);
  const walk = useView(
    chosen.kind === 'address' ? { view: 'walk', pid: chosen.pid, address: chosen.address } : null,
  ).value;
  if (chosen.kind === 'frame') last.current = chosen.pfn;
  else if (chosen.kind === 'slab' && chosen.pfn !== undefined) last.current = chosen.pfn;
  else if (chosen.kind === 'address') last.current = walk?.pfn ?? -1;
  else if (chosen.kind === 'none') last.current = -1;
  return last.current;
}
