// The app: which place of the page is shown, and what all of them share.

import type { Status } from "../api";
import { byId, fill, h } from "../dom";
import { home, readAddress, write, type Address } from "./address";
import * as client from "./client";
import { DashboardView, type AppHost } from "./dashboard";
import { onKeys } from "./keys";
import { drawList, inOrder, Masthead } from "./masthead";
import { announce } from "./popover";
import { drawBanner, drawSourcesPage, isFilling } from "./running";
import { onThemeChange, setTheme, themeNow } from "./themes";

const statusWhileLoading = 2500;
const statusEvery = 10_000;
const afterLoading = 60_000;
/** For how long after its start the case may still be on its way. */
const youngFor = 300_000;
/** Rows between two looks that live collectors may bring. */
const usualGrowth = 500;

export class App implements AppHost {
  private at: Address = readAddress(location.pathname, location.search);
  private view: DashboardView | null = null;
  private leave: () => void = () => undefined;
  private shownPlace = "";
  private status: Status | null = null;
  private known: Promise<client.DashboardInfo[]> | null = null;
  /** Rows in all tables: at the last look, and when the panels were last asked. */
  private last = -1;
  private drawnAt = -1;
  private growing = false;
  /** Until when the last rows of the case may still come. */
  private filling = 0;
  private readonly masthead = new Masthead(this);

  start(): void {
    addEventListener("popstate", () => this.arrive());
    document.addEventListener("click", (e) => this.click(e));
    onThemeChange(() => this.view?.redraw());
    addEventListener("beforeprint", () => void this.view?.loadAll());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) void this.tick();
    });
    onKeys(this);
    void this.show();
    void this.loop();
  }

  // What the parts ask for.

  address(): Address {
    return this.at;
  }

  theme(): "light" | "dark" {
    return themeNow();
  }

  switchTheme(): string {
    const next = setTheme();
    this.view?.redraw();
    return next;
  }

  board(): DashboardView | null {
    return this.view;
  }

  loading(): boolean {
    return this.status !== null && (isFilling(this.status) || (this.growing && this.isFresh()));
  }

  collecting(): boolean {
    return this.status === null || this.status.sources.some((s) => s.state !== "recorded");
  }

  infos(): Promise<readonly client.DashboardInfo[]> {
    this.known ??= client.dashboards().then(inOrder).catch((err: unknown) => {
      this.known = null;
      throw err;
    });
    return this.known;
  }

  change(what: Partial<Address>, keep: boolean): void {
    const next = { ...this.at, ...what };
    const href = write(next);
    if (href === write(this.at)) return;
    if (keep) history.pushState(null, "", href);
    else history.replaceState(null, "", href);
    this.at = next;
    void this.show();
  }

  go(href: string): void {
    const u = new URL(href, location.href);
    const target = readAddress(u.pathname, u.search);
    if (u.origin !== location.origin || target.place === "nowhere") {
      location.assign(u);
      return;
    }
    history.pushState(null, "", u);
    const moved = target.place !== this.at.place || target.uid !== this.at.uid;
    this.arrive();
    if (moved) scrollTo(0, 0);
  }

  // What the browser tells.

  private arrive(): void {
    this.at = readAddress(location.pathname, location.search);
    void this.show();
  }

  /** Links within the page need no new page. */
  private click(e: MouseEvent): void {
    if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
    const a = e.target instanceof Element ? e.target.closest("a") : null;
    if (a === null || a.target === "_blank" || a.hasAttribute("download")) return;
    const u = new URL(a.href, location.href);
    if (u.origin !== location.origin || a.getAttribute("href")?.startsWith("#") === true) return;
    if (readAddress(u.pathname, u.search).place === "nowhere") return;
    e.preventDefault();
    document.querySelector("dialog")?.close();
    this.go(u.href);
  }

  // Places.

  private async show(): Promise<void> {
    const uid = this.at.uid || home;
    const place = this.at.place === "dashboard" ? `d/${uid}` : this.at.place;
    if (place === this.shownPlace) {
      await this.view?.show();
      return;
    }
    const isFirst = this.shownPlace === "";
    this.shownPlace = place;
    this.view?.destroy();
    this.view = null;
    this.leave();
    this.leave = () => undefined;
    const main = byId("main");
    main.className = `place-${this.at.place}`;
    fill(main, h("p.empty", {}, "One moment …"));
    this.masthead.place(this.at);
    try {
      await this.open(place, uid, main);
    } catch (err) {
      if (place === this.shownPlace) this.failed(main, err);
    }
    if (!isFirst && place === this.shownPlace) main.focus({ preventScroll: true });
  }

  private async open(place: string, uid: string, main: HTMLElement): Promise<void> {
    if (this.at.place === "dashboard") {
      const file = await client.dashboard(uid);
      if (place !== this.shownPlace) return;
      this.view = new DashboardView(file, this, main);
      this.title(file.title);
      await this.view.show();
      return;
    }
    switch (this.at.place) {
      case "dashboards":
        this.title("Dashboards");
        drawList(main, await this.infos());
        return;
      case "sources":
        this.title("Sources");
        this.drawSources();
        return;
      case "sql": {
        this.title("SQL");
        const { SQLPage } = await import("./sqlpage");
        if (place !== this.shownPlace) return;
        const page = new SQLPage(main);
        this.leave = () => page.destroy();
        return;
      }
      default:
        this.title("Not here");
        fill(main, h("h1", {}, "There is no such page"), h("p", {}, "The address leads nowhere. ", h("a", { href: "/dashboards" }, "All dashboards"), "."));
    }
  }

  private title(words: string): void {
    document.title = `${words} · Tidemark`;
    this.masthead.title(words);
    announce(words);
  }

  private failed(main: HTMLElement, err: unknown): void {
    const again = (): void => {
      this.shownPlace = "";
      void this.show();
    };
    const why = err instanceof Error ? err.message : String(err);
    fill(main, h("h1", {}, "This page could not be opened"), h("p.trouble", { role: "alert" }, why), h("p", {}, h("button.primary", { type: "button", onclick: again }, "Try again"), " ", h("a", { href: "/dashboards" }, "All dashboards")));
  }

  // The state of the running system.

  private async loop(): Promise<void> {
    for (;;) {
      await this.tick();
      await new Promise((go) => setTimeout(go, this.status === null || this.isFresh() ? statusWhileLoading : statusEvery));
    }
  }

  private async tick(): Promise<void> {
    if (document.hidden && this.status !== null) return;
    try {
      this.status = await client.status();
      this.masthead.pulse(this.status);
    } catch (err) {
      this.masthead.silence(err instanceof Error ? err.message : String(err));
      return;
    }
    if (this.at.place === "sources") this.drawSources();
    this.follow(this.status);
    drawBanner(byId("banner"), this.status, this.isFresh() && this.growing);
  }

  /**
   * While the case comes in, what is shown is asked anew; never before the last
   * answers are there. The tables by hour are filled after the readings are in.
   */
  private follow(st: Status): void {
    const rows = Object.values(st.rows).reduce((a, b) => a + b, 0);
    const isYoung = this.last < 0 && Date.parse(st.now) - Date.parse(st.started_at) < youngFor;
    this.growing = this.last >= 0 && rows - this.last > usualGrowth;
    if (this.loading() || isYoung || (this.isFresh() && this.growing)) this.filling = Date.now() + afterLoading;
    this.last = rows;
    if (this.drawnAt < 0) this.drawnAt = rows;
    if (this.view === null || this.view.isBusy() || !this.isFresh() || rows === this.drawnAt) return;
    this.drawnAt = rows;
    void this.view.refresh();
  }

  private isFresh(): boolean {
    return Date.now() < this.filling;
  }

  private drawSources(): void {
    if (this.shownPlace === "sources") drawSourcesPage(byId("main"), this.status);
  }
}
