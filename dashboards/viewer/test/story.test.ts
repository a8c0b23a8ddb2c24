import assert from "node:assert/strict";
import { test } from "node:test";
import type { RankGroup, Reported } from "../src/api";
import { cast, chartOptions, countLines, flags, marks, rankLines, strongOnes, inScope, stripRows } from "../src/deckdata";
import { absences, climb, plots, tell } from "../src/story";

const day = 86400;
const t0 = Date.UTC(2025, 0, 12) / 1000;

// RedNote: 11, 1, 1, 12, beyond. TikTok: 5, gone, gone, 1, 1.
const group: RankGroup = {
  basis: "modelled",
  step_s: day,
  depth: 200,
  at: [0, 1, 2, 3, 4].map((i) => t0 + i * day),
  series: [
    { entity: "rednote", rank: [11, 1, 1, 12, null], state: "rrrru" },
    { entity: "tiktok", rank: [5, null, null, 1, 1], state: "rddrr" },
    { entity: "x", rank: [40, 40, 40, 40, 40], state: "rrrrr" },
  ],
};
const ranks = { target: "chart/apple/us/top-free/overall", groups: [group] };
const names = { name: new Map([["rednote", "RedNote"]]), colour: new Map<string, string>() };

test("the surge and the decline", () => {
  const lead = group.series[0];
  assert.ok(lead);
  assert.deepEqual(climb(group, lead), { first: t0 + day, last: t0 + 2 * day, fell: t0 + 3 * day, lost: t0 + 4 * day });
  const never = group.series[2];
  assert.ok(never);
  assert.equal(climb(group, never), null);
});

test("an absence ends when the app is back", () => {
  const gone = group.series[1];
  assert.ok(gone);
  assert.deepEqual(absences(group, gone), [{ from: t0 + day, to: t0 + 3 * day, back: true }]);
  assert.deepEqual(absences(group, { ...gone, state: "rdddd" }), [{ from: t0 + day, to: t0 + 4 * day, back: false }]);
});

test("the sentences", () => {
  const plot = plots["january-2025"];
  assert.ok(plot);
  assert.equal(
    tell(group, plot, names.name, "UTC"),
    "RedNote took #1 on 13 Jan, was out of the first ten by 15 Jan and off the list by 16 Jan. tiktok left the store on 13 Jan and came back on 15 Jan.",
  );
  assert.equal(tell({ ...group, series: [] }, plot, names.name, "UTC"), "");
});

test("who is in the story comes first", () => {
  assert.deepEqual(cast(ranks, plots["january-2025"] ?? null), ["rednote", "tiktok", "x"]);
  assert.ok(strongOnes(["a", "b", "c", "d", "e"]).has("d"));
});

test("unranked and delisted are holes, never zero", () => {
  const lines = rankLines(ranks, names, new Set(["rednote"]), new Set(["x"]));
  assert.deepEqual(lines.map((l) => l.key), ["tiktok", "rednote"]);
  assert.deepEqual(lines[0]?.values, [5, null, null, 1, 1]);
  assert.ok(lines.every((l) => l.dashed && !l.values.includes(0)));
});

test("a count of zero is not drawn on a logarithmic axis", () => {
  const g = { basis: "measured", step_s: 60, at: [0, 60], series: [{ subject: "a", metric: "uses", value: [0, 5] }] };
  const [line] = countLines({ target: "tag/m//a", groups: [g] }, "uses", names, ["#000000"]);
  assert.deepEqual(line?.values, [null, 5]);
  assert.equal(line?.dashed, false);
  assert.equal(line?.label, "#a");
});

test("a measured curve stands beside the modelled one, under a name of its own", () => {
  const one = (basis: string, rank: number) => ({ basis, step_s: 0, depth: 100, at: [t0], series: [{ entity: "rednote", rank: [rank], state: "r" }] });
  const both = { target: ranks.target, groups: [one("backfill", 4), one("modelled", 1)] };
  const lines = rankLines(both, names, new Set(), new Set());
  assert.deepEqual(lines.map((l) => [l.label.split(", ")[1], l.dashed, l.values.at(0)]), [["backfill", false, 4], ["modelled", true, 1]]);
  assert.deepEqual(stripRows(both, ["rednote"], names).map((r) => [r.key, r.label.split(", ")[1]]), [["rednote", "backfill"], ["rednote", "modelled"]]);
  assert.deepEqual(["measured", "backfill", "modelled"].map((b) => [inScope(b, "live"), inScope(b, "case")]), [[true, false], [true, true], [false, true]]);
});

test("overall charts come before others, Apple before Google", () => {
  const one = (target: string, basis = "modelled") => ({ target, basis, first: 1, last: 2 });
  const c = {
    topic: "",
    entities: [],
    counts: [],
    charts: [one("chart/google/us/top-free/social"), one("chart/google/us/top-free/overall"), one("chart/apple/us/top-free/overall"), one("chart/apple/us/top-free/x", "measured")],
  };
  assert.deepEqual(chartOptions(c, "case").map((o) => o.target.split("/").slice(1, 5).join("/")), ["apple/us/top-free/overall", "google/us/top-free/overall", "google/us/top-free/social"]);
  assert.equal(chartOptions(c, "live").length, 1);
});

test("only dated figures of the chart become diamonds; a bound is hollow", () => {
  const base: Reported = {
    at: t0, until: t0 + day, subject: "rednote", text: "rank", scope: ranks.target, reported: "", publisher: "p", seen_in: "", confidence: "high", note: "",
    value: 1, value_text: "", unit: "rank", metric: "rank",
  };
  const all = [base, { ...base, at: 0 }, { ...base, scope: "other" }, { ...base, value: null, value_text: "<=10" }, { ...base, value: null, value_text: "unranked" }];
  const o = { target: ranks.target, metric: "rank", first: 0, last: 0 };
  assert.deepEqual(marks(all, o, () => "#000000", new Set()).map((m) => [m.at, m.y, m.hollow]), [[t0 + day / 2, 1, false], [t0 + day / 2, 10, true]]);
  assert.equal(marks(all, o, () => "#000000", new Set(["rednote"])).length, 0);
});

test("events are numbered in order of time", () => {
  const e = (at: number) => ({ at, until: at, subject: "", text: String(at), scope: "", reported: "", publisher: "", seen_in: "", confidence: "", note: "" });
  assert.deepEqual(flags([e(30), e(0), e(10), e(99)], [1, 50]).map((f) => [f.number, f.at]), [[1, 10], [2, 30]]);
});
