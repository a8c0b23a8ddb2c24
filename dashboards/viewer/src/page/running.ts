// How the running system is: the banner while the case comes in, and the page
// of the sources.

import type { Status } from "../api";
import { fill, h } from "../dom";
import { whole } from "../format";
import { drawRunning } from "../running";
import { drawSources } from "../sources";

/** Messages that may wait to be stored while all is well. */
const usualLag = 500;

const lagOf = (st: Status): number => (st.lag ?? []).reduce((n, l) => n + l.lag, 0);

/** Whether the recorded case is still on its way into the store. */
export const isFilling = (st: Status): boolean => st.case.name !== "" && (!st.case.done || lagOf(st) > usualLag);

/** While the case comes in, the page says so; elsewhere there is no banner. */
export function drawBanner(host: HTMLElement, st: Status, growing: boolean): void {
  const { loaded, total, done } = st.case;
  host.hidden = !isFilling(st) && !growing;
  if (host.hidden) return fill(host);
  const share = total > 0 ? Math.floor((100 * loaded) / total) : 0;
  const bar = h("progress", { max: 100, value: share, "aria-label": "Loading January 2025" });
  const far = total === 0 ? "It begins in a moment" : done && lagOf(st) === 0 ? "The tables by hour are being filled" : done ? `All ${whole(total)} messages are read, ${whole(lagOf(st))} wait to be stored` : `${whole(loaded)} of ${whole(total)} messages are in`;
  fill(host, h("p", {}, h("b", {}, "The January 2025 case is still being loaded. "), `${far}; what you see fills by itself.`), bar);
}

export function drawSourcesPage(main: HTMLElement, st: Status | null): void {
  if (st === null) return fill(main, h("h1", {}, "Sources"), h("p.empty", {}, "Waiting for the first answer …"));
  let sources = main.querySelector<HTMLElement>("#sources-body");
  let running = main.querySelector<HTMLElement>("#running-body");
  if (sources === null || running === null) {
    sources = h("div", { id: "sources-body" });
    running = h("div", { id: "running-body" });
    fill(main, h("h1", {}, "Sources"), h("p.lede", {}, "Every place that is looked at: how fresh it is, since when, and why."), sources, h("h2", {}, "What is running"), running);
  }
  drawSources(sources, st, "UTC");
  drawRunning(running, st, "UTC");
}
