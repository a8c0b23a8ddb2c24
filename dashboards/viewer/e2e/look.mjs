// How the browser test looks at the page.
import assert from "node:assert/strict";

/** Collects what the browser complains about, and every request to elsewhere. */
export function trouble(page, url) {
  const complaints = [];
  page.on("console", (m) => {
    if (m.type() === "error" || m.type() === "warning") complaints.push(`console: ${m.text()}`);
  });
  page.on("pageerror", (e) => complaints.push(`error: ${e.message}`));
  page.on("request", (r) => {
    if (!r.url().startsWith(url) && !r.url().startsWith("data:")) complaints.push(`asks elsewhere: ${r.url()}`);
  });
  page.on("response", (r) => {
    if (r.status() >= 400) complaints.push(`${r.status()}: ${r.url()}`);
  });
  return complaints;
}

/** How many pixels of a canvas have a colour, or nearly. */
export async function drawn(page, selector, colour) {
  await page.waitForTimeout(150); // uPlot draws in the next frame
  return page.locator(`#deck ${selector}`).first().evaluate((canvas, [r, g, b]) => {
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    let n = 0;
    for (let i = 0; i < data.length; i += 4) {
      if (data[i + 3] > 200 && Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) < 24) n++;
    }
    return n;
  }, colour);
}

/** Waits until an element shows words that match. */
export async function visible(page, selector, words) {
  await page.waitForFunction(([s, source, flags]) => new RegExp(source, flags).test(document.querySelector(s)?.innerText ?? ""), [selector, words.source, words.flags]);
}

export function near(got, want, share, what) {
  assert.ok(Math.abs(got - want) <= want * share, `${what}: ${got}, want about ${want}`);
}
