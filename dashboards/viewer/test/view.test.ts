import assert from "node:assert/strict";
import { test } from "node:test";
import { contrast, parse, readable } from "../src/colour";
import { groups, summary } from "../src/sources";
import { decode, encode, start } from "../src/view";
import type { Source } from "../src/api";

test("an address gives back the view that made it", () => {
  const v = { ...start(), scope: "live" as const, zone: "Asia/Shanghai" as const, chart: "chart/apple/us/top-free/overall", count: "tag/x//a views", range: [1, 2] as [number, number], hidden: ["x", "flip"], events: false };
  assert.deepEqual(decode(`#${encode(v)}`), v);
  assert.equal(encode(start()), "");
  assert.deepEqual(decode(encode({ ...start(), hidden: [] })).hidden, []);
});

test("nonsense in an address is left out", () => {
  assert.deepEqual(decode("#zone=Mars&range=9-3&range2&events=maybe&show=<script>"), start());
});

test("colours stand out, black turns white at night", () => {
  for (const paper of ["#fcfbf8", "#15181b"]) {
    for (const c of ["#111111", "#d9b400", "#3b5998", "#ffffff"]) {
      assert.ok(contrast(parse(readable(c, paper)), parse(paper)) >= 3, `${c} on ${paper}`);
    }
  }
  assert.equal(readable("#111111", "#fcfbf8"), "#111111");
  assert.equal(readable("#111111", "#15181b"), "#eeeeee");
});

const source = (name: string, target: string, state: Source["state"]): Source => ({ source: name, target, state, since: null, last_look: null, last_ok: null, every_s: 60, why: "" });

test("a source is as bad as its worst target, and the worst comes first", () => {
  const all = [source("a", "1", "fresh"), source("b", "1", "fresh"), source("b", "2", "broken"), source("c", "1", "late")];
  assert.deepEqual(groups(all).map((g) => [g.source, g.state, g.rows[0]?.target]), [["b", "broken", "2"], ["c", "late", "1"], ["a", "fresh", "1"]]);
  assert.equal(summary(all), "1 broken, 1 late, 2 fresh");
});
