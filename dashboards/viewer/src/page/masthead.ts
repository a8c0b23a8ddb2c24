// The head of every page: where one is, where one can go, and how Tidemark is.

import type { Status } from "../api";
import { byId, fill, h } from "../dom";
import { drawPulse } from "../running";
import type { Address } from "./address";
import type { App } from "./app";
import type { DashboardInfo } from "./client";
import { help } from "./keys";
import { popover } from "./popover";
import { theme, type Theme } from "./themes";

const themeWords: Record<Theme, string> = { auto: "as your system", light: "light", dark: "dark" };
const themeSigns: Record<Theme, string> = { auto: "◐", light: "☀", dark: "☾" };

export class Masthead {
  private readonly pick = h("button.pick.boards", { type: "button", id: "boards" }, "Dashboards");
  private readonly line = h("p.pulse", {}, "Asking Tidemark how it is …");
  private readonly places = h("nav.places", { "aria-label": "Places" });
  private readonly themeButton = h("button.icon", { type: "button", onclick: () => this.turn() });

  constructor(private readonly app: App) {
    const pop = popover(this.pick, { label: "Dashboards", cls: "boards", open: (el, close) => this.list(el, close) });
    const keys = h("button.icon", { type: "button", "aria-label": "Keyboard and help", title: "Keyboard and help (?)", onclick: () => help() }, "?");
    fill(
      byId("masthead"),
      h("a.brand", { href: "/", "aria-label": "Tidemark, home" }, h("img", { src: "/icon.svg", alt: "", width: 26, height: 26 }), h("span", {}, "Tidemark")),
      this.pick,
      pop,
      this.places,
      this.line,
      h("div.tools", {}, this.themeButton, keys),
    );
    this.nameTheme(theme());
  }

  place(a: Address): void {
    const links: readonly [string, string, boolean][] = [
      ["/dashboards", "All", a.place === "dashboards"],
      ["/sql", "SQL", a.place === "sql"],
      ["/sources", "Sources", a.place === "sources"],
    ];
    fill(this.places, ...links.map(([href, label, here]) => h("a", { href, "aria-current": here ? "page" : null }, label)));
  }

  title(words: string): void {
    fill(this.pick, h("span", {}, this.app.address().place === "dashboard" ? words : "Dashboards"));
    this.pick.setAttribute("aria-label", this.app.address().place === "dashboard" ? `Dashboards: ${words}` : "Dashboards");
  }

  pulse(st: Status): void {
    this.line.classList.remove("silent");
    drawPulse(this.line, st);
  }

  silence(why: string): void {
    this.line.classList.add("silent");
    fill(this.line, h("b", {}, "No answer. "), why);
  }

  private turn(): void {
    this.nameTheme(this.app.switchTheme() as Theme);
  }

  private nameTheme(t: Theme): void {
    fill(this.themeButton, themeSigns[t]);
    const words = `Colours: ${themeWords[t]}`;
    this.themeButton.setAttribute("aria-label", words);
    this.themeButton.title = words;
  }

  private list(el: HTMLElement, close: () => void): HTMLElement | null {
    fill(el, h("p.hint", {}, "One moment …"));
    void this.app
      .infos()
      .then((infos) => {
        fill(el, ...folders(infos).map(([folder, list]) => group(folder, list, this.app.address().uid, close)));
        el.querySelector<HTMLElement>("a")?.focus();
      })
      .catch((err: unknown) => fill(el, h("p.wrong", {}, err instanceof Error ? err.message : String(err))));
    return null;
  }
}

/** In the order in which the questions come; what is not known here comes last. */
const order = ["migration", "ranks", "hashtags", "surge", "reported", "alerts", "quality", "pipeline"];

export function inOrder(infos: readonly DashboardInfo[]): DashboardInfo[] {
  const at = (d: DashboardInfo): number => {
    const i = order.indexOf(d.uid.replace(/^tidemark-/, ""));
    return i < 0 ? order.length : i;
  };
  return infos.toSorted((a, b) => at(a) - at(b));
}

/** Dashboards by folder, in the order of the list. */
export function folders(infos: readonly DashboardInfo[]): [string, DashboardInfo[]][] {
  const by = new Map<string, DashboardInfo[]>();
  for (const d of infos) by.set(d.folder, [...(by.get(d.folder) ?? []), d]);
  return [...by.entries()];
}

function group(folder: string, list: readonly DashboardInfo[], here: string, close: () => void): HTMLElement {
  const items = list.map((d) => h("li", {}, h("a", { href: `/d/${d.uid}`, "aria-current": d.uid === here ? "page" : null, onclick: close }, d.title)));
  return h("section", {}, h("h3", {}, folder), h("ul", {}, ...items));
}

/** The page of all dashboards. */
export function drawList(main: HTMLElement, infos: readonly DashboardInfo[]): void {
  const parts = folders(infos).map(([folder, list]) =>
    h(
      "section",
      {},
      h("h2", {}, folder),
      h("ul.cards", {}, ...list.map((d) => h("li", {}, h("a", { href: `/d/${d.uid}` }, d.title), d.description === undefined || d.description === "" ? null : h("p", {}, d.description)))),
    ),
  );
  fill(main, h("h1", {}, "Dashboards"), ...parts);
}
