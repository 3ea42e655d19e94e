/** Finding the program that exec is to run: the path, the script's interpreter, the ELF headers. */
import { BINPRM_BUF_SIZE, isScript, parseScript, scriptArguments } from './address-space/binfmt-script.ts';
import { readElf } from './address-space/elf.ts';
import type { ExecImage } from './address-space/exec-image.ts';
import type { Vm } from './address-space/vm.ts';
import { Errno } from './errno.ts';
import { kernelRead } from './files.ts';
import { type FileSystem, O } from './page-cache/file-system.ts';
import type { File } from './page-cache/inode.ts';

/** What exec runs. */
export interface Program {
  /** The ELF program: of a script, its interpreter's. Its files are open: the caller releases them. */
  readonly image: ExecImage;
  /** Arguments: of a script, its interpreter's. */
  readonly argv: readonly string[];
  /** The path that was asked for; the new process is named after it. */
  readonly filename: string;
}

/**
 * What exec is to run: a program given by path; by its bytes, which are stored as `/<argv[0]>` first; or by description.
 *
 * @returns it, or -errno
 */
export function findProgram(
  vm: Vm,
  fs: FileSystem,
  program: string | Uint8Array | ExecImage,
  argv: readonly string[],
): Program | number {
  if (typeof program === 'string') return openProgram(vm, fs, program, argv);
  if (!(program instanceof Uint8Array)) return { image: program, argv, filename: program.file.path };
  const name = argv[0] ?? 'a.out';
  const path = name.startsWith('/') ? name : `/${name}`;
  const made = fs.create(path, { bytes: program, mode: 0o755 });
  return typeof made === 'number' ? made : openProgram(vm, fs, path, argv);
}

/**
 * Opens a program and reads its headers. ELF programs and `#!` scripts are known; a.out is not, as in a kernel that was
 * built without it.
 *
 * A script's interpreter must itself be no script: 2.4 follows one `#!`, not two.
 *
 * @returns -ENOENT; -EACCES: no regular file, or not one execute bit; -ETXTBSY: it is open for writing; -ENOEXEC: neither
 *   ELF nor script, a script without a path, or a script of a script; what {@link readElf} and reading give
 * @linux 2.4.22 fs/exec.c do_execve(), search_binary_handler()
 */
export function openProgram(vm: Vm, fs: FileSystem, path: string, argv: readonly string[]): Program | number {
  const read = kernelRead(vm);
  let file = openExecutable(fs, path);
  if (typeof file === 'number') return file;
  let head = read(file, 0, BINPRM_BUF_SIZE);
  let args = argv;
  if (typeof head !== 'number' && isScript(head)) {
    fs.release(file);
    const line = parseScript(head);
    if (line === null) return -Errno.ENOEXEC;
    args = scriptArguments(line, path, argv);
    file = openExecutable(fs, line.interpreter);
    if (typeof file === 'number') return file;
    head = read(file, 0, BINPRM_BUF_SIZE);
  }
  const program = file;
  const firstRead = head;
  const opened: File[] = [program];
  const image = readElf(
    program,
    // The first bytes are there already: reading them twice would be seen in the page cache.
    (of, offset, length) =>
      of === program && offset === 0 && length === BINPRM_BUF_SIZE ? firstRead : read(of, offset, length),
    (interpreter) => {
      const library = openExecutable(fs, interpreter);
      if (typeof library !== 'number') opened.push(library);
      return library;
    },
  );
  if (typeof image !== 'number') return { image, argv: args, filename: path };
  for (const left of opened) fs.release(left);
  return image;
}

/** @linux 2.4.22 fs/exec.c open_exec() */
function openExecutable(fs: FileSystem, path: string): File | number {
  const inode = fs.find(path);
  if (typeof inode === 'number') return inode;
  if (inode.kind !== 'regular' || (inode.mode & 0o111) === 0) return -Errno.EACCES;
  if (inode.writecount > 0) return -Errno.ETXTBSY;
  return fs.open(path, O.rdonly);
}
