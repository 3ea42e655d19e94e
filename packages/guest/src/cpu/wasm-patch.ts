/**
 * The one change that we make to v86.wasm: global 0, Rust's stack pointer, is exported, so that it can be restored after the
 * module panicked. Sections that only carry names are dropped.
 */
const SECTION = { custom: 0, export: 7 } as const;
const HEADER_BYTES = 8;
const KIND_GLOBAL = 3;
/** Name of the new export. */
const NAME = '__stack_pointer';

/** @throws Error if these bytes are no module with an export section */
export function exportStackPointer(wasm: Uint8Array): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [wasm.subarray(0, HEADER_BYTES)];
  let exported = false;
  for (let at = HEADER_BYTES; at < wasm.length; ) {
    const id = wasm[at] as number;
    const size = readLeb(wasm, at + 1);
    const end = size.end + size.value;
    if (end > wasm.length) throw new Error('v86.wasm: a section reaches beyond the end of the file');
    if (id === SECTION.export) {
      const count = readLeb(wasm, size.end);
      const name = new TextEncoder().encode(NAME);
      const body = concat([
        writeLeb(count.value + 1),
        wasm.subarray(count.end, end),
        writeLeb(name.length),
        name,
        Uint8Array.of(KIND_GLOBAL, 0),
      ]);
      parts.push(Uint8Array.of(id), writeLeb(body.length), body);
      exported = true;
    } else if (id !== SECTION.custom) {
      parts.push(wasm.subarray(at, end));
    }
    at = end;
  }
  if (!exported) throw new Error('v86.wasm: it has no export section');
  return concat(parts);
}

/** An unsigned LEB128 number of up to 32 bits, and the offset after it. */
function readLeb(bytes: Uint8Array, at: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = bytes[at++] as number;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  return { value, end: at };
}

function writeLeb(value: number): Uint8Array {
  const bytes: number[] = [];
  do {
    const rest = value >>> 7;
    bytes.push((value & 0x7f) | (rest > 0 ? 0x80 : 0));
    value = rest;
  } while (value > 0);
  return Uint8Array.from(bytes);
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
