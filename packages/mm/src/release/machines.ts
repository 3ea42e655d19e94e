import { E820_RAM, E820_RESERVED, type E820Entry } from '../physical/e820.ts';
import type { KernelImage, MachineDescription } from '../physical/machine.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
/** RAM above this does not fit below the PCI hole of the QEMU machine; it then has 3 GiB there, the rest above 4 GiB. */
const QEMU_LOW_MAX = 3.5 * GIB;
/** Physical addresses have 36 bits: what the hole pushes past them is lost. */
const PHYSICAL_TOP = 64 * GIB;

/** 2.4.22 as recorded on the QEMU machine: gcc 2.95.3, CONFIG_HIGHMEM4G, uniprocessor. */
const IMAGE_2_4_22: KernelImage = {
  text: 0x100000,
  etext: 0x1996f9,
  edata: 0x1bec0c,
  initBegin: 450 * 4096,
  initEnd: 467 * 4096,
  end: 508 * 4096,
};

/** 2.4.20, likewise. */
const IMAGE_2_4_20: KernelImage = {
  text: 0x100000,
  etext: 0x191f2f,
  edata: 0x1b50cc,
  initBegin: 440 * 4096,
  initEnd: 458 * 4096,
  end: 499 * 4096,
};

/** 2.4.0, likewise. */
const IMAGE_2_4_0: KernelImage = {
  text: 0x100000,
  etext: 0x185f3e,
  edata: 0x1b56f4,
  initBegin: 440 * 4096,
  initEnd: 455 * 4096,
  end: 495 * 4096,
};

const IMAGES: Readonly<Record<string, KernelImage>> = {
  '2.4.0': IMAGE_2_4_0,
  '2.4.20': IMAGE_2_4_20,
  '2.4.22': IMAGE_2_4_22,
};

/** The chosen, round figures of the reference build: 1536k code, 384k data, 128k init. */
const IMAGE_REFERENCE: KernelImage = {
  text: 0x100000,
  etext: 0x280000,
  edata: 0x2e0000,
  initBegin: 0x2e2000,
  initEnd: 0x302000,
  end: 0x340000,
};

/**
 * The machine on which the recorded kernels ran: QEMU's i440FX PC with SeaBIOS.
 *
 * @param version release whose kernel image it boots; a release without a recorded image gets that of 2.4.22
 */
export function qemuMachine(version: string): MachineDescription {
  return { ...QEMU, image: IMAGES[version] ?? IMAGE_2_4_22, ...(version === '2.4.0' ? BUILD_2_4_0 : {}) };
}

/**
 * What 2.4.0 keeps in boot memory: a page has its age, its own wait queue and its zone, with and without high memory; the DMI
 * strings are printed and forgotten.
 */
const BUILD_2_4_0 = {
  pageBytesHighmem: 68,
  pageBytes: 68,
  dmiStringBytes: [],
  consoleBytes: [268, 36, 750],
} as const;

const QEMU: Omit<MachineDescription, 'image'> = {
  name: 'qemu',
  e820: qemuE820,
  pageBytesHighmem: 48,
  pageBytes: 44,
  waitQueueHeadBytes: 12,
  resourceBytes: 28,
  cacheLineBytes: 32,
  pse: true,
  pge: true,
  mtrr: true,
  // "SeaBIOS", its version, its date, "QEMU", and the two names of the board.
  dmiStringBytes: [8, 23, 11, 5, 34, 14],
  // vc_data, vt_struct, and the screen buffer of 15 lines of 25 characters.
  consoleBytes: [280, 36, 750],
  videoRom: true,
};

/** The reference machine of the worked examples: a plain PC, compiled with gcc 3, no console, no DMI. */
export function referenceMachine(): MachineDescription {
  return {
    name: 'ref',
    e820: referenceE820,
    image: IMAGE_REFERENCE,
    pageBytesHighmem: 48,
    pageBytes: 44,
    waitQueueHeadBytes: 8,
    resourceBytes: 28,
    cacheLineBytes: 32,
    pse: true,
    pge: true,
    mtrr: true,
    dmiStringBytes: [],
    consoleBytes: [],
    videoRom: false,
  };
}

function ram(start: number, end: number): E820Entry {
  return { addr: start, size: end - start, type: E820_RAM };
}

function reserved(start: number, end: number): E820Entry {
  return { addr: start, size: end - start, type: E820_RESERVED };
}

/** SeaBIOS's map: the last 128 KiB of low RAM hold its ACPI tables. */
function qemuE820(bytes: number): E820Entry[] {
  const low = bytes > QEMU_LOW_MAX ? 3 * GIB : bytes;
  const map = [
    ram(0, 0x9fc00),
    reserved(0x9fc00, 0xa0000),
    reserved(0xf0000, 0x100000),
    ram(MIB, low - 0x20000),
    reserved(low - 0x20000, low),
    reserved(0xfffc0000, 4 * GIB),
  ];
  if (bytes > low) map.push(ram(4 * GIB, Math.min(PHYSICAL_TOP, 4 * GIB + bytes - low)));
  return map;
}

/** The reference machine has RAM up to 3.5 GiB and goes on above 4 GiB. */
function referenceE820(bytes: number): E820Entry[] {
  const low = Math.min(bytes, 0xe0000000);
  const map = [
    ram(0, 0x9fc00),
    reserved(0x9fc00, 0xa0000),
    reserved(0xf0000, 0x100000),
    ram(MIB, low),
    bytes > low ? reserved(0xfec00000, 4 * GIB) : reserved(0xffff0000, 4 * GIB),
  ];
  if (bytes > low) map.push(ram(4 * GIB, Math.min(PHYSICAL_TOP, 4 * GIB + bytes - low)));
  return map;
}
