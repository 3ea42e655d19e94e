import { ConfigError } from '../kernel-bug.ts';
import { AgingPageAllocator } from '../page-allocator/aging-page-allocator.ts';
import type { PhysicalBootConfig } from '../page-allocator/boot.ts';
import { ClassZoneAllocator } from '../page-allocator/class-zone-allocator.ts';
import type { AllocatorParts } from '../page-allocator/page-allocator.ts';
import type { E820Entry } from '../physical/e820.ts';
import type { HighmemConfig } from '../physical/memory-limits.ts';
import { MAX_NR_NODES } from '../physical/zone.ts';
import { qemuMachine, referenceMachine } from './machines.ts';
import { PHYSICAL_2_4_0 } from './release-2.4.0.ts';
import { PHYSICAL_2_4_20 } from './release-2.4.20.ts';
import { PHYSICAL_2_4_22 } from './release-2.4.22.ts';

const MIB = 2 ** 20;
const MEMORY_MIN = 8 * MIB;
const MEMORY_MAX = 64 * 2 ** 30;
/** The boot protocol's limit, less the terminating zero. @linux COMMAND_LINE_SIZE */
const COMMAND_LINE_MAX = 255;
const CPUS_MAX = 32;

/** The page allocator of 2.4.20 and 2.4.22. */
const classZones = ({ node, trace, ports, nodes, numa }: AllocatorParts) =>
  new ClassZoneAllocator(node, trace, ports, nodes, numa);

/** CPUs that an SMP kernel is built for. @linux NR_CPUS */
const NR_CPUS = 32;

/** That of 2.4.0. */
const agedPages = ({ node, trace, ports, nodes, numa, smp, print }: AllocatorParts) =>
  new AgingPageAllocator(node, trace, ports, nodes, numa, smp ? NR_CPUS : 1, print);

const ALLOCATORS = { '2.4.0': agedPages, '2.4.20': classZones, '2.4.22': classZones } as const;
const RELEASES = { '2.4.0': PHYSICAL_2_4_0, '2.4.20': PHYSICAL_2_4_20, '2.4.22': PHYSICAL_2_4_22 } as const;
/** `ref-*` are the reference machines of the worked examples, each with its kind of kernel. */
const MACHINES = { qemu: '4g', 'ref-h4g': '4g', 'ref-noh': 'off', 'ref-pae': '64g' } as const;
const HIGHMEM: readonly HighmemConfig[] = ['off', '4g', '64g'];

/** A machine as a user describes it; everything has a default. */
export interface MachineOptions {
  /** Kernel release: 2.4.22 (default), 2.4.20 or 2.4.0. */
  readonly release?: string;
  /** qemu (default), ref-h4g, ref-noh or ref-pae. */
  readonly machine?: string;
  /** RAM in bytes, 8 MiB to 64 GiB, whole MiB; default 64 MiB. */
  readonly memoryBytes?: number;
  /** High-memory support of the kernel; default: what the machine is known for. */
  readonly highmem?: string;
  /** Kernel command line, at most 255 characters. */
  readonly commandLine?: string;
  /** The BIOS's memory map instead of the machine's. */
  readonly e820?: readonly E820Entry[];
  /** 1 (default) to 32. */
  readonly cpus?: number;
  /** Memory nodes, 1 (default) to 85 of 8 MiB of low memory or more each: a made-up machine when there are several. */
  readonly nodes?: number;
  /** A kernel with CONFIG_NUMA, for a machine of several nodes. */
  readonly numa?: boolean;
  /** User pages without contents. */
  readonly contentFree?: boolean;
}

/**
 * Checks what a user asks for and completes it.
 *
 * @throws ConfigError naming the argument, its value and what is allowed
 */
export function physicalBootConfig(options: MachineOptions = {}): PhysicalBootConfig {
  const release = pick('release', options.release ?? '2.4.22', RELEASES);
  const machineName = options.machine ?? 'qemu';
  const usualHighmem: HighmemConfig = pick('machine', machineName, MACHINES);
  if (release === PHYSICAL_2_4_0 && machineName !== 'qemu')
    refuse('machine', machineName, 'qemu with release 2.4.0');
  const highmem = (options.highmem ?? usualHighmem) as HighmemConfig;
  if (!HIGHMEM.includes(highmem)) refuse('highmem', highmem, HIGHMEM.join(', '));
  const memoryBytes = options.memoryBytes ?? 64 * MIB;
  if (!(memoryBytes >= MEMORY_MIN && memoryBytes <= MEMORY_MAX) || memoryBytes % MIB !== 0) {
    refuse('memory', `${memoryBytes} bytes`, '8 MiB to 64 GiB, in whole MiB');
  }
  const commandLine = options.commandLine ?? '';
  if (commandLine.length > COMMAND_LINE_MAX) {
    refuse('command line', `${commandLine.length} characters`, `at most ${COMMAND_LINE_MAX}`);
  }
  const cpus = options.cpus ?? 1;
  if (!Number.isInteger(cpus) || cpus < 1 || cpus > CPUS_MAX) refuse('cpus', cpus, `1 to ${CPUS_MAX}`);
  const nodes = options.nodes ?? 1;
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > MAX_NR_NODES)
    refuse('nodes', nodes, `1 to ${MAX_NR_NODES}`);
  for (const entry of options.e820 ?? []) checkRange(entry);
  return {
    release,
    allocator: pick('release', release.version, ALLOCATORS),
    machine: machineName === 'qemu' ? qemuMachine(release.version) : referenceMachine(),
    memoryBytes,
    highmem,
    commandLine,
    cpus,
    nodes,
    numa: options.numa ?? false,
    ...(options.e820 === undefined ? {} : { e820: options.e820 }),
    contentFree: options.contentFree ?? false,
  };
}

function checkRange(entry: E820Entry): void {
  const text = `{addr ${entry.addr}, size ${entry.size}, type ${entry.type}}`;
  const whole = [entry.addr, entry.size, entry.type].every((n) => Number.isSafeInteger(n) && n >= 0);
  if (!whole || entry.type === 0) {
    refuse('e820 range', text, 'whole numbers: addr and size from 0, type from 1');
  }
}

function pick<T>(argument: string, value: string, allowed: Readonly<Record<string, T>>): T {
  if (!Object.hasOwn(allowed, value)) refuse(argument, value, Object.keys(allowed).join(', '));
  return allowed[value] as T;
}

function refuse(argument: string, value: string | number, allowed: string): never {
  throw new ConfigError(`${argument}: ${value}; allowed: ${allowed}`);
}
