import { fput, type OpenFile } from '../page-cache/open-file.ts';
import type { Addr } from '../types.ts';
import { SharedStruct } from './shared-struct.ts';

/** Permission bits that new files do not get at first. @linux INIT_FS */
const FIRST_UMASK = 0o022;

/** Where a task is in the tree of files. @linux struct fs_struct */
export class FsStruct extends SharedStruct {
  /** Permission bits that new files do not get. */
  umask = FIRST_UMASK;
  /** The working directory; null: the root. */
  pwd: OpenFile | null = null;

  /** Goes to another directory, whose reference is taken over. @linux set_fs_pwd() */
  setPwd(directory: OpenFile | null): void {
    const old = this.pwd;
    this.pwd = directory;
    if (old !== null) fput(old);
  }

  /** A copy for a task of its own. @param slabAddr its object in `fs_cache` */
  copy(slabAddr: Addr): FsStruct {
    const copy = new FsStruct();
    copy.slabAddr = slabAddr;
    copy.umask = this.umask;
    copy.pwd = this.pwd;
    if (copy.pwd !== null) copy.pwd.count++;
    return copy;
  }
}
