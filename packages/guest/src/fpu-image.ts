/**
 * The x87 and SSE state as Linux puts it into a signal frame, where handlers, `longjmp` and collectors of garbage look at it.
 *
 * ```
 *   0    control | status | tag | ip | cs | data | ds      fnsave: 28 bytes
 *   28   st(0) .. st(7), 10 bytes each
 *   108  status | magic 0: what follows is valid
 *   112  fxsave: 512 bytes, mxcsr at 24, st(0) .. st(7) at 32, xmm0 .. xmm7 at 160
 * ```
 * @linux 2.4.22 include/asm-i386/sigcontext.h struct _fpstate
 */
export const FPSTATE_BYTES = 624;
const FXSAVE = 112;

/** Where the pieces lie in {@link Registers.fpu}: see Cpu.save. */
const AT = {
  empty: 0,
  mxcsr: 8,
  xmm: 12,
  top: 140,
  control: 144,
  status: 148,
  opcode: 152,
  ip: 156,
  cs: 160,
  data: 164,
  ds: 168,
  x87: 172,
};

/** The frame's form of the CPU's form. */
export function fpstateOf(fpu: Uint8Array): Uint8Array<ArrayBuffer> {
  const from = new DataView(fpu.buffer, fpu.byteOffset);
  const bytes = new Uint8Array(FPSTATE_BYTES);
  const to = new DataView(bytes.buffer);
  const top = from.getUint8(AT.top) & 7;
  const empty = from.getUint8(AT.empty);
  const control = from.getUint16(AT.control, true);
  const status = (from.getUint16(AT.status, true) & ~0x3800) | (top << 11);
  // The upper halves are ones, as the instruction leaves them.
  to.setUint32(0, control | 0xffff0000, true);
  to.setUint32(4, status | 0xffff0000, true);
  let tags = 0;
  for (let i = 0; i < 8; i++) tags |= tagOf(from, i, empty) << (2 * i);
  to.setUint32(8, tags | 0xffff0000, true);
  for (const [i, at] of [AT.ip, AT.cs, AT.data, AT.ds].entries()) {
    to.setUint32(12 + 4 * i, from.getUint32(at, true), true);
  }
  to.setUint16(108, status, true);
  to.setUint16(FXSAVE, control, true);
  to.setUint16(FXSAVE + 2, status, true);
  to.setUint8(FXSAVE + 4, ~empty & 0xff);
  to.setUint16(FXSAVE + 6, from.getUint16(AT.opcode, true), true);
  for (const [i, at] of [AT.ip, AT.cs, AT.data, AT.ds].entries()) {
    to.setUint32(FXSAVE + 8 + 4 * i, from.getUint32(at, true), true);
  }
  to.setUint32(FXSAVE + 24, from.getUint32(AT.mxcsr, true), true);
  to.setUint32(FXSAVE + 28, 0xffff, true);
  for (let i = 0; i < 8; i++) {
    const at = AT.x87 + 16 * ((top + i) & 7);
    bytes.set(fpu.subarray(at, at + 10), 28 + 10 * i);
    bytes.set(fpu.subarray(at, at + 10), FXSAVE + 32 + 16 * i);
  }
  bytes.set(fpu.subarray(AT.xmm, AT.xmm + 128), FXSAVE + 160);
  return bytes;
}

/** 0: a number, 1: zero, 2: another value, 3: empty. */
function tagOf(from: DataView, register: number, empty: number): number {
  if (((empty >>> register) & 1) === 1) return 3;
  const at = AT.x87 + 16 * register;
  const exponent = from.getUint16(at + 8, true) & 0x7fff;
  const high = from.getUint32(at + 4, true);
  if (exponent === 0x7fff) return 2;
  if (exponent === 0) return high === 0 && from.getUint32(at, true) === 0 ? 1 : 2;
  return high >>> 31 === 1 ? 0 : 2;
}

/** Takes over what a frame says. */
export function takeFpstate(fpu: Uint8Array, bytes: Uint8Array): void {
  const from = new DataView(bytes.buffer, bytes.byteOffset);
  const to = new DataView(fpu.buffer, fpu.byteOffset);
  const status = from.getUint16(FXSAVE + 2, true);
  const top = (status >>> 11) & 7;
  to.setUint8(AT.empty, ~from.getUint8(FXSAVE + 4) & 0xff);
  to.setUint32(AT.top, top, true);
  to.setUint32(AT.control, from.getUint16(FXSAVE, true), true);
  to.setUint32(AT.status, status & ~0x3800, true);
  to.setUint32(AT.opcode, from.getUint16(FXSAVE + 6, true), true);
  for (const [i, at] of [AT.ip, AT.cs, AT.data, AT.ds].entries()) {
    to.setUint32(at, from.getUint32(FXSAVE + 8 + 4 * i, true), true);
  }
  // Bits that the processor does not know would be a fault.
  to.setUint32(AT.mxcsr, from.getUint32(FXSAVE + 24, true) & 0xffff, true);
  for (let i = 0; i < 8; i++) {
    const at = FXSAVE + 32 + 16 * i;
    fpu.set(bytes.subarray(at, at + 10), AT.x87 + 16 * ((top + i) & 7));
  }
  fpu.set(bytes.subarray(FXSAVE + 160, FXSAVE + 288), AT.xmm);
}
