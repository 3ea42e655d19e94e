import { useEffect } from 'preact/hooks';
import { BreakpointsDialog } from './breakpoints-editor.tsx';
import { ControlBar } from './control-bar.tsx';
import { Dock } from './dock.tsx';
import { DropArea } from './drop-area.tsx';
import { ExportProgress } from './export-menu.tsx';
import { FilePage } from './file-page.tsx';
import { GlossaryCard } from './glossary-card.tsx';
import { Help } from './help.tsx';
import { Icon } from './icon.tsx';
import { machineChoice, refusal } from './machine-signals.ts';
import { NoPanels } from './no-panels.tsx';
import { notice } from './overlays.ts';
import { Palette } from './palette.tsx';
import { PANELS } from './panels.ts';
import { programText } from './program-text.ts';
import { page } from './session.ts';
import { StartPage } from './start-page.tsx';
import { Timeline } from './timeline.tsx';

/** The page. The machine's part stays where it is while another is shown. */
export function App() {
  const shown = page.value;
  useEffect(() => {
    const program = machineChoice.value?.program;
    document.title =
      shown === 'machine' && program ? `${programText(program)} · pagewalk` : 'pagewalk explorer';
  }, [shown, machineChoice.value]);
  return (
    <>
      {shown === 'start' && <StartPage />}
      {shown === 'file' && <FilePage />}
      <main class="app" hidden={shown !== 'machine'}>
        <ControlBar />
        <Timeline />
        <Dock panels={PANELS} empty={NoPanels} />
      </main>
      <Refusal />
      <output class="notice">{notice.value}</output>
      <ExportProgress />
      <Palette />
      <Help />
      <BreakpointsDialog />
      <GlossaryCard />
      <DropArea />
    </>
  );
}

/** What was refused and why, in one line, until it is closed or something else is done. */
function Refusal() {
  if (refusal.value === '') return null;
  return (
    <div class="refusal" role="alert" data-test="refusal">
      <span>{refusal.value}</span>
      <button
        type="button"
        class="button plain tool"
        aria-label="Close"
        title="Close (Esc)"
        onClick={() => (refusal.value = '')}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}
