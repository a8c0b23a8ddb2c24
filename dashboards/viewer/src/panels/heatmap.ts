// The heat map: time across, one row for each column of numbers, colour for the
// value. What is missing is hatched: it is not 0.

import uPlot from "uplot";
import type { Ctx, Drawn, Frame, Panel } from "../model";
import { fill, h, type Child } from "../dom";
import { faint, scheme, visible, named } from "./colours";
import { asTable, csv, rows } from "./csv";
import { hidden, prepare, type Column, type Prepared } from "./fields";
import { shorten } from "./layers";
import { moment } from "./moments";
import { picture } from "./paint";
import { hatching, type Skin } from "./skin";
import { Stage, type Built, type Room } from "./stage";
import { usualStep } from "./states";
import { sample } from "./tip";
import { emptyWords } from "./timeseries";
import { inUnit, joined } from "./units";

interface Colour {
  mode?: string;
  scheme?: string;
  fill?: string;
  steps?: number;
  reverse?: boolean;
  exponent?: number;
  scale?: string;
  min?: number | null;
  max?: number | null;
}

interface Grid {
  /** When the cells begin. */
  times: readonly number[];
  /** How long a cell is, milliseconds. */
  step: number;
  /** From the top. */
  rows: readonly Column[];
  lo: number;
  hi: number;
  /** Values up to this are left empty, as Grafana does with 0. */
  empty: number;
  colours: readonly string[];
  exponent: number;
  words(v: number): string;
}

export function drawHeatmap(el: HTMLElement, panel: Panel, frames: readonly Frame[], ctx: Ctx): Drawn {
  const all = prepare(panel, frames, ctx);
  const answer = { csv: () => csv(rows(all)), table: () => asTable(panel.title ?? "", all), png: () => picture(el, panel, ctx) };
  const p = all.find((x) => x.time !== null && x.length > 0 && x.values.some((c) => c.type === "number"));
  if (p === undefined) {
    fill(el, h("p.panel-empty", {}, emptyWords(all)));
    return { ...answer, destroy: () => el.replaceChildren(), resize: () => undefined };
  }
  const g = grid(p, panel, ctx);
  const box = h("div.panel-chart", {});
  fill(el, box);
  const row = (n: number): number => ((n % g.rows.length) + g.rows.length) % g.rows.length;
  const stage = new Stage(box, ctx, {
    name: `${panel.title ?? "Heat map"}: ${g.rows.length} rows, ${g.times.length} columns`,
    build: (room) => build(g, panel, ctx, room),
    point: (u, left, top) => words(g, u, left, top, ctx),
    stops: g.times,
    say: (t, n) => said(g, g.rows[row(n)], t),
    rowAt: (u, n) => u.valToPos(row(n) + 0.5, "y"),
  });
  if ((panel.options?.["legend"] as { show?: boolean } | undefined)?.show !== false) box.append(key(g));
  stage.fit();
  return { ...answer, destroy: () => (stage.destroy(), el.replaceChildren()), resize: () => stage.fit() };
}

/** When the cells begin: as in Grafana, the time of an answer is where its cell ends. */
export function starts(ends: readonly number[], step: number): number[] {
  return ends.map((t) => t - step);
}

/**
 * How long a cell is, milliseconds: the usual distance of the times, and no less
 * than the panel's own interval, for there may be one time only.
 */
export function cellStep(ends: readonly number[], interval: string | undefined): number {
  const step = Math.max(usualStep(ends), milliseconds(interval));
  if (step > 0) return step;
  return ends.every((t) => t % day === 0) ? day : 3_600_000; // at midnight a day ends
}

const day = 86_400_000;

/** "1d" of a file, as milliseconds; 0 for none. */
function milliseconds(interval: string | undefined): number {
  const found = /^>?(\d+)(ms|[smhdw])$/.exec(interval?.trim() ?? "");
  const sizes: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: day, w: 7 * day };
  return found === null ? 0 : Number(found[1]) * (sizes[found[2] ?? ""] ?? 0);
}

/** Whether a cell stays empty: it was measured, and the file leaves out so little. A hole is hatched instead. */
export const isEmpty = (g: Pick<Grid, "empty">, v: number): boolean => v <= g.empty;

export function grid(p: Prepared, panel: Panel, ctx: Pick<Ctx, "theme" | "zone">): Grid {
  const o = panel.options ?? {};
  const colour = (o["color"] ?? {}) as Colour;
  const columns = p.values.filter((c) => c.type === "number" && !hidden(c, "viz"));
  const reverse = (o["yAxis"] as { reverse?: boolean } | undefined)?.reverse === true;
  const numbers = columns.flatMap((c) => c.values.filter((v): v is number => typeof v === "number"));
  const empty = (o["filterValues"] as { le?: number } | undefined)?.le ?? 1e-9;
  const seen = numbers.filter((v) => !isEmpty({ empty }, v));
  const cell = (o["cellValues"] ?? {}) as { unit?: string; decimals?: number };
  const ends = p.time?.values as number[];
  const step = cellStep(ends, panel.interval);
  return {
    times: starts(ends, step), step,
    rows: reverse ? columns : columns.toReversed(),
    lo: colour.min ?? seen.reduce((a, b) => Math.min(a, b), Infinity), hi: colour.max ?? seen.reduce((a, b) => Math.max(a, b), -Infinity),
    empty, colours: colours(colour, ctx), exponent: colour.scale === "linear" || colour.mode === "scheme" ? 1 : (colour.exponent ?? 0.5),
    words: (v) => joined(inUnit(v, cell.unit ?? panel.fieldConfig?.defaults.unit, cell.decimals ?? panel.fieldConfig?.defaults.decimals ?? undefined, ctx.zone)),
  };
}

function colours(c: Colour, ctx: Pick<Ctx, "theme">): string[] {
  if (c.mode === "opacity") {
    const base = visible(named(c.fill ?? "dark-orange", ctx.theme), ctx.theme);
    return Array.from({ length: 64 }, (_v, i) => faint(base, 0.1 + (0.9 * i) / 63));
  }
  return scheme(c.scheme ?? "Oranges", c.steps ?? 64, c.reverse === true, ctx.theme);
}

export function colourOf(g: Pick<Grid, "lo" | "hi" | "colours" | "exponent">, v: number): string {
  const share = g.hi <= g.lo ? 1 : Math.min(1, Math.max(0, (v - g.lo) / (g.hi - g.lo)));
  return g.colours[Math.min(g.colours.length - 1, Math.floor(share ** g.exponent * g.colours.length))] ?? "#8e8e8e";
}

function build(g: Grid, panel: Panel, ctx: Ctx, room: Room): Built {
  const font = room.skin.font(11); // whole pixels: uPlot scales nothing else to fine screens
  const measure = document.createElement("canvas").getContext("2d");
  if (measure !== null) measure.font = font;
  const most = Math.max(48, Math.min(170, room.width * 0.28));
  const labels = g.rows.map((c) => (measure === null ? c.title : shorten(measure, c.title, most - 14)));
  const widest = Math.max(0, ...labels.map((l) => measure?.measureText(l).width ?? 60));
  return {
    data: [[ctx.from, ctx.to], [0, 0]],
    scales: { y: { range: () => [0, g.rows.length], dir: -1 } },
    series: [{ scale: "y", show: false }],
    axes: [{
      scale: "y", stroke: room.skin.mute, font, gap: 6,
      size: Math.ceil(Math.min(most, widest + 14)),
      grid: { show: false }, ticks: { show: false },
      splits: (u) => some(g.rows.length, u.bbox.height / uPlot.pxRatio).map((i) => i + 0.5),
      values: (_u, marks) => marks.map((m) => labels[Math.floor(m)] ?? ""),
    }],
    behind: (u) => drawCells(u, g, panel, room.skin),
  };
}

/** As many rows as have room for their names: all, or each second, third, sixth … */
export function some(n: number, px: number): number[] {
  const each = px / n;
  const step = [1, 2, 3, 4, 6, 12].find((s) => s * each >= 14) ?? 24;
  return Array.from({ length: Math.ceil(n / step) }, (_v, i) => i * step);
}

function drawCells(u: uPlot, g: Grid, panel: Panel, s: Skin): void {
  const c = u.ctx;
  const px = uPlot.pxRatio;
  const { left, top, width, height } = u.bbox;
  const each = height / g.rows.length;
  const gap = Number(panel.options?.["cellGap"] ?? 1) * px;
  const hatch = hatching(c, s.hatch, Math.round(6 * px));
  c.save();
  c.beginPath();
  c.rect(left, top, width, height);
  c.clip();
  g.times.forEach((t, i) => {
    const [x, end] = [u.valToPos(t, "x", true), u.valToPos(t + g.step, "x", true)];
    const thin = end - x > 4 * px ? gap : 0;
    g.rows.forEach((column, r) => {
      const v = column.values[i];
      const y = top + r * each;
      if (typeof v === "number" && isEmpty(g, v)) return;
      c.fillStyle = typeof v === "number" ? colourOf(g, v) : hatch;
      c.fillRect(Math.round(x) + thin / 2, Math.round(y) + gap / 2, Math.max(px, Math.round(end) - Math.round(x) - thin), Math.max(px, Math.round(y + each) - Math.round(y) - gap));
    });
  });
  c.restore();
}

function at(g: Grid, t: number): number {
  return g.times.findLastIndex((x) => x <= t && t < x + g.step);
}

function words(g: Grid, u: uPlot, left: number, top: number, ctx: Ctx): Child[] {
  const column = g.rows[Math.floor(u.posToVal(top, "y"))];
  const i = at(g, u.posToVal(left, "x"));
  const from = g.times[i];
  if (column === undefined || from === undefined) return [];
  const v = column.values[i];
  const value = typeof v === "number" ? h("b", {}, g.words(v)) : h("b", {}, "nothing measured");
  return [h("p.when", {}, `${moment(from, ctx.zone)} ${ctx.zone}`), h("ul", {}, h("li", {}, sample(typeof v === "number" && !isEmpty(g, v) ? colourOf(g, v) : "transparent", "box"), h("span", {}, column.title), value))];
}

function said(g: Grid, column: Column | undefined, t: number): string {
  const v = column?.values[at(g, t)];
  return `${column?.title ?? ""}: ${typeof v === "number" ? g.words(v) : "nothing measured"}`;
}

/** The colours from least to most with the numbers at their ends. */
function key(g: Grid): HTMLElement {
  if (!Number.isFinite(g.lo) || !Number.isFinite(g.hi)) return h("div.panel-legend", {});
  const c = h("canvas.ramp", { width: 240, height: 20, "aria-hidden": "true" });
  const pen = c.getContext("2d");
  for (let x = 0; pen !== null && x < 240; x++) {
    pen.fillStyle = colourOf(g, g.lo + (x / 239) * (g.hi - g.lo));
    pen.fillRect(x, 0, 1, 20);
  }
  return h("div.panel-legend.scale", {}, h("span", {}, g.words(g.lo)), c, h("span", {}, g.words(g.hi)));
}
