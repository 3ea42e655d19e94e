import type { Task } from '../address-space/task.ts';
import { VM, type Vma } from '../address-space/vma.ts';

/** Column at which the path begins. @linux MAPS_LINE_MAX4 */
const PATH_COLUMN = 49;

/**
 * /proc/PID/maps: a line an area, in address order; empty for a kernel thread. There are no [heap] and [stack] labels in
 * 2.4. (A read() of the real file returns at most 4096 bytes; this is what repeated reads put together.)
 *
 * ```
 * 0804c000-0804d000 rw-p 00003000 03:01 4711       /bin/cat
 * bfffe000-c0000000 rwxp fffff000 00:00 0
 * ```
 * @linux 2.4.22 fs/proc/array.c proc_pid_maps_get_line()
 */
export function mapsText(task: Task): string {
  let text = '';
  for (let vma = task.mm?.mmap ?? null; vma !== null; vma = vma.vmNext) text += mapsLine(vma);
  return text;
}

/** One area's line, newline included. */
export function mapsLine(vma: Vma): string {
  const flags = vma.vmFlags;
  const file = vma.vmFile;
  const dev = file?.inode.dev ?? 0;
  const permissions =
    (flags & VM.read ? 'r' : '-') +
    (flags & VM.write ? 'w' : '-') +
    (flags & VM.exec ? 'x' : '-') +
    (flags & VM.mayShare ? 's' : 'p');
  const offset = (vma.vmPgoff << 12) >>> 0;
  const line = `${hex8(vma.vmStart)}-${hex8(vma.vmEnd)} ${permissions} ${hex8(offset)} ${hex2(dev >>> 8)}:${hex2(dev & 0xff)} ${file?.inode.ino ?? 0}`;
  if (file === null) return `${line}\n`;
  return `${line.padEnd(PATH_COLUMN)}${file.path}${file.inode.nlink === 0 ? ' (deleted)' : ''}\n`;
}

function hex8(value: number): string {
  return value.toString(16).padStart(8, '0');
}

function hex2(value: number): string {
  return value.toString(16).padStart(2, '0');
}
