/** How panels are laid out: rows and columns of groups of tabs. Written as text for links and scenarios. */

/** Text of a layout in which no panel is open. */
export const NO_PANELS = 'none';

export interface LayoutTabs {
  readonly kind: 'tabs';
  /** Ids of panels. */
  readonly panels: readonly string[];
  /** The one in front. */
  readonly active: string;
  /** Share of the row or column, relative to its siblings. */
  readonly size: number;
}

export interface LayoutSplit {
  readonly kind: 'row' | 'column';
  readonly children: readonly Layout[];
  readonly size: number;
}

export type Layout = LayoutTabs | LayoutSplit;

/**
 * Reads a layout: `row(memory:3,column(events.why*,zones):2)`. `.` separates tabs, `*` marks the one in front (else the first),
 * `:n` is the share.
 *
 * @throws Error saying where the text is not a layout
 */
export function parseLayout(text: string): Layout {
  let at = 0;
  const fail = (wanted: string): never => {
    throw new Error(`layout '${text}': at ${at + 1} there must be ${wanted}`);
  };
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match) at += match[0].length;
    return match?.[0] ?? null;
  };
  const size = (): number => {
    const share = take(/:\d{1,4}/y);
    return share === null ? 1 : Math.max(1, Number(share.slice(1)));
  };
  const node = (depth: number): Layout => {
    if (depth > 8) fail('fewer brackets');
    const split = take(/(row|column)\(/y);
    if (split === null) return tabs();
    const children = [node(depth + 1)];
    while (take(/,/y) !== null) children.push(node(depth + 1));
    if (take(/\)/y) === null) fail(`',' or ')'`);
    return { kind: split === 'row(' ? 'row' : 'column', children, size: size() };
  };
  const tabs = (): LayoutTabs => {
    const panels: string[] = [];
    let active = '';
    do {
      const id = take(/[a-z][a-z0-9-]*/y) ?? fail('the name of a panel');
      panels.push(id);
      if (take(/\*/y) !== null) active = id;
    } while (take(/\./y) !== null);
    return { kind: 'tabs', panels, active: active || (panels[0] as string), size: size() };
  };
  const layout = node(0);
  if (at !== text.length) fail('the end');
  return layout;
}

/** Reverse of {@link parseLayout}. */
export function layoutText(layout: Layout): string {
  const size = layout.size === 1 ? '' : `:${layout.size}`;
  if (layout.kind !== 'tabs') return `${layout.kind}(${layout.children.map(layoutText).join(',')})${size}`;
  const marked = layout.panels.map((id, i) => (id === layout.active && i > 0 ? `${id}*` : id));
  return `${marked.join('.')}${size}`;
}

/** All panels of it, as often as they come. */
export function allPanelsOf(layout: Layout): string[] {
  return layout.kind === 'tabs' ? [...layout.panels] : layout.children.flatMap(allPanelsOf);
}

/** All panels of it, each once. */
export function panelsOf(layout: Layout): string[] {
  return [...new Set(allPanelsOf(layout))];
}

/**
 * For a screen that is higher than wide: of three and more columns the first goes above the others, and what stood one above the other
 * in it stands side by side.
 */
export function upright(layout: Layout): Layout {
  const [first, ...others] = layout.kind === 'row' ? layout.children : [];
  if (first === undefined || others.length < 2) return layout;
  const above: Layout = first.kind === 'column' ? { ...first, kind: 'row', size: 2 } : { ...first, size: 2 };
  return { kind: 'column', size: layout.size, children: [above, { kind: 'row', children: others, size: 3 }] };
}

/** Without panels that do not exist, and each panel only once; null: nothing is left. */
export function keepPanels(
  layout: Layout,
  exists: (id: string) => boolean,
  seen = new Set<string>(),
): Layout | null {
  if (layout.kind === 'tabs') {
    const panels = layout.panels.filter((id) => exists(id) && !seen.has(id) && seen.add(id));
    const first = panels[0];
    if (first === undefined) return null;
    return { ...layout, panels, active: panels.includes(layout.active) ? layout.active : first };
  }
  const children = layout.children.flatMap((child) => keepPanels(child, exists, seen) ?? []);
  const only = children[0];
  if (only === undefined) return null;
  return children.length === 1 ? { ...only, size: layout.size } : { ...layout, children };
}
