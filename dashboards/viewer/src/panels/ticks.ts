// Marks of axes: where they stand on linear, logarithmic and symlog scales.

/** Widest apart that still shows the scale; then with 2 and 5; then all nine. */
const choices: readonly (readonly number[])[] = [[1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 5], [1, 3], [1]];

/** Marks of a logarithmic axis from lo to hi (both above 0), at least `space` pixels apart on `px` pixels. */
export function logTicks(lo: number, hi: number, px: number, space: number, base = 10): number[] {
  const decades = Math.log(hi / lo) / Math.log(base);
  const room = decades > 0 ? px / decades : px;
  const sets = base === 10 ? choices : [[1]];
  const set = sets.find((s) => closest(s, base) * room >= space) ?? [1];
  const skip = set.length === 1 ? Math.max(1, Math.ceil(space / room)) : 1;
  const out: number[] = [];
  for (let e = Math.floor(Math.log(lo) / Math.log(base) + 1e-9); base ** e <= hi * 1.0001; e++) {
    if (((e % skip) + skip) % skip !== 0) continue;
    for (const m of set) {
      const v = Number((m * base ** e).toPrecision(12));
      if (v >= lo * 0.9999 && v <= hi * 1.0001) out.push(v);
    }
  }
  return out;
}

/** The smallest step between neighbours of a set, in decades. */
function closest(set: readonly number[], base: number): number {
  const logs = [...set, base].map((m) => Math.log(m) / Math.log(base));
  return Math.min(...logs.slice(1).map((l, i) => l - (logs[i] ?? 0)));
}

const asinh = (v: number, threshold: number): number => Math.asinh(v / threshold);

/**
 * Marks of a symlog axis: linear within the threshold, logarithmic beyond it on
 * both sides. The threshold itself is marked, so that -1 is when it is #1.
 */
export function symlogTicks(lo: number, hi: number, threshold: number, px: number, space: number, base = 10): number[] {
  const span = asinh(hi, threshold) - asinh(lo, threshold);
  const at = (v: number): number => (span === 0 ? 0 : ((asinh(v, threshold) - asinh(lo, threshold)) / span) * px);
  const room = (from: number, to: number): number => Math.abs(at(to) - at(from));
  const out: number[] = [];
  const far = (v: number): boolean => out.every((o) => Math.abs(at(o) - at(v)) >= space);
  const add = (v: number): void => {
    if (v >= lo - 1e-9 && v <= hi + 1e-9 && far(v)) out.push(v);
  };
  for (const sign of [-1, 1]) {
    const [near, end] = sign < 0 ? [Math.max(threshold, -hi), -lo] : [Math.max(threshold, lo), hi];
    if (end < near) continue;
    const marks = logTicks(near, end, room(sign * near, sign * end), space, base);
    // The threshold and whole powers go first: what is between them gives way.
    for (const m of marks.toSorted((a, b) => Number(whole(b, base)) - Number(whole(a, base)) || a - b)) add(sign * m);
  }
  if (lo <= 0 && hi >= 0) add(0);
  return out.sort((a, b) => a - b);
}

function whole(v: number, base: number): boolean {
  const e = Math.log(v) / Math.log(base);
  return Math.abs(e - Math.round(e)) < 1e-9;
}

/** Ends of a symlog axis: the next of 1, 2, 5, 10, …; a hard end where the dashboard sets one. */
export function symlogRange(least: number, most: number, min: number | null, max: number | null, base = 10): [number, number] {
  const out = (v: number, way: -1 | 1): number => {
    if (v === 0) return 0;
    const power = base ** Math.floor(Math.log(Math.abs(v)) / Math.log(base) + 1e-9);
    const grow = Math.sign(v) === way;
    const steps = (base === 10 ? [1, 2, 5, 10] : [1, base]).map((m) => m * power);
    const end = grow ? steps.find((s) => s >= Math.abs(v) * (1 - 1e-9)) : steps.findLast((s) => s <= Math.abs(v) * (1 + 1e-9));
    return Math.sign(v) * (end ?? Math.abs(v));
  };
  const [lo, hi] = [min ?? out(least, -1), max ?? out(most, 1)];
  return lo < hi ? [lo, hi] : [Math.min(lo, hi) - 1, Math.max(lo, hi) + 1];
}

/** A little air beyond an end, measured on the scale: the line at #1 is not cut in half. */
export function symlogAir([lo, hi]: readonly [number, number], threshold: number, share: number, ends: { lo: boolean; hi: boolean }): [number, number] {
  const [a, b] = [asinh(lo, threshold), asinh(hi, threshold)];
  const more = (b - a) * share;
  return [ends.lo ? threshold * Math.sinh(a - more) : lo, ends.hi ? threshold * Math.sinh(b + more) : hi];
}

/** Steps that people count in, for units that are not decimal. */
export function increments(unit: string | undefined): number[] | null {
  const seconds = [1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 432_000, 864_000, 2_592_000, 7_776_000, 31_536_000, 157_680_000];
  switch (unit) {
    case "s":
      return seconds;
    case "ms":
      return seconds.map((s) => s * 1000);
    case "bytes":
    case "binBps":
      return Array.from({ length: 56 }, (_v, i) => 2 ** i);
    default:
      return null;
  }
}

/** How many decimals a step needs: 0.05 → 2. */
export function decimalsOf(step: number): number {
  for (let d = 0; d < 12; d++) {
    const scaled = step * 10 ** d;
    if (Math.abs(scaled - Math.round(scaled)) < 1e-6) return d;
  }
  return 12;
}
