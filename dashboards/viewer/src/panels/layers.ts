// Events and stretches on a time axis: lines with a marker and, where there is
// room, words; times in which nobody looked are hatched behind everything.

import type uPlot from "uplot";
import type { Annotation, Ctx } from "../model";
import { h, type Child } from "../dom";
import { faint, named, visible } from "./colours";
import { safe } from "./interpolate";
import { lasted, moment } from "./moments";
import { place, type Label } from "./place";
import { hatching, type Skin } from "./skin";

/** Height of one row of event labels, CSS pixels. */
export const rowHeight = 15;

export interface Flag {
  a: Annotation;
  /** CSS pixels from the left edge of the plotting area. */
  x: number;
  row: number;
  side: "right" | "left" | "none";
  text: string;
  colour: string;
}

export interface Banner {
  rows: number;
  flags: Flag[];
}

/** Layers that say where nothing was measured. */
export const isGap = (a: Annotation): boolean => (a.timeEnd ?? a.time) > a.time && /nobody looked|gap/i.test(a.layer);

/** Words of an annotation without markup. */
export function headline(a: Annotation): string {
  const text = a.title !== undefined && a.title !== "" ? a.title : a.text;
  return text.replace(/<[^>]*>/g, "").replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/\s+/g, " ").trim();
}

/** An event with its layer, said once: many titles begin with the name of their layer. */
export function layered(a: Annotation): string {
  const words = headline(a);
  return words.toLowerCase().startsWith(a.layer.toLowerCase()) ? words : words === "" ? a.layer : `${a.layer}: ${words}`;
}

/** What annotations say, each thing once. */
export const sayings = (all: readonly Annotation[]): string[] => [...new Set(all.map(layered))];

/** The annotations that a panel shows: those that touch its time range. */
export const inRange = (ctx: Pick<Ctx, "annotations" | "from" | "to">): Annotation[] => ctx.annotations.filter((a) => (a.timeEnd ?? a.time) >= ctx.from && a.time <= ctx.to);

/** Finds a place for the words of each event on a plot of this width. */
export function banner(ctx: Ctx, width: number, height: number, s: Skin): Banner {
  const events = inRange(ctx).filter((a) => !isGap(a) && a.time >= ctx.from).sort((a, b) => a.time - b.time);
  const c = document.createElement("canvas").getContext("2d");
  if (events.length === 0 || c === null) return { rows: 0, flags: [] };
  c.font = s.font(11);
  const flag = (a: Annotation): Flag => ({
    a, x: ((a.time - ctx.from) / (ctx.to - ctx.from)) * width, row: 0, side: "none", text: "",
    colour: a.colour === undefined ? s.event : visible(named(a.colour, ctx.theme), ctx.theme),
  });
  const flags = events.map(flag);
  if (width < 560 || height < 230 || events.length > 24) return { rows: 1, flags };
  const most = height > 330 ? 4 : 2;
  let best: Banner = { rows: 1, flags };
  let words = 0;
  // Few long lines of words are read sooner than many short ones.
  for (const room of [320, 230, 160]) {
    const texts = events.map((a) => shorten(c, headline(a), room));
    const labels = flags.map((f, i): Label => ({ x: f.x, badge: 10, words: c.measureText(texts[i] ?? "").width + 5 }));
    for (let rows = 1; rows <= most; rows++) {
      const found = place(labels, rows, -8, width + 8);
      const kept = found?.filter((p) => p.side !== "none").length ?? 0;
      if (found === null || kept <= words) continue;
      words = kept;
      best = { rows, flags: flags.map((f, i) => ({ ...f, ...found[i], text: texts[i] ?? "" })) };
    }
    if (words === flags.length) break;
  }
  return best;
}

export function shorten(c: CanvasRenderingContext2D, text: string, most: number): string {
  if (c.measureText(text).width <= most) return text;
  let [lo, hi] = [0, text.length];
  while (lo < hi) {
    const mid = (lo + hi + 1) >> 1;
    if (c.measureText(`${text.slice(0, mid).trimEnd()}…`).width <= most) lo = mid;
    else hi = mid - 1;
  }
  return `${text.slice(0, lo).trimEnd()}…`;
}

/** Hatching for gaps, a breath of colour for other stretches: drawn behind the lines. */
export function drawRegions(u: uPlot, ctx: Ctx, s: Skin, px: number): void {
  const { left, top, width, height } = u.bbox;
  const c = u.ctx;
  c.save();
  c.beginPath();
  c.rect(left, top, width, height);
  c.clip();
  const all = inRange(ctx);
  c.fillStyle = hatching(c, s.hatch, Math.round(7 * px));
  for (const [from, to] of merged(all.filter(isGap))) {
    const x = u.valToPos(Math.max(from, ctx.from), "x", true);
    c.fillRect(x, top, Math.max(px, u.valToPos(Math.min(to, ctx.to), "x", true) - x), height);
  }
  for (const a of all) {
    if (isGap(a) || (a.timeEnd ?? a.time) <= a.time) continue;
    const x = u.valToPos(a.time, "x", true);
    c.fillStyle = faint(a.colour === undefined ? s.event : named(a.colour, ctx.theme), 0.1);
    c.fillRect(x, top, Math.max(px, u.valToPos(a.timeEnd ?? a.time, "x", true) - x), height);
  }
  c.restore();
}

/** Stretches that overlap as one. */
export function merged(all: readonly Annotation[]): [number, number][] {
  const out: [number, number][] = [];
  for (const a of all.toSorted((x, y) => x.time - y.time)) {
    const last = out.at(-1);
    const end = a.timeEnd ?? a.time;
    if (last !== undefined && a.time <= last[1]) last[1] = Math.max(last[1], end);
    else out.push([a.time, end]);
  }
  return out;
}

/** Vertical lines at the events, their markers and words above the plot. */
export function drawFlags(u: uPlot, b: Banner, s: Skin, px: number): void {
  const { left, top, height } = u.bbox;
  const c = u.ctx;
  c.save();
  c.lineWidth = px;
  for (const f of b.flags) {
    const x = Math.round(left + f.x * px) + 0.5;
    const y = top - (b.rows - f.row) * rowHeight * px + 8 * px;
    c.strokeStyle = faint(hexOr(f.colour), 0.75);
    c.setLineDash([2 * px, 3 * px]);
    c.beginPath();
    c.moveTo(x, y);
    c.lineTo(x, top + height);
    c.stroke();
  }
  c.setLineDash([]);
  c.textBaseline = "middle";
  c.font = s.font(11 * px);
  for (const f of b.flags) {
    const x = left + f.x * px;
    const y = top - (b.rows - f.row) * rowHeight * px + 6 * px;
    c.fillStyle = f.colour;
    c.beginPath();
    c.moveTo(x - 4.5 * px, y - 3.5 * px);
    c.lineTo(x + 4.5 * px, y - 3.5 * px);
    c.lineTo(x, y + 4.5 * px);
    c.closePath();
    c.fill();
    if (f.side === "none") continue;
    c.fillStyle = s.ink;
    c.textAlign = f.side === "right" ? "left" : "right";
    c.fillText(f.text, x + (f.side === "right" ? 8 : -8) * px, y);
  }
  c.restore();
}

const hexOr = (colour: string): string => (/^#[0-9a-f]{6}/i.test(colour) ? colour : "#808080");

/** The words of an event for a tooltip or to be read out. */
export function eventWords(a: Annotation, ctx: Ctx): HTMLElement {
  const end = a.timeEnd ?? a.time;
  const when = end > a.time ? `${moment(a.time, ctx.zone)} to ${moment(end, ctx.zone)} (${lasted(end - a.time)})` : moment(a.time, ctx.zone);
  const body = (a.title ?? "") === "" ? [] : linked(a.text);
  return h("div.event", {}, h("p", {}, h("b", {}, headline(a))), body.length > 0 && h("p", {}, ...body), h("p.when", {}, when));
}

/** Words with their links; all other markup falls away. */
function linked(text: string): Child[] {
  const bare = (s: string): string => s.replace(/<[^>]*>/g, "");
  const out: Child[] = [];
  let end = 0;
  for (const m of text.matchAll(/<a\s[^>]*?href="([^"]*)"[^>]*>(.*?)<\/a>/gis)) {
    out.push(bare(text.slice(end, m.index)));
    out.push(safe(m[1] ?? "") ? h("a", { href: m[1] ?? "", target: "_blank", rel: "noopener noreferrer" }, bare(m[2] ?? "")) : bare(m[2] ?? ""));
    end = m.index + m[0].length;
  }
  out.push(bare(text.slice(end)));
  return out.filter((x) => x !== "");
}

/** What lies on a moment: events within `reach` milliseconds, stretches around it. */
export function at(ctx: Ctx, t: number, reach: number): Annotation[] {
  return inRange(ctx).filter((a) => Math.abs(a.time - t) <= reach || ((a.timeEnd ?? a.time) > a.time && a.time <= t && t < (a.timeEnd ?? a.time)));
}

/**
 * Buttons on the markers. One of them is in the order of the tab key; the arrow
 * keys go from one to the next. A press keeps the words open: they have links.
 */
export function buttons(b: Banner, left: number, top: number, show: (words: Child[], x: number, y: number, stay: boolean) => void, hide: () => void, ctx: Ctx): HTMLElement {
  const list = h("div.panel-flags", { role: "group", "aria-label": `Events: ${b.flags.length}`, "data-picture": "no" });
  const all = b.flags.map((f, i) => {
    const words = (): Child[] => [eventWords(f.a, ctx)];
    const over = (e: Event): void => {
      const r = one.getBoundingClientRect();
      show(words(), r.left + r.width / 2, r.top + r.height / 2, e.type === "click");
    };
    const one = h("button", { type: "button", tabindex: i === 0 ? 0 : -1, "aria-label": `${headline(f.a)}. ${moment(f.a.time, ctx.zone)}`, onmouseenter: over, onfocus: over, onclick: over, onmouseleave: hide, onblur: hide });
    one.style.left = `${Math.round(left + f.x - 8)}px`;
    one.style.top = `${Math.round(top - (b.rows - f.row) * rowHeight - 2)}px`;
    return one;
  });
  list.append(...all);
  list.addEventListener("keydown", (e) => {
    const step = e.key === "ArrowRight" ? 1 : e.key === "ArrowLeft" ? -1 : 0;
    const here = all.indexOf(document.activeElement as HTMLButtonElement);
    if (step === 0 || here < 0) return;
    e.preventDefault();
    e.stopPropagation();
    const to = all[(here + step + all.length) % all.length];
    all.forEach((x) => (x.tabIndex = x === to ? 0 : -1));
    to?.focus();
  });
  return list;
}
