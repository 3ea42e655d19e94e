import type { StepUnit } from '../protocol/messages.ts';
import { BreakpointsButton } from './breakpoints-editor.tsx';
import { nextUnit, SPEEDS, seek, setSpeed, step, stepUnit, toggleRun, UNITS } from './commands.ts';
import { ExportButton } from './export-menu.tsx';
import { count } from './format.ts';
import { Icon, type IconName } from './icon.tsx';
import { machineChoice, speed, status } from './machine-signals.ts';
import { helpOpen, paletteOpen } from './overlays.ts';
import { programText } from './program-text.ts';
import { showStart } from './session.ts';
import { copyLink } from './share.ts';
import { theme, toggleTheme } from './theme.ts';

/** What the machine is told to do, and by what. */
export function ControlBar() {
  const { phase } = status.value;
  const busy = phase === 'running' || phase === 'seeking';
  return (
    <div class="control-bar" role="toolbar" aria-label="Machine">
      <button type="button" class="button plain brand" onClick={showStart} title="Choose another machine (H)">
        <Icon name="home" />
        <span class="brand-name">pagewalk</span>
      </button>
      <MachineSummary />
      <div class="control-group">
        <Tool icon="start" label="To the beginning" keys="Home" onClick={() => seek(0)} />
        <Tool icon="back" label={`Back one ${stepUnit.value}`} keys="," onClick={() => step(-1)} />
        <button
          type="button"
          class="button primary run-button"
          onClick={toggleRun}
          disabled={phase === 'ended' || phase === 'booting' || phase === 'empty'}
          title={busy ? 'Pause (space)' : 'Run (space)'}
          data-test="run"
        >
          <Icon name={busy ? 'pause' : 'play'} />
          {busy ? 'Pause' : 'Run'}
        </button>
        <Tool icon="forward" label={`On by one ${stepUnit.value}`} keys="." onClick={() => step(1)} />
        <UnitChoice />
      </div>
      <SpeedChoice />
      <BreakpointsButton />
      <span class="grow" />
      <Tool icon="share" label="Copy a link to this" keys="L" onClick={copyLink} />
      <ExportButton />
      <Tool icon="search" label="Commands" keys="Ctrl-K or :" onClick={() => (paletteOpen.value = true)} />
      <Tool
        icon={theme.value === 'dark' ? 'sun' : 'moon'}
        label={theme.value === 'dark' ? 'Light' : 'Dark'}
        keys="T"
        onClick={toggleTheme}
      />
      <Tool icon="help" label="Help" keys="?" onClick={() => (helpOpen.value = true)} />
    </div>
  );
}

function Tool(props: { icon: IconName; label: string; keys: string; onClick: () => void }) {
  return (
    <button
      type="button"
      class="button plain tool"
      onClick={props.onClick}
      aria-label={props.label}
      title={`${props.label} (${props.keys})`}
    >
      <Icon name={props.icon} />
    </button>
  );
}

function MachineSummary() {
  const choice = machineChoice.value;
  if (choice === null) return null;
  return (
    <span class="machine-summary" title={programText(choice.program)}>
      <strong class="mono">{programText(choice.program)}</strong>
      <span class="faint">
        {choice.release}, {count(choice.memory / 2 ** 20)} MB
        {choice.swap > 0 && `, swap ${count(choice.swap / 2 ** 20)} MB`}
      </span>
    </span>
  );
}

function UnitChoice() {
  return (
    <label class="inline-label" title="By what the steps go (U)">
      <span class="hidden-text">Step by</span>
      <select
        class="field"
        value={stepUnit.value}
        onChange={(e) => (stepUnit.value = e.currentTarget.value as StepUnit)}
        onKeyDown={(e) => e.key === 'u' && nextUnit()}
      >
        {UNITS.map(({ unit, title, about }) => (
          <option value={unit} title={about}>
            {title}
          </option>
        ))}
      </select>
    </label>
  );
}

function SpeedChoice() {
  return (
    <label class="inline-label">
      <span class="faint">speed</span>
      <select
        class="field"
        value={String(speed.value)}
        onChange={(e) => setSpeed(e.currentTarget.value === 'null' ? null : Number(e.currentTarget.value))}
      >
        {SPEEDS.map((turns) => (
          <option value={String(turns)}>{turns === null ? 'full' : `${count(turns)} /s`}</option>
        ))}
      </select>
    </label>
  );
}
