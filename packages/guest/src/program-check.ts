/** Why a file cannot be run here, in words. The kernel itself only says ENOEXEC. */
const EI_CLASS_64 = 2;
const EM = { i386: 3, i486: 6 } as const;
const ET = { exec: 2, dyn: 3 } as const;
const PT_INTERP = 3;
const EHDR_BYTES = 52;
const PHDR_BYTES = 32;

/**
 * What is wrong with a program, e.g. `a 64-bit program; …`; null: nothing that can be seen in its headers.
 *
 * @param bytes the file
 */
export function whyNotRunnable(bytes: Uint8Array): string | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length === 0) return 'the file is empty';
  if (bytes[0] === 0x23 && bytes[1] === 0x21) {
    return 'a script: its interpreter would have to be in the machine, which has no files of this computer';
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
  const count = view.getUint16(44, true);
  if (headersAt + count * PHDR_BYTES > bytes.length) return 'broken: its program headers lie behind its end';
  for (let at = headersAt; at < headersAt + count * PHDR_BYTES; at += PHDR_BYTES) {
    if (view.getUint32(at, true) !== PT_INTERP) continue;
    const start = view.getUint32(at + 4, true);
    const name = new TextDecoder().decode(bytes.subarray(start, start + view.getUint32(at + 16, true)));
    return `dynamically linked: it needs ${name.replace(/\0.*$/s, '')}; compile with -static`;
  }
  return null;
}
