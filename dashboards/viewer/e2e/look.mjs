// Takes pictures of every dashboard, wide and on a phone, light and dark:
//
//	node e2e/look.mjs http://127.0.0.1:8080 ../../bin/screens [uid …]
//
// CHROMIUM is the browser. It ends with 1 where a panel could not be drawn.
import { mkdir } from "node:fs/promises";
import { complaintsOf, everything, launch, panels, patience, phone, wide } from "./helpers.mjs";

const [url = "http://127.0.0.1:8080", dir = "../../bin/screens", ...only] = process.argv.slice(2);
await mkdir(dir, { recursive: true });
const all = await (await fetch(`${url}/api/dashboards`)).json();
const uids = all.map((d) => d.uid).filter((uid) => only.length === 0 || only.includes(uid) || only.includes(uid.replace(/^tidemark-/, "")));
const browser = await launch();
let bad = 0;

async function picture(name, path, options, wait) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  const complaints = complaintsOf(page, url);
  try {
    await page.goto(url + path);
    await wait(page);
    const said = (await panels(page)).filter((p) => p.state !== "drawn");
    for (const p of said) console.log(`  ${p.state.padEnd(7)} ${p.id} ${p.type} “${p.title}”: ${p.says.replace(/\s+/g, " ")}`);
    bad += said.filter((p) => p.state === "failed").length + complaints.length;
    for (const c of complaints) console.log(`  ${c}`);
  } catch (err) {
    bad++;
    console.log(`  ${err.message.split("\n")[0]}`);
  }
  await page.screenshot({ path: `${dir}/${name}.png`, fullPage: true });
  console.log(`${dir}/${name}.png`);
  await context.close();
}

for (const uid of uids) {
  const name = uid.replace(/^tidemark-/, "");
  await picture(`${name}-1440`, `/d/${uid}`, wide, everything);
  await picture(`${name}-390`, `/d/${uid}`, phone, everything);
  await picture(`${name}-dark-1440`, `/d/${uid}`, { ...wide, colorScheme: "dark" }, everything);
  await picture(`${name}-dark-390`, `/d/${uid}`, { ...phone, colorScheme: "dark" }, everything);
}
if (only.length === 0 || only.includes("first")) {
  await picture("home-first-screen", "/", wide, (page) => page.waitForSelector(".panel[data-state=drawn]"));
}
if (only.length === 0 || only.includes("places")) {
  const shown = (selector) => (page) => page.waitForSelector(selector);
  for (const [size, options] of [["1440", wide], ["390", phone]]) {
    await picture(`sql-${size}`, "/sql", options, async (page) => {
      await page.waitForSelector(".editor[data-ready]");
      await page.getByRole("button", { name: "Run", exact: true }).click();
      await page.waitForSelector(".result[data-state=done], .result[data-state=failed]");
    });
    await picture(`sources-${size}`, "/sources", options, shown("#sources-body :is(table, .empty)"));
    await picture(`dashboards-${size}`, "/dashboards", options, shown(".cards"));
  }
}
await browser.close();
process.exit(bad === 0 ? 0 : 1);
