import type { AllocationReplay } from '@pagewalk/lab';
import { print } from './print.ts';
import { grouped } from './text.ts';

/** Prints what the replay of a recorded stream of allocations found. */
export function printAllocationReplay(path: string, replay: AllocationReplay): void {
  const zones = replay.zones.map(({ name, pages }) => `${name} ${grouped(pages)}`).join(', ');
  print(`${path}: Linux ${replay.release}; zones in pages: ${zones}`);
  const line = (what: string, count: number, more = ''): void => {
    print(`  ${grouped(count).padStart(10)}  ${what}${more}`);
  };
  line('events replayed', replay.events);
  line('blocks freed by boot', replay.bootFrees);
  line('blocks freed later', replay.frees);
  line('requests (__alloc_pages)', replay.requests);
  const { throughZones, allocations } = replay;
  const all = throughZones === allocations ? 'all' : throughZones === 0 ? 'none' : grouped(throughZones);
  line('blocks taken (rmqueue)', replay.allocations, `, ${all} of them by the choice of a zone, too`);
  line('free lists compared at the end', replay.lists);
  const { difference } = replay;
  if (difference === null) {
    print('no difference: every request gets the same frame');
    return;
  }
  print(`first difference${difference.line > 0 ? ` in line ${difference.line}` : ''}:`);
  print(`  recorded: ${difference.recorded}`);
  print(`  replayed: ${difference.replayed}`);
}
