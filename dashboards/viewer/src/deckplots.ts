// The three plots of the deck and what they say when the reader points at them.

import type { Answers } from "./deck";
import * as data from "./deckdata";
import { bandWords } from "./bands";
import { h } from "./dom";
import { moment, short, type Zone } from "./format";
import { Plot } from "./plot";
import { countLabel, countMarks, countRange, rankMarks, rankRange } from "./scale";
import type { Flag, Hit, PlotSpec } from "./spec";
import { Strip } from "./strip";
import { theme } from "./theme";
import { Tooltip, words } from "./tooltip";
import type { Store } from "./view";

export interface Picture {
  answers: Answers;
  names: data.Names;
  order: readonly string[];
  strong: ReadonlySet<string>;
  hidden: ReadonlySet<string>;
  full: [number, number];
  range: [number, number];
  zone: Zone;
  flags: readonly Flag[];
  allFlags: readonly Flag[];
}

const tall = (): number => (innerWidth < 700 ? 320 : 400);

export class Plots {
  private readonly tip = new Tooltip();
  private readonly rank: Plot;
  private readonly strip: Strip;
  private readonly count: Plot;
  private picture: Picture | null = null;

  constructor(store: Store, hosts: { rank: HTMLElement; strip: HTMLElement; count: HTMLElement }) {
    const zoom = (from: number, to: number): void => store.set({ range: [Math.round(from), Math.round(to)] });
    const reset = (): void => store.set({ range: null });
    this.rank = new Plot(hosts.rank, "deck", { zoom, reset, point: (hit, x, y) => this.pointRank(hit, x, y) });
    this.count = new Plot(hosts.count, "deck", { zoom, reset, point: (hit, x, y) => this.pointCount(hit, x, y) });
    this.strip = new Strip(hosts.strip, "deck", { zoom, reset, point: (at, row, x, y) => this.pointStrip(at, row, x, y) });
  }

  focus(id: string | null): void {
    this.rank.focus(id);
  }

  draw(p: Picture): void {
    this.picture = p;
    this.tip.hide();
    const { ranks, series } = p.answers;
    if (ranks !== null) {
      this.rank.draw(rankSpec(p));
      const name = "State strip: the band of each app's rank over time; as a table below";
      this.strip.draw({ name, rows: data.stripRows(ranks, p.order, p.names), range: p.range, zone: p.zone });
    }
    if (series !== null) this.count.draw(countSpec(p));
  }

  private pointRank(hit: Hit | null, x: number, y: number): void {
    const p = this.picture;
    if (hit === null || p === null) return this.tip.hide();
    this.tip.show(x, y, ...words(hit, p.names, p.zone, (n, id) => (n === null ? stateAt(p, id, hit.at) : `#${n}`)));
  }

  private pointCount(hit: Hit | null, x: number, y: number): void {
    const p = this.picture;
    if (hit === null || p === null) return this.tip.hide();
    this.tip.show(x, y, ...words(hit, p.names, p.zone, (n) => (n === null ? "–" : short(n))));
  }

  private pointStrip(at: number, row: { key: string; label: string } | null, x: number, y: number): void {
    const p = this.picture;
    if (row === null || p === null) return this.tip.hide();
    this.tip.show(x, y, h("p.when", {}, moment(at, p.zone)), h("p", {}, h("b", {}, row.label), " ", stateAt(p, row.key, at)));
  }
}

/** "#3", "beyond the list", "not in the store", "nobody looked". */
function stateAt(p: Picture, id: string, at: number): string {
  for (const g of p.answers.ranks?.groups ?? []) {
    const i = g.at.findLastIndex((t) => t <= at);
    const s = g.series.find((one) => one.entity === id);
    if (i < 0 || s === undefined || at > (g.at[i] ?? 0) + 1.5 * g.step_s) continue;
    const rank = s.rank[i] ?? null;
    if (rank !== null) return `#${rank}`;
    const state = s.state.charAt(i);
    if (state === "u") return `beyond #${g.depth}`;
    if (state === "d") return bandWords.delisted;
    if (state === "n") return bandWords.unfetched;
  }
  return "–";
}

function rankSpec(p: Picture): PlotSpec {
  const { answers: a, names: n } = p;
  const { ranks, chart } = a;
  const lines = ranks === null ? [] : data.rankLines(ranks, n, p.strong, p.hidden);
  const marks = chart === null ? [] : data.marks(a.reported, chart, (f) => n.colour.get(f.subject) ?? theme().ink, p.hidden);
  const worst = Math.max(10, ...lines.flatMap((l) => l.values.filter((v) => v !== null)), ...marks.map((m) => m.y));
  const range = rankRange(worst);
  return {
    name: "Rank chart, 1 on top; as a table below",
    height: tall(),
    axis: { range, marks: rankMarks(...range), label: (v) => `#${v}`, upsideDown: true },
    lines,
    marks,
    flags: p.flags,
    regions: chart === null ? [] : data.regions(a.gaps, chart.target),
    absences: ranks === null ? [] : data.absenceMarks(ranks, n, p.hidden),
    range: p.range,
    zone: p.zone,
  };
}

function countSpec(p: Picture): PlotSpec {
  const { answers: a, names: n } = p;
  const { series, count } = a;
  const { ink } = theme();
  const colours = ["#e5243b", "#0b5e6f", "#8e6bbf", "#b3541e"];
  const lines = series === null || count === null ? [] : data.countLines(series, count.metric, n, colours);
  const marks = count === null ? [] : data.marks(a.reported, count, () => ink, new Set());
  const values = [...lines.flatMap((l) => l.values.filter((v) => v !== null)), ...marks.map((m) => m.y)];
  const range = countRange(values.length === 0 ? 1 : Math.min(...values), Math.max(10, ...values));
  return {
    name: "Counts on a logarithmic scale",
    height: tall() - 100,
    axis: { range, marks: countMarks(...range), label: countLabel, upsideDown: false },
    lines,
    marks,
    flags: p.flags,
    regions: [],
    absences: [],
    range: p.range,
    zone: p.zone,
  };
}
