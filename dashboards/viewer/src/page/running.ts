// How the running system is: the banner while the case comes in, and the page
// of the sources.

import type { Status } from "../api";
import { fill, h } from "../dom";
import { whole } from "../format";
import { drawRunning } from "../running";
import { drawSources } from "../sources";

/** While the case comes in, the page says so; elsewhere there is no banner. */
export function drawBanner(host: HTMLElement, st: Status): void {
  const { name, loaded, total, done } = st.case;
  const loading = name !== "" && !done;
  host.hidden = !loading;
  if (!loading) return fill(host);
  const share = total > 0 ? Math.floor((100 * loaded) / total) : 0;
  const bar = h("progress", { max: 100, value: share, "aria-label": `Loading ${name}` });
  fill(host, h("p", {}, h("b", {}, "The January 2025 case is still being loaded. "), `${whole(loaded)} of ${whole(total)} messages are in; what you see fills by itself.`), bar);
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
