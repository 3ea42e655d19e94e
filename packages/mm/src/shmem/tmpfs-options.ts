/** What a tmpfs mount may hold, and its root directory. */
export interface TmpfsOptions {
  /** Pages. */
  readonly blocks: number;
  readonly inodes: number;
  /** Permission bits of the root. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** @param totalRam pages of RAM that the kernel manages */
export interface TmpfsDefaults extends TmpfsOptions {
  readonly totalRam: number;
  /** 2.4.22: `size=50%` is understood. */
  readonly sizeInPercent: boolean;
  /** Prints a line of the kernel log. */
  print(text: string): void;
}

/**
 * Reads mount options: `size=64m,nr_inodes=1k,mode=755`.
 *
 * ```
 *   size=N[kmg]   bytes, or N% of RAM (2.4.22)      mode=NNN   octal
 *   nr_blocks=N[kmg]   pages                        uid=N gid=N
 *   nr_inodes=N[kmg]
 * ```
 * Numbers may be 0x… and 0…; an empty one is 0, as the kernel has it.
 *
 * @param remount mode, uid and gid are then passed over, whatever they say
 * @returns null: refused, and the log says why
 * @linux 2.4.22 mm/shmem.c shmem_parse_options()
 */
export function parseTmpfsOptions(
  text: string,
  defaults: TmpfsDefaults,
  remount: boolean,
): TmpfsOptions | null {
  let { blocks, inodes, mode, uid, gid } = defaults;
  for (const option of text.split(',')) {
    if (option === '') continue;
    const cut = option.indexOf('=');
    if (cut < 0) {
      defaults.print(`tmpfs: No value for mount option '${option}'`);
      return null;
    }
    const name = option.slice(0, cut);
    const value = option.slice(cut + 1);
    let number: number | null;
    switch (name) {
      case 'size':
        number = sizeOf(value, defaults);
        if (number !== null) blocks = Math.floor(number / 4096) >>> 0;
        break;
      case 'nr_blocks':
        number = memparse(value);
        if (number !== null) blocks = number >>> 0;
        break;
      case 'nr_inodes':
        number = memparse(value);
        if (number !== null) inodes = number >>> 0;
        break;
      case 'mode':
        if (remount) continue;
        number = wholeNumber(value, 8);
        if (number !== null) mode = number & 0o7777;
        break;
      case 'uid':
        if (remount) continue;
        number = wholeNumber(value, 0);
        if (number !== null) uid = number >>> 0;
        break;
      case 'gid':
        if (remount) continue;
        number = wholeNumber(value, 0);
        if (number !== null) gid = number >>> 0;
        break;
      default:
        defaults.print(`tmpfs: Bad mount option ${name}`);
        return null;
    }
    if (number === null) {
      defaults.print(`tmpfs: Bad value '${value}' for mount option '${name}'`);
      return null;
    }
  }
  return { blocks, inodes, mode, uid, gid };
}

/** Bytes; null = no size. */
function sizeOf(text: string, { totalRam, sizeInPercent }: TmpfsDefaults): number | null {
  if (!sizeInPercent || !text.endsWith('%')) return memparse(text);
  const percent = memparse(text.slice(0, -1));
  return percent === null ? null : Math.floor((percent * 4096 * totalRam) / 100);
}

/** A number with an optional suffix; null = something else is in it. @linux 2.4.22 lib/cmdline.c memparse() */
function memparse(text: string): number | null {
  const match = /^(.*?)([kKmMgG]?)$/s.exec(text) as RegExpExecArray;
  const number = wholeNumber(match[1] as string, 0);
  const factor = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }[(match[2] as string).toLowerCase()] ?? 1;
  return number === null ? null : number * factor;
}

/**
 * A number to the end of the text; null = something else is in it. Base 0: as its prefix says.
 * @linux 2.4.22 lib/vsprintf.c simple_strtoul()
 */
function wholeNumber(text: string, base: 0 | 8): number | null {
  if (text === '') return 0;
  if (base === 0 && /^0x[0-9a-fA-F]+$/.test(text)) return Number.parseInt(text, 16);
  if (base === 8 || text.startsWith('0')) return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : null;
  return /^[0-9]+$/.test(text) ? Number.parseInt(text, 10) : null;
}
