// The state timeline: one row for each series, coloured by its state. Where there
// is no state the row is empty; where nobody looked it is hatched.

import uPlot from "uplot";
import type { Ctx, Drawn, Frame, Panel, Value } from "../model";
import { fill, h, type Child } from "../dom";
import { on, visible } from "./colours";
import { asTable, csv, rows } from "./csv";
import { hidden, prepare, type Column } from "./fields";
import { shorten } from "./layers";
import { legendOptions } from "./legend";
import { stepOf } from "./mappings";
import { lasted, moment } from "./moments";
import { picture } from "./paint";
import { hatching, type Skin } from "./skin";
import { Stage, type Built, type Room } from "./stage";
import { runAt, runs, type Run } from "./states";
import { sample } from "./tip";
import { emptyWords } from "./timeseries";
import { isNarrow, wish } from "./wish";

interface Row {
  column: Column;
  runs: Run[];
}

/** States in which nothing is known: they look like a gap, whatever their colour in the file. */
const unknown = /not fetched|nobody looked|not looked|unknown|no data/i;

/** A row needs this much to be read; a panel that is too low scrolls. */
const least = 20;

/** Where names have no room beside their rows they stand above them, and take this much, CSS pixels. */
const above = 16;

export function drawStateTimeline(el: HTMLElement, panel: Panel, frames: readonly Frame[], ctx: Ctx): Drawn {
  const all = prepare(panel, frames, ctx);
  const list = all.flatMap((p) => (p.time === null ? [] : p.values.filter((c) => !hidden(c, "viz")).map((c): Row => ({ column: c, runs: rowRuns(c, p.time?.values as number[], panel) }))));
  const answer = { csv: () => csv(rows(all)), table: () => asTable(panel.title ?? "", all), png: () => picture(el, panel, ctx) };
  if (list.every((r) => r.runs.length === 0)) {
    fill(el, h("p.panel-empty", {}, emptyWords(all)));
    return { ...answer, destroy: () => el.replaceChildren(), resize: () => undefined };
  }
  const scroll = h("div.panel-rows", {});
  const inner = h("div.panel-chart", {});
  const pinned = h("canvas.panel-pinned", { "aria-hidden": "true" });
  scroll.append(inner, pinned);
  const key = legendOptions(panel).show ? stateKey(list, ctx) : null;
  fill(el, h("div.panel-chart", {}, scroll, key));
  wish(el, list.length * (least + above) + 50 + (key?.offsetHeight ?? 0));
  const stops = [...new Set(list.flatMap((r) => r.runs.map((x) => Math.max(ctx.from, x.from))))].filter((t) => t <= ctx.to).sort((a, b) => a - b);
  const stage = new Stage(inner, ctx, {
    name: `${panel.title ?? "States"}: ${list.length} rows`,
    build: (room) => {
      const labels = labelling(list, room);
      // Rows that need more than there is make the plot higher, and then it is drawn anew.
      inner.style.minHeight = `${list.length * (least + (labels.above ? above : 0)) + (labels.above ? 64 : 34)}px`;
      const built = build(list, panel, ctx, room, labels);
      return { ...built, draw: (u) => (built.draw?.(u), pin(u, pinned, room.skin)) };
    },
    point: (u, left, top) => words(list, u, left, top, ctx),
    stops,
    say: (t, row) => said(list[((row % list.length) + list.length) % list.length], t, ctx),
    rowAt: (u, row) => u.valToPos((((row % list.length) + list.length) % list.length) + 0.5, "y"),
  });
  return { ...answer, destroy: () => (stage.destroy(), el.replaceChildren()), resize: () => stage.fit() };
}

function rowRuns(c: Column, times: readonly number[], panel: Panel): Run[] {
  const custom = c.config.custom ?? {};
  const insert = custom["insertNulls"];
  const span = custom["spanNulls"];
  return runs(times, c.values, {
    merge: panel.options?.["mergeValues"] !== false,
    holds: typeof insert === "number" && insert > 0 ? insert : null,
    span: typeof span === "number" || span === true ? span : false,
    state: (v) => stateName(c, v),
  });
}

/** The name of a state: its words, or the threshold that a number has reached. */
function stateName(c: Column, v: Exclude<Value, null>): string {
  const s = c.show(v);
  if (s.own || typeof v !== "number" || c.config.color?.mode !== "thresholds") return c.words(v);
  const steps = c.config.thresholds?.steps ?? [];
  return `step ${steps.indexOf(stepOf(steps, v) as never)}`;
}

function stateWords(c: Column, v: Exclude<Value, null>): string {
  const name = stateName(c, v);
  if (!name.startsWith("step ")) return name;
  const steps = c.config.thresholds?.steps ?? [];
  const i = Number(name.slice(5));
  const [low, high] = [steps[i]?.value ?? null, steps[i + 1]?.value ?? null];
  if (low === null) return high === null ? "any value" : `< ${c.words(high)}`;
  return high === null ? `${c.words(low)}+` : `${c.words(low)} to ${c.words(high)}`;
}

/** What the colours mean: the states that occur, in the order of the file. */
function stateKey(list: readonly Row[], ctx: Ctx): HTMLElement {
  const found = new Map<string, { colour: string; order: number }>();
  for (const { column: c, runs: all } of list) {
    const order = new Map((c.config.mappings ?? []).flatMap((m) => (m.type === "value" ? Object.entries(m.options).map(([k, r]) => [r.text ?? k, r.index ?? 99] as const) : [])));
    for (const r of all) {
      const name = stateWords(c, r.value);
      if (!found.has(name)) found.set(name, { colour: c.show(r.value).colour, order: order.get(name) ?? 99 });
    }
  }
  const items = [...found].sort((a, b) => a[1].order - b[1].order).map(([name, { colour }]) => h("li", {}, swatch(name, visible(colour, ctx.theme, ctx.theme === "dark" ? 1.6 : 1.2), ctx), name));
  return h("ul.panel-legend.states", { "aria-label": "What the colours mean" }, ...items);
}

function swatch(name: string, colour: string, ctx: Ctx): HTMLElement {
  if (!unknown.test(name)) return sample(colour, "box");
  const c = h("canvas.sample.box", { width: 36, height: 24, "aria-hidden": "true" });
  const pen = c.getContext("2d");
  if (pen !== null) {
    pen.fillStyle = hatching(pen, ctx.theme === "dark" ? "#7a8188" : "#99968e", 12);
    pen.fillRect(0, 0, 36, 24);
  }
  return c;
}

/** Keeps the time axis in sight while rows scroll: its picture lies over its place, and sticks to the lower edge. */
function pin(u: uPlot, to: HTMLCanvasElement, s: Skin): void {
  const from = u.ctx.canvas;
  const top = Math.round(u.bbox.top + u.bbox.height) + 1;
  const tall = from.height - top;
  const c = to.getContext("2d");
  if (c === null || tall <= 0) return;
  [to.width, to.height] = [from.width, tall];
  to.style.width = `${from.width / uPlot.pxRatio}px`;
  to.style.height = `${tall / uPlot.pxRatio}px`;
  to.style.marginTop = `${-tall / uPlot.pxRatio}px`;
  c.fillStyle = s.paper;
  c.fillRect(0, 0, to.width, tall);
  c.drawImage(from, 0, top, from.width, tall, 0, 0, from.width, tall);
}

interface Labelling {
  /** Names stand above their rows. */
  above: boolean;
  /** The names as they fit beside the rows. */
  labels: readonly string[];
  /** The room beside the rows, CSS pixels. */
  size: number;
}

/** Whether names that are cut still tell their rows apart; if not, they need the whole width. */
export const confused = (titles: readonly string[], cut: readonly string[]): boolean => new Set(cut).size < new Set(titles).size;

function labelling(list: readonly Row[], room: Room): Labelling {
  const measure = document.createElement("canvas").getContext("2d");
  if (measure !== null) measure.font = room.skin.font(12);
  const most = Math.max(56, Math.min(190, room.width * 0.3));
  const titles = list.map((r) => r.column.title);
  const labels = titles.map((t) => (measure === null ? t : shorten(measure, t, most - 14)));
  const widest = Math.max(0, ...labels.map((l) => measure?.measureText(l).width ?? 60));
  return { above: isNarrow(room.width) || confused(titles, labels), labels, size: Math.ceil(Math.min(most, widest + 14)) };
}

function build(list: readonly Row[], panel: Panel, ctx: Ctx, room: Room, l: Labelling): Built {
  const font = room.skin.font(12);
  return {
    data: [[ctx.from, ctx.to], [0, 0]],
    scales: { y: { range: () => [0, list.length], dir: -1 } },
    series: [{ scale: "y", show: false }],
    ...(l.above ? { left: 20 } : {}),
    axes: l.above ? [{ scale: "y", show: false }] : [{
      scale: "y",
      stroke: room.skin.ink,
      font,
      gap: 6,
      size: l.size,
      grid: { show: false },
      ticks: { show: false },
      splits: () => list.map((_r, i) => i + 0.5),
      values: () => [...l.labels],
    }],
    draw: (u) => drawRows(u, list, panel, ctx, room.skin, l.above),
  };
}

function drawRows(u: uPlot, list: readonly Row[], panel: Panel, ctx: Ctx, s: Skin, named: boolean): void {
  const c = u.ctx;
  const px = uPlot.pxRatio;
  const { left, top, width, height } = u.bbox;
  const each = height / list.length;
  const label = named ? above * px : 0;
  const thick = Math.max(6 * px, Math.min(each - label - 3 * px, (each - label) * Number(panel.options?.["rowHeight"] ?? 0.9)));
  const hatch = hatching(c, s.hatch, Math.round(6 * px));
  c.save();
  c.beginPath();
  c.rect(left, top, width, height);
  c.clip();
  list.forEach((row, i) => {
    const y = Math.round(top + i * each + label + (each - label - thick) / 2);
    if (label > 0) {
      c.font = s.font(11.5 * px);
      c.fillStyle = s.ink;
      c.textAlign = "left";
      c.textBaseline = "alphabetic";
      c.fillText(shorten(c, row.column.title, width), left, y - 3 * px);
    }
    for (const r of row.runs) {
      const [from, to] = [Math.round(u.valToPos(r.from, "x", true)), Math.round(u.valToPos(r.to, "x", true))];
      if (to < left || from > left + width) continue;
      if (unknown.test(stateWords(row.column, r.value))) {
        c.fillStyle = hatch;
        c.fillRect(from, y, Math.max(px, to - from), thick);
        continue;
      }
      drawRun(c, row.column, r, { x: from, y, w: Math.max(px, to - from), h: thick, px }, panel, ctx, s);
    }
  });
  c.restore();
}

interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
  px: number;
}

function drawRun(c: CanvasRenderingContext2D, column: Column, r: Run, b: Box, panel: Panel, ctx: Ctx, s: Skin): void {
  const words = stateWords(column, r.value);
  const shown = column.show(r.value);
  if (shown.colour === "transparent") return;
  const colour = visible(shown.colour, ctx.theme, ctx.theme === "dark" ? 1.6 : 1.2);
  c.fillStyle = s.paper;
  c.fillRect(b.x, b.y, b.w, b.h);
  c.globalAlpha = Math.max(0.3, Math.min(1, Number(column.config.custom?.["fillOpacity"] ?? 70) / 100 + 0.1));
  c.fillStyle = colour;
  c.fillRect(b.x, b.y, b.w, b.h);
  c.globalAlpha = 1;
  const show = String(panel.options?.["showValue"] ?? "auto");
  if (show === "never") return;
  c.font = s.font(11.5 * b.px, 500);
  const wide = c.measureText(words).width;
  if (show !== "always" && wide + 8 * b.px > b.w) return;
  const align = String(panel.options?.["alignValue"] ?? "left");
  c.fillStyle = on(colour);
  c.textBaseline = "middle";
  c.textAlign = align === "center" ? "center" : align === "right" ? "right" : "left";
  c.fillText(words, align === "center" ? b.x + b.w / 2 : align === "right" ? b.x + b.w - 4 * b.px : b.x + 4 * b.px, b.y + b.h / 2);
}

function words(list: readonly Row[], u: uPlot, left: number, top: number, ctx: Ctx): Child[] {
  const row = list[Math.floor(u.posToVal(top, "y"))];
  if (row === undefined) return [];
  const r = runAt(row.runs, u.posToVal(left, "x"));
  const title = h("p", {}, h("b", {}, row.column.title));
  if (r === null) return [title, h("p", {}, "no state")];
  const name = stateWords(row.column, r.value);
  return [title, h("ul", {}, h("li", {}, swatch(name, visible(row.column.show(r.value).colour, ctx.theme, ctx.theme === "dark" ? 1.6 : 1.2), ctx), h("span", {}, name))), h("p.when", {}, `${moment(r.from, ctx.zone)} to ${moment(r.to, ctx.zone)} (${lasted(r.to - r.from)})`)];
}

function said(row: Row | undefined, t: number, ctx: Ctx): string {
  if (row === undefined) return "";
  const r = runAt(row.runs, t);
  return r === null ? `${row.column.title}: no state` : `${row.column.title}: ${stateWords(row.column, r.value)}, until ${moment(r.to, ctx.zone)} (${lasted(r.to - r.from)})`;
}
