import { ask } from './ask.ts';
import { hasMachine } from './commands.ts';
import { Icon } from './icon.tsx';
import { refusal } from './machine-signals.ts';
import { mapPicture } from './map-picture.ts';
import { Menu } from './menu.tsx';
import { exportOpen, say, sayUntil } from './overlays.ts';
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

/** Makes it and gives it to the reader as a file. */
export async function exportAs(kind: ExportKind['id']): Promise<void> {
  if (!hasMachine()) return;
  try {
    if (kind === 'picture') return download('memory.png', await mapPicture());
    // Of two million events it takes some seconds, in which the machine stands.
    sayUntil(`${EXPORTS.find(({ id }) => id === kind)?.title}: being made …`);
    const answer = await ask({ ask: 'export', format: kind });
    if (answer.ask === 'refused') {
      sayUntil('');
      refusal.value = answer.message;
    } else {
      download(answer.name, answer.bytes);
      say(`${answer.name}: ${answer.bytes.length.toLocaleString('en-US')} bytes`);
    }
  } catch (error) {
    sayUntil('');
    refusal.value = error instanceof Error ? error.message : String(error);
  }
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
