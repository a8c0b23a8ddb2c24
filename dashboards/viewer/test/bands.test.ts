import assert from "node:assert/strict";
import { test } from "node:test";
import { bandOf, runs, withBreaks } from "../src/bands";

test("a rank falls into its band, and no state is a rank", () => {
  const cases: [number | null, string, string][] = [
    [1, "r", "1"],
    [2, "r", "2-10"],
    [10, "r", "2-10"],
    [11, "r", "11-50"],
    [50, "r", "11-50"],
    [51, "r", "51-200"],
    [200, "r", "51-200"],
    [201, "r", "beyond"],
    [null, "u", "beyond"],
    [null, "n", "unfetched"],
    [null, "d", "delisted"],
    [null, "-", "nothing"],
    [null, "r", "nothing"],
    [null, "", "nothing"],
  ];
  for (const [rank, state, want] of cases) assert.equal(bandOf(rank, state), want, `${rank} ${state}`);
});

test("equal bands run together, a silence is left open", () => {
  const at = [0, 10, 20, 60, 70];
  assert.deepEqual(runs(at, [3, 2, null, 1, 1], "rrdrr", 10), [
    { band: "2-10", from: 0, to: 20 },
    { band: "delisted", from: 20, to: 35 },
    { band: "1", from: 60, to: 80 },
  ]);
});

test("runs of nothing are none", () => {
  assert.deepEqual(runs([], [], "", 10), []);
  assert.deepEqual(runs([0, 10], [null, null], "--", 10), []);
});

test("a line breaks where nobody looked", () => {
  const open = withBreaks([0, 10, 20, 60], [[1, 2, null, 4]], 10);
  assert.deepEqual(open.at, [0, 10, 20, 30, 60]);
  assert.deepEqual(open.columns, [[1, 2, null, null, 4]]);
});

test("without a step nothing is known to be missing", () => {
  assert.deepEqual(withBreaks([0, 1000], [[1, 2]], 0).at, [0, 1000]);
});

test("a look that is a little late is no gap", () => {
  assert.deepEqual(withBreaks([0, 14], [[1, 2]], 10).at, [0, 14]);
});
