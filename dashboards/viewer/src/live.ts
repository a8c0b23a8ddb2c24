// The newest live readings, beside the recorded case.

import type { LiveReading, Source } from "./api";
import { fill, h, swatch } from "./dom";
import { age, metricName, targetName, whole } from "./format";
import type { Names } from "./deckdata";
import { brief, groups } from "./sources";

export interface LiveAnswer {
  now: number;
  readings: LiveReading[];
}

export function drawLive(host: HTMLElement, a: LiveAnswer, n: Names, sources: readonly Source[]): void {
  const live = sources.filter((s) => s.state !== "recorded");
  if (a.readings.length === 0) {
    const why = groups(live).map((g) => h("li", {}, h("b", {}, g.source), `: ${brief(g.rows[0]?.why ?? "") || "nothing to tell"}`));
    fill(
      host,
      h("h2", { id: "live-title" }, "Live now"),
      h("p.empty", {}, live.length === 0 ? "No live source is switched on." : "No live look has succeeded yet."),
      why.length === 0 ? null : h("ul.why", {}, ...why),
    );
    return;
  }
  const body = h("tbody", {});
  for (const r of a.readings) {
    const colour = n.colour.get(r.entity);
    body.append(
      h(
        "tr",
        {},
        h("th", { scope: "row" }, colour === undefined ? null : swatch(colour), n.name.get(r.entity) ?? r.subject),
        h("td", { "data-label": "Where" }, targetName(r.target)),
        h("td.number", { "data-label": "Now" }, value(r)),
        h("td", { "data-label": "Seen" }, `${age(a.now - r.at)} ago`),
      ),
    );
  }
  const head = ["What", "Where", "Now", "Seen"].map((t) => h(t === "Now" ? "th.number" : "th", { scope: "col" }, t));
  fill(host, h("h2", { id: "live-title" }, "Live now"), h("table.data.text", {}, h("thead", {}, h("tr", {}, ...head)), body));
}

function value(r: LiveReading): string {
  if (r.metric === "rank") {
    if (r.value !== null) return `#${r.value}`;
    if (r.state === "delisted") return "not in the store";
    return r.state === "unranked" ? `beyond #${r.depth}` : "nobody looked";
  }
  return r.value === null ? "–" : `${whole(r.value)} ${metricName(r.metric)}`;
}
