// What Migration at a glance has to show, whatever its address says.
import assert from "node:assert/strict";
import { axisIs, csvOf, legendOf, panelOf, tipAt, whose } from "./drawn.mjs";
import { settled } from "./helpers.mjs";

export const home = "/d/tidemark-migration";
export const places = (page) => panelOf(page, "Place on the chart");
export const whole = [Date.UTC(2025, 0, 10), Date.UTC(2025, 1, 20)];

/** Every panel of the home that is about apps shows these, and nobody else. */
export async function shows(page, apps) {
  await settled(page);
  assert.deepEqual(whose(await legendOf(places(page))), apps, "the legend of the chart");
  for (const title of ["Place on the chart", "In which part of the chart, and why not"]) {
    assert.deepEqual(whose((await csvOf(panelOf(page, title))).head.slice(1)), apps, `the lines of “${title}”`);
  }
  assert.deepEqual([...new Set((await csvOf(panelOf(page, "From the beginning to the end"))).column("App"))].sort(), apps, "the table");
}

/** The chart is drawn from there to there: its axis, its lines, its tooltip and its numbers. */
export async function spans(page, from, to, zone) {
  await settled(page);
  const panel = places(page);
  await axisIs(panel, from, to, zone);
  const hour = 3_600_000;
  const { rows } = await csvOf(panel);
  const [first, last] = [Date.parse(rows[0][0]), Date.parse(rows.at(-1)[0])];
  assert.ok(first > from - hour && first < from + 3 * hour, `the numbers begin ${rows[0][0]}`);
  assert.ok(last > to - 3 * hour && last <= to, `and end ${rows.at(-1)[0]}`);
  for (const share of [0.2, 0.8]) {
    const { when } = await tipAt(panel, share);
    const said = Date.parse(`${when.replace(zone, "").trim()} UTC`) - offset(from + share * (to - from), zone);
    assert.ok(Math.abs(said - (from + share * (to - from))) < 1.5 * hour + (to - from) / 200, `at ${share} the tooltip says ${when}`);
  }
}

/** The rank explorer shows RedNote and nobody else, on every chart, and the same time in Shanghai. */
export async function showsThere(page, [from, to]) {
  await settled(page);
  const panel = await chart(page);
  assert.deepEqual(whose(await legendOf(panel)), ["RedNote"], "the legend there");
  await axisIs(panel, from, to, "Asia/Shanghai");
  const { head, rows } = await csvOf(panel);
  assert.deepEqual(whose(head.slice(1)), ["RedNote"], "the lines there");
  const moments = rows.map((r) => Date.parse(r[0]));
  assert.ok(Math.min(...moments) > from - 3_600_000 && Math.max(...moments) <= to && Math.max(...moments) - Math.min(...moments) > 0.9 * (to - from), `from ${rows[0][0]} to ${rows.at(-1)[0]}`);
}

/** The numbers of all that is drawn on the home over time. */
export async function numbersOf(page) {
  const out = {};
  for (const title of ["Place on the chart", "In which part of the chart, and why not", "New views of the topic's tags, per hour", "From the beginning to the end"]) {
    const { name, head, rows } = await csvOf(panelOf(page, title));
    out[title] = { name, head, rows };
  }
  return out;
}

/** How far a zone is ahead of UTC, ms. */
function offset(at, zone) {
  const p = Object.fromEntries(new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" }).formatToParts(at).map((x) => [x.type, Number(x.value)]));
  return Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute, p.second) - Math.floor(at / 1000) * 1000;
}

/** The first time series of the dashboard, in sight and drawn. */
export async function chart(page) {
  const panel = page.locator(".panel[data-type=timeseries]").first();
  await panel.scrollIntoViewIfNeeded();
  await panel.locator("canvas").first().waitFor();
  await settled(page);
  return panel;
}
