import { describe, expect, it } from 'vitest';
import { load8, storeBytes } from '../../src/address-space/access.ts';
import {
  accessOk,
  clearUser,
  copyFromUser,
  copyToUser,
  getUser,
  KERNEL_DS,
  putUser,
  strncpyFromUser,
  strnlenUser,
  userValue,
  verifyArea,
} from '../../src/address-space/uaccess.ts';
import { Errno } from '../../src/errno.ts';
import { FaultMachine } from '../address-space/fault-machine.ts';

const AREA = 0x40000000;
/** First unmapped page. */
const P = 0x40004000;
const EFAULT = -Errno.EFAULT;

function machine(flags = 0x73) {
  const rig = new FaultMachine();
  const task = rig.spawn(2);
  rig.area(AREA, P, flags);
  return { rig, task, vm: rig.vm, mmu: rig.mmu };
}

const ones = (n: number) => new Uint8Array(n).fill(0x11);

describe('sheet 2 B18: access_ok', () => {
  it.each([
    [0, 0, true],
    [0xbffffffc, 4, true],
    [0xbffffffc, 5, false],
    [0xc0000000, 0, true],
    [0xc0000001, 0, false],
    [0x10, 0xfffffff0, false],
    [0, 0xc0000000, true],
  ])('%i + %i: %s', (addr, size, ok) => {
    expect(accessOk(addr, size)).toBe(ok);
    expect(verifyArea(addr, size)).toBe(ok ? 0 : EFAULT);
  });

  it("lets the kernel's own pointers through under KERNEL_DS", () => {
    expect(accessOk(0xc0400000, 4096, KERNEL_DS)).toBe(true);
    expect(accessOk(0xfffffff0, 0x20, KERNEL_DS)).toBe(false);
  });
});

describe('sheet 2 B18: copy_to_user', () => {
  it.each([
    [P - 6, 16, 12],
    [P - 8, 16, 8],
    [P - 3, 3, 0],
    [P - 1, 3, 2],
    // Only whole dwords before a fault in the dword phase, single bytes in the byte phase.
    [P - 5, 8, 4],
    [P - 6, 7, 1],
    [P - 7, 10, 6],
    [P, 5, 5],
    [P - 16, 16, 0],
    [P - 4097, 4099, 2],
  ])('%i, %i bytes: %i not copied', (addr, n, missing) => {
    const { vm, mmu, task } = machine();
    expect(copyToUser(vm, mmu, addr, ones(n))).toBe(missing);
    // What was copied is there, what was not is untouched; and no signal was sent.
    for (let i = 0; addr + i < P && i < n; i++) {
      expect(load8(vm, mmu, addr + i)).toBe(i < n - missing ? 0x11 : 0);
    }
    expect(task.pending).toEqual([]);
  });

  it('refuses what reaches over the limit without touching anything', () => {
    const { vm, mmu, task } = machine();
    expect(copyToUser(vm, mmu, 0xbffffffc, ones(8))).toBe(8);
    expect(task.minFlt).toBe(0);
    expect(copyToUser(vm, mmu, 0xbffffffc, ones(4))).toBe(0);
    expect(load8(vm, mmu, 0xbfffffff)).toBe(0x11);
  });

  it('copies nothing to a read-only area', () => {
    const { vm, mmu, task } = machine(0x71);
    expect(copyToUser(vm, mmu, AREA, ones(10))).toBe(10);
    expect(task.pending).toEqual([]);
  });

  it('faults pages in, breaks copy on write, and grows the stack far below the stack pointer', () => {
    const { rig, vm, mmu, task } = machine();
    storeBytes(vm, mmu, AREA, Uint8Array.of(1, 2, 3, 4));
    const child = rig.fork(3);
    expect(copyToUser(vm, mmu, AREA, ones(2))).toBe(0);
    expect([load8(vm, mmu, AREA), load8(vm, mmu, AREA + 2)]).toEqual([0x11, 3]);
    expect(copyToUser(vm, mmu, 0xbff00000, ones(4))).toBe(0);
    rig.run(child);
    expect(load8(vm, mmu, AREA)).toBe(1);
    rig.exit(child);
    rig.exit(task);
    rig.expectNothingLeft();
  });

  it('goes on across pages at any alignment', () => {
    const bytes = Uint8Array.from({ length: 9001 }, (_, i) => i * 3);
    for (let shift = 0; shift < 8; shift++) {
      const { vm, mmu } = machine();
      expect(copyToUser(vm, mmu, AREA + shift, bytes)).toBe(0);
      const back = new Uint8Array(9001);
      expect(copyFromUser(vm, mmu, back, AREA + shift)).toBe(0);
      expect(back).toEqual(bytes);
    }
  });
});

describe('sheet 2 B18: copy_from_user', () => {
  it.each([
    [P - 6, 16, 12],
    [P - 1, 3, 2],
    [0xbffffffc, 8, 8],
  ])('%i, %i bytes: %i not copied, and those are zeroed', (addr, n, missing) => {
    const { vm, mmu } = machine();
    storeBytes(vm, mmu, P - 16, ones(16));
    const into = new Uint8Array(n).fill(0x77);
    expect(copyFromUser(vm, mmu, into, addr)).toBe(missing);
    expect([...into]).toEqual(Array.from({ length: n }, (_, i) => (i < n - missing ? 0x11 : 0)));
  });
});

describe('sheet 2 B18: clear_user', () => {
  it('says how many bytes were not cleared', () => {
    const { vm, mmu } = machine();
    storeBytes(vm, mmu, P - 16, ones(16));
    expect(clearUser(vm, mmu, P - 6, 16)).toBe(12);
    expect([
      load8(vm, mmu, P - 7),
      load8(vm, mmu, P - 6),
      load8(vm, mmu, P - 3),
      load8(vm, mmu, P - 2),
    ]).toEqual([0x11, 0, 0, 0x11]);
    expect(clearUser(vm, mmu, 0xbffffffc, 8)).toBe(8);
    expect(clearUser(vm, mmu, AREA, 4096)).toBe(0);
  });
});

describe('sheet 2 B18: strings', () => {
  function withString(addr: number, text: string) {
    const rig = machine();
    storeBytes(rig.vm, rig.mmu, addr, new TextEncoder().encode(text));
    return rig;
  }

  it.each([
    [3, 3],
    [4, 3],
    [10, 3],
    [2, 2],
    [0, 0],
  ])('strncpy_from_user "abc", count %i: %i', (count, result) => {
    const { vm, mmu } = withString(AREA, 'abc\0');
    const into = new Uint8Array(count);
    expect(strncpyFromUser(vm, mmu, into, AREA)).toBe(result);
    expect([...into.subarray(0, result)]).toEqual([97, 98, 99].slice(0, result));
  });

  it('strncpy_from_user fails on a fault, and checks only the first byte against the limit', () => {
    const { vm, mmu } = withString(P - 2, 'ab');
    expect(strncpyFromUser(vm, mmu, new Uint8Array(3), P - 2)).toBe(EFAULT);
    expect(strncpyFromUser(vm, mmu, new Uint8Array(2), P - 2)).toBe(2);
    expect(strncpyFromUser(vm, mmu, new Uint8Array(2), 0xc0000000)).toBe(EFAULT);
    storeBytes(vm, mmu, 0xbffffffe, Uint8Array.of(97, 0));
    expect(strncpyFromUser(vm, mmu, new Uint8Array(100), 0xbffffffe)).toBe(1);
  });

  it.each([
    [3, 4],
    [4, 4],
    [10, 4],
    [2, 3],
    [0, 1],
  ])('strnlen_user "abc", n %i: %i', (n, result) => {
    const { vm, mmu } = withString(AREA, 'abc\0');
    expect(strnlenUser(vm, mmu, AREA, n)).toBe(result);
  });

  it('strnlen_user is 0 on a fault and on a bad pointer', () => {
    const { vm, mmu } = withString(P - 2, 'ab');
    expect(strnlenUser(vm, mmu, P - 2, 10)).toBe(0);
    expect(strnlenUser(vm, mmu, 0xc0000000, 10)).toBe(0);
    expect(strnlenUser(vm, mmu, 0xc0000000, 0)).toBe(0);
  });
});

describe('sheet 2 B18: get_user and put_user', () => {
  it.each([1, 2, 4] as const)('%i bytes', (size) => {
    const { vm, mmu } = machine();
    const value = 0x9abcdef0 & (2 ** (size * 8) - 1);
    for (const addr of [AREA, AREA + 0xfff, AREA + 0xffd]) {
      expect(putUser(vm, mmu, addr, size, 0x9abcdef0)).toBe(0);
      expect(getUser(vm, mmu, addr, size)).toBe(0);
      expect(userValue[0]).toBe(value >>> 0);
    }
  });

  it('fail without a trace', () => {
    const { vm, mmu } = machine();
    userValue[0] = 1;
    expect(getUser(vm, mmu, P, 4)).toBe(EFAULT);
    expect(userValue[0]).toBe(0);
    expect(putUser(vm, mmu, P - 2, 4, 0xffffffff)).toBe(EFAULT);
    expect([load8(vm, mmu, P - 2), load8(vm, mmu, P - 1)]).toEqual([0, 0]);
  });

  it('differ at the limit: get_user wants its last byte below it', () => {
    const { vm, mmu } = machine();
    expect(getUser(vm, mmu, 0xbffffffc, 4)).toBe(0);
    expect(getUser(vm, mmu, 0xbffffffd, 4)).toBe(EFAULT);
    expect(getUser(vm, mmu, 0xfffffffe, 4, KERNEL_DS)).toBe(EFAULT);
    expect(putUser(vm, mmu, 0xbffffffc, 4, 1)).toBe(0);
    expect(putUser(vm, mmu, 0xbffffffd, 4, 1)).toBe(EFAULT);
  });
});
