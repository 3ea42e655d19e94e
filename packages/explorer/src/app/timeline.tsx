import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { seek } from './commands.ts';
import { count, rate, time } from './format.ts';
import { status } from './machine-signals.ts';
import { markKills, marks } from './marks.ts';
import { useView } from './use-view.ts';

const KILLS = { view: 'oom' } as const;

/** Where the machine is on its way, and the way to go anywhere else. */
export function Timeline() {
  const kills = useView(KILLS).value?.kills;
  useEffect(() => {
    if (kills) markKills(kills);
  }, [kills]);
  const { phase, turn, furthest, end, time: now, rate: perSecond, progress, reason, seq } = status.value;
  const dragged = useSignal<number | null>(null);
  const last = Math.max(end ?? furthest, turn, 1);
  const at = dragged.value ?? turn;
  const go = (to: number) => {
    dragged.value = to;
    seek(to);
  };
  return (
    <div class="timeline" data-phase={phase}>
      <span class="timeline-time number" title="Virtual time">
        {time(now)}
      </span>
      <div class="timeline-track">
        <div class="timeline-known" style={{ width: `${(furthest / last) * 100}%` }} />
        <div class="timeline-done" style={{ width: `${(at / last) * 100}%` }} />
        {(phase === 'seeking' || phase === 'booting') && (
          <div class="timeline-progress" style={{ width: `${progress * 100}%` }} />
        )}
        <input
          type="range"
          min={0}
          max={last}
          value={at}
          aria-label="Position, in turns"
          aria-valuetext={`turn ${count(at)} of ${end === null ? 'as yet unknown' : count(end)}`}
          disabled={phase === 'empty' || phase === 'booting'}
          onInput={(e) => go(Number(e.currentTarget.value))}
          onChange={() => (dragged.value = null)}
          onBlur={() => (dragged.value = null)}
          data-test="timeline"
        />
        {marks.value.map((mark) => (
          <button
            type="button"
            key={`${mark.kind} ${mark.turn} ${mark.text}`}
            class={`timeline-mark ${mark.kind}`}
            style={{ left: `${(mark.turn / last) * 100}%` }}
            title={`${mark.text}, turn ${count(mark.turn)}`}
            aria-label={`${mark.text}: go to turn ${count(mark.turn)}`}
            onClick={() => seek(mark.turn)}
          />
        ))}
      </div>
      <span class="timeline-turn number">
        turn <strong data-test="turn">{count(at)}</strong>
        <span class="faint">{end === null ? '' : ` of ${count(end)}`}</span>
      </span>
      <span class="timeline-events number faint" title="Events so far">
        {count(seq)} events
      </span>
      <output class="timeline-status" data-test="status" data-phase={phase} title={reason}>
        {statusText(phase, reason, perSecond, progress)}
      </output>
    </div>
  );
}

function statusText(phase: string, reason: string, perSecond: number, progress: number): string {
  switch (phase) {
    case 'empty':
      return 'no machine';
    case 'booting':
      return 'booting';
    case 'running':
      if (reason !== '') return reason;
      return perSecond > 0 ? `running, ${rate(perSecond)}` : 'running';
    case 'seeking':
      return `on the way, ${Math.round(progress * 100)} %`;
    case 'ended':
      return reason === '' ? 'ended' : reason;
    default:
      return reason === '' ? 'paused' : reason;
  }
}
