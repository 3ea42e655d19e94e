import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const ID = 'virtual:dockview.css';

/**
 * The style sheet of dockview-core as a module. The package has it only inside its script for pages without modules, as a string;
 * its themes, of which the explorer uses none, are left out.
 */
export function dockviewStyle(): Plugin {
  return {
    name: 'dockview-style',
    resolveId: (id) => (id === ID ? `\0${ID}` : null),
    load(id) {
      if (id !== `\0${ID}`) return null;
      const script = readFileSync(
        fileURLToPath(import.meta.resolve('dockview-core/dist/dockview-core.js')),
        'utf8',
      );
      const string = /textContent = ("(?:[^"\\]|\\.)*")/.exec(script)?.[1];
      if (string === undefined) throw new Error('dockview-core.js: no style sheet in it');
      return withoutThemes(JSON.parse(string) as string);
    },
  };
}

function withoutThemes(css: string): string {
  return css.replace(/^\.dockview-(theme|spaced)[^{}]*\{[^{}]*\}\n?/gm, '');
}
