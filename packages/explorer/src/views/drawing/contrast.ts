/** Which of black and white is read better on a colour. @param hex `#rrggbb` */
export function inkOn(hex: string): '#000000' | '#ffffff' {
  return luminance(hex) > 0.24 ? '#000000' : '#ffffff';
}

/** Relative luminance as WCAG defines it, 0 .. 1. @param hex `#rrggbb` */
export function luminance(hex: string): number {
  const value = Number.parseInt(hex.slice(1, 7), 16);
  return 0.2126 * linear(value >>> 16) + 0.7152 * linear((value >>> 8) & 255) + 0.0722 * linear(value & 255);
}

function linear(channel: number): number {
  const share = channel / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}
