import { ConfigError, type Kernel, procSysFiles } from '@pagewalk/mm';
import type { ProcView } from '../../protocol/views.ts';

/** A file of /proc, as it reads now. */
export function procView(kernel: Kernel, path: string, pid: number): ProcView {
  return { view: 'proc', path, text: procText(kernel, path, pid) };
}

/** The text, or why there is none. @param pid what `self` means; 0: whoever ran last */
export function procText(kernel: Kernel, path: string, pid: number): string {
  if (path === 'sysrq-m') return kernel.showMem();
  if (path === 'kmsg') return kernel.bootLog.map(({ text }) => `${text}\n`).join('');
  try {
    return kernel.proc(path.replace(/^\/?(proc\/)?/, ''), pid === 0 ? undefined : pid);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

/** All files that can be shown. */
export function procPaths(kernel: Kernel): string[] {
  return [
    'meminfo',
    'slabinfo',
    'stat',
    'swaps',
    'iomem',
    'sysvipc/shm',
    'sysrq-m',
    'kmsg',
    ...procSysFiles(kernel).map((name) => `sys/${name}`),
    ...[...kernel.processes.keys()].flatMap((pid) =>
      ['maps', 'statm', 'status'].map((file) => `${pid}/${file}`),
    ),
  ];
}
