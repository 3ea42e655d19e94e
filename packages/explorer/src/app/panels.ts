import { CountersView } from '../views/counters/counters-view.tsx';
import { EventsView } from '../views/events/events-view.tsx';
import { FilesView } from '../views/files/files-view.tsx';
import { FrameView } from '../views/frame/frame-view.tsx';
import { ListsView } from '../views/lists/lists-view.tsx';
import { MemoryView } from '../views/memory/memory-view.tsx';
import { OomView } from '../views/oom/oom-view.tsx';
import { ProcView } from '../views/proc/proc-view.tsx';
import { SlabCacheView } from '../views/slab/slab-cache-view.tsx';
import { SlabView } from '../views/slab/slab-view.tsx';
import { SpaceView } from '../views/space/space-view.tsx';
import { SwapView } from '../views/swap/swap-view.tsx';
import { TasksView } from '../views/tasks/tasks-view.tsx';
import { TerminalView } from '../views/terminal/terminal-view.tsx';
import { TlbView } from '../views/tlb/tlb-view.tsx';
import { VmallocView } from '../views/vmalloc/vmalloc-view.tsx';
import { WalkView } from '../views/walk/walk-view.tsx';
import { WhyView } from '../views/why/why-view.tsx';
import { BuddyView } from '../views/zones/buddy-view.tsx';
import { ZonesView } from '../views/zones/zones-view.tsx';
import { MachinePanel } from './machine-panel.tsx';
import type { PanelDefinition } from './panel-definition.ts';
import { StoryPanel } from './story-panel.tsx';

/**
 * All panels, in the order of the palette. Each view brings its own entry; ids that layouts may name: memory, frame, zones, buddy,
 * tasks, space, walk, tlb, lists, slab, slab-cache, vmalloc, swap, files, oom, counters, events, why, terminal, proc, machine, scenario.
 */
export const PANELS: readonly PanelDefinition[] = [
  {
    id: 'scenario',
    title: 'Story',
    component: StoryPanel,
    about: 'The scenario: what to watch, a question, and the answer.',
    chapter: 0,
    icon: 'M8 4c-1.5-1-3.5-1-5.5-.5v9c2-.5 4-.5 5.5.5 1.5-1 3.5-1 5.5-.5v-9C11.5 3 9.5 3 8 4zM8 4v9',
  },
  {
    id: 'memory',
    title: 'Memory',
    component: MemoryView,
    about: 'Every page frame as a cell by its use: from the whole machine to the bytes of one frame.',
    chapter: 2,
    icon: 'M2 2h3v3H2zM6.5 2h3v3h-3zM11 2h3v3h-3zM2 6.5h3v3H2zM6.5 6.5h3v3h-3zM11 6.5h3v3h-3zM2 11h3v3H2zM6.5 11h3v3h-3z',
  },
  {
    id: 'frame',
    title: 'Frame',
    component: FrameView,
    about: 'The selected page frame: its use, flags, who maps it, what happened to it, its bytes.',
    chapter: 2,
    icon: 'M2 2h12v12H2zM5 6h6M5 8h6M5 10h4',
  },
  {
    id: 'zones',
    title: 'Zones',
    component: ZonesView,
    about: 'Free pages of every zone over time, against its watermarks.',
    chapter: 2,
    icon: 'M2 13h12M2 3c3 0 3 6 6 6s3-3 6-3M2 10.5h1M5 10.5h1M8 10.5h1M11 10.5h1',
  },
  {
    id: 'buddy',
    title: 'Buddy',
    component: BuddyView,
    about: 'Free lists per order, splits and merges as they happen, fragmentation.',
    chapter: 6,
    icon: 'M2 2h12v4H2zM2 8h5.5v4H2zM9 8h2v4H9zM12 8h2v4h-2z',
  },
  {
    id: 'tasks',
    title: 'Tasks',
    component: TasksView,
    about: 'All tasks with their sizes, resident pages and faults.',
    chapter: 4,
    icon: 'M2 4h2M6 4h8M2 8h2M6 8h8M2 12h2M6 12h8',
  },
  {
    id: 'space',
    title: 'Address space',
    component: SpaceView,
    about: 'The areas of a task to scale, and which of their pages are there.',
    chapter: 4,
    icon: 'M2 5h4v6H2zM7 5h1v6H7zM9 5h5v6H9z',
  },
  {
    id: 'walk',
    title: 'Page-table walk',
    component: WalkView,
    about: 'How the CPU finds an address: level by level, with the bits of every entry.',
    chapter: 3,
    icon: 'M2 3h4v3H2zM6 4.5h3v3M7 7.5h4v3H7zM11 9h3v3',
  },
  {
    id: 'tlb',
    title: 'TLB',
    component: TlbView,
    about: 'The translations that the CPU knows without a walk, and how often they were dropped.',
    chapter: 3,
    icon: 'M2 3h5v3H2zM9 3h5v3H9zM7 4.5h2M2 10h5v3H2zM9 10h5v3H9zM7 11.5h2',
  },
  {
    id: 'lists',
    title: 'Page lists',
    component: ListsView,
    about: 'The lists that pages age on, what moves pages between them, kswapd and its kin.',
    chapter: 10,
    icon: 'M2 4h9M2 8h9M2 12h9M13 3v9M11.5 10.5 13 12l1.5-1.5',
  },
  {
    id: 'slab',
    title: 'Slab caches',
    component: SlabView,
    about: 'All slab caches with their objects, slabs and the memory they hold.',
    chapter: 8,
    icon: 'M2 2h5v5H2zM9 2h5v5H9zM2 9h5v5H2zM9 9h5v5H9z',
  },
  {
    id: 'slab-cache',
    title: 'Slab cache',
    component: SlabCacheView,
    about: 'The selected cache slab by slab: colours, objects, the chain of free ones.',
    chapter: 8,
    icon: 'M2 4h12v3H2zM2 9h12v3H2zM6 4v8M10 4v8',
  },
  {
    id: 'vmalloc',
    title: 'vmalloc and kmap',
    component: VmallocView,
    about: 'Areas of vmalloc and ioremap to scale, and the slots of kmap.',
    chapter: 7,
    icon: 'M2 6h12v4H2zM5 6v4M8 6v4M12 6v4',
  },
  {
    id: 'swap',
    title: 'Swap areas',
    component: SwapView,
    about: 'Each swap area slot by slot, and where the search for a slot goes on.',
    chapter: 11,
    icon: 'M3 6h9l-3-3M13 10H4l3 3',
  },
  {
    id: 'files',
    title: 'Page cache',
    component: FilesView,
    about: 'What of each file is cached, and what is dirty.',
    chapter: 10,
    icon: 'M4 2h5l3 3v9H4zM9 2v3h3',
  },
  {
    id: 'oom',
    title: 'Out of memory',
    component: OomView,
    about: 'Who would be killed if memory ran out, by which terms, and who was.',
    chapter: 13,
    icon: 'M8 2l6 11H2zM8 6v4M8 11.5v.5',
  },
  {
    id: 'counters',
    title: 'Counters',
    component: CountersView,
    about: 'A chart of each counter over virtual time.',
    chapter: 10,
    icon: 'M2 13l4-5 3 3 5-8',
  },
  {
    id: 'events',
    title: 'Events',
    component: EventsView,
    about: 'All events, filtered by name, process and text.',
    chapter: 0,
    icon: 'M3 4h10M3 8h10M3 12h7',
  },
  {
    id: 'why',
    title: 'Why',
    component: WhyView,
    about: 'Why the selected event happened: the decision with its numbers.',
    chapter: 0,
    icon: 'M6 6a2 2 0 1 1 3 2c-1 .6-1 1-1 2M8 12.5v.5',
  },
  {
    id: 'terminal',
    title: 'Terminal',
    component: TerminalView,
    about: 'What the program prints, and what is typed.',
    chapter: 0,
    icon: 'M2 3h12v10H2zM4 6l2 2-2 2M8 10h4',
  },
  {
    id: 'proc',
    title: '/proc',
    component: ProcView,
    about: 'A /proc file of the machine, live.',
    chapter: 0,
    icon: 'M4 2h8v12H4zM6 5h4M6 8h4M6 11h2',
  },
  {
    id: 'machine',
    title: 'Machine',
    component: MachinePanel,
    about: 'What the machine is made of, where it is, and the hash of its state.',
    chapter: 0,
    icon: 'M2 3h12v8H2zM5 14h6M8 11v3',
  },
];
