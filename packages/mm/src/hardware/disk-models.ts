/**
 * What disks cost: the data by which I/O takes virtual time.
 *
 * A request takes: the command itself, a seek if it does not begin where the last one ended, and the transfer.
 */
export interface DiskModel {
  readonly name: string;
  /** Every request: command, interrupt, host; ns. */
  readonly commandNs: number;
  /** Arm movement to the next track and across the whole disk, ns; between them the time grows with the root of the distance. */
  readonly seekMinNs: number;
  readonly seekMaxNs: number;
  /** Mean rotational delay after a seek, ns: half a turn. */
  readonly rotationNs: number;
  /** Transfer, bytes a second. */
  readonly bytesPerSecond: number;
}

/** The disks that a machine can have. */
export const DISK_MODELS = {
  /**
   * An emulated IDE disk (PIIX, DMA) whose image lies in the host's page cache: no arm, no rotation. A command costs
   * the emulator a few exits and a thread switch; the transfer is a copy in host memory under emulated DMA.
   */
  qemu: {
    name: 'qemu',
    commandNs: 100_000,
    seekMinNs: 0,
    seekMaxNs: 0,
    rotationNs: 0,
    bytesPerSecond: 200e6,
  },
  /** A desktop IDE disk of 2003: 7200 turns a minute, 8.5 ms mean seek, 40 MB/s. */
  'ide-2003': {
    name: 'ide-2003',
    commandNs: 200_000,
    seekMinNs: 1_000_000,
    seekMaxNs: 17_000_000,
    rotationNs: 4_170_000,
    bytesPerSecond: 40e6,
  },
} as const satisfies Record<string, DiskModel>;

/**
 * Time that a request takes, ns.
 *
 * @param distance sectors between the end of the last request and the begin of this one
 * @param span sectors of the whole disk
 * @param bytes that are transferred
 */
export function requestNs(model: DiskModel, distance: number, span: number, bytes: number): number {
  let ns = model.commandNs + (bytes * 1e9) / model.bytesPerSecond;
  if (distance > 0) {
    const range = model.seekMaxNs - model.seekMinNs;
    ns += model.seekMinNs + range * Math.sqrt(Math.min(1, distance / span)) + model.rotationNs;
  }
  return Math.round(ns);
}
