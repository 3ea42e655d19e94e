/** How far a turn of the wheel zooms; a pinch on a trackpad arrives as a wheel with Ctrl and small steps. */
export function wheelFactor(deltaY: number, deltaMode: number, pinch: boolean): number {
  const pixels = deltaY * (deltaMode === 1 ? 16 : deltaMode === 2 ? 400 : 1);
  return Math.exp(-Math.max(-240, Math.min(240, pixels)) * (pinch ? 0.012 : 0.0025));
}
