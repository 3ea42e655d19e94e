import { E820_ACPI, E820_NVS, E820_RAM, type E820Map } from '../physical/e820.ts';
import type { KernelImage } from '../physical/machine.ts';
import { Resource } from '../physical/resources.ts';
import type { BootAllocator } from './boot-allocator.ts';

const FOUR_GIB = 2 ** 32;

/**
 * Enters the ROMs, the e820 ranges, the kernel image and the video memory into the tree behind /proc/iomem. Each e820 range
 * below 4 GiB costs a small piece of boot memory, even if the tree has no room for it.
 *
 * @linux 2.4.22 arch/i386/kernel/setup.c probe_roms(), register_memory()
 */
export function registerMemory(
  map: E820Map,
  image: KernelImage,
  videoRom: boolean,
  resourceBytes: number,
  bootmem: BootAllocator,
): Resource {
  const root = new Resource('PCI mem', 0, FOUR_GIB - 1);
  root.request(new Resource('System ROM', 0xf0000, 0xfffff));
  if (videoRom) root.request(new Resource('Video ROM', 0xc0000, 0xc7fff));
  const code = new Resource('Kernel code', image.text, image.etext - 1);
  const data = new Resource('Kernel data', image.etext, image.edata - 1);
  for (const { addr, size, type } of map.entries) {
    if (addr + size > FOUR_GIB) continue;
    bootmem.allocLow(resourceBytes);
    const range = new Resource(resourceName(type), addr, addr + size - 1);
    root.request(range);
    if (type === E820_RAM) {
      range.request(code);
      range.request(data);
    }
  }
  root.request(new Resource('Video RAM area', 0xa0000, 0xbffff));
  return root;
}

function resourceName(type: number): string {
  switch (type) {
    case E820_RAM:
      return 'System RAM';
    case E820_ACPI:
      return 'ACPI Tables';
    case E820_NVS:
      return 'ACPI Non-volatile Storage';
    default:
      return 'reserved';
  }
}
