// The SQL page, and the page of the sources.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { faint, nameless } from "./access.mjs";
import { readCanvases } from "./drawn.mjs";
import { phone } from "./helpers.mjs";

export const typed = async (page, text) => {
  await page.locator(".cm-content").click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.press("Backspace"); // what Chromium's own editing would leave of the old text is not the page's
  await page.keyboard.insertText(text);
};

export const open = async (page, url) => {
  await page.goto(`${url}/sql`);
  await page.waitForSelector(".editor[data-ready]");
};

export const answered = (page, state = "done") => page.waitForSelector(`.result[data-state=${state}]`);

export default async function sql(story) {
  await story("SQL: a question is answered, saved and shared", {}, async (page, { url, browser }) => {
    await open(page, url);
    const question = "SELECT day, entity_name, best FROM v_ranks_daily WHERE entity = 'rednote' AND target = 'chart/apple/us/top-free/overall' AND state = 'ranked' ORDER BY day";
    await typed(page, question);
    await page.keyboard.press("ControlOrMeta+Enter");
    await answered(page);
    const head = await page.locator(".result thead").innerText();
    assert.match(head, /day\s*Date/, "columns have their types");
    assert.ok((await page.locator(".result tbody tr").count()) > 20, "rows are shown");
    await page.waitForSelector(".quickchart canvas");
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download CSV" }).click()]);
    const csv = await readFile(await file.path(), "utf8");
    assert.match(csv, /^day,entity_name,best\r\n2025-01-/);
    const shared = page.url();
    assert.match(shared, /#sql=SELECT/);
    const other = await (await browser.newContext()).newPage();
    await other.goto(shared);
    await other.waitForSelector(".result[data-state=done]", { timeout: 120_000 });
    assert.match(await other.locator(".cm-content").innerText(), /v_ranks_daily/);
    await other.context().close();
    await page.reload();
    await answered(page); // it is asked again, and remembered when it is answered
    await page.getByText(/Asked before \(1\)/).click();
    await page.getByRole("button", { name: "Forget all" }).click();
    await page.getByText("Asked before: nothing yet").waitFor();
  });

  await story("SQL: the example is drawn as on the dashboards", {}, async (page, { url }) => {
    await readCanvases(page);
    await open(page, url);
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await answered(page);
    await page.waitForSelector(".quickchart canvas");
    const marks = await page.$eval(".quickchart .uplot canvas", (c) => c.written.filter((w) => w.text.startsWith("#")));
    const height = (words) => marks.find((m) => m.text === words)?.y ?? assert.fail(`no mark ${words}: ${JSON.stringify(marks)}`);
    assert.ok(height("#1") < height("#2") && height("#2") < height("#10"), "#1 is on top");
    const key = page.locator(".quickchart .panel-key", { hasText: "RedNote (modelled)" });
    assert.match(await key.locator(".sample").evaluate((s) => s.className), /\bdash\b/, "what is modelled is dashed");
    const colour = await key.locator(".sample").evaluate((s) => s.style.getPropertyValue("--c"));
    assert.equal(colour, "#e5243b", "RedNote has its own red");
  });

  await story("SQL: what writes is refused in words, and mistakes have their place", {}, async (page, { url, complaints }) => {
    await open(page, url);
    assert.match(await page.locator(".limits").innerText(), /read-only login/);
    await typed(page, "INSERT INTO events SELECT * FROM events");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await answered(page, "failed");
    assert.match(await page.locator(".result [role=alert]").innerText(), /only questions can be asked here/);
    await typed(page, "SELECT 1,\n       nosuch FROM v_ranks_daily");
    await page.keyboard.press("ControlOrMeta+Enter");
    await page.waitForFunction(() => /nosuch/.test(document.querySelector(".result [role=alert]")?.innerText ?? ""));
    await typed(page, "SELECT 1\nFROMM v_ranks_daily WHERE");
    await page.keyboard.press("ControlOrMeta+Enter");
    await page.waitForFunction(() => /Line \d+, column \d+/.test(document.querySelector(".result [role=alert]")?.innerText ?? ""));
    for (const c of complaints.splice(0)) assert.match(c, /\/api\/sql|status of 4\d\d/, "only the refusals are complained about");
  });

  await story("SQL: tables and columns are offered", {}, async (page, { url }) => {
    await open(page, url);
    await typed(page, "SELECT * FROM v_ranks_d");
    await page.keyboard.press("Control+Space");
    await page.locator(".cm-tooltip-autocomplete").getByText("v_ranks_daily").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("searchbox", { name: "Search tables and columns" }).fill("v_ranks_daily");
    await page.locator("[data-table=v_ranks_daily] summary").click();
    assert.match(await page.locator("[data-table=v_ranks_daily]").innerText(), /best/);
    assert.deepEqual(await nameless(page), []);
    assert.deepEqual(await faint(page), []);
  });

  await story("SQL on a phone", phone, async (page, { url }) => {
    await open(page, url);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390, "nothing sticks out at the side");
  });

  await story("what runs and what is fresh", {}, async (page, { url }) => {
    await page.goto(`${url}/sources`);
    for (const words of [/kfake/, /libchdb/, /readings/]) await page.waitForFunction(([w]) => new RegExp(w).test(document.querySelector("#running-body")?.innerText ?? ""), [words.source]);
    await page.locator(".pulse", { hasText: "Running for" }).waitFor();
    assert.ok((await page.locator('#sources-body [data-state="recorded"]').count()) >= 1, "the case is marked as a recording");
    await page.locator("button.open").first().click();
    assert.ok((await page.locator("tr.sub").count()) >= 2, "a source opens to its targets");
    assert.deepEqual(await nameless(page), []);
    assert.deepEqual(await faint(page), []);
  });
}
