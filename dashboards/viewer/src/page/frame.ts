// The frame around one panel: title, description, menu, and what it says while
// it loads, where there is nothing and where something went wrong.

import { fill, h, type Child } from "../dom";
import type { Ctx, Drawn, Frame, Panel } from "../model";
import { draw } from "../panels";
import { markdown } from "../panels/markdown";
import { whole } from "../format";
import type { PanelAnswer } from "./client";
import { announce, copy, dialog, download, freshId, menu, popover, slug, type MenuItem } from "./popover";

/** What a frame asks of the page that it stands on. */
export interface FrameHost {
  ctx(): Ctx;
  askPanel(panel: Panel, width: number, signal: AbortSignal): Promise<PanelAnswer>;
  /** Words of the file with the values of variables in them. */
  words(text: string): string;
  /** Why there may be nothing, in words, and what can be done. */
  nothing(panel: Panel): readonly Child[];
  /** The address of the panel alone, or of the whole dashboard again. */
  aloneHref(panel: Panel, alone: boolean): string;
  go(href: string): void;
  links(panel: Panel): readonly MenuItem[];
  fileName(what: string): string;
}

export type State = "waiting" | "loading" | "drawn" | "empty" | "failed";

/** Whether an answer has not one value to draw. */
export function isEmpty(frames: readonly Frame[]): boolean {
  return frames.every((f) => f.fields.length === 0 || f.fields.every((x) => x.values.length === 0) || f.fields.every((x) => x.type === "time" || x.values.every((v) => v === null)));
}

export class PanelFrame {
  readonly el: HTMLElement;
  private readonly body = h("div.panel-body", {});
  private readonly title: HTMLElement;
  private readonly about: HTMLElement;
  private drawn: Drawn | null = null;
  private frames: readonly Frame[] = [];
  private asking: AbortController | null = null;
  private isStale = true;
  private isSeen = false;
  private isAlone = false;
  state: State = "waiting";

  constructor(
    readonly panel: Panel,
    private readonly host: FrameHost,
  ) {
    this.title = h("h3.panel-title", { id: freshId("panel") });
    this.about = h("div.panel-about", {});
    this.el = h("article.panel", { "aria-labelledby": this.title.id, "data-panel": panel.id, "data-type": panel.type, tabindex: "-1" });
    if (panel.transparent === true) this.el.classList.add("transparent");
    this.el.append(this.head(), this.body);
    this.retitle();
  }

  private get hasQueries(): boolean {
    return (this.panel.targets ?? []).some((t) => t.hide !== true);
  }

  /** Says whether the reader can see it, or soon will. */
  seen(yes: boolean): void {
    this.isSeen = yes;
    if (yes && this.isStale) void this.load();
  }

  alone(yes: boolean): void {
    this.isAlone = yes;
    this.el.classList.toggle("alone", yes);
  }

  /** Answers are on their way: what it shows may not hold. */
  pending(): void {
    this.el.classList.add("pending");
    if (this.state === "waiting" && this.hasQueries) fill(this.body, h("p.nothing", {}, "Loading …"));
  }

  /** What it shows is of another time or selection. */
  stale(): void {
    this.isStale = true;
    this.asking?.abort();
    this.retitle();
    if (this.isSeen) void this.load();
  }

  /** The same data, drawn anew: other annotations, another theme. */
  redraw(): void {
    this.retitle();
    if (this.state === "drawn") this.show();
  }

  destroy(): void {
    this.asking?.abort();
    this.drawn?.destroy();
    this.drawn = null;
  }

  /** Loads it whether it is seen or not, for the printer. */
  async load(): Promise<void> {
    if (!this.isStale) return;
    this.isStale = false;
    if (!this.hasQueries) {
      this.frames = [];
      this.show();
      return;
    }
    const asking = new AbortController();
    this.asking = asking;
    this.set("loading");
    try {
      const answer = await this.host.askPanel(this.panel, Math.max(200, Math.round(this.body.clientWidth)), asking.signal);
      if (asking.signal.aborted) return;
      this.take(answer);
    } catch (err) {
      if (asking.signal.aborted) return;
      this.fail(err instanceof Error ? err.message : String(err));
    }
  }

  private take(answer: PanelAnswer): void {
    this.frames = answer.frames ?? [];
    if (answer.error !== undefined && answer.error !== "") this.fail(answer.error);
    else if (isEmpty(this.frames)) this.empty();
    else this.show();
  }

  private show(): void {
    this.drawn?.destroy();
    fill(this.body);
    fill(this.about, this.frames.some((f) => f.truncated === true) ? h("small", {}, "not all rows: too many") : null);
    try {
      this.drawn = draw(this.body, this.panel, this.frames, this.host.ctx());
      this.set("drawn");
    } catch (err) {
      this.drawn = null;
      this.fail(`The answer could not be drawn: ${err instanceof Error ? err.message : String(err)}`);
    }
  }

  private empty(): void {
    this.clear();
    fill(this.body, h("div.nothing", {}, ...this.host.nothing(this.panel)));
    this.set("empty");
  }

  private fail(why: string): void {
    this.clear();
    const again = (): void => {
      this.isStale = true;
      void this.load();
    };
    fill(this.body, h("div.nothing.wrong", { role: "alert" }, h("p", {}, h("b", {}, "This could not be shown. "), why), h("button.primary", { type: "button", onclick: again }, "Try again")));
    this.set("failed");
  }

  private clear(): void {
    this.drawn?.destroy();
    this.drawn = null;
  }

  private set(state: State): void {
    this.state = state;
    this.el.dataset["state"] = state;
    this.el.classList.toggle("pending", state === "loading");
    this.body.setAttribute("aria-busy", state === "loading" ? "true" : "false");
  }

  private name(): string {
    return this.host.words(this.panel.title ?? "") || `Panel ${this.panel.id}`;
  }

  private retitle(): void {
    const words = this.host.words(this.panel.title ?? "");
    fill(this.title, words);
    this.el.classList.toggle("untitled", words === "");
    if (words === "") this.title.setAttribute("aria-label", this.panel.type);
    else this.title.removeAttribute("aria-label");
  }

  private head(): HTMLElement {
    const head = h("header.panel-head", {}, this.title);
    if ((this.panel.description ?? "") !== "") {
      const info = h("button.icon.info", { type: "button", "aria-label": `What is this: ${this.name()}`, title: "What is this?" }, "i");
      const pop = popover(info, { label: "What is this?", cls: "about", open: (el) => (fill(el, ...this.describe()), null) });
      head.append(info, pop);
    }
    head.append(this.about);
    const more = h("button.icon.more", { type: "button", "aria-label": `Menu: ${this.name()}`, title: "Menu" }, "⋮");
    head.append(more, menu(more, `Menu: ${this.name()}`, () => this.items()));
    return head;
  }

  private describe(): Child[] {
    return markdown(this.host.words(this.panel.description ?? ""));
  }

  private items(): readonly MenuItem[] {
    const items: MenuItem[] = [{ label: this.isAlone ? "Back to the dashboard" : "View alone", key: "v", run: () => this.toggleAlone() }];
    if (this.hasQueries) {
      items.push(
        { label: "Data as a table", key: "e", run: () => this.table() },
        { label: "Download CSV", run: () => this.csv() },
        { label: "Download PNG", run: () => void this.png() },
        { label: "The SQL", key: "q", run: () => this.sql() },
      );
    }
    return [...items, ...this.host.links(this.panel)];
  }

  toggleAlone(): void {
    this.host.go(this.host.aloneHref(this.panel, !this.isAlone));
  }

  /** The description, by key. */
  explain(): void {
    this.el.querySelector<HTMLButtonElement>(".info")?.click();
  }

  table(): void {
    if (this.drawn === null) return void announce("There is no data to show.");
    dialog(this.name(), h("div.scroll", { tabindex: "0", role: "region", "aria-label": "Data" }, this.drawn.table()));
  }

  private csv(): void {
    if (this.drawn === null) return void announce("There is no data to save.");
    download(this.host.fileName(slug(this.name())) + ".csv", new Blob([this.drawn.csv()], { type: "text/csv;charset=utf-8" }));
  }

  private async png(): Promise<void> {
    if (this.drawn === null) return void announce("There is no picture to save.");
    download(this.host.fileName(slug(this.name())) + ".png", await this.drawn.png());
  }

  sql(): void {
    const parts: Child[] = [];
    for (const f of this.frames) {
      if (f.sql === undefined) continue;
      const text = f.sql;
      const facts = [`${whole(f.fields[0]?.values.length ?? 0)} rows`, f.ms === undefined ? "" : `${Math.round(f.ms)} ms`, f.rowsRead === undefined || f.rowsRead === 0 ? "" : `${whole(f.rowsRead)} rows read`];
      parts.push(
        h("h3", {}, `Query ${f.refId}`),
        h("p.note", {}, facts.filter((x) => x !== "").join(" · ")),
        h("pre.sql", { tabindex: "0" }, text),
        h(
          "p.row",
          {},
          h("button.primary", { type: "button", onclick: () => void copy(text, "The SQL is copied.") }, "Copy"),
          h("a.button", { href: `/sql#sql=${encodeURIComponent(text)}` }, "Open in the SQL page"),
        ),
      );
    }
    if (parts.length === 0) parts.push(h("p", {}, "It has not been asked yet, or it was not asked in SQL."));
    dialog(`The SQL of: ${this.name()}`, ...parts);
  }
}
