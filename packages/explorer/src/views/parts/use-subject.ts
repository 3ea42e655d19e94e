import { sameSelection, selection } from '../../app/selection.ts';
import { useView } from '../../app/use-view.ts';
import { type SubjectView, subjectOf } from '../../protocol/subject.ts';

/**
 * All that belongs to what is selected: every view shows of it what it can.
 *
 * `known`: the machine has told; before that there is only what the selection says by itself, and views keep what they showed.
 */
export function useSubject(): { readonly subject: SubjectView; readonly known: boolean } {
  const chosen = selection.value;
  const told = useView(chosen.kind === 'none' ? null : { view: 'subject', of: chosen }).value;
  if (chosen.kind === 'none') return { subject: subjectOf(chosen), known: true };
  if (told === null || !sameSelection(told.of, chosen)) return { subject: subjectOf(chosen), known: false };
  return { subject: told, known: true };
}
