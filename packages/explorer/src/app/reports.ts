import { batch } from '@preact/signals';
import type { Command, Report } from '../protocol/messages.ts';
import { answerArrived, answerProgressed } from './ask.ts';
import { seekSettled } from './commands.ts';
import { connectCommands, postCommand } from './machine.ts';
import { inputLog, outputArrived, refuse, status } from './machine-signals.ts';
import { markStop } from './marks.ts';
import { select } from './selection.ts';
import { opened } from './session.ts';
import { presentStage } from './story.ts';
import { sendViewRequests, viewsArrived } from './use-view.ts';

/** Puts a report of the worker where the page looks. */
export function reportArrived(report: Report): void {
  switch (report.type) {
    case 'status':
      statusArrived(report.status);
      return;
    case 'views':
      batch(() => viewsArrived(report.data));
      // The components draw in a microtask after their signals changed: in the next picture all is drawn.
      requestAnimationFrame(() => postCommand({ type: 'drawn' }));
      return;
    case 'answer':
      answerArrived(report.id, report.answer);
      return;
    case 'progress':
      answerProgressed(report.id, report.share);
      return;
    case 'output':
      outputArrived(report.bytes, report.reset);
      return;
    case 'input-log':
      inputLog.value = report.input;
      return;
    case 'refused':
      refuse(report.message);
      return;
  }
}

function statusArrived(next: typeof status.value): void {
  const before = status.value.stoppedBy;
  status.value = next;
  if (next.phase === 'paused') markStop(next.turn, next.reason);
  // The event that it was stopped by is what one wants to look at, unless a story shows something else.
  if (next.stoppedBy > 0 && next.stoppedBy !== before && !presentStage()?.stage.select) {
    select({ kind: 'event', seq: next.stoppedBy });
  }
  seekSettled();
  opened(next);
}

/** Commands go to the worker from now on, and the views that are wanted are announced to it. */
export function connect(post: (command: Command) => void): void {
  connectCommands(post);
  sendViewRequests((requests) => postCommand({ type: 'views', requests }));
}
