// The charts of one scope under each other: ranks, states, counts.

import { ask, type Catalogue, type CaseEvent, type Counts, type Gap, type Ranks, type Reported } from "./api";
import * as data from "./deckdata";
import { byId, fill, h } from "./dom";
import { drawDeck, type Frame } from "./deckview";
import { plots, type Plot } from "./story";
import type { Store, View } from "./view";

/** Everything that was answered for the scope at hand. */
export interface Answers {
  catalogue: Catalogue;
  charts: data.Option[];
  counts: data.Option[];
  chart: data.Option | null;
  count: data.Option | null;
  ranks: Ranks | null;
  series: Counts | null;
  events: CaseEvent[];
  reported: Reported[];
  gaps: Gap[];
  plot: Plot | null;
}

/** Asks for what the view needs and draws it; again whenever the view changes. */
export class Deck {
  private frame: Frame | null = null;
  private answers: Answers | null = null;
  private last = "";
  private run = 0;

  constructor(private readonly store: Store) {
    store.listen((_v, what) => {
      if (what.has("scope") || what.has("chart") || what.has("count")) void this.load();
      else this.redraw();
    });
  }

  /** Asks again; draws only if something has changed. */
  async load(): Promise<void> {
    const run = ++this.run;
    try {
      const answers = await collect(this.store.view);
      if (run !== this.run) return;
      const seen = JSON.stringify(answers) + this.store.view.scope;
      if (seen === this.last) return;
      this.last = seen;
      this.answers = answers;
      this.redraw();
    } catch (err) {
      if (run === this.run) this.fail(err instanceof Error ? err.message : String(err));
    }
  }

  redraw(): void {
    if (this.answers === null) return;
    this.frame = drawDeck(byId("deck"), this.frame, this.answers, this.store);
  }

  private fail(why: string): void {
    if (this.answers !== null) return; // what is drawn stays; the header says what is wrong
    fill(byId("deck"), h("h1", { id: "deck-title" }, "No charts yet"), h("p.empty", {}, why));
    this.frame = null;
    this.last = "";
  }
}

async function collect(view: Readonly<View>): Promise<Answers> {
  const catalogue = await ask<Catalogue>("catalogue");
  const charts = data.chartOptions(catalogue, view.scope);
  const counts = data.countOptions(catalogue, view.scope);
  const chart = charts.find((o) => o.target === view.chart) ?? charts[0] ?? null;
  const count = counts.find((o) => `${o.target} ${o.metric}` === view.count) ?? counts[0] ?? null;
  const topic = view.scope === "case" ? catalogue.topic : "";
  const bases = view.scope === "case" ? "recorded" : "live";
  const [ranks, series, events, reported, gaps] = await Promise.all([
    chart === null ? null : ask<Ranks>("ranks", { target: chart.target, bases }),
    count === null ? null : ask<Counts>("series", { target: count.target, metric: count.metric, bases }),
    topic === "" ? [] : ask<CaseEvent[]>("events", { topic }),
    topic === "" ? [] : ask<Reported[]>("reported", { topic }),
    chart === null ? [] : ask<Gap[]>("gaps", { target: chart.target, bases }),
  ]);
  return { catalogue, charts, counts, chart, count, ranks, series, events, reported, gaps, plot: plots[topic] ?? null };
}
