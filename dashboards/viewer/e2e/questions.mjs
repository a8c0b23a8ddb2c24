// The five questions of docs/ways-in, asked on the SQL page as a person would.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { answered, open, typed } from "./sql.mjs";

const ways = new URL("../../../docs/ways-in/", import.meta.url);

/** The questions as README.md has them. */
async function questions() {
  const text = await readFile(new URL("README.md", ways), "utf8");
  return [...text.matchAll(/```sql\n([^]*?)```/g)].map((m) => m[1].replace(/^ {3}/gm, "").trim());
}

/** The answers as page.md has them: one CSV after the other. */
async function pinned() {
  const text = await readFile(new URL("page.md", ways), "utf8");
  return text.match(/```text\n([^]*?)```/)[1];
}

/** Asks, and returns the table, the CSV and whether a chart was drawn. */
async function ask(page, sql) {
  await typed(page, sql);
  await page.keyboard.press("ControlOrMeta+Enter");
  await answered(page);
  const cells = await page.$$eval(".result tr", (rows) => rows.map((r) => [...r.cells].map((c) => c.firstChild?.textContent ?? "")));
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download CSV" }).click()]);
  return { cells, csv: await readFile(await file.path(), "utf8"), ink: await ink(page) };
}

/** How many dots of the quick chart are painted; 0 where there is none. */
const ink = (page) =>
  page.$$eval(".quickchart canvas", async (all) => {
    await new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));
    let n = 0;
    for (const c of all) for (const [i, v] of c.getContext("2d").getImageData(0, 0, c.width, c.height).data.entries()) if (i % 4 === 3 && v > 0) n++;
    return n;
  });

export default async function five(story) {
  await story("SQL: the five questions", {}, async (page, { url, browser }) => {
    const five = await questions();
    assert.equal(five.length, 5);
    await open(page, url);
    let got = "";
    let second = null;
    for (const [i, sql] of five.entries()) {
      const a = await ask(page, sql);
      assert.deepEqual(a.cells.map((row) => row.map((c) => (/[",]/.test(c) ? `"${c}"` : c)).join(",")).join("\r\n") + "\r\n", a.csv, `the table of question ${i + 1} says what its CSV says`);
      if (i === 1 || i === 2) assert.ok(a.ink > 500, `question ${i + 1} is drawn, by ${a.ink} dots`);
      else assert.equal(a.ink, 0, `question ${i + 1} has one row: nothing to draw`);
      if (i === 1) second = { ...a, address: page.url() };
      got += a.csv.replaceAll("\r\n", "\n");
    }
    if (process.env.TIDEMARK_GOLDEN === "write") {
      const name = new URL("page.md", ways);
      await writeFile(name, (await readFile(name, "utf8")).replace(/```text\n[^]*?```/, () => "```text\n" + got + "```"));
    }
    assert.equal(got, await pinned(), "docs/ways-in/page.md has other answers");

    const there = await (await browser.newContext()).newPage();
    await there.goto(second.address);
    await there.waitForSelector(".result[data-state=done]", { timeout: 120_000 });
    assert.deepEqual(await there.$$eval(".result tr", (rows) => rows.map((r) => [...r.cells].map((c) => c.firstChild?.textContent ?? ""))), second.cells, "who gets the address sees the same");
    await there.context().close();

    await page.getByText("Asked before (5)").click();
    await page.locator(".asked li").nth(3).getByRole("button").click();
    assert.match(await page.locator(".cm-content").innerText(), /'2025-01-11' AND '2025-01-14'/, "the history has the latest first, and puts it back");
  });

  await story("SQL: the address is copied", { permissions: ["clipboard-read", "clipboard-write"] }, async (page, { url }) => {
    await open(page, url);
    await typed(page, "SELECT '100 %', 'a+b&c=d#e' AS \"ü\" FROM v_topics -- ?");
    await page.getByRole("button", { name: "Copy the address" }).click();
    await page.getByText("The address is copied.").first().waitFor();
    const address = await page.evaluate(() => navigator.clipboard.readText());
    await page.goto("about:blank");
    await page.goto(address);
    await page.waitForSelector(".editor[data-ready]");
    assert.equal((await page.locator(".cm-line").allInnerTexts()).join("\n"), "SELECT '100 %', 'a+b&c=d#e' AS \"ü\" FROM v_topics -- ?");
    await page.waitForSelector(".result[data-state=done], .result[data-state=failed]");
  });

  await story("SQL: columns are completed where the caret is", {}, async (page, { url }) => {
    await open(page, url);
    const pick = async (at, letters, column, want) => {
      await typed(page, "SELECT  FROM v_episodes");
      await page.keyboard.press("Home");
      for (let i = 0; i < at; i++) await page.keyboard.press("ArrowRight");
      await page.keyboard.insertText(letters);
      await page.keyboard.press("Control+Space");
      await page.locator(".cm-tooltip-autocomplete .cm-completionLabel").getByText(column, { exact: true }).first().click();
      assert.equal((await page.locator(".cm-line").allInnerTexts()).join("\n"), want);
    };
    await pick(7, "half_li", "half_life_s", "SELECT half_life_s FROM v_episodes");
    await pick(7, "v_episodes.half_li", "half_life_s", "SELECT v_episodes.half_life_s FROM v_episodes");
    await pick(7, "", "half_life_s", "SELECT half_life_s FROM v_episodes");
  });

  await story("SQL: nothing is written", {}, async (page, { url, complaints }) => {
    await open(page, url);
    const count = async () => (await (await fetch(`${url}/api/status`)).json()).rows;
    const before = await count();
    for (const sql of ["DROP TABLE readings", "ALTER TABLE readings DELETE WHERE 1", "CREATE TABLE x (a UInt8) ENGINE = Memory", "SELECT 1; DROP TABLE readings", "SELECT * FROM url('http://127.0.0.1:1/', 'CSV')"]) {
      await typed(page, sql);
      await page.keyboard.press("ControlOrMeta+Enter");
      await answered(page, "failed");
      const words = await page.locator(".result [role=alert]").innerText();
      assert.match(words, /only questions can be asked here|one (question|statement) at a time|[Nn]ot enough privileges|Line \d+, column \d+/, sql);
      assert.doesNotMatch(words, /Code: \d+|DB::Exception/, `${sql}: words for a person`);
    }
    assert.deepEqual(await count(), before);
    for (const c of complaints.splice(0)) assert.match(c, /\/api\/sql|status of 4\d\d/, "only the refusals are complained about");
  });
}
