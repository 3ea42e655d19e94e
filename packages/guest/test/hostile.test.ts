import { describe, expect, it } from 'vitest';
import type { Guest, GuestTask } from '../src/index.ts';
import { elfOf, programBytes, testGuest } from './run-guest.ts';

/** Random numbers below `n`, from a seed. */
function prng(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  };
}

/** Pieces of instructions that reach into the system: random bytes alone seldom do. */
const SYSTEM: readonly (readonly number[])[] = [
  [0x0f, 0x00],
  [0x0f, 0x01],
  [0x0f, 0x02],
  [0x0f, 0x03],
  [0x0f, 0x20],
  [0x0f, 0x22],
  [0x0f, 0x30],
  [0x0f, 0x32],
  [0x8e],
  [0x07],
  [0x17],
  [0x1f],
  [0x0f, 0xa1],
  [0x0f, 0xa9],
  [0xcf],
  [0xcb],
  [0xca],
  [0xea],
  [0x9a],
  [0xc8],
  [0xcd],
  [0xf4],
  [0xfa],
  [0x9d],
  [0xe4],
  [0xee],
  [0x0f, 0xae],
  [0xdb],
  [0xdd],
  [0xf0, 0x0f, 0xb1],
];

/** Those on tasks, signals and futexes. */
const TASK_NUMBERS = [
  7, 29, 34, 68, 69, 72, 73, 77, 82, 96, 97, 104, 105, 114, 120, 136, 142, 172, 176, 177, 178, 179, 184, 185,
  186, 240, 240, 240, 241, 242, 244, 266, 284, 308, 309, 311, 312, 335, 340, 376, 395, 396, 397, 398, 406,
  413, 414, 421, 422, 120, 120, 37, 238, 270,
];
/** Flags of clone that make threads, half threads and borrowers; operations of futex. */
const TASK_VALUES = [
  0x3d0f00, 0x10f00, 0x100, 0x500, 0x4100, 0x4000, 0x1200011, 0x8011, 0x900, 0x80000, 128, 9, 137, 133, 3, 4,
  11, 34, 64,
];

/** System calls that a hostile program tries: all but those that wait for ever. */
const NUMBERS = [
  2, 3, 4, 5, 6, 9, 10, 11, 13, 19, 20, 37, 38, 41, 42, 43, 45, 48, 54, 55, 63, 67, 75, 76, 78, 87, 90, 91,
  93, 106, 108, 115, 116, 117, 119, 122, 125, 126, 140, 144, 145, 146, 150, 151, 152, 163, 173, 174, 175, 180,
  181, 183, 190, 192, 195, 197, 218, 219, 243, 252, 265, 267, 270, 85, 120, 168, 295, 300, 331, 355, 403, 407,
  7777,
];

describe('hostile programs', () => {
  it('a panic of the emulator ends the process, not the machine', () => {
    const { guest, run, text } = testGuest();
    // push 0 three times; iret
    const iret = elfOf([0x6a, 0, 0x6a, 0, 0x6a, 0, 0xcf]);
    // mov ebp, 0; enter 0, 5
    const enter = elfOf([0xbd, 0, 0, 0, 0, 0xc8, 0, 0, 5]);
    for (let i = 0; i < 300; i++) expect(run(i % 2 === 0 ? iret : enter).signal).toBe(11);
    expect(guest.counts.cpuPanics).toBeGreaterThanOrEqual(150);
    expect(run('checks')).toEqual({ code: 0, signal: 0 });
    expect(text()).toBe('all checks passed\n');
    guest.kernel.checkInvariants();
  });

  it.each([
    ['threads', 0x10f00],
    ['processes in one memory', 0x111],
    ['processes', 0x11],
  ])('a bomb of %s stops at the most that there may be, and is gone when it is killed', (_name, flags) => {
    const { guest, run } = testGuest({ memory: 8 });
    run('hello');
    // mov eax, clone; mov ebx, flags; xor ecx, ecx; int 0x80; jmp to the begin
    const number = [0xb8, 120, 0, 0, 0, 0xbb, flags & 255, (flags >>> 8) & 255, flags >>> 16, 0];
    const bomb = guest.start(elfOf([...number, 0x31, 0xc9, 0xcd, 0x80, 0xeb, 0xf0]), ['bomb']);
    if (typeof bomb === 'number') throw new Error(`errno ${bomb}`);
    for (let i = 0; i < 3000 && guest.tasks.length > 0; i++) guest.exit();
    expect(guest.tasks.length).toBeGreaterThan(20);
    guest.kernel.checkInvariants();
    while (guest.tasks.length > 0) guest.killTask(guest.tasks.at(-1) as GuestTask, 9);
    guest.kernel.checkInvariants();
    expect(run('hello').code).toBe(0);
  });

  it.each([1, 2])('random code: seed %i', (seed) => {
    const { guest, run } = testGuest({ memory: 8 });
    const below = prng(seed * 7919);
    for (let round = 0; round < 250; round++) {
      const code: number[] = [];
      while (code.length < 200) {
        if (below(3) === 0) code.push(...(SYSTEM[below(SYSTEM.length)] as readonly number[]));
        else code.push(below(256));
      }
      runBounded(guest, elfOf(code));
    }
    expect(run('hello').code).toBe(0);
    guest.kernel.checkInvariants();
  });

  it.each([3, 4])('random system calls: seed %i', (seed) => {
    tryCalls(seed, NUMBERS, []);
  });

  it.each([5, 6, 7])('random calls on tasks, signals and futexes: seed %i', (seed) => {
    tryCalls(seed, [...TASK_NUMBERS, ...TASK_NUMBERS, ...NUMBERS], TASK_VALUES);
  });

  it.each([8, 9])('the same while another program waits for the disk: seed %i', (seed) => {
    tryCalls(seed, [...TASK_NUMBERS, ...NUMBERS], TASK_VALUES, true);
  });
});

/** Keeps a machine swapping, so that hostile programs run while another one waits for the disk. */
function startSwapping(guest: Guest): GuestTask {
  const task = guest.start(programBytes('touch'), ['touch', '14', 'random', '100000']);
  if (typeof task === 'number') throw new Error(`errno ${task}`);
  return task;
}

/** Runs a program and its children, for a few slices at most. */
function runBounded(guest: Guest, program: Uint8Array, keep: GuestTask | null = null): void {
  guest.start(program, ['hostile']);
  const slices = keep === null ? 3 : 12;
  for (let i = 0; i < slices && guest.tasks.length > 0; i++) {
    try {
      guest.step();
    } catch (error) {
      if (!/every process sleeps/.test(String(error))) throw error;
    }
  }
  for (const task of [...guest.tasks].reverse()) if (task !== keep) guest.killTask(task, 9);
  for (const path of [...guest.kernel.fs.paths()]) {
    if (!path.startsWith('/dev/')) guest.kernel.fs.unlink(path);
  }
}

/** Runs programs of random system calls; the machine stays whole. */
function tryCalls(
  seed: number,
  numbers: readonly number[],
  values: readonly number[],
  swapping = false,
): void {
  const { guest, run } = testGuest({ memory: 8, swap: swapping ? 32 : 16 });
  let keep: GuestTask | null = null;
  const below = prng(seed * 104729);
  const interesting = [
    ...[0, 1, 2, 4095, 4096, 65536, 0x08048000, 0x08048060, 0xbfffff00, 0xc0000000, 0xffffffff],
    ...values,
  ];
  for (let round = 0; round < 60; round++) {
    const code: number[] = [];
    // mov reg, value for each argument; int 0x80
    for (let call = 0; call < 30; call++) {
      const number = numbers[below(numbers.length)] as number;
      for (const opcode of [0xbb, 0xb9, 0xba, 0xbe, 0xbf]) {
        const value =
          below(3) === 0
            ? below(0x7fffffff)
            : below(2) === 0
              ? below(64)
              : (interesting[below(interesting.length)] as number);
        code.push(opcode, value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24);
      }
      code.push(0xb8, number & 255, number >>> 8, 0, 0, 0xcd, 0x80);
    }
    code.push(0xb8, 1, 0, 0, 0, 0xcd, 0x80);
    if (swapping && (keep === null || keep.status !== null)) keep = startSwapping(guest);
    runBounded(guest, elfOf(code), keep);
    guest.kernel.checkInvariants();
  }
  if (swapping) expect(guest.scheduler.deepest).toBeGreaterThan(0);
  if (keep !== null && keep.status === null) guest.killTask(keep, 9);
  expect(run('hello').code).toBe(0);
}
