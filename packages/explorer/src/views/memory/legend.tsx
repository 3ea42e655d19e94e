import { count, pagesAsBytes } from '../../app/format.ts';
import { USE_COLOURS } from '../../app/palette-colours.ts';

/** Uses with their numbers of frames. Pressing one shows only frames of it; several can be pressed. */
export function MemoryLegend(properties: {
  readonly totals: readonly number[];
  /** A bit per use; 0: all. */
  readonly shown: number;
  readonly onShow: (uses: number) => void;
}) {
  const { totals, shown, onShow } = properties;
  return (
    <fieldset class="memory-legend" aria-label="Uses of frames">
      {USE_COLOURS.map((use, value) => {
        const frames = totals[value] ?? 0;
        const pressed = ((shown >>> value) & 1) !== 0;
        if (frames === 0 && !pressed) return null;
        return (
          <button
            key={use.name}
            type="button"
            class="memory-use"
            aria-pressed={pressed}
            title={`${count(frames)} frames, ${pagesAsBytes(frames)}: show only these`}
            onClick={() => onShow(shown ^ (1 << value))}
          >
            <span class="swatch" style={{ background: `var(--use-${use.name})` }} />
            {use.title} <span class="memory-count">{count(frames)}</span>
          </button>
        );
      })}
      {shown !== 0 && (
        <button type="button" class="button plain small" onClick={() => onShow(0)}>
          all
        </button>
      )}
    </fieldset>
  );
}
