/**
 * Who uses an atomic mapping: each kind has one slot a CPU, and must not be used twice at a time. The last two are new in
 * 2.4.22.
 *
 * @linux 2.4.22 include/asm-i386/kmap_types.h enum km_type
 */
export const KM = {
  bounceRead: 0,
  skbSunrpcData: 1,
  skbDataSoftirq: 2,
  user0: 3,
  user1: 4,
  bhIrq: 5,
  softirq0: 6,
  softirq1: 7,
} as const;
