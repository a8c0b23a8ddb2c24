import assert from "node:assert/strict";
import { test } from "node:test";
import { momentOf, partsOf, rangeWords, readBound, readRange, shifted, typed, zoneOf, zoomedOut } from "../src/page/times";

const now = Date.UTC(2025, 0, 14, 13, 30);
const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

test("ranges are read as Grafana writes them", () => {
  assert.equal(readBound("1736467200000", "UTC", now, false), 1736467200000);
  assert.equal(iso(readBound("now-6h", "UTC", now, false)), "2025-01-14T07:30:00.000Z");
  assert.equal(iso(readBound("now/d", "UTC", now, false)), "2025-01-14T00:00:00.000Z");
  assert.equal(iso(readBound("now/d", "UTC", now, true)), "2025-01-14T23:59:59.999Z");
  assert.equal(iso(readBound("now-1d/d", "Asia/Shanghai", now, false)), "2025-01-12T16:00:00.000Z");
  assert.equal(iso(readBound("now/w", "UTC", now, false)), "2025-01-13T00:00:00.000Z");
  assert.equal(iso(readBound("now-1M/M", "UTC", now, true)), "2024-12-31T23:59:59.999Z");
  assert.equal(iso(readBound("2025-01-13", "America/New_York", now, false)), "2025-01-13T05:00:00.000Z");
  assert.equal(iso(readBound("2025-01-13 18:00", "UTC", now, false)), "2025-01-13T18:00:00.000Z");
  assert.equal(iso(readBound("2025-01-13T18:00:00+08:00", "UTC", now, false)), "2025-01-13T10:00:00.000Z");
  for (const bad of ["", "yesterday", "now-", "now-5q", "2025-13-01", "2025-02-30", "2025-01-01 25:00", "12"]) assert.equal(readBound(bad, "UTC", now, false), null, bad);
});

test("a range has its ends the right way round", () => {
  assert.equal(readRange({ from: "now", to: "now-1h" }, "UTC", now), null);
  assert.deepEqual(readRange({ from: "now-1h", to: "now" }, "UTC", now), { from: now - 3_600_000, to: now });
});

test("calendar and clock go both ways, over changes of the clocks too", () => {
  for (const zone of ["UTC", "America/New_York", "Asia/Shanghai", "Asia/Kathmandu"]) {
    for (const at of [now, Date.UTC(2025, 2, 9, 6, 59), Date.UTC(2025, 2, 9, 7, 0), Date.UTC(2025, 10, 2, 12)]) {
      assert.equal(momentOf(partsOf(at, zone), zone), at, `${zone} ${iso(at)}`);
    }
  }
  // A day that has 23 hours.
  assert.equal(iso(readBound("now-1d", "America/New_York", Date.UTC(2025, 2, 9, 16), false)), "2025-03-08T17:00:00.000Z");
  assert.equal(typed(now, "Asia/Shanghai"), "2025-01-14 21:30:00");
});

test("zones that nobody knows are UTC", () => {
  assert.equal(zoneOf("utc"), "UTC");
  assert.equal(zoneOf("Mars/Olympus"), "UTC");
  assert.equal(zoneOf("America/New_York"), "America/New_York");
});

test("ranges in words", () => {
  const span = { from: Date.UTC(2025, 0, 10), to: Date.UTC(2025, 1, 20, 6) };
  assert.equal(rangeWords({ from: "1", to: "2" }, span, "UTC"), "10 Jan – 20 Feb 2025, 06:00");
  assert.equal(rangeWords({ from: "now-7d", to: "now" }, span, "UTC"), "Last 7 days");
});

test("zoom out is twice as long around the middle, a step is half", () => {
  assert.deepEqual(zoomedOut({ from: 100, to: 200 }), { from: 50, to: 250 });
  assert.deepEqual(shifted({ from: 100, to: 200 }, -1), { from: 50, to: 150 });
});
