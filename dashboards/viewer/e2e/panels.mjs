// Draws each kind of panel in Chromium from answers written by hand, uses them as
// a reader would, and takes pictures: node e2e/panels.mjs
//
// CHROMIUM is the browser (/usr/bin/chromium), SHOTS a folder for pictures.
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { patience } from "./helpers.mjs";

const here = decodeURIComponent(new URL(".", import.meta.url).pathname);
const shots = process.env.SHOTS ?? "";
const { outputFiles } = await build({ absWorkingDir: here, entryPoints: ["panels/page.ts"], bundle: true, write: false, outdir: "out", format: "esm" });
const files = new Map(outputFiles.map((f) => [f.path.endsWith(".css") ? "/page.css" : "/page.js", f.text]));
const html = `<!doctype html><html lang="en"><title>Panels</title><link rel="stylesheet" href="/page.css"><style nonce="n">
body { margin: 0; } .grid { display: grid; grid-template-columns: repeat(24, minmax(0, 1fr)); gap: 10px; padding: 12px !important; max-width: none !important; }
section { border: 1px solid var(--rule); border-radius: 6px; padding: 8px 10px; min-width: 0; height: calc(var(--rows) * 38px); display: flex; flex-direction: column; }
h4 { margin: 0 0 6px; font: 600 14px/1.2 var(--sans); } .body { flex: 1; min-height: 0; }
@media (max-width: 700px) { section { grid-column: 1 / -1 !important; height: auto; } .body { height: max(calc(max(var(--rows), 7) * 34px), var(--wants, 0px)); flex: none; } section[data-type="text"] .body { height: auto; } }
</style><body><script type="module" src="/page.js"></script></body></html>`;

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
let failed = 0;

async function open(options, query = "") {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  const complaints = [];
  page.on("console", (m) => ["error", "warning"].includes(m.type()) && complaints.push(m.text()));
  page.on("pageerror", (e) => complaints.push(e.message));
  await page.route("**/*", (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === "/favicon.ico") return route.fulfill({ status: 204 });
    const text = pathname === "/" ? html : files.get(pathname);
    // The same rules as the real page has: no style but its own, nothing foreign.
    const headers = { "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-n'; img-src 'self' data:; connect-src 'self'" };
    return text === undefined ? route.abort() : route.fulfill({ body: text, headers, contentType: pathname.endsWith(".css") ? "text/css" : pathname.endsWith(".js") ? "text/javascript" : "text/html" });
  });
  await page.goto(`http://panels.test/${query}`);
  await page.waitForFunction(() => window.panels !== undefined);
  await page.waitForTimeout(250);
  await frames(page); // uPlot draws in the next frame
  return { page, complaints, context };
}

async function story(name, options, query, tell) {
  const { page, complaints, context } = await open(options, query);
  try {
    await tell(page);
    assert.deepEqual(complaints, [], "the browser complains");
    console.log(`ok    ${name}`);
  } catch (err) {
    failed++;
    console.error(`FAIL  ${name}\n${err.stack}`);
  } finally {
    await context.close();
  }
}

async function shot(page, name) {
  if (shots === "") return;
  await mkdir(shots, { recursive: true });
  const { tall, wide } = await page.evaluate(() => ({ tall: document.documentElement.scrollHeight, wide: innerWidth }));
  const piece = wide * (wide < 700 ? 3.2 : 0.85);
  for (let y = 0, i = 1; y < tall; y += piece, i++) await page.screenshot({ path: `${shots}/${name}-${i}.png`, fullPage: true, clip: { x: 0, y, width: wide, height: Math.min(piece, tall - y) } });
}

const panel = (page, title) => page.locator("section", { has: page.locator(`h4:text-is("${title}")`) });

/** What was noted; waits until something was. */
async function log(page) {
  await page.waitForFunction(() => window.panels.log.length > 0);
  return page.evaluate(() => window.panels.log.splice(0));
}

/** Two frames: what was to be drawn is drawn, and what has scrolled has said so. */
const frames = (page) => page.evaluate(() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go))));

for (const theme of ["light", "dark"]) {
  for (const width of [1440, 390]) {
    await story(`all panels, ${theme}, ${width} pixels`, { viewport: { width, height: 900 }, colorScheme: theme, deviceScaleFactor: width === 390 ? 2 : 1 }, `?theme=${theme}`, async (page) => {
      await shot(page, `panels-${theme}-${width}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `the page is ${wide} pixels wider than the window`);
      const blank = await page.evaluate(() => [...document.querySelectorAll(".uplot canvas")].filter((c) => !new Uint32Array(c.getContext("2d").getImageData(0, 0, c.width, c.height).data.buffer).some((v) => v !== 0)).length);
      assert.equal(blank, 0, "canvases without a drawing");
    });
  }
}

await story("data and pictures of every panel", {}, "", async (page) => {
  const found = await page.evaluate(async () => {
    const out = [];
    for (const [i, d] of window.panels.drawn.entries()) {
      const png = await d.png();
      const bytes = new Uint8Array(await png.arrayBuffer());
      out.push({ title: window.panels.all[i][0].title, csv: d.csv(), table: d.table().textContent.length, png: bytes.length, bytes: btoa(bytes.reduce((s, b) => s + String.fromCharCode(b), "")) });
    }
    return out;
  });
  for (const f of found) {
    assert.ok(f.csv.endsWith("\r\n"), `${f.title}: no CSV`);
    assert.ok(f.png > 1500, `${f.title}: the picture has ${f.png} bytes`);
    if (shots !== "") await writeFile(`${shots}/png-${f.title.replace(/\W+/g, "-")}.png`, Buffer.from(f.bytes, "base64"));
  }
  const rank = found.find((f) => f.title === "Place on the chart");
  assert.match(rank.csv, /^time,Bluesky 蓝天,ChatGPT,Clapper,Flip,Lemon8,RedNote,Threads,TikTok\r\n2025-01-10T00:00:00Z,\d*,/, "places are plain numbers");
  const movers = found.find((f) => f.title === "Movers");
  assert.match(movers.csv, /,'=1\+1\r\n/, "a formula is not a formula");
});

await story("a chart is zoomed, reset, walked and read", {}, "", async (page) => {
  const p = panel(page, "Place on the chart");
  const over = p.locator(".u-over");
  const box = await over.boundingBox();
  await page.mouse.move(box.x + box.width * 0.25, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 80, { steps: 5 });
  await page.mouse.up();
  const [zoom, ...first] = await log(page);
  await page.waitForTimeout(100);
  const more = [...first, ...(await page.evaluate(() => window.panels.log))];
  assert.equal(zoom[0], "zoom");
  assert.deepEqual(more, [], "panels that share the crosshair do not zoom as well");
  const span = Date.UTC(2025, 1, 20) - Date.UTC(2025, 0, 10);
  assert.ok(Math.abs(zoom[2] - zoom[1] - span / 4) < span * 0.01, `zoomed to ${zoom}`);
  await over.dblclick({ position: { x: 300, y: 50 } });
  assert.deepEqual(await log(page), [["reset"]]);
  await page.mouse.move(box.x + box.width * 0.125, box.y + 40);
  const tip = page.locator(".panel-tip:visible");
  assert.match(await tip.innerText(), /RedNote\s+#1\b/);
  assert.equal(await panel(page, "Bands").locator(".u-cursor-x").evaluate((e) => getComputedStyle(e).transform !== "none"), true, "the crosshair is shared");
  await shotOf(page, "tooltip");
  await page.mouse.move(5, 5);
  await p.locator(".panel-plot").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Shift+ArrowRight");
  const live = p.locator("[aria-live]");
  assert.match(await live.innerText(), /^Fri 10 Jan 2025, 10:00\. .*RedNote #1\d\d/);
  await page.keyboard.press("+");
  assert.equal((await log(page))[0][0], "zoom");
  await p.locator(".panel-flags button").first().focus();
  assert.match(await tip.innerText(), /RedNote takes #1 in the US/);
  await page.keyboard.press("ArrowRight");
  assert.match(await tip.innerText(), /60 M views/);
  await page.keyboard.press("Enter");
  assert.equal(await tip.getByRole("link", { name: "two papers" }).evaluate((a) => a === document.activeElement), true, "a press keeps the words open, their link can be followed");
  await page.keyboard.press("Escape");
  assert.equal(await tip.count(), 0);
});

async function shotOf(page, name) {
  if (shots !== "") await page.screenshot({ path: `${shots}/${name}.png` });
}

await story("a legend leaves one line and brings the others back", {}, "", async (page) => {
  const p = panel(page, "Place on the chart");
  await p.getByRole("button", { name: "RedNote", exact: true }).click();
  assert.equal(await p.locator(".panel-key[aria-pressed=true]").count(), 1);
  await p.getByRole("button", { name: "RedNote", exact: true }).click();
  assert.equal(await p.locator(".panel-key[aria-pressed=true]").count(), 8);
});

await story("states and cells are told in words", {}, "", async (page) => {
  const bands = panel(page, "Bands").locator(".u-over");
  await bands.scrollIntoViewIfNeeded();
  await page.waitForTimeout(200);
  await frames(page); // a page that scrolls hides the words
  const box = await bands.boundingBox();
  const row = async (name) => (await panel(page, "Bands").evaluate((s, n) => window.panels.drawn[3].csv().split("\r\n")[0].split(",").indexOf(n) - 1, name)) + 0.5;
  const y = box.y + ((await row("RedNote")) / 8) * box.height;
  await bands.hover({ position: { x: box.width * 0.2, y: y - box.y } });
  const tip = page.locator(".panel-tip:visible");
  assert.match(await tip.innerText(), /RedNote[\s\S]*#1[\s\S]*13 Jan 2025.* to .* d /);
  await shotOf(page, "tooltip-states");
  const heat = panel(page, "Posts by hour and zone");
  await heat.locator(".panel-plot").focus();
  await page.keyboard.press("ArrowRight");
  assert.match(await heat.locator("[aria-live]").innerText(), /10 Jan 2025, 00:00\. New York: \d+/);
});

await story("a table is sorted and its links are followed", {}, "", async (page) => {
  const p = panel(page, "Movers");
  const first = () => p.locator("tbody tr").first().locator("th").innerText();
  assert.equal(await first(), "RedNote");
  await p.getByRole("button", { name: "App", exact: true }).click();
  assert.equal(await first(), "Bluesky 蓝天");
  assert.equal(await p.locator("th[aria-sort=ascending]").count(), 1);
  assert.equal(await p.locator("tbody tr", { hasText: "TikTok" }).getByText("–").count(), 1, "what is missing is not 0");
  await p.getByRole("link", { name: "RedNote" }).click();
  assert.deepEqual((await log(page))[0], ["link", `/d/tidemark-ranks?from=${Date.UTC(2025, 0, 10)}&to=${Date.UTC(2025, 1, 20)}&var-app=rednote`, false]);
  assert.equal(await p.locator("b").count(), 0, "markup of the data is words");
  assert.equal(await panel(page, "Who left, where did they go?").locator("script").count(), 0);
});

await story("twenty lines of 2000 points are drawn at once", {}, "", async (page) => {
  const took = await page.evaluate(async () => {
    const i = window.panels.all.findIndex(([p]) => p.title === "Twenty lines");
    return window.panels.took[i];
  });
  console.log(`      ${took.toFixed(0)} ms`);
});

await browser.close();
process.exit(failed === 0 ? 0 : 1);
