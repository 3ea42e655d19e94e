import { areaKind, type CacheView, cacheViews } from '@pagewalk/lab';
import { freeBlockCounts, type Kernel } from '@pagewalk/mm';
import { Command } from 'commander';
import { lookAtMachine } from '../look.ts';
import { addLookOptions, addMachineOptions, type LookOptions } from '../machine-options.ts';
import { print, printJson } from '../output/print.ts';
import { type Column, renderTable } from '../output/table.ts';
import { grouped, hex32, humanBytes } from '../output/text.ts';

const PAGE = 4096;

type KmemOptions = LookOptions & {
  readonly i?: true;
  readonly s?: true;
  readonly v?: true;
  readonly z?: true;
  readonly f?: true;
};

/** `pagewalk kmem`: kernel memory as crash's command of the same name tells it. */
export function kmemCommand(): Command {
  return addLookOptions(addMachineOptions(new Command('kmem'), '64M, with --after 256M'))
    .description('kernel memory, in the manner of the same command of crash (without an option: -i)')
    .option('-i', 'totals: free and used memory, page cache, slab, high and low memory, swap')
    .option('-s', 'slab caches')
    .option('-v', 'areas of vmalloc and ioremap (vmlist)')
    .option('-z', 'zones: sizes, free pages, watermarks')
    .option('-f', 'free lists of each zone')
    .addHelpText(
      'after',
      `
Examples:
  pagewalk kmem
  pagewalk kmem -z -f --memory 1G
  pagewalk kmem -s --after packages/lab/recordings/sort.pwt --at 20000
  pagewalk kmem -i -s -v -z --json`,
    )
    .action(async (options: KmemOptions) => {
      const session = await lookAtMachine(options);
      const { kernel } = session;
      const usual = options.s ?? options.v ?? options.z ?? options.f;
      const usage = (options.i ?? !usual) ? usageOf(kernel) : null;
      const slab = options.s ? cacheViews(kernel.slab) : null;
      const areas = options.v ? areasOf(kernel) : null;
      const zones = options.z || options.f ? zonesOf(kernel) : null;
      const hashes = session.hashes();
      session.finish();
      if (options.json) {
        printJson({
          command: 'kmem',
          machine: session.machine,
          after: options.after ?? null,
          event: kernel.trace.seq,
          usage,
          slab,
          areas,
          zones,
          ...hashes,
        });
        return;
      }
      const parts: string[] = [];
      if (usage !== null) parts.push(usageText(usage));
      if (slab !== null) parts.push(slabText(slab));
      if (areas !== null) parts.push(areasText(areas));
      if (zones !== null && options.z) parts.push(renderTable(ZONE_COLUMNS, zones.map(zoneRow)));
      if (zones !== null && options.f) parts.push(...zones.filter(({ size }) => size > 0).map(freeText));
      print(parts.join('\n\n'));
    });
}

/** Totals, in pages. */
interface Usage {
  readonly total: number;
  readonly free: number;
  readonly used: number;
  /** Frames that more than one user has. */
  readonly shared: number;
  readonly buffers: number;
  readonly cached: number;
  readonly slab: number;
  readonly totalHigh: number;
  readonly freeHigh: number;
  readonly totalLow: number;
  readonly freeLow: number;
  readonly totalSwap: number;
  readonly swapUsed: number;
  readonly swapFree: number;
}

function usageOf(kernel: Kernel): Usage {
  const { allocator, memMap, pageCache, physical } = kernel;
  const meminfo = kernel.proc('meminfo');
  const swap = (name: string): number =>
    Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(meminfo)?.[1] ?? 0) / 4;
  const total = physical.totals.totalram;
  const free = allocator.nrFreePages();
  const totalHigh = physical.totals.totalhigh;
  const freeHigh = allocator.nrFreeHighpages();
  let shared = 0;
  for (let pfn = 0; pfn < memMap.frames; pfn++) if ((memMap.count[pfn] as number) > 1) shared++;
  const slab = cacheViews(kernel.slab).reduce((sum, view) => sum + view.slabs * view.pagesPerSlab, 0);
  return {
    total,
    free,
    used: total - free,
    shared,
    buffers: pageCache.buffermemPages,
    cached: pageCache.pageCacheSize - pageCache.buffermemPages,
    slab,
    totalHigh,
    freeHigh,
    totalLow: total - totalHigh,
    freeLow: free - freeHigh,
    totalSwap: swap('SwapTotal'),
    swapUsed: swap('SwapTotal') - swap('SwapFree'),
    swapFree: swap('SwapFree'),
  };
}

function usageText(usage: Usage): string {
  const share = (part: number, whole: number, of: string): string =>
    `${whole === 0 ? 0 : Math.floor((part * 100) / whole)}% of ${of}`;
  const { total, totalSwap } = usage;
  const rows: [string, number, string][] = [
    ['TOTAL MEM', total, '----'],
    ['FREE', usage.free, share(usage.free, total, 'TOTAL MEM')],
    ['USED', usage.used, share(usage.used, total, 'TOTAL MEM')],
    ['SHARED', usage.shared, share(usage.shared, total, 'TOTAL MEM')],
    ['BUFFERS', usage.buffers, share(usage.buffers, total, 'TOTAL MEM')],
    ['CACHED', usage.cached, share(usage.cached, total, 'TOTAL MEM')],
    ['SLAB', usage.slab, share(usage.slab, total, 'TOTAL MEM')],
    ['TOTAL HIGH', usage.totalHigh, share(usage.totalHigh, total, 'TOTAL MEM')],
    ['FREE HIGH', usage.freeHigh, share(usage.freeHigh, usage.totalHigh, 'TOTAL HIGH')],
    ['TOTAL LOW', usage.totalLow, share(usage.totalLow, total, 'TOTAL MEM')],
    ['FREE LOW', usage.freeLow, share(usage.freeLow, usage.totalLow, 'TOTAL LOW')],
    ['TOTAL SWAP', totalSwap, '----'],
    ['SWAP USED', usage.swapUsed, share(usage.swapUsed, totalSwap, 'TOTAL SWAP')],
    ['SWAP FREE', usage.swapFree, share(usage.swapFree, totalSwap, 'TOTAL SWAP')],
  ];
  const columns: Column[] = [
    { head: '', right: true },
    { head: 'PAGES', right: true },
    { head: 'TOTAL', right: true },
    { head: 'PERCENTAGE' },
  ];
  return renderTable(
    columns,
    rows.map(([name, count, part]) => [name, grouped(count), humanBytes(count * PAGE), part]),
  );
}

function slabText(views: readonly CacheView[]): string {
  const columns: Column[] = [
    { head: 'CACHE' },
    { head: 'NAME' },
    { head: 'OBJSIZE', right: true },
    { head: 'ALLOCATED', right: true },
    { head: 'TOTAL', right: true },
    { head: 'SLABS', right: true },
    { head: 'SSIZE', right: true },
  ];
  return renderTable(
    columns,
    views.map((view) => [
      hex32(view.address),
      view.name,
      String(view.objectBytes),
      // Objects in the arrays of the CPUs are free for whoever runs there.
      String(view.activeObjects - view.cpuObjects.reduce((sum, objects) => sum + objects, 0)),
      String(view.objects),
      String(view.slabs),
      `${view.pagesPerSlab * 4}k`,
    ]),
  );
}

interface Area {
  /** Address of its struct vm_struct. */
  readonly descriptor: number;
  readonly start: number;
  /** Bytes, guard page included. */
  readonly size: number;
  readonly kind: string;
}

function areasOf(kernel: Kernel): Area[] {
  return [...kernel.vmalloc.vmlist()].map(({ descriptor, addr, size, flags }) => ({
    descriptor,
    start: addr,
    size,
    kind: areaKind(flags),
  }));
}

function areasText(areas: readonly Area[]): string {
  if (areas.length === 0) return '  no areas of vmalloc or ioremap';
  const columns: Column[] = [
    { head: 'VM_STRUCT' },
    { head: 'ADDRESS RANGE' },
    { head: 'SIZE', right: true },
    { head: 'KIND' },
  ];
  return renderTable(
    columns,
    areas.map(({ descriptor, start, size, kind }) => [
      hex32(descriptor),
      `${hex32(start)} - ${hex32(start + size)}`,
      String(size),
      kind,
    ]),
  );
}

interface ZoneInfo {
  readonly node: number;
  readonly index: number;
  readonly name: string;
  /** Pages. */
  readonly size: number;
  readonly free: number;
  readonly min: number;
  readonly low: number;
  readonly high: number;
  readonly startPfn: number;
  /** Kernel address of the zone's first page descriptor. */
  readonly memMap: number;
  /** Free blocks of 1, 2, 4 … 512 pages. */
  readonly freeBlocks: readonly number[];
}

function zonesOf(kernel: Kernel): ZoneInfo[] {
  const { physical, memMap } = kernel;
  return kernel.allocator.zones.map((zone) => ({
    node: zone.nodeId,
    index: zone.index,
    name: zone.name,
    size: zone.size,
    free: zone.freePages,
    min: zone.pagesMin,
    low: zone.pagesLow,
    high: zone.pagesHigh,
    startPfn: zone.startPfn,
    memMap: (0xc0000000 + physical.memMapAddress + zone.startPfn * physical.pageBytes) >>> 0,
    freeBlocks: freeBlockCounts(memMap, zone),
  }));
}

const ZONE_COLUMNS: readonly Column[] = [
  { head: 'ZONE', right: true },
  { head: 'NAME' },
  { head: 'SIZE', right: true },
  { head: 'FREE', right: true },
  { head: 'MIN', right: true },
  { head: 'LOW', right: true },
  { head: 'HIGH', right: true },
  { head: 'MEM_MAP' },
  { head: 'START_PADDR', right: true },
];

function zoneRow(zone: ZoneInfo): string[] {
  return [
    String(zone.index),
    zone.node === 0 ? zone.name : `${zone.name}/${zone.node}`,
    String(zone.size),
    String(zone.free),
    String(zone.min),
    String(zone.low),
    String(zone.high),
    hex32(zone.memMap),
    (zone.startPfn * PAGE).toString(16),
  ];
}

function freeText(zone: ZoneInfo): string {
  const columns: Column[] = [
    { head: 'AREA', right: true },
    { head: 'SIZE', right: true },
    { head: 'BLOCKS', right: true },
    { head: 'PAGES', right: true },
  ];
  const rows = zone.freeBlocks.map((blocks, order) => [
    String(order),
    `${4 << order}k`,
    String(blocks),
    String(blocks << order),
  ]);
  const name = zone.node === 0 ? zone.name : `${zone.name} (node ${zone.node})`;
  return `  zone ${zone.index} ${name}, ${zone.free} of ${zone.size} pages free\n${renderTable(columns, rows)}`;
}
