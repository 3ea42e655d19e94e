/** Why a file cannot be run here, in words. The kernel itself only says ENOEXEC. */
const EI_CLASS_64 = 2;
const EM = { i386: 3, i486: 6 } as const;
const ET = { exec: 2, dyn: 3 } as const;
const PT = { load: 1, interp: 3 } as const;
const PAGE = 4096;
const EHDR_BYTES = 52;
const PHDR_BYTES = 32;
/** What exec reads of a script. */
const SCRIPT_LINE = 127;

/**
 * What is wrong with a program, e.g. `a 64-bit program; …`; null: nothing that can be seen in its headers.
 *
 * @param bytes the file
 * @param has whether the machine has a file, which may be an interpreter; default: it has none
 */
export function whyNotRunnable(
  bytes: Uint8Array,
  has: ((path: string) => boolean) | null = null,
): string | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length === 0) return 'the file is empty';
  if (bytes[0] === 0x23 && bytes[1] === 0x21) {
    if (has === null) {
      return 'a script: its interpreter would have to be in the machine, which has no files of this computer: see --root';
    }
    const line = new TextDecoder().decode(bytes.subarray(2, SCRIPT_LINE)).split('\n')[0] ?? '';
    const interpreter = line.trim().split(/[ \t]/)[0] ?? '';
    return has(interpreter)
      ? null
      : `a script of ${interpreter || 'nothing'}, which the machine does not have`;
  }
  if (bytes.length < EHDR_BYTES || view.getUint32(0) !== 0x7f454c46) return 'not an ELF program';
  if (bytes[4] === EI_CLASS_64)
    return 'a 64-bit program; the CPU runs 32-bit ones: compile with -m32 -static';
  const machine = view.getUint16(18, true);
  if (machine !== EM.i386 && machine !== EM.i486)
    return `a program for another processor (e_machine ${machine})`;
  const type = view.getUint16(16, true);
  if (type !== ET.exec && type !== ET.dyn) return `an ELF file, but no program (e_type ${type})`;
  const headersAt = view.getUint32(28, true);
  const size = view.getUint16(42, true);
  if (size !== PHDR_BYTES) return `broken: program headers of ${size} bytes, not ${PHDR_BYTES}`;
  const end = headersAt + view.getUint16(44, true) * PHDR_BYTES;
  if (end > bytes.length) return 'broken: its program headers lie behind its end';
  return whyNotLoadable(view, headersAt, end) ?? whyNotLinked(bytes, view, headersAt, end, has);
}

/** What is wrong with the segments. */
function whyNotLoadable(view: DataView, headersAt: number, end: number): string | null {
  const entry = view.getUint32(24, true);
  let found = false;
  for (let at = headersAt; at < end; at += PHDR_BYTES) {
    if (view.getUint32(at, true) !== PT.load) continue;
    const start = view.getUint32(at + 8, true);
    const fileEnd = view.getUint32(at + 4, true) + view.getUint32(at + 16, true);
    if (fileEnd > view.byteLength) {
      return `broken: it ends at byte ${view.byteLength}, its segments at byte ${fileEnd}: was it cut short?`;
    }
    found ||= entry >= start - (start % PAGE) && entry < start + view.getUint32(at + 20, true);
  }
  return found ? null : `broken: it starts at ${entry.toString(16).padStart(8, '0')}, where no segment is`;
}

/** Which interpreter is missing. */
function whyNotLinked(
  bytes: Uint8Array,
  view: DataView,
  headersAt: number,
  end: number,
  has: ((path: string) => boolean) | null,
): string | null {
  for (let at = headersAt; at < end; at += PHDR_BYTES) {
    if (view.getUint32(at, true) !== PT.interp) continue;
    const start = view.getUint32(at + 4, true);
    const name = new TextDecoder().decode(bytes.subarray(start, start + view.getUint32(at + 16, true)));
    const interpreter = name.replace(/\0.*$/s, '');
    if (interpreter === '') return 'broken: the name of its interpreter is empty';
    if (has?.(interpreter)) return null;
    const advice =
      has === null
        ? 'compile with -static, or give its files with --root'
        : 'the machine does not have it: compile with -static';
    return `dynamically linked: it needs ${interpreter}; ${advice}`;
  }
  return null;
}
