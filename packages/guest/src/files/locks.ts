/** Advisory locks of files: who has which. @linux 2.4.22 fs/locks.c */
import type { File, FileInode, OpenFile } from '@pagewalk/mm';
import type { Guest } from '../guest.ts';
import type { GuestTask } from '../task.ts';

/** The locks of flock, which belong to open files. */
interface WholeLock {
  exclusive: OpenFile | null;
  readonly shared: Set<OpenFile>;
}

/** A lock of fcntl: bytes of a file, which belong to a process. */
export interface RangeLock {
  /** Thread group. */
  readonly owner: number;
  readonly start: number;
  /** Behind the last byte; Infinity: to wherever the file ends. */
  readonly end: number;
  readonly exclusive: boolean;
}

/** All locks of a machine. */
export class FileLocks {
  private readonly guest: Guest;
  private readonly whole = new WeakMap<FileInode, WholeLock>();
  private readonly ranges = new WeakMap<FileInode, RangeLock[]>();
  private readonly watched = new WeakSet<OpenFile>();

  constructor(guest: Guest) {
    this.guest = guest;
  }

  /** Takes a file's lock, in place of what the open file has of it; false: somebody else's forbids it. */
  lock(file: OpenFile, exclusive: boolean): boolean {
    const lock = this.whole.get(file.inode) ?? { exclusive: null, shared: new Set<OpenFile>() };
    this.whole.set(file.inode, lock);
    const others = lock.exclusive !== null && lock.exclusive !== file;
    const readers = [...lock.shared].some((other) => other !== file);
    if (others || (exclusive && readers)) return false;
    this.unlock(file);
    if (exclusive) lock.exclusive = file;
    else lock.shared.add(file);
    this.watch(file);
    return true;
  }

  unlock(file: OpenFile): void {
    const lock = this.whole.get(file.inode);
    if (lock === undefined) return;
    if (lock.exclusive === file) lock.exclusive = null;
    lock.shared.delete(file);
  }

  /** The lock goes when the last descriptor of the open file is closed. */
  private watch(file: OpenFile): void {
    if (this.watched.has(file)) return;
    this.watched.add(file);
    const { onClose } = file;
    file.onClose = () => {
      this.unlock(file);
      onClose?.();
    };
  }

  /** A lock of another process that stands against one; null: none. */
  conflict(inode: FileInode, wanted: RangeLock): RangeLock | null {
    const against = ({ owner, start, end, exclusive }: RangeLock) =>
      owner !== wanted.owner && (exclusive || wanted.exclusive) && start < wanted.end && wanted.start < end;
    return this.living(inode).find(against) ?? null;
  }

  /** Gives a process a lock on bytes that nobody stands against, or takes it away: what it had of them goes. */
  setRange(inode: FileInode, wanted: RangeLock, unlock: boolean): void {
    const left: RangeLock[] = [];
    for (const lock of this.living(inode)) {
      if (lock.owner !== wanted.owner || lock.end <= wanted.start || wanted.end <= lock.start)
        left.push(lock);
      else {
        if (lock.start < wanted.start) left.push({ ...lock, end: wanted.start });
        if (lock.end > wanted.end) left.push({ ...lock, start: wanted.end });
      }
    }
    if (!unlock) left.push(wanted);
    this.ranges.set(inode, left);
  }

  /** Locks of processes that still have the file open. */
  private living(inode: FileInode): readonly RangeLock[] {
    const has = (task: GuestTask, owner: number) => {
      const { tgid, files } = task.process.task;
      return tgid === owner && files.some((file: File | null) => file?.inode === inode);
    };
    const locks = this.ranges.get(inode) ?? [];
    return locks.filter(({ owner }) => this.guest.tasks.some((task) => has(task, owner)));
  }
}
