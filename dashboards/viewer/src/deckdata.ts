// Turns the answers of the API into what the plots draw. Pure: no page here.

import type { CaseEvent, Catalogue, ChartInfo, CountInfo, Counts, Entity, Gap, Ranks, Reported } from "./api";
import { runs, withBreaks, type Run } from "./bands";
import { readable } from "./colour";
import type { Absence, Flag, Line, Mark, Region } from "./spec";
import { absences, type Plot } from "./story";

export type Scope = "case" | "live";

/** Recorded things are told from live ones by their basis. What was back-filled stands beside both. */
export const inScope = (basis: string, scope: Scope): boolean => basis === "backfill" || (basis === "measured") === (scope === "live");

/** Says the basis where there are several: one name for two lines would mix them. */
const ofBasis = (label: string, basis: string, groups: readonly { basis: string }[]): string => (groups.length > 1 ? `${label}, ${basis}` : label);

export interface Option {
  target: string;
  /** Of counts only. */
  metric: string;
  first: number;
  last: number;
}

/** The charts that can be chosen, the overall ones first. */
export function chartOptions(c: Catalogue, scope: Scope): Option[] {
  const order = (t: string): string => `${t.includes("/overall") ? 0 : 1}${t.includes("/apple/") ? 0 : 1}${t}`;
  return merge(c.charts.filter((i) => inScope(i.basis, scope)).map((i: ChartInfo) => ({ ...i, metric: "rank" }))).sort((a, b) =>
    order(a.target).localeCompare(order(b.target)),
  );
}

/** The counts that can be chosen, hashtags first. */
export function countOptions(c: Catalogue, scope: Scope): Option[] {
  const order = (o: Option): string => `${o.target.startsWith("tag/") ? 0 : 1}${o.metric.startsWith("views") ? 0 : 1}${o.target}`;
  return merge(c.counts.filter((i: CountInfo) => inScope(i.basis, scope))).sort((a, b) => order(a).localeCompare(order(b)));
}

function merge(all: readonly Option[]): Option[] {
  const by = new Map<string, Option>();
  for (const { target, metric, first, last } of all) {
    const key = `${target} ${metric}`;
    const o = by.get(key);
    if (o === undefined) by.set(key, { target, metric, first, last });
    else by.set(key, { target, metric, first: Math.min(o.first, first), last: Math.max(o.last, last) });
  }
  return [...by.values()];
}

export interface Names {
  name: ReadonlyMap<string, string>;
  colour: ReadonlyMap<string, string>;
}

export function names(entities: readonly Entity[], paper: string): Names {
  return {
    name: new Map(entities.map((e) => [e.id, e.name])),
    colour: new Map(entities.map((e) => [e.id, readable(e.colour, paper)])),
  };
}

/** How far a series moved, on the logarithmic scale of ranks. */
export function reach(rank: readonly (number | null)[], state: string): number {
  const seen = rank.filter((r): r is number => r !== null);
  if (seen.length === 0) return 0;
  const moved = Math.log(Math.max(...seen) / Math.min(...seen));
  return moved + (state.includes("d") ? 2 : 0) + 1 / Math.min(...seen);
}

/** The apps of a chart in the order of their part in the story. */
export function cast(r: Ranks, plot: Plot | null): string[] {
  const most = new Map<string, number>();
  for (const g of r.groups) {
    for (const s of g.series) {
      const lead = s.entity === plot?.lead ? 1000 : s.entity === plot?.origin ? 500 : 0;
      most.set(s.entity, Math.max(most.get(s.entity) ?? 0, lead + reach(s.rank, s.state)));
    }
  }
  return [...most.entries()].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([id]) => id);
}

/** Strong are the lead, the origin and the two others that moved most. */
export const strongOnes = (order: readonly string[]): Set<string> => new Set(order.slice(0, 4));

export function rankLines(r: Ranks, n: Names, strong: ReadonlySet<string>, hidden: ReadonlySet<string>): Line[] {
  const lines: Line[] = [];
  for (const g of r.groups) {
    const open = withBreaks(g.at, g.series.map((s) => s.rank), g.step_s);
    g.series.forEach((s, i) => {
      const values = open.columns[i] ?? [];
      if (hidden.has(s.entity) || values.every((v) => v === null)) return;
      lines.push({
        key: s.entity,
        label: ofBasis(n.name.get(s.entity) ?? s.entity, g.basis, r.groups),
        colour: n.colour.get(s.entity) ?? "#808080",
        dashed: g.basis === "modelled",
        strong: strong.has(s.entity),
        at: open.at,
        values,
      });
    });
  }
  // The strong ones last: they lie on top.
  return lines.sort((a, b) => Number(a.strong) - Number(b.strong));
}

/** State runs of every app, a row for each basis, in the order of the cast. */
export function stripRows(r: Ranks, order: readonly string[], n: Names): { key: string; label: string; runs: Run[] }[] {
  return order.flatMap((id) =>
    r.groups.flatMap((g) =>
      g.series
        .filter((s) => s.entity === id)
        .map((s) => ({ key: id, label: ofBasis(n.name.get(id) ?? id, g.basis, r.groups), runs: runs(g.at, s.rank, s.state, g.step_s) })),
    ),
  );
}

export function absenceMarks(r: Ranks, n: Names, hidden: ReadonlySet<string>): Absence[] {
  return r.groups.flatMap((g) =>
    g.series
      .filter((s) => !hidden.has(s.entity))
      .flatMap((s) =>
        absences(g, s).flatMap(({ from, to, back }) => {
          const i = g.at.indexOf(from);
          const before = s.rank.slice(0, i).findLast((v) => v !== null);
          if (before === undefined || before === null) return [];
          const after = back ? (s.rank[g.at.indexOf(to)] ?? null) : null;
          const days = Math.floor((to - from) / 86400);
          const text = `${n.name.get(s.entity) ?? s.entity} not in the store, ${days} days`;
          return [{ from: g.at[i - 1] ?? from, to, y: before, yBack: after, colour: n.colour.get(s.entity) ?? "#808080", text }];
        }),
      ),
  );
}

export function countLines(c: Counts, metric: string, n: Names, palette: readonly string[]): Line[] {
  const lines: Line[] = [];
  for (const g of c.groups) {
    const of = g.series.filter((s) => s.metric === metric);
    // A logarithmic axis has no zero.
    const open = withBreaks(g.at, of.map((s) => s.value.map((v) => (v !== null && v > 0 ? v : null))), g.step_s);
    of.forEach((s, i) => {
      lines.push({
        key: s.subject,
        label: ofBasis(n.name.get(s.subject) ?? (c.target.startsWith("tag/") ? `#${s.subject}` : s.subject), g.basis, c.groups),
        colour: n.colour.get(s.subject) ?? palette[lines.length % palette.length] ?? "#808080",
        dashed: g.basis === "modelled",
        strong: of.length <= 4,
        at: open.at,
        values: open.columns[i] ?? [],
      });
    });
  }
  return lines;
}

/** "<=10" and ">25" say where a rank was at most or at least. */
const bound = /^(?:<=|>=|<|>)\s*(\d+(?:\.\d+)?)$/;

/**
 * Published figures that belong on a chart and have a date. Where only a bound
 * was published, the diamond stands at the bound and is hollow.
 */
export function marks(facts: readonly Reported[], o: Option, colour: (f: Reported) => string, hidden: ReadonlySet<string>): Mark[] {
  return facts
    .filter((f) => f.at > 0 && !hidden.has(f.subject) && f.scope === o.target && f.metric === o.metric)
    .flatMap((f) => {
      const y = f.value ?? Number(bound.exec(f.value_text)?.[1] ?? NaN);
      if (!Number.isFinite(y) || y <= 0) return [];
      return [{ at: (f.at + Math.max(f.at, f.until)) / 2, y, hollow: f.value === null, colour: colour(f), fact: f }];
    });
}

/** Events in order, numbered as in the list below the chart. */
export function flags(events: readonly CaseEvent[], [from, to]: readonly [number, number]): Flag[] {
  return events
    .filter((e) => e.at > 0)
    .map((e) => ({ at: (e.at + Math.max(e.at, e.until)) / 2, event: e }))
    .filter((f) => f.at >= from && f.at <= to)
    .sort((a, b) => a.at - b.at)
    .map((f, i) => ({ ...f, number: i + 1 }));
}

export const regions = (gaps: readonly Gap[], target: string): Region[] =>
  gaps.filter((g) => g.target === target).map((g) => ({ from: g.from, to: g.to, why: g.why }));
