// What a reader sees of a panel: its lines, its axis, its tooltip, its words for
// those who do not see it, and its numbers. Nothing of it is asked of the address.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

export const panelOf = (page, title) => page.locator(".panel").filter({ has: page.locator(".panel-title", { hasText: new RegExp(`^${title}$`) }) });

/** Brings a panel into sight and waits until it is drawn. */
export async function drawn(panel) {
  await panel.scrollIntoViewIfNeeded();
  await panel.page().waitForFunction((el) => el.dataset.state === "drawn" && !el.classList.contains("pending"), await panel.elementHandle());
  return panel;
}

export async function menu(panel, item) {
  await panel.getByRole("button", { name: /^Menu: / }).click();
  await panel.getByRole("menuitem", { name: item }).click();
}

/** The numbers of a panel, as it gives them to a spreadsheet. */
export async function csvOf(panel) {
  await drawn(panel);
  const [file] = await Promise.all([panel.page().waitForEvent("download"), menu(panel, "Download CSV")]);
  const [head, ...rows] = (await readFile(await file.path(), "utf8")).trimEnd().split("\r\n").map(cells);
  return { name: file.suggestedFilename(), head, rows, column: (title) => rows.map((r) => r[head.indexOf(title)]) };
}

const cells = (line) => [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map((m) => m[1]?.replaceAll('""', '"') ?? m[2]);

/** A line of a CSV over time: its values that are there, plain numbers, with their moments in ms. */
export function values(csv, title) {
  assert.ok(csv.head.includes(title), `a line ${title}: ${csv.head}`);
  return csv.column(title).flatMap((v, i) => (v === "" ? [] : [{ at: Date.parse(csv.rows[i][0]), value: Number(v) }]));
}

/** The names in the legend whose lines are drawn. */
export const legendOf = async (panel) => (await (await drawn(panel)).locator(".panel-key[aria-pressed=true]").allInnerTexts()).map((w) => w.trim()).sort();

/** Whose lines they are: what they count, where and how is left out. */
export const whose = (names) => [...new Set(names.map((n) => n.replace(/ [(·].*$/, "")))].sort();

/** Remembers what is written on each canvas; to be called before the page is opened. */
export const readCanvases = (page) =>
  page.addInitScript(() => {
    const draws = CanvasRenderingContext2D.prototype;
    const { fillText, clearRect } = draws;
    draws.clearRect = function (x, y, w, h) {
      if (w >= this.canvas.width && h >= this.canvas.height) this.canvas.written = [];
      return clearRect.call(this, x, y, w, h);
    };
    draws.fillText = function (text, x, y, ...more) {
      (this.canvas.written ??= []).push({ text: String(text), x, y });
      return fillText.call(this, text, x, y, ...more);
    };
  });

/** The marks of the time axis as they stand on the canvas: words, and how far right in the plot (0 to 1). */
export async function timeAxis(panel) {
  await drawn(panel);
  return panel.evaluate((el) => {
    const [canvas, over] = [el.querySelector(".uplot canvas"), el.querySelector(".u-over")];
    const [c, o, scale] = [canvas.getBoundingClientRect(), over.getBoundingClientRect(), canvas.width / canvas.clientWidth];
    const marks = new Map();
    for (const w of canvas.written ?? []) {
      if (w.y / scale < o.bottom - c.top + 1) continue;
      const at = (w.x / scale - (o.left - c.left)) / o.width;
      marks.set(at, marks.has(at) ? `${marks.get(at)} ${w.text}` : w.text);
    }
    return [...marks].map(([at, words]) => ({ at, words }));
  });
}

const inZone = (zone, options) => new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", ...options });

/** Holds that the drawn axis is of this range: each of its marks says the moment, in that zone, at which it stands. */
export async function axisIs(panel, from, to, zone) {
  const marks = await timeAxis(panel);
  assert.ok(marks.length >= 3, `the axis has marks: ${JSON.stringify(marks)}`);
  for (const { at, words } of marks) {
    const clock = words.match(/^\d\d:\d\d/)?.[0];
    // Marks stand on whole pixels: their moments are those of the next quarter of an hour or day.
    const grid = clock === undefined ? 3_600_000 : 900_000;
    const moment = Math.round((from + at * (to - from)) / grid) * grid;
    if (clock !== undefined) assert.equal(clock, inZone(zone, { hour: "2-digit", minute: "2-digit" }).format(moment), `“${words}” stands at ${new Date(moment).toISOString()}`);
    const day = words.match(/\d+ [A-Z][a-z][a-z]$/)?.[0];
    if (day !== undefined) assert.equal(day, inZone(zone, { day: "numeric", month: "short" }).format(moment), `“${words}” stands at ${new Date(moment).toISOString()}`);
  }
}

/** The words beside the pointer at a place of the plot. */
export async function tipAt(panel, share, height = 0.5) {
  await drawn(panel);
  const { page } = { page: panel.page() };
  const box = await panel.locator(".u-over").first().boundingBox();
  await page.mouse.move(box.x + box.width * share - 3, box.y + box.height * height);
  await page.mouse.move(box.x + box.width * share, box.y + box.height * height, { steps: 2 });
  const tip = page.locator(".panel-tip:visible");
  await tip.waitFor();
  return { when: await tip.locator(".when").first().innerText(), lines: await tip.locator("li").allInnerTexts() };
}

/** What is read out to those who walk a chart by keys. */
export async function walk(panel, key) {
  await drawn(panel);
  await panel.locator(".panel-plot").first().press(key);
  return panel.locator(".panel-chart [role=status], .panel-body [role=status]").first().textContent();
}

/** Walks from the left until a line is read out so, and gives the moment at which it is. */
export async function firstMoment(panel, words, most = 120) {
  for (let i = 0, said = await walk(panel, "Home"); i < most; i++, said = await walk(panel, "ArrowRight")) {
    if (words.test(said)) return said.split(". ")[0];
  }
  return assert.fail(`${words} was not read out within ${most} steps`);
}
