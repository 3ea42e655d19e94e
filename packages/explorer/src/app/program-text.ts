import type { ProgramChoice } from '../protocol/choice.ts';

/** A program as one would type it: `quicksort 8`, `sort.pwt`, `zipf 1 3000 100000 30`. */
export function programText(program: ProgramChoice): string {
  switch (program.kind) {
    case 'program':
    case 'elf':
      return [program.name, ...program.args].join(' ');
    case 'recording':
      return program.name;
    case 'workload':
      return program.args.join(' ');
  }
}
