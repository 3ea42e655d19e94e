import type { Kernel } from '@pagewalk/mm';
import type { OomView } from '../../protocol/views.ts';
import type { EventStore } from '../event-store.ts';
import { fieldIndex, Tally } from './tally.ts';

/** How good a victim each task would be, and who was one. */
export class OomPicture {
  private readonly kernel: Kernel;
  private readonly names: ReadonlyMap<number, string>;
  private readonly kills: { seq: number; pid: number }[] = [];
  private readonly tally: Tally;

  /** @param names of tasks by pid, also of those that have ended */
  constructor(kernel: Kernel, names: ReadonlyMap<number, string>) {
    this.kernel = kernel;
    this.names = names;
    const note = (name: string) => {
      const field = fieldIndex(name, 'pid');
      return (events: EventStore, seq: number) => {
        this.kills.push({ seq, pid: events.operand(seq, field) });
      };
    };
    this.tally = new Tally(
      { mark_victim: note('mark_victim'), oom_fault_kill: note('oom_fault_kill') },
      () => {
        this.kills.length = 0;
      },
    );
  }

  view(events: EventStore): OomView {
    const { kernel, names } = this;
    this.tally.update(events, kernel.trace.seq);
    return {
      view: 'oom',
      tasks: kernel.tasks
        .filter(({ pid }) => pid !== 0)
        .map((task) => {
          const badness = kernel.paging.oom.badnessOf(task);
          return {
            pid: task.pid,
            comm: task.comm,
            score: badness.points,
            terms: termsOf(badness, task.mm !== null),
          };
        })
        .sort((a, b) => b.score - a.score),
      kills: this.kills.map(({ seq, pid }) => ({
        seq,
        turn: events.turnOf(seq),
        pid,
        comm: names.get(pid) ?? '',
      })),
    };
  }
}

function termsOf(badness: ReturnType<Kernel['paging']['oom']['badnessOf']>, hasMm: boolean): string[] {
  if (!hasMm) return ['a kernel thread: never'];
  const { totalVm, cpuUnits, cpuDivisor, runUnits, runDivisor, niced, admin, rawio, dying } = badness;
  return [
    `total_vm ${totalVm} pages`,
    `/ ${cpuDivisor}: square root of ${cpuUnits} x 10.24 s of CPU time`,
    `/ ${runDivisor}: fourth root of ${runUnits} x 1310.72 s of age`,
    ...(niced ? ['x 2: niced'] : []),
    ...(admin ? ['/ 4: superuser'] : []),
    ...(rawio ? ['/ 4: may touch hardware'] : []),
    ...(dying ? ['chosen already'] : []),
  ];
}
