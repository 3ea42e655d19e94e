/** The worker in which the machine runs. */
import type { Command } from '../protocol/messages.ts';
import { browserAssets } from './browser-assets.ts';
import { Engine } from './engine.ts';

const scope = self as unknown as DedicatedWorkerGlobalScope;
// A message to oneself comes after those that wait, and sooner than a timer.
const channel = new MessageChannel();
const soon: (() => void)[] = [];
channel.port1.onmessage = () => soon.shift()?.();

const engine = new Engine({
  assets: browserAssets(),
  post: (report, transfer) => scope.postMessage(report, transfer),
  now: () => performance.now(),
  later(work, ms) {
    if (ms > 0) {
      setTimeout(work, ms);
      return;
    }
    soon.push(work);
    channel.port2.postMessage(null);
  },
});
// The page hears of errors only, not of promises that nobody waited for.
scope.onunhandledrejection = ({ reason }) => {
  setTimeout(() => {
    throw reason;
  });
};
scope.onmessage = ({ data }: MessageEvent<Command>) => engine.receive(data);
