/** Panels that come back to the front stand where they were scrolled to: browsers forget it when the dock takes them out of the page. */

interface Position {
  readonly top: number;
  readonly left: number;
}

const positions = new Map<Element, Position>();

/** Remembers from now on where what is in a panel is scrolled to. */
export function keepScroll(panel: HTMLElement): void {
  panel.addEventListener(
    'scroll',
    ({ target }) => {
      const element = target as Element;
      if (element.isConnected) positions.set(element, { top: element.scrollTop, left: element.scrollLeft });
    },
    { capture: true, passive: true },
  );
}

/** Whatever lost its place gets it back. Call it after the dock may have moved panels. */
export function restoreScroll(): void {
  for (const [element, { top, left }] of positions) {
    if (element.closest('.panel-content') === null) positions.delete(element);
    else if (element.isConnected && element.scrollTop === 0 && element.scrollLeft === 0) {
      element.scrollTop = top;
      element.scrollLeft = left;
    }
  }
}
