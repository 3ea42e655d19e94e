import type { Kernel } from './kernel.ts';
import { ConfigError } from './kernel-bug.ts';

/** A setting under /proc/sys: how it is read and written. */
interface Sysctl {
  get(kernel: Kernel): number;
  set(kernel: Kernel, value: number): void;
}

const INT_MAX = 0x7fffffff;

/** Plain ints of 2.4: no range is checked. @linux 2.4.22 kernel/sysctl.c vm_table */
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

/** Sets one, as `sysctl -w key=value` does. @throws ConfigError for an unknown key or a value that is no int */
export function applySysctl(kernel: Kernel, key: string, value: string): void {
  const sysctl = SYSCTLS[key.replaceAll('/', '.')];
  if (sysctl === undefined)
    throw new ConfigError(`sysctl ${key}: unknown; there are: ${sysctlNames.join(', ')}`);
  const number = Number(value);
  if (!/^-?\d+$/.test(value) || Math.abs(number) > INT_MAX) {
    throw new ConfigError(`sysctl ${key}=${value}: allowed are whole numbers from -${INT_MAX} to ${INT_MAX}`);
  }
  sysctl.set(kernel, number);
}

/** Reads one. @throws ConfigError for an unknown key */
export function readSysctl(kernel: Kernel, key: string): number {
  const sysctl = SYSCTLS[key.replaceAll('/', '.')];
  if (sysctl === undefined)
    throw new ConfigError(`sysctl ${key}: unknown; there are: ${sysctlNames.join(', ')}`);
  return sysctl.get(kernel);
}
