// Panels of each kind with answers written by hand, in the shape of a surge:
// a calm week, ten days on top, a slow decline, and hours in which nobody looked.
import type { Annotation, FieldConfig, Frame, Mapping, Panel, Value } from "../../src/model";

const hour = 3_600_000;
const day = 24 * hour;
export const from = Date.UTC(2025, 0, 10);
export const to = Date.UTC(2025, 1, 20);
const hours = Array.from({ length: (to - from) / hour }, (_v, i) => from + i * hour);
const days = Array.from({ length: (to - from) / day }, (_v, i) => from + i * day);

/** The same "chance" at every run. */
function chance(seed: number): () => number {
  let s = seed;
  return () => ((s = (s * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648);
}

const dark = (t: number): boolean => t >= Date.UTC(2025, 1, 3, 4) && t < Date.UTC(2025, 1, 3, 20);

const rankLabels: Mapping = { type: "value", options: Object.fromEntries([...Array.from({ length: 200 }, (_v, i) => i + 1), 1000].map((n) => [String(-n), { text: `#${n}` }])) };

const apps: [string, string, (t: number) => number | null][] = [
  ["RedNote", "#e5243b", (t) => surge(t, Date.UTC(2025, 0, 12, 18), 187, 1)],
  ["TikTok", "#111111", (t) => (t >= Date.UTC(2025, 0, 19, 3) && t < Date.UTC(2025, 1, 13, 23) ? null : 4 + Math.round(3 * Math.sin(t / 4e7)))],
  ["Lemon8", "#e0a100", (t) => surge(t, Date.UTC(2025, 0, 12, 8), 60, 2)],
  ["ChatGPT", "#10a37f", (t) => 3 + Math.round(2 * Math.sin(t / 9e7))],
  ["Threads", "#6b4fbb", (t) => 5 + Math.round(2 * Math.sin(t / 6e7))],
  ["Clapper", "#0b7fab", (t) => surge(t, Date.UTC(2025, 0, 14), 400, 3)],
  ["Flip", "#c2571a", (t) => surge(t, Date.UTC(2025, 0, 14, 10), 500, 4)],
  ["Bluesky 蓝天", "#4a90d9", (t) => 60 + Math.round(30 * Math.sin(t / 8e7))],
];

function surge(t: number, start: number, before: number, best: number): number | null {
  const h = (t - start) / hour;
  const rank = h < 0 ? before + 12 * Math.sin(t / 3e7) : h < 26 ? before * Math.exp(-h / 5) + best : h < 240 ? best : best * Math.exp((h - 240) / 150) + (h - 240) / 30;
  const r = Math.round(Math.max(best, rank));
  return r > 200 ? null : r;
}

function long(series: [string, (t: number) => number | null][], name: string, times = hours, leave = true): Frame {
  const time: Value[] = [];
  const label: Value[] = [];
  const value: Value[] = [];
  for (const t of times) {
    if (leave && dark(t)) continue;
    for (const [s, f] of series) {
      time.push(t);
      label.push(s);
      value.push(f(t));
    }
  }
  return { refId: "A", format: "timeseries", fields: [{ name: "time", type: "time", values: time }, { name: "series", type: "string", values: label }, { name, type: "number", values: value }] };
}

const byName = (name: string, properties: { id: string; value: unknown }[]): { matcher: { id: string; options: unknown }; properties: { id: string; value: unknown }[] } => ({ matcher: { id: "byName", options: name }, properties });
const colour = (c: string): { id: string; value: unknown } => ({ id: "color", value: { mode: "fixed", fixedColor: c } });
const appColours = apps.map(([name, c]) => byName(name, [colour(c)]));

let id = 0;
function panel(type: string, title: string, w: number, h: number, options: Record<string, unknown>, defaults: FieldConfig = {}, overrides: Panel["fieldConfig"] extends infer F ? (F extends { overrides: infer O } ? O : never) : never = [] as never): Panel {
  return { id: ++id, type, title, description: `${title}: as a test draws it.`, gridPos: { x: 0, y: 0, w, h }, options, fieldConfig: { defaults, overrides } };
}

const list = { showLegend: true, displayMode: "list", placement: "bottom", calcs: [] };
const many = { mode: "multi", sort: "desc" };

const rank: [Panel, Frame[]] = [
  panel("timeseries", "Place on the chart", 24, 12, { legend: list, tooltip: many }, {
    unit: "none", decimals: 0, max: -1, mappings: [rankLabels], color: { mode: "palette-classic" },
    custom: { lineWidth: 2, lineInterpolation: "stepAfter", showPoints: "auto", pointSize: 4, spanNulls: false, scaleDistribution: { type: "symlog", log: 10, linearThreshold: 1 } },
  }, appColours),
  [long(apps.map(([n, , f]) => [n, (t) => (f(t) === null ? null : -(f(t) as number))]), "Value")],
];

const noise = chance(7);
const wobble = new Map(hours.map((t) => [t, 0.7 + 0.6 * noise()]));
const views = (start: number, size: number) => (t: number): number | null => {
  const h = (t - start) / hour;
  const v = size * (h < 0 ? 0.0004 : h < 200 ? 1 / (1 + Math.exp(-(h - 40) / 9)) : Math.exp(-(h - 200) / 220)) * (wobble.get(t) ?? 1);
  return v < 1 ? null : v;
};

const tags: [Panel, Frame[]] = [
  panel("timeseries", "New views of the hashtags in an hour", 12, 9, { legend: { ...list, displayMode: "table", calcs: ["lastNotNull", "max"] }, tooltip: many }, {
    unit: "short", custom: { lineWidth: 2, scaleDistribution: { type: "log", log: 10 }, spanNulls: false, fillOpacity: 0 },
  }, [byName("#tiktokrefugee", [colour("#e5243b")]), byName("#xiaohongshu (modelled)", [{ id: "custom.lineStyle", value: { fill: "dash", dash: [8, 5] } }]), byName("reported", [{ id: "custom.drawStyle", value: "points" }, { id: "custom.pointSize", value: 9 }, colour("text")])]),
  [
    long([["#tiktokrefugee", views(Date.UTC(2025, 0, 12), 9e6)], ["#xiaohongshu (modelled)", views(Date.UTC(2025, 0, 11), 2e6)], ["#rednote", views(Date.UTC(2025, 0, 13), 4e5)]], "Value"),
    { refId: "B", format: "timeseries", fields: [{ name: "time", type: "time", values: [Date.UTC(2025, 0, 13, 16), Date.UTC(2025, 0, 14, 9), Date.UTC(2025, 0, 15, 20)] }, { name: "reported", type: "number", values: [390_000, 27e6, 1.2e8] }] },
  ],
];

const share: [Panel, Frame[]] = [
  panel("timeseries", "Share of attention", 12, 9, { legend: list, tooltip: many }, {
    unit: "percentunit", min: 0, max: 1, custom: { lineWidth: 1, fillOpacity: 55, stacking: { mode: "normal", group: "A" }, showPoints: "never" },
  }, appColours),
  [long(apps.slice(0, 4).map(([n], k) => [n, (t) => 0.25 + 0.2 * Math.sin(t / 3e8 + (k * Math.PI) / 2)]), "Value", days)],
];

const lag: [Panel, Frame[]] = [
  panel("timeseries", "How long readings take", 12, 8, { legend: { ...list, placement: "right", displayMode: "table", calcs: ["mean", "max"] }, tooltip: many }, {
    unit: "s", custom: { lineWidth: 2, fillOpacity: 12, gradientMode: "opacity", thresholdsStyle: { mode: "dashed" } }, thresholds: { mode: "absolute", steps: [{ value: null, color: "green" }, { value: 240, color: "red" }] }, color: { mode: "palette-classic" },
  }),
  [long([["median", (t) => 40 + 30 * Math.sin(t / 2e7)], ["99th percentile", (t) => 170 + 110 * Math.sin(t / 5e7)]], "Value")],
];

const bars: [Panel, Frame[]] = [
  panel("timeseries", "Alerts in a day", 12, 8, { legend: list, tooltip: many }, { unit: "none", decimals: 0, custom: { drawStyle: "bars", fillOpacity: 80, lineWidth: 0, stacking: { mode: "normal", group: "A" } } }, [byName("critical", [colour("red")]), byName("warning", [colour("orange")])]),
  [long([["critical", (t) => (new Date(t).getUTCDate() % 5 === 0 ? 2 : 0)], ["warning", (t) => new Date(t).getUTCDate() % 4]], "Value", days)],
];

const stats: [Panel, Frame[]] = [
  panel("stat", "In short", 24, 4, { colorMode: "none", graphMode: "none", textMode: "auto", reduceOptions: { values: false, calcs: ["lastNotNull"], fields: "" } }, { unit: "none", noValue: "none" }, [byName("Views in all", [{ id: "unit", value: "short" }]), byName("Decline from the peak", [{ id: "unit", value: "percentunit" }]), byName("Longest gap", [{ id: "unit", value: "s" }]), byName("First seen on top", [{ id: "unit", value: "dateTimeAsIso" }])]),
  [{ refId: "A", format: "table", fields: [["Days at #1", 11], ["Best place", 1], ["Views in all", 2_430_000_000], ["Decline from the peak", -0.799], ["Longest gap", 57_600], ["First seen on top", Date.UTC(2025, 0, 13, 18)]].map(([name, v]) => ({ name: String(name), type: "number" as const, values: [v as number] })) }],
];

const health: [Panel, Frame[]] = [
  panel("stat", "Now", 8, 4, { colorMode: "background", graphMode: "none", textMode: "auto", reduceOptions: { values: false, calcs: ["lastNotNull"], fields: "/.*/" }, justifyMode: "center" }, { mappings: [{ type: "value", options: { ok: { text: "all sources fresh", color: "green" } } }], color: { mode: "thresholds" }, thresholds: { mode: "absolute", steps: [{ value: null, color: "red" }] } }),
  [{ refId: "A", format: "table", fields: [{ name: "state", type: "string", values: ["ok"] }] }],
];

const spark: [Panel, Frame[]] = [
  panel("stat", "Looks in an hour", 8, 4, { colorMode: "value", graphMode: "area", reduceOptions: { values: false, calcs: ["lastNotNull"], fields: "" } }, { unit: "locale", color: { mode: "thresholds" }, thresholds: { mode: "absolute", steps: [{ value: null, color: "red" }, { value: 1000, color: "green" }] } }),
  [long([["looks", (t) => 1200 + Math.round(200 * Math.sin(t / 3e7))]], "Value")],
];

const none: [Panel, Frame[]] = [panel("stat", "Episodes now", 8, 4, { reduceOptions: { calcs: ["lastNotNull"] } }, { noValue: "none" }), [{ refId: "A", format: "table", fields: [] }]];

const movers: [Panel, Frame[]] = [
  panel("table", "Movers", 14, 10, { showHeader: true, cellHeight: "sm", sortBy: [{ displayName: "Change", desc: true }] }, { noValue: "–", custom: { align: "auto" } }, [
    byName("Change", [{ id: "custom.cellOptions", value: { type: "color-text" } }, { id: "color", value: { mode: "thresholds" } }, { id: "thresholds", value: { mode: "absolute", steps: [{ value: null, color: "blue" }, { value: 0, color: "orange" }] } }]),
    byName("Share of days", [{ id: "unit", value: "percentunit" }, { id: "custom.cellOptions", value: { type: "gauge", mode: "basic" } }, { id: "min", value: 0 }, { id: "max", value: 1 }, { id: "custom.width", value: 190 }]),
    byName("App", [{ id: "links", value: [{ title: "Open in the rank explorer", url: "/d/tidemark-ranks?${__url_time_range}&var-app=${__data.fields.entity}" }] }]),
    byName("entity", [{ id: "custom.hideFrom", value: { viz: true } }]),
    byName("State", [{ id: "custom.cellOptions", value: { type: "color-background" } }, { id: "mappings", value: [{ type: "value", options: { new: { text: "new", color: "green" }, delisted: { text: "not in the store", color: "dark-red" } } }] }]),
    byName("Why", [{ id: "custom.cellOptions", value: { type: "auto", wrapText: true } }]),
  ]),
  [{ refId: "A", format: "table", fields: [
    { name: "App", type: "string", values: apps.map(([n]) => n) },
    { name: "entity", type: "string", values: apps.map(([n]) => n.toLowerCase().replaceAll(" ", "-")) },
    { name: "Last seen", type: "time", values: apps.map((_a, i) => from + i * 7 * hour) },
    { name: "Change", type: "number", values: [186, null, 58, -1, 0, 120, 33, -14] },
    { name: "State", type: "string", values: ["new", "delisted", "up", "same", "same", "new", "new", "down"] },
    { name: "Share of days", type: "number", values: [0.26, 0.9, 0.31, 1, 1, 0.12, null, 0.5] },
    { name: "Why", type: "string", values: ["A crowd of users said goodbye and looked for a place to go; their tag rose an hour before the rank", "Left both stores on the 19th", "", "", "", "", "<b>not bold</b>", "=1+1"] },
  ] }],
];

const gauges: [Panel, Frame[]] = [
  panel("bargauge", "Views by platform", 10, 10, { orientation: "horizontal", displayMode: "basic", valueMode: "text", showUnfilled: true, reduceOptions: { values: true, calcs: ["lastNotNull"], fields: "" } }, { unit: "short", color: { mode: "fixed", fixedColor: "#2f7ed8" }, noValue: "none" }),
  [{ refId: "A", format: "table", fields: [{ name: "name", type: "string", values: ["TikTok", "RedNote (Xiaohongshu)", "Weibo", "English Wikipedia, articles of the apps", "Hacker News"] }, { name: "Value", type: "number", values: [2.43e9, 8.2e8, 1.1e8, 4.4e6, 312] }] }],
];

const bandStates: Mapping = { type: "value", options: Object.fromEntries([["#1", "#7a0177"], ["2–10", "#c51b8a"], ["11–50", "#f768a1"], ["51–200", "#fbb4b9"], ["beyond the chart", "#d9d9e3"], ["not fetched", "#8e8e8e"], ["delisted", "#3a3a44"]].map(([text, color], i) => [String(i + 1), { text, color, index: i } as { text: string; color: string; index: number }])) };
const bandOf = (name: string, r: number | null): number => (r === null ? (name === "TikTok" ? 7 : 5) : r === 1 ? 1 : r <= 10 ? 2 : r <= 50 ? 3 : 4);

const states: [Panel, Frame[]] = [
  panel("state-timeline", "Bands", 24, 9, { mergeValues: true, showValue: "never", rowHeight: 0.8, alignValue: "left", legend: list, tooltip: { mode: "single", sort: "none" } }, { unit: "none", mappings: [bandStates], custom: { fillOpacity: 90, lineWidth: 0, spanNulls: false, insertNulls: 5_400_000 } }),
  [long(apps.map(([n, , f]) => [n, (t) => (t >= Date.UTC(2025, 0, 25) && t < Date.UTC(2025, 0, 26) ? 6 : n === "Flip" && t < Date.UTC(2025, 0, 13) ? null : bandOf(n, f(t)))]), "Value")],
];

const words: [Panel, Frame[]] = [
  panel("state-timeline", "State of each source", 12, 7, { mergeValues: true, showValue: "auto", rowHeight: 0.9, alignValue: "left", legend: list }, { custom: { fillOpacity: 85 }, mappings: [{ type: "value", options: { fresh: { text: "fresh", color: "green", index: 0 }, late: { text: "late", color: "yellow", index: 1 }, broken: { text: "broken", color: "red", index: 2 } } }] }),
  [{ refId: "A", format: "table", fields: [{ name: "time", type: "time", values: days }, { name: "Apple App Store, US: top free", type: "string", values: days.map((_d, i) => (i % 13 === 5 ? "late" : i === 20 ? null : "fresh")) }, { name: "Google Play", type: "string", values: days.map((_d, i) => (i > 22 && i < 27 ? "broken" : "fresh")) }] }],
];

const steps: [Panel, Frame[]] = [
  panel("state-timeline", "Coverage", 12, 7, { mergeValues: true, showValue: "never", legend: list }, { unit: "percentunit", color: { mode: "thresholds" }, custom: { fillOpacity: 85 }, thresholds: { mode: "absolute", steps: [{ value: null, color: "red" }, { value: 0.8, color: "yellow" }, { value: 0.95, color: "green" }] } }),
  [long([["Apple", (t) => 0.9 + 0.1 * Math.sin(t / 3e8)], ["Google", (t) => 0.8 + 0.2 * Math.cos(t / 2e8)]], "Value", days)],
];

const zones = (name: string, shift: number): Frame["fields"][number] => ({ name, type: "number", values: hours.map((t, i) => (dark(t) ? null : Math.max(0, Math.round(50 + 50 * Math.sin(((new Date(t).getUTCHours() + shift) / 24) * 2 * Math.PI) + (i % 7))))) });
const heat: [Panel, Frame[]] = [
  panel("heatmap", "Posts by hour and zone", 12, 8, { calculate: false, cellGap: 1, legend: { show: true }, color: { mode: "scheme", scheme: "Oranges", steps: 64 }, cellValues: { unit: "short" }, yAxis: { reverse: true } }, { unit: "short" }),
  [{ refId: "A", format: "table", fields: [{ name: "time", type: "time", values: hours }, zones("New York", -5), zones("UTC", 0), zones("Shanghai", 8)] }],
];

const heatHours: [Panel, Frame[]] = [
  panel("heatmap", "Looks by day and source", 12, 8, { calculate: false, cellGap: 1, legend: { show: true }, color: { mode: "scheme", scheme: "Blues", steps: 32 }, cellValues: { unit: "percentunit" }, yAxis: { reverse: true } }, { unit: "percentunit" }),
  [{ refId: "A", format: "table", fields: [{ name: "time", type: "time", values: days }, ...Array.from({ length: 24 }, (_v, h) => ({ name: `${String(h).padStart(2, "0")}:00`, type: "number" as const, values: days.map((_d, i) => (i === 9 ? null : ((h * 7 + i * 3) % 24) / 24)) }))] }],
];

const text: [Panel, Frame[]] = [
  panel("text", "Who left, where did they go?", 24, 6, { mode: "markdown", content: "### RedNote took #1 on 13 Jan and held it for **11 days**\n\nSolid lines were measured, *dashed* ones modelled. A hole in a line: nobody looked. See [the ranks](/d/tidemark-ranks?${__url_time_range}) or `v_ranks_hourly`.\n\n- one\n- two, with <script>alert(1)</script> as words\n\n| Firm | Decline |\n|---|--:|\n| Similarweb | −54 % |\n| Appfigures | −79.9 % |" }),
  [],
];

const empty: [Panel, Frame[]] = [panel("timeseries", "Nothing here", 12, 6, { legend: list }), [{ refId: "A", format: "timeseries", fields: [{ name: "time", type: "time", values: [] }, { name: "Value", type: "number", values: [] }] }]];

const busy: [Panel, Frame[]] = [
  panel("timeseries", "Twenty lines", 12, 8, { legend: list, tooltip: many }, { unit: "reqps", custom: { lineWidth: 1 } }),
  [long(Array.from({ length: 20 }, (_v, k): [string, (t: number) => number] => [`worker ${k + 1}`, (t) => 100 + 10 * k + 20 * Math.sin(t / (2e7 + k * 1e6))]), "Value", Array.from({ length: 2000 }, (_v, i) => from + (i * (to - from)) / 2000), false)],
];

export const all: [Panel, Frame[]][] = [text, stats, rank, states, tags, share, movers, gauges, heat, heatHours, words, steps, lag, bars, health, spark, none, busy, empty];

export const annotations: Annotation[] = [
  ...([[13, 18, "RedNote takes #1 in the US"], [14, 9, "60 M views of #tiktokrefugee"], [17, 15, "Supreme Court upholds the law"], [19, 3, "TikTok goes dark and leaves the stores"], [19, 17, "TikTok is back online"], [20, 17, "A pause of 75 days is signed"], [24, 0, "Downloads are down by 80 %"], [44, 23, "TikTok returns to the stores"]] as [number, number, string][]).map(([d, h, title]) => ({ layer: "Events", time: Date.UTC(2025, 0, d, h), title, text: `${title}. Reported by <a href=\"https://papers.example/\">two papers</a>.<img src=x onerror=alert(1)>`, tags: ["event"], colour: "#4a4f57" })),
  { layer: "Nobody looked", time: Date.UTC(2025, 1, 3, 4), timeEnd: Date.UTC(2025, 1, 3, 20), title: "chart/apple/us/top-free", text: "the collector was not running" },
];
