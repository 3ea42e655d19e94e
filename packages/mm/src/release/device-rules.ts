import type { MemoryDeviceRules } from '../address-space/dev-mem.ts';

/** What the memory devices of a release do. */
export function deviceRules(version: string): MemoryDeviceRules {
  return { kmemMapsVmalloc: version !== '2.4.20' };
}
