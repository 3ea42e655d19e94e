/** What a machine is made of besides the choice: files that are loaded when they are needed. */
export interface Assets {
  /** The CPU, compiled. */
  cpu(): Promise<WebAssembly.Module>;
  /** A program that comes with the guest. @throws Error for a name that there is not */
  program(name: string): Promise<Uint8Array>;
  /** A recording that comes with the lab. @throws Error for a name that there is not */
  recording(name: string): Promise<Uint8Array>;
  /** Unpacks gzip or brotli of at most so many bytes. @throws Error if it cannot, or if there are more */
  unpack(format: 'gzip' | 'brotli', bytes: Uint8Array, most: number): Promise<Uint8Array>;
}
