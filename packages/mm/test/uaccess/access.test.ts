import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  load8,
  load32,
  loadBytes,
  store8,
  store32,
  storeBytes,
  touch,
} from '../../src/address-space/access.ts';
import { SEGV_ACCERR, SEGV_MAPERR, SIGSEGV } from '../../src/address-space/task.ts';
import { FaultMachine } from '../address-space/fault-machine.ts';

const AREA = 0x40000000;
const END = 0x40008000;
/** Flags of a private anonymous area, readable and writable, and of one that is readable only. */
const RW = 0x73;
const RO = 0x71;

function machineWithArea(flags = RW, options: { pae?: boolean; contentFree?: boolean } = {}) {
  const machine = new FaultMachine(options);
  const task = machine.spawn(2);
  machine.area(AREA, END, flags);
  return { machine, task, vm: machine.vm, mmu: machine.mmu };
}

describe.each([
  ['two levels', false],
  ['PAE', true],
])('accesses of a program, %s', (_name, pae) => {
  it('fault pages in and read zeroes, then what was stored', () => {
    const { task, vm, mmu, machine } = machineWithArea(RW, { pae });
    expect(load8(vm, mmu, AREA + 5)).toBe(0);
    expect(task.minFlt).toBe(1);
    expect(machine.pte(task, AREA)).toBe(0x025);
    expect(store8(vm, mmu, AREA + 5, 0x1ab)).toBe(true);
    expect(task.minFlt).toBe(2);
    expect(machine.pte(task, AREA)).toBe(0x067);
    expect([load8(vm, mmu, AREA + 4), load8(vm, mmu, AREA + 5)]).toEqual([0, 0xab]);
    expect(load32(vm, mmu, AREA + 4)).toBe(0x0000ab00);
    expect(store32(vm, mmu, AREA + 4, 0xfedcba98)).toBe(true);
    expect(load32(vm, mmu, AREA + 4)).toBe(0xfedcba98);
    expect(task.minFlt).toBe(2);
    machine.exit(task);
    machine.expectNothingLeft();
  });

  it('leave a signal behind when they are not allowed', () => {
    const { task, vm, mmu } = machineWithArea(RO, { pae });
    expect(store8(vm, mmu, AREA + 0x123, 1)).toBe(false);
    expect(task.pending.shift()).toEqual({ signo: SIGSEGV, code: SEGV_ACCERR, addr: AREA + 0x123 });
    expect(load8(vm, mmu, END)).toBe(-1);
    expect(task.pending.shift()).toEqual({ signo: SIGSEGV, code: SEGV_MAPERR, addr: END });
    expect(load32(vm, mmu, 0xc0000000)).toBe(-1);
    expect(task.pending.shift()).toEqual({ signo: SIGSEGV, code: SEGV_MAPERR, addr: 0xc0000000 });
    expect(touch(vm, mmu, 0, true)).toBe(false);
    expect(touch(vm, mmu, AREA, false)).toBe(true);
    expect(touch(vm, mmu, AREA, true)).toBe(false);
  });
});

describe('a value across two pages', () => {
  it('is loaded and stored whole', () => {
    const { vm, mmu } = machineWithArea();
    expect(store32(vm, mmu, AREA + 0xffe, 0x12345678)).toBe(true);
    expect(load32(vm, mmu, AREA + 0xffe)).toBe(0x12345678);
    expect(load32(vm, mmu, AREA + 0xffc)).toBe(0x56780000);
    expect(load8(vm, mmu, AREA + 0x1001)).toBe(0x12);
  });

  it('is not stored at all when the second page refuses; the fault is at that page', () => {
    const { task, vm, mmu } = machineWithArea();
    expect(store32(vm, mmu, END - 2, 0xffffffff)).toBe(false);
    expect(task.pending.shift()).toMatchObject({ addr: END });
    expect(load8(vm, mmu, END - 1)).toBe(0);
    expect(load32(vm, mmu, END - 2)).toBe(-1);
  });
});

describe('bytes in bulk', () => {
  it('go as far as they can', () => {
    const { task, vm, mmu } = machineWithArea();
    const bytes = Uint8Array.from({ length: 10_000 }, (_, i) => i * 7);
    expect(storeBytes(vm, mmu, AREA + 100, bytes)).toBe(10_000);
    const back = new Uint8Array(10_000);
    expect(loadBytes(vm, mmu, AREA + 100, back)).toBe(10_000);
    expect(back).toEqual(bytes);
    expect(storeBytes(vm, mmu, END - 10, bytes)).toBe(10);
    expect(task.pending.shift()).toMatchObject({ signo: SIGSEGV, addr: END });
    expect(loadBytes(vm, mmu, END - 10, back)).toBe(10);
    expect(back.subarray(0, 10)).toEqual(bytes.subarray(0, 10));
  });
});

describe('a content-free machine', () => {
  it('faults like any other, keeps nothing, reads zeroes', () => {
    const { task, vm, mmu, machine } = machineWithArea(RW, { contentFree: true });
    expect(store8(vm, mmu, AREA, 5)).toBe(true);
    expect(store32(vm, mmu, AREA + 4096, 5)).toBe(true);
    expect(storeBytes(vm, mmu, AREA + 8192, Uint8Array.of(1, 2, 3))).toBe(3);
    expect([load8(vm, mmu, AREA), load32(vm, mmu, AREA + 4096), load8(vm, mmu, AREA + 8192)]).toEqual([
      0, 0, 0,
    ]);
    expect(task.minFlt).toBe(3);
    expect(machine.pte(task, AREA)).toBe(0x067);
  });
});

describe('memory against a byte array', () => {
  const access = fc.record({
    kind: fc.constantFrom('store8', 'store32', 'storeBytes', 'load8', 'load32', 'loadBytes', 'fork'),
    offset: fc.nat(END - AREA - 1),
    value: fc.integer({ min: 0, max: 0xffffffff }),
    length: fc.nat(9000),
  });

  it('every load sees what was stored last, over forks too', () => {
    fc.assert(
      fc.property(fc.array(access, { maxLength: 40 }), (accesses) => {
        const { machine, vm, mmu } = machineWithArea();
        const shadow = new Uint8Array(END - AREA);
        const view = new DataView(shadow.buffer);
        let pid = 3;
        for (const { kind, offset, value, length } of accesses) {
          const addr = AREA + offset;
          const room = shadow.length - offset;
          if (kind === 'store8') {
            expect(store8(vm, mmu, addr, value)).toBe(true);
            shadow[offset] = value;
          } else if (kind === 'load8') {
            expect(load8(vm, mmu, addr)).toBe(shadow[offset]);
          } else if (kind === 'store32' && room >= 4) {
            expect(store32(vm, mmu, addr, value)).toBe(true);
            view.setUint32(offset, value, true);
          } else if (kind === 'load32' && room >= 4) {
            expect(load32(vm, mmu, addr)).toBe(view.getUint32(offset, true));
          } else if (kind === 'storeBytes') {
            const bytes = new Uint8Array(Math.min(length, room)).fill(value);
            expect(storeBytes(vm, mmu, addr, bytes)).toBe(bytes.length);
            shadow.set(bytes, offset);
          } else if (kind === 'loadBytes') {
            const bytes = new Uint8Array(Math.min(length, room));
            expect(loadBytes(vm, mmu, addr, bytes)).toBe(bytes.length);
            expect(bytes).toEqual(shadow.subarray(offset, offset + bytes.length));
          } else if (kind === 'fork' && machine.tasks.length < 4) {
            // The child goes on; its parent's memory must not change with it.
            machine.run(machine.fork(pid++));
          }
        }
        machine.check();
        const last = new Uint8Array(shadow.length);
        loadBytes(vm, mmu, AREA, last);
        expect(last).toEqual(shadow);
        for (const task of [...machine.tasks].reverse()) machine.exit(task);
        machine.expectNothingLeft();
      }),
      { numRuns: 60 },
    );
  });
});
