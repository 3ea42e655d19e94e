import { type Operands, pages, type Sentence } from './sentence.ts';

/** Page cache, buffers, disks, swap and shared memory. */
export const STORAGE_SENTENCES: Readonly<Record<string, Sentence>> = {
  mm_filemap_add_to_page_cache: (o) => `frame ${o.n('pfn')} became ${place(o)} in the page cache`,
  mm_filemap_delete_from_page_cache: (o) => `frame ${o.n('pfn')}, ${place(o)}, left the page cache`,
  mm_shrink_dcache: (o) =>
    `at priority ${o.n('priority')} ${o.n('count')} of ${o.n('unused')} unused dentries were to go`,
  mm_shrink_icache: (o) =>
    `at priority ${o.n('priority')} ${o.n('count')} of ${o.n('unused')} unused inodes were to go`,
  mm_inode_evict: (o) => `inode ${o.n('ino')} left memory (${o.n('nlink')} links)`,
  ext2_new_block: (o) =>
    `block ${o.n('block')} of group ${o.n('group')} was taken; the aim was ${o.n('goal')}`,
  writeback_dirty_buffer: (o) => `block ${o.n('block')}, in frame ${o.n('pfn')}, became dirty`,
  balance_dirty_state: (o) => {
    const found = `${o.n('dirty')} is dirty, against ${o.n('soft')} and ${o.n('hard')} (percent times pages)`;
    if (o.n('state') < 0) return `nothing is to be written: ${found}`;
    return o.n('state') === 0 ? `bdflush is woken: ${found}` : `who writes must wait for bdflush: ${found}`;
  },
  mm_page_buffers_freed: (o) => `frame ${o.n('pfn')} lost its buffers`,
  mm_page_buffers_busy: (o) =>
    `the buffers of frame ${o.n('pfn')} could not be freed: in use, dirty or under I/O${o.yes('may_do_io') ? '; they are written now' : ''}`,
  block_rq_insert: (o) =>
    `a request was queued: ${direction(o.yes('write'))} ${o.n('nr_sector')} sectors from ${o.n('sector')} on; ${o.n('queued')} wait`,
  block_rq_issue: (o) =>
    `the disk began to ${verb(o.yes('write'))} ${o.n('nr_sector')} sectors from ${o.n('sector')} on`,
  block_rq_complete: (o) =>
    `the disk has ${o.yes('write') ? 'written' : 'read'} ${o.n('nr_sector')} sectors from ${o.n('sector')} on`,
  block_bio_backmerge: (o) => `${o.n('nr_sector')} sectors were added at the end of a waiting request`,
  block_bio_frontmerge: (o) => `${o.n('nr_sector')} sectors were added at the begin of a waiting request`,
  block_sleeprq: (o) =>
    `no request was free to ${verb(o.yes('write'))} with: the caller waits until ${o.n('batch')} are`,
  block_bh_submit: (o) =>
    `block ${o.n('block')}, in frame ${o.n('pfn')}, was handed over to be ${o.yes('write') ? 'written' : 'read'}`,
  block_bio_bounce: (o) =>
    `frame ${o.n('pfn')} is high memory, where the disk cannot reach: frame ${o.n('bounce')} stands in${o.yes('pool') ? ', from the emergency pool' : ''}`,
  swap_slot_alloc: (o) =>
    o.n('entry') === 0
      ? 'no swap slot was free'
      : `slot ${o.n('offset')} of swap area ${o.n('type')} (priority ${o.n('prio')}) was taken; ${o.n('nr_swap_pages')} are left`,
  swap_slot_free: (o) =>
    `slot ${o.n('offset')} of swap area ${o.n('type')} has no user any more; ${o.n('nr_swap_pages')} are free`,
  swap_cache_add: (o) => `frame ${o.n('pfn')} entered the swap cache, for entry ${o.hex('entry')}`,
  swap_cache_delete: (o) => `frame ${o.n('pfn')} left the swap cache, entry ${o.hex('entry')}`,
  mm_swap_page_io: (o) =>
    `frame ${o.n('pfn')} is being ${o.yes('write') ? 'written to' : 'read from'} its slot, entry ${o.hex('entry')}`,
  swap_write_saved: (o) =>
    `frame ${o.n('pfn')} need not be written to its slot (entry ${o.hex('entry')}): nobody but the cache has it`,
  swap_unuse: (o) =>
    `swapoff brought entry ${o.hex('entry')} back in frame ${o.n('pfn')}: it had ${o.n('before')} users, ${o.n('after')} are left`,
  shmem_writepage: (o) =>
    o.yes('outcome')
      ? `page ${o.n('index')} of shared memory (inode ${o.n('ino')}) goes to swap entry ${o.hex('entry')}`
      : `page ${o.n('index')} of shared memory (inode ${o.n('ino')}) stays: ${o.yes('locked') ? 'it is locked in memory' : o.yes('launder') ? 'no slot is free' : 'memory is not short'}`,
  shmem_swap_in: (o) =>
    `page ${o.n('index')} of shared memory (inode ${o.n('ino')}) is back from entry ${o.hex('entry')}, in frame ${o.n('pfn')}; ${pages(o.n('swapped'))} are still out`,
  shmem_unuse: (o) =>
    `swapoff ${o.yes('moved') ? 'moved' : 'could not move'} entry ${o.hex('entry')} into page ${o.n('index')} of shared memory (inode ${o.n('ino')})`,
  shm_newseg: (o) => `shared memory segment ${o.n('id')} of ${o.n('bytes')} bytes was made`,
  shm_open: (o) => `segment ${o.n('id')} was attached: ${o.n('nattch')} times now`,
  shm_close: (o) => `segment ${o.n('id')} was detached: still attached ${o.n('nattch')} times`,
  shm_destroy: (o) => `segment ${o.n('id')} was destroyed`,
};

function direction(write: boolean): string {
  return write ? 'to write' : 'to read';
}

function verb(write: boolean): string {
  return write ? 'write' : 'read';
}

/** A page of the page cache: of a file, or of swap, which has no inode. */
function place(o: Operands): string {
  return o.n('ino') === 0
    ? `the page of swap entry ${o.hex('index')}`
    : `page ${o.n('index')} of inode ${o.n('ino')}`;
}
