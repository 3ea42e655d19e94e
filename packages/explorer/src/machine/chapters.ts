/** Chapters of Mel Gorman's *Understanding the Linux Virtual Memory Manager*, by the kernel's source files. */
const CHAPTERS: readonly (readonly [files: RegExp, chapter: string])[] = [
  [/bootmem|setup\.c/, '5 Boot Memory Allocator'],
  [/page_alloc/, '6 Physical Page Allocation'],
  [/vmalloc|ioremap/, '7 Noncontiguous Memory Allocation'],
  [/slab/, '8 Slab Allocator'],
  [/highmem|fixmap/, '9 High Memory Management'],
  [/oom_kill/, '13 Out of Memory Management'],
  [/shmem|ipc\/shm/, '12 Shared Memory Virtual Filesystem'],
  [/swapfile|swap_state|page_io/, '11 Swap Management'],
  [/fs\/exec/, '4 Process Address Space'],
  [/vmscan|mm\/swap\.c|filemap|fs\/|drivers\/block/, '10 Page Frame Reclamation'],
  [/pgalloc|mmu_context|smp\.c|init\.c|pgtable/, '3 Page Table Management'],
  [/mm\/|fault|kernel\/|include\/linux\/mm|entry/, '4 Process Address Space'],
];

/** The chapter that tells of a tracepoint's surroundings. @param origin `mm/vmscan.c shrink_cache()` */
export function chapterOf(origin: string): string {
  return CHAPTERS.find(([files]) => files.test(origin))?.[1] ?? '';
}
