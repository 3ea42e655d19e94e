/** What a machine of the explorer is made of. It is all that a link has to carry. */

/** A program for the machine. Bytes that the user dropped travel apart from the link, which has their SHA-256. */
export type ProgramChoice =
  | ShippedProgram
  | { readonly kind: 'elf'; readonly name: string; readonly args: readonly string[]; readonly sha256: string }
  | { readonly kind: 'recording'; readonly name: string; readonly sha256?: string }
  | { readonly kind: 'workload'; readonly args: readonly string[] };

/** One of the programs that the guest package brings: `args` without its own name. */
export interface ShippedProgram {
  readonly kind: 'program';
  readonly name: string;
  readonly args: readonly string[];
}

/** A machine and what runs on it. Equal choices (and equal terminal input) give equal machines, step by step. */
export interface MachineChoice {
  readonly release: string;
  /** RAM, bytes. */
  readonly memory: number;
  /** Swap disk, bytes; 0: none. */
  readonly swap: number;
  readonly sysctl: Readonly<Record<string, string>>;
  readonly program: ProgramChoice;
}
