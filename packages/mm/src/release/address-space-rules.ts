import type { AddressSpaceRules } from '../address-space/vm.ts';

/** How the memory system calls of a release differ from the other's; both are 2.4 kernels. */
export function addressSpaceRules(release: string): AddressSpaceRules {
  const old = release === '2.4.20';
  return {
    mmapRoundsLengthFirst: old,
    freePgtablesWithoutOrderTest: old,
    mremapPopulatesWhole: old,
    willneedChecksReadpage: !old,
  };
}
