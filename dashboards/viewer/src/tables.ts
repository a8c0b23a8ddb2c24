// The charts as tables, for those who read better than they see, and the lists
// of events and of published figures.

import type { Ranks, Reported } from "./api";
import { h } from "./dom";
import { date, metricName, short, startDate, stretch, targetName, type Zone } from "./format";
import type { Names } from "./deckdata";
import type { Flag } from "./spec";

const stateWords: Record<string, string> = { u: "beyond", n: "not fetched", d: "not in store" };

/** The best rank of each app on each day. */
export function rankTable(r: Ranks, order: readonly string[], n: Names, zone: Zone): HTMLElement {
  const days = new Map<string, Map<string, string>>();
  for (const g of r.groups) {
    g.at.forEach((t, i) => {
      const key = date(t, zone);
      const row = days.get(key) ?? new Map<string, string>();
      days.set(key, row);
      for (const s of g.series) row.set(s.entity, better(row.get(s.entity), s.rank[i] ?? null, s.state.charAt(i)));
    });
  }
  const head = h("tr", {}, h("th", { scope: "col" }, "Day"), ...order.map((id) => h("th", { scope: "col" }, n.name.get(id) ?? id)));
  const body = h("tbody", {});
  for (const [day, row] of days) {
    body.append(h("tr", {}, h("th", { scope: "row" }, day), ...order.map((id) => h("td", {}, row.get(id) ?? "–"))));
  }
  return h("div.scroll", { tabindex: 0, role: "region", "aria-label": "Best rank of each day" }, h("table.data", {}, h("thead", {}, head), body));
}

function better(had: string | undefined, rank: number | null, state: string): string {
  if (rank === null) return had ?? stateWords[state] ?? "–";
  const before = had?.startsWith("#") === true ? Number(had.slice(1)) : Infinity;
  return `#${Math.min(before, rank)}`;
}

export function eventList(flags: readonly Flag[], n: Names, zone: Zone): HTMLElement {
  const list = h("ol.events", {});
  for (const { event: e, number } of flags) {
    list.append(
      h(
        "li",
        {},
        h("span.badge", { "aria-hidden": "true" }, number),
        h("span", {}, h("b", {}, startDate(e.at, e.until, zone)), ` ${subjects(e.subject, n)}: ${e.text}`, h("small", {}, ` ${e.publisher}`)),
      ),
    );
  }
  return list;
}

/** "capcut, tiktok" → "CapCut, TikTok" */
export const subjects = (ids: string, n: Names): string =>
  ids
    .split(", ")
    .map((id) => n.name.get(id) ?? id)
    .join(", ");

export function reportedTable(facts: readonly Reported[], n: Names, zone: Zone): HTMLElement {
  const body = h("tbody", {});
  for (const f of facts) {
    body.append(
      h(
        "tr",
        {},
        h("td", { "data-label": "When" }, f.at > 0 ? stretch(f.at, f.until, zone) : `no date (reported: ${f.reported})`),
        h("td", { "data-label": "What" }, `${n.name.get(f.subject) ?? f.subject}: ${metricName(f.text)}`, f.scope === "" ? null : h("small", {}, ` ${f.scope.includes("/") ? targetName(f.scope) : f.scope}`)),
        h("td.number", { "data-label": "Figure" }, f.value === null ? f.value_text : f.unit === "rank" ? `#${f.value}` : short(f.value), f.unit === "rank" ? null : h("small", {}, ` ${f.unit}`)),
        h("td", { "data-label": "Source" }, f.publisher, h("small", {}, ` ${f.confidence}`)),
      ),
    );
  }
  const head = ["When it was so", "What", "Figure", "Source, confidence"].map((t) => h("th", { scope: "col" }, t));
  return h("div.scroll", { tabindex: 0, role: "region", "aria-label": "Reported figures" }, h("table.data.text", {}, h("thead", {}, h("tr", {}, ...head)), body));
}
