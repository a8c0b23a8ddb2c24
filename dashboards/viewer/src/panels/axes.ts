// Scales and axes of values, one for each unit and side, as Grafana forms them.

import uPlot from "uplot";
import type { Column } from "./fields";
import { mapped } from "./mappings";
import { axisSize, type Room } from "./stage";
import { decimalsOf, increments, logTicks, symlogAir, symlogRange, symlogTicks } from "./ticks";

export interface Scale {
  key: string;
  column: Column;
  kind: "linear" | "log" | "symlog";
  /** Takes the numbers that are to be seen. */
  extend(values: readonly (readonly number[])[]): void;
  options(): uPlot.Scale;
  log: number;
  threshold: number;
  range: [number, number];
}

/** The scale of a column: columns of the same unit and settings share one. */
export function scaleOf(c: Column): Scale {
  const custom = c.config.custom ?? {};
  const d = (custom["scaleDistribution"] ?? {}) as { type?: string; log?: number; linearThreshold?: number };
  const kind = d.type === "log" || d.type === "symlog" ? d.type : "linear";
  const soft = [custom["axisSoftMin"], custom["axisSoftMax"]].map((v) => (typeof v === "number" ? v : null)) as [number | null, number | null];
  const hard: [number | null, number | null] = [c.config.min ?? null, c.config.max ?? null];
  const percent = (custom["stacking"] as { mode?: string } | undefined)?.mode === "percent";
  const key = JSON.stringify([percent ? "percentunit" : (c.config.unit ?? ""), placement(c), String(custom["axisLabel"] ?? ""), kind, d.log ?? 10, ...soft, ...hard]);
  const scale: Scale = {
    key, column: c, kind, log: d.log ?? 10, threshold: d.linearThreshold ?? 1, range: [0, 1],
    extend: (values) => {
      scale.range = span(values, scale, percent ? [0, 1] : hard, soft, custom["axisCenteredZero"] === true);
    },
    options: () => {
      const base: uPlot.Scale = { range: () => scale.range };
      if (kind === "log") return { ...base, distr: 3, log: (d.log === 2 ? 2 : 10) };
      if (kind === "symlog") return { ...base, distr: 4, log: (d.log === 2 ? 2 : 10), asinh: scale.threshold };
      return { ...base, distr: 1 };
    },
  };
  return scale;
}

const placement = (c: Column): string => String(c.config.custom?.["axisPlacement"] ?? "auto");

/** The ends of a scale. Bars and stacks begin at 0, as the file's settings say; nothing else is forced to. */
export function span(values: readonly (readonly number[])[], s: Pick<Scale, "kind" | "log" | "threshold">, hard: readonly [number | null, number | null], soft: readonly [number | null, number | null], centred: boolean): [number, number] {
  let [lo, hi] = [Infinity, -Infinity];
  for (const list of values) {
    for (const v of list) {
      if (s.kind === "log" && v <= 0) continue;
      if (v < lo) lo = v;
      if (v > hi) hi = v;
    }
  }
  if (lo > hi) [lo, hi] = s.kind === "log" ? [1, 10] : s.kind === "symlog" ? [hard[0] ?? -10, hard[1] ?? 10] : [hard[0] ?? 0, hard[1] ?? 100];
  if (soft[0] !== null) lo = Math.min(lo, soft[0]);
  if (soft[1] !== null) hi = Math.max(hi, soft[1]);
  if (s.kind === "log") {
    const [a, b] = uPlot.rangeLog(Math.max(hard[0] ?? lo, Number.MIN_VALUE), hard[1] ?? hi, s.log === 2 ? 2 : 10, true) as [number, number];
    return [hard[0] !== null && hard[0] > 0 ? hard[0] : a, hard[1] ?? b];
  }
  if (s.kind === "symlog") {
    const ends = symlogRange(lo, hi, hard[0], hard[1], s.log);
    return symlogAir(ends, s.threshold, 0.025, { lo: false, hi: hard[1] !== null && hi >= hard[1] });
  }
  if (centred) {
    const far = Math.max(Math.abs(lo), Math.abs(hi));
    [lo, hi] = [-far, far];
  }
  const pad = (v: number, mode: 1 | 2 | 3): uPlot.Range.Limit => ({ pad: v, soft: 0, mode });
  const [a, b] = uPlot.rangeNum(lo, hi, { min: pad(0.08, 3), max: pad(0.08, 3) }) as [number, number];
  // Full scale is full: a share does not need room above 100 %.
  const ends: [number, number] = [hard[0] ?? (soft[0] !== null && lo >= soft[0] ? Math.max(a, soft[0]) : a), hard[1] ?? (soft[1] !== null && hi <= soft[1] ? Math.min(b, soft[1]) : b)];
  return ends[0] < ends[1] ? ends : [ends[0], ends[0] + 1];
}

/** Axes for the scales: the first on the left, others on the right unless the file says where. */
export function axes(scales: readonly Scale[], room: Room): uPlot.Axis[] {
  let left = false;
  return scales.map((s, i) => {
    const where = placement(s.column);
    const onRight = where === "right" || (where === "auto" && left);
    if (!onRight) left = true;
    return axis(s, onRight, i === 0, where === "hidden", room);
  });
}

function axis(s: Scale, right: boolean, first: boolean, hidden: boolean, room: Room): uPlot.Axis {
  const custom = s.column.config.custom ?? {};
  const label = String(custom["axisLabel"] ?? "");
  const own = custom["axisColorMode"] === "series";
  const font = room.skin.font(11);
  const common: uPlot.Axis = {
    show: !hidden,
    scale: s.key,
    side: right ? 1 : 3,
    stroke: own ? s.column.colour : room.skin.mute,
    font,
    gap: 5,
    grid: { show: first && custom["axisGridShow"] !== false, stroke: room.skin.rule, width: 1 },
    ticks: { show: false, size: 0 },
    space: 26,
    size: (u, labels) => axisSize(u, labels, font),
  };
  if (label !== "" && room.width > 480) Object.assign(common, { label, labelFont: room.skin.font(11), labelSize: 18, labelGap: 0 });
  return { ...common, ...marks(s) };
}

function marks(s: Scale): Partial<uPlot.Axis> {
  const words = (values: number[], decimals: number): string[] => values.map((v) => s.column.tick(v, decimals));
  if (s.kind === "linear") {
    const incrs = increments(s.column.config.unit);
    return {
      ...(incrs === null ? {} : { incrs }),
      values: (_u, values, _axis, _space, step) => unique(words(values, decimalsOf(step) || 0), values, step, s),
    };
  }
  const px = (u: uPlot): number => u.bbox.height / uPlot.pxRatio || u.height;
  const raw = (u: uPlot): number[] => (s.kind === "log" ? logTicks(s.range[0], s.range[1], px(u), 20, s.log) : symlogTicks(s.range[0], s.range[1], s.threshold, px(u), 22, s.log));
  return {
    splits: (u) => worded(raw(u), s),
    filter: (_u, values) => values,
    values: (_u, values) => values.map((v) => s.column.tick(v, 0)),
  };
}

/** On an axis whose marks have words of their own, a mark without them would be a bare code. */
function worded(values: number[], s: Scale): number[] {
  const maps = s.column.config.mappings ?? [];
  const known = values.filter((v) => mapped(maps, v)?.text !== undefined);
  return known.length * 2 > values.length ? known : values;
}

/** Two marks must not read the same: then they need a decimal more. */
function unique(labels: string[], values: number[], step: number, s: Scale): string[] {
  if (new Set(labels).size === labels.length) return labels;
  const finer = values.map((v) => s.column.tick(v, decimalsOf(step) + 2));
  return new Set(finer).size > new Set(labels).size ? finer : labels;
}
