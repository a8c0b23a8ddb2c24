// January 2025 at the first glance: what the home shows a reader who has chosen
// nothing. The moments are those of docs/january-2025.md.
import assert from "node:assert/strict";
import { axisIs, csvOf, firstMoment, legendOf, panelOf, readCanvases, tipAt, values, walk } from "./drawn.mjs";
import { settled } from "./helpers.mjs";
import { home, places } from "./home.mjs";

const hour = 3_600_000;
const utc = (month, day, h = 0) => Date.UTC(2025, month - 1, day, h);
const at = (ms) => new Date(ms).toISOString();

export default async function january(story) {
  await story("the first glance: RedNote rises to #1 on the 13th and falls after the 20th", {}, async (page, { url }) => {
    await page.goto(`${url}/`);
    await settled(page);
    const panel = places(page);
    const box = await panel.locator(".u-over").first().boundingBox();
    assert.ok(box.y + box.height < page.viewportSize().height, `the whole plot is in sight without scrolling: ${JSON.stringify(box)}`);
    assert.ok((await legendOf(panel)).includes("RedNote (modelled)"));
    const ranks = values(await csvOf(panel), "RedNote (modelled)");
    const worst = (from, to) => Math.max(...ranks.filter((r) => r.at >= from && r.at < to).map((r) => r.value));
    const best = (from, to) => Math.min(...ranks.filter((r) => r.at >= from && r.at < to).map((r) => r.value));
    assert.ok(best(utc(1, 10), utc(1, 12)) > 50, "before the surge it is far down");
    assert.equal(at(ranks.find((r) => r.value === 1).at), at(utc(1, 13, 8)), "its first hour at #1");
    assert.equal(worst(utc(1, 13, 8), utc(1, 15)), 1, "#1 in all hours from then until the end of the 14th");
    assert.equal(ranks.filter((r) => r.at >= utc(1, 13, 8) && r.at < utc(1, 15)).length, 40, "and none is missing");
    assert.equal(worst(utc(1, 15), utc(1, 20)), 1, "and until the 20th");
    assert.equal(best(utc(1, 24), utc(2, 20)), 2, "after the decline began it never comes back");
    assert.ok(best(utc(1, 28), utc(2, 1)) > 10 && best(utc(2, 13), utc(2, 20)) > 75, "and falls on");
  });

  await story("the first glance: TikTok's line ends on 18 January and starts again on 13 February", {}, async (page, { url }) => {
    await page.goto(`${url}${home}?tz=America/New_York`);
    await settled(page);
    const panel = places(page);
    const ranks = values(await csvOf(panel), "TikTok (modelled)");
    const gone = ranks.filter((r) => r.at >= utc(1, 19, 4) && r.at < utc(2, 14));
    assert.deepEqual(gone, [], "no value while no store had it");
    const before = ranks.filter((r) => r.at < utc(1, 19, 4)).at(-1);
    const after = ranks.find((r) => r.at >= utc(1, 19, 4));
    assert.deepEqual([at(before.at), at(after.at)], [at(utc(1, 19, 3)), at(utc(2, 14))], "the last hour and the first");
    assert.equal(ranks.filter((r) => r.at < utc(1, 19, 4)).length, 9 * 24 + 4, "without a hole before");
    const heard = (words) => words.includes("TikTok (modelled) #");
    const until = async (key, there) => {
      for (let i = 0; i < 200; i++) {
        const words = await walk(panel, key);
        if (heard(words) === there) return words.split(". ")[0];
      }
      return "never";
    };
    await walk(panel, "Home");
    await until("Shift+ArrowRight", false);
    assert.equal(await until("ArrowLeft", true), "Sat 18 Jan 2025, 22:00", "the last that is read out before the line ends");
    await until("ArrowRight", false);
    await until("Shift+ArrowRight", true);
    await until("ArrowLeft", false);
    assert.equal(await until("ArrowRight", true), "Thu 13 Feb 2025, 19:00", "the first when it starts again");
    const states = await csvOf(panelOf(page, "In which part of the chart, and why not"));
    const band = states.column("TikTok (modelled)").map((v, i) => [Date.parse(states.rows[i][0]), v]).filter(([t, v]) => t >= utc(1, 19, 6) && t < utc(2, 13, 22) && v !== "");
    assert.deepEqual([...new Set(band.map(([, v]) => v))], ["delisted"], "the bands say why there is none");
  });

  await story("the first glance: the tag is seen first on the 12th, is loudest by the 15th and quiet after the 20th", {}, async (page, { url }) => {
    await page.goto(`${url}/`);
    await settled(page);
    const csv = await csvOf(panelOf(page, "New views of the topic's tags, per hour"));
    const views = values(csv, csv.head[1]);
    assert.match(csv.head[1], /^#tiktokrefugee views, xiaohongshu \(modelled\)$/);
    const most = (from, to) => Math.max(...views.filter((v) => v.at >= from && v.at < to).map((v) => v.value), 0);
    const peak = views.reduce((a, b) => (b.value > a.value ? b : a));
    assert.equal(most(utc(1, 10), utc(1, 12, 20)), 0, "nobody used it before the evening of the 12th");
    assert.ok(peak.at >= utc(1, 13) && peak.at <= utc(1, 15, 12), `the busiest hour is ${at(peak.at)}: the night from the 14th in New York`);
    assert.ok(most(utc(1, 13), utc(1, 15)) > peak.value / 2, "it is loud on the 13th and 14th");
    assert.ok(most(utc(1, 20, 6), utc(1, 24)) < peak.value / 4, `after the 20th it is below a quarter: ${most(utc(1, 20, 6), utc(1, 24))} of ${peak.value}`);
    assert.ok(most(utc(1, 24, 1), utc(2, 20)) < peak.value / 20, "and then nearly silent");
    assert.ok(views.every((v, i) => i === 0 || v.at - views[i - 1].at === hour), "every hour has a value from then on");
  });

  await story("an event is at the hour of the zone: RedNote comes to #1", {}, async (page, { url }) => {
    await readCanvases(page);
    const [from, to] = [Date.UTC(2025, 0, 13), Date.UTC(2025, 0, 14)];
    await page.goto(`${url}${home}?from=${from}&to=${to}&var-app=rednote`);
    await settled(page);
    for (const [choice, zone, when] of [[null, "UTC", "Mon 13 Jan 2025, 08:00"], ["New York", "America/New_York", "Mon 13 Jan 2025, 03:00"], ["Shanghai", "Asia/Shanghai", "Mon 13 Jan 2025, 16:00"]]) {
      if (choice !== null) {
        await page.locator("#time").click();
        await page.getByRole("radio", { name: choice }).check();
        await page.keyboard.press("Escape");
        await page.waitForFunction((tz) => decodeURIComponent(location.search).includes(`tz=${tz}`), zone);
      }
      await settled(page);
      const panel = places(page);
      await axisIs(panel, from, to, zone);
      assert.equal(await firstMoment(panel, /RedNote \(modelled\) #1(?!\d)/), when, "as it is read out");
      await page.keyboard.press("Escape");
      const tip = await tipAt(panel, 8.1 / 24, 0.1);
      assert.equal(tip.when, `${when} ${zone}`, "beside the pointer");
      assert.ok(tip.lines.some((line) => /^RedNote \(modelled\)\s*#1$/.test(line)), `beside the pointer: ${tip.lines}`);
    }
  });
}
