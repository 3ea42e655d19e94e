import { computed, effect, signal } from '@preact/signals';
import { ask } from '../../app/ask.ts';
import { status } from '../../app/machine-signals.ts';
import { selection } from '../../app/selection.ts';
import type { EventRow } from '../../protocol/views.ts';

const known = signal<EventRow | null>(null);

/** Number of the selected event, once it has happened: a link may select one that the machine is still on the way to. */
const wanted = computed(() => {
  const chosen = selection.value;
  return chosen.kind === 'event' && status.value.seq >= chosen.seq ? chosen.seq : 0;
});

effect(() => {
  const seq = wanted.value;
  if (seq === 0) return;
  ask({ ask: 'why', seq }).then((answer) => {
    if (answer.ask === 'why' && wanted.peek() === seq) known.value = answer.event;
  });
});

/** The selected event with what it is about; null: no event is selected, or it is not known yet. */
export const selectedEvent = computed(() => {
  const chosen = selection.value;
  return chosen.kind === 'event' && known.value?.seq === chosen.seq ? known.value : null;
});
