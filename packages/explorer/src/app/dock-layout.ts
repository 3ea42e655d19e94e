import { Orientation, type SerializedDockview } from 'dockview-core';
import type { Layout, LayoutSplit } from './layout.ts';

type Node = SerializedDockview['grid']['root'];
type GroupData = { id: string; views: string[]; activeView: string };

/** What dockview loads. Its tree alternates between rows and columns from level to level, so a row in a row is one row. */
export function toDockview(
  layout: Layout,
  width: number,
  height: number,
  titleOf: (id: string) => string,
): SerializedDockview {
  const panels: SerializedDockview['panels'] = {};
  let groups = 0;
  const node = (l: Layout, size: number, across: number, row: boolean): Node => {
    if (l.kind === 'tabs') {
      for (const id of l.panels) panels[id] = { id, contentComponent: id, title: titleOf(id) };
      const data: GroupData = { id: `group-${++groups}`, views: [...l.panels], activeView: l.active };
      return { type: 'leaf', data, size } as Node;
    }
    const children = flatten(l);
    const sum = children.reduce((total, child) => total + child.size, 0);
    const data = children.map((child) => {
      const share = Math.round((child.size / sum) * across);
      // A child's own size is along this split; its children share what lies across.
      const inner = child.kind === 'tabs' ? child : asSplit(child, !row);
      return node(inner, share, size, !row);
    });
    return { type: 'branch', data, size } as Node;
  };
  const root = asSplit(layout, layout.kind !== 'column');
  const row = root.kind === 'row';
  return {
    grid: {
      root: row ? node(root, height, width, true) : node(root, width, height, false),
      width,
      height,
      orientation: row ? Orientation.HORIZONTAL : Orientation.VERTICAL,
    },
    panels,
    activeGroup: 'group-1',
  };
}

/** A split in the given direction: the layout itself, or one of which it is the only child. */
function asSplit(layout: Layout, row: boolean): LayoutSplit {
  const kind = row ? 'row' : 'column';
  return layout.kind === kind ? layout : { kind, children: [layout], size: layout.size };
}

/** Children, with those of splits in the same direction in their place. */
function flatten(split: LayoutSplit): Layout[] {
  return split.children.flatMap((child) => {
    if (child.kind !== split.kind) return [child];
    const inner = flatten(child);
    const sum = inner.reduce((total, c) => total + c.size, 0);
    return inner.map((c) => ({ ...c, size: (c.size / sum) * child.size }));
  });
}

/** The layout that dockview shows; null: it shows nothing. Floating panels come as tabs at the end. */
export function fromDockview(json: SerializedDockview): Layout | null {
  const read = (node: Node, row: boolean, size: number): Layout | null => {
    if (node.type === 'leaf') {
      const { views, activeView } = node.data as GroupData;
      if (views.length === 0) return null;
      return { kind: 'tabs', panels: views, active: activeView ?? (views[0] as string), size };
    }
    const nodes = node.data as Node[];
    const sum = nodes.reduce((total, child) => total + (child.size ?? 1), 0) || 1;
    const children = nodes.flatMap((child) => {
      const share = Math.max(1, Math.round(((child.size ?? 1) / sum) * 100));
      return read(child, !row, share) ?? [];
    });
    const only = children[0];
    if (only === undefined) return null;
    if (children.length === 1) return { ...only, size };
    return { kind: row ? 'row' : 'column', children, size };
  };
  return read(json.grid.root as Node, json.grid.orientation === Orientation.HORIZONTAL, 1);
}
