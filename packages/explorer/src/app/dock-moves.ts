import type { DockviewApi, DockviewGroupPanel } from 'dockview-core';

/** The dock without a mouse: from tab to tab, from group to group, and panels to other places. */

export type Direction = 'left' | 'right' | 'up' | 'down';

/** The next tab of the active group, or the one before. */
export function nextTab(api: DockviewApi, by: 1 | -1): void {
  const panels = api.activeGroup?.panels ?? [];
  const at = panels.findIndex(({ id }) => id === api.activeGroup?.activePanel?.id);
  panels[(at + by + panels.length) % panels.length]?.api.setActive();
}

/** The next group in the order in which they stand: from left to right, from top to bottom. */
export function nextGroup(api: DockviewApi, by: 1 | -1): void {
  const groups = [...api.groups].sort((a, b) => {
    const [p, q] = [a.element.getBoundingClientRect(), b.element.getBoundingClientRect()];
    return p.left - q.left || p.top - q.top;
  });
  const at = groups.findIndex(({ id }) => id === api.activeGroup?.id);
  groups[(at + by + groups.length) % groups.length]?.activePanel?.api.setActive();
}

/** The nearest group in a direction; undefined: the active one is the last there. */
export function neighbour(api: DockviewApi, direction: Direction): DockviewGroupPanel | undefined {
  const here = api.activeGroup?.element.getBoundingClientRect();
  if (!here) return undefined;
  let nearest: DockviewGroupPanel | undefined;
  let best = Number.POSITIVE_INFINITY;
  for (const group of api.groups) {
    if (group === api.activeGroup) continue;
    const there = group.element.getBoundingClientRect();
    const dx = there.left + there.width / 2 - (here.left + here.width / 2);
    const dy = there.top + there.height / 2 - (here.top + here.height / 2);
    const along = { left: -dx, right: dx, up: -dy, down: dy }[direction];
    const beyond =
      direction === 'left'
        ? there.right <= here.left + 1
        : direction === 'right'
          ? there.left >= here.right - 1
          : direction === 'up'
            ? there.bottom <= here.top + 1
            : there.top >= here.bottom - 1;
    const across = direction === 'left' || direction === 'right' ? Math.abs(dy) : Math.abs(dx);
    const distance = along + 2 * across;
    if (beyond && distance < best) {
      best = distance;
      nearest = group;
    }
  }
  return nearest;
}

/** Moves the active panel: into the group beside it, or, at the border, into a new one there. */
export function movePanel(api: DockviewApi, direction: Direction): void {
  const panel = api.activePanel;
  if (!panel) return;
  const group = neighbour(api, direction);
  if (group) panel.api.moveTo({ group, position: 'center' });
  else if ((api.activeGroup?.panels.length ?? 0) > 1 || api.groups.length > 1) {
    const sides = { left: 'left', right: 'right', up: 'above', down: 'below' } as const;
    panel.api.moveTo({ group: api.addGroup({ direction: sides[direction] }), position: 'center' });
  }
  panel.api.setActive();
}
