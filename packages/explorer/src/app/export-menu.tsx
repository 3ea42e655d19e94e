import { ask } from './ask.ts';
import { hasMachine, stopExport } from './commands.ts';
import { Icon } from './icon.tsx';
import { refusal } from './machine-signals.ts';
import { mapPicture } from './map-picture.ts';
import { Menu } from './menu.tsx';
import { exporting, exportOpen, say } from './overlays.ts';
import { download } from './share.ts';

export interface ExportKind {
  readonly id: 'perfetto' | 'ftrace' | 'proc' | 'picture';
  readonly title: string;
  readonly about: string;
}

export const EXPORTS: readonly ExportKind[] = [
  { id: 'perfetto', title: 'Perfetto trace', about: 'events, for ui.perfetto.dev' },
  { id: 'ftrace', title: 'ftrace text', about: 'events, as /sys/kernel/tracing/trace' },
  { id: 'picture', title: 'Picture of memory', about: 'all frames by use, PNG' },
  { id: 'proc', title: '/proc files', about: 'as they read now, one text' },
];

/** Makes it and gives it to the reader as a file. Of two million events it takes some seconds, in which the machine stands. */
export async function exportAs(kind: ExportKind['id']): Promise<void> {
  if (!hasMachine() || exporting.value !== null) return;
  try {
    if (kind === 'picture') return download('memory.png', await mapPicture());
    const title = EXPORTS.find(({ id }) => id === kind)?.title ?? kind;
    exporting.value = { title, share: 0 };
    const answer = await ask({ ask: 'export', format: kind }, (share) => {
      if (exporting.value !== null) exporting.value = { title, share };
    });
    if (answer.ask === 'refused') {
      if (exporting.value === null) say(`${title}: stopped`);
      else refusal.value = answer.message;
    } else {
      download(answer.name, answer.bytes);
      say(`${answer.name}: ${answer.bytes.length.toLocaleString('en-US')} bytes`);
    }
  } catch (error) {
    refusal.value = error instanceof Error ? error.message : String(error);
  } finally {
    exporting.value = null;
  }
}

/** How far it is, and a way out. */
export function ExportProgress() {
  if (exporting.value === null) return null;
  const { title, share } = exporting.value;
  return (
    <div class="notice exporting">
      <label>
        {title} <progress value={share} /> {Math.floor(share * 100)} %
      </label>
      <button type="button" class="button plain" title="Stop (Esc)" onClick={stopExport}>
        Stop
      </button>
    </div>
  );
}

export function ExportButton() {
  return (
    <Menu
      open={exportOpen}
      button={(attributes) => (
        <button
          {...attributes}
          type="button"
          class="button plain tool"
          aria-label="Export"
          title="Export (E)"
        >
          <Icon name="export" />
        </button>
      )}
      items={EXPORTS.map(({ id, title, about }) => ({ id, title, about, run: () => void exportAs(id) }))}
    />
  );
}
