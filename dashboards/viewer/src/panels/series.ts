// The numbers of a time series panel as uPlot wants them: one list of moments,
// one list per series; null is a hole, undefined is "this series does not know
// this moment" and breaks no line.

import type { Value } from "../model";
import type { Column, Prepared } from "./fields";
import { hidden } from "./fields";

export type Numbers = (number | null | undefined)[];

export interface Line {
  column: Column;
  prepared: Prepared;
  /** As they are drawn: stacked where the dashboard stacks. */
  values: Numbers;
  /** As they were measured, for tooltips and legends. */
  raw: Numbers;
}

export interface Lines {
  times: number[];
  lines: Line[];
}

/** All series of all answers on one list of moments. */
export function gather(all: readonly Prepared[]): Lines {
  const tables = all.flatMap((p) => {
    if (p.time === null || p.length === 0) return [];
    const columns = p.values.filter((c) => c.type === "number" || c.type === "boolean");
    const filled = withHoles(p.time.values as number[], columns.map((c) => c.values.map((v) => number(v, c))), threshold(p));
    return [{ p, columns, ...filled }];
  });
  const times = tables.length === 1 ? (tables[0]?.times ?? []) : [...new Set(tables.flatMap((t) => t.times))].sort((a, b) => a - b);
  const row = new Map(times.map((t, i) => [t, i]));
  const lines = tables.flatMap((t) =>
    t.columns.map((column, k): Line => {
      const own = t.columnsOut[k] ?? [];
      let raw: Numbers = own;
      if (tables.length > 1) {
        raw = new Array<number | null | undefined>(times.length).fill(undefined);
        t.times.forEach((at, i) => (raw[row.get(at) as number] = own[i]));
      }
      raw = spanned(times, raw, column.config.custom?.["spanNulls"]);
      return { column, prepared: t.p, values: raw, raw };
    }),
  );
  stack(lines);
  return { times, lines };
}

function number(v: Value, c: Column): number | null {
  const n = typeof v === "boolean" ? Number(v) : typeof v === "number" ? v : null;
  return n !== null && c.config.custom?.["transform"] === "negative-Y" ? -n : n;
}

/** insertNulls of an answer: its columns share their times. */
function threshold(p: Prepared): number {
  for (const c of [p.time, ...p.values]) {
    const t = c?.config.custom?.["insertNulls"];
    if (typeof t === "number" && t > 0) return t;
  }
  return 0;
}

/** Puts a hole behind each moment whose successor is further off than the threshold, milliseconds. */
export function withHoles(times: readonly number[], columns: readonly Numbers[], limit: number): { times: number[]; columnsOut: Numbers[] } {
  if (limit <= 0) return { times: [...times], columnsOut: columns.map((c) => [...c]) };
  const out: number[] = [];
  const columnsOut: Numbers[] = columns.map(() => []);
  times.forEach((t, i) => {
    out.push(t);
    columns.forEach((c, k) => columnsOut[k]?.push(c[i]));
    const next = times[i + 1];
    if (next === undefined || next - t <= limit) return;
    out.push(t + limit);
    for (const c of columnsOut) c.push(null);
  });
  return { times: out, columnsOut };
}

/** spanNulls: false leaves holes, true bridges all, a number bridges holes up to so many milliseconds. */
export function spanned(times: readonly number[], values: Numbers, span: unknown): Numbers {
  if (span === true) return values.map((v) => v ?? undefined);
  if (typeof span !== "number" || span <= 0) return values;
  const out = [...values];
  let before = -1;
  values.forEach((v, i) => {
    if (typeof v !== "number") return;
    if (before >= 0 && i - before > 1 && (times[i] ?? 0) - (times[before] ?? 0) < span) out.fill(undefined, before + 1, i);
    before = i;
  });
  return out;
}

/** Lays series of one group upon each other; "percent" makes each moment 1. */
function stack(lines: Line[]): void {
  const groups = new Map<string, Line[]>();
  for (const l of lines) {
    const s = l.column.config.custom?.["stacking"] as { mode?: string; group?: string } | undefined;
    if (s?.mode === undefined || s.mode === "none" || hidden(l.column, "viz")) continue;
    const key = `${s.mode} ${s.group ?? "A"}`;
    groups.set(key, [...(groups.get(key) ?? []), l]);
  }
  for (const [key, group] of groups) {
    const n = group[0]?.raw.length ?? 0;
    const sum = new Array<number>(n).fill(0);
    const whole = key.startsWith("percent") ? Array.from({ length: n }, (_v, i) => group.reduce((a, l) => a + Math.abs(l.raw[i] ?? 0), 0)) : null;
    for (const l of group) {
      l.values = l.raw.map((v, i) => {
        if (v === null || v === undefined) return v;
        const part = whole === null ? v : (whole[i] ?? 0) === 0 ? 0 : v / (whole[i] as number);
        return (sum[i] = (sum[i] ?? 0) + part);
      });
    }
  }
}

/** The value at or next to a moment, within `reach` places: series of other answers have their own times. */
export function near(values: Numbers, idx: number, times: readonly number[], reach: number): { i: number; v: number } | null {
  const at = times[idx];
  const here = values[idx];
  if (typeof here === "number") return { i: idx, v: here };
  if (here === null || at === undefined) return null;
  let best: { i: number; v: number; far: number } | null = null;
  for (const way of [-1, 1]) {
    for (let i = idx + way; i >= 0 && i < values.length; i += way) {
      const far = Math.abs((times[i] ?? 0) - at);
      if (far > reach) break;
      const v = values[i];
      if (v === undefined) continue;
      if (typeof v === "number" && (best === null || far < best.far)) best = { i, v, far };
      break;
    }
  }
  return best === null ? null : { i: best.i, v: best.v };
}
