import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { CHAPTERS, type Scenario } from '../scenarios/scenario.ts';
import { SCENARIOS } from '../scenarios/scenarios.ts';
import { Icon } from './icon.tsx';
import { status } from './machine-signals.ts';
import { Prose } from './prose.tsx';
import { presentStage, showAnswer, startScenario, toStage } from './story.ts';
import './story-panel.css';

/** The scenario: what to watch, a question, and then the answer. */
export function StoryPanel() {
  const now = presentStage();
  const guess = useSignal(-1);
  const place = now && `${now.scenario.id}.${now.index}`;
  useEffect(() => {
    guess.value = -1;
  }, [place]);
  const end = useRef<HTMLDivElement>(null);
  // The answer comes below what was pressed: in a low panel it would not be seen.
  useEffect(() => {
    if (now?.shown) end.current?.scrollIntoView({ block: 'nearest' });
  }, [now?.shown, place]);
  if (!now) {
    return <div class="view-empty">No scenario is being told. The start page has one for each chapter.</div>;
  }
  const { scenario, stage, index, shown } = now;
  const { phase } = status.value;
  const onTheWay = phase === 'running' || phase === 'seeking';
  const last = index === scenario.stages.length - 1;
  return (
    <div class="view story">
      <div class="view-body padded">
        <p class="story-chapter">
          Chapter {scenario.chapter}: {CHAPTERS[scenario.chapter]}
        </p>
        <h2 class="story-title">{scenario.title}</h2>
        <Steps count={scenario.stages.length} at={index} titles={scenario.stages.map(({ title }) => title)} />
        <h3 class="story-stage">{stage.title}</h3>
        <Prose text={stage.text} />
        <div class="story-question">
          <Prose text={stage.question} />
          <fieldset class="story-options" aria-label="Your guess">
            {stage.options.map((option, i) => (
              <button
                type="button"
                aria-pressed={guess.value === i}
                key={option}
                class={`story-option ${shown ? (i === stage.correct ? 'right' : guess.value === i ? 'wrong' : '') : ''}`}
                onClick={() => (guess.value = i)}
                disabled={shown}
              >
                <span class="story-mark">
                  {shown && i === stage.correct && <Icon name="check" size={14} />}
                </span>
                <Inline text={option} />
              </button>
            ))}
          </fieldset>
          {!shown && (
            <button
              type="button"
              class="button primary"
              onClick={showAnswer}
              disabled={phase === 'booting'}
              data-test="show-answer"
            >
              {stage.go.to === 'stay' ? 'Show the answer' : 'Run on and show the answer'}
            </button>
          )}
        </div>
        {shown && (
          <div class="story-answer" data-test="answer">
            {onTheWay && <p class="faint">The machine is on its way…</p>}
            <Prose text={stage.answer} />
          </div>
        )}
        <div ref={end}>
          <Onward last={last} shown={shown} index={index} scenario={scenario} onTheWay={onTheWay} />
        </div>
      </div>
    </div>
  );
}

function Inline({ text }: { text: string }) {
  return (
    <span>{text.split(/(`[^`]+`)/).map((p) => (p.startsWith('`') ? <code>{p.slice(1, -1)}</code> : p))}</span>
  );
}

function Steps({ count, at, titles }: { count: number; at: number; titles: readonly string[] }) {
  return (
    <ol class="story-steps" aria-label="Stages">
      {Array.from({ length: count }, (_, i) => (
        <li
          key={i}
          class={i === at ? 'now' : i < at ? 'past' : ''}
          title={titles[i]}
          aria-current={i === at}
        />
      ))}
    </ol>
  );
}

function Onward(props: {
  last: boolean;
  shown: boolean;
  index: number;
  scenario: Scenario;
  onTheWay: boolean;
}) {
  if (!props.shown) return null;
  if (!props.last) {
    return (
      <button
        type="button"
        class="button primary"
        onClick={() => toStage(props.index + 1)}
        disabled={props.onTheWay}
        data-test="next-stage"
      >
        Next
      </button>
    );
  }
  const following = SCENARIOS[SCENARIOS.indexOf(props.scenario) + 1];
  return (
    <div class="story-end">
      <p class="soft">This is the end of the story; the machine is yours. Step back, select, ask why.</p>
      {following && (
        <button type="button" class="button" onClick={() => startScenario(following)}>
          Chapter {following.chapter}: {following.title}
        </button>
      )}
    </div>
  );
}
