/**
 * Identifiers of System V IPC.
 *
 * ```
 *   id = sequence number * 32768 + slot      slot: the lowest free one of the table
 * ```
 * The sequence number counts creations of the whole table, so that an old id of a reused slot is recognised (-EIDRM).
 *
 * @linux 2.4.22 ipc/util.c
 */
import { CAP, type Task } from '../address-space/task.ts';
import type { Addr } from '../types.ts';

/** Slots that a table can have. @linux IPCMNI, SEQ_MULTIPLIER */
export const IPCMNI = 32768;
const SEQ_MAX = 65535;
/** @linux CAP_IPC_OWNER */
const CAP_IPC_OWNER = 15;
export const IPC_PRIVATE = 0;

/** Owner, creator and mode of an IPC object. @linux struct kern_ipc_perm */
export interface IpcPerm {
  key: number;
  uid: number;
  gid: number;
  cuid: number;
  cgid: number;
  mode: number;
  seq: number;
}

/** Where a table of identifiers lies: kmalloced up to a page, then vmalloced. @linux ipc_alloc(), ipc_free() */
export interface IpcMemory {
  alloc(bytes: number): Addr;
  free(addr: Addr, bytes: number): void;
}
/** sizeof(struct ipc_id): a pointer. */
const IPC_ID_BYTES = 4;

/** A table of IPC objects. @linux struct ipc_ids */
export class IpcIds<T extends { readonly perm: IpcPerm }> {
  /** Highest used slot, -1 = none. */
  maxId = -1;
  inUse = 0;
  private seq = 0;
  private readonly entries: (T | undefined)[] = [];
  private readonly memory: IpcMemory;
  // The table, and its slots: 0 when there was no memory for it at boot.
  private table: Addr;
  private size: number;

  /** @param size slots at first. @linux 2.4.22 ipc/util.c ipc_init_ids() */
  constructor(size: number, memory: IpcMemory) {
    this.memory = memory;
    this.table = memory.alloc(size * IPC_ID_BYTES);
    this.size = this.table === 0 ? 0 : size;
  }

  /** Kernel address and bytes of the table. */
  get tableAddress(): { readonly addr: Addr; readonly bytes: number } {
    return { addr: this.table, bytes: this.size * IPC_ID_BYTES };
  }

  /** Makes the table larger, if there is memory: its size then. It never shrinks. @linux 2.4.22 ipc/util.c grow_ary() */
  private growAry(wanted: number): number {
    const size = Math.min(wanted, IPCMNI);
    if (size <= this.size) return size;
    const table = this.memory.alloc(size * IPC_ID_BYTES);
    if (table === 0) return this.size;
    const old = this.table;
    this.table = table;
    if (old !== 0) this.memory.free(old, this.size * IPC_ID_BYTES);
    this.size = size;
    return size;
  }

  /** The object in an id's slot, whatever the id's sequence number. @linux ipc_lock() */
  get(id: number): T | undefined {
    return this.entries[id % IPCMNI];
  }

  /** Whether an id is not the object's current one: it names one that was removed. @linux ipc_checkid() */
  isStale(object: T, id: number): boolean {
    return Math.floor(id / IPCMNI) !== object.perm.seq;
  }

  /** @linux ipc_buildid() */
  buildId(slot: number, seq: number): number {
    return seq * IPCMNI + slot;
  }

  /** Slot of the object with this key, -1 = none. @linux ipc_findkey() */
  findKey(key: number): number {
    for (let slot = 0; slot <= this.maxId; slot++) if (this.entries[slot]?.perm.key === key) return slot;
    return -1;
  }

  /**
   * Gives a new object a slot, the running task as owner and a sequence number. -1 when the table is full and cannot grow.
   * @param limit slots that the table may have
   * @linux ipc_addid()
   */
  add(object: T, limit: number, owner: Task): number {
    const slots = this.growAry(limit);
    let slot = 0;
    while (slot < slots && this.entries[slot] !== undefined) slot++;
    if (slot >= slots) return -1;
    this.inUse++;
    if (slot > this.maxId) this.maxId = slot;
    const perm = object.perm;
    perm.uid = perm.cuid = owner.uid;
    perm.gid = perm.cgid = owner.gid;
    perm.seq = this.seq++;
    if (this.seq > SEQ_MAX) this.seq = 0;
    this.entries[slot] = object;
    return slot;
  }

  /** Empties an id's slot. @linux ipc_rmid() */
  remove(id: number): void {
    const slot = id % IPCMNI;
    this.entries[slot] = undefined;
    this.inUse--;
    if (slot === this.maxId) {
      while (this.maxId >= 0 && this.entries[this.maxId] === undefined) this.maxId--;
    }
  }
}

/** Whether `task` may access an object in all the ways that `flag` (mode bits) asks for. @linux ipcperms() with the result reversed */
export function ipcPermitted(perm: IpcPerm, flag: number, task: Task): boolean {
  const requested = (flag >> 6) | (flag >> 3) | flag;
  let granted = perm.mode;
  if (task.uid === perm.cuid || task.uid === perm.uid) granted >>= 6;
  else if (task.gid === perm.cgid || task.gid === perm.gid) granted >>= 3;
  return (requested & ~granted & 7) === 0 || task.capable(CAP_IPC_OWNER);
}

/** Whether `task` may change or remove an object. */
export function ipcOwned(perm: IpcPerm, task: Task): boolean {
  return task.uid === perm.uid || task.uid === perm.cuid || task.capable(CAP.sysAdmin);
}
