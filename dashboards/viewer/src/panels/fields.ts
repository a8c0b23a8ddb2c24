// From the answers of queries to columns that know their name, colour and words:
// what Grafana does between a data source and a panel.

import type { ColourConfig, Ctx, Field, FieldConfig, Frame, Override, Panel, Value } from "../model";
import { byThreshold, named, paletteSize, scaled, series, type Mode } from "./colours";
import { interpolate, type Lookup } from "./interpolate";
import { mapped, pattern } from "./mappings";
import { inUnit, isMoment, joined } from "./units";

/** A value as it is shown. */
export interface Shown {
  text: string;
  prefix: string;
  suffix: string;
  /** From a mapping, a threshold or a scale: #rrggbb. */
  colour: string;
  /** Whether a mapping gave the colour. */
  own: boolean;
  /** Where it lies between min and max, 0 to 1; null where there is no number. */
  share: number | null;
}

export interface Column extends Field {
  config: FieldConfig;
  /** The name that people see. */
  title: string;
  /** The colour of the series, #rrggbb. */
  colour: string;
  refId: string;
  show(v: Value | undefined): Shown;
  words(v: Value | undefined): string;
  /** A number as it stands on an axis: mappings and unit apply, decimals as the steps need. */
  tick(v: number, decimals: number): string;
}

export interface Prepared {
  frame: Frame;
  columns: readonly Column[];
  /** The first column of times. */
  time: Column | null;
  /** All others. */
  values: readonly Column[];
  length: number;
}

/**
 * The answer of a time series query as one column per series, as the data source
 * of ClickHouse hands it over: words become labels, columns are sorted by name
 * and label, and a moment at which a series says nothing is null.
 */
export function wide(f: Frame): Frame {
  const time = f.fields.find((c) => c.type === "time");
  const labels = f.fields.filter((c) => c.type === "string" || c.type === "boolean");
  if (f.format !== "timeseries" || time === undefined || labels.length === 0) return f;
  const values = f.fields.filter((c) => c !== time && !labels.includes(c));
  if (values.length === 0) return f;
  const moments: Value[] = [];
  const rows = time.values.map((t) => (moments.at(-1) === t && moments.length > 0 ? moments.length - 1 : moments.push(t) - 1));
  const found = new Map<string, (Field & { values: Value[] })[]>();
  for (let i = 0; i < rows.length; i++) {
    const key = labels.length === 1 ? String(labels[0]?.values[i] ?? "") : labels.map((l) => String(l.values[i] ?? "")).join("\u0000");
    let columns = found.get(key);
    if (columns === undefined) {
      const own = Object.fromEntries(labels.map((l) => [l.name, String(l.values[i] ?? "")]));
      columns = values.map((v) => ({ ...v, labels: own, values: new Array<Value>(moments.length).fill(null) }));
      found.set(key, columns);
    }
    for (let k = 0; k < values.length; k++) (columns[k] as { values: Value[] }).values[rows[i] as number] = values[k]?.values[i] ?? null;
  }
  const order = labels.map((l) => l.name);
  const rank = (c: Field): string[] => [c.name, ...order.map((l) => c.labels?.[l] ?? "")];
  const columns = [...found.values()].flat().sort((a, b) => compare(rank(a), rank(b)));
  return { ...f, fields: [{ ...time, values: moments }, ...columns] };
}

function compare(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] ?? "", b[i] ?? ""];
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

/** Columns of all frames of a panel, with overrides applied. Frames without rows fall away. */
export function prepare(panel: Panel, frames: readonly Frame[], ctx: Pick<Ctx, "vars" | "theme" | "zone">): Prepared[] {
  const all = frames.map(wide);
  const single = singleLabel(all);
  const range = extent(all);
  let index = 0;
  const out = all.map((frame) => {
    const columns = frame.fields.map((f) => column(f, frame, { panel, ctx, single, range, index: f.type === "time" ? -1 : index++ }));
    const time = columns.find((c) => c.type === "time") ?? null;
    return { frame, columns, time, values: columns.filter((c) => c !== time), length: frame.fields[0]?.values.length ?? 0 };
  });
  byName(out.flatMap((p) => p.values), ctx.theme);
  return out;
}

/**
 * Colours that depend on the name: the same on every panel as far as they
 * suffice, and one for all bases of a thing: what is measured, modelled or
 * reported differs in its line, not in its colour.
 */
function byName(columns: readonly Column[], theme: Mode): void {
  const mine = columns.filter((c) => c.config.color?.mode === "palette-classic-by-name");
  // What has a name in the legend chooses first: single points can do with shades.
  const aside = (c: Column): number => Number(hidden(c, "legend") || c.config.custom?.["drawStyle"] === "points");
  const names = [...new Set(mine.toSorted((a, b) => aside(a) - aside(b)).map((c) => thing(c.title)))];
  const taken = new Map<number, string>();
  for (const name of names) {
    let i = hash(name) % paletteSize;
    while (taken.has(i) && taken.size < paletteSize) i = (i + 1) % paletteSize;
    taken.set(taken.has(i) ? taken.size : i, name);
  }
  const places = new Map([...taken].map(([i, name]) => [name, i]));
  for (const c of mine) c.colour = series(places.get(thing(c.title)) ?? 0, theme);
}

/** A name without the basis behind it. */
const thing = (title: string): string => title.replace(/ \((measured|modelled|imported|backfill|reported)\)$/, "");

const hash = (name: string): number => [...name].reduce((n, ch) => (Math.imul(n, 31) + (ch.codePointAt(0) ?? 0)) >>> 0, 7);

interface Around {
  panel: Panel;
  ctx: Pick<Ctx, "vars" | "theme" | "zone">;
  /** The only label that there is in all frames. */
  single: string | null;
  range: readonly [number, number] | null;
  index: number;
}

function column(f: Field, frame: Frame, a: Around): Column {
  const base = a.panel.fieldConfig?.defaults ?? {};
  const words = (config: FieldConfig): string => named0(f, config, a);
  let config: FieldConfig = { ...base, custom: { ...base.custom } };
  const before = words(config);
  for (const o of a.panel.fieldConfig?.overrides ?? []) {
    if (!matches(o, f, frame, before)) continue;
    for (const p of o.properties) config = set(config, p.id, p.value);
  }
  if (config.color === undefined && config.thresholds !== undefined) config = { ...config, color: { mode: "thresholds" } };
  const c: Column = { ...f, config, title: words(config), colour: "", refId: frame.refId, show: () => none, words: () => "", tick: () => "" };
  c.show = shower(c, a);
  c.words = (v) => spoken(c.show(v));
  c.tick = (v, decimals) => {
    const m = mapped(c.config.mappings ?? [], v);
    if (m?.text !== undefined) return m.text;
    const w = inUnit(v, c.config.unit, c.config.decimals ?? decimals, a.ctx.zone);
    return joined(c.config.decimals == null && /^-?[\d.]+$/.test(w.text) ? { ...w, text: String(Number(w.text)) } : w);
  };
  c.colour = seriesColour(c, a.index, a.ctx.theme);
  return c;
}

/** The name of a column as Grafana makes it. */
function named0(f: Field, config: FieldConfig, a: Around): string {
  if (config.displayName !== undefined && config.displayName !== "") return interpolate(config.displayName, a.ctx.vars, "text", fieldLookup(f));
  if (f.shown !== undefined && f.shown !== "") return f.shown;
  if (f.type === "time" && f.labels === undefined) return f.name;
  const parts = f.name === "Value" || f.name === "" ? [] : [f.name];
  if (f.labels !== undefined) {
    const text = a.single === null ? Object.entries(f.labels).map(([k, v]) => `${k}="${v}"`).join(", ") : (f.labels[a.single] ?? "");
    if (text !== "") parts.push(a.single === null ? `{${text}}` : text);
  }
  return parts.join(" ") || "Value";
}

/** ${__field.name}, ${__field.labels.app}, ${__series.name}. */
function fieldLookup(f: Field): Lookup {
  return (name, path) => {
    if (name !== "__field" && name !== "__series") return null;
    const keys = split(path);
    if (keys[0] === "labels") return keys[1] === undefined ? Object.values(f.labels ?? {}).join(", ") : (f.labels?.[keys[1]] ?? "");
    return f.name;
  };
}

/** ".labels.app" and `["a b"]` as keys. */
export const split = (path: string): string[] => [...path.matchAll(/\.([^.[\]]+)|\["([^"]*)"\]|\[(\d+)\]/g)].map((m) => m[1] ?? m[2] ?? m[3] ?? "");

function singleLabel(frames: readonly Frame[]): string | null {
  const keys = new Set(frames.flatMap((f) => f.fields.flatMap((c) => Object.keys(c.labels ?? {}))));
  return keys.size === 1 ? ([...keys][0] ?? null) : null;
}

function extent(frames: readonly Frame[]): readonly [number, number] | null {
  let [lo, hi] = [Infinity, -Infinity];
  for (const f of frames) {
    for (const c of f.fields) {
      if (c.type !== "number") continue;
      for (const v of c.values) {
        if (typeof v !== "number") continue;
        if (v < lo) lo = v;
        if (v > hi) hi = v;
      }
    }
  }
  return lo <= hi ? [lo, hi] : null;
}

/** Whether an override means this column. */
export function matches(o: Override, f: Field, frame: Frame, title: string): boolean {
  const { id, options } = o.matcher;
  switch (id) {
    case "byName":
      return options === f.name || options === title;
    case "byRegexp": {
      const re = pattern(String(options));
      return re !== null && re.test(title);
    }
    case "byType":
      return options === f.type;
    case "byFrameRefID":
      return options === frame.refId;
    case "byNames": {
      const { names = [], mode } = (options ?? {}) as { names?: string[]; mode?: string };
      const listed = names.includes(f.name) || names.includes(title);
      return mode === "exclude" ? !listed : listed;
    }
    default:
      return false;
  }
}

/** The matchers that `matches` knows. */
export const matchers: readonly string[] = ["byName", "byRegexp", "byType", "byFrameRefID", "byNames"];

function set(config: FieldConfig, id: string, value: unknown): FieldConfig {
  const [first = "", ...rest] = id.split(".");
  const put = (o: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> => {
    const [k = "", ...more] = keys;
    if (more.length > 0) return { ...o, [k]: put((o[k] ?? {}) as Record<string, unknown>, more) };
    const { [k]: _old, ...left } = o;
    return value === undefined || value === null ? left : { ...left, [k]: value };
  };
  return put(config as Record<string, unknown>, [first, ...rest]) as FieldConfig;
}

const none: Shown = { text: "", prefix: "", suffix: "", colour: "#8e8e8e", own: false, share: null };

/** How a column shows its values; answers are kept, for a table asks often for the same. */
function shower(c: Column, a: Around): (v: Value | undefined) => Shown {
  const { zone, theme } = a.ctx;
  const unit = c.config.unit ?? (c.type === "time" ? "dateTimeAsSystem" : c.type === "string" ? "string" : undefined);
  const unitOfTime = c.type === "time" && !isMoment(unit) ? "dateTimeAsSystem" : unit;
  const min = c.config.min ?? a.range?.[0] ?? 0;
  const max = c.config.max ?? a.range?.[1] ?? 1;
  const scale = (n: number): number => (max === min ? (n >= max ? 1 : 0) : (n - min) / (max - min));
  const known = new Map<Value | undefined, Shown>();
  const make = (v: Value | undefined): Shown => {
    const n = numeric(v, unitOfTime);
    const m = mapped(c.config.mappings ?? [], v);
    const share = n === null ? null : Math.min(1, Math.max(0, scale(n)));
    const out = { ...none, share, own: m?.color !== undefined, colour: m?.color !== undefined ? named(m.color, theme) : valueColour(c, n, share ?? 0, a.index, theme) };
    if (m?.text !== undefined) return { ...out, text: m.text };
    if (n !== null && typeof v !== "boolean") {
      const w = inUnit(n, unitOfTime, c.config.decimals ?? undefined, zone);
      return { ...out, text: w.text, prefix: w.prefix ?? "", suffix: w.suffix ?? "" };
    }
    if (typeof v === "boolean") return { ...out, text: v ? "True" : "False" };
    return { ...out, text: v === null || v === undefined || v === "" ? (c.config.noValue ?? "") : String(v) };
  };
  return (v) => {
    let s = known.get(v);
    if (s === undefined) {
      s = make(v);
      if (known.size < 5000) known.set(v, s);
    }
    return s;
  };
}

function numeric(v: Value | undefined, unit: string | undefined): number | null {
  if (typeof v === "number") return Number.isNaN(v) ? null : v;
  if (typeof v === "boolean") return v ? 1 : 0;
  if (typeof v !== "string" || unit === "string" || v.trim() === "") return null;
  const n = Number(v);
  return Number.isFinite(n) ? n : null;
}

export const spoken = (s: Shown): string => `${s.prefix}${s.text}${s.suffix}`;

/** The colour of one value: by threshold or scale, or the colour of the series. */
function valueColour(c: Column, n: number | null, share: number, index: number, theme: Mode): string {
  const mode = c.config.color?.mode ?? "thresholds";
  if (mode === "thresholds") return byThreshold(c.config.thresholds, n ?? -Infinity, n === null ? -Infinity : share, theme);
  if (mode.startsWith("continuous-")) return scaled(mode, share, theme);
  return fixedOrSeries(c.config.color, index, theme);
}

function fixedOrSeries(color: ColourConfig | undefined, index: number, theme: Mode): string {
  if ((color?.mode === "fixed" || color?.mode === "shades") && color.fixedColor !== undefined) return named(color.fixedColor, theme);
  return series(Math.max(0, index), theme);
}

/** The colour of a whole series: of its last value where values have colours. */
function seriesColour(c: Column, index: number, theme: Mode): string {
  const mode = c.config.color?.mode ?? "palette-classic";
  if (mode !== "thresholds" && !mode.startsWith("continuous-")) return fixedOrSeries(c.config.color, index, theme);
  const v = calc(c.config.color?.seriesBy ?? "last", c.values);
  return c.show(v).colour;
}

/** What legends and stats reduce a series to. Null where there is no value. */
export function calc(id: string, values: readonly Value[]): Value {
  const present = values.filter((v): v is Exclude<Value, null> => v !== null && v !== undefined && !Number.isNaN(v));
  const numbers = present.filter((v): v is number => typeof v === "number");
  switch (id) {
    case "last":
      return values.at(-1) ?? null;
    case "lastNotNull":
      return present.at(-1) ?? null;
    case "first":
      return values[0] ?? null;
    case "firstNotNull":
      return present[0] ?? null;
    case "count":
      return values.length;
    case "distinctCount":
      return new Set(values).size;
  }
  if (numbers.length === 0) return null;
  switch (id) {
    case "min":
      return numbers.reduce((a, b) => Math.min(a, b));
    case "max":
      return numbers.reduce((a, b) => Math.max(a, b));
    case "mean":
      return numbers.reduce((a, b) => a + b, 0) / numbers.length;
    case "sum":
    case "total":
      return numbers.reduce((a, b) => a + b, 0);
    case "range":
      return numbers.reduce((a, b) => Math.max(a, b)) - numbers.reduce((a, b) => Math.min(a, b));
    case "diff":
      return (numbers.at(-1) ?? 0) - (numbers[0] ?? 0);
    case "median": {
      const s = numbers.toSorted((a, b) => a - b);
      const mid = s.length >> 1;
      return s.length % 2 === 1 ? (s[mid] ?? null) : ((s[mid - 1] ?? 0) + (s[mid] ?? 0)) / 2;
    }
    default:
      return null;
  }
}

/** The reducers that `calc` knows, and what a legend calls them. */
export const calcs: Readonly<Record<string, string>> = {
  last: "Last", lastNotNull: "Last *", first: "First", firstNotNull: "First *", min: "Min", max: "Max", mean: "Mean", median: "Median",
  sum: "Total", total: "Total", count: "Count", distinctCount: "Distinct", range: "Range", diff: "Difference",
};

/** custom.hideFrom of a column. */
export function hidden(c: Column, from: "viz" | "legend" | "tooltip"): boolean {
  const h = c.config.custom?.["hideFrom"] as Record<string, boolean> | undefined;
  return h?.[from] === true;
}
