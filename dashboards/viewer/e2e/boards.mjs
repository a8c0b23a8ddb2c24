// Every dashboard on the January case: drawn, whole, readable, wide and on a phone.
import assert from "node:assert/strict";
import { faint, nameless, overlapping } from "./access.mjs";
import { everything, panels, phone, wide } from "./helpers.mjs";

const titles = ["Migration at a glance", "Rank explorer", "Hashtag pulse", "Surge and decline", "Measured and reported", "Alerts", "Data quality and gaps", "Pipeline health"];

/** Panels that are empty on the case, and why. */
const mayBeEmpty = {
  "tidemark-alerts": { 22: "nobody has muted anything" },
  "tidemark-quality": {
    14: "a recording does not say how long its looks took",
    20: "a recording has no schedule",
    21: "a recording has no schedule to miss",
    22: "no source of this test is in trouble",
    23: "no look of the case failed",
    24: "nothing was imported",
  },
  // The rest of what Prometheus is asked is there: TestEveryQuestionToPrometheusIsAnswered.
  "tidemark-pipeline": {
    3: "no collector runs in this test",
    10: "no collector runs in this test",
    11: "no collector runs in this test",
    12: "no collector runs in this test",
    13: "no collector runs in this test",
    14: "no collector runs in this test",
    15: "no collector runs in this test",
    23: "no insert of this test fails",
    32: "the first checkpoint may be still to come",
  },
};

/** Dashboards that are not about the case: asked about it all the same. */
const span = { "tidemark-quality": `?from=${Date.UTC(2025, 0, 10)}&to=${Date.UTC(2025, 1, 20)}` };

export default async function boards(story, url) {
  const all = await (await fetch(`${url}/api/dashboards`)).json();
  await story("the list has all dashboards, by folder", {}, async (page) => {
    await page.goto(`${url}/dashboards`);
    await page.locator(".cards a").first().waitFor();
    assert.deepEqual(await page.locator("main h2").allInnerTexts(), ["Trends", "Operations"]);
    assert.deepEqual(await page.locator(".cards a").allInnerTexts(), titles);
    assert.deepEqual(await nameless(page), []);
    assert.deepEqual(await faint(page), []);
  });
  for (const d of all) {
    for (const [size, options] of [["wide", wide], ["on a phone", phone]]) {
      await story(`${d.title}, ${size}`, options, (page) => look(page, url, d));
    }
  }
  await story("night has contrast too", { ...wide, colorScheme: "dark" }, async (page) => {
    await page.goto(`${url}/`);
    await everything(page);
    assert.deepEqual(await faint(page), []);
  });
}

async function look(page, url, d) {
  const width = page.viewportSize().width;
  await page.goto(`${url}/d/${d.uid}${span[d.uid] ?? ""}`);
  await everything(page);
  assert.match(await page.title(), new RegExp(`^${d.title}`));
  const list = await panels(page);
  assert.ok(list.length > 0, "there are panels");
  assert.deepEqual(list.filter((p) => p.state !== "drawn" && p.state !== "empty").map((p) => `${p.id} ${p.title}: ${p.state} ${p.says}`), [], "panels that are not drawn");
  const reasons = mayBeEmpty[d.uid] ?? {};
  assert.deepEqual(list.filter((p) => p.state === "empty" && reasons[p.id] === undefined).map((p) => `${p.id} ${p.title}: ${p.says}`), [], "empty panels without a known reason");
  assert.ok(list.filter((p) => p.state === "drawn").length >= 5, "panels are drawn");
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, "nothing sticks out at the side");
  assert.deepEqual(await overlapping(page), [], "words over words");
  assert.deepEqual(await nameless(page), [], "what a screen reader stumbles over");
  assert.deepEqual(await faint(page), [], "faint text");
}
