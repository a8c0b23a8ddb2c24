// The stat panel: large figures, each with its name where there are several.

import type { Ctx, Drawn, Frame, Panel } from "../model";
import { fill, h } from "../dom";
import { faint, mix, on, paper, visible } from "./colours";
import { asTable, csv, rows } from "./csv";
import { anchor } from "./links";
import { picture } from "./paint";
import { singles, type Single } from "./reduce";

export function drawStat(el: HTMLElement, panel: Panel, frames: readonly Frame[], ctx: Ctx): Drawn {
  const { all, prepared } = singles(panel, frames, ctx);
  const o = panel.options ?? {};
  const box = h("div.panel-stats", {});
  const nothing = panel.fieldConfig?.defaults.noValue ?? "No data";
  const cards = all.map((s) => card(s, all.length, o, ctx));
  if (cards.length === 0) cards.push(h("div.stat", {}, h("span.figure.none", {}, nothing)));
  box.append(...cards);
  fill(el, box);
  const fit = (): void => layout(box, cards, all, o);
  const watch = new ResizeObserver(fit);
  watch.observe(box);
  fit();
  return {
    destroy: () => (watch.disconnect(), el.replaceChildren()),
    resize: fit,
    png: () => picture(el, panel, ctx),
    csv: () => csv(rows(prepared)),
    table: () => asTable(panel.title ?? "", prepared),
  };
}

function named(s: Single, count: number, o: Readonly<Record<string, unknown>>): { name: boolean; value: boolean } {
  switch (o["textMode"]) {
    case "value":
      return { name: false, value: true };
    case "name":
      return { name: true, value: false };
    case "value_and_name":
      return { name: true, value: true };
    case "none":
      return { name: false, value: false };
    default:
      return { name: count > 1 && s.title !== "", value: true };
  }
}

function card(s: Single, count: number, o: Readonly<Record<string, unknown>>, ctx: Ctx): HTMLElement {
  const mode = String(o["colorMode"] ?? "value");
  const parts = named(s, count, o);
  const { prefix, text, suffix, colour } = s.shown;
  const figure = h("span.figure", {}, prefix !== "" && h("small", {}, prefix), text === "" ? "–" : text, suffix !== "" && h("small", {}, suffix));
  const to = s.links[0];
  const value = to === undefined ? figure : anchor(ctx, to.href, to.newTab, figure);
  if (to !== undefined && to.title !== "") value.title = to.title;
  const el = h("div.stat", {}, parts.name && h("span.name", {}, s.title), parts.value && value);
  if (o["justifyMode"] === "center") el.classList.add("centred");
  const filled = mode.startsWith("background") && colour !== "transparent" && s.value !== null;
  if (filled) {
    const back = mode === "background_solid" ? colour : mix(colour, paper(ctx.theme), 0.08);
    el.classList.add("filled");
    el.style.backgroundColor = back;
    el.style.color = on(back);
  } else if (mode === "value" && s.value !== null) {
    figure.style.color = visible(colour, ctx.theme, 4.5); // its unit is small
  }
  if (o["graphMode"] === "area" && s.times.length > 1) el.classList.add("sparked");
  if (o["graphMode"] === "area" && s.times.length > 1) el.prepend(spark(s, filled ? on(colour) : visible(s.column.colour, ctx.theme), ctx));
  return el;
}

/** As many columns, and as large letters, as there is room for. Long words may take two lines. */
function layout(box: HTMLElement, cards: readonly HTMLElement[], all: readonly Single[], o: Readonly<Record<string, unknown>>): void {
  const { clientWidth: w, clientHeight: tall } = box;
  if (w === 0) return;
  const n = Math.max(1, cards.length);
  const names = cards.some((c) => c.querySelector(".name") !== null) ? 22 : 0;
  const orientation = String(o["orientation"] ?? "auto");
  const tries = orientation === "horizontal" ? [1] : orientation === "vertical" && w > 500 ? [n] : Array.from({ length: n }, (_v, i) => i + 1);
  let best = { columns: 1, sizes: [] as number[], sum: -1 };
  for (const columns of tries) {
    const wide = w / columns - 28;
    const named = names > 0 && wide < 130 ? 2 * names - 4 : names; // long names take two lines
    const high = (tall - 8 * (Math.ceil(n / columns) - 1)) / Math.ceil(n / columns) - named - 10;
    const sizes = all.map((s) => size(s, wide, s.times.length > 1 && o["graphMode"] === "area" ? high * 0.62 : high));
    const sum = sizes.reduce((a, b) => a + b, 0);
    if (sum > best.sum + 0.5) best = { columns, sizes, sum };
  }
  const chosen = (o["text"] as { valueSize?: number } | undefined)?.valueSize;
  box.style.gridTemplateColumns = `repeat(${best.columns}, minmax(0, 1fr))`;
  cards.forEach((c, i) => c.style.setProperty("--figure", `${(chosen ?? Math.max(14, best.sizes[i] ?? 18)).toFixed(1)}px`));
  for (const c of box.querySelectorAll("canvas")) paintSpark(c);
}

/** The size of letters, pixels, at which a figure fits. */
function size(s: Single, wide: number, high: number): number {
  const n = Math.max(1, letters(`${s.shown.prefix}${s.shown.text}`) + 0.62 * letters(s.shown.suffix));
  const one = Math.min(44, high * 0.78, wide / (n * 0.74));
  if (n < 13 || !s.shown.text.includes(" ")) return one;
  return Math.max(one, Math.min(30, (high * 0.78) / 2.1, wide / (n * 0.74 * 0.62)));
}

/** Chinese letters are twice as wide. */
const letters = (text: string): number => [...text].reduce((sum, ch) => sum + ((ch.codePointAt(0) ?? 0) > 0x2e80 ? 1.8 : 1), 0);

const sparks = new WeakMap<HTMLCanvasElement, { s: Single; colour: string; ctx: Ctx }>();

function spark(s: Single, colour: string, ctx: Ctx): HTMLElement {
  const c = h("canvas.spark", { "aria-hidden": "true" });
  sparks.set(c, { s, colour, ctx });
  return c;
}

function paintSpark(canvas: HTMLCanvasElement): void {
  const known = sparks.get(canvas);
  const c = canvas.getContext("2d");
  const { clientWidth: w, clientHeight: tall } = canvas;
  if (known === undefined || c === null || w === 0) return;
  const px = Math.min(3, devicePixelRatio || 1);
  [canvas.width, canvas.height] = [w * px, tall * px];
  c.scale(px, px);
  const { s, colour, ctx } = known;
  const numbers = s.values.filter((v): v is number => typeof v === "number");
  const [lo, hi] = [numbers.reduce((a, b) => Math.min(a, b), Infinity), numbers.reduce((a, b) => Math.max(a, b), -Infinity)];
  const x = (t: number): number => ((t - ctx.from) / (ctx.to - ctx.from)) * w;
  const y = (v: number): number => (hi === lo ? tall / 2 : tall - 2 - ((v - lo) / (hi - lo)) * (tall - 4));
  c.strokeStyle = colour;
  c.lineWidth = 1.5;
  c.fillStyle = faint(colour, 0.15);
  let run: [number, number][] = [];
  const end = (): void => {
    if (run.length > 1) stroke(c, run, tall);
    run = [];
  };
  s.values.forEach((v, i) => (typeof v === "number" ? run.push([x(s.times[i] ?? 0), y(v)]) : end()));
  end();
}

function stroke(c: CanvasRenderingContext2D, run: readonly [number, number][], tall: number): void {
  const [first, last] = [run[0] as [number, number], run.at(-1) as [number, number]];
  c.beginPath();
  for (const [px, py] of run) c.lineTo(px, py);
  c.stroke();
  c.lineTo(last[0], tall);
  c.lineTo(first[0], tall);
  c.closePath();
  c.fill();
}
