// One dashboard on the page: its variables, its time, its panels.

import { fill, h, type Child } from "../dom";
import type { Annotation, Chosen, Ctx, Dashboard, Panel } from "../model";
import { interpolate } from "../panels";
import { carried, join, write, type Address } from "./address";
import * as client from "./client";
import { Queue, all, asValues, type Asked, type VariableAnswer } from "./client";
import { PanelFrame, type FrameHost } from "./frame";
import { drawGrid, sections } from "./grid";
import { layersOf, reasons } from "./layers";
import { linkItems } from "./links";
import { announce, type MenuItem } from "./popover";
import { caseRange, isRelative, rangeWords, readRange, zoneOf, type Range, type Span } from "./times";
import { Toolbar } from "./toolbar";

/** What a dashboard asks of the app around it. */
export interface AppHost {
  address(): Address;
  /** Changes the address; with keep the browser's back leads to what was before. */
  change(what: Partial<Address>, keep: boolean): void;
  go(href: string): void;
  theme(): "light" | "dark";
  infos(): Promise<readonly client.DashboardInfo[]>;
  /** Whether the recorded case is still coming in. */
  loading(): boolean;
  /** Whether any source looks by itself. */
  collecting(): boolean;
}

const fallback: Range = { from: "now-24h", to: "now" };
const queue = new Queue(4);

export class DashboardView implements FrameHost {
  private readonly frames = new Map<number, PanelFrame>();
  private readonly toolbar: Toolbar;
  private readonly watcher: IntersectionObserver;
  private readonly host: HTMLElement;
  private span: Span = { from: 0, to: 1 };
  private vars: Record<string, VariableAnswer> = {};
  private notes: Annotation[] = [];
  private round: AbortController | null = null;
  private asked = "";
  private tick: ReturnType<typeof setInterval> | undefined;
  private every = "";

  constructor(
    readonly file: Dashboard,
    private readonly app: AppHost,
    main: HTMLElement,
  ) {
    this.host = h("div.dashboard", { "data-uid": file.uid });
    this.toolbar = new Toolbar(file, app, this);
    this.watcher = new IntersectionObserver((entries) => this.sighted(entries), { rootMargin: "300px 0px" });
    const body = drawGrid(
      sections(file.panels),
      (p) => this.frame(p).el,
      (text) => this.words(text),
      () => undefined,
    );
    fill(this.host, this.toolbar.el, h("div.panels", {}, ...body));
    fill(main, this.host);
    for (const f of this.frames.values()) this.watcher.observe(f.el);
  }

  private frame(p: Panel): PanelFrame {
    const f = new PanelFrame(p, this);
    this.frames.set(p.id, f);
    return f;
  }

  private sighted(entries: readonly IntersectionObserverEntry[]): void {
    for (const e of entries) {
      const id = Number((e.target as HTMLElement).dataset["panel"]);
      this.frames.get(id)?.seen(e.isIntersecting && this.asked !== "");
    }
  }

  /** Shows what the address says. */
  async show(): Promise<void> {
    const a = this.app.address();
    this.solo(a.panel);
    this.timing(a);
    const range = this.range(a);
    const span = readRange(range, this.zone, Date.now()) ?? readRange(this.ownRange, this.zone, Date.now()) ?? { from: Date.now() - 86_400_000, to: Date.now() };
    this.span = span;
    this.toolbar.time({ range, span, tz: this.tz, refresh: this.refreshOf(a) });
    this.toolbar.layers(layersOf(this.file, a));
    const question = JSON.stringify([range, this.tz, a.vars]);
    if (question === this.asked) {
      this.redraw();
      return;
    }
    await this.ask(question, a);
    announce(`${this.file.title}: ${rangeWords(range, span, this.zone)}.`);
  }

  /** Asks for everything anew; what moves with the clock has moved. */
  async refresh(): Promise<void> {
    const a = this.app.address();
    const range = this.range(a);
    this.span = readRange(range, this.zone, Date.now()) ?? this.span;
    this.toolbar.time({ range, span: this.span, tz: this.tz, refresh: this.refreshOf(a) });
    await this.ask(this.asked, a);
  }

  private async ask(question: string, a: Address): Promise<void> {
    this.round?.abort();
    const round = new AbortController();
    this.round = round;
    this.host.dataset["state"] = "loading";
    for (const f of this.frames.values()) f.pending();
    try {
      this.vars = await client.variables(this.file.uid, { ...this.base(), vars: mapped(a.vars) }, round.signal);
      if (round.signal.aborted) return;
      this.toolbar.variables(this.vars);
      this.toolbar.trouble("", "");
      this.asked = question;
      for (const f of this.frames.values()) f.stale();
      this.sightAgain();
      await this.annotate(round);
    } catch (err) {
      if (round.signal.aborted) return;
      this.toolbar.trouble("The selection could not be loaded. ", err instanceof Error ? err.message : String(err));
    } finally {
      if (this.round === round) this.host.dataset["state"] = "asked";
    }
  }

  private async annotate(round: AbortController): Promise<void> {
    const answer = await client.annotations(this.file.uid, this.asking(), round.signal).catch((err: unknown) => {
      if (!round.signal.aborted) this.toolbar.trouble("The marks could not be loaded. ", err instanceof Error ? err.message : String(err));
      return {};
    });
    if (round.signal.aborted) return;
    const colours = new Map((this.file.annotations?.list ?? []).map((l) => [l.name, l.iconColor]));
    this.notes = Object.entries(answer as Record<string, client.AnnotationAnswer[] | null>).flatMap(([layer, list]) => (list ?? []).map((n) => note(layer, n, colours.get(layer))));
    if (this.notes.length > 0) this.redraw();
  }

  /** The observer tells only changes: after the first answer everything in sight is told once more. */
  private sightAgain(): void {
    for (const f of this.frames.values()) {
      this.watcher.unobserve(f.el);
      this.watcher.observe(f.el);
    }
  }

  /** Whether answers are still on their way. */
  isBusy(): boolean {
    return this.host.dataset["state"] === "loading" || [...this.frames.values()].some((f) => f.state === "loading");
  }

  redraw(): void {
    for (const f of this.frames.values()) f.redraw();
  }

  async loadAll(): Promise<void> {
    await Promise.all([...this.frames.values()].map((f) => f.load()));
  }

  destroy(): void {
    clearInterval(this.tick);
    this.round?.abort();
    this.watcher.disconnect();
    for (const f of this.frames.values()) f.destroy();
  }

  openTime(): void {
    this.toolbar.openTime();
  }

  /** The panel with the focus, or under the pointer. */
  current(): PanelFrame | undefined {
    const el = document.activeElement?.closest<HTMLElement>(".panel") ?? document.querySelector<HTMLElement>(".panel:hover");
    return this.frames.get(Number(el?.dataset["panel"] ?? NaN));
  }

  private solo(id: number | null): void {
    const f = id === null ? undefined : this.frames.get(id);
    this.host.classList.toggle("solo", f !== undefined);
    for (const other of this.frames.values()) other.alone(other === f);
    for (const s of this.host.querySelectorAll<HTMLElement>(".dashboard-row, .panels > .grid")) s.classList.toggle("has-alone", f !== undefined && s.contains(f.el));
  }

  private timing(a: Address): void {
    const every = this.refreshOf(a);
    if (every === this.every) return;
    this.every = every;
    clearInterval(this.tick);
    const s = this.toolbar.seconds(every);
    if (s > 0) {
      this.tick = setInterval(() => {
        if (!document.hidden && !this.isBusy()) void this.refresh();
      }, s * 1000);
    }
  }

  private refreshOf(a: Address): string {
    return a.refresh ?? (typeof this.file.refresh === "string" ? this.file.refresh : "");
  }

  private get ownRange(): Range {
    return this.file.time ?? fallback;
  }

  private range(a: Address): Range {
    return { from: a.from || this.ownRange.from, to: a.to || this.ownRange.to };
  }

  get tz(): string {
    return this.app.address().tz || this.file.timezone || "utc";
  }

  get zone(): string {
    return zoneOf(this.tz);
  }

  get shown(): Span {
    return this.span;
  }

  private base(): Omit<Asked, "vars"> {
    return { ...this.span, zone: this.zone };
  }

  private asking(): Asked {
    return { ...this.base(), vars: Object.fromEntries(Object.entries(this.vars).map(([k, v]) => [k, asValues(v.current)])) };
  }

  // What follows is what a panel asks of its page.

  ctx(): Ctx {
    const on = layersOf(this.file, this.app.address());
    return {
      ...this.span,
      zone: this.zone,
      annotations: this.notes.filter((n) => on.find((l) => l.name === n.layer)?.on !== false),
      theme: this.app.theme(),
      sync: this.file.uid,
      vars: this.chosen(),
      onZoom: (from, to) => this.app.change({ from: String(Math.round(from)), to: String(Math.round(to)) }, true),
      onReset: () => {
        const a = this.app.address();
        if (a.from !== "" || a.to !== "") history.back();
      },
      onLink: (url, newTab) => this.follow(url, newTab),
    };
  }

  private chosen(): Record<string, Chosen> {
    const out: Record<string, Chosen> = {};
    for (const [name, v] of Object.entries(this.vars)) {
      const every = v.current.includes(all);
      const value = every ? v.options.map((o) => o.value).filter((o) => o !== all) : v.current;
      out[name] = { value, text: value.map((id) => v.options.find((o) => o.value === id)?.text ?? id), all: every, multi: this.file.templating?.list.find((x) => x.name === name)?.multi === true };
    }
    return out;
  }

  private follow(url: string, newTab: boolean): void {
    const a = this.app.address();
    const href = url.startsWith("/d/") ? join(url, carried({ ...a, from: "", to: "" }, { time: true, vars: false })) : url;
    if (newTab) window.open(href, "_blank", "noopener");
    else this.app.go(href);
  }

  askPanel(panel: Panel, width: number, signal: AbortSignal): Promise<client.PanelAnswer> {
    return queue.run(() => client.panel(this.file.uid, panel.id, width, this.asking(), signal));
  }

  words(text: string): string {
    return interpolate(text, this.chosen());
  }

  nothing(panel: Panel): readonly Child[] {
    return reasons(panel, {
      span: this.span,
      zone: this.zone,
      loading: this.app.loading(),
      narrowed: Object.entries(this.app.address().vars).some(([, v]) => !v.includes(all)),
      collecting: this.app.collecting(),
      toCase: () => this.app.change(isRelative(this.ownRange.from) ? { from: String(Date.parse(caseRange.from)), to: String(Date.parse(caseRange.to)) } : { from: "", to: "" }, true),
      every: () => this.app.change({ vars: {} }, true),
    });
  }

  aloneHref(panel: Panel, alone: boolean): string {
    return write({ ...this.app.address(), uid: this.file.uid, panel: alone ? panel.id : null });
  }

  go(href: string): void {
    this.app.go(href);
  }

  links(panel: Panel): readonly MenuItem[] {
    return linkItems(panel.links ?? [], this.ctx(), this.app.address());
  }

  fileName(what: string): string {
    const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
    return `${this.file.uid}-${what}-${day(this.span.from)}-${day(this.span.to)}`;
  }
}

const mapped = (vars: Address["vars"]): Asked["vars"] => Object.fromEntries(Object.entries(vars).map(([k, v]) => [k, asValues(v)]));

function note(layer: string, n: client.AnnotationAnswer, colour: string | undefined): Annotation {
  const tags = typeof n.tags === "string" ? n.tags.split(",").map((t) => t.trim()) : (n.tags ?? []);
  return { layer, time: n.time, timeEnd: n.timeEnd ?? null, title: n.title ?? "", text: n.text ?? "", tags, ...(colour === undefined ? {} : { colour }) };
}
