// Axes: which marks they show and what stands beside them.

import { clock, day, short, type Zone } from "./format";

/** Marks of a rank axis: 1 on top, logarithmic. */
export function rankMarks(best: number, worst: number): number[] {
  const wanted = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
  return wanted.filter((n) => n >= best * 0.999 && n <= worst * 1.001);
}

/** The ends of a rank axis, with a little air above #1. */
export function rankRange(worst: number): [number, number] {
  const depth = [10, 25, 50, 100, 200, 500, 1000].find((d) => d >= worst) ?? worst;
  return [0.8, depth * 1.15];
}

/** The ends of a logarithmic axis of counts: whole powers of ten. */
export function countRange(least: number, most: number): [number, number] {
  const lo = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  const hi = 10 ** Math.ceil(Math.log10(Math.max(10, most * 1.05)));
  return [lo, Math.max(hi, lo * 10)];
}

/** Powers of ten between the ends of the axis. */
export function countMarks(lo: number, hi: number): number[] {
  const out: number[] = [];
  for (let p = Math.ceil(Math.log10(lo) - 1e-9); 10 ** p <= hi * 1.001; p++) out.push(10 ** p);
  return out;
}

export const countLabel = (n: number): string => short(n);

/** Labels of a time axis: days, or clock times with the day where it changes. */
export function timeLabels(marks: readonly number[], step: number, zone: Zone): string[] {
  if (step >= 86400) return marks.map((s) => day(s, zone));
  let before = "";
  return marks.map((s) => {
    const d = day(s, zone);
    const label = d === before ? clock(s, zone) : `${clock(s, zone)}\n${d}`;
    before = d;
    return label;
  });
}

/** A label that is to stand beside a vertical line. */
export interface Label {
  /** Where the line is. */
  x: number;
  /** Width of the badge on the line, and of the words beside it. */
  badge: number;
  words: number;
}

export interface Place {
  row: number;
  /** Words right of the line, left of it, or none. */
  side: "right" | "left" | "none";
}

/**
 * Finds a row and a side for the words of each label so that no words cover
 * others and no line runs through words. Rows count from the top, and a line
 * runs from its label's row downwards. As many words as possible are kept; the
 * search is cut off after a fixed number of steps. Null: not even the badges fit.
 */
export function place(labels: readonly Label[], rows: number, lo: number, hi: number): Place[] | null {
  for (let without = 0; without <= labels.length; without++) {
    const found = search(labels, rows, [lo, hi], without);
    if (found !== null) return found;
  }
  return null;
}

function search(labels: readonly Label[], rows: number, ends: [number, number], without: number): Place[] | null {
  const chosen: Place[] = [];
  let steps = 0;
  const next = (i: number, left: number): boolean => {
    if (i === labels.length) return true;
    if (++steps > 4000) return false;
    const one = labels[i];
    if (one === undefined) return true;
    for (const side of ["right", "left", "none"] as const) {
      if (side === "none" && left === 0) continue;
      for (let row = 0; row < rows; row++) {
        const p: Place = { row, side };
        if (!inside(one, p, ends) || chosen.some((c, k) => clash(labels[k] ?? one, c, one, p))) continue;
        chosen.push(p);
        if (next(i + 1, side === "none" ? left - 1 : left)) return true;
        chosen.pop();
      }
    }
    return false;
  };
  return next(0, without) ? chosen : null;
}

const air = 5;

function box(l: Label, p: Place): [number, number] {
  const half = l.badge / 2;
  if (p.side === "right") return [l.x - half, l.x + half + l.words];
  if (p.side === "left") return [l.x - half - l.words, l.x + half];
  return [l.x - half, l.x + half];
}

const inside = (l: Label, p: Place, [lo, hi]: [number, number]): boolean => p.side === "none" || (box(l, p)[0] >= lo && box(l, p)[1] <= hi);

function clash(a: Label, pa: Place, b: Label, pb: Place): boolean {
  const [ba, bb] = [box(a, pa), box(b, pb)];
  if (pa.row === pb.row) return ba[0] < bb[1] + air && bb[0] < ba[1] + air;
  const [upper, lower] = pa.row < pb.row ? [a, bb] : [b, ba];
  return upper.x > lower[0] - 2 && upper.x < lower[1] + 2;
}

/** Moves labels apart on a line of the given length, keeping their order. */
export function spread(wanted: readonly number[], size: number, lo: number, hi: number): number[] {
  const order = wanted.map((y, i) => ({ y, i })).sort((a, b) => a.y - b.y);
  let floor = lo;
  for (const o of order) {
    o.y = Math.max(o.y, floor);
    floor = o.y + size;
  }
  let ceiling = hi;
  for (const o of order.toReversed()) {
    o.y = Math.min(o.y, ceiling);
    ceiling = o.y - size;
  }
  const out = [...wanted];
  for (const o of order) out[o.i] = o.y;
  return out;
}
