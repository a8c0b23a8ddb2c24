import assert from "node:assert/strict";
import { test } from "node:test";
import { age, date, moment, targetName, whole } from "../src/format";

test("numbers", () => {
  assert.equal(whole(1234567), "1,234,567");
});

test("ages", () => {
  assert.deepEqual([-5, 0, 59, 60, 3600, 4200, 86400 * 3].map(age), ["0 s", "0 s", "59 s", "1 min", "1 h", "1 h 10 min", "3 days"]);
});

test("one moment in three zones", () => {
  const s = Date.UTC(2025, 0, 19, 3, 30) / 1000;
  assert.equal(moment(s, "UTC"), "Sun, 19 Jan 2025, 03:30 UTC");
  assert.equal(moment(s, "America/New_York"), "Sat, 18 Jan 2025, 22:30 US Eastern");
  assert.equal(moment(s, "Asia/Shanghai"), "Sun, 19 Jan 2025, 11:30 Shanghai");
  assert.equal(date(s, "America/New_York"), "18 Jan 2025");
});

test("targets in words", () => {
  assert.equal(targetName("chart/apple/us/top-free/social-networking"), "Apple App Store, US: top free, social networking");
  assert.equal(targetName("tag/xiaohongshu//tiktokrefugee"), "#tiktokrefugee on RedNote (Xiaohongshu)");
  assert.equal(targetName("article/en.wikipedia//Restrictions_on_TikTok"), "“Restrictions on TikTok” on English Wikipedia");
  assert.equal(targetName("odd"), ": ");
});
