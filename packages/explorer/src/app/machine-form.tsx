import { type Signal, signal, useComputed } from '@preact/signals';
import type { MachineChoice } from '../protocol/choice.ts';
import { type DroppedFile, takeFile } from './dropped-files.ts';
import {
  checkForm,
  type FormValues,
  PATTERN_EXAMPLES,
  PROGRAMS,
  RECORDINGS,
  RELEASES,
} from './form-values.ts';
import { bytes } from './format.ts';
import { Icon } from './icon.tsx';
import { refusal } from './machine-signals.ts';
import { Segments } from './segments.tsx';
import { openState, stateOf } from './session.ts';

const KINDS: readonly (readonly [FormValues['kind'], string])[] = [
  ['program', 'Program'],
  ['pattern', 'Pattern'],
  ['recording', 'Recording'],
  ['file', 'Your file'],
];

/** What the form holds; it stays while the page does. */
const values = signal<FormValues>({
  release: '2.4.22',
  memory: '16M',
  swap: '64M',
  sysctl: '',
  kind: 'program',
  program: 'quicksort 24',
  pattern: 'zipf 1 6000 40000 30',
  recording: 'pipeline',
  args: '',
});

/** File that was dropped on the page, or chosen. */
export const dropped: Signal<DroppedFile | null> = signal(null);

const set = (part: Partial<FormValues>): void => {
  values.value = { ...values.value, ...part };
};

/** Takes a file and offers it in the form. */
export async function offerFile(file: File): Promise<void> {
  try {
    dropped.value = await takeFile(file);
    refusal.value = '';
    set({ kind: 'file' });
  } catch (error) {
    refusal.value = error instanceof Error ? error.message : String(error);
  }
}

export function MachineForm() {
  const form = values.value;
  const checked = useComputed(() => checkForm(values.value, dropped.value));
  const result = checked.value;
  const start = (event: Event) => {
    event.preventDefault();
    if ('choice' in result) startMachine(result.choice);
  };
  return (
    <form class="machine-form" onSubmit={start}>
      <Row label="Kernel" term="">
        <Segments
          label="Kernel"
          name="release"
          value={form.release}
          choices={RELEASES.map((release) => [release, release] as const)}
          choose={(release) => set({ release })}
        />
      </Row>
      <Row label="Memory" term="">
        <SizeField value={form.memory} list={['8M', '16M', '32M', '64M', '256M', '1G']} name="memory" />
      </Row>
      <Row label="Swap" term="swap">
        <SizeField value={form.swap} list={['0', '16M', '64M', '256M']} name="swap" />
      </Row>
      <fieldset class="form-program">
        <legend class="hidden-text">What runs on it</legend>
        <Segments
          label="What runs on it"
          name="kind"
          value={form.kind}
          choices={KINDS}
          choose={(kind) => set({ kind })}
        />
        <ProgramFields />
      </fieldset>
      <details class="form-more">
        <summary>Settings of the kernel (sysctl)</summary>
        <textarea
          class="field mono"
          rows={3}
          spellcheck={false}
          aria-label="Settings, one a line"
          placeholder={'vm.page-cluster=2\nvm.overcommit_memory=1'}
          value={form.sysctl}
          onInput={(e) => set({ sysctl: e.currentTarget.value })}
        />
      </details>
      <div class="form-end">
        <button type="submit" class="button primary large" disabled={!('choice' in result)} data-test="start">
          <Icon name="play" />
          Start the machine
        </button>
        {'problem' in result && <output class="form-problem">{result.problem}</output>}
      </div>
    </form>
  );
}

function startMachine(choice: MachineChoice): void {
  openState(stateOf(choice), true);
}

function Row(props: { label: string; term: string; children: preact.ComponentChildren }) {
  return (
    <div class="form-row">
      <span class="form-label" {...(props.term === '' ? {} : { 'data-term': props.term })}>
        {props.label}
      </span>
      {props.children}
    </div>
  );
}

function SizeField({
  value,
  list,
  name,
}: {
  value: string;
  list: readonly string[];
  name: 'memory' | 'swap';
}) {
  return (
    <div class="size-field">
      <input
        class="field mono"
        value={value}
        aria-label={name}
        spellcheck={false}
        onInput={(e) => set({ [name]: e.currentTarget.value })}
      />
      {list.map((size) => (
        <button
          type="button"
          class="chip size-chip"
          aria-pressed={value === size}
          onClick={() => set({ [name]: size })}
          key={size}
        >
          {size === '0' ? 'none' : size}
        </button>
      ))}
    </div>
  );
}

function ProgramFields() {
  const form = values.value;
  if (form.kind === 'program') {
    return (
      <>
        <input
          class="field mono wide"
          aria-label="Program and its arguments"
          value={form.program}
          spellcheck={false}
          onInput={(e) => set({ program: e.currentTarget.value })}
        />
        <Examples list={PROGRAMS} current={form.program} choose={(program) => set({ program })} />
      </>
    );
  }
  if (form.kind === 'pattern') {
    return (
      <>
        <input
          class="field mono wide"
          aria-label="Pattern, seed and numbers"
          value={form.pattern}
          spellcheck={false}
          onInput={(e) => set({ pattern: e.currentTarget.value })}
        />
        <Examples list={PATTERN_EXAMPLES} current={form.pattern} choose={(pattern) => set({ pattern })} />
      </>
    );
  }
  if (form.kind === 'recording') {
    return <Examples list={RECORDINGS} current={form.recording} choose={(recording) => set({ recording })} />;
  }
  return <FileField />;
}

function Examples(props: {
  list: readonly { readonly line: string; readonly about: string }[];
  current: string;
  choose: (line: string) => void;
}) {
  return (
    <ul class="examples">
      {props.list.map(({ line, about }) => (
        <li key={line}>
          <button
            type="button"
            class="example"
            aria-pressed={line === props.current}
            onClick={() => props.choose(line)}
          >
            <span class="mono">{line}</span>
            <span class="soft">{about}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function FileField() {
  const file = dropped.value;
  return (
    <div class="file-field">
      <label class="button">
        <Icon name="file" />
        Choose a file
        <input
          type="file"
          class="hidden-text"
          onChange={(e) => {
            const chosen = e.currentTarget.files?.[0];
            if (chosen) void offerFile(chosen);
          }}
          data-test="file"
        />
      </label>
      <p class="soft">
        {file === null
          ? 'or drop it anywhere on the page: a static 32-bit Linux program, or a recording made by pagewalk record. It stays in your browser.'
          : `${file.name}: ${file.kind === 'elf' ? 'a program' : 'a recording'} of ${bytes(file.bytes)}`}
      </p>
      {file?.kind === 'elf' && (
        <input
          class="field mono wide"
          aria-label="Arguments"
          placeholder="arguments"
          value={values.value.args}
          onInput={(e) => set({ args: e.currentTarget.value })}
        />
      )}
    </div>
  );
}
