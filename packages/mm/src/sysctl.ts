import type { Kernel } from './kernel.ts';
import { ConfigError } from './kernel-bug.ts';

/** A setting under /proc/sys: how it is read and written; two numbers where the kernel has an array of two. */
interface Sysctl {
  get(kernel: Kernel): number | readonly [number, number];
  set(kernel: Kernel, value: number, second: number): void;
  readonly numbers?: 2;
}

const INT_MAX = 0x7fffffff;

/** Plain ints of 2.4: no range is checked. @linux 2.4.22 kernel/sysctl.c vm_table, kern_table */
const SYSCTLS: Readonly<Record<string, Sysctl>> = {
  'vm.overcommit_memory': {
    get: ({ vm }) => vm.sysctls.overcommitMemory,
    set: ({ vm }, value) => {
      vm.sysctls.overcommitMemory = value;
    },
  },
  'vm.max_map_count': {
    get: ({ vm }) => vm.sysctls.maxMapCount,
    set: ({ vm }, value) => {
      vm.sysctls.maxMapCount = value;
    },
  },
  'vm.pagetable_cache': {
    numbers: 2,
    get: ({ pageTables }) => [pageTables.quicklist.low, pageTables.quicklist.high],
    set: ({ pageTables }, low, high) => {
      pageTables.quicklist.low = low;
      pageTables.quicklist.high = high;
    },
  },
  'kernel.shmmax': {
    get: ({ shm }) => shm.shmmax,
    set: ({ shm }, value) => {
      shm.shmmax = value >>> 0;
    },
  },
  'kernel.shmall': {
    get: ({ shm }) => shm.shmall,
    set: ({ shm }, value) => {
      shm.shmall = value;
    },
  },
  'kernel.shmmni': {
    get: ({ shm }) => shm.shmmni,
    set: ({ shm }, value) => {
      shm.shmmni = value;
    },
  },
  'vm.page-cluster': {
    get: ({ pageCache }) => pageCache.pageCluster,
    set: ({ pageCache }, value) => {
      pageCache.pageCluster = value;
    },
  },
  'vm.min-readahead': {
    get: ({ pageCache }) => pageCache.minReadahead,
    set: ({ pageCache }, value) => {
      pageCache.minReadahead = value;
    },
  },
  'vm.max-readahead': {
    get: ({ pageCache }) => pageCache.maxReadahead,
    set: ({ pageCache }, value) => {
      pageCache.maxReadahead = value;
    },
  },
};

/** Names of all settings. */
export const sysctlNames: readonly string[] = Object.keys(SYSCTLS);

/**
 * Sets one, as `sysctl -w key=value` does; two numbers are separated by white space, as in /proc/sys.
 * @throws ConfigError for an unknown key or a value that is no int
 */
export function applySysctl(kernel: Kernel, key: string, value: string): void {
  const sysctl = lookUp(key);
  const words = value.trim().split(/\s+/);
  const count = sysctl.numbers ?? 1;
  if (
    words.length !== count ||
    words.some((word) => !/^-?\d+$/.test(word) || Math.abs(Number(word)) > INT_MAX)
  ) {
    const what = count === 1 ? 'whole numbers' : 'two whole numbers';
    throw new ConfigError(`sysctl ${key}=${value}: allowed are ${what} from -${INT_MAX} to ${INT_MAX}`);
  }
  sysctl.set(kernel, Number(words[0]), Number(words[1]));
}

/** Reads one, as text of /proc/sys: numbers separated by a tab. @throws ConfigError for an unknown key */
export function readSysctl(kernel: Kernel, key: string): string {
  const value = lookUp(key).get(kernel);
  return typeof value === 'number' ? String(value) : value.join('\t');
}

function lookUp(key: string): Sysctl {
  const sysctl = SYSCTLS[key.replaceAll('/', '.')];
  if (sysctl === undefined)
    throw new ConfigError(`sysctl ${key}: unknown; there are: ${sysctlNames.join(', ')}`);
  return sysctl;
}
