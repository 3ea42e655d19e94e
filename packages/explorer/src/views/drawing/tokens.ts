import { theme } from '../../app/theme.ts';

/** Colours and fonts of the stylesheet, for canvases. */
export interface Tokens {
  readonly surface: string;
  readonly sunken: string;
  readonly line: string;
  readonly lineStrong: string;
  readonly text: string;
  readonly textSoft: string;
  readonly textFaint: string;
  readonly accent: string;
  readonly focus: string;
  readonly sans: string;
  readonly mono: string;
}

let known: { readonly theme: string; readonly tokens: Tokens } | null = null;

/** The tokens of the theme that is shown. */
export function tokens(): Tokens {
  if (known?.theme === theme.value) return known.tokens;
  const style = getComputedStyle(document.documentElement);
  const token = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  known = {
    theme: theme.value,
    tokens: {
      surface: token('surface'),
      sunken: token('sunken'),
      line: token('line'),
      lineStrong: token('line-strong'),
      text: token('text'),
      textSoft: token('text-soft'),
      textFaint: token('text-faint'),
      accent: token('accent'),
      focus: token('focus'),
      sans: token('sans'),
      mono: token('mono'),
    },
  };
  return known.tokens;
}
