import type { Kernel, TraceEvent } from '@pagewalk/mm';
import { ADDRESS_SPACE_SENTENCES } from './address-space.ts';
import { ALLOCATOR_SENTENCES } from './allocator.ts';
import { FAULT_SENTENCES } from './faults.ts';
import { KERNEL_MEMORY_SENTENCES } from './kernel-memory.ts';
import { RECLAIM_SENTENCES } from './reclaim.ts';
import { operandsOf, type Sentence } from './sentence.ts';
import { STORAGE_SENTENCES } from './storage.ts';

/** A sentence for each tracepoint, by its name. A test holds that none is missing. */
export const SENTENCES: Readonly<Record<string, Sentence>> = {
  ...ALLOCATOR_SENTENCES,
  ...FAULT_SENTENCES,
  ...ADDRESS_SPACE_SENTENCES,
  ...RECLAIM_SENTENCES,
  ...STORAGE_SENTENCES,
  ...KERNEL_MEMORY_SENTENCES,
};

/** What an event was and why, with its numbers: `zone Normal was passed over: its 250 free pages are not above the mark 255`. */
export function sentenceOf(kernel: Kernel, event: TraceEvent): string {
  const sentence = SENTENCES[event.name];
  if (sentence === undefined) return `${event.name} took place`;
  return sentence(operandsOf(event, (id) => kernel.trace.text(id)));
}
