import { count } from '../../app/format.ts';
import { select } from '../../app/selection.ts';
import { Term } from '../../app/term.tsx';
import { useView } from '../../app/use-view.ts';
import { useSubject } from '../parts/use-subject.ts';
import './oom.css';

/** Who would be killed if memory ran out now, and by which terms; who was. */
export function OomView() {
  const data = useView({ view: 'oom' }).value;
  const { pid } = useSubject().subject;
  if (data === null) return <div class="view-empty">No machine yet.</div>;
  const tasks = data.tasks.filter((task) => task.score > 0).sort((a, b) => b.score - a.score);
  const spared = data.tasks.filter((task) => task.score <= 0);
  const most = Math.max(1, ...tasks.map((task) => task.score));
  return (
    <div class="view oom">
      <div class="view-body padded">
        {data.kills.map((kill) => (
          <p key={kill.seq} class="oom-kill" role="alert">
            <button type="button" class="link" onClick={() => select({ kind: 'event', seq: kill.seq })}>
              Killed {kill.comm} (pid {kill.pid})
            </button>
          </p>
        ))}
        <p class="soft oom-intro">
          If memory ran out now, the task with the highest <Term id="badness">badness</Term> would be killed.
        </p>
        {tasks.length === 0 && <p class="faint">No task has memory of its own.</p>}
        <ol class="oom-tasks">
          {tasks.map((task, i) => (
            <li key={task.pid} class={task.pid === pid ? 'selected' : ''}>
              <button type="button" class="oom-row" onClick={() => select({ kind: 'task', pid: task.pid })}>
                <span class="oom-name">
                  <b>{task.comm}</b> <span class="faint">pid {task.pid}</span>
                  {i === 0 && <span class="chip">first to go</span>}
                </span>
                <span class="number">{count(task.score)}</span>
                <span class="oom-bar" style={{ width: `${(100 * task.score) / most}%` }} />
              </button>
              <ul class="oom-terms">
                {task.terms.map((term) => (
                  <li key={term}>{term}</li>
                ))}
              </ul>
            </li>
          ))}
        </ol>
        {spared.length > 0 && (
          <p class="faint oom-spared">
            Never chosen: {spared.map((task) => `${task.comm} (${task.pid})`).join(', ')}.
          </p>
        )}
      </div>
    </div>
  );
}
