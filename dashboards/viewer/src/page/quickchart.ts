// The quick chart of an answer in SQL, by the rules of the dashboards: #1 on top,
// dashed where it is modelled, and the colour that each app has everywhere.

import type { Dashboard, Field, FieldConfig, Frame, Override, Panel, Value } from "../model";
import { wide } from "../panels/fields";
import { pattern } from "../panels/mappings";
import { rowsOf } from "./results";

/** The dashboard whose panels say how series look: the colours are listed there, and nowhere else. */
export const styleBoard = "tidemark-ranks";

/** How series look by their names: the overrides by pattern of the panel that has most of them. */
export function house(file: Dashboard): Override[] {
  const panels = file.panels.flatMap((p) => [p, ...(p.panels ?? [])]);
  const styles = panels.map((p) => (p.fieldConfig?.overrides ?? []).filter((o) => o.matcher.id === "byRegexp"));
  return styles.reduce((a, b) => (b.length > a.length ? b : a), []);
}

export interface Chart {
  panel: Panel;
  frames: Frame[];
  /** Milliseconds. */
  from: number;
  to: number;
  /** What a reader has to know of the lines; "" for nothing. */
  note: string;
}

/** A panel for a quick chart, or null where the columns give none. */
export function chart(f: Frame, styles: readonly Override[] = []): Chart | null {
  const time = f.fields.find((x) => x.type === "time");
  const numbers = f.fields.filter((x) => x.type === "number");
  if (rowsOf(f) < 2 || numbers.length === 0) return null;
  return time !== undefined ? overTime(f, time, numbers, styles) : bars(f, numbers, styles);
}

/** Whether a column holds places on a chart: they count from 1, and 1 is best. */
export function isRank(x: Field): boolean {
  if (!/(?:^|_|\()(?:rank|best|worst|place|position)\)?$/i.test(x.name)) return false;
  return x.values.some((v) => v !== null) && x.values.every((v) => v === null || (typeof v === "number" && v >= 1));
}

const panelOf = (type: string, options: Record<string, unknown>, defaults: FieldConfig, overrides: readonly Override[]): Panel => ({
  id: 1, type, title: "Quick chart", gridPos: { x: 0, y: 0, w: 24, h: 10 }, options, fieldConfig: { defaults, overrides },
});

const withoutBasis = "The answer has no column “basis”: what is modelled looks like what was measured.";

function overTime(f: Frame, time: Field, numbers: readonly Field[], styles: readonly Override[]): Chart | null {
  const order = [...time.values.keys()].filter((i) => time.values[i] !== null).sort((a, b) => Number(time.values[a]) - Number(time.values[b]));
  if (order.length < 2) return null;
  const ranks = numbers.filter(isRank);
  const pick = (x: Field): Field => ({ ...x, values: order.map((i) => x.values[i] ?? null) });
  const turned = (x: Field): Field => (ranks.includes(x) ? { ...x, values: x.values.map((v) => (typeof v === "number" ? -v : v)) } : x);
  const basis = basisOf(f);
  const labels = labelsOf(f);
  const long: Frame = { ...f, format: "timeseries", fields: [pick(time), ...[...labels, ...(basis === undefined ? [] : [basis])].map(pick), ...numbers.map((x) => pick(turned(x)))] };
  const several = numbers.length > 1;
  const overrides: Override[] = [];
  const fields = wide(long).fields.map((x): Field => {
    if (x.type !== "number") return x;
    const words = labels.map((l) => x.labels?.[l.name] ?? "");
    const shown = named([...words, ...(several || words.length === 0 ? [x.name] : [])], basis === undefined ? "" : (x.labels?.[basis.name] ?? ""));
    const at = numbers.findIndex((n) => n.name === x.name);
    const own = [...(ranks.some((r) => r.name === x.name) ? rankAxis : []), ...(at > 0 ? [{ id: "custom.lineWidth", value: 1 }] : []), ...styleOf(shown, styles)];
    overrides.push({ matcher: { id: "byName", options: shown }, properties: own });
    return { ...x, shown };
  });
  const options = { legend: { displayMode: "list", placement: "bottom", showLegend: true }, tooltip: { mode: "multi", sort: ranks.length > 0 ? "desc" : "none" } };
  const custom = { drawStyle: "line", lineWidth: 2, showPoints: "auto", spanNulls: false, ...(ranks.length > 0 ? { lineInterpolation: "stepAfter" } : {}) };
  return {
    panel: panelOf("timeseries", options, { unit: "short", color: { mode: "palette-classic-by-name" }, custom }, overrides),
    frames: [{ ...long, fields }],
    from: Number(time.values[order[0] ?? 0]), to: Number(time.values[order.at(-1) ?? 0]),
    note: basis === undefined && labels.length > 0 ? withoutBasis : "",
  };
}

/** Places are turned over, as on the dashboards, so that 1 is on top. */
const rankAxis: Override["properties"] = [
  { id: "unit", value: "rank" }, { id: "max", value: -1 }, { id: "custom.scaleDistribution", value: { type: "symlog", log: 10, linearThreshold: 1 } },
];

const basisOf = (f: Frame): Field | undefined => f.fields.find((x) => x.type === "string" && x.name === "basis");

/** The most lines that further words may lead to. */
const mostSeries = 40;

/** The columns whose words name a series: the entity first, and what tells series apart that it leaves together. */
function labelsOf(f: Frame): Field[] {
  const words = f.fields.filter((x) => x.type === "string" && x.name !== "basis");
  const first = (x: Field): number => ["entity_name", "entity", "app"].indexOf(x.name) + 1 || 9;
  const out: Field[] = [];
  let groups = 1;
  for (const x of words.toSorted((a, b) => first(a) - first(b))) {
    const n = new Set(x.values.map((_v, i) => [...out, x].map((l) => l.values[i]).join("\u0000"))).size;
    if (out.length > 0 && (n <= groups || n > mostSeries)) continue;
    out.push(x);
    groups = n;
  }
  return out;
}

/** "RedNote · best (modelled)", as the dashboards name a series; what is measured needs no word. */
export function named(words: readonly string[], basis: string): string {
  return words.filter((w) => w !== "").join(" · ") + (basis === "" || basis === "measured" ? "" : ` (${basis})`);
}

/** What the house says of a series of this name; ids stand for names that differ in capitals only. */
function styleOf(name: string, styles: readonly Override[]): Override["properties"] {
  return styles.flatMap((o) => {
    const re = pattern(String(o.matcher.options));
    return re !== null && new RegExp(re.source, "i").test(name) ? o.properties : [];
  });
}

function bars(f: Frame, numbers: readonly Field[], styles: readonly Override[]): Chart | null {
  const labels = labelsOf(f);
  const n = numbers.find((x) => !isRank(x)); // a bar as long as a place would be shortest for the first
  if (labels.length === 0 || n === undefined || rowsOf(f) > 60) return null;
  const basis = basisOf(f);
  const text = (v: Value | undefined): string => String(v ?? "");
  const names = n.values.map((_v, i) => named(labels.map((l) => text(l.values[i])), text(basis?.values[i])));
  const fields = names.map((shown, i): Field => ({ name: n.name, type: "number", shown, values: [n.values[i] ?? null] }));
  const overrides = [...new Set(names)].map((name): Override => ({ matcher: { id: "byName", options: name }, properties: styleOf(name, styles).filter((p) => p.id === "color") }));
  return {
    panel: panelOf("bargauge", { orientation: "horizontal", displayMode: "basic", reduceOptions: { values: false, calcs: ["last"], fields: "", limit: 60 } }, { unit: "short" }, overrides),
    frames: [{ ...f, format: "table", fields }],
    from: 0, to: 1, note: "",
  };
}
