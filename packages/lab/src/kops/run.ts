/** Running kops scripts: one result line an operation. */
import {
  type Addr,
  type BootAllocator,
  ConfigError,
  GFP_VMALLOC,
  type Kernel,
  KernelBug,
  KernelPanic,
  type KmemCache,
  type Pfn,
} from '@pagewalk/mm';
import { Belongings, hex } from './belongings.ts';
import { dumpAreas, dumpCache, dumpCaches, dumpFree, dumpKmap, dumpZones } from './dumps.ts';
import { KopsError } from './kops-error.ts';
import type { OperationName } from './operations.ts';
import type { KernelOp, KopsScript, Operand } from './script.ts';
import { objectAt } from './slab-view.ts';

const PAGE = 4096;
const PAGE_OFFSET = 0xc0000000;

/** Takes one line of the result. */
export type OnKopsLine = (line: string) => void;

/** What a name of the script holds. */
type Value =
  | { readonly kind: 'page'; readonly pfn: Pfn }
  | { readonly kind: 'address'; readonly address: Addr }
  | { readonly kind: 'cache'; readonly cache: KmemCache | null; readonly script: boolean }
  | { readonly kind: 'number'; readonly number: number };

/** The answer to an operation: a text for the line, and what a name may keep. */
interface Answer {
  readonly text: string;
  readonly value?: Value;
  /** Lines that follow. */
  readonly more?: readonly string[];
}

/** An operation that the kernel would answer with an oops or a BUG(), found before it did anything. */
class Refusal extends Error {
  override readonly name = 'Refusal';
}

type BootName = 'alloc_bootmem' | 'alloc_bootmem_low' | 'alloc_bootmem_pages' | 'alloc_bootmem_low_pages';

const BOOT_CALLS: Readonly<Record<BootName, (bootmem: BootAllocator, size: number) => number>> = {
  alloc_bootmem: (bootmem, size) => bootmem.alloc(size),
  alloc_bootmem_low: (bootmem, size) => bootmem.allocLow(size),
  alloc_bootmem_pages: (bootmem, size) => bootmem.allocPages(size),
  alloc_bootmem_low_pages: (bootmem, size) => bootmem.allocLowPages(size),
};

/** A run of a script: {@link bootDriver} goes to boot, then {@link run} runs the rest on the machine. */
export class KopsRun {
  readonly #script: KopsScript;
  readonly #onLine: OnKopsLine;
  readonly #values = new Map<string, Value>();
  readonly #booted: { readonly op: KernelOp; readonly address: Addr }[] = [];
  #kernel!: Kernel;
  #mine!: Belongings;
  #logLines = 0;

  constructor(script: KopsScript, onLine: OnKopsLine) {
    this.#script = script;
    this.#onLine = onLine;
  }

  /**
   * Runs the operations of the boot phase; to be given to boot() as `bootDriver`.
   *
   * @throws KopsError when the kernel panics
   */
  readonly bootDriver = (bootmem: BootAllocator): void => {
    for (const op of this.#script.boot) {
      try {
        const physical = BOOT_CALLS[op.name as BootName](bootmem, number(op.operands[0]));
        this.#booted.push({ op, address: PAGE_OFFSET + physical });
      } catch (error) {
        if (!(error instanceof KernelPanic)) throw error;
        throw new KopsError(this.#script.name, op.line, `the machine does not boot: panic: ${error.message}`);
      }
    }
  };

  /**
   * Runs the script on the machine that was booted with {@link bootDriver}.
   *
   * @param after called after each operation
   * @returns false when a BUG() in the midst of an operation ended the script
   */
  run(kernel: Kernel, after?: () => void): boolean {
    this.#kernel = kernel;
    this.#mine = new Belongings(kernel);
    this.#onLine(`# kops-result v1 release=${kernel.release}`);
    this.#logLines = kernel.bootLog.length;
    for (const { op, address } of this.#booted) {
      this.#mine.boot.push({ start: address, end: address + number(op.operands[0]) });
      this.#answer(op, { text: hex(address), value: { kind: 'address', address } });
    }
    for (const op of this.#script.ops) {
      if (!this.#op(op)) return false;
      after?.();
    }
    this.#onLine('# end');
    return true;
  }

  #op(op: KernelOp): boolean {
    try {
      this.#answer(op, HANDLERS[op.name as Exclude<OperationName, BootName>](this.#context, op));
      return true;
    } catch (error) {
      if (error instanceof Refusal) {
        this.#answer(op, { text: error.message });
        return true;
      }
      if (!(error instanceof KernelBug || error instanceof KernelPanic || error instanceof ConfigError))
        throw error;
      const what = error instanceof KernelBug ? 'BUG' : error instanceof KernelPanic ? 'panic' : 'refused';
      this.#answer(op, { text: `${what}: ${error.message}` });
      if (error instanceof ConfigError) return true;
      this.#onLine(`# ended by ${what} in line ${op.line}`);
      return false;
    }
  }

  /** Writes the result line, with what the kernel logged meanwhile. A name without a result holds nothing. */
  #answer(op: KernelOp, answer: Answer): void {
    if (op.variable !== null) {
      if (answer.value === undefined) this.#values.delete(op.variable);
      else this.#values.set(op.variable, answer.value);
    }
    const log = this.#kernel.bootLog.slice(this.#logLines).map(({ text }) => ` [${text}]`);
    this.#logLines = this.#kernel.bootLog.length;
    this.#onLine(`${op.line} ${op.text} -> ${answer.text}${log.join('')}`);
    for (const line of answer.more ?? []) this.#onLine(`  ${line}`);
  }

  get #context(): Context {
    return { kernel: this.#kernel, mine: this.#mine, values: this.#values };
  }
}

/** What an operation works with. */
interface Context {
  readonly kernel: Kernel;
  readonly mine: Belongings;
  readonly values: ReadonlyMap<string, Value>;
}

type Handler = (context: Context, op: KernelOp) => Answer;

const HANDLERS: Readonly<Record<Exclude<OperationName, BootName>, Handler>> = {
  alloc_pages({ kernel, mine }, { operands: [gfp, order] }) {
    const pfn = kernel.allocPages(number(gfp), number(order));
    if (pfn === 0) return { text: 'no memory', value: { kind: 'page', pfn } };
    mine.addBlock(pfn, number(order));
    return { text: pageText(kernel, pfn), value: { kind: 'page', pfn } };
  },
  free_pages(context, { operands: [page, order] }) {
    const { kernel, mine } = context;
    const pfn = pageOf(context, page);
    const held = mine.blocks.get(pfn);
    if (held === undefined) {
      const free = (kernel.memMap.count[pfn] ?? 0) === 0;
      refuse(
        `BUG: page ${pfn.toString(16)} is ${free ? 'freed, but has no reference' : 'not of this script'}`,
      );
    }
    if (order !== undefined && number(order) !== held) {
      refuse(`BUG: page ${pfn.toString(16)} was allocated with order ${held}`);
    }
    const own = mine.references.get(pfn) ?? 0;
    for (let page = pfn; page < pfn + 2 ** held; page++) {
      if ((mine.kmaps.get(page) ?? 0) > 0)
        refuse(`BUG: page ${page.toString(16)} is freed, but kmap() maps it`);
    }
    if (own === 0) refuse(`BUG: page ${pfn.toString(16)} is freed, but has only the references of vmap()`);
    mine.references.set(pfn, own - 1);
    kernel.freePages(pfn, held);
    const left = kernel.memMap.count[pfn] as number;
    if (left === 0) mine.dropBlock(pfn);
    return { text: left === 0 ? 'ok' : `ok, ${left} references left` };
  },
  get_page(context, { operands: [page] }) {
    const { kernel, mine } = context;
    const pfn = pageOf(context, page);
    if (!mine.blocks.has(pfn)) refuse(`BUG: page ${pfn.toString(16)} is not of this script`);
    kernel.allocator.getPage(pfn);
    mine.references.set(pfn, (mine.references.get(pfn) ?? 0) + 1);
    return { text: `${kernel.memMap.count[pfn]} references` };
  },
  kmem_cache_create({ kernel }, { operands }) {
    const [name, size] = operands as [Operand, Operand];
    const of = (kind: string): number | undefined =>
      operands.slice(2).find((operand) => operand.kind === kind)?.number;
    const byte = of('ctor');
    if (kernel.slab.find(name.text) !== null) refuse(`BUG: there is a cache ${name.text} already`);
    const fill =
      byte === undefined
        ? null
        : (object: Addr, cache: KmemCache): void => {
            for (let i = 0; i < cache.usableBytes; i++) kernel.store8(object + i, byte);
          };
    const dtor = of('dtor') === undefined ? null : (): void => {};
    const cache = kernel.slab.kmemCacheCreate(
      name.text,
      number(size),
      of('number') ?? 0,
      of('slabFlags') ?? 0,
      fill,
      dtor,
    );
    if (cache === null) return { text: 'failed', value: { kind: 'cache', cache, script: true } };
    const { objsize, num, gfporder, colour, colourOff, offSlab } = cache;
    return {
      text: `${hex(cache.address)} objects of ${objsize}, ${num} a slab of ${2 ** gfporder}, colours ${colour} of ${colourOff}, ${offSlab ? 'off' : 'on'} slab`,
      value: { kind: 'cache', cache, script: true },
    };
  },
  kmem_cache_alloc(context, { operands: [operand, gfp] }) {
    const cache = cacheOf(context, operand).cache;
    const address = context.kernel.slab.kmemCacheAlloc(cache, number(gfp));
    if (address !== 0) countOutside(context, cache, 1);
    return newObject(context, address);
  },
  kmem_cache_free(context, { operands: [operand, object] }) {
    const { cache } = cacheOf(context, operand);
    const address = addressOf(context, object);
    const place = heldObject(context, 'kmem_cache_free', address);
    if (place !== cache)
      refuse(`BUG: kmem_cache_free of ${hex(address)}: an object of ${place.name}, not ${cache.name}`);
    context.mine.objects.delete(address);
    context.kernel.slab.kmemCacheFree(cache, address);
    countOutside(context, cache, -1);
    return { text: 'ok' };
  },
  kmem_cache_shrink(context, { operands: [operand] }) {
    return count(context.kernel.slab.kmemCacheShrink(cacheOf(context, operand).cache), 'pages freed');
  },
  kmem_cache_reap({ kernel }, { operands: [gfp] }) {
    return count(kernel.slab.kmemCacheReap(number(gfp)), 'pages freed');
  },
  kmem_cache_destroy(context, { operands: [operand] }) {
    const { cache, script } = cacheOf(context, operand);
    if (!script) refuse(`refused: the kernel itself uses ${cache.name}`);
    return count(
      context.kernel.slab.kmemCacheDestroy(cache),
      cache.destroyed ? 'destroyed' : 'objects are in use',
    );
  },
  kmalloc(context, { operands: [size, gfp] }) {
    return newObject(context, context.kernel.slab.kmalloc(number(size, context), number(gfp)));
  },
  kfree(context, { operands: [object] }) {
    const address = addressOf(context, object);
    if (address !== 0) {
      heldObject(context, 'kfree', address);
      context.mine.objects.delete(address);
      context.kernel.slab.kfree(address);
    }
    return { text: 'ok' };
  },
  vmalloc: (context, { operands: [size, gfp] }) =>
    newArea(context, size, (bytes) =>
      context.kernel.vmalloc.vmalloc(bytes, gfp === undefined ? GFP_VMALLOC : number(gfp)),
    ),
  vmalloc_32: (context, { operands: [size] }) =>
    newArea(context, size, (bytes) => context.kernel.vmalloc.vmalloc32(bytes)),
  vmalloc_dma: (context, { operands: [size] }) =>
    newArea(context, size, (bytes) => context.kernel.vmalloc.vmallocDma(bytes)),
  vmap(context, { operands }) {
    const pages = operands.map((operand) => {
      const pfn = pageOf(context, operand);
      if (context.mine.blocks.get(pfn) !== 0) {
        refuse(`refused: page ${pfn.toString(16)} is no single page of this script`);
      }
      return pfn;
    });
    return address(context.kernel.vmalloc.vmap(pages));
  },
  vfree(context, { operands: [area] }) {
    const at = addressOf(context, area);
    const pages = [...areaPages(context.kernel, at)];
    for (const pfn of pages) {
      if ((context.mine.kmaps.get(pfn) ?? 0) > 0) {
        refuse(`BUG: page ${pfn.toString(16)} of the area is freed, but kmap() maps it`);
      }
    }
    context.kernel.vmalloc.vfree(at);
    for (const pfn of pages) {
      if (context.mine.blocks.has(pfn) && context.kernel.memMap.count[pfn] === 0) context.mine.dropBlock(pfn);
    }
    return { text: 'ok' };
  },
  kmap(context, { operands: [page] }) {
    return mapped(context, pageOf(context, page), (pfn) => context.kernel.highmem.kmap(pfn));
  },
  kmap_nonblock(context, { operands: [page] }) {
    return mapped(context, pageOf(context, page), (pfn) => context.kernel.highmem.kmapNonblock(pfn));
  },
  kunmap(context, { operands: [page] }) {
    const { kernel, mine } = context;
    const pfn = pageOf(context, page);
    const users = mine.kmaps.get(pfn) ?? 0;
    if (users === 0 && kernel.highmem.isHigh(pfn))
      refuse(`BUG: kunmap of page ${pfn.toString(16)}, which has no user`);
    kernel.highmem.kunmap(pfn);
    if (users > 0) mine.kmaps.set(pfn, users - 1);
    return { text: 'ok' };
  },
  kmap_atomic(context, { operands: [page, type] }) {
    return address(context.kernel.highmem.kmapAtomic(pageOf(context, page), number(type)));
  },
  kunmap_atomic(context, { operands: [at, type] }) {
    context.kernel.highmem.kunmapAtomic(addressOf(context, at), number(type));
    return { text: 'ok' };
  },
  load8: (context, { operands: [at] }) => loaded(context, addressOf(context, at), 8),
  load32: (context, { operands: [at] }) => loaded(context, addressOf(context, at), 32),
  store8: (context, { operands: [at, value] }) =>
    stored(context, addressOf(context, at), number(value, context), 1),
  store32: (context, { operands: [at, value] }) =>
    stored(context, addressOf(context, at), number(value, context), 4),
  dump(context, { operands: [what, operand] }) {
    const { kernel } = context;
    if (what?.text === 'cache') {
      if (operand === undefined) refuse('refused: dump cache takes the name of a cache');
      return dumped(dumpCache(kernel, cacheOf(context, operand).cache));
    }
    return dumped(DUMP_LINES[what?.text as keyof typeof DUMP_LINES](kernel));
  },
};

const DUMP_LINES = {
  free: dumpFree,
  zones: dumpZones,
  caches: dumpCaches,
  areas: dumpAreas,
  kmap: dumpKmap,
} as const;

function dumped(more: readonly string[]): Answer {
  return { text: `${more.length} ${more.length === 1 ? 'line' : 'lines'}`, more };
}

function refuse(message: string): never {
  throw new Refusal(message);
}

/** The number of an operand; one that a name holds needs the values. */
function number(operand: Operand | undefined, context?: Pick<Context, 'values'>): number {
  if (operand === undefined) return 0;
  if (operand.variable === null) return operand.number;
  const value = context?.values.get(operand.variable);
  const base = value?.kind === 'number' ? value.number : value?.kind === 'address' ? value.address : null;
  if (base === null) return refuse(`refused: $${operand.variable} holds nothing`);
  return (base + operand.number) >>> 0;
}

function pageOf({ kernel, values }: Context, operand: Operand | undefined): Pfn {
  const value = operand?.variable == null ? undefined : values.get(operand.variable);
  const base = value?.kind === 'page' ? value.pfn : 0;
  if (operand?.variable != null && base === 0) return refuse(`refused: $${operand.variable} holds no page`);
  const pfn = base + (operand?.number ?? 0);
  if (pfn <= 0 || pfn >= kernel.memMap.frames) return refuse(`refused: there is no page ${pfn}`);
  return pfn;
}

function addressOf(context: Context, operand: Operand | undefined): Addr {
  if (operand?.variable == null) return operand?.number ?? 0;
  const value = context.values.get(operand.variable);
  if (value?.kind === 'address') return (value.address + operand.number) >>> 0;
  if (value?.kind !== 'page' || value.pfn === 0) return refuse(`refused: $${operand.variable} holds nothing`);
  const at = context.kernel.highmem.pageAddress(value.pfn);
  if (at === 0) return refuse(`refused: page ${value.pfn.toString(16)} has no address; kmap gives it one`);
  return (at + operand.number) >>> 0;
}

function cacheOf(
  { kernel, values }: Context,
  operand: Operand | undefined,
): { cache: KmemCache; script: boolean } {
  if (operand?.variable == null) {
    const cache = kernel.slab.find(operand?.text ?? '');
    if (cache === null) return refuse(`refused: there is no cache ${operand?.text}`);
    const script = [...values.values()].some((value) => value.kind === 'cache' && value.cache === cache);
    return { cache, script };
  }
  const value = values.get(operand.variable);
  if (value?.kind !== 'cache' || value.cache === null || value.cache.destroyed) {
    return refuse(`refused: $${operand.variable} holds no cache`);
  }
  return { cache: value.cache, script: value.script };
}

/** The cache of an object that the script may free. */
function heldObject({ kernel, mine }: Context, call: string, address: Addr): KmemCache {
  const place = objectAt(kernel.slab, address);
  if (place === null) return refuse(`BUG: ${call} of ${hex(address)}, which is in no slab`);
  if (mine.objects.has(address)) return place.cache;
  const { cache, index } = place;
  if (place.free)
    return refuse(`BUG: ${call} of ${hex(address)}: object ${index} of ${cache.name} is free already`);
  return refuse(`BUG: ${call} of ${hex(address)}: no object of this script begins there (${cache.name})`);
}

/** A new area. The kernel would let the first one pass the end of its range, into the page table of the kmap window. */
function newArea(context: Context, size: Operand | undefined, make: (bytes: number) => Addr): Answer {
  const { vmalloc, memMap } = context.kernel;
  const bytes = number(size, context);
  const possible = bytes <= memMap.frames * PAGE;
  if (possible && bytes + PAGE > vmalloc.end - vmalloc.start && vmalloc.vmlist().next().done === true) {
    refuse('BUG: the area passes VMALLOC_END: the kernel does not look there for the first one');
  }
  return address(make(bytes));
}

/** Tells the kernel's recount that the script holds objects of a cache. */
function countOutside({ kernel }: Context, cache: KmemCache, more: 1 | -1): void {
  kernel.outsideObjects.set(cache, (kernel.outsideObjects.get(cache) ?? 0) + more);
}

/** The line of a new object, with its place in the slab. */
function newObject({ kernel, mine }: Context, object: Addr): Answer {
  if (object === 0) return { text: 'no memory', value: { kind: 'address', address: 0 } };
  const place = objectAt(kernel.slab, object);
  if (place === null) throw new KernelBug(`an object at ${hex(object)} that is in no slab`);
  mine.objects.set(object, place.cache.usableBytes);
  return {
    text: `${hex(object)} ${place.cache.name} slab ${hex(place.slab)} colour ${place.colourOffset} object ${place.index}`,
    value: { kind: 'address', address: object },
  };
}

function pageText(kernel: Kernel, pfn: Pfn): string {
  const at = kernel.highmem.pageAddress(pfn);
  const zone = kernel.allocator.zoneOf(pfn).name;
  return `page ${pfn.toString(16)} ${zone}${at === 0 ? '' : ` ${hex(at)}`}`;
}

function mapped({ kernel, mine }: Context, pfn: Pfn, map: (pfn: Pfn) => Addr): Answer {
  if (kernel.highmem.isHigh(pfn) && !mine.holdsFrame(pfn)) {
    refuse(`BUG: kmap of page ${pfn.toString(16)}, which is not of this script`);
  }
  const at = map(pfn);
  if (at === 0) return { text: 'sleeps: all slots are in use', value: { kind: 'address', address: 0 } };
  if (kernel.highmem.isHigh(pfn)) mine.kmaps.set(pfn, (mine.kmaps.get(pfn) ?? 0) + 1);
  return address(at);
}

function* areaPages(kernel: Kernel, start: Addr): Generator<Pfn> {
  const area = kernel.vmalloc.find(start);
  for (let at = start; area !== null && at < area.addr + area.size; at += PAGE) {
    const pfn = kernel.vmalloc.vmallocToPage(at);
    if (pfn >= 0) yield pfn;
  }
}

function address(at: Addr): Answer {
  return { text: at === 0 ? 'failed' : hex(at), value: { kind: 'address', address: at } };
}

function count(value: number, what: string): Answer {
  return { text: `${value} ${what}`, value: { kind: 'number', number: value } };
}

function loaded(context: Context, at: Addr, bits: 8 | 32): Answer {
  const { kernel } = context;
  const value = bits === 8 ? kernel.load8(at) : kernel.load32(at);
  if (value < 0) return OOPS;
  return { text: value.toString(16).padStart(bits / 4, '0'), value: { kind: 'number', number: value } };
}

function stored({ kernel, mine }: Context, at: Addr, value: number, bytes: 1 | 4): Answer {
  const refusal = mine.refusal(at, bytes);
  if (refusal !== null) return refuse(`refused: ${refusal}`);
  const done = bytes === 1 ? kernel.store8(at, value) : kernel.store32(at, value);
  return done ? { text: 'ok' } : OOPS;
}

/** The answer to an access that faulted; what the kernel logs of it follows in the line. */
const OOPS: Answer = { text: 'Oops' };

/** Runs a script on a machine that `boot` makes with the driver that it is given. */
export function runKops(
  script: KopsScript,
  boot: (bootDriver: (bootmem: BootAllocator) => void) => Kernel,
  onLine: OnKopsLine,
): Kernel {
  const run = new KopsRun(script, onLine);
  const kernel = boot(run.bootDriver);
  run.run(kernel);
  return kernel;
}
