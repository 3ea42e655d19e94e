import { compileCpu } from '@pagewalk/guest/browser';
import { ConfigError } from '@pagewalk/mm';
import v86Url from 'v86/build/v86.wasm?url';
import { piped } from '../bytes/piped.ts';
import type { Assets } from './assets.ts';

const PROGRAMS = import.meta.glob<string>(['../../../guest/programs/*', '!../../../guest/programs/*.*'], {
  query: '?url',
  import: 'default',
  eager: true,
});
const RECORDINGS = import.meta.glob<string>('../../../lab/recordings/*.pwt', {
  query: '?url',
  import: 'default',
  eager: true,
});

/** Files beside the page. Nothing is loaded before it is asked for. */
export function browserAssets(): Assets {
  let cpu: Promise<WebAssembly.Module> | null = null;
  return {
    cpu() {
      cpu ??= load(v86Url).then(compileCpu);
      return cpu;
    },
    program: (name) => load(addressOf(PROGRAMS, name, 'program')),
    recording: (name) =>
      load(addressOf(RECORDINGS, name.endsWith('.pwt') ? name : `${name}.pwt`, 'recording')),
    unpack,
  };
}

/** Names of the programs and recordings that come with the explorer. */
export function shippedNames(): {
  readonly programs: readonly string[];
  readonly recordings: readonly string[];
} {
  return {
    programs: Object.keys(PROGRAMS).map(baseName),
    recordings: Object.keys(RECORDINGS).map((path) => baseName(path).replace(/\.pwt$/, '')),
  };
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function addressOf(files: Record<string, string>, name: string, what: string): string {
  const path = Object.keys(files).find((key) => baseName(key) === name);
  if (path !== undefined) return files[path] as string;
  throw new ConfigError(
    `${what} ${name}: there is none of this name; there are: ${Object.keys(files).map(baseName).join(', ')}`,
  );
}

async function load(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new ConfigError(`${url}: cannot be loaded (${response.status})`);
  return new Uint8Array(await response.arrayBuffer());
}

async function unpack(format: 'gzip' | 'brotli', bytes: Uint8Array, most: number): Promise<Uint8Array> {
  return format === 'brotli' ? unbrotli(bytes, most) : piped(bytes, new DecompressionStream('gzip'), most);
}

let brotli: Promise<typeof import('brotli-dec-wasm/web')> | null = null;

/** Browsers unpack brotli only as an encoding of answers: a decoder is loaded when a recording needs it. */
async function unbrotli(bytes: Uint8Array, most: number): Promise<Uint8Array> {
  brotli ??= import('brotli-dec-wasm/web').then(async (module) => {
    await module.default();
    return module;
  });
  const { BrotliDecStream, BrotliStreamResultCode } = await brotli;
  const stream = new BrotliDecStream();
  try {
    const { code, buf } = stream.dec(bytes, most);
    if (code !== BrotliStreamResultCode.ResultSuccess) throw new ConfigError('recording: a damaged block');
    return buf;
  } finally {
    stream.free();
  }
}
