import type { TraceSource } from './reader.ts';

/** Bytes in memory as a source. */
export function memorySource(bytes: Uint8Array): TraceSource {
  return new MemorySource(bytes);
}

class MemorySource implements TraceSource {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  read(target: Uint8Array): number {
    const part = this.bytes.subarray(this.at, this.at + target.length);
    target.set(part);
    this.at += part.length;
    return part.length;
  }

  close(): void {}
}
