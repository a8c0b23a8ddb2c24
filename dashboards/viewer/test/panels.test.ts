import assert from "node:assert/strict";
import { test } from "node:test";
import type { Field, Frame, Panel, Value } from "../src/model";
import { along, byThreshold, knownColour, named, on, scheme, series } from "../src/panels/colours";
import { csv, rows } from "../src/panels/csv";
import { calc, prepare, wide } from "../src/panels/fields";
import { interpolate, safe, url } from "../src/panels/interpolate";
import { mapped, pattern, stepOf } from "../src/panels/mappings";
import { axisLabels, fromNow, iso, lasted } from "../src/panels/moments";
import { alone, fromZero } from "../src/panels/timeseries";
import { gather, near, spanned, withHoles } from "../src/panels/series";
import { runAt, runs, usualStep } from "../src/panels/states";
import { decimalsOf, logTicks, symlogAir, symlogRange, symlogTicks } from "../src/panels/ticks";
import { fixed, inUnit, joined } from "../src/panels/units";
import { span } from "../src/panels/axes";
import { cellStep, grid, isEmpty, some, starts } from "../src/panels/heatmap";
import { layered, merged, sayings } from "../src/panels/layers";
import { inside } from "../src/panels/stage";
import { confused } from "../src/panels/statetimeline";
import { pressed } from "../src/panels/legend";
import { order } from "../src/panels/table";

const hour = 3_600_000;
const ctx = { vars: {}, theme: "light" as const, zone: "UTC" };
const unit = (n: number, u: string, decimals?: number): string => joined(inUnit(n, u, decimals, "UTC"));

test("numbers have three figures that count, or the decimals that are asked for", () => {
  assert.deepEqual([0, 7, 1234, 12.3456, 0.012345, 1.5].map((n) => fixed(n)), ["0", "7", "1234", "12.3", "0.0123", "1.5"]);
  assert.equal(fixed(1.005, 2), "1.01");
  assert.equal(fixed(60, 2), "60.00");
  assert.equal(fixed(-0.0001, 2), "0.00");
});

test("units are printed as Grafana prints them", () => {
  assert.deepEqual([999, 1000, 1234, 27e6, 2.43e9, -1500].map((n) => unit(n, "short")), ["999", "1 K", "1.23 K", "27 Mil", "2.43 Bil", "-1.5 K"]);
  assert.equal(unit(999_960, "short"), "1 Mil", "what is rounded up takes the next unit");
  assert.deepEqual([0.799, 1, 0.07].map((n) => unit(n, "percentunit")), ["79.9%", "100%", "7%"]);
  assert.equal(unit(54, "percent"), "54%");
  assert.deepEqual([0, 0.012, 5, 90, 3600, 57_600, 86_400, 950_400].map((n) => unit(n, "s")), ["0 s", "12 ms", "5 s", "1.5 mins", "1 hour", "16 hours", "1 day", "1.57 weeks"]);
  assert.deepEqual([12, 1500].map((n) => unit(n, "ms")), ["12 ms", "1.5 s"]);
  assert.deepEqual([512, 1024, 1_572_864].map((n) => unit(n, "bytes")), ["512 B", "1 KiB", "1.5 MiB"]);
  assert.equal(unit(1_234_567, "locale"), "1,234,567");
  assert.equal(unit(1500, "reqps"), "1.5K req/s");
  assert.equal(unit(Date.UTC(2025, 0, 14, 9, 30), "dateTimeAsIso"), "2025-01-14 09:30:00");
  assert.equal(unit(Date.UTC(2025, 0, 14, 9, 30), "time:DD MMM HH:mm"), "14 Jan 09:30");
  assert.equal(unit(3, "none"), "3");
});

test("moments are told in the reader's zone", () => {
  const t = Date.UTC(2025, 0, 14, 2);
  assert.equal(iso(t, "America/New_York"), "2025-01-13 21:00:00");
  assert.equal(iso(t, "UTC"), "2025-01-14 02:00:00");
  assert.equal(iso(t, "No/Where"), "2025-01-14 02:00:00");
  assert.deepEqual(axisLabels([t, t + hour], hour, "Asia/Shanghai"), ["10:00\n14 Jan", "11:00"]);
  assert.equal(fromNow(t, t + 3 * hour), "3 hours ago");
  assert.equal(fromNow(t + 300_000, t), "in 5 minutes");
  assert.deepEqual([90_000, 2 * hour, 26 * hour, 86_399_999].map(lasted), ["1 min 30 s", "2 h", "1 d 2 h", "1 d"]);
});

test("a rank axis has #1 on top, then the powers of ten, evenly", () => {
  assert.deepEqual(symlogTicks(-200, -1, 1, 400, 22), [-200, -100, -50, -20, -10, -5, -2, -1]);
  assert.deepEqual(symlogTicks(-1000, -1, 1, 80, 22), [-1000, -100, -10, -1]);
  assert.deepEqual(symlogRange(-187, -1, null, -1), [-200, -1]);
  assert.deepEqual(symlogRange(-3, 40, null, null), [-5, 50]);
  const [lo, hi] = symlogAir([-200, -1], 1, 0.02, { lo: false, hi: true });
  assert.ok(lo === -200 && hi > -1 && hi < -0.5, "the line of #1 is not cut");
  assert.ok(symlogTicks(-50, 50, 1, 300, 22).includes(0));
});

test("a logarithmic axis thins out its marks where there is no room", () => {
  assert.deepEqual(logTicks(1, 1000, 300, 24), [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]);
  assert.deepEqual(logTicks(1, 1000, 90, 24), [1, 10, 100, 1000]);
  assert.deepEqual(logTicks(1, 1e8, 90, 24), [1, 1000, 1e6]);
  assert.equal(decimalsOf(0.25), 2);
  assert.deepEqual(span([[3, 900]], { kind: "log", log: 10, threshold: 1 }, [null, null], [null, null], false), [1, 1000]);
  assert.deepEqual(span([[]], { kind: "log", log: 10, threshold: 1 }, [null, null], [null, null], false), [1, 10], "no value is no error");
});

test("bars and stacks are as long as their value, lines have the room that they need", () => {
  assert.deepEqual([{ drawStyle: "bars" }, { stacking: { mode: "normal" } }, { stacking: { mode: "none" } }, {}].map(fromZero), [true, true, false, false]);
  const linear = { kind: "linear" as const, log: 10, threshold: 1 };
  assert.equal(span([[75, 83], [0]], linear, [null, null], [null, null], false)[0], 0);
  assert.ok(span([[75, 83], []], linear, [null, null], [null, null], false)[0] > 70);
});

test("values have words of their own", () => {
  const maps = [
    { type: "value" as const, options: { "-1": { text: "#1", color: "red" } } },
    { type: "range" as const, options: { from: 10, to: null, result: { text: "many" } } },
    { type: "regex" as const, options: { pattern: "/^top-(.*)$/", result: { text: "the top $1" } } },
    { type: "special" as const, options: { match: "null" as const, result: { text: "nobody looked" } } },
  ];
  assert.deepEqual([-1, 12, "top-free", null, 5].map((v) => mapped(maps, v)?.text ?? null), ["#1", "many", "the top free", "nobody looked", null]);
  assert.equal(pattern("/red.*/i")?.test("a RedNote"), true);
  assert.equal(pattern("Red")?.test("RedNote"), false, "a bare pattern matches as a whole");
  assert.equal(pattern("/(/"), null);
  assert.equal(stepOf([{ value: null, color: "green" }, { value: 5, color: "red" }], 5)?.color, "red");
});

test("colours are Grafana's by name, and ours can be told apart and read", () => {
  assert.equal(named("dark-red", "dark"), "#c4162a");
  assert.equal(named("rgb(1, 2, 3)", "dark"), "#010203");
  assert.equal(named("#abc", "light"), "#aabbcc");
  assert.ok(knownColour("semi-dark-orange") && knownColour("text") && !knownColour("mauve"));
  assert.equal(new Set(Array.from({ length: 16 }, (_v, i) => series(i, "dark"))).size, 16);
  assert.equal(on("#083c4a"), "#ffffff");
  assert.equal(on("#fade2a"), "#141414");
  assert.equal(byThreshold({ mode: "percentage", steps: [{ value: null, color: "#000000" }, { value: 50, color: "#ffffff" }] }, 3, 0.6, "light"), "#ffffff");
  assert.equal(along(["#000000", "#ffffff"], 0.5), "#808080");
  assert.notDeepEqual(scheme("Oranges", 8, false, "dark"), scheme("Oranges", 8, false, "light"), "on a dark page most is light");
});

const long: Frame = {
  refId: "A", format: "timeseries",
  fields: [
    { name: "time", type: "time", values: [0, 0, hour, 2 * hour, 2 * hour] },
    { name: "app", type: "string", values: ["TikTok", "RedNote", "RedNote", "TikTok", "RedNote"] },
    { name: "value", type: "number", values: [1, 2, 3, null, 5] },
  ],
};

test("a long answer becomes one column per series, sorted, with holes where a series says nothing", () => {
  const w = wide(long);
  assert.deepEqual(w.fields.map((f) => f.name), ["time", "value", "value"]);
  assert.deepEqual(w.fields.map((f) => f.labels?.["app"]), [undefined, "RedNote", "TikTok"]);
  assert.deepEqual(w.fields.map((f) => f.values), [[0, hour, 2 * hour], [2, 3, 5], [1, null, null]]);
  const table: Frame = { ...long, format: "table" };
  assert.equal(wide(table), table, "a table stays as it is");
});

const panel = (defaults: NonNullable<Panel["fieldConfig"]>["defaults"] = {}, overrides: NonNullable<Panel["fieldConfig"]>["overrides"] = []): Panel => ({ id: 1, type: "timeseries", gridPos: { x: 0, y: 0, w: 1, h: 1 }, fieldConfig: { defaults, overrides } });
const titles = (p: Panel, ...frames: Frame[]): string[] => prepare(p, frames, ctx).flatMap((x) => x.values.map((c) => c.title));

test("series are named as Grafana names them", () => {
  assert.deepEqual(titles(panel(), long), ["value RedNote", "value TikTok"]);
  const named = { ...long, fields: long.fields.map((f) => (f.name === "value" ? { ...f, name: "Value" } : f)) };
  assert.deepEqual(titles(panel(), named), ["RedNote", "TikTok"], "Value is no name");
  assert.deepEqual(titles(panel({ displayName: "${__field.labels.app}" }), long), ["RedNote", "TikTok"]);
  const two = { ...long, fields: [...long.fields.slice(0, 2), { name: "basis", type: "string", values: ["m", "m", "m", "m", "m"] } as Field, ...long.fields.slice(2)] };
  const metric: Frame = { ...long, fields: [{ name: "time", type: "time", values: [1] }, { name: "judged", type: "number", labels: { outcome: "judged" }, shown: "judged", values: [1] }] };
  assert.deepEqual(titles(panel(), metric), ["judged"], "a legend is the whole name");
  assert.deepEqual(titles(panel(), two), ['value {app="RedNote", basis="m"}', 'value {app="TikTok", basis="m"}']);
});

test("overrides reach a series by name and by pattern, and a later one wins", () => {
  const p = panel({ unit: "short", displayName: "${__field.labels.app}", custom: { lineWidth: 1 } }, [
    { matcher: { id: "byName", options: "RedNote" }, properties: [{ id: "color", value: { mode: "fixed", fixedColor: "#e5243b" } }, { id: "custom.lineWidth", value: 3 }] },
    { matcher: { id: "byRegexp", options: "/^Red/" }, properties: [{ id: "unit", value: "percent" }] },
    { matcher: { id: "byRegexp", options: "Red" }, properties: [{ id: "unit", value: "s" }] },
  ]);
  const [red, tik] = prepare(p, [long], ctx)[0]?.values ?? [];
  assert.equal(red?.colour, "#e5243b");
  assert.deepEqual([red?.config.custom?.["lineWidth"], tik?.config.custom?.["lineWidth"]], [3, 1]);
  assert.equal(red?.words(5), "5%");
  assert.equal(tik?.words(1500), "1.5 K");
});

test("a thing has one colour, however it was measured, and others have others", () => {
  const names = ["#a views (modelled)", "#a views (reported)", "#b views (modelled)", "#c (measured)", "#d", "#e", "#f"];
  const f: Frame = { refId: "A", format: "timeseries", fields: [{ name: "time", type: "time", values: [0] }, ...names.map((name): Field => ({ name, type: "number", values: [1] }))] };
  const colours = prepare(panel({ color: { mode: "palette-classic-by-name" } }), [f], ctx)[0]?.values.map((c) => c.colour) ?? [];
  assert.equal(colours[0], colours[1]);
  assert.equal(new Set(colours).size, 6);
});

test("what is missing is shown as nothing, never as 0", () => {
  const [c] = prepare(panel({ unit: "short", noValue: "–" }), [{ refId: "A", format: "table", fields: [{ name: "n", type: "number", values: [null, 0] }] }], ctx)[0]?.values ?? [];
  assert.equal(c?.words(null), "–");
  assert.equal(c?.words(0), "0");
  assert.equal(calc("mean", [null, 2, 4]), 3);
  assert.equal(calc("sum", [null, null]), null);
  assert.deepEqual([calc("last", [1, null]), calc("lastNotNull", [1, null])], [null, 1]);
});

test("holes stay holes unless the file bridges them", () => {
  const t = [0, hour, 2 * hour, 10 * hour];
  assert.deepEqual(withHoles(t, [[1, 2, 3, 4]], 1.5 * hour), { times: [0, hour, 2 * hour, 3.5 * hour, 10 * hour], columnsOut: [[1, 2, 3, null, 4]] });
  assert.deepEqual(spanned(t, [1, null, 3, null], false), [1, null, 3, null]);
  assert.deepEqual(spanned(t, [1, null, 3, null], true), [1, undefined, 3, undefined]);
  assert.deepEqual(spanned(t, [1, null, 3, null], 3 * hour), [1, undefined, 3, null]);
  assert.deepEqual(spanned(t, [1, null, 3, null], hour), [1, null, 3, null]);
  assert.deepEqual(alone([1, null, 3, 4, undefined, null, 7], [0, 1, 2, 3, 4, 5, 6]), [0, 6], "a value between holes is a point");
});

test("answers of several queries share one list of moments", () => {
  const other: Frame = { refId: "B", format: "timeseries", fields: [{ name: "time", type: "time", values: [hour / 2] }, { name: "reported", type: "number", values: [9] }] };
  const g = gather(prepare(panel(), [long, other], ctx));
  assert.deepEqual(g.times, [0, hour / 2, hour, 2 * hour]);
  assert.deepEqual(g.lines.map((l) => l.values), [[2, undefined, 3, 5], [1, undefined, null, null], [undefined, 9, undefined, undefined]]);
  assert.deepEqual(near(g.lines[2]?.raw ?? [], 0, g.times, hour), { i: 1, v: 9 });
  assert.equal(near(g.lines[2]?.raw ?? [], 0, g.times, hour / 4), null);
  assert.equal(near(g.lines[1]?.raw ?? [], 2, g.times, 9 * hour), null, "a hole has no neighbour");
});

test("stacked series lie on each other, and percent makes each moment one", () => {
  const f: Frame = { refId: "A", format: "timeseries", fields: [{ name: "time", type: "time", values: [0, hour] }, { name: "a", type: "number", values: [1, null] }, { name: "b", type: "number", values: [3, 2] }] };
  const stacked = (mode: string): unknown => gather(prepare(panel({ custom: { stacking: { mode, group: "A" } } }), [f], ctx)).lines.map((l) => l.values);
  assert.deepEqual(stacked("normal"), [[1, null], [4, 2]]);
  assert.deepEqual(stacked("percent"), [[0.25, null], [1, 1]]);
});

const rules = { merge: true, holds: null, span: false, state: (v: Exclude<Value, null>) => String(v) };

test("states hold until the next value, and not over a hole", () => {
  assert.deepEqual(runs([0, 1, 2, 3, 4], ["a", "a", "b", null, "b"], rules).map((r) => [r.state, r.from, r.to]), [["a", 0, 2], ["b", 2, 3], ["b", 4, 5]]);
  assert.equal(runs([0, 1], ["a", "a"], { ...rules, merge: false }).length, 2);
  assert.deepEqual(runs([0, 1, 9], ["a", "a", "a"], { ...rules, holds: 1.5 }).map((r) => [r.from, r.to]), [[0, 2.5], [9, 10.5]], "nobody looked for longer than it holds");
  assert.deepEqual(runs([0, 1, 2], ["a", null, "a"], { ...rules, span: true }).map((r) => [r.from, r.to]), [[0, 3]]);
  assert.deepEqual(runs([0, 1, 2], ["a", undefined, "b"], rules).map((r) => [r.from, r.to]), [[0, 2], [2, 4]], "a moment of another series is no hole");
  assert.equal(runAt(runs([0, 1], ["a", null], rules), 1), null);
  assert.equal(usualStep([0, 1, 2, 3, 50]), 1);
});

const vars = { app: { value: ["red note", "b"], text: ["RedNote", "B"] }, topic: { value: ["x"], text: ["X"], all: true } };

test("variables are put into words and links", () => {
  assert.equal(interpolate("Ranks of ${app} in $topic, ${nothing}", vars), "Ranks of RedNote + B in All, ${nothing}");
  assert.equal(interpolate("${app:csv} ${app:queryparam}", vars), "red note,b var-app=red%20note&var-app=b");
  const page = { from: 1, to: 2, zone: "UTC", vars };
  assert.equal(url("/d/x?${__url_time_range}&${__all_variables}", page), "/d/x?from=1&to=2&var-app=red%20note&var-app=b&var-topic=%24__all");
  assert.equal(url("/d/x?a=${__data.fields.app}", page, (name, path) => (name === "__data" && path === ".fields.app" ? "a&b" : null)), "/d/x?a=a%26b");
  assert.equal(url('/d/x?a=${__data.fields["an app"]}', page, (name, path) => (name === "__data" && path === '.fields["an app"]' ? "c" : null)), "/d/x?a=c");
});

test("no link leads to a script", () => {
  for (const bad of ["javascript:alert(1)", " javascript:alert(1)", "data:text/html,x", "//elsewhere.example", "vbscript:x", "JaVaScRiPt:x"]) assert.equal(safe(bad), false, bad);
  for (const good of ["/d/tidemark-ranks?x=1", "https://example.com", "#here", "?x=1", "./a", "mailto:a@example.com"]) assert.equal(safe(good), true, good);
});

test("data as text keeps what is missing empty and starts no formula", () => {
  const p = prepare(panel({ mappings: [{ type: "value", options: { "-1": { text: "#1" } } }] }), [{ refId: "A", format: "table", fields: [
    { name: "time", type: "time", values: [0, hour] }, { name: "app", type: "string", values: ['say "hi", you', "=1+1"] }, { name: "rank", type: "number", values: [-1, null] },
  ] }], ctx);
  assert.equal(csv(rows(p)), 'time,app,rank\r\n1970-01-01T00:00:00Z,"say ""hi"", you",1\r\n1970-01-01T01:00:00Z,\'=1+1,\r\n');
});

test("lines are sorted by number or word, what is missing last either way", () => {
  const [p] = prepare(panel(), [{ refId: "A", format: "table", fields: [{ name: "n", type: "number", values: [10, null, 9] }, { name: "s", type: "string", values: ["a10", "a9", "B"] }] }], ctx);
  assert.ok(p !== undefined);
  assert.deepEqual(order(p, { title: "n", desc: false }), [2, 0, 1]);
  assert.deepEqual(order(p, { title: "n", desc: true }), [0, 2, 1]);
  assert.deepEqual(order(p, { title: "s", desc: false }), [1, 0, 2]);
  assert.deepEqual(order(p, null), [0, 1, 2]);
});

test("a press on a name leaves it alone, once more brings all back", () => {
  const off = new Set<string>();
  pressed(off, ["a", "b", "c"], "a", false);
  assert.deepEqual([...off], ["b", "c"]);
  pressed(off, ["a", "b", "c"], "a", false);
  assert.equal(off.size, 0);
  pressed(off, ["a", "b", "c"], "b", true);
  assert.deepEqual([...off], ["b"]);
  pressed(off, ["a", "b", "c"], "a", true);
  pressed(off, ["a", "b", "c"], "c", true);
  assert.equal(off.size, 0, "an empty chart helps nobody");
});

test("small things of heat maps and events", () => {
  assert.deepEqual(some(24, 100), [0, 4, 8, 12, 16, 20]);
  assert.deepEqual(some(3, 100), [0, 1, 2]);
  assert.deepEqual(starts([10, 20, 40], 10), [0, 10, 30], "a cell ends at its time");
  const gap = (time: number, timeEnd: number) => ({ layer: "Nobody looked", time, timeEnd, text: "" });
  assert.deepEqual(merged([gap(5, 8), gap(0, 3), gap(2, 4)]), [[0, 4], [5, 8]]);
});

test("places are numbers in the file, codes are words", () => {
  const mappings = [{ type: "value" as const, options: { "-176": { text: "#176" }, "2": { text: "lower half" }, "-3": { text: "#9" } } }];
  const fields: Field[] = [{ name: "time", type: "time", values: [0, 1000, 2000] }, { name: "v", type: "number", values: [-176, 2, -3] }];
  const all = prepare(panel({ mappings }), [{ refId: "A", format: "table", fields }], ctx);
  assert.deepEqual(rows(all).slice(1).map((r) => r[1]), [176, "lower half", "#9"]);
  const two = prepare(panel({ mappings }), [{ refId: "A", format: "table", fields }, { refId: "B", format: "table", fields }], ctx);
  assert.deepEqual(rows(two)[1]?.slice(1), [176, 176], "where answers are joined too");
});

test("a heat map leaves out what its file says, and a hole is no small number", () => {
  const day = 24 * hour;
  const frame: Frame = { refId: "A", format: "table", fields: [{ name: "time", type: "time", values: [day, 2 * day] }, { name: "store", type: "number", values: [0, 0.5] }] };
  const make = (filterValues?: { le: number }) => {
    const p: Panel = { ...panel(), type: "heatmap", options: filterValues === undefined ? {} : { filterValues } };
    const [prepared] = prepare(p, [frame], ctx);
    assert.ok(prepared !== undefined);
    return grid(prepared, p, ctx);
  };
  const [usual, all] = [make(), make({ le: -1 })];
  assert.equal(isEmpty(usual, 0), true, "Grafana leaves out 0 unless the file says otherwise");
  assert.equal(isEmpty(all, 0), false, "0 % is drawn where the file wants it");
  assert.deepEqual([usual.lo, all.lo], [0.5, 0], "the scale begins where the colours begin");
});

test("one day alone is as wide as a day", () => {
  const day = 24 * hour;
  assert.equal(cellStep([5 * day + 1], "1d"), day);
  assert.equal(cellStep([5 * day], undefined), day, "what ends at midnight is a day's");
  assert.equal(cellStep([5 * day + hour], undefined), hour);
  assert.equal(cellStep([day, 2 * day], "1h"), day, "the interval is the least width");
  assert.equal(cellStep([hour, 2 * hour], "1d"), day);
});

test("no label of the time axis is cut", () => {
  const measure = (l: string): number => l.length * 6;
  assert.deepEqual(inside(["Jun 2024", "Dec 2024", "Jun 2025"], [40, 200, 390], 400, measure), ["Jun 2024", "Dec 2024", ""]);
  assert.deepEqual(inside(["00:00\n22 November", "06:00"], [20, 385], 400, measure), ["", "06:00"], "the longest line counts");
});

test("what is read out of gaps is said once", () => {
  const gap = (title: string) => ({ layer: "Nobody looked", time: 0, timeEnd: 9, title, text: "" });
  assert.equal(layered(gap("Nobody looked: failed")), "Nobody looked: failed");
  assert.equal(layered({ ...gap(""), layer: "Events", title: "The ban" }), "Events: The ban");
  assert.deepEqual(sayings([gap("Nobody looked: failed"), gap("Nobody looked: failed"), gap("switched off")]), ["Nobody looked: failed", "Nobody looked: switched off"]);
});

test("a link with a list of values is what Grafana makes of it", () => {
  const page = { from: 1, to: 2, zone: "UTC", vars: { app: { value: ["a"], text: ["A"], multi: true }, chart: { value: ["c/1", "d (2)"], text: ["C", "D"], multi: true }, lang: { value: ["zh x"], text: ["ZH"] } } };
  assert.equal(url("/d/x?var-app=$app&var-chart=${chart}&var-lang=$lang", page), "/d/x?var-app=%7Ba%7D&var-chart=%7Bc/1,d%20%282%29%7D&var-lang=zh%20x");
  assert.equal(interpolate("${app:percentencode} ${app:json} ${lang:percentencode}", page.vars), "%7Ba%7D [\"a\"] zh%20x");
  assert.equal(url("/d/x?${app:queryparam}&${chart:queryparam}", page), "/d/x?var-app=a&var-chart=c%2F1&var-chart=d%20(2)");
});

test("names that are cut until they are the same stand above their rows", () => {
  const titles = ["RedNote · App Store US, top free (overall)", "RedNote · App Store US, top free (social networking)"];
  assert.equal(confused(titles, ["RedNote · App Store US, to…", "RedNote · App Store US, to…"]), true);
  assert.equal(confused(titles, ["RedNote · App Store US, top free (o…", "RedNote · App Store US, top free (s…"]), false);
  assert.equal(confused(["a", "a"], ["a", "a"]), false, "what has the same name stays the same");
});
