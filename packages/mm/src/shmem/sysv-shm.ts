import { findVmaIntersection } from '../address-space/find-vma.ts';
import type { MmStruct } from '../address-space/mm-struct.ts';
import { MAP, PROT } from '../address-space/mman.ts';
import { doMmap } from '../address-space/mmap.ts';
import { doMunmap } from '../address-space/munmap.ts';
import { CAP } from '../address-space/task.ts';
import type { Vm } from '../address-space/vm.ts';
import type { Vma, VmOperations } from '../address-space/vma.ts';
import { Errno } from '../errno.ts';
import { KernelBug } from '../kernel-bug.ts';
import { GFP_KERNEL, GFP_USER } from '../page-allocator/gfp.ts';
import { fput, type OpenFile } from '../page-cache/open-file.ts';
import type { Addr, SysResult } from '../types.ts';
import { IPC_PRIVATE, IpcIds, type IpcPerm, ipcOwned, ipcPermitted } from './ipc-ids.ts';
import type { Shmem } from './shmem.ts';
import type { ShmemInode } from './shmem-inode.ts';
import { SHM_CLOSE, SHM_DESTROY, SHM_NEWSEG, SHM_OPEN } from './tracepoints.ts';

/** Flags of shmget, beside the mode bits. */
export const IPC = { creat: 0o1000, excl: 0o2000 } as const;
/** Flags of shmat. */
export const SHM = { rdonly: 0o10000, rnd: 0o20000, remap: 0o40000 } as const;
/** Bits of a segment's mode beside the permissions. */
export const SHM_MODE = { dest: 0o1000, locked: 0o2000 } as const;
/** Commands of shmctl. */
export const SHMCTL = {
  rmid: 0,
  set: 1,
  stat: 2,
  ipcInfo: 3,
  lock: 11,
  unlock: 12,
  shmStat: 13,
  shmInfo: 14,
} as const;
/** The new structures' mark on a command. @linux IPC_64 */
const IPC_64 = 0x100;
const SHMMIN = 1;
/** sizeof(struct shmid_kernel) */
const SHMID_KERNEL_BYTES = 64;

/** What differs between releases in the calls. */
export interface SysvShmRules {
  /** 2.4.0: shmat at an address unmaps what is there, however near the stack. */
  readonly attachReplaces: boolean;
  /** 2.4.0: shmat looks only at the slot of an id: a stale one attaches the segment that has the slot now. */
  readonly attachIgnoresSequence: boolean;
  /** Result of shmdt when nothing was attached at the address: -EINVAL, in 2.4.0 0. */
  readonly detachOfNothing: number;
  /** 2.4.0: IPC_RMID asks for no permission. */
  readonly anyoneRemoves: boolean;
}

/** A segment. @linux struct shmid_kernel */
export interface ShmSegment {
  readonly perm: IpcPerm;
  /** Kernel address of its struct, which is kmalloced. */
  readonly slabAddr: Addr;
  id: number;
  readonly file: OpenFile;
  /** Bytes. */
  readonly segsz: number;
  nattch: number;
  /** Seconds: last attach, detach, change. */
  atime: number;
  dtime: number;
  ctime: number;
  readonly cpid: number;
  lpid: number;
}

/** The structure that a shmctl call's pointer points to; absent = a bad pointer, -EFAULT. */
export interface ShmctlBuffer {
  /** In for IPC_SET. */
  set?: { readonly uid: number; readonly gid: number; readonly mode: number };
  /** Out of IPC_STAT and SHM_STAT: a copy. @linux struct shmid_ds */
  stat?: ShmidDs;
  /** Out of IPC_INFO. @linux struct shminfo */
  limits?: { shmmax: number; shmmin: number; shmmni: number; shmseg: number; shmall: number };
  /** Out of SHM_INFO: segments, and their pages in total, in memory, in swap. @linux struct shm_info */
  info?: { usedIds: number; shmTot: number; shmRss: number; shmSwp: number };
}

/** What IPC_STAT tells of a segment. */
export type ShmidDs = Omit<ShmSegment, 'file' | 'id' | 'slabAddr'>;

/**
 * System V shared memory. A segment is a nameless file of shared memory with an id; its areas are mappings of it that
 * count themselves.
 *
 * Reentrancy: an area's open and close run inside fork, munmap, exec and exit; close may destroy the segment, whose pages
 * go with the last area's file reference.
 *
 * @linux 2.4.22 ipc/shm.c
 */
export class SysvShm {
  /** `kernel.shmmax` (bytes), `kernel.shmall` (pages), `kernel.shmmni` (segments); settable. */
  shmmax = 0x2000000;
  shmall = 2097152;
  shmmni = 4096;
  /** Pages of all segments. @linux shm_tot */
  total = 0;
  readonly ids: IpcIds<ShmSegment>;
  /** What areas of segments do. @linux shm_vm_ops */
  readonly vmOps: VmOperations;
  private readonly vm: Vm;
  private readonly shmem: Shmem;
  private readonly currentTime: () => number;
  private readonly rules: SysvShmRules;

  /** @param currentTime seconds since 1970, as the virtual clock has it */
  constructor(vm: Vm, shmem: Shmem, currentTime: () => number, rules: SysvShmRules) {
    this.vm = vm;
    this.shmem = shmem;
    this.rules = rules;
    this.currentTime = currentTime;
    this.ids = new IpcIds(1, {
      alloc: (bytes) => (bytes > 4096 ? vm.ports.vmalloc(bytes) : vm.slab.kmalloc(bytes, GFP_KERNEL)),
      free: (addr, bytes) => (bytes > 4096 ? vm.ports.vfree(addr) : vm.slab.kfree(addr)),
    });
    this.vmOps = {
      name: 'shm_vm_ops',
      open: (vma) => this.opened(idOf(vma)),
      close: (vma) => this.closed(idOf(vma)),
      nopage: (vma, address) => shmem.nopage(vma, address),
    };
  }

  /**
   * Finds or makes a segment.
   * @returns its id, or -ENOENT, -EEXIST, -EINVAL (size), -EACCES, -ENOSPC, -ENOMEM
   * @linux 2.4.22 ipc/shm.c sys_shmget()
   */
  shmget(key: number, size: number, flags: number): SysResult {
    key |= 0;
    size >>>= 0;
    if (key === IPC_PRIVATE) return this.newSegment(key, flags, size);
    const slot = this.ids.findKey(key);
    if (slot === -1) return (flags & IPC.creat) !== 0 ? this.newSegment(key, flags, size) : -Errno.ENOENT;
    if ((flags & IPC.creat) !== 0 && (flags & IPC.excl) !== 0) return -Errno.EEXIST;
    const segment = this.ids.get(slot) as ShmSegment;
    if (segment.segsz < size) return -Errno.EINVAL;
    if (!ipcPermitted(segment.perm, flags, this.vm.current)) return -Errno.EACCES;
    return segment.id;
  }

  /** @linux 2.4.22 ipc/shm.c newseg() */
  private newSegment(key: number, flags: number, size: number): SysResult {
    const pages = Math.ceil(size / 4096);
    if (size < SHMMIN || size > this.shmmax) return -Errno.EINVAL;
    if (this.total + pages >= this.shmall) return -Errno.ENOSPC;
    const slabAddr = this.vm.slab.kmalloc(SHMID_KERNEL_BYTES, GFP_USER);
    if (slabAddr === 0) return -Errno.ENOMEM;
    const file = this.shmem.fileSetup(`SYSV${(key >>> 0).toString(16).padStart(8, '0')}`, size);
    if (typeof file === 'number') {
      this.vm.slab.kfree(slabAddr);
      return file;
    }
    const segment: ShmSegment = {
      slabAddr,
      perm: { key, uid: 0, gid: 0, cuid: 0, cgid: 0, mode: flags & 0o777, seq: 0 },
      id: 0,
      file,
      segsz: size,
      nattch: 0,
      atime: 0,
      dtime: 0,
      ctime: this.currentTime(),
      cpid: this.vm.current.pid,
      lpid: 0,
    };
    const slot = this.ids.add(segment, this.shmmni + 1, this.vm.current);
    if (slot === -1) {
      fput(file);
      this.vm.slab.kfree(slabAddr);
      return -Errno.ENOSPC;
    }
    segment.id = this.ids.buildId(slot, segment.perm.seq);
    const inode = file.inode as ShmemInode;
    inode.ino = segment.id;
    inode.onMmap = (vma) => this.mmapSegment(vma);
    this.total += pages;
    if (this.vm.trace.on) this.vm.trace.emit(SHM_NEWSEG, segment.id, key, size);
    return segment.id;
  }

  /**
   * Attaches a segment at `addr`, or where there is room (0).
   * @returns the address, or -EINVAL, -EIDRM, -EACCES, or what mmap says
   * @linux 2.4.22 ipc/shm.c sys_shmat()
   */
  shmat(id: number, addr: Addr, flags: number): SysResult {
    if (id < 0) return -Errno.EINVAL;
    const fixed = addr !== 0;
    if (fixed && (addr & 4095) !== 0) {
      if ((flags & SHM.rnd) === 0) return -Errno.EINVAL;
      addr = (addr & ~4095) >>> 0;
    }
    if (!fixed && (flags & SHM.remap) !== 0 && !this.rules.attachReplaces) return -Errno.EINVAL;
    const readOnly = (flags & SHM.rdonly) !== 0;
    const found = this.rules.attachIgnoresSequence ? (this.ids.get(id) ?? -Errno.EINVAL) : this.find(id);
    if (typeof found === 'number') return found;
    if (!ipcPermitted(found.perm, readOnly ? 0o444 : 0o666, this.vm.current)) return -Errno.EACCES;
    const size = found.file.inode.size;
    // Counted meanwhile, so that a detach inside the mmap cannot destroy it.
    found.nattch++;
    const result = this.isFree(addr, size, flags)
      ? doMmap(
          this.vm,
          found.file,
          addr,
          size,
          readOnly ? PROT.read : PROT.read | PROT.write,
          fixed ? MAP.shared | MAP.fixed : MAP.shared,
          0,
        )
      : -Errno.EINVAL;
    found.nattch--;
    this.destroyIfUnused(found);
    return result;
  }

  /** Whether shmat may use a place: nothing is there, and the stack keeps five pages to grow. */
  private isFree(addr: Addr, size: number, flags: number): boolean {
    if (addr === 0 || (flags & SHM.remap) !== 0 || this.rules.attachReplaces) return true;
    const mm = this.vm.current.mm as MmStruct;
    if (findVmaIntersection(mm, addr, (addr + size) >>> 0) !== null) return false;
    return !(addr < mm.startStack && addr > (mm.startStack - size - 5 * 4096) >>> 0);
  }

  /**
   * Detaches the segment whose first page is (or would be) at `addr`: all its areas, also after a split.
   * 0, or -EINVAL (2.4.0: 0) when there is none.
   * @linux 2.4.22 ipc/shm.c sys_shmdt()
   */
  shmdt(addr: Addr): SysResult {
    const mm = this.vm.current.mm as MmStruct;
    let result = this.rules.detachOfNothing;
    for (let vma = mm.mmap; vma !== null; ) {
      const next: Vma | null = vma.vmNext;
      if (vma.vmOps === this.vmOps && (vma.vmStart - vma.vmPgoff * 4096) >>> 0 === addr) {
        doMunmap(this.vm, mm, vma.vmStart, vma.vmEnd - vma.vmStart);
        result = 0;
      }
      vma = next;
    }
    return result;
  }

  /**
   * Controls a segment.
   * @param cmd one of {@link SHMCTL}
   * @returns 0, an index or id (the INFO and SHM_STAT commands), or -EINVAL, -EIDRM, -EACCES, -EPERM, -EFAULT
   * @linux 2.4.22 ipc/shm.c sys_shmctl()
   */
  shmctl(id: number, cmd: number, buffer?: ShmctlBuffer): SysResult {
    if (cmd < 0 || id < 0) return -Errno.EINVAL;
    cmd &= ~IPC_64;
    switch (cmd) {
      case SHMCTL.ipcInfo:
      case SHMCTL.shmInfo:
        return this.info(cmd, buffer);
      case SHMCTL.stat:
      case SHMCTL.shmStat:
        return this.stat(id, cmd, buffer);
      case SHMCTL.lock:
      case SHMCTL.unlock:
        return this.setLock(id, cmd === SHMCTL.lock);
      case SHMCTL.rmid:
        return this.markForRemoval(id);
      case SHMCTL.set:
        return this.setOwner(id, buffer);
      default:
        return -Errno.EINVAL;
    }
  }

  private info(cmd: number, buffer: ShmctlBuffer | undefined): SysResult {
    if (buffer === undefined) return -Errno.EFAULT;
    if (cmd === SHMCTL.ipcInfo) {
      const { shmmax, shmmni, shmall } = this;
      buffer.limits = { shmmax, shmmin: SHMMIN, shmmni, shmseg: shmmni, shmall };
    } else {
      let shmRss = 0;
      let shmSwp = 0;
      for (const { file } of this.segments()) {
        shmRss += file.inode.mapping.nrpages;
        shmSwp += (file.inode as ShmemInode).swapped;
      }
      buffer.info = { usedIds: this.ids.inUse, shmTot: this.total, shmRss, shmSwp };
    }
    return Math.max(this.ids.maxId, 0);
  }

  private stat(id: number, cmd: number, buffer: ShmctlBuffer | undefined): SysResult {
    const segment = this.ids.get(id);
    if (segment === undefined) return -Errno.EINVAL;
    if (cmd === SHMCTL.shmStat) {
      // SHM_STAT takes a slot, not an id.
      if (id > this.ids.maxId) return -Errno.EINVAL;
    } else if (this.ids.isStale(segment, id)) {
      return -Errno.EIDRM;
    }
    if (!ipcPermitted(segment.perm, 0o444, this.vm.current)) return -Errno.EACCES;
    if (buffer === undefined) return -Errno.EFAULT;
    const { perm, segsz, nattch, atime, dtime, ctime, cpid, lpid } = segment;
    buffer.stat = { perm: { ...perm }, segsz, nattch, atime, dtime, ctime, cpid, lpid };
    return cmd === SHMCTL.shmStat ? segment.id : 0;
  }

  private setLock(id: number, locked: boolean): SysResult {
    if (!this.vm.current.capable(CAP.ipcLock)) return -Errno.EPERM;
    const segment = this.find(id);
    if (typeof segment === 'number') return segment;
    this.shmem.lock(segment.file, locked);
    if (locked) segment.perm.mode |= SHM_MODE.locked;
    else segment.perm.mode &= ~SHM_MODE.locked;
    return 0;
  }

  private markForRemoval(id: number): SysResult {
    const segment = this.find(id);
    if (typeof segment === 'number') return segment;
    if (!this.rules.anyoneRemoves && !ipcOwned(segment.perm, this.vm.current)) return -Errno.EPERM;
    segment.perm.mode |= SHM_MODE.dest;
    segment.perm.key = IPC_PRIVATE;
    this.destroyIfUnused(segment);
    return 0;
  }

  private setOwner(id: number, buffer: ShmctlBuffer | undefined): SysResult {
    const set = buffer?.set;
    if (set === undefined) return -Errno.EFAULT;
    const segment = this.find(id);
    if (typeof segment === 'number') return segment;
    const perm = segment.perm;
    if (!ipcOwned(perm, this.vm.current)) return -Errno.EPERM;
    perm.uid = set.uid;
    perm.gid = set.gid;
    perm.mode = (perm.mode & ~0o777) | (set.mode & 0o777);
    segment.ctime = this.currentTime();
    return 0;
  }

  /** The segment of an id, -EINVAL for an empty slot, -EIDRM for a stale id. */
  private find(id: number): ShmSegment | number {
    const segment = this.ids.get(id);
    if (segment === undefined) return -Errno.EINVAL;
    return this.ids.isStale(segment, id) ? -Errno.EIDRM : segment;
  }

  /** All segments, by slot. */
  *segments(): Generator<ShmSegment> {
    for (let slot = 0; slot <= this.ids.maxId; slot++) {
      const segment = this.ids.get(slot);
      if (segment !== undefined) yield segment;
    }
  }

  // ---- what areas tell

  private mmapSegment(vma: Vma): number {
    vma.vmOps = this.vmOps;
    this.opened(idOf(vma));
    return 0;
  }

  /** @linux 2.4.22 ipc/shm.c shm_open(), shm_inc() */
  private opened(id: number): void {
    const segment = this.attached(id);
    segment.atime = this.currentTime();
    segment.lpid = this.vm.current.pid;
    segment.nattch++;
    if (this.vm.trace.on) this.vm.trace.emit(SHM_OPEN, id, segment.nattch);
  }

  /** @linux 2.4.22 ipc/shm.c shm_close() */
  private closed(id: number): void {
    const segment = this.attached(id);
    segment.lpid = this.vm.current.pid;
    segment.dtime = this.currentTime();
    segment.nattch--;
    if (this.vm.trace.on) this.vm.trace.emit(SHM_CLOSE, id, segment.nattch);
    this.destroyIfUnused(segment);
  }

  private attached(id: number): ShmSegment {
    const segment = this.ids.get(id);
    if (segment === undefined) throw new KernelBug(`shm: an area maps segment ${id}, which does not exist`);
    return segment;
  }

  /** @linux 2.4.22 ipc/shm.c shm_destroy() */
  private destroyIfUnused(segment: ShmSegment): void {
    if (segment.nattch !== 0 || (segment.perm.mode & SHM_MODE.dest) === 0) return;
    this.total -= Math.ceil(segment.segsz / 4096);
    this.ids.remove(segment.id);
    this.shmem.lock(segment.file, false);
    if (this.vm.trace.on) this.vm.trace.emit(SHM_DESTROY, segment.id);
    fput(segment.file);
    this.vm.slab.kfree(segment.slabAddr);
  }
}

/** The id of an area's segment: its file's inode number. */
function idOf(vma: Vma): number {
  return (vma.vmFile as { inode: { ino: number } }).inode.ino;
}
