import { type Kernel, pkmapAddr, VM_ALLOC, VM_IOREMAP } from '@pagewalk/mm';
import type { VmallocView } from '../../protocol/views.ts';

/** The kernel's addresses that are contiguous only virtually. */
export function vmallocView({ vmalloc, highmem }: Kernel): VmallocView {
  return {
    view: 'vmalloc',
    start: vmalloc.start,
    end: vmalloc.end,
    areas: [...vmalloc.vmlist()].map(({ addr, size, flags }) => ({
      address: addr,
      size,
      kind: flags === VM_IOREMAP ? 'ioremap' : flags === VM_ALLOC ? 'vmalloc' : 'vmap',
    })),
    pkmapStart: pkmapAddr(0),
    pkmap: Uint8Array.from(highmem.pkmapCount, (count) => Math.min(255, count)),
  };
}
