import { type CacheView, cacheView, cacheViews, type SlabView, slabViews } from '@pagewalk/lab';
import { type KmemCache, SLAB } from '@pagewalk/mm';
import { Command } from 'commander';
import { UsageError } from '../errors.ts';
import { lookAtMachine } from '../look.ts';
import { addLookOptions, addMachineOptions, type LookOptions } from '../machine-options.ts';
import { print, printJson } from '../output/print.ts';
import { renderTable } from '../output/table.ts';
import { grouped, hex32, terminalWidth, wrap } from '../output/text.ts';

/** Free objects of a chain that the drawing names. */
const CHAIN_SHOWN = 16;

/** `pagewalk slab`: all slab caches, or one of them slab by slab. */
export function slabCommand(): Command {
  return addLookOptions(addMachineOptions(new Command('slab'), '64M, with --after 256M'))
    .description(
      'list the slab caches, or draw one cache slab by slab: colour, objects, chain of free objects',
    )
    .argument('[cache]', 'name of a cache, as in the list')
    .addHelpText(
      'after',
      `
Examples:
  pagewalk slab
  pagewalk slab size-64 --memory 128M
  pagewalk slab vm_area_struct --after packages/lab/recordings/sort.pwt --at 20000
  pagewalk slab --cpus 2 --json`,
    )
    .action(async (name: string | undefined, options: LookOptions) => {
      const session = await lookAtMachine(options);
      const { kernel } = session;
      const { slab } = kernel;
      const cache = name === undefined ? null : slab.find(name);
      if (name !== undefined && cache === null) throw new UsageError(noSuchCache(name, slab.chain));
      const caches = cache === null ? cacheViews(slab) : [cacheView(slab, cache)];
      const slabs = cache === null ? null : slabViews(slab, cache);
      const hashes = session.hashes();
      session.finish();
      if (options.json) {
        printJson({
          command: 'slab',
          machine: session.machine,
          after: options.after ?? null,
          event: kernel.trace.seq,
          caches,
          slabs,
          ...hashes,
        });
        return;
      }
      if (slabs === null) {
        print(renderTable(COLUMNS, caches.map(row)));
        print('');
        for (const line of wrap(LEGEND, terminalWidth())) print(line);
      } else printCache(caches[0] as CacheView, slabs);
    });
}

function noSuchCache(name: string, chain: Iterable<KmemCache>): string {
  const names = [...chain].map((cache) => cache.name);
  const alike = names.filter((other) => other.includes(name) || name.includes(other));
  const shown = (alike.length > 0 ? alike : names).slice(0, 8);
  return `slab ${name.slice(0, 40)}: this machine has no such cache\nAllowed: ${shown.join(', ')}${names.length > shown.length ? ' …; "pagewalk slab" lists all' : ''}`;
}

const COLUMNS = [
  { head: 'cache' },
  { head: 'size', right: true },
  { head: 'active', right: true },
  { head: 'objects', right: true },
  { head: 'slabs', right: true },
  { head: 'pages', right: true },
  { head: 'each', right: true },
  { head: 'col', right: true },
  { head: 'slab_t' },
] as const;

const LEGEND =
  '(size: bytes of an object; each: objects of a slab; col: colours; slab_t: whether slab descriptors are on the slab)';

function row(view: CacheView): string[] {
  return [
    view.name,
    String(view.objectBytes),
    grouped(view.activeObjects),
    grouped(view.objects),
    grouped(view.slabs),
    grouped(view.slabs * view.pagesPerSlab),
    String(view.objectsPerSlab),
    String(view.colours),
    view.offSlab ? 'off' : 'on',
  ];
}

function printCache(view: CacheView, slabs: readonly SlabView[]): void {
  const paragraph = (text: string): void => {
    for (const line of wrap(text, terminalWidth())) print(line);
  };
  print(`${view.name}  descriptor at ${hex32(view.address)}`);
  paragraph(
    `${view.activeObjects} of ${view.objects} objects in use, ${view.objectBytes} bytes each; ` +
      `${view.slabs} slabs of ${pages(view.pagesPerSlab)} with ${view.objectsPerSlab} objects`,
  );
  paragraph(
    `${view.colours} colours, ${view.colourBytes} bytes apart, the next slab gets ${view.nextColour}; ` +
      `slab descriptors of ${view.descriptorBytes} bytes are ${view.offSlab ? `in ${view.descriptorCache}` : 'on the slab'}; ` +
      `${view.unusedBytes} bytes of a slab are left over`,
  );
  paragraph(`flags ${flagNames(view.flags)}`);
  view.cpuObjects.forEach((objects, cpu) => {
    print(`CPU ${cpu}: ${objects} free objects in its array`);
  });
  for (const list of ['full', 'partial', 'free'] as const) {
    const here = slabs.filter((slab) => slab.list === list);
    print('');
    print(`slabs_${list}${here.length === 0 ? ': empty' : ''}`);
    for (const slab of here) printSlab(view, slab);
  }
  if (slabs.length > 0) {
    print('');
    print(
      `(# in use, . free${view.cpuObjects.length > 0 ? ", c in a CPU's array" : ''}; the chain begins with the next)`,
    );
  }
}

function printSlab(view: CacheView, slab: SlabView): void {
  const where =
    slab.descriptor === slab.address + slab.colourOffset ? '' : `, slab_t ${hex32(slab.descriptor)}`;
  const line = `${hex32(slab.address)}  page ${slab.pfn.toString(16)}, colour ${slab.colourOffset}${where}, ${slab.inUse} in use, objects from ${hex32(slab.firstObject)}`;
  for (const text of wrap(line, terminalWidth() - 2)) print(`  ${text}`);
  const width = Math.max(16, terminalWidth() - 14);
  for (let at = 0; at < view.objectsPerSlab; at += width) {
    print(`  ${String(at).padStart(8)}  ${slab.map.slice(at, at + width)}`);
  }
  if (slab.freeChain.length === 0) return;
  const shown = slab.freeChain.slice(0, CHAIN_SHOWN).join(' > ');
  const more = slab.freeChain.length > CHAIN_SHOWN ? ` > … (${slab.freeChain.length})` : '';
  for (const text of wrap(`free: ${shown}${more}`, terminalWidth() - 12)) print(`            ${text}`);
}

function pages(count: number): string {
  return count === 1 ? '1 page' : `${count} pages`;
}

/** Flags by the names that kmem_cache_create() takes; those that it sets itself are left out. */
function flagNames(flags: number): string {
  const names = Object.entries(SLAB).filter(([, bit]) => (flags & bit) !== 0);
  return names.length === 0 ? 'none' : names.map(([name]) => `SLAB_${name}`).join(' ');
}
