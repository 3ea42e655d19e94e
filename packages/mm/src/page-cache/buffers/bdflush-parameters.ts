/** One of the nine numbers of /proc/sys/vm/bdflush. */
export interface BdflushParameter {
  readonly name: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
}

/**
 * What starts and bounds write-back, by place in /proc/sys/vm/bdflush. Times are jiffies, fractions percent of the memory that
 * buffers may use. @linux 2.4.22 fs/buffer.c bdf_prm, bdflush_min, bdflush_max
 */
export const BDFLUSH_24: readonly BdflushParameter[] = [
  { name: 'nfract', value: 30, min: 0, max: 100 },
  { name: 'ndirty', value: 500, min: 1, max: 50000 },
  { name: 'dummy2', value: 0, min: 0, max: 20000 },
  { name: 'dummy3', value: 0, min: 0, max: 20000 },
  { name: 'interval', value: 500, min: 0, max: 1000000 },
  { name: 'age_buffer', value: 3000, min: 100, max: 1000000 },
  { name: 'nfract_sync', value: 60, min: 0, max: 100 },
  { name: 'nfract_stop_bdflush', value: 20, min: 0, max: 100 },
  { name: 'dummy5', value: 0, min: 0, max: 0 },
];

/** Places of the numbers that are used. */
export const BDF = {
  nfract: 0,
  ndirty: 1,
  interval: 4,
  ageBuffer: 5,
  nfractSync: 6,
  nfractStop: 7,
} as const;

/** The settings of a machine. */
export class BdflushParameters {
  readonly definitions: readonly BdflushParameter[];
  readonly values: number[];

  constructor(definitions: readonly BdflushParameter[]) {
    this.definitions = definitions;
    this.values = definitions.map(({ value }) => value);
  }

  /** @param place one of {@link BDF} */
  get(place: number): number {
    return this.values[place] as number;
  }

  /** Sets a number; false when it is out of range. */
  set(place: number, value: number): boolean {
    const definition = this.definitions[place];
    if (definition === undefined || value < definition.min || value > definition.max) return false;
    this.values[place] = value;
    return true;
  }

  /** As /proc/sys/vm/bdflush prints them: tabs between, a newline. */
  text(): string {
    return `${this.values.join('\t')}\n`;
  }
}
