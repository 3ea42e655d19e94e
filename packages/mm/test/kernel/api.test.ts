import { describe, expectTypeOf, it } from 'vitest';
import type {
  BootLogLine,
  boot,
  CharDriver,
  DeviceNode,
  Kernel,
  KmemCache,
  MachineConfig,
  PendingSignal,
  Pfn,
  Process,
  SlabAllocator,
  Trace,
  TraceEvent,
  Vma,
  Vtop,
} from '../../src/index.ts';

// The public API as the README lists it. A change here is a change for every package above.
describe('the public API', () => {
  it('boots a kernel from a configuration', () => {
    expectTypeOf<typeof boot>().toEqualTypeOf<(config: MachineConfig) => Kernel>();
    expectTypeOf<{ memory: number }>().toExtend<MachineConfig>();
  });

  it('has a kernel that allocates, spawns, shows and checks', () => {
    expectTypeOf<Kernel['allocPages']>().toEqualTypeOf<(gfp: number, order: number) => Pfn>();
    expectTypeOf<Kernel['freePages']>().toEqualTypeOf<(pfn: Pfn, order: number) => void>();
    expectTypeOf<Kernel['spawn']>().returns.toEqualTypeOf<Process>();
    expectTypeOf<Kernel['proc']>().toEqualTypeOf<(path: string, pid?: number) => string>();
    expectTypeOf<Kernel['vtop']>().returns.toEqualTypeOf<Vtop>();
    expectTypeOf<Kernel['bootLog']>().toEqualTypeOf<readonly BootLogLine[]>();
    expectTypeOf<Kernel['trace']>().toEqualTypeOf<Trace>();
    expectTypeOf<ReturnType<Trace['events']>>().toExtend<Iterable<TraceEvent>>();
    expectTypeOf<Kernel['step']>().toEqualTypeOf<() => boolean>();
    expectTypeOf<Kernel['checkInvariants']>().toEqualTypeOf<() => void>();
    expectTypeOf<Kernel['stateHash']>().toEqualTypeOf<() => string>();
    expectTypeOf<Kernel['paging']['daemons']['allRest']>().toEqualTypeOf<boolean>();
    expectTypeOf<Kernel['paging']['oom']['badnessOf']>().returns.toHaveProperty('points');
    expectTypeOf<Kernel['shmem']['owns']>().returns.toEqualTypeOf<boolean>();
    expectTypeOf<Trace['idOf']>().toEqualTypeOf<(text: string) => number>();
  });

  it('has a slab allocator and the caches of boot', () => {
    expectTypeOf<Kernel['slab']>().toEqualTypeOf<SlabAllocator>();
    expectTypeOf<SlabAllocator['kmemCacheCreate']>().returns.toEqualTypeOf<KmemCache | null>();
    expectTypeOf<SlabAllocator['kmemCacheAlloc']>().toEqualTypeOf<
      (cache: KmemCache, gfp: number) => number
    >();
    expectTypeOf<SlabAllocator['kmemCacheFree']>().toEqualTypeOf<(cache: KmemCache, obj: number) => void>();
    expectTypeOf<SlabAllocator['kmalloc']>().toEqualTypeOf<(size: number, gfp: number) => number>();
    expectTypeOf<SlabAllocator['kfree']>().toEqualTypeOf<(obj: number) => void>();
    expectTypeOf<SlabAllocator['kmemCacheReap']>().toEqualTypeOf<(gfp: number) => number>();
    expectTypeOf<Kernel['caches']['vmArea']>().toEqualTypeOf<KmemCache>();
  });

  it('has devices, and takes drivers', () => {
    expectTypeOf<Kernel['registerDevice']>().toEqualTypeOf<
      (path: string, driver: CharDriver, node?: DeviceNode) => void
    >();
    expectTypeOf<Kernel['remapPageRange']>().toEqualTypeOf<
      (from: number, physAddr: number, size: number, pageProt: number) => number
    >();
    expectTypeOf<NonNullable<CharDriver['nopage']>>().toEqualTypeOf<(vma: Vma, address: number) => Pfn>();
  });

  it('has processes with system calls and accesses', () => {
    type Call = (...args: number[]) => number;
    expectTypeOf<Process['mmap2']>().toExtend<Call>();
    expectTypeOf<Process['munmap']>().toExtend<Call>();
    expectTypeOf<Process['mprotect']>().toExtend<Call>();
    expectTypeOf<Process['mremap']>().toExtend<Call>();
    expectTypeOf<Process['brk']>().toExtend<Call>();
    expectTypeOf<Process['load8']>().toEqualTypeOf<(addr: number) => number>();
    expectTypeOf<Process['store8']>().toEqualTypeOf<(addr: number, value: number) => boolean>();
    expectTypeOf<Process['touch']>().toEqualTypeOf<(addr: number, write: boolean) => boolean>();
    expectTypeOf<Process['fork']>().returns.toEqualTypeOf<Process | number>();
    expectTypeOf<Process['vfork']>().toEqualTypeOf<() => Process | number>();
    expectTypeOf<Process['clone']>().toEqualTypeOf<(flags: number, stack?: number) => Process | number>();
    expectTypeOf<Process['setCloseOnExec']>().toEqualTypeOf<(fd: number, on: boolean) => number>();
    expectTypeOf<Process['takeSignal']>().returns.toEqualTypeOf<PendingSignal | null>();
  });
});
