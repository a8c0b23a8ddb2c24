import assert from "node:assert/strict";
import { test } from "node:test";
import { countMarks, countRange, place, rankMarks, rankRange, spread, timeLabels, type Label } from "../src/scale";

test("a rank axis shows true ranks and begins above #1", () => {
  const [lo, hi] = rankRange(187);
  assert.ok(lo < 1 && lo > 0);
  assert.ok(hi >= 200);
  assert.deepEqual(rankMarks(lo, hi), [1, 2, 5, 10, 20, 50, 100, 200]);
  assert.deepEqual(rankMarks(...rankRange(7)), [1, 2, 5, 10]);
});

test("an axis of counts ends at powers of ten", () => {
  assert.deepEqual(countRange(500, 2.4e9), [100, 1e10]);
  assert.deepEqual(countMarks(100, 1e4), [100, 1000, 10_000]);
  const [lo, hi] = countRange(0, 0);
  assert.ok(lo > 0 && hi > lo);
});

test("time labels name the day where it changes", () => {
  const day = 86400;
  assert.deepEqual(timeLabels([1736812800, 1736812800 + day], day, "UTC"), ["14 Jan", "15 Jan"]);
  assert.deepEqual(timeLabels([1736812800, 1736834400], 21600, "UTC"), ["00:00\n14 Jan", "06:00"]);
  assert.deepEqual(timeLabels([1736812800], 21600, "America/New_York"), ["19:00\n13 Jan"]);
});

const label = (x: number, words = 100): Label => ({ x, badge: 16, words });

function rects(labels: Label[], rows: number, lo: number, hi: number) {
  const found = place(labels, rows, lo, hi);
  assert.ok(found !== null);
  return found.map((p, i) => {
    const l = labels[i] as Label;
    const words = p.side === "none" ? 0 : l.words;
    return { ...p, x: l.x, from: l.x - 8 - (p.side === "left" ? words : 0), to: l.x + 8 + (p.side === "right" ? words : 0) };
  });
}

test("no label covers another, and no line runs through words", () => {
  const labels = [10, 300, 330, 345, 360, 380, 395, 700].map((x) => label(x));
  const all = rects(labels, 4, 0, 900);
  assert.ok(all.every((p) => p.side !== "none"), "all words have room");
  for (const a of all) {
    for (const b of all) {
      if (a === b) continue;
      if (a.row === b.row) assert.ok(a.to < b.from || b.to < a.from, `${a.x} and ${b.x} overlap`);
      else if (a.row < b.row) assert.ok(a.x < b.from || a.x > b.to, `the line of ${a.x} runs through the words of ${b.x}`);
    }
  }
});

test("words stay within the page", () => {
  const [p] = rects([label(950)], 2, 0, 1000);
  assert.equal(p?.side, "left");
});

test("where there is no room the number stays and the words go", () => {
  const all = rects([100, 120, 140, 160].map((x) => label(x, 500)), 2, 0, 400);
  assert.ok(all.every((p) => p.side === "none"));
});

test("labels are moved apart and keep their order", () => {
  const out = spread([50, 52, 51, 200], 15, 0, 210);
  const sorted = [out[0], out[2], out[1], out[3]] as number[];
  for (let i = 1; i < sorted.length; i++) assert.ok((sorted[i] as number) - (sorted[i - 1] as number) >= 15);
  assert.deepEqual(spread([205, 208], 15, 0, 210), [195, 210]);
});
