// The time picker, the way back out of a zoom, and the refresh.

import { fill, h } from "../dom";
import { freshId, popover } from "./popover";
import { isZone, quickRanges, rangeWords, readRange, typed, zoneChoices, zoneLabel, zoneOf, type Range, type Span } from "./times";

export interface TimeState {
  range: Range;
  span: Span;
  /** As in the address: utc, browser, an IANA name. */
  tz: string;
  refresh: string;
}

export interface TimeReactions {
  range: (r: Range) => void;
  zone: (tz: string) => void;
  refresh: (every: string) => void;
  now: () => void;
  zoomOut: () => void;
  shift: (way: -1 | 1) => void;
}

export const refreshes: readonly { id: string; label: string; seconds: number }[] = [
  { id: "", label: "Off", seconds: 0 },
  { id: "5s", label: "5 s", seconds: 5 },
  { id: "30s", label: "30 s", seconds: 30 },
  { id: "1m", label: "1 min", seconds: 60 },
  { id: "5m", label: "5 min", seconds: 300 },
];

export const secondsOf = (id: string): number => refreshes.find((r) => r.id === id)?.seconds ?? 0;

export class TimeControls {
  readonly el: HTMLElement;
  private state: TimeState = { range: { from: "", to: "" }, span: { from: 0, to: 0 }, tz: "utc", refresh: "" };
  private readonly button = h("button.pick.time", { type: "button", id: "time" });
  private readonly every = h("select", { "aria-label": "Refresh by itself" });

  constructor(private readonly react: TimeReactions) {
    const pop = popover(this.button, { label: "Time range", cls: "times", open: (el, close) => this.open(el, close) });
    for (const r of refreshes) this.every.append(h("option", { value: r.id }, r.label));
    this.every.addEventListener("change", () => react.refresh(this.every.value));
    const icon = (label: string, sign: string, run: () => void): HTMLElement => h("button.icon", { type: "button", "aria-label": label, title: label, onclick: run }, sign);
    this.el = h(
      "div.timebar",
      { role: "group", "aria-label": "Time" },
      icon("Earlier", "‹", () => react.shift(-1)),
      this.button,
      pop,
      icon("Later", "›", () => react.shift(1)),
      icon("Zoom out", "⊖", react.zoomOut),
      h("span.refresh", {}, icon("Refresh now", "↻", react.now), this.every),
    );
  }

  update(state: TimeState): void {
    this.state = state;
    const zone = zoneOf(state.tz);
    const words = rangeWords(state.range, state.span, zone);
    fill(this.button, h("span", {}, words), h("small", {}, zoneLabel(state.tz)));
    this.button.setAttribute("aria-label", `Time: ${words}, ${zoneLabel(state.tz)}`);
    this.every.value = state.refresh;
  }

  openPicker(): void {
    this.button.focus();
    this.button.click();
  }

  private open(el: HTMLElement, close: () => void): HTMLElement {
    const { form, first } = this.absolute(close);
    el.append(h("div.columns", {}, form, this.quick(close)), this.zones());
    return first;
  }

  private absolute(close: () => void): { form: HTMLElement; first: HTMLInputElement } {
    const zone = zoneOf(this.state.tz);
    const shownAs = (text: string, ms: number): string => (text.startsWith("now") ? text : typed(ms, zone));
    const field = (label: string, value: string): HTMLInputElement => h("input", { type: "text", value, "aria-label": label, autocomplete: "off", spellcheck: "false", id: freshId("bound") });
    const from = field("From", shownAs(this.state.range.from, this.state.span.from));
    const to = field("To", shownAs(this.state.range.to, this.state.span.to));
    const wrong = h("p.wrong", { role: "alert" });
    const apply = (e: Event): void => {
      e.preventDefault();
      const span = readRange({ from: from.value, to: to.value }, zone, Date.now());
      if (span === null) {
        fill(wrong, "That is no range. Write 2025-01-13 18:00, or now-6h; the first before the second.");
        return;
      }
      const keep = (text: string, ms: number): string => (text.trim().startsWith("now") ? text.trim() : String(ms));
      close();
      this.react.range({ from: keep(from.value, span.from), to: keep(to.value, span.to) });
    };
    const form = h(
      "form.absolute",
      { onsubmit: apply },
      h("h3", {}, "From and to"),
      h("label", { for: from.id }, "From"),
      from,
      h("label", { for: to.id }, "To"),
      to,
      wrong,
      h("button.primary", { type: "submit" }, "Apply"),
      h("p.hint", {}, `In ${zoneLabel(this.state.tz)}. A drag over a chart zooms in; the browser's back leads out again.`),
    );
    return { form, first: from };
  }

  private quick(close: () => void): HTMLElement {
    const list = h("ul.quick", { "aria-label": "Quick ranges" });
    for (const q of quickRanges) {
      const on = q.from === this.state.range.from && q.to === this.state.range.to;
      const choose = (): void => {
        close();
        this.react.range({ from: asWritten(q.from), to: asWritten(q.to) });
      };
      list.append(h("li", {}, h("button", { type: "button", "aria-current": on ? "true" : null, onclick: choose }, q.label)));
    }
    return h("div", {}, h("h3", {}, "Quick ranges"), list);
  }

  private zones(): HTMLElement {
    const name = freshId("zone");
    const box = h("fieldset.zones", {}, h("legend", {}, "Zone"));
    const choices = [...zoneChoices];
    if (!choices.some((c) => c.id.toLowerCase() === this.state.tz.toLowerCase()) && isZone(this.state.tz)) choices.push({ id: this.state.tz, label: zoneLabel(this.state.tz) });
    for (const z of choices) {
      const radio = h("input", { type: "radio", name, value: z.id, checked: z.id.toLowerCase() === this.state.tz.toLowerCase(), onchange: () => this.react.zone(z.id) });
      const label = z.id === "browser" ? `${z.label} (${zoneOf("browser")})` : z.label;
      box.append(h("label", {}, radio, label));
    }
    return box;
  }
}

/** Absolute ends go into the address as milliseconds, as Grafana writes them. */
const asWritten = (text: string): string => (text.startsWith("now") ? text : String(Date.parse(text)));
