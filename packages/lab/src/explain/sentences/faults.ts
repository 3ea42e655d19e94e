import { pages, type Sentence } from './sentence.ts';

/** What a fault of each class found and did. */
const CLASSES: Readonly<Record<string, string>> = {
  demand_zero: 'first write to anonymous memory: a page of zeroes was mapped',
  zero_page: 'first read of anonymous memory: the shared page of zeroes was mapped read-only',
  file_read: 'first access to a page of a file: that of the page cache was mapped',
  file_cow: 'first write to a private mapping of a file: a copy was mapped',
  shared: 'first access to a shared page: it was mapped',
  cow_copy: 'write to a page that others have, too: it was copied',
  cow_reuse: 'write to a page that nobody else has any more: it was made writable',
  swap: 'access to a page that was swapped out: it is back',
  spurious: 'the entry was right already: only its bits were set',
  raced: 'the entry had changed meanwhile: nothing was done',
  sigbus: 'there is no page, as behind the end of a file: SIGBUS',
  oom: 'there was no memory for the page',
  sigsegv: 'no area allows this access: SIGSEGV',
};

/** Page faults and the life of processes. */
export const FAULT_SENTENCES: Readonly<Record<string, Sentence>> = {
  page_fault_user: (o) => `a program's ${access(o.n('error_code'))} at ${o.hex('address')} faulted`,
  page_fault_kernel: (o) => `the kernel's ${access(o.n('error_code'))} at ${o.hex('address')} faulted`,
  stack_access: (o) =>
    `the access at ${o.hex('address')}, with the stack pointer at ${o.hex('esp')}, ${o.yes('outcome') ? 'may be one to the stack' : 'is more than 32 bytes below the stack pointer: no access to the stack'}`,
  expand_stack: (o) =>
    `the stack ${o.yes('outcome') ? 'grows' : 'may not grow'} by ${pages(o.n('grow'))} down to ${o.hex('address')}: it would end at ${o.hex('vm_end')} (RLIMIT_STACK ${o.n('rlim_stack')}), of ${pages(o.n('total_vm'))} of address space (RLIMIT_AS ${o.n('rlim_as')} bytes)`,
  fault_access: (o) =>
    `the area's flags ${o.hex('vm_flags')} ${o.yes('outcome') ? 'allow' : 'forbid'} the ${access(o.n('error_code'))} at ${o.hex('address')}`,
  cow_reuse: (o) => reuse(o.yes('outcome'), o.n('pfn'), o.hex('address'), o.n('count'), o.n('slots')),
  cow_reuse_unshared: (o) =>
    reuse(o.yes('outcome'), o.n('pfn'), o.hex('address'), o.n('count'), o.n('slots')),
  vmalloc_sync: (o) =>
    `the page directory at ${o.hex('pgd')} ${o.yes('outcome') ? 'lacked the kernel’s entry for' : 'had what there is for'} ${o.hex('address')} (${o.hex('entry')}; init_mm has ${o.hex('reference')})`,
  vmalloc_fault: (o) =>
    `the fault at ${o.hex('address')} ${o.yes('outcome') ? 'only lacked a copy of the kernel’s page-directory entry' : 'is an error: the kernel maps nothing there'}`,
  mm_fault: (o) =>
    `fault at ${o.hex('address')}: ${CLASSES[o.text('class')] ?? o.text('class')}${o.n('pfn') === 0 ? '' : `, frame ${o.n('pfn')}`}${o.n('result') === 2 ? '; a disk had to be read, so it is a major fault' : ''} (${o.n('rss')} pages resident)`,
  rss_stat: (o) => `the address space of page directory ${o.hex('pgd')} has ${pages(o.n('size'))} resident`,
  zap_page_range: (o) =>
    `${o.n('size')} bytes from ${o.hex('start')} on were unmapped: ${pages(o.n('freed'))} lost a mapping`,
  sched_process_fork: (o) =>
    `process ${o.n('parent_pid')} forked ${o.n('child_pid')}: ${o.n('vmas')} areas ${o.yes('clone_vm') ? 'are shared' : 'were copied'}, ${pages(o.n('rss'))} resident, result ${o.n('result')}`,
  sched_process_exec: (o) =>
    `process ${o.n('pid')} now runs ${o.text('filename')}, from ${o.hex('entry')} on, its stack at ${o.hex('esp')}`,
  sched_process_exit: (o) =>
    `process ${o.n('pid')} (${o.text('comm')}) ended with ${o.n('exit_code')} and gave back ${pages(o.n('rss'))}`,
  oom_fault_kill: (o) =>
    `process ${o.n('pid')} was killed: its fault at ${o.hex('address')} found no page, and there was nothing left to reclaim`,
  oops: (o) => `the kernel itself touched ${o.hex('address')}, where nothing is mapped: an oops`,
  kthread_run: (o) => `kernel thread ${o.n('thread')} got the CPU`,
};

/** @param errorCode of the fault: bit 0 protection, 1 write, 2 user mode */
function access(errorCode: number): string {
  const what = (errorCode & 2) === 0 ? 'read' : 'write';
  return (errorCode & 1) === 0 ? `${what} of a page that is not present` : `${what} that the entry forbids`;
}

function reuse(yes: boolean, pfn: number, address: string, count: number, slots: number): string {
  return yes
    ? `the write at ${address} keeps frame ${pfn}: nobody else has it (${count} references, ${slots} to its slot)`
    : `the write at ${address} copies frame ${pfn}: it has ${count} references, or is locked, or its slot has other users`;
}
