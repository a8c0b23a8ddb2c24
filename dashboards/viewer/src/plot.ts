// One plot: lines over time with what belongs to them. It knows uPlot and
// nothing about apps.

import uPlot from "uplot";
import { banner, drawAbsences, drawBanner, drawMarks, drawNames, drawRegions, laneHeight, pen } from "./draw";
import { timeLabels } from "./scale";
import type { Flag, Hit, Line, Mark, PlotSpec } from "./spec";
import { theme, type Theme } from "./theme";

export interface Reactions {
  zoom: (from: number, to: number) => void;
  reset: () => void;
  /** hit is null when the reader points elsewhere. */
  point: (hit: Hit | null, x: number, y: number) => void;
}

/** Insets that all plots of a page share, so that they stand under each other. */
export const insets = (width: number): { left: number; right: number } => (width < 700 ? { left: 48, right: 14 } : { left: 92, right: 92 });

export class Plot {
  private u: uPlot | null = null;
  private spec: PlotSpec | null = null;
  private width = 0;
  private over = false;
  private focused: number | null = null;

  constructor(
    private readonly host: HTMLElement,
    private readonly sync: string,
    private readonly react: Reactions,
  ) {
    new ResizeObserver(() => {
      if (this.spec !== null && host.clientWidth !== this.width) this.draw(this.spec);
    }).observe(host);
    host.tabIndex = 0;
    host.addEventListener("keydown", (e) => this.pressed(e));
    host.addEventListener("blur", () => this.leave());
  }

  /** Draws anew. Cheap enough to be called at every change. */
  draw(spec: PlotSpec): void {
    this.spec = spec;
    this.width = this.host.clientWidth;
    if (this.width === 0) return;
    const old = this.u;
    this.over = false;
    this.focused = null;
    this.host.replaceChildren();
    old?.destroy();
    this.u = new uPlot(this.options(spec, theme()), table(spec.lines), this.host);
    this.host.setAttribute("role", "group");
    this.host.setAttribute("aria-label", `${spec.name}. Arrow keys read it, Escape stops.`);
    this.watchPointer(this.u);
  }

  /** Puts one line before all others, or none. */
  focus(key: string | null): void {
    const i = this.spec?.lines.findIndex((l) => l.key === key) ?? -1;
    this.u?.setSeries(i >= 0 ? i + 1 : null, { focus: true });
  }

  private options(spec: PlotSpec, t: Theme): uPlot.Options {
    const { left, right } = insets(this.width);
    const events = banner(spec.flags, spec.range, this.width - left - right, right - 4, t);
    const { rows } = events;
    const px = (): number => uPlot.pxRatio;
    return {
      width: this.width,
      height: spec.height + rows * laneHeight,
      padding: [10 + rows * laneHeight, right, 0, 0],
      tzDate: (s) => uPlot.tzDate(new Date(s * 1000), spec.zone),
      legend: { show: false },
      focus: { alpha: 0.22 },
      cursor: {
        y: false,
        sync: { key: this.sync, scales: ["x", null] },
        focus: { prox: 18 },
        drag: { x: true, y: false, setScale: false, dist: 6 },
        points: { size: 6 },
        bind: { dblclick: () => () => (this.react.reset(), null) },
      },
      scales: {
        x: { time: true, range: () => spec.range },
        y: { distr: 3, log: 10, dir: spec.axis.upsideDown ? -1 : 1, range: () => spec.axis.range },
      },
      axes: axes(spec, t, left),
      series: [{}, ...spec.lines.map((l) => series(l))],
      hooks: {
        drawClear: [(u) => drawRegions(pen(u, px(), t), spec.regions)],
        draw: [
          (u) => {
            const p = pen(u, px(), t);
            drawBanner(p, events);
            drawAbsences(p, spec.absences);
            drawMarks(p, spec.marks);
            if (right > 40) drawNames(p, spec);
          },
        ],
        setSeries: [(_u, i, o) => { if ((o as { focus?: boolean }).focus !== undefined) this.focused = i; }],
        setCursor: [(u) => this.pointed(u, spec)],
        setSelect: [(u) => this.selected(u)],
      },
    };
  }

  private watchPointer(u: uPlot): void {
    u.over.addEventListener("mouseenter", () => (this.over = true));
    u.over.addEventListener("mouseleave", () => this.leave());
  }

  private leave(): void {
    this.over = false;
    this.react.point(null, 0, 0);
  }

  /** Left and right go from moment to moment, with Shift in larger steps. */
  private pressed(e: KeyboardEvent): void {
    const { u, spec } = this;
    if (u === null || spec === null) return;
    if (e.key === "Escape") return this.leave();
    const way = e.key === "ArrowRight" ? 1 : e.key === "ArrowLeft" ? -1 : 0;
    if (way === 0) return;
    e.preventDefault();
    const times = u.data[0];
    const here = u.cursor.idx ?? times.findIndex((t) => t >= spec.range[0]);
    const next = Math.min(times.length - 1, Math.max(0, here + way * (e.shiftKey ? 24 : 1)));
    const at = Math.min(spec.range[1], Math.max(spec.range[0], times[next] ?? 0));
    this.over = true;
    u.setCursor({ left: u.valToPos(at, "x"), top: u.over.clientHeight / 2 });
  }

  private selected(u: uPlot): void {
    const { left, width } = u.select;
    if (width < 6) return;
    const [from, to] = [u.posToVal(left, "x"), u.posToVal(left + width, "x")];
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (to - from >= 3600) this.react.zoom(from, to);
  }

  private pointed(u: uPlot, spec: PlotSpec): void {
    const { left = -1, top = -1, idx } = u.cursor;
    if (!this.over || left < 0) return;
    const box = u.over.getBoundingClientRect();
    this.react.point(hit(u, spec, left, top, idx ?? null, this.focused), box.left + left, box.top + top);
  }
}

/** What lies under the pointer. */
function hit(u: uPlot, spec: PlotSpec, left: number, top: number, idx: number | null, focused: number | null): Hit {
  const at = idx === null ? u.posToVal(left, "x") : (u.data[0][idx] ?? u.posToVal(left, "x"));
  const t = u.posToVal(left, "x");
  return {
    at,
    values: spec.lines.map((line, i) => ({ line, value: idx === null ? null : (u.data[i + 1]?.[idx] ?? null) })),
    focus: spec.lines[(focused ?? 0) - 1]?.key ?? null,
    mark: nearest<Mark>(spec.marks, (m) => Math.hypot(u.valToPos(m.at, "x") - left, u.valToPos(m.y, "y") - top), 14),
    flag: nearest<Flag>(spec.flags, (f) => Math.abs(u.valToPos(f.at, "x") - left), 5),
    region: spec.regions.find((r) => r.from <= t && t < r.to) ?? null,
  };
}

function nearest<T>(all: readonly T[], distance: (one: T) => number, most: number): T | null {
  let best: T | null = null;
  let least = most;
  for (const one of all) {
    const d = distance(one);
    if (d < least) [best, least] = [one, d];
  }
  return best;
}

/** Joins lines of different times into one table; a null stays a break. */
function table(lines: readonly Line[]): uPlot.AlignedData {
  const first = lines[0];
  if (first === undefined) return [[]];
  if (lines.every((l) => l.at === first.at)) {
    return [first.at as number[], ...lines.map((l) => l.values as (number | null)[])];
  }
  const tables = lines.map((l): uPlot.AlignedData => [l.at as number[], l.values as (number | null)[]]);
  return uPlot.join(tables);
}

function series(l: Line): uPlot.Series {
  const s: uPlot.Series = {
    label: l.label,
    stroke: l.colour,
    width: l.strong ? 2.75 : 1.25,
    alpha: l.strong ? 1 : 0.6,
    spanGaps: false,
    points: { show: !l.dashed && l.at.length < 60, size: 4 },
  };
  if (l.dashed) s.dash = l.strong ? [7, 3] : [5, 3];
  return s;
}

function axes(spec: PlotSpec, t: Theme, left: number): uPlot.Axis[] {
  const common = { stroke: t.mute, font: t.font(11), labelFont: t.font(11), ticks: { stroke: t.rule, width: 1, size: 4 } };
  return [
    {
      ...common,
      space: 64,
      size: (_u, labels) => (labels?.some((l) => l.includes("\n")) === true ? 46 : 30),
      grid: { stroke: t.rule, width: 1 },
      values: (_u, marks, _axis, _space, step) => timeLabels(marks, step, spec.zone),
    },
    {
      ...common,
      size: left,
      gap: 6,
      grid: { stroke: t.rule, width: 1 },
      splits: () => [...spec.axis.marks],
      filter: (_u, marks) => marks,
      values: (_u, marks) => marks.map((n) => spec.axis.label(n)),
    },
  ];
}
