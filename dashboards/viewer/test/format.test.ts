import assert from "node:assert/strict";
import { test } from "node:test";
import { age, clock, day, metricName, moment, short, startDate, stretch, targetName, whole } from "../src/format";

test("numbers", () => {
  assert.deepEqual(
    [0, 7, 999, 1000, 1500, 99_960, 390_000, 38_580_000, 999_960_000, 1.91e9, -2500].map(short),
    ["0", "7", "999", "1 k", "1.5 k", "100 k", "390 k", "38.6 M", "1 bn", "1.91 bn", "-2.5 k"],
  );
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
  assert.equal(day(s, "America/New_York"), "18 Jan");
  assert.equal(clock(Date.UTC(2025, 0, 19) / 1000, "UTC"), "00:00");
});

test("a stretch without length is a moment", () => {
  assert.equal(stretch(100, 100, "UTC"), moment(100, "UTC"));
  assert.match(stretch(100, 90_000, "UTC"), / to /);
});

test("a stated day keeps its date in every zone", () => {
  const s = Date.UTC(2025, 0, 10) / 1000;
  assert.equal(stretch(s, s + 86399, "America/New_York"), "10 Jan 2025, time not stated");
  assert.equal(startDate(s, s + 86399, "America/New_York"), "10 Jan 2025");
  assert.equal(startDate(s, s, "America/New_York"), "9 Jan 2025");
  assert.equal(stretch(s, s + 3 * 86400 - 1, "UTC"), "10 Jan 2025 to 12 Jan 2025, time not stated");
});

test("targets in words", () => {
  assert.equal(targetName("chart/apple/us/top-free/social-networking"), "Apple App Store, US: top free, social networking");
  assert.equal(targetName("tag/xiaohongshu//tiktokrefugee"), "#tiktokrefugee on RedNote (Xiaohongshu)");
  assert.equal(targetName("article/en.wikipedia//Restrictions_on_TikTok"), "“Restrictions on TikTok” on English Wikipedia");
  assert.equal(targetName("odd"), ": ");
  assert.equal(metricName("views_total"), "views, in all");
  assert.equal(metricName("rating_count"), "rating count");
});
