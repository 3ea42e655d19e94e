import { vmEnoughMemory } from '../address-space/overcommit.ts';
import type { Vm } from '../address-space/vm.ts';
import type { Vma } from '../address-space/vma.ts';
import type { FileSystem } from '../page-cache/file-system.ts';
import type { Addr, SysResult } from '../types.ts';
import { Shmem, type ShmemRules } from './shmem.ts';
import { type ShmctlBuffer, SysvShm } from './sysv-shm.ts';
import { sysvipcShmText } from './sysvipc-shm.ts';

/** What a machine's shared memory can be told. */
export interface ShmOptions {
  /** Default: 2.4.22's. */
  readonly rules?: ShmemRules;
  /** Pages of the tmpfs mount; default half of RAM. */
  readonly tmpfsPages?: number;
  /** Seconds since 1970 for attach and detach times; default: a clock that stands at 0. */
  currentTime?(): number;
}

const RULES_2_4_22: ShmemRules = { chargesIndexPages: true, nopageMarksAccessed: true };

/** Shared memory of one machine: tmpfs and nameless files below, System V segments above. */
export class Shm {
  readonly files: Shmem;
  readonly sysv: SysvShm;

  /** Mounts tmpfs into `fs`. */
  constructor(vm: Vm, fs: FileSystem, options: ShmOptions = {}) {
    this.files = new Shmem({
      cache: vm.pageCache,
      zeroPage: vm.zeroPage,
      rules: options.rules ?? RULES_2_4_22,
      tmpfsPages: options.tmpfsPages ?? vm.numPhyspages >>> 1,
      vmEnoughMemory: (pages) => vmEnoughMemory(vm, pages),
    });
    this.sysv = new SysvShm(vm, this.files, options.currentTime ?? (() => 0));
    fs.mountTmpfs(this.files);
  }

  /** See {@link Shmem.zeroSetup}. */
  zeroSetup(vma: Vma): number {
    return this.files.zeroSetup(vma);
  }

  /** See {@link Shmem.mmap}. */
  mmap(vma: Vma): number {
    return this.files.mmap(vma);
  }

  /** See {@link SysvShm.shmget}. */
  shmget(key: number, size: number, flags: number): SysResult {
    return this.sysv.shmget(key, size, flags);
  }

  /** See {@link SysvShm.shmat}. */
  shmat(id: number, addr: Addr, flags: number): SysResult {
    return this.sysv.shmat(id, addr, flags);
  }

  /** See {@link SysvShm.shmdt}. */
  shmdt(addr: Addr): SysResult {
    return this.sysv.shmdt(addr);
  }

  /** See {@link SysvShm.shmctl}. */
  shmctl(id: number, cmd: number, buffer?: ShmctlBuffer): SysResult {
    return this.sysv.shmctl(id, cmd, buffer);
  }

  /** The text of /proc/sysvipc/shm. */
  procText(): string {
    return sysvipcShmText(this.sysv);
  }
}
