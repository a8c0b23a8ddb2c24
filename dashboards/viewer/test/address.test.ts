import assert from "node:assert/strict";
import { test } from "node:test";
import { carried, join, readAddress, write } from "../src/page/address";

const at = (url: string) => {
  const u = new URL(url, "http://x");
  return readAddress(u.pathname, u.search);
};

test("an address is read as Grafana writes it, and written the same", () => {
  const url = "/d/tidemark-ranks?from=1736467200000&to=now-1h/h&tz=America/New_York&var-app=rednote&var-app=tiktok&layer-Events=off&refresh=30s&viewPanel=4";
  const a = at(url);
  assert.deepEqual(a, {
    place: "dashboard",
    uid: "tidemark-ranks",
    from: "1736467200000",
    to: "now-1h/h",
    tz: "America/New_York",
    vars: { app: ["rednote", "tiktok"] },
    refresh: "30s",
    panel: 4,
    layers: { Events: false },
  });
  assert.equal(write(a), url);
});

test("Grafana's own ways of writing are understood", () => {
  const a = at("/d/tidemark-ranks/rank-explorer?orgId=1&timezone=browser&viewPanel=panel-12&var-app=$__all");
  assert.equal(a.uid, "tidemark-ranks");
  assert.equal(a.tz, "browser");
  assert.equal(a.panel, 12);
  assert.deepEqual(a.vars, { app: ["$__all"] });
});

test("places", () => {
  assert.deepEqual([at("/").place, at("/").uid], ["dashboard", ""]);
  assert.equal(at("/sql").place, "sql");
  assert.equal(at("/sources/").place, "sources");
  assert.equal(at("/dashboards").place, "dashboards");
  assert.equal(at("/d/..%2f").place, "nowhere");
  assert.equal(at("/elsewhere").place, "nowhere");
});

test("a link takes time and selection along, and its own come first", () => {
  const a = at("/d/a?from=1&to=2&tz=utc&var-app=x&viewPanel=3&refresh=5s");
  assert.equal(carried(a, { time: true, vars: true }), "from=1&to=2&tz=utc&var-app=x");
  assert.equal(carried(a, { time: true, vars: false }), "from=1&to=2&tz=utc");
  assert.equal(join("/d/b?var-app=y#h", carried(a, { time: true, vars: true })), "/d/b?var-app=y&from=1&to=2&tz=utc#h");
  assert.equal(join("/d/b", ""), "/d/b");
});
