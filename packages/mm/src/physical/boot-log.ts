/** Priority of a kernel message, 0 .. 7. @linux include/linux/kernel.h KERN_* */
export const KERN = { ALERT: 1, ERR: 3, WARNING: 4, NOTICE: 5, INFO: 6 } as const;
/** The priority of a message that names none. @linux DEFAULT_MESSAGE_LOGLEVEL */
const DEFAULT_LEVEL = 4;

export interface BootLogLine {
  /** 0 (emergency) .. 7 (debug). */
  readonly level: number;
  readonly text: string;
}

/** The lines that the kernel printed while booting, in order. */
export class BootLog {
  readonly lines: BootLogLine[] = [];

  /** Adds a line. @linux printk() */
  print(text: string, level: number = DEFAULT_LEVEL): void {
    this.lines.push({ level, text });
  }

  /** The log as `dmesg` shows it, or with each line's `<level>` in front. */
  toString(withLevels = false): string {
    return this.lines.map((line) => `${withLevels ? `<${line.level}>` : ''}${line.text}\n`).join('');
  }
}
