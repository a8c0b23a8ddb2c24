// Opens the page of a running `tidemark up` in Chromium and uses it as a person
// would: npm run e2e -- http://127.0.0.1:8080
//
// CHROMIUM is the browser (/usr/bin/chromium), SHOTS a folder for pictures.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { chromium } from "playwright-core";
import { drawn, near, trouble, visible } from "./look.mjs";

const url = process.argv[2] ?? "http://127.0.0.1:8080";
const shots = process.env.SHOTS ?? "";
const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const patience = 60_000;

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags });
let failed = 0;

/** One story on a page of its own. Whatever the browser complains about fails it. */
async function story(name, options, tell) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  const complaints = trouble(page, url);
  try {
    await page.goto(url);
    await page.waitForSelector("#deck .plot.rank canvas");
    await tell(page);
    assert.deepEqual(complaints, [], "the browser complains");
    console.log(`ok    ${name}`);
  } catch (err) {
    failed++;
    console.error(`FAIL  ${name}\n${err.stack}`);
    await shot(page, `failed-${failed}`);
  } finally {
    await context.close();
  }
}

async function shot(page, name) {
  if (shots === "") return;
  await mkdir(shots, { recursive: true });
  await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
}

const hash = (page) => page.evaluate(() => decodeURIComponent(location.hash));
const entry = (page, name) => page.locator("#deck .entry", { hasText: new RegExp(`^${name}$`) });
const red = [229, 36, 59]; // RedNote
const black = [17, 17, 17]; // TikTok

await story("the first glance", {}, async (page) => {
  const words = await page.locator("#deck .lede").innerText();
  assert.match(words, /RedNote took #1 on 13 Jan/);
  assert.match(words, /TikTok left the store on 19 Jan and came back on 14 Feb/);
  assert.match(await page.locator("#deck .honest").innerText(), /Modelled.*reported/s);
  assert.equal(await page.locator("#deck .plot canvas").count(), 3, "ranks, states and counts are drawn");
  assert.ok((await drawn(page, ".plot.rank canvas", red)) > 500, "RedNote's line is drawn");
  assert.ok((await drawn(page, ".plot.rank canvas", black)) > 300, "TikTok's line is drawn");
  assert.ok((await page.locator("#deck .events li").count()) >= 8, "the events are listed");
  await shot(page, "wide");
});

await story("what runs and what is fresh", {}, async (page) => {
  await visible(page, "#running-body", /kfake/);
  await visible(page, "#running-body", /libchdb/);
  await visible(page, "#running-body", /readings/);
  await visible(page, "#pulse", /Running for/);
  const table = page.locator("#sources-body table");
  await table.locator("tbody tr").first().waitFor();
  assert.ok((await table.locator('[data-state="recorded"]').count()) >= 1, "the case is marked as a recording");
  await table.locator("button.open").first().click();
  assert.ok((await table.locator("tr.sub").count()) >= 2, "a source opens to its targets");
  assert.match(await page.locator("#live").innerText(), /Live now/);
});

await story("an app is switched off and on", {}, async (page) => {
  const before = await drawn(page, ".plot.rank canvas", red);
  await entry(page, "RedNote").click();
  await page.waitForFunction(() => location.hash.includes("rednote"));
  assert.equal(await entry(page, "RedNote").getAttribute("aria-pressed"), "false");
  assert.ok((await drawn(page, ".plot.rank canvas", red)) < before / 4, "its line is gone");
  await entry(page, "RedNote").click();
  assert.equal(await entry(page, "RedNote").getAttribute("aria-pressed"), "true");
  near(await drawn(page, ".plot.rank canvas", red), before, 0.2, "its line is back");
});

await story("the pointer is answered", {}, async (page) => {
  const box = await page.locator(".plot.rank .u-over").boundingBox();
  await page.mouse.move(box.x + box.width * 0.25, box.y + box.height * 0.6, { steps: 4 });
  const tip = page.locator(".tooltip");
  await tip.waitFor({ state: "visible" });
  assert.match(await tip.innerText(), /RedNote\s*#\d+/);
  assert.match(await tip.innerText(), /UTC/);
  await shot(page, "tooltip");
  await page.locator(".plot").nth(1).scrollIntoViewIfNeeded();
  const strip = await page.locator(".plot").nth(1).locator(".u-over").boundingBox();
  await page.mouse.move(strip.x + strip.width * 0.5, strip.y + 22 * 1.5, { steps: 4 });
  assert.match(await tip.innerText(), /TikTok not in the store/);
});

await story("a drag zooms all charts, reset leads back", {}, async (page) => {
  const box = await page.locator(".plot.rank .u-over").boundingBox();
  await page.mouse.move(box.x + 100, box.y + 150);
  await page.mouse.down();
  await page.mouse.move(box.x + 420, box.y + 160, { steps: 8 });
  await page.mouse.up();
  await page.waitForFunction(() => location.hash.includes("range="));
  const range = /range=(\d+)-(\d+)/.exec(await hash(page));
  assert.ok(Number(range[2]) - Number(range[1]) < 30 * 86400, "the range is smaller");
  await shot(page, "zoomed");
  await page.getByRole("button", { name: "Reset zoom" }).click();
  assert.doesNotMatch(await hash(page), /range=/);
  await page.getByRole("button", { name: "The decline" }).click();
  assert.match(await hash(page), /range=/);
  await shot(page, "decline");
});

await story("zone, events and chart are chosen and shared", {}, async (page) => {
  await page.getByRole("button", { name: "US Eastern" }).click();
  assert.match(await page.locator("#deck .lede").innerText(), /TikTok left the store on 18 Jan and came back on 13 Feb/);
  await page.getByLabel("Events").uncheck();
  await page.getByLabel("Chart", { exact: true }).selectOption({ label: "Google Play (US), top free, overall" });
  await page.waitForFunction(() => location.hash.includes("google"));
  const shared = await hash(page);
  for (const part of ["zone=America/New_York", "events=off", "chart=chart/google/us/top-free/overall"]) assert.ok(shared.includes(part), `${part} is missing in ${shared}`);
  await page.reload();
  await page.waitForSelector("#deck .plot.rank canvas");
  assert.equal(await hash(page), shared);
  assert.equal(await page.getByRole("button", { name: "US Eastern" }).getAttribute("aria-pressed"), "true");
  await shot(page, "google");
});

await story("the chart is also a table", {}, async (page) => {
  await page.getByText("The rank chart as a table").click();
  const table = page.getByRole("region", { name: "Best rank of each day" });
  await table.waitFor();
  assert.match(await table.locator("tr", { hasText: "15 Jan 2025" }).innerText(), /#1/);
  assert.match(await table.locator("tr", { hasText: "25 Jan 2025" }).innerText(), /not in store/);
  await page.getByText(/reported figures, with their sources/).click();
  await visible(page, "#deck .lists", /Sensor Tower/);
});

await story("the live side says what it has", {}, async (page) => {
  await page.getByRole("button", { name: "Live", exact: true }).click();
  await page.waitForFunction(() => location.hash.includes("show=live"));
  await visible(page, "#deck", /There is no live chart to draw yet|Live: what the collectors see now/);
  await shot(page, "live");
});

await story("night", { colorScheme: "dark" }, async (page) => {
  assert.ok((await drawn(page, ".plot.rank canvas", [238, 238, 238])) > 300, "TikTok's black is white at night");
  await shot(page, "dark");
});

for (const colorScheme of ["light", "dark"]) {
  await story(`a phone, ${colorScheme}`, { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true, colorScheme }, async (page) => {
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390, "nothing sticks out at the side");
    const box = await page.locator(".plot.rank").boundingBox();
    assert.ok(box.y < 700, "the chart begins on the first screen");
    await shot(page, `phone-${colorScheme}`);
  });
}

await browser.close();
process.exit(failed === 0 ? 0 : 1);
