import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { useContext, useEffect, useMemo } from 'preact/hooks';
import type { ViewData, ViewRequest } from '../protocol/views.ts';
import { PanelContext } from './panel-context.ts';

/** What answers a request. */
export type DataOf<R extends ViewRequest> = Extract<ViewData, { view: R['view'] }>;

interface Subscription {
  readonly request: ViewRequest;
  readonly data: Signal<ViewData | null>;
  users: number;
}

/** By the request's JSON: equal requests of several panels are sent once. */
const subscriptions = new Map<string, Subscription>();
let announce: (requests: Readonly<Record<string, ViewRequest>>) => void = () => {};
let announced = '';
let pending = false;

/** Where changed requests go, at once and from now on: the link to the worker. */
export function sendViewRequests(to: typeof announce): void {
  announce = to;
  announced = '';
  requestsChanged();
}

/** From the worker's reports. */
export function viewsArrived(data: Readonly<Record<string, ViewData>>): void {
  for (const [key, value] of Object.entries(data)) {
    const subscription = subscriptions.get(key);
    if (subscription) subscription.data.value = value;
  }
}

/** A new machine: what the old one showed is gone. */
export function forgetViews(): void {
  for (const subscription of subscriptions.values()) subscription.data.value = null;
}

/**
 * Data of a view, kept up to date while the panel is visible; null until the first arrives. With `null` as the request nothing is
 * asked for. The last data stays while a panel is hidden.
 */
export function useView<R extends ViewRequest>(request: R | null): ReadonlySignal<DataOf<R> | null> {
  const { visible } = useContext(PanelContext);
  const key = request === null ? '' : JSON.stringify(request);
  const shown = visible.value;
  const data = useMemo(() => {
    if (request === null) return signal<ViewData | null>(null);
    return subscriptions.get(key)?.data ?? signal<ViewData | null>(null);
  }, [key]);
  useEffect(() => {
    if (request === null || !shown) return;
    return subscribe(key, request, data);
  }, [key, shown, data]);
  return data as ReadonlySignal<DataOf<R> | null>;
}

function subscribe(key: string, request: ViewRequest, data: Signal<ViewData | null>): () => void {
  const existing = subscriptions.get(key);
  const subscription = existing ?? { request, data, users: 0 };
  subscription.users++;
  subscriptions.set(key, subscription);
  // Two panels that asked at the same time hold two signals: the second follows the first.
  const unfollow =
    subscription.data === data ? undefined : subscription.data.subscribe((v) => (data.value = v));
  requestsChanged();
  return () => {
    unfollow?.();
    subscription.users--;
    requestsChanged();
  };
}

/** Data of a view as it is now, once. */
export function viewOnce<R extends ViewRequest>(request: R): Promise<DataOf<R>> {
  const data = signal<ViewData | null>(null);
  return new Promise((resolve) => {
    const end = subscribe(JSON.stringify(request), request, data);
    const unwatch = data.subscribe((value) => {
      if (value === null) return;
      resolve(value as DataOf<R>);
      queueMicrotask(() => {
        unwatch();
        end();
      });
    });
  });
}

/** Sent once for all that changes in one go. */
function requestsChanged(): void {
  if (pending) return;
  pending = true;
  queueMicrotask(() => {
    pending = false;
    // Only now: another panel may have come that asks for the same, and the worker does not send it twice.
    for (const [key, { users }] of subscriptions) if (users === 0) subscriptions.delete(key);
    const requests = Object.fromEntries([...subscriptions].map(([key, { request }]) => [key, request]));
    const text = Object.keys(requests).sort().join('\n');
    if (text === announced) return;
    announced = text;
    announce(requests);
  });
}
