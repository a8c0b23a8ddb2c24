import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { unsupported, unsupportedPanel } from "../src/supported";

const panel = (change: Record<string, unknown> = {}): Record<string, unknown> => ({
  id: 1, type: "timeseries", title: "Ranks", description: "", gridPos: { x: 0, y: 0, w: 24, h: 8 }, datasource: {}, targets: [],
  options: { legend: { displayMode: "list", placement: "bottom", showLegend: true, calcs: ["max"] } },
  fieldConfig: { defaults: { unit: "short", custom: { lineWidth: 2, lineStyle: { fill: "dash", dash: [8, 5] } } }, overrides: [] },
  ...change,
});
const config = (defaults: Record<string, unknown>, overrides: unknown[] = []): Record<string, unknown> => panel({ fieldConfig: { defaults, overrides } });
const over = (id: string, value: unknown, matcher: unknown = { id: "byName", options: "RedNote" }): Record<string, unknown> => config({}, [{ matcher, properties: [{ id, value }] }]);

test("the viewer draws whatever the dashboards use", async () => {
  const folder = new URL("../..", import.meta.url);
  const names = (await readdir(folder)).filter((n) => n.endsWith(".json"));
  assert.ok(names.length > 0, "there are dashboards");
  for (const n of names) assert.deepEqual(unsupported(JSON.parse(await readFile(new URL(`../../${n}`, import.meta.url), "utf8"))), [], n);
});

test("a panel that is wholly known passes", () => {
  assert.deepEqual(unsupportedPanel(panel()), []);
});

test("anything unknown is told with its place", () => {
  const cases: [Record<string, unknown>, RegExp][] = [
    [panel({ type: "piechart" }), /panel 1 “Ranks” \(piechart\): this type of panel is not drawn/],
    [panel({ novelty: 1 }), /novelty = 1 is not drawn/],
    [panel({ transformations: [{ id: "merge" }] }), /transformations is .*none/],
    [panel({ options: { novelty: true } }), /options\.novelty = true is not drawn/],
    [panel({ options: { legend: { showLegend: true, novelty: 1 } } }), /options\.legend\.novelty = 1 is not drawn/],
    [panel({ options: { legend: { calcs: ["p99"] } } }), /options\.legend\.calcs is \["p99"\]/],
    [config({ novelty: 1 }), /defaults\.novelty/],
    [config({ unit: "furlong" }), /defaults\.unit is "furlong"/],
    [config({ unit: "suffix: views" }), /defaults\.unit is "suffix: views"/],
    [config({ color: { mode: "continuous-novelty" } }), /color\.mode/],
    [config({ color: { mode: "fixed", fixedColor: "mauve" } }), /fixedColor is "mauve"/],
    [config({ mappings: [{ type: "novelty", options: {} }] }), /mappings/],
    [config({ mappings: [{ type: "value", options: { 1: { text: "one", icon: "bug" } } }] }), /mappings/],
    [config({ custom: { novelty: 1 } }), /custom\.novelty = 1 is not drawn/],
    [config({ custom: { lineStyle: { fill: "zigzag" } } }), /custom\.lineStyle\.fill is "zigzag"/],
    [over("custom.novelty", 1), /overrides\[0\]: custom\.novelty is not drawn/],
    [over("unit", "furlong"), /overrides\[0\]: unit is "furlong"/],
    [over("custom.lineStyle", { fill: "dash", novelty: 1 }), /custom\.lineStyle\.novelty/],
    [over("unit", "s", { id: "byValue" }), /matcher byValue is not known/],
    [over("unit", "s", { id: "byRegexp", options: "/(/" }), /cannot be read as a pattern/],
    [panel({ type: "text", options: { mode: "html", content: "<b>" } }), /options\.mode is "html"/],
    [panel({ type: "table", options: { footer: { show: true } } }), /options\.footer/],
    [panel({ type: "table", options: {}, fieldConfig: { defaults: { custom: { cellOptions: { type: "image" } } }, overrides: [] } }), /custom\.cellOptions/],
    [panel({ type: "heatmap", options: { calculate: true } }), /options\.calculate is true/],
  ];
  for (const [p, want] of cases) {
    const found = unsupportedPanel(p, "tidemark-test");
    assert.ok(found.some((c) => want.test(c)), `${want}: ${JSON.stringify(found)}`);
    assert.ok(found.every((c) => c.startsWith("tidemark-test, panel 1")));
  }
});

test("panels that are folded into a row count", () => {
  const row = { id: 9, type: "row", title: "More", gridPos: {}, collapsed: true, panels: [panel({ type: "piechart", id: 10 })] };
  assert.match(unsupported({ uid: "x", panels: [row] }).join(), /panel 10 “Ranks” \(piechart\)/);
});

test("the bundle is not built for a dashboard that it cannot draw", async () => {
  const folder = await mkdtemp(join(tmpdir(), "dashboards-"));
  const run = (): { code: number | null; said: string } => {
    const r = spawnSync(process.execPath, ["build.mjs", "--check", folder], { cwd: new URL("..", import.meta.url), encoding: "utf8" });
    return { code: r.status, said: r.stderr };
  };
  try {
    const file = JSON.parse(await readFile(new URL("../../tidemark-surge.json", import.meta.url), "utf8")) as { panels: Record<string, unknown>[] };
    const path = join(folder, "tidemark-surge.json");
    await writeFile(path, JSON.stringify(file));
    assert.deepEqual(run(), { code: 0, said: "" });
    const [first, ...rest] = file.panels;
    await writeFile(path, JSON.stringify({ ...file, panels: [{ ...first, transformations: [{ id: "merge" }] }, ...rest, panel({ id: 99, type: "gauge", title: "Full" })] }));
    const { code, said } = run();
    assert.notEqual(code, 0);
    assert.match(said, /tidemark-surge\.json, panel 99 “Full” \(gauge\): this type of panel is not drawn/);
    assert.match(said, new RegExp(`tidemark-surge\\.json, panel ${String(first?.["id"])} .*: transformations is .*none`));
  } finally {
    await rm(folder, { recursive: true });
  }
});
