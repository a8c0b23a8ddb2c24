// The page's colours and letters for those who draw on a canvas.

import { paper } from "./colours";
import type { Ctx } from "../model";

export interface Skin {
  paper: string;
  ink: string;
  mute: string;
  rule: string;
  hatch: string;
  event: string;
  font: (px: number, weight?: number) => string;
}

const standard = {
  dark: { ink: "#eceae5", mute: "#a0a6ac", rule: "#32383d", hatch: "#50575d", event: "#b4bac1" },
  light: { ink: "#1b1c1e", mute: "#5b6066", rule: "#dfdcd4", hatch: "#b9b6ae", event: "#4a4f57" },
};

/** What the style sheet has in force where the element stands. */
export function skin(el: HTMLElement, ctx: Pick<Ctx, "theme">): Skin {
  const css = getComputedStyle(el);
  const base = standard[ctx.theme];
  const v = (name: keyof typeof base): string => css.getPropertyValue(`--${name}`).trim() || base[name];
  const family = css.fontFamily || "sans-serif";
  return {
    paper: css.getPropertyValue("--panel").trim() || css.getPropertyValue("--paper").trim() || paper(ctx.theme),
    ink: v("ink"), mute: v("mute"), rule: v("rule"), hatch: v("hatch"), event: v("event"),
    font: (px, weight = 400) => `${weight} ${px}px ${family}`,
  };
}

/** A pattern of slanted lines, gap in device pixels. */
export function hatching(ctx: CanvasRenderingContext2D, colour: string, gap: number): CanvasPattern | string {
  const tile = document.createElement("canvas");
  tile.width = tile.height = gap;
  const c = tile.getContext("2d");
  if (c === null) return colour;
  c.strokeStyle = colour;
  c.lineWidth = Math.max(1, gap / 7);
  c.beginPath();
  for (const k of [-1, 0, 1]) {
    c.moveTo(k * gap - 1, -1);
    c.lineTo(k * gap + gap + 1, gap + 1);
  }
  c.stroke();
  return ctx.createPattern(tile, "repeat") ?? colour;
}
