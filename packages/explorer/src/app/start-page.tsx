import { CHAPTERS, type Scenario } from '../scenarios/scenario.ts';
import { Icon } from './icon.tsx';
import { MachineForm } from './machine-form.tsx';
import { machineChoice } from './machine-signals.ts';
import { helpOpen, paletteOpen } from './overlays.ts';
import { programText } from './program-text.ts';
import { page } from './session.ts';
import { chapters, startScenario } from './story.ts';
import { theme, toggleTheme } from './theme.ts';
import './start-page.css';

/** Where one chooses: a scenario, or a machine of one's own. */
export function StartPage() {
  const previous = machineChoice.value;
  return (
    <div class="start">
      <div class="start-inner">
        <header class="start-head">
          <div>
            <h1>
              <img src="./icon.svg" alt="" width="34" height="34" />
              pagewalk
            </h1>
            <p class="start-lead">
              The Linux memory manager, running in this page. Watch it work on real programs, stop it, step
              back, and ask it why.
            </p>
          </div>
          <nav class="start-tools" aria-label="Page">
            <button
              type="button"
              class="button narrow-only"
              onClick={() => document.getElementById('own-title')?.scrollIntoView()}
            >
              A machine of your own
            </button>
            {previous !== null && (
              <button
                type="button"
                class="button"
                onClick={() => (page.value = 'machine')}
                data-test="return"
              >
                Back to <span class="mono">{programText(previous.program)}</span>
              </button>
            )}
            <button
              type="button"
              class="button plain tool"
              aria-label="Commands"
              title="Commands (Ctrl-K or :)"
              onClick={() => (paletteOpen.value = true)}
            >
              <Icon name="search" />
            </button>
            <button
              type="button"
              class="button plain tool"
              aria-label={theme.value === 'dark' ? 'Light' : 'Dark'}
              title="Light or dark (T)"
              onClick={toggleTheme}
            >
              <Icon name={theme.value === 'dark' ? 'sun' : 'moon'} />
            </button>
            <button
              type="button"
              class="button plain tool"
              aria-label="Help"
              title="Help (?)"
              onClick={() => (helpOpen.value = true)}
            >
              <Icon name="help" />
            </button>
          </nav>
        </header>
        <div class="start-columns">
          <section aria-labelledby="scenarios-title">
            <h2 id="scenarios-title">Stories, chapter by chapter</h2>
            <p class="soft start-note">
              Each says what to watch and asks what will happen before it shows it. Chapters are those of Mel
              Gorman’s <cite>Understanding the Linux Virtual Memory Manager</cite>.
            </p>
            <ol class="chapters">
              {chapters().map(({ chapter, scenarios }) => (
                <li key={chapter} class="chapter">
                  <span class="chapter-number" aria-hidden="true">
                    {chapter}
                  </span>
                  <div class="chapter-body">
                    <h3 class="chapter-title">
                      <span class="hidden-text">Chapter {chapter}: </span>
                      {CHAPTERS[chapter]}
                    </h3>
                    {scenarios.map((scenario) => (
                      <ScenarioButton scenario={scenario} key={scenario.id} />
                    ))}
                  </div>
                </li>
              ))}
            </ol>
          </section>
          <section class="own" aria-labelledby="own-title">
            <h2 id="own-title">A machine of your own</h2>
            <MachineForm />
          </section>
        </div>
      </div>
    </div>
  );
}

function ScenarioButton({ scenario }: { scenario: Scenario }) {
  return (
    <button
      type="button"
      class="scenario-button"
      onClick={() => startScenario(scenario)}
      data-scenario={scenario.id}
    >
      <span class="scenario-title">{scenario.title}</span>
      <span class="soft">{scenario.summary}</span>
    </button>
  );
}
