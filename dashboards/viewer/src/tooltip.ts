// The box beside the pointer, and the same words for those who do not see it.

import { append, h, swatch, type Child } from "./dom";
import { metricName, moment, short, stretch, targetName, type Zone } from "./format";
import type { Names } from "./deckdata";
import { subjects } from "./tables";
import type { CaseEvent, Reported } from "./api";
import type { Hit } from "./spec";

export class Tooltip {
  private readonly box = h("div.tooltip", { role: "status", "aria-live": "polite", hidden: true });

  constructor() {
    document.body.append(this.box);
    addEventListener("scroll", () => this.hide(), { passive: true });
  }

  hide(): void {
    this.box.hidden = true;
  }

  show(x: number, y: number, ...content: Child[]): void {
    this.box.replaceChildren();
    append(this.box, content);
    this.box.hidden = false;
    const { offsetWidth: w, offsetHeight: tall } = this.box;
    const right = x + 18 + w < innerWidth;
    const left = right ? x + 18 : Math.max(4, x - 18 - w);
    const top = Math.min(Math.max(4, y - tall / 2), Math.max(4, innerHeight - tall - 4));
    this.box.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }
}

/** What a plot's tooltip says. */
export function words(hit: Hit, n: Names, zone: Zone, value: (n: number | null, key: string) => string): Child[] {
  const out: Child[] = [];
  if (hit.mark !== null) out.push(fact(hit.mark.fact, n, zone));
  if (hit.flag !== null) out.push(eventWords(hit.flag.event, subjects(hit.flag.event.subject, n), zone, hit.flag.number));
  if (hit.mark !== null) return out;
  out.push(h("p.when", {}, moment(hit.at, zone)));
  if (hit.region !== null) out.push(h("p.note", {}, `Nobody looked: ${hit.region.why}`));
  const rows = hit.values
    .filter((v) => v.value !== null || v.line.strong || v.line.key === hit.focus)
    .sort((a, b) => (a.value ?? Infinity) - (b.value ?? Infinity));
  const list = h("ul", {});
  for (const { line, value: v } of rows.slice(0, innerWidth < 700 ? 9 : 18)) {
    list.append(h(line.key === hit.focus ? "li.focus" : "li", {}, swatch(line.colour, line.dashed), h("span", {}, line.label), h("b", {}, value(v, line.key))));
  }
  out.push(list);
  if (hit.values.some((v) => v.line.dashed)) out.push(h("p.note", {}, "Dashed: modelled, measured by nobody."));
  return out;
}

/** A published figure with its source. */
export function fact(f: Reported, n: Names, zone: Zone): HTMLElement {
  const figure = f.value === null ? f.value_text : f.unit === "rank" ? `#${f.value}` : short(f.value);
  const what = f.metric === "rank" ? "rank" : metricName(f.text);
  const scope = f.scope.includes("/") ? targetName(f.scope) : f.scope;
  return h(
    "div.fact",
    {},
    h("p.kind", {}, "◆ Reported, not measured"),
    h("p", {}, h("b", {}, `${n.name.get(f.subject) ?? f.subject}: ${figure}${f.unit === "rank" ? "" : ` ${f.unit}`}`), ` — ${what}`, scope === "" ? null : `, ${scope}`),
    h("p", {}, f.at > 0 ? stretch(f.at, f.until, zone) : "no date was given"),
    h("p", {}, "Source: ", f.publisher, f.seen_in === "" ? null : ` (seen in ${f.seen_in})`),
    h("p", {}, `Confidence: ${f.confidence}`),
    f.note === "" ? null : h("p.note", {}, f.note),
  );
}

export function eventWords(e: CaseEvent, subject: string, zone: Zone, number: number): HTMLElement {
  return h(
    "div.fact",
    {},
    h("p", {}, h("b", {}, `${number} · ${subject}: ${e.text}`)),
    h("p", {}, stretch(e.at, e.until, zone)),
    h("p", {}, "Source: ", e.publisher, `; confidence: ${e.confidence}`),
    e.note === "" ? null : h("p.note", {}, e.note),
  );
}
