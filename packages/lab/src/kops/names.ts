/** Symbolic numbers of kops scripts: gfp masks, slab flags, kinds of atomic mapping. */
import {
  GFP,
  GFP_ATOMIC,
  GFP_DMA,
  GFP_HIGHUSER,
  GFP_KERNEL,
  GFP_KSWAPD,
  GFP_NFS,
  GFP_NOFS,
  GFP_NOHIGHIO,
  GFP_NOIO,
  GFP_USER,
  GFP_VMALLOC,
  KM,
  SLAB,
} from '@pagewalk/mm';

/** Names of gfp masks, as the kernel has them. */
export const GFP_NAMES: Readonly<Record<string, number>> = {
  GFP_ATOMIC,
  GFP_NOIO,
  GFP_NOHIGHIO,
  GFP_NOFS,
  GFP_KERNEL,
  GFP_NFS,
  GFP_USER,
  GFP_KSWAPD,
  GFP_HIGHUSER,
  GFP_DMA,
  GFP_VMALLOC,
  __GFP_DMA: GFP.DMA,
  __GFP_HIGHMEM: GFP.HIGHMEM,
  __GFP_WAIT: GFP.WAIT,
  __GFP_HIGH: GFP.HIGH,
  __GFP_IO: GFP.IO,
  __GFP_HIGHIO: GFP.HIGHIO,
  __GFP_FS: GFP.FS,
  SLAB_NO_GROW: 0x1000,
};

/** Flags of kmem_cache_create(). */
export const SLAB_NAMES: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries(SLAB).map(([name, value]) => [`SLAB_${name}`, value]),
);

/** Kinds of atomic mapping. */
export const KM_NAMES: Readonly<Record<string, number>> = {
  KM_BOUNCE_READ: KM.bounceRead,
  KM_SKB_SUNRPC_DATA: KM.skbSunrpcData,
  KM_SKB_DATA_SOFTIRQ: KM.skbDataSoftirq,
  KM_USER0: KM.user0,
  KM_USER1: KM.user1,
  KM_BH_IRQ: KM.bhIrq,
  KM_SOFTIRQ0: KM.softirq0,
  KM_SOFTIRQ1: KM.softirq1,
};

/** A whole number below 2^32, decimal or with 0x; null: it is none. */
export function parseNumber(text: string): number | null {
  if (!/^(?:\d{1,10}|0[xX][0-9a-fA-F]{1,8})$/.test(text)) return null;
  const value = Number(text);
  return value < 2 ** 32 ? value : null;
}

/** Names and numbers joined by `|`, e.g. `GFP_KERNEL|__GFP_DMA`; null: a part is neither. */
export function parseFlags(text: string, names: Readonly<Record<string, number>>): number | null {
  let flags = 0;
  for (const part of text.split('|')) {
    const value = Object.hasOwn(names, part) ? names[part] : parseNumber(part);
    if (value === null || value === undefined) return null;
    flags |= value;
  }
  return flags >>> 0;
}
