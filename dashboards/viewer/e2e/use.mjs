// What people do with a dashboard: choose, zoom, go back, follow a link, share.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { drawn, legendOf, menu, panelOf, readCanvases, timeAxis, tipAt, whose } from "./drawn.mjs";
import { everything, patience, phone, settled, wide } from "./helpers.mjs";
import { chart, home, numbersOf, places, shows, showsThere, spans, whole } from "./home.mjs";

const param = (page, name) => new URL(page.url()).searchParams.getAll(name);
const search = (page, test) => page.waitForFunction(([source]) => new RegExp(source).test(decodeURIComponent(location.search)), [test.source]);
const timeWords = (page) => page.locator("#time").innerText();

async function open(page, url, path = home) {
  await page.goto(url + path);
  await settled(page);
}

async function drag(page, from = 0.3, to = 0.6) {
  const panel = await chart(page);
  const box = await panel.locator(".u-over").first().boundingBox();
  await page.mouse.move(box.x + box.width * from, box.y + box.height * 0.4);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * to, box.y + box.height * 0.5, { steps: 8 });
  await page.mouse.up();
}

const choice = (page, label) => page.getByRole("button", { name: new RegExp(`^${label}: `) });

export default async function use(story) {
  await story("the home is Migration at a glance, in January 2025", {}, async (page, { url }) => {
    await open(page, url, "/");
    assert.equal(await page.locator("h1").innerText(), "Migration at a glance");
    assert.match(await timeWords(page), /10 Jan – 20 Feb 2025/);
    assert.equal(await page.locator("#banner").isVisible(), false, "the case is in");
    await chart(page);
  });

  await story("an app is chosen: by name, by search, back to All", {}, async (page, { url }) => {
    await open(page, url);
    await choice(page, "App").click();
    await page.getByRole("combobox", { name: "Search: App" }).fill("redn");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Escape");
    await search(page, /var-app=rednote/);
    await choice(page, "App").filter({ hasText: /^RedNote$/ }).waitFor();
    assert.deepEqual(param(page, "var-app"), ["rednote"]);
    await shows(page, ["RedNote"]);
    await choice(page, "App").click();
    await page.getByRole("option", { name: "TikTok", exact: true }).click();
    await page.getByRole("button", { name: "Apply" }).click();
    await search(page, /var-app=rednote&var-app=tiktok/);
    await shows(page, ["RedNote", "TikTok"]);
    await page.goBack();
    await page.waitForFunction(() => new URL(location.href).searchParams.getAll("var-app").length === 1);
    await choice(page, "App").filter({ hasText: /^RedNote$/ }).waitFor();
    await shows(page, ["RedNote"]);
    await page.goBack();
    await page.waitForFunction(() => !location.search.includes("var-app"));
    await choice(page, "App").filter({ hasText: "All" }).waitFor();
    await settled(page);
    assert.deepEqual(whose(await legendOf(places(page))), ["Clapper", "Flip", "Lemon8", "Likee", "RedNote", "TikTok"], "all of the topic");
  });

  await story("a chosen topic changes which apps there are", {}, async (page, { url }) => {
    await open(page, url);
    const apps = async () => {
      await choice(page, "App").click();
      const all = await page.getByRole("option").allInnerTexts();
      await page.keyboard.press("Escape");
      return all.map((words) => words.replace("✓", "").trim());
    };
    const before = await apps();
    const topic = page.locator('[data-variable="topic"]');
    if ((await topic.locator("select").count()) > 0) {
      const other = await topic.locator("select").evaluate((el) => [...el.options].map((o) => o.value).find((v) => v !== el.value && v !== "$__all"));
      await topic.locator("select").selectOption(other);
    } else {
      await choice(page, "Topic").click();
      const options = topic.locator("[role=option]:not([aria-selected=true]):not([data-value='$__all'])");
      const value = await options.first().getAttribute("data-value");
      for (const on of await topic.locator("[role=option][aria-selected=true]:not([data-value='$__all'])").all()) await on.click();
      await topic.locator(`[role=option][data-value="${value}"]`).click();
      await page.keyboard.press("Escape");
    }
    await search(page, /var-topic=/);
    await settled(page);
    let after = await apps();
    for (const end = Date.now() + patience; after.join() === before.join(); after = await apps()) assert.ok(Date.now() < end, "another topic has other apps");
    const lines = (await places(page).getAttribute("data-state")) === "empty" ? [] : whose(await legendOf(places(page)));
    assert.deepEqual(lines.filter((app) => !after.includes(app)), [], "the chart has apps of that topic only");
  });

  await story("a drag zooms the whole page, back leads out", {}, async (page, { url }) => {
    await readCanvases(page);
    await open(page, url);
    const words = await timeWords(page);
    await spans(page, ...whole, "UTC");
    await drag(page);
    await search(page, /from=\d+&to=\d+/);
    const [from, to] = [Number(param(page, "from")[0]), Number(param(page, "to")[0])];
    assert.ok(to - from > 8 * 86_400_000 && to - from < 18 * 86_400_000, `${(to - from) / 86_400_000} days are about a third`);
    await settled(page);
    assert.notEqual(await timeWords(page), words);
    const dragged = whole.map((_t, i) => whole[0] + [0.3, 0.6][i] * (whole[1] - whole[0]));
    for (const [i, at] of [from, to].entries()) assert.ok(Math.abs(at - dragged[i]) < 6 * 3_600_000, `${new Date(at).toISOString()} is where the drag ${i === 0 ? "began" : "ended"}`);
    await spans(page, from, to, "UTC");
    await page.getByRole("button", { name: "Zoom out" }).click();
    await page.waitForFunction((was) => Number(new URL(location.href).searchParams.get("from")) < was, from);
    await spans(page, Number(param(page, "from")[0]), Number(param(page, "to")[0]), "UTC");
    await page.goBack();
    await page.waitForFunction((was) => new URL(location.href).searchParams.get("from") === was, String(from));
    await spans(page, from, to, "UTC");
    await page.goBack();
    await page.waitForFunction(() => !location.search.includes("from="));
    await page.waitForFunction((was) => document.querySelector("#time").innerText === was, words);
    await spans(page, ...whole, "UTC");
  });

  await story("time is typed and picked, and the zone is switched", {}, async (page, { url }) => {
    await readCanvases(page);
    await open(page, url);
    await page.locator("#time").click();
    await page.getByRole("textbox", { name: "From" }).fill("2025-01-13 18:00");
    await page.getByRole("textbox", { name: "To" }).fill("gibberish");
    await page.getByRole("button", { name: "Apply" }).click();
    await page.getByText("That is no range.").waitFor();
    await page.getByRole("textbox", { name: "To" }).fill("2025-01-15");
    await page.getByRole("button", { name: "Apply" }).click();
    await search(page, new RegExp(`from=${Date.UTC(2025, 0, 13, 18)}&to=${Date.UTC(2025, 0, 15)}`));
    assert.match(await timeWords(page), /13 Jan, 18:00 – 15 Jan 2025/);
    await spans(page, Date.UTC(2025, 0, 13, 18), Date.UTC(2025, 0, 15), "UTC");
    await page.locator("#time").click();
    await page.getByRole("radio", { name: "New York" }).check();
    await search(page, /tz=America\/New_York/);
    assert.match(await timeWords(page), /13 Jan, 13:00 – 14 Jan 2025, 19:00/);
    await page.keyboard.press("Escape");
    await spans(page, Date.UTC(2025, 0, 13, 18), Date.UTC(2025, 0, 15), "America/New_York");
    await page.locator("#time").click();
    await page.getByRole("button", { name: /^January 2025/ }).click();
    await search(page, new RegExp(`from=${Date.UTC(2025, 0, 10)}`));
    await settled(page);
  });

  await story("a link keeps time and selection, and back leads here", {}, async (page, { url }) => {
    await readCanvases(page);
    const span = [Date.UTC(2025, 0, 12), Date.UTC(2025, 0, 20)];
    await open(page, url, `${home}?from=${span[0]}&to=${span[1]}&tz=Asia/Shanghai&var-app=rednote`);
    const link = page.locator(".related a[href*='tidemark-ranks']").first();
    await link.click();
    await page.waitForURL(/\/d\/tidemark-ranks/);
    await page.waitForSelector(".dashboard[data-uid=tidemark-ranks][data-state=asked]");
    assert.deepEqual([param(page, "from")[0], param(page, "tz")[0], param(page, "var-app")[0]], [String(Date.UTC(2025, 0, 12)), "Asia/Shanghai", "rednote"]);
    assert.match(await timeWords(page), /12 Jan, 08:00 – 20 Jan 2025, 08:00/);
    await showsThere(page, span);
    await page.goBack();
    await page.waitForSelector(".dashboard[data-uid=tidemark-migration][data-state=asked]");
    await shows(page, ["RedNote"]);
    await spans(page, ...span, "Asia/Shanghai");
  });

  await story("a name in a table leads to that app, in the same time", {}, async (page, { url }) => {
    await readCanvases(page);
    const span = [Date.UTC(2025, 0, 12), Date.UTC(2025, 0, 20)];
    await open(page, url, `${home}?from=${span[0]}&to=${span[1]}&tz=Asia/Shanghai`);
    await (await drawn(panelOf(page, "From the beginning to the end"))).getByRole("link", { name: "RedNote", exact: true }).first().click();
    await page.waitForURL(/\/d\/tidemark-ranks/);
    await page.waitForSelector(".dashboard[data-uid=tidemark-ranks][data-state=asked]");
    await showsThere(page, span);
  });

  await story("a shared address shows the same elsewhere, in other colours", {}, async (page, { url, browser }) => {
    await readCanvases(page);
    await open(page, url, `${home}?var-app=rednote&var-app=tiktok&layer-Events=off&tz=America/New_York`);
    await drag(page, 0.2, 0.5);
    await search(page, /from=\d+/);
    await settled(page);
    const controls = (p) => p.evaluate(() => [document.querySelector("#time").innerText, ...[...document.querySelectorAll(".control")].map((c) => c.innerText), ...[...document.querySelectorAll("[data-layer]")].map((b) => `${b.dataset.layer} ${b.checked}`)]);
    const seen = async (p) => ({ controls: await controls(p), legend: await legendOf(places(p)), axis: await timeAxis(places(p)), tip: await tipAt(places(p), 0.4, 0.3), numbers: await numbersOf(p) });
    const other = await (await browser.newContext({ ...wide, colorScheme: "dark", acceptDownloads: true, reducedMotion: "reduce" })).newPage();
    await readCanvases(other);
    await other.goto(page.url());
    await settled(other);
    const [here, there] = [await seen(page), await seen(other)];
    assert.deepEqual(there, here);
    assert.deepEqual(whose(here.legend), ["RedNote", "TikTok"]);
    await spans(other, Number(param(page, "from")[0]), Number(param(page, "to")[0]), "America/New_York");
    assert.equal(other.url(), page.url());
    await other.context().close();
  });

  await story("marks are switched off and on", {}, async (page, { url }) => {
    await open(page, url);
    await page.getByRole("checkbox", { name: "Events" }).uncheck();
    await search(page, /layer-Events=off/);
    await page.getByRole("checkbox", { name: "Events" }).check();
    await search(page, /layer-Events=on/);
  });

  await story("a panel gives its data: table, CSV, picture, SQL", {}, async (page, { url }) => {
    await open(page, url);
    const panel = await chart(page);
    await menu(panel, "Data as a table");
    await page.locator("dialog table tbody tr").first().waitFor();
    assert.match(await page.locator("dialog").innerText(), /RedNote/);
    await page.keyboard.press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
    const [file] = await Promise.all([page.waitForEvent("download"), menu(panel, "Download CSV")]);
    assert.match(file.suggestedFilename(), /^tidemark-migration-.*-2025-01-10-2025-02-20\.csv$/);
    const csv = await readFile(await file.path(), "utf8");
    assert.match(csv.split("\r\n")[0], /time.*RedNote/i, "the CSV has a head");
    assert.match(csv, /\n"?2025-01-1\d/, "and moments");
    assert.ok(csv.split("\r\n").length > 100, "and rows");
    const [picture] = await Promise.all([page.waitForEvent("download"), menu(panel, "Download PNG")]);
    const png = await readFile(await picture.path());
    assert.equal(png.subarray(1, 4).toString(), "PNG");
    assert.ok(png.readUInt32BE(16) > 600 && png.length > 8000, "the picture has something on it");
    await menu(panel, "The SQL");
    assert.match(await page.locator("dialog pre").first().innerText(), /SELECT/);
    await page.locator("dialog").getByRole("link", { name: "Open in the SQL page" }).first().click();
    await page.waitForURL(/\/sql#sql=/);
    await page.waitForSelector(".result[data-state=done]");
    assert.ok((await page.locator(".result tbody tr").count()) > 0);
  });

  await story("a panel is viewed alone, and has an address", {}, async (page, { url }) => {
    await open(page, url);
    const panel = await chart(page);
    await menu(panel, "View alone");
    await search(page, /viewPanel=\d+/);
    assert.equal(await page.locator(".panel:visible").count(), 1);
    await page.reload();
    await settled(page);
    assert.equal(await page.locator(".panel:visible").count(), 1);
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => !location.search.includes("viewPanel"));
    assert.ok((await page.locator(".panel:visible").count()) > 1);
  });

  await story("the keyboard reaches everything", {}, async (page, { url }) => {
    await open(page, url);
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip", "first: skip to the charts");
    const names = [];
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press("Tab");
      names.push(await page.evaluate(() => document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent.trim()));
    }
    for (const wanted of [/^Dashboards/, /^SQL$/, /^App: /, /^Time: /, /^Zoom out$/, /^Menu: /]) assert.ok(names.some((n) => wanted.test(n)), `${wanted} is reached: ${names.join(" | ")}`);
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("t");
    await page.getByRole("textbox", { name: "From" }).waitFor();
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => document.activeElement?.id === "time");
    await page.locator(".panel[data-type=timeseries]").first().getByRole("button", { name: /^Menu: / }).focus();
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement?.getAttribute("role") === "menuitem");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.locator("dialog table").first().waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("v");
    await search(page, /viewPanel=/);
  });

  await story("what fails says so, and can be tried again", {}, async (page, { url, complaints }) => {
    let broken = true;
    await page.route("**/query", async (route) => (broken ? route.fulfill({ status: 503, contentType: "application/json", body: '{"error":"The store did not answer in time."}' }) : route.continue()));
    await page.goto(url + home);
    const alert = page.locator(".panel[data-state=failed] [role=alert]").first();
    await alert.waitFor();
    assert.match(await alert.innerText(), /The store did not answer in time/);
    broken = false;
    const panel = page.locator(".panel[data-state=failed]").first();
    const id = await panel.getAttribute("data-panel");
    await alert.getByRole("button", { name: "Try again" }).click();
    await page.waitForSelector(`.panel[data-panel="${id}"]:is([data-state=drawn], [data-state=empty])`);
    complaints.splice(0); // the refusals were ours
  });

  await story("states of two charts can be told apart, and their time stays in sight", {}, async (page, { url }) => {
    await readCanvases(page);
    const charts = ["overall", "social-networking"].map((c) => `var-chart=chart/apple/us/top-free/${c}`).join("&");
    await page.goto(`${url}/d/tidemark-ranks?from=${Date.UTC(2025, 0, 1)}&to=${Date.UTC(2025, 1, 1)}&${charts}`);
    await settled(page);
    const panel = await drawn(panelOf(page, "In which part of the chart, and why not"));
    const written = await panel.locator(".uplot canvas").evaluate((c) => c.written.map((w) => w.text));
    for (const chart of ["overall", "social networking"]) assert.ok(written.some((w) => w.startsWith(`RedNote · App Store US, top free (${chart})`)), `RedNote on ${chart}: ${written}`);
    const rows = panel.locator(".panel-rows");
    const below = () => rows.evaluate((el) => {
      const [box, axis] = [el.getBoundingClientRect(), el.querySelector(".panel-pinned").getBoundingClientRect()];
      return { scrolls: el.scrollHeight > el.clientHeight, off: Math.abs(box.bottom - axis.bottom), tall: axis.height };
    });
    const top = await below();
    assert.ok(top.scrolls && top.off < 2 && top.tall > 15, `the time stands at the lower edge: ${JSON.stringify(top)}`);
    await rows.evaluate((el) => el.scrollTo(0, 1e6));
    assert.ok((await below()).off < 2, "and stays there");
  });

  for (const [size, width] of [["wide", 1440], ["on a phone", 390]]) {
    await story(`no label of a time axis is cut, ${size}`, width === 390 ? phone : wide, async (page, { url }) => {
      await readCanvases(page);
      for (const [from, to] of [[Date.UTC(2024, 5, 1), Date.UTC(2025, 5, 1)], [Date.UTC(2024, 10, 22), Date.UTC(2025, 1, 22)], [Date.UTC(2025, 0, 13), Date.UTC(2025, 0, 14)]]) {
        await page.goto(`${url}/d/tidemark-ranks?from=${from}&to=${to}`);
        await settled(page);
        await drawn(panelOf(page, "Place on the chart"));
        const marks = await page.evaluate(() => [...document.querySelectorAll(".uplot canvas")].flatMap((c) => {
          const pen = c.getContext("2d");
          pen.save();
          pen.font = `${(11 * c.width) / c.clientWidth}px ${getComputedStyle(c).fontFamily}`;
          const times = (c.written ?? []).filter((m) => /^(\d\d:\d\d|\d+ [A-Z][a-z]{2}|[A-Z][a-z]{2} \d{4})$/.test(m.text));
          const out = times.map((m) => ({ words: m.text, cut: m.x - pen.measureText(m.text).width / 2 < -0.5 || m.x + pen.measureText(m.text).width / 2 > c.width + 0.5 }));
          pen.restore();
          return out;
        }));
        assert.ok(marks.length >= 3, "the axes have marks");
        assert.deepEqual(marks.filter((m) => m.cut), [], new Date(from).toISOString());
      }
    });
  }

  await story("a time without data says why, and leads back", {}, async (page, { url }) => {
    await page.goto(`${url}${home}?from=${Date.UTC(2019, 0, 1)}&to=${Date.UTC(2019, 0, 8)}`);
    const panel = page.locator(".panel[data-state=empty]").first();
    await panel.waitFor();
    assert.match(await panel.innerText(), /Nothing here in this time/);
    assert.doesNotMatch(await page.locator("main").innerText(), /No row was stored/, "an empty answer does not say what is stored");
    await panel.getByRole("button", { name: "Show January 2025" }).click();
    await page.waitForFunction(() => !location.search.includes("from="));
    await settled(page);
  });

  await story("light and dark are chosen by hand, and kept", {}, async (page, { url }) => {
    await open(page, url);
    const button = page.getByRole("button", { name: /^Colours: / });
    await button.click();
    await button.click();
    assert.match(await button.getAttribute("aria-label"), /dark/);
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assert.equal(await paper(), "rgb(21, 24, 27)");
    await page.reload();
    await settled(page);
    assert.equal(await paper(), "rgb(21, 24, 27)");
  });

  await story("addresses that lead nowhere say so", {}, async (page, { url, complaints }) => {
    await page.goto(`${url}/d/no-such-dashboard`);
    await page.getByRole("heading", { name: "This page could not be opened" }).waitFor();
    await page.getByRole("link", { name: "All dashboards" }).click();
    await page.locator(".cards a").first().waitFor();
    assert.ok((await page.locator(".cards a").count()) >= 8);
    complaints.splice(0); // the 404 was asked for
  });

  await story("a phone: the selection folds, the first chart comes soon", phone, async (page, { url }) => {
    await open(page, url);
    assert.equal(await choice(page, "App").isVisible(), false);
    await page.getByRole("button", { name: "Selection" }).click();
    await choice(page, "App").click();
    await page.getByRole("option", { name: "RedNote", exact: true }).click();
    await page.getByRole("button", { name: "Apply" }).click();
    await search(page, /var-app=rednote/);
    await everything(page);
  });
}
