// Opens the page of a running `tidemark up` in Chromium and uses it as a person
// would: npm run e2e -- http://127.0.0.1:8080 [words of a story's name]
//
// CHROMIUM is the browser (/usr/bin/chromium), SHOTS a folder for pictures of
// what failed, PATIENCE_S how long a state is waited for.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { complaintsOf, launch, patience, wide } from "./helpers.mjs";
import boards from "./boards.mjs";
import january from "./january.mjs";
import use from "./use.mjs";
import sql from "./sql.mjs";
import questions from "./questions.mjs";

const [url = "http://127.0.0.1:8080", wanted = ""] = process.argv.slice(2);
const shots = process.env.SHOTS ?? "";
const browser = await launch();
let failed = 0;

/** One story on a page of its own. Whatever the browser complains about fails it. */
async function story(name, options, tell) {
  if (!name.includes(wanted)) return;
  const context = await browser.newContext({ ...wide, acceptDownloads: true, reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  const complaints = complaintsOf(page, url);
  try {
    await tell(page, { url, browser, complaints });
    assert.deepEqual(complaints, [], "the browser complains");
    console.log(`ok    ${name}`);
  } catch (err) {
    failed++;
    console.error(`FAIL  ${name}\n${err.stack}`);
    if (shots !== "") {
      await mkdir(shots, { recursive: true });
      await page.screenshot({ path: `${shots}/failed-${failed}.png` }).catch(() => undefined);
    }
  } finally {
    await context.close();
  }
}

/** Waits until the case is in all tables: those by hour are filled after the readings. */
async function whole() {
  let last = "";
  for (let same = 0, i = 0; same < 3; i++) {
    const { rows, case: c } = await (await fetch(`${url}/api/status`)).json();
    const now = JSON.stringify(rows);
    same = c.done && now === last && rows.ranks_hourly > 100_000 && rows.lead_lag > 0 ? same + 1 : 0;
    last = now;
    assert.ok(i < 200, `the case is not in all tables: ${now}`);
    await new Promise((go) => setTimeout(go, 2000));
  }
}

await whole();
await boards(story, url);
await january(story);
await use(story);
await sql(story);
await questions(story);
await browser.close();
console.log(failed === 0 ? "all stories are well" : `${failed} stories failed`);
process.exit(failed === 0 ? 0 : 1);
