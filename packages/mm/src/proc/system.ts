/** Files of /proc about the machine as a whole, besides its memory. */

/** Time in ticks of 10 ms, a value for each processor. */
export interface CpuTimes {
  readonly busy: readonly number[];
  readonly idle: readonly number[];
}

/**
 * /proc/stat. Time in the kernel is not told apart, and interrupts are not counted.
 * @param paging the lines of formatPagingStat
 * @linux 2.4.22 fs/proc/proc_misc.c kstat_read_proc()
 */
export function statText(
  times: CpuTimes,
  paging: string,
  told: { readonly switches: number; readonly bootTime: number; readonly forks: number },
): string {
  const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);
  const line = (name: string, busy: number, idle: number) => `${name} ${busy} 0 0 ${idle}\n`;
  const cpus = times.busy.map((busy, cpu) => line(`cpu${cpu}`, busy, times.idle[cpu] ?? 0));
  const { switches, bootTime, forks } = told;
  return [
    line('cpu ', sum(times.busy), sum(times.idle)),
    ...cpus,
    paging,
    'intr 0\n',
    'disk_io: \n',
    `ctxt ${switches}\nbtime ${bootTime}\nprocesses ${forks}\n`,
  ].join('');
}

/** @param ticks since boot, and of them idle. @linux 2.4.22 fs/proc/proc_misc.c uptime_read_proc() */
export function uptimeText(ticks: number, idle: number): string {
  const time = (value: number) => `${Math.floor(value / 100)}.${String(value % 100).padStart(2, '0')}`;
  return `${time(ticks)} ${time(idle)}\n`;
}

/** The averages are not kept: 0. @linux 2.4.22 fs/proc/proc_misc.c loadavg_read_proc() */
export function loadavgText(running: number, threads: number, lastPid: number): string {
  return `0.00 0.00 0.00 ${running}/${threads} ${lastPid}\n`;
}

/** A mounted file system, as /proc/mounts tells it. */
export interface MountLine {
  readonly source: string;
  readonly path: string;
  readonly type: string;
  /** Device, major << 8 | minor. */
  readonly dev: number;
  readonly readonly: boolean;
}

/** Text that has no white space. */
function mangled(text: string): string {
  return text.replace(/[ \t\n\\]/g, (found) => `\\${found.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

/** @linux 2.4.22 fs/namespace.c show_vfsmnt() */
export function mountsText(mounts: Iterable<MountLine>): string {
  let text = '';
  for (const { source, path, type, readonly } of mounts) {
    text += `${mangled(source)} ${mangled(path)} ${type} ${readonly ? 'ro' : 'rw'} 0 0\n`;
  }
  return text;
}

/**
 * /proc/PID/mountinfo, which programs of today read instead; 2.4 has none. Whatever is not the root is told as mounted on it.
 * @linux 2.6.26 fs/namespace.c show_mountinfo()
 */
export function mountinfoText(mounts: Iterable<MountLine>): string {
  const lines: string[] = [];
  for (const { source, path, type, dev, readonly } of mounts) {
    const mode = readonly ? 'ro' : 'rw';
    const id = lines.length + 1;
    const parent = id === 1 ? 0 : 1;
    const device = `${dev >> 8}:${dev & 0xff}`;
    lines.push(`${id} ${parent} ${device} / ${mangled(path)} ${mode} - ${type} ${mangled(source)} ${mode}\n`);
  }
  return lines.join('');
}

/** /proc/partitions: a line for each disk. */
export function partitionsText(
  disks: Iterable<{ readonly dev: number; readonly path: string; readonly kib: number }>,
): string {
  let text = 'major minor  #blocks  name\n\n';
  const pad = (value: number, width: number) => String(value).padStart(width);
  for (const { dev, path, kib } of disks) {
    text += `${pad(dev >> 8, 4)}  ${pad(dev & 0xff, 4)} ${pad(kib, 10)} ${path.slice('/dev/'.length)}\n`;
  }
  return text;
}
