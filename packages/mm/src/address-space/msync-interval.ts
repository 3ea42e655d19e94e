/** What msync does with a part of one area: the releases differ in when they write. */
import { Errno } from '../errno.ts';
import type { File } from '../page-cache/inode.ts';
import { FileInode } from '../page-cache/open-file.ts';
import { filemapFdatasync, filemapFdatawait } from '../page-cache/write-back.ts';
import type { AreaVisitor } from './area-range.ts';
import { filemapSync } from './filemap-sync.ts';
import { MS } from './mman.ts';
import { VM } from './vma.ts';

/** How msync of a release behaves. */
export interface MsyncRules {
  /** MS_ASYNC together with MS_SYNC is no error. */
  readonly acceptsBothWays: boolean;
  /** -errno of a gap. */
  readonly hole: number;
  readonly interval: AreaVisitor<number>;
}

/**
 * Writes back what was changed through a part of one area. Only areas that share a file have anything to write; then the
 * whole file is written, not just the part. MS_INVALIDATE alone only moves the dirty bits to the pages.
 * @linux 2.4.22 mm/filemap.c msync_interval()
 */
const startOrFinishWriting: AreaVisitor<number> = (vm, vma, start, end, flags) => {
  if (flags & MS.invalidate && vma.vmFlags & VM.locked) return -Errno.EBUSY;
  if (vma.vmFile === null || !(vma.vmFlags & VM.shared)) return 0;
  filemapSync(vm, vma, start, end - start);
  if (!(flags & (MS.sync | MS.async))) return 0;
  const mapping = vma.vmFile.inode.mapping;
  const error = filemapFdatasync(vm.pageCache, mapping);
  if (!(flags & MS.sync)) return error;
  const fileError = fsync(vma.vmFile);
  const waitError = filemapFdatawait(vm.pageCache, mapping);
  return error || fileError || waitError;
};

/** The file's own way to finish: its inode and metadata. 0 or -errno. @linux f_op->fsync */
function fsync({ inode }: File): number {
  return inode instanceof FileInode ? (inode.ops.fsync?.(inode, true) ?? 0) : 0;
}

/**
 * Only MS_SYNC writes: MS_ASYNC leaves the pages dirty, for whoever writes them later. Errors of single pages are lost.
 * @linux 2.4.0 mm/filemap.c msync_interval()
 */
const finishWritingOnly: AreaVisitor<number> = (vm, vma, start, end, flags) => {
  if (vma.vmFile === null || !(vma.vmFlags & VM.shared)) return 0;
  filemapSync(vm, vma, start, end - start);
  if (!(flags & MS.sync)) return 0;
  const mapping = vma.vmFile.inode.mapping;
  filemapFdatasync(vm.pageCache, mapping);
  const fileError = fsync(vma.vmFile);
  filemapFdatawait(vm.pageCache, mapping);
  return fileError;
};

/** @linux 2.4.22 */
export const MSYNC: MsyncRules = {
  acceptsBothWays: false,
  hole: -Errno.ENOMEM,
  interval: startOrFinishWriting,
};

/** @linux 2.4.0 */
export const MSYNC_SYNC_ONLY: MsyncRules = {
  acceptsBothWays: true,
  hole: -Errno.EFAULT,
  interval: finishWritingOnly,
};
