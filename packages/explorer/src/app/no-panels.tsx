import { usualPanels } from './actions.ts';
import { paletteOpen } from './overlays.ts';

/** Where the panels would be, while none is open. */
export function NoPanels() {
  return (
    <div class="no-panels">
      <p>No panel is open.</p>
      <button type="button" class="button primary" onClick={usualPanels} data-test="usual-panels">
        Panels as at first
      </button>
      <button type="button" class="button" onClick={() => (paletteOpen.value = true)}>
        Choose one …
      </button>
    </div>
  );
}
