import { useSignal } from '@preact/signals';
import { ask } from './ask.ts';
import { bytes, count, time } from './format.ts';
import { machineChoice, status } from './machine-signals.ts';
import { programText } from './program-text.ts';

/** What the machine is made of and where it is. */
export function MachinePanel() {
  const hash = useSignal('');
  const choice = machineChoice.value;
  const now = status.value;
  if (choice === null) return <div class="view-empty">No machine has been started.</div>;
  const askHash = async () => {
    const answer = await ask({ ask: 'state-hash' });
    hash.value =
      answer.ask === 'refused'
        ? answer.message
        : `${answer.hash} at turn ${status.value.turn}, events ${answer.events}`;
  };
  const sysctl = Object.entries(choice.sysctl);
  return (
    <div class="view">
      <div class="view-body padded">
        <dl class="pairs">
          <dt>Release</dt>
          <dd>Linux {choice.release}</dd>
          <dt>Memory</dt>
          <dd>
            {bytes(choice.memory)}, {count(now.frames)} frames
          </dd>
          <dt>Swap</dt>
          <dd>{choice.swap === 0 ? 'none' : bytes(choice.swap)}</dd>
          <dt>Program</dt>
          <dd class="mono">{programText(choice.program)}</dd>
          {sysctl.length > 0 && <dt>Sysctl</dt>}
          {sysctl.length > 0 && <dd class="mono">{sysctl.map(([k, v]) => `${k}=${v}`).join(', ')}</dd>}
          <dt>Turn</dt>
          <dd>{count(now.turn)}</dd>
          <dt>Events</dt>
          <dd>{count(now.seq)}</dd>
          <dt>Virtual time</dt>
          <dd>{time(now.time)}</dd>
          <dt>Running task</dt>
          <dd>{now.pid === 0 ? 'none' : `pid ${now.pid}`}</dd>
          <dt>State hash</dt>
          <dd>
            <button type="button" class="button small" onClick={askHash} data-test="compute-hash">
              Compute
            </button>{' '}
            <output class="mono" data-test="state-hash">
              {hash.value}
            </output>
          </dd>
        </dl>
      </div>
    </div>
  );
}
