/** The file v86.wasm of the npm package v86, read and checked. The only part of the guest that needs Node. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { compileCpu } from './cpu.ts';
import { V86_SHA256, V86_VERSION } from './v86-abi.ts';

let compiled: WebAssembly.Module | null = null;

/**
 * The compiled CPU, from node_modules. It is compiled once.
 *
 * @throws Error if the package is missing, or is not the version that we know
 */
export function loadCpuModule(): WebAssembly.Module {
  compiled ??= compileCpu(readV86());
  return compiled;
}

/** The bytes of v86.wasm, whose checksum is right. */
export function readV86(): Uint8Array {
  const bytes = readFileSync(createRequire(import.meta.url).resolve('v86/build/v86.wasm'));
  checkV86(bytes);
  return bytes;
}

/** @throws Error if the bytes are not those of our version */
export function checkV86(bytes: Uint8Array): void {
  const sum = createHash('sha256').update(bytes).digest('hex');
  if (sum !== V86_SHA256) {
    throw new Error(`v86.wasm: its SHA-256 is ${sum}; v86 ${V86_VERSION} has ${V86_SHA256}`);
  }
}
