import { readFileSync } from 'node:fs';
import { bootGuest, type Guest, type GuestEnding, type GuestTask, loadCpuModule } from '../src/index.ts';

/** A guest whose console is kept. */
export interface TestGuest {
  readonly guest: Guest;
  /** What was written to the console so far. */
  text(): string;
  /** Runs one of our programs, or these bytes, to its end. */
  run(program: string | Uint8Array, ...args: readonly string[]): GuestEnding;
  /** Starts one of our programs, and lets it run until it waits for input, or ends. */
  start(program: string, ...args: readonly string[]): GuestTask;
  /** Types at the console; what was written to it since. The programs run until they wait for input. */
  type(text: string): string;
}

export interface TestMachine {
  readonly release?: string;
  /** MiB; default 16. */
  readonly memory?: number;
  /** MiB; default none. */
  readonly swap?: number;
  readonly jit?: boolean;
  readonly strace?: (line: string) => void;
  readonly input?: string;
  /** More input is pushed later. */
  readonly openInput?: boolean;
  /** The console is a terminal of 24 lines of 80. */
  readonly terminal?: boolean;
}

/** Boots a guest. */
export function testGuest(machine: TestMachine = {}): TestGuest {
  const { release = '2.4.22', memory = 16, swap = 0, jit = true } = machine;
  const pieces: Uint8Array[] = [];
  const guest = bootGuest({
    cpu: loadCpuModule(),
    release,
    memory: memory * 2 ** 20,
    swap: swap === 0 ? [] : [{ size: swap * 2 ** 20 }],
    jit,
    ...(machine.strace === undefined ? {} : { strace: machine.strace }),
    console: {
      write: (_fd, bytes) => pieces.push(bytes.slice()),
      ...(machine.terminal === true ? { terminal: { rows: 24, columns: 80 } } : {}),
    },
  });
  if (machine.input !== undefined) guest.console.push(Buffer.from(machine.input));
  if (machine.terminal !== true && machine.openInput !== true) guest.console.hangUp();
  const text = () => Buffer.concat(pieces).toString();
  const settle = () => {
    do guest.step();
    while (guest.tasks.length > 0 && guest.waitsFor !== 'input');
  };
  return {
    guest,
    text,
    start: (program, ...args) => {
      const task = guest.start(programBytes(program), [program, ...args]);
      if (typeof task === 'number') throw new Error(`${program} cannot be started: ${task}`);
      settle();
      return task;
    },
    type: (typed) => {
      const before = text().length;
      guest.console.push(Buffer.from(typed));
      settle();
      return text().slice(before);
    },
    run: (program, ...args) => {
      const name = typeof program === 'string' ? program : 'a.out';
      const bytes = typeof program === 'string' ? programBytes(program) : program;
      const task = guest.start(bytes, [name, ...args]);
      if (typeof task === 'number') throw new Error(`${name} cannot be started: ${task}`);
      return guest.runUntilEnd(task);
    },
  };
}

/** The ELF file of one of our programs. */
export function programBytes(name: string): Uint8Array {
  return readFileSync(new URL(`../programs/${name}`, import.meta.url));
}

/** An ELF file with this machine code, which may also be written to; it begins at 0x08048054. */
export function elfOf(code: Uint8Array | readonly number[]): Uint8Array {
  const bytes = new Uint8Array(84 + code.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  const half = [
    [16, 2],
    [18, 3],
    [40, 52],
    [42, 32],
    [44, 1],
  ] as const;
  for (const [at, value] of half) view.setUint16(at, value, true);
  const words = [
    [20, 1],
    [24, 0x08048054],
    [28, 52],
    [52, 1],
    [56, 0],
    [60, 0x08048000],
    [64, 0x08048000],
    [68, bytes.length],
    [72, bytes.length],
    [76, 7],
    [80, 4096],
  ] as const;
  for (const [at, value] of words) view.setUint32(at, value, true);
  bytes.set(code, 84);
  return bytes;
}
