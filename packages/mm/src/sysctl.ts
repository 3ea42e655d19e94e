import type { Kernel } from './kernel.ts';
import { ConfigError } from './kernel-bug.ts';
import type { Zone } from './physical/zone.ts';

/** A setting under /proc/sys: how it is read and written; several numbers where the kernel has an array of so many. */
interface Sysctl {
  get(kernel: Kernel): number | readonly number[];
  /** Missing: it can only be read. */
  set?(kernel: Kernel, ...values: number[]): void;
  readonly numbers?: 2 | 3 | 9;
  /** Fewer numbers may be written: the others stay. */
  readonly partly?: true;
  /** An unsigned long. */
  readonly unsigned?: true;
}

/** Three numbers that nothing in the kernel reads. */
function unused(key: string): Sysctl {
  return {
    numbers: 3,
    get: ({ procRules }) => procRules.unusedSysctls.get(key) ?? [],
    set: ({ procRules }, ...numbers) => void procRules.unusedSysctls.set(key, numbers),
  };
}

const INT_MAX = 0x7fffffff;

/** Plain ints of 2.4: no range is checked. @linux 2.4.22 kernel/sysctl.c vm_table, kern_table */
const SYSCTLS: Readonly<Record<string, Sysctl>> = {
  // The only one with ranges: what is out of range is passed over in silence. @linux proc_dointvec_minmax()
  'vm.bdflush': {
    numbers: 9,
    partly: true,
    get: ({ paging }) => paging.buffers.parameters.values,
    set: ({ paging }, ...values) => {
      for (const [place, value] of values.entries()) paging.buffers.parameters.set(place, value);
    },
  },
  'vm.overcommit_memory': {
    get: ({ vm }) => vm.sysctls.overcommitMemory,
    set: ({ vm }, value = 0) => {
      vm.sysctls.overcommitMemory = value;
    },
  },
  // Only the third, and only in 2.4.0, has a meaning: clusters of pages under I/O at which swapping waits.
  'vm.kswapd': {
    numbers: 3,
    get: ({ paging }) => paging.swapCache.pagerDaemon,
    set: ({ paging }, ...values) => void paging.swapCache.pagerDaemon.splice(0, 3, ...values),
  },
  'vm.max_map_count': {
    get: ({ vm }) => vm.sysctls.maxMapCount,
    set: ({ vm }, value = 0) => {
      vm.sysctls.maxMapCount = value;
    },
  },
  'vm.pagetable_cache': {
    numbers: 2,
    get: ({ pageTables }) => [pageTables.quicklist.low, pageTables.quicklist.high],
    set: ({ pageTables }, low, high) => {
      pageTables.quicklist.low = low as number;
      pageTables.quicklist.high = high as number;
    },
  },
  'vm.freepages': {
    numbers: 3,
    get: ({ allocator }) => {
      const sum = (mark: (zone: Zone) => number) =>
        allocator.zones.reduce((all, zone) => all + mark(zone), 0);
      return [
        sum(({ pagesMin }) => pagesMin),
        sum(({ pagesLow }) => pagesLow),
        sum(({ pagesHigh }) => pagesHigh),
      ];
    },
  },
  'vm.buffermem': unused('vm.buffermem'),
  'vm.pagecache': unused('vm.pagecache'),
  'kernel.shmmax': {
    unsigned: true,
    get: ({ shm }) => shm.shmmax,
    set: ({ shm }, value = 0) => {
      shm.shmmax = value;
    },
  },
  'kernel.shmall': {
    unsigned: true,
    get: ({ shm }) => shm.shmall,
    set: ({ shm }, value = 0) => {
      shm.shmall = value;
    },
  },
  'kernel.shmmni': {
    get: ({ shm }) => shm.shmmni,
    set: ({ shm }, value = 0) => {
      shm.shmmni = value;
    },
  },
  'vm.page-cluster': {
    get: ({ pageCache }) => pageCache.pageCluster,
    set: ({ pageCache }, value = 0) => {
      pageCache.pageCluster = value;
    },
  },
  'vm.min-readahead': {
    get: ({ pageCache }) => pageCache.minReadahead,
    set: ({ pageCache }, value = 0) => {
      pageCache.minReadahead = value;
    },
  },
  'vm.max-readahead': {
    get: ({ pageCache }) => pageCache.maxReadahead,
    set: ({ pageCache }, value = 0) => {
      pageCache.maxReadahead = value;
    },
  },
};

/** The text of a file of /proc/sys. @throws ConfigError for an unknown one */
export function procSysText(kernel: Kernel, path: string): string {
  return `${readSysctl(kernel, path)}\n`;
}

/** Paths below /proc/sys, of the machine's release. */
export function procSysFiles(kernel: Kernel): string[] {
  return sysctlNames.filter((key) => exists(kernel, key)).map((key) => key.replace('.', '/'));
}

/** Names of all settings of all releases. */
export const sysctlNames: readonly string[] = Object.keys(SYSCTLS);

/** Settings of 2.4.0 that later kernels do not have, and the other way round. */
const ONLY_OLD: ReadonlySet<string> = new Set(['vm.freepages', 'vm.buffermem', 'vm.pagecache']);
const ONLY_NEW: ReadonlySet<string> = new Set(['vm.max_map_count', 'vm.min-readahead', 'vm.max-readahead']);

function exists(kernel: Kernel, key: string): boolean {
  return Object.hasOwn(SYSCTLS, key) && !(kernel.procRules.oldSysctls ? ONLY_NEW : ONLY_OLD).has(key);
}

/**
 * Sets one, as `sysctl -w key=value` does; several numbers are separated by white space, as in /proc/sys.
 *
 * @throws ConfigError for an unknown key or a value that is no int
 */
export function applySysctl(kernel: Kernel, key: string, value: string): void {
  const sysctl = lookUp(kernel, key);
  const words = value.trim().split(/\s+/);
  const count = sysctl.numbers ?? 1;
  const [min, max] = sysctl.unsigned === true ? [0, 2 ** 32 - 1] : [-INT_MAX, INT_MAX];
  const isBad = (word: string) => !/^-?\d+$/.test(word) || Number(word) < min || Number(word) > max;
  const wrong = sysctl.partly === true ? words.length > count : words.length !== count;
  if (wrong || words.some(isBad)) {
    const what = { 1: '', 2: 'two ', 3: 'three ', 9: 'one to nine ' }[count];
    throw new ConfigError(`sysctl ${key}=${value}: allowed are ${what}whole numbers from ${min} to ${max}`);
  }
  if (sysctl.set === undefined) throw new ConfigError(`sysctl ${key}: it can only be read`);
  sysctl.set(kernel, ...words.map(Number));
}

/** Reads one, as text of /proc/sys: numbers separated by a tab. @throws ConfigError for an unknown key */
export function readSysctl(kernel: Kernel, key: string): string {
  const value = lookUp(kernel, key).get(kernel);
  return typeof value === 'number' ? String(value) : value.join('\t');
}

function lookUp(kernel: Kernel, key: string): Sysctl {
  const name = key.replaceAll('/', '.');
  if (!exists(kernel, name)) {
    const names = sysctlNames.filter((each) => exists(kernel, each));
    throw new ConfigError(`sysctl ${key}: unknown; there are: ${names.join(', ')}`);
  }
  return SYSCTLS[name] as Sysctl;
}
