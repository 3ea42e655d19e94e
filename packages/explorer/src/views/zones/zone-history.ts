import type { ZonesView } from '../../protocol/views.ts';

/** A zone's free pages over virtual time, as far as the view has seen them. */
export interface ZoneSamples {
  /** Virtual time, ns. */
  readonly time: readonly number[];
  readonly free: readonly number[];
}

/** Samples kept per zone; beyond, every second one is dropped, so that the whole time stays in sight. */
const MOST = 1200;

/** Remembers free pages per zone. Going back in time forgets what lies ahead. */
export class ZoneHistory {
  private readonly zones = new Map<string, { time: number[]; free: number[] }>();

  /** Adds what a view says of a moment. The same moment again replaces it. */
  add(time: number, view: Pick<ZonesView, 'zones'>): void {
    for (const zone of view.zones) {
      const samples = this.zones.get(zone.name) ?? { time: [], free: [] };
      this.zones.set(zone.name, samples);
      while (samples.time.length > 0 && (samples.time.at(-1) as number) >= time) {
        samples.time.pop();
        samples.free.pop();
      }
      samples.time.push(time);
      samples.free.push(zone.free);
      if (samples.time.length > MOST) thin(samples);
    }
  }

  /** Samples of a zone, oldest first. */
  of(zone: string): ZoneSamples {
    return this.zones.get(zone) ?? { time: [], free: [] };
  }

  /** For a new machine. */
  forget(): void {
    this.zones.clear();
  }
}

function thin(samples: { time: number[]; free: number[] }): void {
  const last = samples.time.length - 1;
  const keep = (_: number, i: number): boolean => i % 2 === 0 || i === last;
  samples.time = samples.time.filter(keep);
  samples.free = samples.free.filter(keep);
}
