import { takeFile } from './dropped-files.ts';
import { count } from './format.ts';
import { Icon } from './icon.tsx';
import { refusal } from './machine-signals.ts';
import { openState, page, waitingForFile } from './session.ts';

/** A link names a file that only its reader can have: asks for it, and takes no other. */
export function FilePage() {
  const state = waitingForFile.value;
  const program = state?.choice.program;
  if (!state || !program || !('sha256' in program) || program.sha256 === undefined) return null;
  return (
    <div class="file-page">
      <Icon name="file" size={40} />
      <h1>
        This link needs the file <code>{program.name}</code>
      </h1>
      <p class="soft">
        A link does not carry files. Choose it, or drop it anywhere on this page; then the machine goes to
        turn {count(state.at)}.
      </p>
      <p class="mono faint file-hash">SHA-256 {program.sha256}</p>
      <div class="file-buttons">
        <label class="button primary">
          Choose the file
          <input
            type="file"
            class="hidden-text"
            onChange={(e) => {
              const chosen = e.currentTarget.files?.[0];
              if (chosen) void takeWanted(chosen);
            }}
            data-test="wanted-file"
          />
        </label>
        <button type="button" class="button" onClick={() => (page.value = 'start')}>
          Choose another machine
        </button>
      </div>
    </div>
  );
}

/** Goes on when it is the file that the link means. */
export async function takeWanted(file: File): Promise<void> {
  const state = waitingForFile.value;
  const program = state?.choice.program;
  if (!state || !program || !('sha256' in program)) return;
  try {
    const taken = await takeFile(file);
    if (taken.sha256 === program.sha256) openState(state);
    else {
      refusal.value = `${file.name} is another file: its SHA-256 is ${taken.sha256.slice(0, 12)}…, the link wants ${program.sha256?.slice(0, 12)}…`;
    }
  } catch (error) {
    refusal.value = error instanceof Error ? error.message : String(error);
  }
}
