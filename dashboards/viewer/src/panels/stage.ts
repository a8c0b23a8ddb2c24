// What all charts over time share: size, time axis, crosshair, zoom, tooltip,
// events, and the keys with which a chart is walked and read out.

import uPlot from "uplot";
import type { Ctx } from "../model";
import { h, type Child } from "../dom";
import { at as annotationsAt, banner, buttons, drawFlags, drawRegions, eventWords, isGap, rowHeight, sayings, type Banner } from "./layers";
import { axisLabels, moment } from "./moments";
import { skin, type Skin } from "./skin";
import { Tip } from "./tip";

export interface Room {
  width: number;
  height: number;
  skin: Skin;
}

export interface Built {
  data: uPlot.AlignedData;
  scales: Record<string, uPlot.Scale>;
  /** Besides the time axis. */
  axes: uPlot.Axis[];
  series: uPlot.Series[];
  bands?: uPlot.Band[];
  /** Room at the right that no axis takes, CSS pixels. */
  right?: number;
  /** Room at the left for half of the first time, where no axis has it, CSS pixels. */
  left?: number;
  draw?: (u: uPlot) => void;
  behind?: (u: uPlot) => void;
  focus?: boolean;
}

/** What one kind of chart adds. */
export interface Play {
  /** What the chart shows, for those who do not see it. */
  name: string;
  build(room: Room): Built;
  /** The words at a place of the plot, CSS pixels, for the tooltip. */
  point(u: uPlot, left: number, top: number): Child[];
  /** The moments that the arrow keys stop at, milliseconds, rising. */
  stops: readonly number[];
  /** What is read out at a moment; `row` counts the presses of up and down. */
  say(t: number, row: number): string;
  /** Where the cursor's height is for a row; the middle without. */
  rowAt?(u: uPlot, row: number): number;
}

export class Stage {
  readonly host = h("div.panel-plot", { tabindex: 0, role: "application", "aria-roledescription": "chart" });
  u: uPlot | null = null;
  private readonly live = h("div.sr", { "aria-live": "polite", role: "status" });
  private readonly tip = new Tip();
  private readonly watch: ResizeObserver;
  private size = "";
  private over = false;
  /** The reader drags on this chart; charts that share its crosshair hear of it too. */
  private dragging = false;
  private row = 0;
  private stop: number | null = null;

  constructor(parent: HTMLElement, private readonly ctx: Ctx, private readonly play: Play) {
    parent.append(this.host, this.live);
    this.host.setAttribute("aria-label", `${play.name}. Left and right arrow keys read it, up and down choose a line, + zooms in, - zooms out, Escape stops.`);
    this.host.addEventListener("keydown", (e) => this.pressed(e));
    this.host.addEventListener("blur", () => this.leave());
    this.watch = new ResizeObserver(() => this.fit());
    this.watch.observe(this.host);
    this.fit();
  }

  /** Draws if the element has another size than before. */
  fit(): void {
    const size = `${this.host.clientWidth} ${this.host.clientHeight}`;
    if (size !== this.size) this.redraw();
  }

  redraw(): void {
    const { clientWidth: width, clientHeight: height } = this.host;
    if (width < 40 || height < 40) return;
    this.size = `${width} ${height}`;
    const s = skin(this.host, this.ctx);
    const old = this.u;
    this.over = false;
    this.tip.hide();
    old?.destroy();
    this.host.replaceChildren();
    const built = this.play.build({ width, height, skin: s });
    this.u = new uPlot(this.options(built, { width, height, skin: s }), built.data, this.host);
    // Before the chart hears of it: a pointer that was there already, when Escape or a new drawing came, counts too.
    this.u.over.addEventListener("mousemove", () => (this.over = true), { capture: true });
    this.u.over.addEventListener("mousedown", () => (this.dragging = true));
    this.u.over.addEventListener("mouseleave", () => this.leave());
  }

  destroy(): void {
    this.watch.disconnect();
    this.tip.destroy();
    this.u?.destroy();
    this.u = null;
  }

  private options(b: Built, room: Room): uPlot.Options {
    const { ctx } = this;
    let flags: Banner = banner(ctx, room.width - 70, room.height, room.skin);
    const px = (): number => uPlot.pxRatio;
    const options: uPlot.Options = {
      width: room.width,
      height: room.height,
      ms: 1,
      padding: [6 + flags.rows * rowHeight, b.right ?? 26, 0, b.left ?? 4],
      tzDate: (t) => uPlot.tzDate(new Date(t), ctx.zone),
      legend: { show: false },
      cursor: {
        y: false,
        sync: { key: ctx.sync, scales: ["x", null] },
        drag: { x: true, y: false, setScale: false, dist: 6 },
        points: { size: 7 },
        bind: { dblclick: () => () => (ctx.onReset(), null) },
      },
      scales: { x: { time: true, range: () => [ctx.from, ctx.to] }, ...b.scales },
      axes: [timeAxis(ctx, room), ...b.axes],
      series: [{}, ...b.series],
      hooks: {
        // The words are placed anew once the width of the axes is known.
        drawClear: [(u) => {
          const placed = banner(ctx, u.bbox.width / px(), room.height, room.skin);
          flags = placed.rows <= flags.rows ? { ...placed, rows: flags.rows } : { ...placed, rows: flags.rows, flags: placed.flags.map((f) => ({ ...f, row: 0, side: "none" as const })) };
          drawRegions(u, ctx, room.skin, px());
          b.behind?.(u);
        }],
        draw: [(u) => {
          b.draw?.(u);
          drawFlags(u, flags, room.skin, px());
          this.placeButtons(u, flags);
        }],
        setCursor: [(u) => this.pointed(u)],
        setSelect: [(u) => this.selected(u)],
      },
    };
    if (b.bands !== undefined) options.bands = b.bands;
    if (b.focus === true) {
      options.focus = { alpha: 0.25 };
    }
    return options;
  }

  private placeButtons(u: uPlot, b: Banner): void {
    this.host.querySelector(".panel-flags")?.remove();
    if (b.flags.length === 0) return;
    const px = uPlot.pxRatio;
    u.root.append(buttons(b, u.bbox.left / px, u.bbox.top / px, (words, x, y, stay) => this.tip.show(x, y, words, stay), () => this.tip.hide(), this.ctx));
  }

  private leave(): void {
    this.over = false;
    this.stop = null;
    this.tip.hide();
  }

  private selected(u: uPlot): void {
    const { left, width } = u.select;
    if (width < 6) return;
    const [from, to] = [u.posToVal(left, "x"), u.posToVal(left + width, "x")];
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (this.dragging) this.ctx.onZoom(Math.round(Math.max(this.ctx.from, from)), Math.round(Math.min(this.ctx.to, to)));
    this.dragging = false;
  }

  private pointed(u: uPlot): void {
    const { left = -1, top = -1 } = u.cursor;
    if (!this.over || left < 0) {
      if (!this.over) this.tip.hide();
      return;
    }
    const box = u.over.getBoundingClientRect();
    const t = u.posToVal(left, "x");
    const words = this.play.point(u, left, top);
    const reach = (4 * (this.ctx.to - this.ctx.from)) / Math.max(1, box.width);
    const near = annotationsAt(this.ctx, t, reach);
    for (const s of sayings(near.filter(isGap)).slice(0, 4)) words.push(h("p.gap", {}, s));
    for (const a of near.filter((x) => !isGap(x)).slice(0, 4)) words.push(eventWords(a, this.ctx));
    if (words.length === 0) return this.tip.hide();
    this.tip.show(box.left + left, box.top + top, words);
  }

  private pressed(e: KeyboardEvent): void {
    const { u } = this;
    if (u === null || e.ctrlKey || e.metaKey || e.altKey || e.target !== this.host) return;
    const span = this.ctx.to - this.ctx.from;
    const here = this.stop ?? this.ctx.from + span / 2;
    switch (e.key) {
      case "ArrowRight":
      case "ArrowLeft":
        this.walk(u, e.key === "ArrowRight" ? 1 : -1, e.shiftKey ? 10 : 1);
        break;
      case "Home":
      case "End":
        this.go(u, e.key === "Home" ? 0 : this.play.stops.length - 1);
        break;
      case "ArrowUp":
      case "ArrowDown":
        this.row += e.key === "ArrowDown" ? 1 : -1;
        if (this.stop !== null) this.to(u, this.stop);
        break;
      case "+":
      case "=":
        this.ctx.onZoom(Math.round(Math.max(this.ctx.from, here - span / 4)), Math.round(Math.min(this.ctx.to, here + span / 4)));
        break;
      case "-":
        this.ctx.onReset();
        break;
      case "Escape":
        u.setCursor({ left: -10, top: -10 });
        this.leave();
        break;
      default:
        return;
    }
    e.preventDefault();
    e.stopPropagation();
  }

  private walk(u: uPlot, way: 1 | -1, steps: number): void {
    const { stops } = this.play;
    const seen = this.stop;
    const now = seen === null ? -1 : stops.findIndex((t) => t >= seen);
    if (seen === null) return this.go(u, way > 0 ? stops.findIndex((t) => t >= this.ctx.from) : stops.findLastIndex((t) => t <= this.ctx.to));
    this.go(u, now + way * steps);
  }

  private go(u: uPlot, i: number): void {
    const { stops } = this.play;
    const t = stops[Math.min(stops.length - 1, Math.max(0, i))];
    if (t !== undefined) this.to(u, Math.min(this.ctx.to, Math.max(this.ctx.from, t)));
  }

  private to(u: uPlot, t: number): void {
    this.stop = t;
    this.over = true;
    u.setCursor({ left: u.valToPos(t, "x"), top: this.play.rowAt?.(u, this.row) ?? u.over.clientHeight / 2 });
    const events = sayings(annotationsAt(this.ctx, t, 0));
    this.live.textContent = [moment(t, this.ctx.zone), this.play.say(t, this.row), ...events].filter((w) => w !== "").join(". ");
  }
}

function timeAxis(ctx: Ctx, room: Room): uPlot.Axis {
  const { skin: s } = room;
  return {
    stroke: s.mute,
    font: s.font(11),
    space: ctx.to - ctx.from > 40 * 86_400_000 ? 58 : 62,
    size: (_u, labels) => (labels?.some((l) => l.includes("\n")) === true ? 42 : 28),
    gap: 4,
    grid: { stroke: s.rule, width: 1 },
    ticks: { stroke: s.rule, width: 1, size: 4 },
    values: (u, marks, _axis, _space, step) => {
      const left = (u.bbox.left || 0) / uPlot.pxRatio;
      return inside(axisLabels(marks, step, ctx.zone), marks.map((t) => left + u.valToPos(t, "x")), room.width, widthOf(u, s.font(11)));
    },
  };
}

/** Labels without those that would reach beyond the picture, which cuts them. All in CSS pixels. */
export function inside(labels: readonly string[], middles: readonly number[], width: number, measure: (label: string) => number): string[] {
  return labels.map((l, i) => {
    const half = Math.max(...l.split("\n").map(measure)) / 2;
    const x = middles[i] ?? 0;
    return x - half < 0 || x + half > width ? "" : l;
  });
}

function widthOf(u: uPlot, font: string): (label: string) => number {
  return (label) => {
    u.ctx.save();
    u.ctx.font = font;
    const { width } = u.ctx.measureText(label);
    u.ctx.restore();
    return width;
  };
}

/** An axis of values has the room that its longest label needs. */
export function axisSize(u: uPlot, labels: string[] | null, font: string): number {
  if (labels === null || labels.length === 0) return 36;
  u.ctx.save();
  u.ctx.font = font;
  const widest = Math.max(...labels.map((l) => u.ctx.measureText(l ?? "").width));
  u.ctx.restore();
  return Math.ceil(widest) + 14;
}
