import type { Report } from '../protocol/messages.ts';
import type { ViewData, ViewRequest } from '../protocol/views.ts';
import { buffersOf } from './buffers-of.ts';
import type { Machine } from './machine.ts';
import { messageOf } from './message-of.ts';
import { Pacing } from './pacing.ts';
import { Views } from './views.ts';

/** Views take at most this share of the time while the machine works. */
const VIEW_SHARE = 0.3;

/** What the feed needs of the engine's surroundings. */
export interface FeedHost {
  /** Sends a report; `transfer`: buffers that go along. */
  post(report: Report, transfer: ArrayBuffer[]): void;
  /** A clock in ms. */
  now(): number;
}

/** Sends the page the views that it wants, when they have changed and it has drawn the last ones. */
export class ViewFeed {
  private readonly host: FeedHost;
  private views: Views | null = null;
  private requests: Readonly<Record<string, ViewRequest>> = {};
  private drawn = true;
  /** What was sent of each. */
  private readonly sent = new Map<string, string>();
  private readonly pacing = new Pacing();
  private after = 0;

  constructor(host: FeedHost) {
    this.host = host;
  }

  /** From now on the views are those of this machine, booted just now; null: of none. */
  attach(machine: Machine | null): void {
    this.views = machine && new Views(machine);
    if (machine === null) this.sent.clear();
  }

  request(requests: Readonly<Record<string, ViewRequest>>): void {
    this.requests = requests;
    for (const key of this.sent.keys()) if (!(key in requests)) this.sent.delete(key);
    this.pacing.keep(requests);
  }

  /** The page is ready for more. */
  pageHasDrawn(): void {
    this.drawn = true;
  }

  /** @param works the machine works: not all views are made at once then, nor each as whole as it could be */
  serve(machine: Machine, works: boolean): void {
    const start = this.host.now();
    if (!this.drawn || this.views === null || (works && start < this.after)) return;
    const data: Record<string, ViewData> = {};
    // What is known of later turns is part of some views: it may be forgotten while the machine stands.
    const state = `${machine.turn} ${machine.kernel.trace.seq} ${machine.history.furthest} ${works}`;
    const keys = works ? this.pacing.choose(this.requests, start) : Object.keys(this.requests);
    for (const key of keys) {
      const request = this.requests[key] as ViewRequest;
      const version = `${state} ${JSON.stringify(request)}`;
      if (this.sent.get(key) === version) continue;
      this.pacing.made(key, start);
      try {
        data[key] = this.views.view(request, !works);
        if (!this.views.behind(request)) this.sent.set(key, version);
      } catch (error) {
        // The other views go on; this one is tried again when the machine has moved.
        this.sent.set(key, version);
        this.host.post({ type: 'refused', message: messageOf(error) }, []);
      }
    }
    if (Object.keys(data).length === 0) return;
    this.host.post({ type: 'views', data }, buffersOf(data));
    this.drawn = false;
    const end = this.host.now();
    this.after = end + (end - start) * (1 / VIEW_SHARE - 1);
  }
}
