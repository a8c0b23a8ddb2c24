// What the viewer draws of a dashboard file. Whatever a file uses beyond this
// fails the build: a panel that looks different here and in Grafana is a lie.

import { knownColour, knownContinuous, knownScheme } from "./panels/colours";
import { calcs, matchers } from "./panels/fields";
import { pattern } from "./panels/mappings";
import { knownUnit } from "./panels/units";

/** What a value may be: a test with words for what is wanted, or the rules of an object's keys. */
type Rule = Test | Shape;
interface Test {
  test(v: unknown): boolean;
  want: string;
}
interface Shape {
  keys: Readonly<Record<string, Rule>>;
}

const any: Test = { test: () => true, want: "anything" };
const is = (...values: readonly unknown[]): Test => ({ test: (v) => values.includes(v), want: values.map((v) => JSON.stringify(v)).join(" or ") });
const kind = (type: string): Test => ({ test: (v) => typeof v === type, want: `a ${type}` });
const [text, flag] = [kind("string"), kind("boolean")];
/** null is how a file says "no bound". */
const bound: Test = { test: (v) => v === null || typeof v === "number", want: "a number or null" };
const number = kind("number");
const listOf = (rule: Rule): Test => ({ test: (v) => Array.isArray(v) && v.every((x) => complaints(x, rule, "").length === 0), want: `a list of ${"want" in rule ? rule.want : `objects with ${Object.keys(rule.keys).join(", ")}`}` });
const shape = (keys: Readonly<Record<string, Rule>>): Shape => ({ keys });

/** Known, not drawn, and why that is no loss. */
const ignored = (why: string): Test => ({ test: () => true, want: why });

const colour: Test = { test: (v) => typeof v === "string" && knownColour(v), want: "a colour name of Grafana or #rrggbb" };
const colourMode: Test = {
  test: (v) => ["fixed", "shades", "thresholds", "palette-classic", "palette-classic-by-name"].includes(v as string) || knownContinuous(v as string),
  want: "fixed, thresholds, palette-classic or a continuous scale",
};
const calc: Test = { test: (v) => typeof v === "string" && v in calcs, want: `one of ${Object.keys(calcs).join(", ")}` };
const expression: Test = { test: (v) => typeof v === "string" && pattern(v) !== null, want: "a pattern that can be read" };

const result = shape({ text, color: colour, index: number });
const mapping: Test = { test: (v) => mappingComplaints(v).length === 0, want: "a value, range, regex or special mapping with text, color and index" };
function mappingComplaints(v: unknown): string[] {
  const m = (v ?? {}) as { type?: string; options?: Record<string, unknown> };
  const o = m.options ?? {};
  switch (m.type) {
    case "value":
      return Object.entries(o).flatMap(([k, r]) => complaints(r, result, k));
    case "range":
      return complaints(o, shape({ from: bound, to: bound, result }), "options");
    case "regex":
      return complaints(o, shape({ pattern: expression, result }), "options");
    case "special":
      return complaints(o, shape({ match: is("true", "false", "null", "nan", "null+nan", "empty"), result }), "options");
    default:
      return [`type ${String(m.type)}`];
  }
}

const link = shape({ title: text, url: text, targetBlank: flag });
const thresholds = shape({ mode: is("absolute", "percentage"), steps: listOf(shape({ value: bound, color: colour })) });

const field: Readonly<Record<string, Rule>> = {
  displayName: text, unit: { test: (v) => typeof v === "string" && (v === "" || knownUnit(v)), want: "a unit that src/panels/units.ts prints" },
  decimals: bound, min: bound, max: bound, noValue: text,
  color: shape({ mode: colourMode, fixedColor: colour, seriesBy: is("last", "min", "max") }),
  thresholds, mappings: listOf(mapping), links: listOf(link),
  description: ignored("nothing shows it"),
};

const hideFrom = shape({ viz: flag, legend: flag, tooltip: flag });
const axis: Readonly<Record<string, Rule>> = {
  axisPlacement: is("auto", "left", "right", "hidden"), axisLabel: text, axisColorMode: is("text", "series"), axisBorderShow: is(false),
  axisCenteredZero: flag, axisGridShow: flag, axisSoftMin: number, axisSoftMax: number, axisWidth: ignored("axes have the width that their labels need"),
  scaleDistribution: shape({ type: is("linear", "log", "symlog"), log: is(2, 10), linearThreshold: number }),
};
const holes: Readonly<Record<string, Rule>> = {
  spanNulls: { test: (v) => typeof v === "boolean" || typeof v === "number", want: "true, false or milliseconds" },
  insertNulls: { test: (v) => v === false || typeof v === "number", want: "false or milliseconds" },
};

const legend = shape({
  showLegend: flag, displayMode: is("list", "table", "hidden"), placement: is("bottom", "right"), calcs: listOf(calc), sortBy: text, sortDesc: flag,
  width: ignored("a legend takes the width that its words need"), asTable: ignored("displayMode says it"), isVisible: ignored("showLegend says it"),
});
const tooltip = shape({
  mode: is("single", "multi", "none"), sort: is("none", "asc", "desc"), hideZeros: flag,
  maxHeight: ignored("long lists are cut to what fits"), maxWidth: ignored("words wrap"),
});
const reduce = shape({ values: flag, calcs: listOf(calc), fields: { test: (v) => typeof v === "string", want: "a name, a pattern or nothing" }, limit: number });
const sizes = shape({ titleSize: ignored("names have the size of the page's small letters"), valueSize: number });

const cellOptions: Test = {
  test: (v) => cellComplaints(v).length === 0,
  want: "auto, color-text, color-background or gauge",
};
function cellComplaints(v: unknown): string[] {
  const type = (v as { type?: string } | null)?.type ?? "auto";
  const wrap = { type: text, wrapText: flag };
  switch (type) {
    case "auto":
    case "color-text":
      return complaints(v, shape(wrap), type);
    case "color-background":
      return complaints(v, shape({ ...wrap, mode: is("basic", "gradient"), applyToRow: flag }), type);
    case "gauge":
      return complaints(v, shape({ type: text, mode: is("basic", "gradient"), valueDisplayMode: is("text", "color", "hidden") }), type);
    default:
      return [`type ${type}`];
  }
}

interface Kind {
  options: Readonly<Record<string, Rule>>;
  custom: Readonly<Record<string, Rule>>;
}

/** Each type of panel with its options and the custom keys of its field config. */
export const kinds: Readonly<Record<string, Kind>> = {
  timeseries: {
    options: { legend, tooltip, timezone: is(undefined), orientation: is("horizontal") },
    custom: {
      ...axis, ...holes, hideFrom,
      drawStyle: is("line", "bars", "points"), lineInterpolation: is("linear", "smooth", "stepBefore", "stepAfter"), lineWidth: number, fillOpacity: number,
      gradientMode: is("none", "opacity", "hue"), fillBelowTo: text, lineStyle: shape({ fill: is("solid", "dash", "dot"), dash: listOf(number) }),
      showPoints: is("auto", "always", "never"), pointSize: number, barAlignment: is(-1, 0, 1), barWidthFactor: number, barMaxWidth: number,
      stacking: shape({ mode: is("none", "normal", "percent"), group: text }), transform: is("negative-Y"),
      thresholdsStyle: shape({ mode: is("off", "line", "dashed", "area", "line+area", "dashed+area") }), showValues: is(false),
    },
  },
  stat: {
    options: {
      reduceOptions: reduce, colorMode: is("none", "value", "background", "background_solid"), graphMode: is("none", "area"), justifyMode: is("auto", "center"),
      textMode: is("auto", "value", "value_and_name", "name", "none"), orientation: is("auto", "horizontal", "vertical"), text: sizes, wideLayout: ignored("names stand above figures"),
      showPercentChange: is(false), percentChangeColorMode: ignored("no change is shown"),
    },
    custom: { hideFrom },
  },
  bargauge: {
    options: {
      reduceOptions: reduce, displayMode: is("basic", "gradient"), valueMode: is("color", "text", "hidden"), orientation: is("auto", "horizontal", "vertical"), showUnfilled: flag,
      namePlacement: is("auto", "left"), sizing: ignored("bars share the room there is"), minVizHeight: ignored("bars share the room there is"), minVizWidth: ignored("bars share the room there is"),
      maxVizHeight: ignored("bars share the room there is"), text: sizes, legend: shape({ showLegend: is(false), displayMode: any, placement: any, calcs: any }),
    },
    custom: {
      hideFrom, lineStyle: ignored("bars are no lines"), lineWidth: ignored("bars are no lines"), drawStyle: ignored("bars are no lines"),
      showPoints: ignored("bars are no lines"), pointSize: ignored("bars are no lines"),
    },
  },
  table: {
    options: {
      showHeader: flag, cellHeight: is("sm", "md", "lg"), sortBy: listOf(shape({ displayName: text, desc: flag })), frameIndex: number,
      footer: { test: (v) => (v as { show?: boolean } | null)?.show !== true, want: "no footer" }, enablePagination: ignored("a table scrolls"),
      showTypeIcons: is(false), disableKeyboardEvents: ignored("keys sort and scroll"), frozenColumns: ignored("the first column stays in sight on narrow pages"),
    },
    custom: {
      align: is("auto", "left", "center", "right"), width: number, minWidth: ignored("columns have the width that their words need"), hidden: flag, hideFrom,
      cellOptions, wrapText: flag, inspect: ignored("long words are shown when pointed at"), filterable: ignored("the page's variables filter"), wrapHeaderText: ignored("headers stay on one line"),
    },
  },
  "state-timeline": {
    options: {
      mergeValues: flag, showValue: is("auto", "always", "never"), rowHeight: number, alignValue: is("left", "center", "right"), legend, tooltip,
      perPage: ignored("all rows are drawn, and a low panel scrolls"), timezone: is(undefined),
    },
    custom: { ...holes, hideFrom, fillOpacity: number, lineWidth: ignored("stretches have no outline"), axisPlacement: ignored("names stand on the left") },
  },
  heatmap: {
    options: {
      calculate: is(false), cellGap: number, cellRadius: is(0), showValue: is("never", "auto"), selectionMode: ignored("dragging chooses a time"),
      cellValues: shape({ unit: field["unit"] as Rule, decimals: bound }), legend: shape({ show: flag }), filterValues: shape({ le: number, ge: is(undefined) }),
      tooltip: shape({ mode: is("", "single", "multi", "none"), sort: any, yHistogram: is(false), showColorScale: ignored("the scale stands below"), maxHeight: any, maxWidth: any }),
      exemplars: ignored("there are none"), rowsFrame: shape({ layout: is("auto", "unknown"), value: text }),
      yAxis: shape({
        reverse: flag, axisPlacement: is("left", "auto"), axisLabel: is(""), axisWidth: any, unit: ignored("rows have names"), decimals: ignored("rows have names"), axisBorderShow: is(false),
        axisColorMode: any, axisGridShow: any, axisCenteredZero: any, scaleDistribution: any, hideFrom: any,
      }),
      color: shape({
        mode: is("scheme", "opacity"), scheme: { test: (v) => typeof v === "string" && knownScheme(v), want: "a scheme that src/panels/colours.ts has" },
        fill: { test: (v) => v === "" || colour.test(v), want: colour.want }, steps: number, reverse: flag, exponent: number, scale: is("linear", "exponential"), min: number, max: number,
      }),
    },
    custom: { hideFrom, scaleDistribution: ignored("rows have names, no numbers") },
  },
  text: {
    options: { mode: is("markdown"), content: text, code: ignored("only for mode code") },
    custom: {},
  },
  row: { options: {}, custom: {} },
};

const targetKeys: Test = { test: (v) => Array.isArray(v), want: "a list of queries" };

const panelKeys: Readonly<Record<string, Rule>> = {
  id: number, title: text, description: text, gridPos: any, datasource: any, targets: targetKeys, links: listOf(shape({ ...link.keys, type: is("link"), icon: any, tooltip: any, tags: any, asDropdown: is(false), keepTime: flag, includeVars: flag })),
  transparent: flag, interval: text, maxDataPoints: number, collapsed: flag, panels: any, pluginVersion: ignored("the viewer has none"),
  transformations: { test: (v) => Array.isArray(v) && v.length === 0, want: "none: SQL does what is to be done" },
  cacheTimeout: ignored("nothing is kept"), queryCachingTTL: ignored("nothing is kept"), repeatDirection: is("h", "v"),
};

/** Complaints about a value; "" where all is well. */
function complaints(v: unknown, rule: Rule, path: string): string[] {
  if ("test" in rule) return rule.test(v) ? [] : [`${path} is ${short(v)}, the viewer draws ${rule.want}`];
  if (v === undefined || v === null) return [];
  if (typeof v !== "object" || Array.isArray(v)) return [`${path} is ${short(v)}, not an object`];
  return Object.entries(v).flatMap(([k, x]) => {
    const next = rule.keys[k];
    return next === undefined ? [`${path}.${k} = ${short(x)} is not drawn`] : x === undefined ? [] : complaints(x, next, `${path}.${k}`);
  });
}

const short = (v: unknown): string => {
  const s = JSON.stringify(v) ?? "nothing";
  return s.length > 80 ? `${s.slice(0, 79)}…` : s;
};

interface Loose {
  [key: string]: unknown;
}

/** What the viewer cannot draw of one panel, one line for each; rows with what is folded into them. */
export function unsupportedPanel(panel: Loose, dashboard = ""): string[] {
  const type = String(panel["type"]);
  const title = panel["title"] === undefined || panel["title"] === "" ? "" : ` “${String(panel["title"])}”`;
  const where = `${dashboard}${dashboard === "" ? "" : ", "}panel ${String(panel["id"])}${title} (${type})`;
  const found = kinds[type];
  if (found === undefined) return [`${where}: this type of panel is not drawn`];
  const { type: _type, options, fieldConfig, ...rest } = panel;
  const config = (fieldConfig ?? {}) as { defaults?: Loose; overrides?: { matcher: { id: string; options?: unknown }; properties: { id: string; value?: unknown }[] }[] };
  const fields = shape({ ...field, custom: shape(found.custom) });
  const out = [
    ...complaints(rest, shape(panelKeys), "").map((c) => c.replace(/^\./, "")),
    ...complaints(options ?? {}, shape(found.options), "options"),
    ...complaints(config.defaults ?? {}, fields, "fieldConfig.defaults"),
    ...(config.overrides ?? []).flatMap((o, i) => overrideComplaints(o, fields, `fieldConfig.overrides[${i}]`)),
  ].map((c) => `${where}: ${c}`);
  const inner = (panel["panels"] ?? []) as Loose[];
  return [...out, ...inner.flatMap((p) => unsupportedPanel(p, dashboard))];
}

function overrideComplaints(o: { matcher: { id: string; options?: unknown }; properties: { id: string; value?: unknown }[] }, fields: Shape, path: string): string[] {
  const out: string[] = [];
  if (!matchers.includes(o.matcher.id)) out.push(`${path}.matcher ${o.matcher.id} is not known`);
  if (o.matcher.id === "byRegexp" && pattern(String(o.matcher.options)) === null) out.push(`${path}.matcher ${short(o.matcher.options)} cannot be read as a pattern`);
  for (const p of o.properties) {
    let rule: Rule | undefined = fields;
    for (const key of p.id.split(".")) rule = rule !== undefined && "keys" in rule ? rule.keys[key] : undefined;
    if (rule === undefined) out.push(`${path}: ${p.id} is not drawn`);
    else out.push(...complaints(p.value, rule, `${path}: ${p.id}`));
  }
  return out;
}

/** What the viewer cannot draw of a whole file; each line begins with the file's name, or its uid. */
export function unsupported(dashboard: Loose, file = String(dashboard["uid"])): string[] {
  return ((dashboard["panels"] ?? []) as Loose[]).flatMap((p) => unsupportedPanel(p, file));
}
