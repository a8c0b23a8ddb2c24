// What is drawn on a plot beside its lines: events, gaps, absences, figures.

import type uPlot from "uplot";
import { place, spread, type Label } from "./scale";
import type { Absence, Flag, Line, Mark, PlotSpec, Region } from "./spec";
import { hatching, type Theme } from "./theme";

/** Height of one row of event labels, CSS pixels. */
export const laneHeight = 17;

interface Pen {
  u: uPlot;
  c: CanvasRenderingContext2D;
  /** Device pixels per CSS pixel. */
  px: number;
  theme: Theme;
  x: (s: number) => number;
  y: (v: number) => number;
}

export function pen(u: uPlot, px: number, theme: Theme): Pen {
  return {
    u,
    c: u.ctx,
    px,
    theme,
    x: (s) => u.valToPos(s, "x", true),
    y: (v) => u.valToPos(v, "y", true),
  };
}

/** Runs drawing code that is cut off at the edges of the plotting area. */
function clipped(p: Pen, fn: () => void): void {
  const { left, top, width, height } = p.u.bbox;
  p.c.save();
  p.c.beginPath();
  p.c.rect(left, top, width, height);
  p.c.clip();
  fn();
  p.c.restore();
}

export function drawRegions(p: Pen, regions: readonly Region[]): void {
  if (regions.length === 0) return;
  const { top, height } = p.u.bbox;
  clipped(p, () => {
    p.c.fillStyle = hatching(p.c, p.theme.hatch, Math.round(8 * p.px), true);
    for (const r of regions) {
      const from = p.x(r.from);
      p.c.fillRect(from, top, Math.max(p.px, p.x(r.to) - from), height);
    }
  });
}

/** Labels of the events, placed for one width: CSS pixels from the left edge of the plotting area. */
export interface Banner {
  rows: number;
  labels: { flag: Flag; x: number; badgeX: number; row: number; text: string; side: "right" | "left" | "none" }[];
}

const badge = 16;

/** Finds a place for every event's number, and for its words where there is room. */
export function banner(flags: readonly Flag[], [from, to]: readonly [number, number], width: number, right: number, t: Theme): Banner {
  const seen = flags.filter((f) => f.at >= from && f.at <= to);
  const c = document.createElement("canvas").getContext("2d");
  if (seen.length === 0 || c === null) return { rows: 0, labels: [] };
  c.font = t.font(11.5);
  const xs = seen.map((f) => ((f.at - from) / (to - from)) * width);
  const texts = seen.map((f) => shorten(c, f.event.text, 270));
  const boxes = seen.map((_f, i): Label => ({ x: xs[i] ?? 0, badge, words: c.measureText(texts[i] ?? "").width + 6 }));
  for (const rows of width < 600 ? [] : [2, 3, 4, 5]) {
    const found = place(boxes, rows, 0, width + right);
    if (found === null || (rows < 5 && found.some((p) => p.side === "none"))) continue;
    return { rows, labels: found.map((p, i) => ({ flag: seen[i] as Flag, x: xs[i] ?? 0, badgeX: xs[i] ?? 0, row: p.row, text: texts[i] ?? "", side: p.side })) };
  }
  // Numbers only, moved apart along two rows.
  const moved = spread(xs, badge / 2 + 1, badge / 2, width + right - badge / 2);
  return { rows: 2, labels: seen.map((flag, i) => ({ flag, x: xs[i] ?? 0, badgeX: moved[i] ?? 0, row: i % 2, text: "", side: "none" })) };
}

/** Vertical lines at the events, and their labels in rows above the plot. */
export function drawBanner(p: Pen, b: Banner): void {
  const { c, px } = p;
  const { left, top, height } = p.u.bbox;
  c.save();
  for (const l of b.labels) {
    const at = Math.round(left + l.x * px) + 0.5;
    const y = top - (b.rows - l.row) * laneHeight * px + (badge / 2) * px;
    c.strokeStyle = p.theme.event;
    c.lineWidth = px;
    c.setLineDash([2 * px, 3 * px]);
    c.beginPath();
    c.moveTo(left + l.badgeX * px, y);
    c.lineTo(at, Math.max(y, top - 4 * px));
    c.lineTo(at, top + height);
    c.stroke();
  }
  c.setLineDash([]);
  for (const l of b.labels) {
    const x = left + l.badgeX * px;
    const y = top - (b.rows - l.row) * laneHeight * px + (badge / 2) * px;
    drawBadge(p, x, y, String(l.flag.number));
    if (l.side === "none") continue;
    c.font = p.theme.font(11.5 * px);
    c.textAlign = l.side === "right" ? "left" : "right";
    c.textBaseline = "middle";
    c.fillStyle = p.theme.ink;
    c.fillText(l.text, x + (l.side === "right" ? 1 : -1) * (badge / 2 + 4) * px, y + px / 2);
  }
  c.restore();
}

function drawBadge(p: Pen, x: number, y: number, text: string): void {
  const { c, px } = p;
  c.beginPath();
  c.arc(x, y, 7.5 * px, 0, 2 * Math.PI);
  c.fillStyle = p.theme.event;
  c.fill();
  c.font = p.theme.font(11 * px, 700);
  c.fillStyle = p.theme.paper;
  c.textAlign = "center";
  c.textBaseline = "middle";
  c.fillText(text, x, y + 0.5 * px);
}

function shorten(c: CanvasRenderingContext2D, text: string, most: number): string {
  if (c.measureText(text).width <= most) return text;
  let n = text.length;
  while (n > 4 && c.measureText(`${text.slice(0, n)}…`).width > most) n--;
  return `${text.slice(0, n).trimEnd()}…`;
}

/** Caps at both ends of an absence, and words between them. */
export function drawAbsences(p: Pen, absences: readonly Absence[]): void {
  const { c, px } = p;
  const taken: number[] = [];
  clipped(p, () => {
    c.setLineDash([]);
    for (const a of absences) {
      const [from, to, y] = [p.x(a.from), p.x(a.to), p.y(a.y)];
      c.strokeStyle = a.colour;
      c.lineWidth = 2.5 * px;
      cross(c, from, y, 5 * px);
      if (a.yBack !== null) {
        c.beginPath();
        c.arc(to, p.y(a.yBack), 5 * px, 0, 2 * Math.PI);
        c.fillStyle = p.theme.paper;
        c.fill();
        c.stroke();
      }
      c.font = p.theme.font(12 * px, 600);
      const left = Math.max(from, p.u.bbox.left);
      const right = Math.min(to, p.u.bbox.left + p.u.bbox.width);
      const w = c.measureText(a.text).width;
      if (right - left < w + 24 * px || taken.some((t) => Math.abs(t - y) < 15 * px)) continue;
      taken.push(y);
      label(p, a.text, (left + right) / 2, y, a.colour);
    }
  });
}

function cross(c: CanvasRenderingContext2D, x: number, y: number, r: number): void {
  c.beginPath();
  c.moveTo(x - r, y - r);
  c.lineTo(x + r, y + r);
  c.moveTo(x - r, y + r);
  c.lineTo(x + r, y - r);
  c.stroke();
}

/** Words on a plot, with a halo so that lines under them do not disturb. */
function label(p: Pen, text: string, x: number, y: number, colour: string): void {
  const { c, px } = p;
  c.textAlign = "center";
  c.textBaseline = "middle";
  c.lineJoin = "round";
  c.strokeStyle = p.theme.paper;
  c.lineWidth = 5 * px;
  c.strokeText(text, x, y);
  c.fillStyle = colour;
  c.fillText(text, x, y);
}

/** Diamonds for published figures, with a bar over the time they may be about. */
export function drawMarks(p: Pen, marks: readonly Mark[]): void {
  const { c, px } = p;
  clipped(p, () => {
    c.setLineDash([]);
    for (const m of marks) {
      const [x, y, r] = [p.x(m.at), p.y(m.y), 5.5 * px];
      c.strokeStyle = m.colour;
      c.lineWidth = 1.5 * px;
      c.beginPath();
      c.moveTo(p.x(m.fact.at), y);
      c.lineTo(p.x(Math.max(m.fact.until, m.fact.at)), y);
      c.stroke();
      c.beginPath();
      c.moveTo(x, y - r);
      c.lineTo(x + r, y);
      c.lineTo(x, y + r);
      c.lineTo(x - r, y);
      c.closePath();
      c.fillStyle = m.hollow ? p.theme.paper : m.colour;
      c.fill();
      c.strokeStyle = m.hollow ? m.colour : p.theme.paper;
      c.stroke();
    }
  });
}

/** Names the strong lines beside their last value in view. */
export function drawNames(p: Pen, spec: PlotSpec): void {
  const { c, px } = p;
  const { left, top, width, height } = p.u.bbox;
  const ends = spec.lines.filter((l) => l.strong).flatMap((l) => {
    const v = lastValue(l, spec.range);
    return v === null ? [] : [{ line: l, y: p.y(v) }];
  });
  const ys = spread(ends.map((e) => e.y), 15 * px, top + 6 * px, top + height - 6 * px);
  c.save();
  c.font = p.theme.font(12 * px, 600);
  c.textAlign = "left";
  c.textBaseline = "middle";
  const room = p.u.width * px - left - width - 8 * px;
  ends.forEach((e, i) => {
    const y = ys[i] ?? e.y;
    c.fillStyle = e.line.colour;
    if (c.measureText(e.line.label).width <= room) c.fillText(e.line.label, left + width + 6 * px, y);
    else label(p, e.line.label, left + width - c.measureText(e.line.label).width / 2 - 4 * px, y - 12 * px, e.line.colour);
    c.textAlign = "left";
  });
  c.restore();
}

/** The last value of a line if it reaches the right end of the range. */
function lastValue(l: Line, [from, to]: readonly [number, number]): number | null {
  let i = l.at.length - 1;
  while (i > 0 && (l.at[i] ?? 0) > to) i--;
  const near = (l.at[i] ?? 0) >= to - (to - from) * 0.05;
  return near ? (l.values[i] ?? null) : null;
}
