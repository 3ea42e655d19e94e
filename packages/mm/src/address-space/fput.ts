import type { File } from '../page-cache/inode.ts';
import { fput as releaseFile } from '../page-cache/open-file.ts';
import type { Vm } from './vm.ts';

/** Gives a reference to an open file back; the last one closes it. @linux 2.4.22 fs/file_table.c fput() */
export function fput(_vm: Vm, file: File): void {
  releaseFile(file);
}
