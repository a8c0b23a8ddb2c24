// How the browser tests look at the page.
import { chromium } from "playwright-core";

const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** How long a state is waited for; a busy machine may need it. */
export const patience = Number(process.env.PATIENCE_S ?? 120) * 1000;

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags });

export const wide = { viewport: { width: 1440, height: 1000 } };
export const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

/** Collects what the browser complains about, and every request to elsewhere. */
export function complaintsOf(page, url) {
  const complaints = [];
  page.on("console", (m) => {
    if (m.type() === "error" || m.type() === "warning") complaints.push(`console: ${m.text()}`);
  });
  page.on("pageerror", (e) => complaints.push(`error: ${e.message}`));
  page.on("request", (r) => {
    if (!r.url().startsWith(url) && !/^(data|blob):/.test(r.url())) complaints.push(`asks elsewhere: ${r.url()}`);
  });
  page.on("response", (r) => {
    if (r.status() >= 400) complaints.push(`${r.status()}: ${r.url()}`);
  });
  return complaints;
}

/** Waits until every panel in sight has an answer. */
export async function settled(page) {
  await page.waitForSelector(".dashboard[data-state=asked]");
  await page.waitForFunction(() => {
    const near = (el) => {
      const b = el.getBoundingClientRect();
      return b.height > 0 && b.bottom > 0 && b.top < innerHeight;
    };
    const panels = [...document.querySelectorAll(".panel")].filter(near);
    return panels.length > 0 && panels.every((p) => ["drawn", "empty", "failed"].includes(p.dataset.state));
  });
}

/** Makes the window as tall as the page, so that every panel is in sight; opens closed rows first. */
export async function everything(page) {
  await page.waitForSelector(".dashboard[data-state=asked]");
  for (const row of await page.locator(".row-title[aria-expanded=false]").all()) await row.click();
  const { width } = page.viewportSize();
  for (let i = 0; i < 3; i++) {
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    await page.setViewportSize({ width, height: Math.min(12_000, Math.max(800, height)) });
    await settled(page);
  }
  await page.evaluate(() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go))));
}

/** The panels with what they say. */
export const panels = (page) =>
  page.$$eval(".panel", (all) =>
    all.map((p) => ({ id: Number(p.dataset.panel), type: p.dataset.type, state: p.dataset.state ?? "", title: p.querySelector(".panel-title")?.textContent ?? "", says: p.dataset.state === "drawn" ? "" : (p.querySelector(".panel-body")?.innerText ?? "") })),
  );
