import { theme } from '../../app/theme.ts';

/** Reads custom properties of the theme that is shown, for canvases: `colour('--use-slab')`. */
export function useColour(): (property: string) => string {
  void theme.value;
  const style = getComputedStyle(document.documentElement);
  const known = new Map<string, string>();
  return (property) => {
    const value = known.get(property) ?? style.getPropertyValue(property).trim();
    known.set(property, value);
    return value;
  };
}
