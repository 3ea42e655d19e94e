import { EventHub } from '@pagewalk/lab';
import { type BootAllocator, boot, type E820Entry, type Kernel, type MachineConfig } from '@pagewalk/mm';
import { UsageError } from './errors.ts';
import { EventFile } from './event-file.ts';
import type { MachineOptions } from './machine-options.ts';
import { remark } from './output/print.ts';
import { swapBytes } from './swap-option.ts';

/** Type of the ranges of a memory map that are RAM. */
const E820_USABLE = 1;

/** The machine of a result, as JSON; the keys are stable. */
export interface MachineJson {
  readonly release: string;
  readonly machine: string;
  readonly memoryBytes: number;
  readonly cpus: number;
  readonly nodes: number;
  /** Null: as the machine has it. */
  readonly highmem: string | null;
  readonly cmdline: string | null;
  readonly swapBytes: number;
  readonly seed: number;
}

/** Hashes by which two runs are told apart; 8 or more hexadecimal digits. */
export interface HashJson {
  /** Over all events since boot. */
  readonly eventHash: string;
  /** Over the whole state of the machine. */
  readonly stateHash: string;
}

/** What a command fills in where the user gave no option. */
export interface MachineDefaults {
  readonly memory: number;
  readonly swap?: number;
  readonly contentFree?: boolean;
  /** What takes boot memory while the machine boots. */
  readonly bootDriver?: (bootmem: BootAllocator) => void;
}

/** The event of `--at` was reached: the machine stands still in the midst of whatever it did. */
export class StoppedAt extends Error {
  override readonly name = 'StoppedAt';
}

/** A booted machine, with its events going where the options say. */
export class Session {
  readonly kernel: Kernel;
  readonly hub: EventHub;
  readonly machine: MachineJson;
  readonly #events: EventFile | null;
  readonly #check: 'end' | 'every' | undefined;
  readonly #failAlloc: number | undefined;
  /** Whether the machine stands in the midst of an operation, where no recount can agree. */
  #midway = false;

  /**
   * Boots.
   * @param at stop after this event by throwing {@link StoppedAt}; 0: never
   * @throws ConfigError when there is no such machine
   */
  constructor(options: MachineOptions, defaults: MachineDefaults, at = 0) {
    const memory = options.memory ?? defaults.memory;
    const swap = options.swap ?? (defaults.swap === undefined ? [] : [{ size: defaults.swap }]);
    const config: MachineConfig = {
      memory,
      release: options.release,
      machine: options.machine,
      cpus: options.cpus,
      nodes: options.nodes,
      seed: options.seed,
      sysctl: options.sysctl,
      swap,
      ...(options.highmem === undefined ? {} : { highmem: options.highmem }),
      ...(options.cmdline === undefined ? {} : { cmdline: options.cmdline }),
      ...(options.e820 === undefined ? {} : { e820: options.e820 }),
      ...(defaults.contentFree === true ? { contentFree: true } : {}),
      ...(defaults.bootDriver === undefined ? {} : { bootDriver: defaults.bootDriver }),
      ...(options.failAlloc === undefined ? {} : { failAlloc: options.failAlloc }),
      ...(options.failIo === undefined ? {} : { failIo: options.failIo }),
    };
    this.#events = options.events === undefined ? null : new EventFile(options.events);
    this.#check = options.check;
    this.machine = {
      release: options.release,
      machine: options.machine,
      memoryBytes: options.e820 === undefined ? memory : usableBytes(options.e820),
      cpus: options.cpus,
      nodes: options.nodes,
      highmem: options.highmem ?? null,
      cmdline: options.cmdline ?? null,
      swapBytes: swapBytes(swap),
      seed: options.seed,
    };
    this.kernel = boot(config);
    if (options.e820 !== undefined && !this.kernel.bootLog.some(({ text }) => text.includes('BIOS-e820'))) {
      remark(
        '--e820: the kernel takes no map of fewer than two ranges, and asked the BIOS for --memory instead',
      );
    }
    this.#failAlloc = options.failAlloc;
    this.hub = new EventHub(this.kernel.trace);
    this.#events?.follow(this.kernel, this.hub);
    if (at > 0) {
      this.hub.add((trace) => {
        if (trace.seq < at) return;
        this.#midway = true;
        trace.on = false;
        throw new StoppedAt(`event ${at}`);
      });
    }
  }

  /** To be called after each operation of a workload: `--check=every` recounts. Absent when there is nothing to do. */
  get afterOperation(): (() => void) | undefined {
    return this.#check === 'every' ? () => this.kernel.checkInvariants() : undefined;
  }

  hashes(): HashJson {
    return { eventHash: this.kernel.trace.hash, stateHash: this.kernel.stateHash() };
  }

  /**
   * Recounts the machine if `--check` says so, closes the file of events and tells what became of `--fail-alloc`.
   *
   * @param whole false: an operation was broken off, so that no recount can agree
   */
  finish(whole = true): void {
    try {
      if (!whole) this.#midway = true;
      this.#tellFailAlloc();
      if (this.#check !== undefined && !this.#midway) this.kernel.checkInvariants();
    } finally {
      this.#events?.close();
    }
  }

  /** What to tell when not even a first process could be made, by whichever error says so. */
  noFirstProcess(path: string, error: Error): UsageError {
    const injected = this.#failAlloc !== undefined && this.kernel.allocator.failAllocPending === 0;
    const allowed = injected
      ? `--fail-alloc ${this.#failAlloc}: that allocation did fail\nAllowed: a later one`
      : 'Allowed: more --memory';
    return new UsageError(`${path}: its first process cannot be made (${error.message})\n${allowed}`);
  }

  #tellFailAlloc(): void {
    const n = this.#failAlloc;
    if (n === undefined) return;
    const pending = this.kernel.allocator.failAllocPending;
    remark(
      pending === 0
        ? `--fail-alloc ${n}: that allocation did fail`
        : `--fail-alloc ${n}: there were only ${n - pending} allocations, and none failed`,
    );
  }
}

/** RAM of a memory map. */
function usableBytes(map: readonly E820Entry[]): number {
  return map.reduce((sum, { size, type }) => (type === E820_USABLE ? sum + size : sum), 0);
}
