import { selection } from '../../app/selection.ts';
import { useView } from '../../app/use-view.ts';
import { selectedEvent } from './selected-event.ts';

/**
 * The frame that the selection is about: the frame itself, that of a slab, the one that an address is mapped to, or that of an
 * event. -1: none.
 */
export function useSelectedFrame(): number {
  const chosen = selection.value;
  const walk = useView(
    chosen.kind === 'address' ? { view: 'walk', pid: chosen.pid, address: chosen.address } : null,
  ).value;
  switch (chosen.kind) {
    case 'frame':
      return chosen.pfn;
    case 'slab':
      return chosen.pfn ?? -1;
    case 'address':
      return walk?.pfn ?? -1;
    case 'event':
      return selectedEvent.value?.pfn ?? -1;
    default:
      return -1;
  }
}
