// Colours: fixed per app, made readable on the background at hand.

export function parse(hex: string): [number, number, number] {
  const m = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(hex);
  if (m === null) return [128, 128, 128];
  return [m[1], m[2], m[3]].map((p) => parseInt(p ?? "80", 16)) as [number, number, number];
}

export function luminance(rgb: readonly number[]): number {
  const [r = 0, g = 0, b = 0] = rgb.map((c) => {
    const s = c / 255;
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function contrast(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

/**
 * The colour, moved towards white or black until it stands out from the
 * background. On a dark page black is turned into white: grey would be lost.
 */
export function readable(hex: string, background: string, wanted = 3): string {
  const back = parse(background);
  const black = luminance(parse(hex)) < 0.02 && luminance(back) < 0.2;
  const from = parse(hex).map((v) => (black ? 255 - v : v));
  const to = luminance(back) < 0.2 ? 255 : 0;
  for (let k = 0; k <= 1.001; k += 0.05) {
    const c = from.map((v) => Math.round(v + (to - v) * k));
    if (contrast(c, back) >= wanted) return `#${c.map((v) => v.toString(16).padStart(2, "0")).join("")}`;
  }
  return to === 255 ? "#ffffff" : "#000000";
}

/** The colour with an opacity. */
export function alpha(hex: string, a: number): string {
  const [r, g, b] = parse(hex);
  return `rgba(${r},${g},${b},${a})`;
}
