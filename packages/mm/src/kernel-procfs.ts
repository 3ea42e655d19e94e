/** What is in /proc, as a file system for programs. The formats are in `proc/`. */
import { getUserPages } from './address-space/get-user-pages.ts';
import type { Task } from './address-space/task.ts';
import { VM } from './address-space/vma.ts';
import { Errno } from './errno.ts';
import { POWER_ON } from './hardware/clock.ts';
import type { Kernel } from './kernel.ts';
import { ConfigError } from './kernel-bug.ts';
import { pagingStat } from './kernel-proc.ts';
import { mountMade, unnamedDev } from './mounts.ts';
import type { DirectoryInode } from './page-cache/directory.ts';
import type { File } from './page-cache/inode.ts';
import { cpuinfoText } from './proc/cpuinfo.ts';
import { mapsText } from './proc/pid-maps.ts';
import { pidStatText, type TaskView } from './proc/pid-stat.ts';
import { statmText } from './proc/pid-statm.ts';
import { statusText } from './proc/pid-status.ts';
import { type ProcDirectory, type ProcFile, ProcFs, type ProcNode, procDirectory } from './proc/proc-fs.ts';
import {
  loadavgText,
  type MountLine,
  mountinfoText,
  mountsText,
  partitionsText,
  statText,
  uptimeText,
} from './proc/system.ts';
import { applySysctl, procSysFiles, procSysText } from './sysctl.ts';
import type { Pfn } from './types.ts';

/** What /proc is told by those who run the programs. */
export interface ProcView {
  /** What there is to say of a task besides its memory; null: it is a thread of the kernel. */
  task(task: Task): TaskView | null;
  /** What a link to an open file says that has no path, as `pipe:[4711]`; null: its path. */
  fileName(file: File): string | null;
}

/** Mounts /proc: 0, or -EBUSY, -ENOTDIR, -ENOENT. */
export function mountProc(kernel: Kernel, path: string, view: ProcView): number {
  const { vm, vfs } = kernel;
  const parts = { vm, vfs, dev: unnamedDev(kernel), mmu: () => kernel.mmu };
  const fs = new ProcFs(parts, new ProcTree(kernel, view).root);
  return mountMade(kernel, path, fs, { source: 'none', type: 'proc' });
}

/** @linux PROC_ROOT_INO, PROC_PID_INO, PROC_PID_FD_DIR */
const ROOT_INO = 1;
const FD_INO = 0x8000;
/** Files that are no task's. @linux PROC_DYNAMIC_FIRST */
const FIRST_INO = 4096;
const FILESYSTEMS = 'nodev\tproc\nnodev\ttmpfs\nnodev\tshm\nnodev\tramfs\nnodev\tdevfs\n\text2\n';

class ProcTree {
  readonly root: ProcDirectory;
  private readonly kernel: Kernel;
  private readonly view: ProcView;
  private readonly taskNodes = new WeakMap<Task, ProcDirectory>();
  private nextIno = FIRST_INO;

  constructor(kernel: Kernel, view: ProcView) {
    this.kernel = kernel;
    this.view = view;
    const fixed = procDirectory(ROOT_INO, this.machineFiles());
    this.root = {
      kind: 'directory',
      ino: ROOT_INO,
      names: () => [...fixed.names(), ...this.tasks().map(({ pid }) => String(pid))],
      find: (name) => (/^[1-9]\d*$/.test(name) ? this.taskNode(Number(name)) : fixed.find(name)),
    };
  }

  private file(read: () => string, write?: (text: string) => number): ProcFile {
    const ino = this.nextIno++;
    return write === undefined
      ? { kind: 'file', ino, read }
      : { kind: 'file', ino, mode: 0o644, read, write };
  }

  private machineFiles(): Record<string, ProcNode> {
    const { kernel } = this;
    const told = (name: string) => this.file(() => kernel.proc(name));
    return {
      cpuinfo: this.file(() => cpuinfoText(kernel.cpus.count)),
      filesystems: this.file(() => FILESYSTEMS),
      iomem: told('iomem'),
      loadavg: this.file(() => this.loadavg()),
      meminfo: told('meminfo'),
      mounts: this.file(() => mountsText(this.mountLines())),
      partitions: this.file(() => this.partitions()),
      self: { kind: 'link', ino: this.nextIno++, target: () => String(kernel.vm.current.tgid) },
      slabinfo: told('slabinfo'),
      stat: this.file(() => this.stat()),
      swaps: told('swaps'),
      sys: this.sysctls(),
      sysvipc: procDirectory(this.nextIno++, { shm: told('sysvipc/shm') }),
      uptime: this.file(() => uptimeText(kernel.clock.jiffies(), this.idleTicks()[0] ?? 0)),
      version: this.file(() => `Linux version ${kernel.release} (pagewalk) #1\n`),
    };
  }

  /** /proc/sys: what can be written changes the machine at once. */
  private sysctls(): ProcDirectory {
    const { kernel } = this;
    const folders = new Map<string, Record<string, ProcNode>>();
    for (const path of procSysFiles(kernel)) {
      const [folder, name] = path.split('/') as [string, string];
      const files = folders.get(folder) ?? {};
      folders.set(folder, files);
      files[name] = this.file(
        () => procSysText(kernel, path),
        (text) => writeSysctl(kernel, `${folder}.${name}`, text),
      );
    }
    const directories = [...folders].map(([folder, files]) => [folder, procDirectory(this.nextIno++, files)]);
    return procDirectory(this.nextIno++, Object.fromEntries(directories));
  }

  private loadavg(): string {
    const { kernel } = this;
    const tasks = this.tasks();
    const running = tasks.filter((task) => this.stateOf(task) === 'R').length;
    return loadavgText(running, tasks.length, kernel.lifecycle.lastPid);
  }

  private mountLines(): MountLine[] {
    return [...this.kernel.fs.mounts].map(({ path, source, type, readonly, fs }) => ({
      path,
      source: source ?? 'none',
      type: type ?? 'unknown',
      dev: fs.root.dev,
      readonly: readonly === true,
    }));
  }

  private partitions(): string {
    const { disks } = this.kernel.paging;
    return partitionsText(
      disks.map(({ dev, path, device }) => ({ dev, path, kib: Math.floor(device.sectors / 2) })),
    );
  }

  private idleTicks(): number[] {
    this.kernel.cpus.charge();
    return this.kernel.cpus.idle.map(({ cpuTicks }) => cpuTicks);
  }

  private stat(): string {
    const { kernel } = this;
    const idle = this.idleTicks();
    const ticks = kernel.clock.jiffies();
    const busy = idle.map((time) => Math.max(0, ticks - time));
    const told = { switches: kernel.cpus.switches, bootTime: POWER_ON, forks: kernel.lifecycle.lastPid };
    return statText({ busy, idle }, pagingStat(kernel), told);
  }

  // ---- tasks

  private tasks(): Task[] {
    return this.kernel.tasks.filter(({ pid, dead }) => pid > 0 && !dead).sort((a, b) => a.pid - b.pid);
  }

  private stateOf(task: Task): string {
    return this.view.task(task)?.state ?? (task === this.kernel.vm.current ? 'R' : 'S');
  }

  private taskNode(pid: number): ProcDirectory | null {
    const task = this.tasks().find((each) => each.pid === pid);
    if (task === undefined) return null;
    const known = this.taskNodes.get(task);
    if (known !== undefined) return known;
    const made = procDirectory((pid << 16) | 2, this.taskFiles(task));
    this.taskNodes.set(task, made);
    return made;
  }

  /** What is known of a task; a thread of the kernel sleeps. */
  private viewOf(task: Task): TaskView {
    const none: readonly [number, number] = [0, 0];
    return (
      this.view.task(task) ?? {
        state: this.stateOf(task),
        ppid: task.parent?.pid ?? 0,
        group: 0,
        session: 0,
        tty: 0,
        ttyGroup: -1,
        pending: none,
        blocked: none,
        ignored: none,
        caught: none,
        eip: 0,
        esp: 0,
        ticks: task.cpuTicks,
        childTicks: 0,
      }
    );
  }

  private taskFiles(task: Task): Record<string, ProcNode> {
    const { kernel } = this;
    let ino = (task.pid << 16) | 2;
    const file = (read: () => string | Uint8Array | number): ProcFile => ({ kind: 'file', ino: ++ino, read });
    const link = (target: () => string | number): ProcNode => ({ kind: 'link', ino: ++ino, target });
    const { procRules, vm } = kernel;
    return {
      cmdline: file(() => this.strings(task, 'argStart', 'argEnd')),
      comm: file(() => `${task.comm}\n`),
      cwd: link(() => this.cwd(task)),
      environ: file(() => this.strings(task, 'envStart', 'envEnd')),
      exe: link(() => exePath(task)),
      fd: this.descriptors(task),
      maps: file(() => mapsText(task)),
      mountinfo: file(() => mountinfoText(this.mountLines())),
      mounts: file(() => mountsText(this.mountLines())),
      root: link(() => '/'),
      stat: file(() => pidStatText(task, this.viewOf(task))),
      statm: file(() => statmText(vm, task, procRules.statmCountsReserved)),
      status: file(() => statusText(task, false, procRules.statusShowsTgid, this.viewOf(task))),
    };
  }

  private cwd(task: Task): string | number {
    if (task.mm === null) return -Errno.ENOENT;
    const { pwd } = task.fsStruct;
    if (pwd === null) return '/';
    return this.kernel.fs.namei.pathOf(pwd.inode as DirectoryInode) ?? `${pwd.path} (deleted)`;
  }

  /** /proc/PID/fd: a link for every descriptor. */
  private descriptors(task: Task): ProcDirectory {
    const links = new WeakMap<File, Map<number, ProcNode>>();
    const find = (name: string): ProcNode | null => {
      const fd = /^\d+$/.test(name) ? Number(name) : -1;
      const file = task.files[fd] ?? null;
      if (file === null) return null;
      const known = links.get(file) ?? new Map<number, ProcNode>();
      links.set(file, known);
      const node = known.get(fd) ?? {
        kind: 'link',
        ino: (task.pid << 16) + FD_INO + fd,
        target: () => this.view.fileName(file) ?? `${file.path}${file.inode.nlink === 0 ? ' (deleted)' : ''}`,
      };
      known.set(fd, node);
      return node;
    };
    const names = () => [...task.files.keys()].filter((fd) => task.files[fd]).map(String);
    return { kind: 'directory', ino: (task.pid << 16) + FD_INO - 1, mode: 0o500, names, find };
  }

  /** Bytes of a task's memory from one of its marks to another, at most a page; what is not there is left out. @linux access_process_vm() */
  private strings(task: Task, from: 'argStart' | 'envStart', to: 'argEnd' | 'envEnd'): Uint8Array {
    const { mm } = task;
    if (mm === null || this.kernel.memory.contentFree) return new Uint8Array(0);
    const bytes = new Uint8Array(Math.min(mm[to] - mm[from], PAGE_SIZE));
    const { vm } = this.kernel;
    for (let done = 0; done < bytes.length; ) {
      const addr = mm[from] + done;
      const count = Math.min(PAGE_SIZE - (addr % PAGE_SIZE), bytes.length - done);
      const page = addr - (addr % PAGE_SIZE);
      const pages: Pfn[] = [];
      if (getUserPages(vm, task, mm, page, 1, false, true, pages) !== 1) return bytes.subarray(0, done);
      const pfn = pages[0] as Pfn;
      const start = vm.memory.base(pfn) * 4 + (addr % PAGE_SIZE);
      bytes.set(vm.memory.bytes.subarray(start, start + count), done);
      vm.allocator.putPage(pfn);
      done += count;
    }
    return bytes;
  }
}

const PAGE_SIZE = 4096;

/** A value that is refused is -EINVAL. */
function writeSysctl(kernel: Kernel, key: string, text: string): number {
  try {
    applySysctl(kernel, key, text);
    return 0;
  } catch (error) {
    if (error instanceof ConfigError) return -Errno.EINVAL;
    throw error;
  }
}

/** The program that a task runs; -ENOENT: none. @linux 2.4.22 fs/proc/base.c proc_exe_link() */
export function exePath(task: Task): string | number {
  for (let vma = task.mm?.mmap ?? null; vma !== null; vma = vma.vmNext) {
    if ((vma.vmFlags & VM.executable) === 0 || vma.vmFile === null) continue;
    return `${vma.vmFile.path}${vma.vmFile.inode.nlink === 0 ? ' (deleted)' : ''}`;
  }
  return -Errno.ENOENT;
}
