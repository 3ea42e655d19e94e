import { useSubject } from './use-subject.ts';

/** The frame that the selection is about: itself, or that of an address, a slab, a slot, a page of a file, an event. -1: none. */
export function useSelectedFrame(): number {
  return useSubject().subject.pfn;
}
