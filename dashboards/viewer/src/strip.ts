// The state strip: one row per app, coloured by the band of its rank, hatched
// where there is none.

import uPlot from "uplot";
import { type Band, type Run } from "./bands";
import { insets } from "./plot";
import { timeLabels } from "./scale";
import { hatching, theme, type Theme } from "./theme";
import type { Zone } from "./format";

export interface StripRow {
  key: string;
  label: string;
  runs: readonly Run[];
}

export interface StripSpec {
  name: string;
  rows: readonly StripRow[];
  range: [number, number];
  zone: Zone;
}

export interface StripReactions {
  zoom: (from: number, to: number) => void;
  reset: () => void;
  point: (at: number, row: StripRow | null, x: number, y: number) => void;
}

const rowHeight = 22;

export class Strip {
  private u: uPlot | null = null;
  private spec: StripSpec | null = null;
  private width = 0;
  private over = false;

  constructor(
    private readonly host: HTMLElement,
    private readonly sync: string,
    private readonly react: StripReactions,
  ) {
    new ResizeObserver(() => {
      if (this.spec !== null && host.clientWidth !== this.width) this.draw(this.spec);
    }).observe(host);
  }

  draw(spec: StripSpec): void {
    this.spec = spec;
    this.width = this.host.clientWidth;
    if (this.width === 0) return;
    const old = this.u;
    this.over = false;
    this.host.replaceChildren();
    old?.destroy();
    const ends: uPlot.AlignedData = [spec.range, [0, 0]];
    const u = new uPlot(this.options(spec, theme()), ends, this.host);
    this.u = u;
    u.root.setAttribute("role", "img");
    u.root.setAttribute("aria-label", spec.name);
    u.over.addEventListener("mouseenter", () => (this.over = true));
    u.over.addEventListener("mouseleave", () => {
      this.over = false;
      this.react.point(0, null, 0, 0);
    });
  }

  private options(spec: StripSpec, t: Theme): uPlot.Options {
    const { left, right } = insets(this.width);
    const n = Math.max(1, spec.rows.length);
    const font = t.font(12);
    return {
      width: this.width,
      height: n * rowHeight + 34,
      padding: [4, right, 0, 0],
      tzDate: (s) => uPlot.tzDate(new Date(s * 1000), spec.zone),
      legend: { show: false },
      cursor: {
        y: false,
        sync: { key: this.sync, scales: ["x", null] },
        drag: { x: true, y: false, setScale: false, dist: 6 },
        points: { show: false },
        bind: { dblclick: () => () => (this.react.reset(), null) },
      },
      scales: {
        x: { time: true, range: () => spec.range },
        y: { range: () => [0, n], dir: -1 },
      },
      axes: [
        {
          stroke: t.mute,
          font: t.font(11),
          space: 64,
          size: (_u, labels) => (labels?.some((l) => l.includes("\n")) === true ? 46 : 30),
          grid: { show: false },
          ticks: { stroke: t.rule, width: 1, size: 4 },
          values: (_u, marks, _axis, _space, step) => timeLabels(marks, step, spec.zone),
        },
        {
          stroke: t.ink,
          font,
          size: Math.max(left, 84),
          gap: 8,
          grid: { show: false },
          ticks: { show: false },
          splits: () => spec.rows.map((_r, i) => i + 0.5),
          values: () => spec.rows.map((r) => r.label),
        },
      ],
      series: [{}, { show: false }],
      hooks: {
        draw: [(u) => drawRows(u, spec, t)],
        setCursor: [(u) => this.pointed(u, spec)],
        setSelect: [(u) => this.selected(u)],
      },
    };
  }

  private selected(u: uPlot): void {
    const { left, width } = u.select;
    if (width < 6) return;
    const [from, to] = [u.posToVal(left, "x"), u.posToVal(left + width, "x")];
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (to - from >= 3600) this.react.zoom(from, to);
  }

  private pointed(u: uPlot, spec: StripSpec): void {
    const { left = -1, top = -1 } = u.cursor;
    if (!this.over || left < 0) return;
    const box = u.over.getBoundingClientRect();
    const row = spec.rows[Math.floor(u.posToVal(top, "y"))] ?? null;
    this.react.point(u.posToVal(left, "x"), row, box.left + left, box.top + top);
  }
}

function drawRows(u: uPlot, spec: StripSpec, t: Theme): void {
  const c = u.ctx;
  const px = uPlot.pxRatio;
  const { left, top, width, height } = u.bbox;
  const fills = new Map<Band, string | CanvasPattern>();
  for (const band of Object.keys(t.bands) as Band[]) {
    fills.set(band, t.bands[band]);
  }
  fills.set("unfetched", hatching(c, t.hatch, Math.round(6 * px), true));
  fills.set("delisted", hatching(c, t.bands.delisted, Math.round(7 * px), false));
  c.save();
  c.beginPath();
  c.rect(left, top, width, height);
  c.clip();
  spec.rows.forEach((row, i) => {
    const y = u.valToPos(i, "y", true) + 2 * px;
    const h = rowHeight * px - 4 * px;
    for (const run of row.runs) {
      const from = Math.round(u.valToPos(run.from, "x", true));
      const to = Math.round(u.valToPos(run.to, "x", true));
      if (to < left || from > left + width) continue;
      c.fillStyle = fills.get(run.band) ?? t.paper;
      c.fillRect(from, y, Math.max(px, to - from), h);
    }
  });
  c.restore();
}
