import { entries } from './entries.ts';

/** Physical memory, its allocators and its uses: chapters 2, 5 to 9. */
export const PHYSICAL = [
  ...entries(2, [
    [
      'frame',
      'frame',
      'A piece of physical memory of one page: 4096 bytes on i386. Its number is its address divided by 4096.',
    ],
    ['pfn', 'page frame number', 'Number of a frame: physical address / 4096.'],
    ['node', 'node', 'A bank of memory that is equally far from a CPU. An ordinary PC has one.'],
    [
      'zone',
      'zone',
      'A range of frames that can serve the same purposes: DMA below 16 MB, Normal up to 896 MB, HighMem above. Each has free lists and watermarks of its own.',
    ],
    ['zone-dma', 'ZONE_DMA', 'Frames below 16 MB: all that devices on the old ISA bus can reach.'],
    ['zone-normal', 'ZONE_NORMAL', 'Frames from 16 MB to 896 MB, which the kernel has mapped all the time.'],
    [
      'zone-highmem',
      'ZONE_HIGHMEM',
      'Frames above 896 MB, for which the kernel has no room in its own address space: it maps them when it needs them.',
    ],
    [
      'watermarks',
      'watermarks',
      'Three marks per zone, in free pages. Below low, kswapd is woken; below min, whoever allocates must free pages itself; at high, kswapd rests.',
    ],
    [
      'pages_min',
      'pages_min',
      'The lowest watermark, pages. Below it ordinary allocations must free memory before they get any.',
    ],
    [
      'pages_low',
      'pages_low',
      'The middle watermark, pages. An allocation that finds the zone at or below it wakes kswapd. Twice pages_min.',
    ],
    ['pages_high', 'pages_high', 'The upper watermark, pages. Up to it kswapd frees. Three times pages_min.'],
    [
      'mem_map',
      'mem_map',
      'The array of page descriptors: one struct page per frame, with its flags, count of users, and lists.',
    ],
    [
      'page-flags',
      'page flags',
      'Bits of a page descriptor: locked, dirty, referenced, on which list, and more.',
    ],
    [
      'reserved',
      'reserved',
      'Frames that the allocator never hands out: the BIOS, the kernel’s image and what it took at boot (PG_reserved).',
    ],
    [
      'kernel-frame',
      'kernel',
      'Frames that the kernel allocated for itself outside slab: stacks of tasks and its tables.',
    ],
    [
      'anonymous',
      'anonymous memory',
      'Pages of a program that no file stands behind: heap, stack, private copies. Where there is no swap they cannot be freed.',
    ],
    ['free-frame', 'free', 'A frame in a free block of the buddy allocator.'],
    [
      'dirty',
      'dirty',
      'Changed since it was read from disk, or never written there: it must be written before its frame can be used for something else.',
    ],
    ['locked', 'locked', 'I/O is under way on the page (PG_locked); who needs it waits.'],
    [
      'referenced',
      'referenced',
      'The page was used lately: a second chance when pages are chosen to be freed (PG_referenced).',
    ],
    [
      'page-count',
      'page count',
      'How many hold the frame: mappings, the page cache, buffers, the kernel. At 0 it is free.',
    ],
  ]),
  ...entries(5, [
    [
      'bootmem',
      'boot memory allocator',
      'Hands out memory before there is a page allocator: a bitmap with one bit per frame, first fit. When the machine is up, its free pages go to the buddy allocator and it retires.',
    ],
    [
      'e820',
      'BIOS memory map (e820)',
      'The BIOS’s answer to what physical memory there is: ranges that are usable, reserved, or ACPI’s.',
    ],
  ]),
  ...entries(6, [
    [
      'buddy',
      'buddy allocator',
      'Keeps free memory in blocks of 1, 2, 4 … 512 pages. A block is halved until it fits; when both halves are free again they merge.',
    ],
    [
      'order',
      'order',
      'Size of a block as a power of two: order 0 is one page, order 3 is 8, order 9 is 512.',
    ],
    [
      'split',
      'split',
      'A free block was too large: one half is used, the other goes to the list of its order.',
    ],
    ['merge', 'merge', 'A freed block met its free buddy: both become one block of the next order.'],
    ['free-list', 'free list', 'Free blocks of one order in one zone.'],
    [
      'fragmentation',
      'fragmentation',
      'Free memory in pieces too small: the share of it that lies in blocks below the order that is asked for.',
    ],
    [
      'gfp',
      'GFP flags',
      'What an allocation may do: which zones, whether it may sleep, do I/O, start file-system writes, use the reserve.',
    ],
    ['zonelist', 'zonelist', 'The zones that an allocation may use, in the order in which they are tried.'],
    ['page-owner', 'page owner', 'The event that allocated a frame.'],
  ]),
  ...entries(7, [
    [
      'vmalloc',
      'vmalloc',
      'Memory that is contiguous in the kernel’s addresses, but made of single frames: for modules and large tables. Between two areas one page stays unmapped, to catch overruns.',
    ],
    [
      'guard-page',
      'guard page',
      'The unmapped page behind each vmalloc area: an access there is a fault instead of damage.',
    ],
  ]),
  ...entries(8, [
    [
      'slab',
      'slab',
      'One or more frames cut into objects of the same size, so that the kernel need not waste a page on a small struct.',
    ],
    [
      'slab-cache',
      'slab cache',
      'All slabs of one kind of object, such as vm_area_struct: slabs that are full, partial and free.',
    ],
    [
      'slab-colour',
      'colour',
      'How far the first object of a slab is shifted, so that objects of different slabs fall into different lines of the CPU’s cache.',
    ],
    [
      'free-chain',
      'free chain',
      'The free objects of a slab, linked by number: the next allocation takes the first.',
    ],
    ['active-objects', 'active objects', 'Objects of a cache that are in use.'],
    [
      'kmalloc',
      'kmalloc',
      'Memory of any size up to 128 kB from caches of 32, 64, 128 … bytes (size-32, size-64 …).',
    ],
    ['per-cpu-objects', 'per-CPU objects', 'A few free objects of a cache kept for one CPU, without a lock.'],
  ]),
  ...entries(9, [
    [
      'highmem',
      'high memory',
      'Frames above 896 MB. The kernel’s gigabyte of addresses cannot hold them all, so it maps one when it needs it.',
    ],
    ['kmap', 'kmap', 'Maps a high frame at one of 1024 slots (pkmap); the mapping stays until kunmap.'],
    [
      'pkmap',
      'pkmap',
      'The 1024 slots of kmap. A count per slot: 0 free, 1 unused but still in the TLB, more: in use.',
    ],
    [
      'bounce-buffer',
      'bounce buffer',
      'A low frame through which a device that cannot reach high memory reads and writes.',
    ],
    ['buffers', 'buffers', 'Pages with blocks of a disk as such: file-system tables, not contents of files.'],
  ]),
];
