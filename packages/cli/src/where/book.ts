/** Where Mel Gorman's *Understanding the Linux Virtual Memory Manager* tells of a kernel function. */

/** Chapters that have a room here. */
const CHAPTERS: Readonly<Record<number, string>> = {
  2: 'Describing Physical Memory',
  3: 'Page Table Management',
  4: 'Process Address Space',
  5: 'Boot Memory Allocator',
  6: 'Physical Page Allocation',
  7: 'Noncontiguous Memory Allocation',
  8: 'Slab Allocator',
  9: 'High Memory Management',
  10: 'Page Frame Reclamation',
  11: 'Swap Management',
  12: 'Shared Memory Virtual Filesystem',
  13: 'Out of Memory Management',
};

/** The chapter of each room of packages/mm/src; rooms that the book has no chapter for are missing. */
const ROOMS: Readonly<Record<string, number>> = {
  arch: 3,
  physical: 2,
  'boot-memory': 5,
  'page-allocator': 6,
  'page-tables': 3,
  slab: 8,
  vmalloc: 7,
  highmem: 9,
  'page-cache': 10,
  swap: 11,
  'address-space': 4,
  shmem: 12,
  reclaim: 10,
  oom: 13,
};

/** Sections, each with patterns of the kernel names that it is about. The first that fits wins. */
const SECTIONS: readonly (readonly [section: string, title: string, names: RegExp])[] = [
  ['2.1', 'Nodes', /^(pgdat_list|pglist_data|for_each_pgdat|NODE_DATA)$/],
  [
    '2.2',
    'Zones',
    /^(zone_struct|zone_t|calculate_totalpages|wait_table_\w+|wait_on_page|unlock_page|free_area_init_core)$/,
  ],
  ['2.3', 'Zone Initialization', /^(free_area_init(_node)?|build_zonelists|setup_memory|zone_sizes_init)$/],
  ['2.4', 'Pages', /^(mem_map|page_zone|set_page_zone|PG_\w+|get_page|put_page|page_count)$/],
  ['2.5', 'High Memory', /^(one_highpage_init|totalhigh_pages|nr_free_highpages)$/],
  ['3.2', 'Describing a Page Table Entry', /^(_?PAGE_\w+|pgprot_\w+|protection_map)$/],
  [
    '3.3',
    'Using Page Table Entries',
    /^(pte_(present|read|write|exec|dirty|young|rdprotect|mk\w+|none|modify)|pmd_(none|bad|present|offset)|pgd_(offset|index|none)|pte_offset\w*|__pte_offset)$/,
  ],
  ['3.4', 'Translating and Setting Page Table Entries', /^(mk_pte\w*|set_pte|pte_page|pte_clear|ptep_\w+)$/],
  [
    '3.5',
    'Allocating and Freeing Page Tables',
    /^(pgd_alloc|pgd_free|get_pgd_\w+|pte_alloc\w*|pmd_alloc\w*|pte_free\w*|pmd_free\w*|free_pgd\w*|check_pgt_cache|do_check_pgt_cache|\w*quicklist|pgtable_cache_size|free_pgtables|clear_page_tables|free_one_p\w+)$/,
  ],
  [
    '3.6',
    'Kernel Page Tables',
    /^(pagetable_init|paging_init|fixrange_init|startup_32|zap_low_mappings|swapper_pg_dir|kmap_init)$/,
  ],
  ['3.7', 'Mapping Addresses to a struct page', /^(virt_to_phys|virt_to_page|phys_to_virt|__pa|__va)$/],
  [
    '3.8',
    'Translation Lookaside Buffer (TLB)',
    /^(flush_tlb_\w+|switch_mm|enter_lazy_tlb|update_mmu_cache|cpu_tlbstate|smp_invalidate_interrupt)$/,
  ],
  [
    '4.2',
    'Managing the Address Space',
    /^(sys_fork|do_fork|copy_mm|switch_mm|activate_mm|sys_execve|do_execve|exec_mmap)$/,
  ],
  [
    '4.3',
    'Process Address Space Descriptor',
    /^(mm_alloc|mm_init|mmput|mmdrop|__mmdrop|mm_struct|allocate_mm|free_mm|exit_mm|exit_mmap|init_mm|dup_mmap|mm_release)$/,
  ],
  [
    '4.4',
    'Memory Regions',
    /^(vm_area_struct|vm_operations_struct|find_vma\w*|get_unmapped_area|arch_get_unmapped_area|do_mmap\w*|do_munmap|vma_merge|can_vma_merge|unmap_fixup|split_vma|insert_vm_struct|__insert_vm_struct|vma_link|__vma_link|sys_mremap|do_mremap|move_vma|move_page_tables|sys_m(un)?lock(all)?|do_mlock(all)?|mlock_fixup\w*|sys_mprotect|mprotect_fixup\w*|sys_brk|do_brk|sys_munmap|old_mmap|sys_mmap2|do_mmap2|expand_stack|zap_page_range|build_mmap_rb)$/,
  ],
  ['4.5', 'Exception Handling', /^(search_exception_table|fixup_exception)$/],
  [
    '4.6',
    'Page Faulting',
    /^(do_page_fault|handle_mm_fault|handle_pte_fault|do_no_page|do_anonymous_page|do_wp_page|do_swap_page|break_cow|copy_cow_page)$/,
  ],
  [
    '4.7',
    'Copying To/From Userspace',
    /^(copy_(to|from)_user|__(generic_)?copy_\w+|get_user|put_user|strn\w+_user|clear_user|access_ok|verify_area)$/,
  ],
  ['5.1', 'Representing the Boot Map', /^(bootmem_data|bootmem_data_t)$/],
  [
    '5.2',
    'Initializing the Boot Memory Allocator',
    /^(init_bootmem(_node|_core)?|setup_memory|register_bootmem_low_pages|reserve_bootmem\w*)$/,
  ],
  ['5.3', 'Allocating Memory', /^(__)?alloc_bootmem\w*$/],
  ['5.4', 'Freeing Memory', /^free_bootmem\w*$/],
  [
    '5.5',
    'Retiring the Boot Memory Allocator',
    /^(free_all_bootmem\w*|mem_init|free_pages_init|free_initmem)$/,
  ],
  ['6.1', 'Managing Free Blocks', /^(free_area_struct|MARK_USED|free_area_t)$/],
  [
    '6.2',
    'Allocating Pages',
    /^(_?_?alloc_pages?\w*|rmqueue|expand|balance_classzone|__?get_free_pages?|get_zeroed_page|__get_dma_pages)$/,
  ],
  ['6.3', 'Free Pages', /^(_?_?free_pages?(_ok)?)$/],
  ['6.4', 'Get Free Page (GFP) Flags', /^(__GFP_\w*|GFP_\w+)\*?$/],
  ['7.1', 'Describing Virtual Memory Areas', /^(vm_struct|vmlist|get_vm_area)$/],
  [
    '7.2',
    'Allocating a Noncontiguous Area',
    /^(__?vmalloc\w*|vmalloc\w*|vmap|vmalloc_area_pages|__vmalloc_area_pages|alloc_area_p\w+|map_area_p\w+)$/,
  ],
  ['7.3', 'Freeing a Noncontiguous Area', /^(vfree|__vfree|vunmap|vmfree_area_pages|free_area_p\w+)$/],
  [
    '8.1',
    'Caches',
    /^(kmem_cache_(create|estimate|reap|shrink|destroy|grow)|__kmem_cache_shrink\w*|kmem_cache_s|kmem_find_general_cachep)$/,
  ],
  ['8.2', 'Slabs', /^(kmem_cache_slabmgmt|kmem_slab_destroy|slab_bufctl|slab_s|kmem_slab_\w+)$/],
  ['8.3', 'Objects', /^(kmem_cache_init_objs|__?kmem_cache_(alloc|free)\w*|kmem_cache_(alloc|free)\w*)$/],
  ['8.4', 'Sizes Cache', /^(kmalloc|kfree|kmem_cache_sizes_init|cache_sizes)$/],
  [
    '8.5',
    'Per-CPU Object Cache',
    /^(cc_\w+|cpucache_s|enable_cpucache|enable_all_cpucaches|free_block|__free_block|kmem_tune_cpucache|smp_\w*cpus?|do_ccupdate_local|drain_cpu_caches)$/,
  ],
  ['8.6', 'Slab Allocator Initialization', /^(kmem_cache_init|cache_cache|kmem_cpucache_init)$/],
  ['8.7', 'Interfacing with the Buddy Allocator', /^(kmem_getpages|kmem_freepages)$/],
  ['9.1', 'Managing the PKMap Address Space', /^(pkmap_\w+|LAST_PKMAP|PKMAP_\w+)$/],
  [
    '9.2',
    'Mapping High Memory Pages',
    /^(kmap|kmap_high|map_new_virtual|kunmap|kunmap_high|flush_all_zero_pkmaps|kmap_nonblock|__kmap)$/,
  ],
  ['9.3', 'Mapping High Memory Pages Atomically', /^(kmap_atomic|kunmap_atomic|km_type)$/],
  ['9.4', 'Bounce Buffers', /^(create_bounce|alloc_bounce_\w+|copy_\w+_bh_high\w*|bounce_end_io\w*)$/],
  ['9.5', 'Emergency Pools', /^(init_emergency_pool|emergency_\w+)$/],
  [
    '10.2',
    'Page Cache',
    /^(add_to_page_cache\w*|__add_to_page_cache|find_\w+_page|__find_\w+|remove_inode_page|page_hash\w*|page_cache_\w+|generic_file_\w+|do_generic_file_read|filemap_\w+|grab_cache_page|read_cache_page)$/,
  ],
  [
    '10.3',
    'LRU Lists',
    /^(lru_cache_\w+|activate_page\w*|mark_page_accessed|refill_inactive|shrink_cache|del_page_from_\w+|add_page_to_\w+)$/,
  ],
  ['10.4', 'Shrinking All Caches', /^(shrink_caches|try_to_free_pages\w*|shrink_[di]\w+_memory)$/],
  ['10.5', 'Swapping Out Process Pages', /^(swap_out\w*|try_to_swap_out)$/],
  ['10.6', 'Pageout Daemon (kswapd)', /^(kswapd\w*|wakeup_kswapd|balance_pgdat|kswapd_balance\w*)$/],
  [
    '12.1',
    'Initializing the Virtual Filesystem',
    /^(init_shmem_fs|init_tmpfs|shmem_read_super|shmem_set_size)$/,
  ],
  ['12.2', 'Using shmem Functions', /^(shmem_zero_setup|shmem_(file|inode|dir)_\w*operations|shmem_vm_ops)$/],
  ['12.3', 'Creating Files in tmpfs', /^(shmem_create|shmem_mknod|shmem_get_inode)$/],
  [
    '12.4',
    'Page Faulting Within a Virtual File',
    /^(shmem_nopage|shmem_getpage\w*|shmem_swp_\w+|shmem_writepage)$/,
  ],
  [
    '12.5',
    'File Operations in tmpfs',
    /^(shmem_file_(read|write)|do_shmem_file_read|shmem_mmap|shmem_sync_file)$/,
  ],
  [
    '12.6',
    'Inode Operations in tmpfs',
    /^(shmem_truncate\w*|shmem_link|shmem_unlink|shmem_rmdir|shmem_notify_change|shmem_delete_inode)$/,
  ],
  ['12.7', 'Setting Up Shared Regions', /^(shmem_file_setup)$/],
  ['12.8', 'System V IPC', /^(sys_shm\w+|newseg|shm_\w+|ipc_\w+)$/],
  ['13.1', 'Checking Available Memory', /^vm_enough_memory$/],
  ['13.2', 'Determining OOM Status', /^out_of_memory$/],
  ['13.3', 'Selecting a Process', /^(select_bad_process|badness)$/],
  ['13.4', 'Killing the Selected Process', /^(oom_kill|oom_kill_task|mm_oom_kill)$/],
];

/** A place in the book. */
export interface BookPlace {
  readonly chapter: number;
  readonly title: string;
  /** `6.2`; null: the chapter as a whole. */
  readonly section: string | null;
  readonly sectionTitle: string | null;
}

/** The room of a file: the folder below packages/mm/src; null when it lies in none. */
export function roomOf(file: string): string | null {
  return /^packages\/mm\/src\/([^/]+)\/[^/]/.exec(file)?.[1] ?? null;
}

/** Where the book tells of the kernel's `name`, whose code here lies in `room`; null: nowhere. */
export function bookPlace(name: string, room: string | null): BookPlace | null {
  const found = SECTIONS.find(([, , names]) => names.test(name));
  const chapter =
    found === undefined ? (room === null ? undefined : ROOMS[room]) : Number.parseInt(found[0], 10);
  if (chapter === undefined) return null;
  return {
    chapter,
    title: CHAPTERS[chapter] as string,
    section: found?.[0] ?? null,
    sectionTitle: found?.[1] ?? null,
  };
}
