import { checkThenPlace, placeThenCheck } from '../address-space/admit-mapping.ts';
import { doSwapPageAged } from '../address-space/aged-swap-fault.ts';
import { reusesExclusive, reusesUnshared } from '../address-space/cow.ts';
import { doSwapPage } from '../address-space/do-swap-page.ts';
import { createElfTables, createElfTablesForInterpreter } from '../address-space/exec-tables.ts';
import { searchUpFromHint, tryHintThenSearch } from '../address-space/get-unmapped-area.ts';
import { bringInAll, bringInAllowed } from '../address-space/get-user-pages.ts';
import { MERGES_HEAP_ONLY } from '../address-space/heap-merge.ts';
import { syncForKernelOnly, syncMissingEntry } from '../address-space/kernel-address-fault.ts';
import { MSYNC, MSYNC_SYNC_ONLY } from '../address-space/msync-interval.ts';
import { FaultSignals, LeakySignals } from '../address-space/signal-queue.ts';
import type { AddressSpaceRules } from '../address-space/vm.ts';
import { MERGES_ANONYMOUS } from '../address-space/vma-merge.ts';
import { Errno } from '../errno.ts';

const RULES_2_4_22: AddressSpaceRules = {
  mmapRoundsLengthFirst: false,
  admitMapping: placeThenCheck,
  searchFreeRange: tryHintThenSearch,
  merging: MERGES_ANONYMOUS,
  refusesGrowingFiles: true,
  mapsRegularFilesOnly: false,
  freePgtablesWithoutOrderTest: false,
  mremapPopulatesWhole: false,
  willneedChecksReadpage: true,
  adviceSplitStops: false,
  mprotectHole: -Errno.ENOMEM,
  msync: MSYNC,
  promisesShrinkable: true,
  bringIn: bringInAllowed,
  listsAnonymousPages: true,
  swapFault: doSwapPage,
  swapoffDirtiesMappings: false,
  reusesPage: reusesExclusive,
  kernelAddressFault: syncForKernelOnly,
  sparesInit: true,
  newSignalQueue: () => new FaultSignals(),
  readsWithinArea: true,
  forkCopiesMm: false,
  execUnsharesFiles: true,
  exec: { createElfTables, mapsEarlyBss: true, loadsAtFixedBias: false },
  adminExceedsNproc: true,
};

const RULES_2_4_20: AddressSpaceRules = {
  ...RULES_2_4_22,
  mmapRoundsLengthFirst: true,
  freePgtablesWithoutOrderTest: true,
  mremapPopulatesWhole: true,
  willneedChecksReadpage: false,
  execUnsharesFiles: false,
};

const RULES_2_4_0: AddressSpaceRules = {
  mmapRoundsLengthFirst: true,
  admitMapping: checkThenPlace,
  searchFreeRange: searchUpFromHint,
  merging: MERGES_HEAP_ONLY,
  refusesGrowingFiles: false,
  mapsRegularFilesOnly: true,
  freePgtablesWithoutOrderTest: true,
  mremapPopulatesWhole: true,
  willneedChecksReadpage: true,
  adviceSplitStops: true,
  mprotectHole: -Errno.EFAULT,
  msync: MSYNC_SYNC_ONLY,
  promisesShrinkable: false,
  bringIn: bringInAll,
  listsAnonymousPages: false,
  swapFault: doSwapPageAged,
  swapoffDirtiesMappings: true,
  reusesPage: reusesUnshared,
  kernelAddressFault: syncMissingEntry,
  sparesInit: false,
  newSignalQueue: (vm) => new LeakySignals(vm),
  readsWithinArea: false,
  forkCopiesMm: true,
  execUnsharesFiles: false,
  exec: {
    createElfTables: createElfTablesForInterpreter,
    mapsEarlyBss: false,
    loadsAtFixedBias: true,
  },
  adminExceedsNproc: false,
};

const RULES: Readonly<Record<string, AddressSpaceRules>> = {
  '2.4.0': RULES_2_4_0,
  '2.4.20': RULES_2_4_20,
  '2.4.22': RULES_2_4_22,
};

/** How address spaces of a release behave; a release that is not known: as in 2.4.22. */
export function addressSpaceRules(release: string): AddressSpaceRules {
  return RULES[release] ?? RULES_2_4_22;
}
