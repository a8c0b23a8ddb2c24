// The time series panel.

import uPlot from "uplot";
import type { Ctx, Drawn, Frame, Panel } from "../model";
import { fill, h, type Child } from "../dom";
import { axes, scaleOf, type Scale } from "./axes";
import { faint, named, visible } from "./colours";
import { asTable, csv, rows } from "./csv";
import { hidden, prepare, type Prepared } from "./fields";
import { legend, legendOptions, pressed, switchedOff, type Entry } from "./legend";
import { moment } from "./moments";
import { picture } from "./paint";
import { gather, near, type Line, type Lines, type Numbers } from "./series";
import { Stage, type Built, type Room } from "./stage";
import { sample } from "./tip";
import { wish } from "./wish";

type Custom = Readonly<Record<string, unknown>>;

interface Drawing {
  line: Line;
  scale: Scale;
  colour: string;
  custom: Custom;
  kind: Entry["kind"];
}

export function drawTimeseries(el: HTMLElement, panel: Panel, frames: readonly Frame[], ctx: Ctx): Drawn {
  const all = prepare(panel, frames, ctx);
  const lines = gather(all);
  const answer = { csv: () => csv(rows(all)), table: () => asTable(panel.title ?? "", all), png: () => picture(el, panel, ctx) };
  if (lines.lines.length === 0 || lines.times.length === 0) {
    fill(el, h("p.panel-empty", {}, emptyWords(all)));
    return { ...answer, destroy: () => el.replaceChildren(), resize: () => undefined };
  }
  const chart = new TimeSeries(el, panel, lines, ctx);
  return { ...answer, destroy: () => chart.destroy(), resize: () => chart.resize() };
}

export const emptyWords = (all: readonly Prepared[]): string => (all.some((p) => p.length > 0 && p.time === null) ? "The answer has no time." : "No data");

class TimeSeries {
  private readonly stage: Stage;
  private readonly off: Set<string>;
  private readonly drawings: Drawing[];
  private readonly box = h("div.panel-chart", {});
  private key: HTMLElement | null = null;

  constructor(private readonly el: HTMLElement, private readonly panel: Panel, private readonly lines: Lines, private readonly ctx: Ctx) {
    this.off = switchedOff(el);
    this.drawings = lines.lines.filter((l) => !hidden(l.column, "viz")).map((line) => drawing(line, ctx));
    fill(el, this.box);
    const o = legendOptions(panel);
    if (o.right && el.clientWidth >= 640) this.box.classList.add("beside");
    this.stage = new Stage(this.box, ctx, {
      name: `${panel.title ?? "Chart"}: ${this.drawings.length} lines over time`,
      build: (room) => this.build(room),
      point: (u, left, top) => this.words(u, left, top),
      stops: lines.times.filter((t) => t >= ctx.from && t <= ctx.to),
      say: (t, row) => this.say(t, row),
    });
    if (o.show) this.drawLegend();
  }

  destroy(): void {
    this.stage.destroy();
    this.el.replaceChildren();
  }

  resize(): void {
    this.stage.fit();
  }

  private seen(): Drawing[] {
    return this.drawings.filter((d) => !this.off.has(d.line.column.title));
  }

  private drawLegend(): void {
    const entries = this.drawings.map((d): Entry => ({ column: d.line.column, raw: d.line.raw, kind: d.kind, colour: d.colour }));
    const titles = entries.filter((e) => !hidden(e.column, "legend")).map((e) => e.column.title);
    const next = legend(entries, legendOptions(this.panel), this.ctx, {
      off: this.off,
      press: (title, more) => {
        pressed(this.off, titles, title, more);
        this.stage.redraw();
        this.drawLegend();
        [...(this.key?.querySelectorAll<HTMLElement>(".panel-key") ?? [])].find((b) => b.textContent?.startsWith(title) === true)?.focus();
      },
      point: (title) => this.light(title),
    });
    if (this.key === null) this.box.append(next);
    else this.key.replaceWith(next);
    this.key = next;
    wish(this.el, 230 + (next.firstElementChild === null ? 0 : next.scrollHeight));
    this.stage.fit();
  }

  /** Puts one line before the others. */
  private light(title: string | null): void {
    const i = this.seen().findIndex((d) => d.line.column.title === title);
    this.stage.u?.setSeries(i < 0 ? null : i + 1, { focus: true });
  }

  private build(room: Room): Built {
    const seen = this.seen();
    const scales = [...new Map(seen.map((d) => [d.scale.key, d.scale])).values()];
    for (const s of scales) {
      const mine = seen.filter((d) => d.scale.key === s.key);
      s.extend([...mine.map((d) => inView(d.line.values, this.lines.times, this.ctx)), mine.some((d) => fromZero(d.custom)) ? [0] : []]);
    }
    const data: uPlot.AlignedData = [this.lines.times, ...seen.map((d) => d.line.values)] as uPlot.AlignedData;
    return {
      data,
      scales: Object.fromEntries(scales.map((s) => [s.key, s.options()])),
      axes: axes(scales, room),
      series: seen.map((d) => series(d, this.lines.times, room)),
      bands: bands(seen),
      focus: true,
      behind: (u) => thresholds(u, seen, this.ctx, "area"),
      draw: (u) => thresholds(u, seen, this.ctx, "line"),
    };
  }

  private words(u: uPlot, left: number, top: number): Child[] {
    const mode = tooltip(this.panel);
    const idx = u.cursor.idx;
    if (idx === null || idx === undefined || mode.mode === "none") return [];
    const reach = (12 * (this.ctx.to - this.ctx.from)) / Math.max(1, u.over.clientWidth);
    let found = this.seen().flatMap((d) => {
      if (hidden(d.line.column, "tooltip")) return [];
      const n = near(d.line.raw, idx, this.lines.times, reach);
      if (n === null) return [];
      const drawn = d.line.values[n.i];
      const far = Math.hypot(u.valToPos(this.lines.times[n.i] ?? 0, "x") - left, u.valToPos(typeof drawn === "number" ? drawn : n.v, d.scale.key) - top);
      return [{ d, ...n, far }];
    });
    if (found.length === 0) return [];
    const closest = found.reduce((a, b) => (b.far < a.far ? b : a));
    if (mode.mode === "single") found = [closest];
    if (mode.hideZeros) found = found.filter((f) => f.v !== 0);
    if (mode.sort !== 0) found.sort((a, b) => mode.sort * (a.v - b.v));
    const most = innerWidth < 700 ? 10 : 24;
    const start = Math.max(0, Math.min(found.indexOf(closest) - most / 2, found.length - most));
    const list = h("ul", {}, ...found.slice(start, start + most).map((f) =>
      h(f === closest && found.length > 1 ? "li.near" : "li", {}, sample(f.d.colour, f.d.kind), h("span", {}, f.d.line.column.title), h("b", {}, f.d.line.column.words(f.v)))));
    const when = found[0] === undefined || mode.mode !== "single" ? this.lines.times[idx] : this.lines.times[found[0].i];
    return [h("p.when", {}, `${moment(when ?? 0, this.ctx.zone)} ${this.ctx.zone}`), list, found.length > most && h("p.when", {}, `and ${found.length - most} more`)];
  }

  private say(t: number, row: number): string {
    const idx = this.lines.times.indexOf(t);
    const said = this.seen().flatMap((d) => {
      const n = idx < 0 ? null : near(d.line.raw, idx, this.lines.times, 0);
      return n === null ? [] : [{ title: d.line.column.title, words: d.line.column.words(n.v) }];
    });
    if (said.length === 0) return "no value";
    const first = ((row % said.length) + said.length) % said.length;
    return [...said.slice(first), ...said.slice(0, first)].slice(0, 12).map((s) => `${s.title} ${s.words}`).join(", ");
  }
}

function tooltip(panel: Panel): { mode: string; sort: -1 | 0 | 1; hideZeros: boolean } {
  const o = (panel.options?.["tooltip"] ?? {}) as Record<string, unknown>;
  return { mode: String(o["mode"] ?? "single"), sort: o["sort"] === "asc" ? 1 : o["sort"] === "desc" ? -1 : 0, hideZeros: o["hideZeros"] === true };
}

function drawing(line: Line, ctx: Ctx): Drawing {
  const c = line.column;
  const custom = c.config.custom ?? {};
  const style = (custom["lineStyle"] ?? {}) as { fill?: string };
  const kind = custom["drawStyle"] === "bars" ? "box" : custom["drawStyle"] === "points" || custom["lineWidth"] === 0 ? "point" : style.fill === "dash" ? "dash" : style.fill === "dot" ? "dot" : "line";
  return { line, scale: scaleOf(c), colour: visible(c.colour, ctx.theme, 2.6), custom, kind };
}

/** Bars and stacks are read by their length: their axis begins at 0. */
export function fromZero(custom: Custom): boolean {
  const mode = (custom["stacking"] as { mode?: string } | undefined)?.mode ?? "none";
  return custom["drawStyle"] === "bars" || mode !== "none";
}

/** The numbers that lie in the time range: the axis is made for them. */
function inView(values: Numbers, times: readonly number[], ctx: Ctx): readonly number[] {
  return values.filter((v, i): v is number => typeof v === "number" && (times[i] ?? 0) >= ctx.from && (times[i] ?? 0) <= ctx.to);
}

function series(d: Drawing, times: readonly number[], room: Room): uPlot.Series {
  const { custom, colour } = d;
  const style = String(custom["drawStyle"] ?? "line");
  const line = (custom["lineStyle"] ?? {}) as { fill?: string; dash?: number[] };
  const opacity = Number(custom["fillOpacity"] ?? 0) / 100;
  const size = Number(custom["pointSize"] ?? 5);
  const s: uPlot.Series = {
    label: d.line.column.title,
    scale: d.scale.key,
    stroke: style === "points" ? "transparent" : colour,
    width: style === "points" ? 0 : Number(custom["lineWidth"] ?? 1) * 1.25,
    spanGaps: false,
    points: points(d, style, size, times),
  };
  if (style === "bars") {
    s.paths = uPlot.paths.bars?.({ size: [Number(custom["barWidthFactor"] ?? 0.6), Number(custom["barMaxWidth"] ?? 200)], align: Number(custom["barAlignment"] ?? 0) as -1 | 0 | 1 }) ?? (() => null);
  } else if (style === "line") {
    const paths = lineOf(String(custom["lineInterpolation"] ?? "linear"));
    if (paths !== undefined) s.paths = paths;
  }
  if (line.fill === "dash") s.dash = line.dash ?? [8, 5];
  if (line.fill === "dot") [s.dash, s.cap] = [line.dash ?? [0, 6], "round"];
  if (opacity > 0 && style !== "points") s.fill = filling(d, opacity, room);
  return s;
}

function lineOf(kind: string): uPlot.Series.PathBuilder | undefined {
  switch (kind) {
    case "smooth":
      return uPlot.paths.spline?.();
    case "stepBefore":
      return uPlot.paths.stepped?.({ align: -1 });
    case "stepAfter":
      return uPlot.paths.stepped?.({ align: 1 });
    default:
      return undefined;
  }
}

function filling(d: Drawing, opacity: number, room: Room): uPlot.Series.Fill {
  if (String(d.custom["gradientMode"] ?? "none") === "none") return faint(d.colour, opacity);
  return (u) => {
    const g = u.ctx.createLinearGradient(0, u.bbox.top, 0, u.bbox.top + Math.max(1, u.bbox.height || room.height));
    g.addColorStop(0, faint(d.colour, Math.min(1, opacity * 1.4)));
    g.addColorStop(1, faint(d.colour, 0));
    return g;
  };
}

/**
 * Points where the dashboard asks for them. "auto": where they do not touch;
 * and always where a value stands alone between holes, which no line would show.
 */
function points(d: Drawing, style: string, size: number, times: readonly number[]): uPlot.Series.Points {
  const show = String(d.custom["showPoints"] ?? "auto");
  const base: uPlot.Series.Points = { size: style === "points" ? size + 1 : size, stroke: d.colour, fill: d.colour, width: 0 };
  if (style === "points" || show === "always") return { ...base, show: true };
  if (style === "bars") return { show: false };
  return {
    ...base,
    show: () => true,
    filter: (u, i) => {
      const values = (u.data[i] ?? []) as Numbers;
      const known = values.reduce<number>((n, v) => n + (v === null || v === undefined ? 0 : 1), 0);
      if (show === "auto" && known > 0 && u.over.clientWidth / known > size * 2.5) return all(values);
      return alone(values, times);
    },
  };
}

const all = (values: Numbers): number[] => values.flatMap((v, i) => (typeof v === "number" ? [i] : []));

/** Values with a hole, or nothing, on both sides. */
export function alone(values: Numbers, times: readonly number[]): number[] {
  const out: number[] = [];
  let before: number | null | undefined = null;
  for (let i = 0; i < times.length; i++) {
    const v = values[i];
    if (v === undefined) continue;
    if (typeof v === "number" && before === null) {
      let next = i + 1;
      while (next < times.length && values[next] === undefined) next++;
      if (next >= times.length || values[next] === null) out.push(i);
    }
    before = v;
  }
  return out;
}

/** fillBelowTo, and the room between stacked series. */
function bands(seen: readonly Drawing[]): uPlot.Band[] {
  const out: uPlot.Band[] = [];
  seen.forEach((d, i) => {
    const opacity = Number(d.custom["fillOpacity"] ?? 0) / 100;
    const to = d.custom["fillBelowTo"];
    const low = to === undefined ? -1 : seen.findIndex((o) => o.line.column.title === to || o.line.column.name === to);
    if (low >= 0) out.push({ series: [i + 1, low + 1], fill: faint(d.colour, opacity > 0 ? opacity : 0.15) });
    const mode = (d.custom["stacking"] as { mode?: string } | undefined)?.mode ?? "none";
    const below = mode === "none" ? -1 : seen.findLastIndex((o, k) => k < i && (o.custom["stacking"] as { mode?: string } | undefined)?.mode === mode);
    if (below >= 0 && opacity > 0) out.push({ series: [i + 1, below + 1], fill: faint(d.colour, opacity) });
  });
  return out;
}

/** Lines and areas of thresholds, once for each scale. */
function thresholds(u: uPlot, seen: readonly Drawing[], ctx: Ctx, part: "line" | "area"): void {
  const done = new Set<string>();
  for (const d of seen) {
    const style = String((d.custom["thresholdsStyle"] as { mode?: string } | undefined)?.mode ?? "off");
    const steps = d.line.column.config.thresholds?.steps ?? [];
    if (style === "off" || done.has(d.scale.key) || d.line.column.config.thresholds?.mode === "percentage") continue;
    done.add(d.scale.key);
    const dashed = style.startsWith("dashed");
    if (part === "area" && style.endsWith("area")) areas(u, d.scale.key, steps, ctx);
    if (part === "line" && style !== "area") for (const s of steps) if (s.value !== null) rule(u, d.scale.key, s.value, visible(named(s.color, ctx.theme), ctx.theme), dashed);
  }
}

function rule(u: uPlot, scale: string, value: number, colour: string, dashed: boolean): void {
  const { min, max } = u.scales[scale] ?? {};
  if (min == null || max == null || value < min || value > max || colour === "transparent") return;
  const y = Math.round(u.valToPos(value, scale, true)) + 0.5;
  u.ctx.save();
  u.ctx.strokeStyle = colour;
  u.ctx.lineWidth = 1.5 * uPlot.pxRatio;
  u.ctx.setLineDash(dashed ? [8 * uPlot.pxRatio, 5 * uPlot.pxRatio] : []);
  u.ctx.beginPath();
  u.ctx.moveTo(u.bbox.left, y);
  u.ctx.lineTo(u.bbox.left + u.bbox.width, y);
  u.ctx.stroke();
  u.ctx.restore();
}

function areas(u: uPlot, scale: string, steps: readonly { value: number | null; color: string }[], ctx: Ctx): void {
  const { min, max } = u.scales[scale] ?? {};
  if (min == null || max == null) return;
  steps.forEach((s, i) => {
    const colour = named(s.color, ctx.theme);
    const [lo, hi] = [Math.max(min, s.value ?? min), Math.min(max, steps[i + 1]?.value ?? max)];
    if (lo >= hi || colour === "transparent") return;
    const [top, bottom] = [u.valToPos(hi, scale, true), u.valToPos(lo, scale, true)];
    u.ctx.save();
    u.ctx.fillStyle = faint(colour, 0.1);
    u.ctx.fillRect(u.bbox.left, top, u.bbox.width, bottom - top);
    u.ctx.restore();
  });
}
