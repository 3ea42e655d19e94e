import { filemapNopage } from '../page-cache/filemap-nopage.ts';
import type { Vm } from './vm.ts';
import type { VmOperations } from './vma.ts';

/** One object a machine, as areas compare and share it. */
const opsOfMachine = new WeakMap<Vm, VmOperations>();

/** What areas of ordinary files do on a fault: read the page through the page cache. @linux generic_file_vm_ops */
export function fileVmOps(vm: Vm): VmOperations {
  let ops = opsOfMachine.get(vm);
  if (ops === undefined) {
    const { readsWithinArea } = vm.rules;
    ops = {
      name: 'generic_file_vm_ops',
      nopage: (vma, address) =>
        filemapNopage(vm.pageCache, vma, address, vma.vmMm === vm.current.mm, readsWithinArea),
    };
    opsOfMachine.set(vm, ops);
  }
  return ops;
}
