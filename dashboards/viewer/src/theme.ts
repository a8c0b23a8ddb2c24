// The page's colours for those who draw on a canvas.

import type { Band } from "./bands";

export interface Theme {
  paper: string;
  ink: string;
  mute: string;
  rule: string;
  hatch: string;
  event: string;
  bands: Record<Band, string>;
  font: (px: number, weight?: number) => string;
}

/** Reads the colours that the style sheet has in force: light or dark. */
export function theme(): Theme {
  const css = getComputedStyle(document.documentElement);
  const v = (name: string): string => css.getPropertyValue(`--${name}`).trim();
  return {
    paper: v("paper"),
    ink: v("ink"),
    mute: v("mute"),
    rule: v("rule"),
    hatch: v("hatch"),
    event: v("event"),
    bands: {
      "1": v("band-1"),
      "2-10": v("band-2"),
      "11-50": v("band-3"),
      "51-200": v("band-4"),
      beyond: v("band-5"),
      unfetched: v("hatch"),
      delisted: v("gone"),
      nothing: v("paper"),
    },
    font: (px, weight = 400) => `${weight} ${px}px ${v("sans")}`,
  };
}

/** Calls back when the reader's system changes between light and dark. */
export function onThemeChange(fn: () => void): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", fn);
}

/** A pattern of slanted lines, in device pixels. */
export function hatching(ctx: CanvasRenderingContext2D, colour: string, gap: number, down: boolean): CanvasPattern | string {
  const tile = document.createElement("canvas");
  tile.width = tile.height = gap;
  const c = tile.getContext("2d");
  if (c === null) return colour;
  c.strokeStyle = colour;
  c.lineWidth = Math.max(1, gap / 7);
  c.beginPath();
  for (const k of [-1, 0, 1]) {
    if (down) {
      c.moveTo(k * gap - 1, -1);
      c.lineTo(k * gap + gap + 1, gap + 1);
    } else {
      c.moveTo(k * gap - 1, gap + 1);
      c.lineTo(k * gap + gap + 1, -1);
    }
  }
  c.stroke();
  return ctx.createPattern(tile, "repeat") ?? colour;
}
