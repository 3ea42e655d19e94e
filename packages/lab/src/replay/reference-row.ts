import { SingleReferences } from '../trace/single-references.ts';

/** Single references in a row, and where they go on the simulated machine: see Placement.locate(). */
export class ReferenceRow extends SingleReferences {
  /** Number of the page in the address space: address / 4096. */
  readonly place = new Int32Array(this.room);
  /** The lowest place on a stack of this reference and those before it; {@link NO_STACK}: none is on a stack. */
  readonly lowestOnStack = new Int32Array(this.room);

  /** A push makes the stack pointer go down first: the kernel lets a stack grow only as far as that. */
  lowerStack(task: { esp: number }, i: number): void {
    const esp = (this.lowestOnStack[i] as number) * 4096;
    if (esp < task.esp) task.esp = esp;
  }
}

/** Above every place. */
export const NO_STACK = 0x100000;
