import assert from "node:assert/strict";
import { test } from "node:test";
import type { Trouble } from "../src/api";
import { aboutWhat } from "../src/sources";

const trouble = (target: string, subject: string): Trouble => ({
  id: "1", rule: "looks-failing", source: "appstore", target, subject, metric: "looks", since: "2026-01-02T03:00:00Z",
  value: 3, expected: 0, unit: "looks", severity: 0.5, says: "", advice: "",
});

test("what a trouble is about", () => {
  assert.equal(aboutWhat(trouble("source/appstore//all", "source/appstore//all")), "appstore, all targets");
  const chart = "chart/apple/us/top-free/overall";
  assert.ok(aboutWhat(trouble(chart, chart)).startsWith("appstore: "));
  assert.ok(aboutWhat(trouble(chart, "741292507")).endsWith(", 741292507"));
});
