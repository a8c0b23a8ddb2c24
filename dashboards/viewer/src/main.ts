// The page: asks for the state of things every few seconds and draws it.

import "uplot/dist/uPlot.min.css";
import "./style.css";
import { ask, type Catalogue, type Status } from "./api";
import { Deck } from "./deck";
import { names } from "./deckdata";
import { byId, fill, h } from "./dom";
import { drawLive, type LiveAnswer } from "./live";
import { drawPulse, drawRunning } from "./running";
import { drawSources } from "./sources";
import { onThemeChange, theme } from "./theme";
import { Store } from "./view";

const statusWhileLoading = 2500;
const statusEvery = 6000;
const chartsWhileLoading = 5000;
const chartsEvery = 30_000;

class Page {
  private readonly store = new Store();
  private readonly deck = new Deck(this.store);
  private status: Status | null = null;
  private busy = 0;
  private loaded = -1;
  private asked = 0;

  start(): void {
    this.store.listen(() => this.drawStatus());
    onThemeChange(() => this.deck.redraw());
    document.addEventListener("click", jump);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) void this.tick();
    });
    void this.loop();
  }

  private async loop(): Promise<void> {
    for (;;) {
      await this.tick();
      const busy = this.status === null || (this.status.case.name !== "" && !this.status.case.done);
      await new Promise((go) => setTimeout(go, busy ? statusWhileLoading : statusEvery));
    }
  }

  /** One round: the status always, the charts while they change. */
  private async tick(): Promise<void> {
    if (document.hidden || this.busy > 0) return;
    this.busy++;
    try {
      this.status = await ask<Status>("status");
      byId("trouble").hidden = true;
      this.drawStatus();
      await this.charts(this.status);
    } catch (err) {
      trouble(err instanceof Error ? err.message : String(err));
    } finally {
      this.busy--;
    }
  }

  /** The charts are asked for while rows come in, and now and then after. */
  private async charts(st: Status): Promise<void> {
    const rows = Object.values(st.rows).reduce((a, b) => a + b, 0);
    const waited = Date.now() - this.asked;
    if (waited < (rows === this.loaded ? chartsEvery : chartsWhileLoading)) return;
    this.loaded = rows;
    this.asked = Date.now();
    await Promise.all([this.deck.load(), this.live(st)]);
  }

  private async live(st: Status): Promise<void> {
    const [answer, catalogue] = await Promise.all([ask<LiveAnswer>("live"), ask<Catalogue>("catalogue")]);
    drawLive(byId("live"), answer, names(catalogue.entities, theme().paper), st.sources);
  }

  private drawStatus(): void {
    if (this.status === null) return;
    const { zone } = this.store.view;
    drawPulse(byId("pulse"), this.status);
    drawSources(byId("sources-body"), this.status, zone);
    drawRunning(byId("running-body"), this.status, zone);
  }
}

function trouble(why: string): void {
  const box = byId("trouble");
  fill(box, h("b", {}, "No answer. "), why, " What you see below may be old; the page keeps trying.");
  box.hidden = false;
}

/** Links within the page must not touch the address: the view lives there. */
function jump(e: Event): void {
  const link = e.target instanceof Element ? e.target.closest<HTMLElement>("[data-jump]") : null;
  if (link === null) return;
  e.preventDefault();
  byId(link.dataset["jump"] ?? "main").scrollIntoView({ behavior: "smooth" });
}

new Page().start();
