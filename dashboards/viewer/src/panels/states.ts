// How a series becomes stretches of equal states. A stretch ends where the next
// value begins, where a value is missing, or where nobody looked for too long.

import type { Value } from "../model";

export interface Run {
  value: Exclude<Value, null>;
  /** What makes two values the same state. */
  state: string;
  from: number;
  to: number;
}

export interface RunRules {
  /** Neighbours of one state become one stretch. */
  merge: boolean;
  /** insertNulls: a value holds no longer than this, milliseconds. */
  holds: number | null;
  /** spanNulls: true, or holes up to so many milliseconds are bridged. */
  span: boolean | number;
  state(v: Exclude<Value, null>): string;
}

/** The usual distance of moments: what the last value is taken to hold. */
export function usualStep(times: readonly number[]): number {
  const steps = times.slice(1).map((t, i) => t - (times[i] ?? t)).filter((d) => d > 0).sort((a, b) => a - b);
  return steps[steps.length >> 1] ?? 0;
}

export function runs(times: readonly number[], values: readonly (Value | undefined)[], rules: RunRules): Run[] {
  const known: { t: number; v: Value }[] = [];
  times.forEach((t, i) => {
    const v = values[i];
    if (v !== undefined) known.push({ t, v });
  });
  const step = usualStep(known.map((k) => k.t));
  const out: Run[] = [];
  known.forEach(({ t, v }, i) => {
    if (v === null) return;
    const next = known[i + 1]?.t;
    const until = next ?? t + (rules.holds ?? step);
    const to = rules.holds !== null && until - t > rules.holds ? t + rules.holds : until;
    const state = rules.state(v);
    const last = out.at(-1);
    const hole = last === undefined ? Infinity : t - last.to;
    const bridged = hole > 0 && last !== undefined && (rules.span === true || (typeof rules.span === "number" && t - last.to < rules.span));
    if (bridged && last !== undefined) last.to = t;
    if (rules.merge && last !== undefined && last.state === state && last.to >= t) last.to = to;
    else out.push({ value: v, state, from: t, to });
  });
  return out;
}

/** The stretch at a moment. */
export const runAt = (all: readonly Run[], t: number): Run | null => all.find((r) => r.from <= t && t < r.to) ?? null;
