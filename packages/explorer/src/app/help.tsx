import { useSignal } from '@preact/signals';
import type { GlossaryEntry } from '../glossary/entries.ts';
import { GLOSSARY } from '../glossary/glossary.ts';
import { Dialog } from './dialog.tsx';
import { openPanel } from './dock.tsx';
import { DOCK_KEYS, KEYS, type KeyBinding } from './keyboard.ts';
import { helpOpen } from './overlays.ts';
import { PANELS } from './panels.ts';
import { page } from './session.ts';

const GROUPS: readonly { readonly group: KeyBinding['group']; readonly title: string }[] = [
  { group: 'machine', title: 'Machine' },
  { group: 'pictures', title: 'Pictures and selection' },
  { group: 'panels', title: 'Panels' },
  { group: 'page', title: 'Page' },
];

/** Keys, panels, and every term. */
export function Help() {
  return (
    <Dialog open={helpOpen} title="Help" kind="help">
      <HelpBody />
    </Dialog>
  );
}

function HelpBody() {
  const tab = useSignal<'keys' | 'panels' | 'terms'>('keys');
  const titles = { keys: 'Keys', panels: 'Panels', terms: 'Terms and counters' } as const;
  return (
    <>
      <div class="tabs" role="tablist">
        {(Object.keys(titles) as (keyof typeof titles)[]).map((id) => (
          <button
            type="button"
            role="tab"
            aria-selected={tab.value === id}
            class="tab"
            onClick={() => (tab.value = id)}
            key={id}
          >
            {titles[id]}
          </button>
        ))}
      </div>
      <div class="dialog-scroll" role="tabpanel">
        {tab.value === 'keys' && <KeyList />}
        {tab.value === 'panels' && <PanelList />}
        {tab.value === 'terms' && <TermList />}
      </div>
    </>
  );
}

function KeyList() {
  return (
    <div class="key-lists">
      {GROUPS.map(({ group, title }) => (
        <section key={group}>
          <h3 class="section-title">{title}</h3>
          <dl class="key-list">
            {KEYS.filter((binding) => binding.group === group).map(({ shown, about }) => (
              <KeyRow shown={shown} about={about} key={shown} />
            ))}
            {group === 'panels' &&
              DOCK_KEYS.map(([shown, about]) => <KeyRow shown={shown} about={about} key={shown} />)}
          </dl>
        </section>
      ))}
    </div>
  );
}

function KeyRow({ shown, about }: { shown: string; about: string }) {
  return (
    <>
      <dt>
        <kbd>{shown}</kbd>
      </dt>
      <dd>{about}</dd>
    </>
  );
}

function PanelList() {
  return (
    <dl class="panel-list">
      {PANELS.map(({ id, title, about, chapter }) => (
        <div key={id}>
          <dt>
            {page.value === 'machine' ? (
              <button
                type="button"
                class="link"
                onClick={() => {
                  helpOpen.value = false;
                  openPanel(id);
                }}
              >
                {title}
              </button>
            ) : (
              title
            )}
            {chapter > 0 && <span class="faint"> chapter {chapter}</span>}
          </dt>
          <dd class="soft">{about}</dd>
        </div>
      ))}
    </dl>
  );
}

function TermList() {
  const text = useSignal('');
  const wanted = text.value.toLowerCase();
  const fits = ({ name, text: about }: GlossaryEntry): boolean =>
    `${name} ${about}`.toLowerCase().includes(wanted);
  const shown = GLOSSARY.filter(fits).sort((a, b) => a.name.localeCompare(b.name, 'en'));
  return (
    <>
      <input
        class="field term-filter"
        type="search"
        placeholder="Find a term"
        aria-label="Find a term"
        onInput={(e) => (text.value = e.currentTarget.value)}
      />
      <dl class="term-list">
        {shown.map((entry) => (
          <div key={entry.id}>
            <dt>
              {entry.name}
              {entry.chapter > 0 && <span class="faint"> chapter {entry.chapter}</span>}
            </dt>
            <dd class="soft">{entry.text}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
