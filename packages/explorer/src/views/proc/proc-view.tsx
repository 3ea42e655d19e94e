import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ask } from '../../app/ask.ts';
import { machineChoice } from '../../app/machine-signals.ts';
import { useView } from '../../app/use-view.ts';
import { useSubject } from '../parts/use-subject.ts';
import './proc.css';

/** A /proc file of the machine, as its kernel writes it, live. */
export function ProcView() {
  const path = useSignal('meminfo');
  const paths = useSignal<readonly string[]>(['meminfo']);
  const choice = machineChoice.value;
  useEffect(() => {
    if (choice === null) return;
    ask({ ask: 'proc-paths' }).then((answer) => {
      if (answer.ask === 'proc-paths') paths.value = answer.paths;
    });
  }, [choice, paths]);
  const { pid } = useSubject().subject;
  const data = useView(choice === null ? null : { view: 'proc', path: path.value, pid }).value;
  return (
    <div class="view proc">
      <div class="view-toolbar">
        <label class="proc-path">
          <span class="mono soft">/proc/</span>
          <select
            class="field mono"
            aria-label="File in /proc"
            value={path.value}
            onChange={(event) => (path.value = event.currentTarget.value)}
          >
            {paths.value.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <span class="grow" />
        <button
          type="button"
          class="button small"
          disabled={data === null}
          onClick={() => navigator.clipboard?.writeText(data?.text ?? '')}
        >
          Copy
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
      <pre class="view-body proc-text" tabIndex={0} data-test="proc-text">
        {data?.text ?? ''}
      </pre>
    </div>
  );
}
