// Lays the deck out: switches, rank chart, state strip, counts, lists.

import type { Answers } from "./deck";
import * as data from "./deckdata";
import * as controls from "./controls";
import { fill, h, type Child } from "./dom";
import { metricName, targetName, type Zone } from "./format";
import { bandLegend, drawLegend } from "./legend";
import { Plots, type Picture } from "./deckplots";
import { plots, tell } from "./story";
import { eventList, rankTable, reportedTable } from "./tables";
import { theme } from "./theme";
import type { Store } from "./view";

/** The parts of the deck that stay while their content changes. */
export interface Frame {
  shape: string;
  plots: Plots;
  head: HTMLElement;
  bar: HTMLElement;
  legend: HTMLElement;
  rankNote: HTMLElement;
  countHead: HTMLElement;
  lists: HTMLElement;
}

export function drawDeck(host: HTMLElement, old: Frame | null, a: Answers, store: Store): Frame | null {
  const shape = [a.ranks !== null, a.series !== null, store.view.scope].join();
  const t = theme();
  const picture = picturing(a, store, data.names(a.catalogue.entities, t.paper));
  if (a.ranks === null && a.series === null) {
    fill(host, h("div.title", {}, h("h1", { id: "deck-title" }, store.view.scope === "live" ? "Live" : "No case is loaded"), scopeRow(a, store)), h("p.empty", {}, emptyWords(store)));
    return null;
  }
  const frame = old !== null && old.shape === shape ? old : build(host, shape, a, store);
  drawHead(frame, a, store, picture);
  drawBar(frame, a, store, picture);
  drawLists(frame, a, store, picture);
  frame.plots.draw(picture);
  return frame;
}

/** Everything that the parts of the deck need to know about this moment. */
function picturing(a: Answers, store: Store, n: data.Names): Picture {
  const { view } = store;
  const order = a.ranks === null ? [] : data.cast(a.ranks, a.plot);
  const strong = data.strongOnes(order);
  const chart = a.chart ?? a.count;
  const full: [number, number] = [chart?.first ?? 0, (chart?.last ?? 1) + 1];
  const first = a.plot !== null && a.plot.view[0] < full[1] && a.plot.view[1] > full[0] ? a.plot.view : full;
  const usual = order.filter((_id, i) => i >= 8);
  return {
    answers: a,
    names: n,
    order,
    strong,
    hidden: new Set(view.hidden ?? usual),
    full,
    range: view.range ?? first,
    zone: view.zone,
    flags: view.events ? data.flags(a.events, full) : [],
    allFlags: data.flags(a.events, full),
  };
}

function emptyWords(store: Store): string {
  return store.view.scope === "live"
    ? "There is no live chart to draw yet."
    : "No recorded case is loaded. `tidemark up` loads January 2025 by itself; `tidemark replay january-2025` does it by hand.";
}

function build(host: HTMLElement, shape: string, a: Answers, store: Store): Frame {
  const part = (cls: string): HTMLElement => h(`div.${cls}`);
  const rankHost = part("plot.rank");
  const stripHost = part("plot");
  const countHost = part("plot");
  const f: Frame = {
    shape,
    plots: new Plots(store, { rank: rankHost, strip: stripHost, count: countHost }),
    head: part("deck-head"),
    bar: h("div.bar", { role: "toolbar", "aria-label": "What the charts show" }),
    legend: h("div.legend", { role: "group", "aria-label": "Apps" }),
    rankNote: h("p.note"),
    countHead: part("count-head"),
    lists: part("lists"),
  };
  const ranks: Child[] = a.ranks === null ? [] : [f.legend, rankHost, f.rankNote, h("h3", {}, "Where each app stood"), bandLegend(), stripHost];
  const counts: Child[] = a.series === null ? [] : [f.countHead, countHost];
  fill(host, f.head, f.bar, ...ranks, ...counts, f.lists);
  return f;
}

function scopeRow(a: Answers, store: Store): HTMLElement {
  return controls.choice(
    "Recorded or live",
    [
      { value: "case" as const, label: plots[a.catalogue.topic]?.short ?? "Recorded" },
      { value: "live" as const, label: "Live" },
    ],
    store.view.scope,
    (scope) => store.set({ scope, range: null, hidden: null, chart: "", count: "" }),
  );
}

function drawHead(f: Frame, a: Answers, store: Store, p: Picture): void {
  // The story is told from the basis that looked most often.
  const main = a.ranks?.groups.toSorted((x, y) => y.at.length - x.at.length).at(0);
  const words = main === undefined || a.plot === null ? "" : tell(main, a.plot, p.names.name, p.zone);
  const modelled = a.ranks?.groups.some((g) => g.basis === "modelled") === true;
  const title = store.view.scope === "live" ? "Live: what the collectors see now" : (a.plot?.title ?? "The recorded case");
  fill(
    f.head,
    h("div.title", {}, h("h1", { id: "deck-title" }, title), scopeRow(a, store)),
    words === "" ? null : h("p.lede", {}, words),
    modelled
      ? h("p.honest", {}, h("b", {}, "Modelled"), " curves are dashed: nobody published a series, so they are drawn through the ", h("b", {}, "reported"), " points (◆; hollow ◇ where only a bound was published).")
      : null,
  );
}

function drawBar(f: Frame, a: Answers, store: Store, p: Picture): void {
  const spans = (a.plot?.spans ?? []).map((s) => ({ value: `${s.from}-${s.to}`, label: s.label }));
  if (spans.length > 0) spans.push({ value: p.full.join("-"), label: "All data" });
  const at = store.view.range === null ? "" : store.view.range.map(Math.round).join("-");
  fill(
    f.bar,
    a.charts.length === 0 || a.chart === null
      ? null
      : h("label.field", {}, h("span", {}, "Chart"), controls.chartSelect("Chart", a.charts, controls.key(a.chart), (o) => controls.chartTitle(o.target), (k) => store.set({ chart: k.split(" ")[0] ?? "" }))),
    h("div.field", {}, h("span", {}, "Time zone"), controls.zoneChoice(store.view.zone, (zone: Zone) => store.set({ zone }))),
    spans.length === 0 && store.view.range === null ? null : h(
      "div.field",
      {},
      h("span", {}, "Period (or drag on a chart) ", store.view.range === null ? null : h("button.link.reset", { type: "button", onclick: () => store.set({ range: null }) }, "Reset zoom")),
      controls.choice("Period", [{ value: "", label: a.plot === null ? "All data" : "Whole story" }, ...spans], at, (v) => {
        const [from = 0, to = 0] = v.split("-").map(Number);
        store.set({ range: v === "" ? null : [from, to] });
      }),
    ),
    a.events.length === 0 ? null : controls.toggle("Events", store.view.events, (events) => store.set({ events })),
  );
  drawLegend(f.legend, legendEntries(a, p), {
    toggle: (id) => {
      const next = new Set(p.hidden);
      if (!next.delete(id)) next.add(id);
      store.set({ hidden: [...next] });
    },
    solo: (id) => {
      const others = p.order.filter((o) => o !== id);
      const already = others.every((o) => p.hidden.has(o)) && !p.hidden.has(id);
      store.set({ hidden: already ? [] : others });
    },
    focus: (id) => f.plots.focus(id),
    all: () => store.set({ hidden: [] }),
    main: () => store.set({ hidden: null }),
  });
}

function legendEntries(a: Answers, p: Picture): Parameters<typeof drawLegend>[1] {
  return p.order.map((id) => {
    const of = a.ranks?.groups.flatMap((g) => g.series.filter((s) => s.entity === id).map((s) => ({ s, basis: g.basis }))) ?? [];
    const seen = of.some(({ s }) => s.rank.some((r) => r !== null));
    return {
      key: id,
      label: p.names.name.get(id) ?? id,
      colour: p.names.colour.get(id) ?? "#808080",
      dashed: of.some(({ basis }) => basis === "modelled"),
      on: !p.hidden.has(id),
      without: seen ? "" : "Never on this list in this time",
    };
  });
}

function drawLists(f: Frame, a: Answers, store: Store, p: Picture): void {
  const depth = Math.max(0, ...(a.ranks?.groups.map((g) => g.depth) ?? []));
  fill(f.rankNote, a.ranks === null ? null : `Rank on a logarithmic scale, 1 on top; the list is ${depth} deep. A line ends where the app is not on the list or not in the store.`);
  drawCountHead(f, a, store);
  const open = [...f.lists.querySelectorAll("details")].map((d) => d.open);
  const details = (i: number, summary: string, make: () => Node): HTMLElement => {
    const d = h("details", { ontoggle: () => d.open && d.childElementCount === 1 && d.append(make()) }, h("summary", {}, summary));
    d.open = open[i] ?? false;
    return d;
  };
  const { ranks } = a;
  fill(
    f.lists,
    p.allFlags.length === 0 ? null : h("div.block", {}, h("h3", {}, "What happened"), eventList(p.allFlags, p.names, p.zone)),
    a.reported.length === 0 ? null : details(0, `All ${a.reported.length} reported figures, with their sources`, () => reportedTable(a.reported, p.names, p.zone)),
    ranks === null ? null : details(1, "The rank chart as a table: best rank of each day", () => rankTable(ranks, p.order, p.names, p.zone)),
  );
}

function drawCountHead(f: Frame, a: Answers, store: Store): void {
  if (a.count === null) return;
  const oneTarget = a.counts.every((o) => o.target === a.count?.target);
  const name = (o: data.Option): string => (oneTarget ? metricName(o.metric) : `${targetName(o.target)}: ${metricName(o.metric)}`);
  fill(
    f.countHead,
    h("h3", {}, targetName(a.count.target)),
    a.counts.length < 2
      ? h("p.note", {}, metricName(a.count.metric))
      : h("label.field", {}, h("span", {}, "Count"), controls.chartSelect("Series of the count chart", a.counts, controls.key(a.count), name, (k) => store.set({ count: k }))),
    h("p.note", {}, "Logarithmic scale."),
  );
}
