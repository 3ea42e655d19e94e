import { computed, effect, signal } from '@preact/signals';
import { colourProperties, type ThemeName } from './palette-colours.ts';

const KEY = 'pagewalk.theme';

export type ThemeChoice = ThemeName | 'system';

const dark = matchMedia('(prefers-color-scheme: dark)');
const systemDark = signal(dark.matches);
dark.addEventListener('change', () => (systemDark.value = dark.matches));

const still = matchMedia('(prefers-reduced-motion: reduce)');
/** Whether the reader wants as little movement as possible. */
export const reducedMotion = signal(still.matches);
still.addEventListener('change', () => (reducedMotion.value = still.matches));

export const themeChoice = signal<ThemeChoice>(stored());

/** The theme that is shown. Canvases draw anew when it changes. */
export const theme = computed<ThemeName>(() => {
  if (themeChoice.value !== 'system') return themeChoice.value;
  return systemDark.value ? 'dark' : 'light';
});

/** Light, dark, and back. */
export function toggleTheme(): void {
  themeChoice.value = theme.value === 'dark' ? 'light' : 'dark';
  try {
    localStorage.setItem(KEY, themeChoice.value);
  } catch {
    // A page from a file, or storage switched off: the choice lasts as long as the page.
  }
}

function stored(): ThemeChoice {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    return 'system';
  }
}

/** Puts the theme on the document and keeps it there. */
export function applyTheme(): void {
  effect(() => {
    const root = document.documentElement;
    root.dataset['theme'] = theme.value;
    for (const [name, value] of Object.entries(colourProperties(theme.value)))
      root.style.setProperty(name, value);
  });
}
