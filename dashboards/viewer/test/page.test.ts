import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { Ctx, Dashboard, Field, Frame, Panel } from "../src/model";
import { Queue, all, asValues } from "../src/page/client";
import { phoneHeight, sections, tracks } from "../src/page/grid";
import { emptyWhy } from "../src/page/layers";
import { slug } from "../src/page/popover";
import { chart, house, isRank } from "../src/page/quickchart";
import { cell, csv, facts } from "../src/page/results";
import { errorAt, ordered, readSchema, search } from "../src/page/schema";
import { found, summary, toggled, withAll } from "../src/page/variables";
import { named } from "../src/panels/colours";
import { prepare } from "../src/panels/fields";
import { singles } from "../src/panels/reduce";

const options = [
  { value: "rednote", text: "RedNote" },
  { value: "tiktok", text: "TikTok" },
  { value: "lemon8", text: "Lemon8" },
];

test("one after the other is chosen, and All ends it", () => {
  assert.deepEqual(toggled([all], "tiktok", true), ["tiktok"]);
  assert.deepEqual(toggled(["tiktok"], "rednote", true), ["tiktok", "rednote"]);
  assert.deepEqual(toggled(["tiktok", "rednote"], "tiktok", true), ["rednote"]);
  assert.deepEqual(toggled(["rednote"], "rednote", true), [all], "nothing chosen is All");
  assert.deepEqual(toggled(["rednote"], "rednote", false), []);
  assert.deepEqual(toggled(["rednote", "tiktok"], all, true), [all]);
});

test("names are shown, and ids are asked for", () => {
  assert.equal(summary(["rednote", "tiktok"], options), "RedNote, TikTok");
  assert.equal(summary(["rednote", "tiktok", "lemon8"], options), "RedNote + 2");
  assert.equal(summary([all], options), "All");
  assert.equal(summary([], options), "none");
  assert.equal(asValues([all]), all);
  assert.deepEqual(asValues(["a"]), ["a"]);
});

test("a search finds by name and by id, word by word", () => {
  assert.deepEqual(found(options, "LEM").map((o) => o.value), ["lemon8"]);
  assert.deepEqual(found(options, "red note").map((o) => o.value), ["rednote"]);
  assert.equal(found(options, "x").length, 0);
  assert.equal(found(options, "  ").length, 3);
});

test("All is offered once, and only where the file has it", () => {
  const v = { name: "app", type: "query", includeAll: true };
  assert.deepEqual(withAll(v, [{ value: all, text: "All" }, ...options]).map((o) => o.value), [all, "rednote", "tiktok", "lemon8"]);
  assert.equal(withAll({ ...v, includeAll: false }, options).length, 3);
});

const panel = (id: number, type: string, y: number, x = 0, more: Partial<Panel> = {}): Panel => ({ id, type, gridPos: { x, y, w: 12, h: 8 }, ...more });

test("panels stand under their row, in the order in which they are read", () => {
  const list = sections([panel(3, "stat", 4, 12), panel(2, "stat", 4), panel(9, "row", 12), panel(10, "table", 13), panel(20, "row", 30, 0, { collapsed: true, panels: [panel(21, "table", 31)] })]);
  assert.deepEqual(
    list.map((s) => [s.row?.id ?? null, s.panels.map((p) => p.id)]),
    [
      [null, [2, 3]],
      [9, [10]],
      [20, [21]],
    ],
  );
});

test("a table or words with nothing beside them have a row that ends where they end", () => {
  const wide = (id: number, type: string, y: number, h: number): Panel => ({ id, type, gridPos: { x: 0, y, w: 24, h } });
  const list = [wide(1, "text", 4, 3), wide(2, "timeseries", 7, 2), wide(3, "table", 9, 7), panel(4, "table", 16), panel(5, "stat", 16, 12)];
  const { rows, at } = tracks(list);
  const fixed = "minmax(30px, auto)";
  assert.equal(rows, ["auto", fixed, fixed, "auto", ...Array<string>(8).fill(fixed)].join(" "));
  assert.deepEqual(list.map(at), [{ y: 1, h: 1 }, { y: 2, h: 2 }, { y: 4, h: 1 }, { y: 5, h: 8 }, { y: 5, h: 8 }]);
});

test("on a phone a chart has room, a figure needs little, a text what it needs", () => {
  assert.ok(phoneHeight(panel(1, "timeseries", 0)) >= 280);
  assert.ok(phoneHeight(panel(1, "stat", 0, 0, { gridPos: { x: 0, y: 0, w: 4, h: 4 } })) < 120);
  assert.ok(phoneHeight(panel(1, "stat", 0)) > 150, "several figures");
  assert.equal(phoneHeight(panel(1, "text", 0)), 0);
});

const frame = (...fields: Field[]): Frame => ({ refId: "A", format: "table", fields, ms: 12, rowsRead: 900 });
const at = Date.UTC(2025, 0, 13, 18);

test("CSV has every row, NULL is empty, and no cell becomes a formula", () => {
  const f = frame(
    { name: "t", type: "time", values: [at, at + 500] },
    { name: "a, b", type: "string", values: ['say "no"', "=1+1"] },
    { name: "n", type: "number", values: [null, -2.5] },
  );
  assert.equal(csv(f), 't,"a, b",n\r\n2025-01-13 18:00:00,"say ""no""",\r\n2025-01-13 18:00:00.500,\'=1+1,-2.5\r\n');
  assert.equal(facts(f), "2 rows, in 12 ms, 900 rows read");
  assert.equal(cell(f.fields[2] as Field, null), "NULL");
  assert.equal(cell({ name: "day", type: "time", clickhouse: "Nullable(Date)", values: [] }, at), "2025-01-13");
});

test("a quick chart is over time, or bars, or not at all", () => {
  const time: Field = { name: "t", type: "time", values: [at + 1, at] };
  const n: Field = { name: "n", type: "number", values: [2, 1] };
  const over = chart(frame(n, time));
  assert.equal(over?.panel.type, "timeseries");
  assert.deepEqual(over?.frames[0]?.fields.map((f) => f.values), [[at, at + 1], [1, 2]], "in the order of time");
  assert.equal(chart(frame({ name: "app", type: "string", values: ["a", "b"] }, n))?.panel.type, "bargauge");
  assert.equal(chart(frame(time)), null);
  assert.equal(chart(frame({ ...time, values: [at] }, { ...n, values: [1] })), null);
});

const text = (name: string, ...values: string[]): Field => ({ name, type: "string", values });
const num = (name: string, ...values: (number | null)[]): Field => ({ name, type: "number", values });
const ranksFile = async (): Promise<Dashboard> => JSON.parse(await readFile(new URL("../../tidemark-ranks.json", import.meta.url), "utf8")) as Dashboard;
const days: Field = { name: "day", type: "time", values: [at, at, at + 1, at + 1] };

test("a quick chart follows the rules of the dashboards", async () => {
  const styles = house(await ranksFile());
  const c = chart(frame(days, text("entity_name", "RedNote", "TikTok", "RedNote", "TikTok"), text("basis", "modelled", "measured", "modelled", "measured"), num("best", 1, 3, 2, 176)), styles);
  assert.ok(c !== null);
  const [p] = prepare(c.panel, c.frames, { vars: {}, theme: "light", zone: "UTC" });
  const [red, ink] = p?.values ?? [];
  assert.deepEqual([red?.title, ink?.title], ["RedNote (modelled)", "TikTok"]);
  assert.equal(red?.colour, "#e5243b", "the colour that RedNote has on every dashboard");
  assert.equal(ink?.colour, named("text", "light"));
  assert.deepEqual([red?.config.custom?.["lineStyle"], ink?.config.custom?.["lineStyle"]], [{ fill: "dash", dash: [8, 4] }, undefined], "modelled is dashed");
  assert.deepEqual([red?.values, ink?.values], [[-1, -2], [-3, -176]], "1 is on top");
  assert.deepEqual([red?.words(-1), ink?.tick(-176, 0), red?.config.max], ["#1", "#176", -1]);
  assert.equal(c.note, "");
});

test("a quick chart keeps apart what several words tell apart, and says what it cannot know", async () => {
  const styles = house(await ranksFile());
  const c = chart(frame(days, text("target", "us", "cn", "us", "cn"), text("place", "apple", "apple", "apple", "apple"), text("entity", "rednote", "rednote", "rednote", "rednote"), num("best", 1, 3, 2, 4), num("views", 10, 20, 30, 40)), styles);
  const [p] = prepare(c?.panel as Panel, c?.frames ?? [], { vars: {}, theme: "light", zone: "UTC" });
  assert.deepEqual(p?.values.map((v) => v.title), ["rednote · cn · best", "rednote · us · best", "rednote · cn · views", "rednote · us · views"]);
  assert.ok(p?.values.every((v) => v.colour === "#e5243b"), "an id has the colour of its name");
  assert.deepEqual(p?.values.map((v) => v.values[0]), [-3, -1, 20, 10], "only places are turned over");
  assert.match(c?.note ?? "", /no column “basis”/);
});

test("places are told by name and by number", () => {
  for (const name of ["rank", "best", "worst_rank", "min(rank)", "place"]) assert.equal(isRank(num(name, 1, null, 200)), true, name);
  for (const x of [num("rank", 0), num("rank", -3, 2), num("rank", null), num("rank_change", 1), num("views", 1), text("place", "apple")]) assert.equal(isRank(x), false, x.name);
  assert.equal(chart(frame(text("app", "a", "b"), num("rank", 1, 2))), null, "a bar as long as a place says the opposite");
});

test("bars have the colours of their apps", async () => {
  const c = chart(frame(text("entity_name", "RedNote", "Nobody"), text("basis", "modelled", "measured"), num("views", 5, 2)), house(await ranksFile()));
  const { all } = singles(c?.panel as Panel, c?.frames ?? [], { from: 0, to: 1, zone: "UTC", vars: {}, theme: "light" } as unknown as Ctx);
  assert.deepEqual(all.map((s) => [s.title, s.value]), [["RedNote (modelled)", 5], ["Nobody", 2]]);
  assert.equal(all[0]?.shown.colour, "#e5243b");
});

test("an empty panel claims nothing that it cannot know", () => {
  const circumstances = { span: { from: at, to: at + 86_400_000 }, zone: "UTC", loading: false, narrowed: false, collecting: true, toCase: () => undefined, every: () => undefined };
  const empty = { id: 1, type: "table", gridPos: { x: 0, y: 0, w: 1, h: 1 } };
  assert.match(emptyWhy(empty, circumstances), /^The answer is empty between .* and .*\.$/);
  assert.match(emptyWhy(empty, { ...circumstances, narrowed: true }), /^The answer for what is selected above is empty between/);
  assert.equal(emptyWhy({ ...empty, fieldConfig: { defaults: { noValue: "Nothing was ever measured." }, overrides: [] } }, circumstances), "Nothing was ever measured.");
});

test("errors have their place", () => {
  const sql = "SELECT 1\nFROMM x";
  assert.deepEqual(errorAt("Syntax error: failed at position 10 (FROMM) (line 2, col 1)", sql), { line: 2, col: 1, offset: 9 });
  assert.deepEqual(errorAt("failed at position 10", sql), { line: 2, col: 1, offset: 9 });
  assert.equal(errorAt("Unknown identifier", sql), null);
  assert.equal(errorAt("line 9, col 1", sql), null);
});

test("what there is to ask is read, ordered and searched", () => {
  const { tables } = readSchema({ tables: [{ name: "readings", kind: "table", comment: "all", columns: [{ name: "at", type: "DateTime64(3)", comment: "when" }] }, { name: "v_ranks", kind: "view", comment: "ranks", columns: [] }, {}] });
  assert.deepEqual([ordered(tables).views.length, ordered(tables).tables.length], [1, 1]);
  assert.deepEqual(search(tables, "when").map((t) => t.name), ["readings"]);
  assert.deepEqual(readSchema(null).tables, []);
});

test("a queue keeps no more open than it may, and loses none", async () => {
  const q = new Queue(2);
  let open = 0;
  let most = 0;
  const job = async (n: number): Promise<number> => {
    most = Math.max(most, ++open);
    await new Promise((go) => setImmediate(go));
    open--;
    if (n === 3) throw new Error("no");
    return n;
  };
  const got = await Promise.allSettled([1, 2, 3, 4, 5].map((n) => q.run(() => job(n))));
  assert.deepEqual(got.map((r) => r.status), ["fulfilled", "fulfilled", "rejected", "fulfilled", "fulfilled"]);
  assert.equal(most, 2);
});

test("names of files", () => assert.equal(slug("Ränge: RedNote / TikTok!"), "ränge-rednote-tiktok"));
