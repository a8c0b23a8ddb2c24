// The legend: every app with its fixed colour, to be switched on and off.

import { fill, h, swatch } from "./dom";
import { bandWords, type Band } from "./bands";

export interface Entry {
  key: string;
  label: string;
  colour: string;
  dashed: boolean;
  on: boolean;
  /** Why there is no line although it is switched on. */
  without: string;
}

export interface LegendReactions {
  toggle: (key: string) => void;
  /** Only this one; once more: all again. */
  solo: (key: string) => void;
  focus: (key: string | null) => void;
  all: () => void;
  main: () => void;
}

export function drawLegend(host: HTMLElement, entries: readonly Entry[], react: LegendReactions): void {
  const had = document.activeElement instanceof HTMLElement ? document.activeElement.dataset["key"] : undefined;
  const items = entries.map((e) => {
    const b = h(
      "button.entry",
      {
        type: "button",
        "aria-pressed": e.on ? "true" : "false",
        "data-key": e.key,
        title: e.without === "" ? "Click: on or off. Double click: only this one." : e.without,
        onclick: () => react.toggle(e.key),
        ondblclick: () => react.solo(e.key),
        onmouseenter: () => react.focus(e.on ? e.key : null),
        onmouseleave: () => react.focus(null),
      },
      swatch(e.colour, e.dashed),
      e.label,
    );
    if (e.without !== "") b.classList.add("without");
    return b;
  });
  fill(
    host,
    ...items,
    h("span.spacer", {}),
    h("button.link", { type: "button", onclick: () => react.main() }, "Main apps"),
    h("button.link", { type: "button", onclick: () => react.all() }, "All apps"),
  );
  if (had !== undefined) items.find((b) => b.dataset["key"] === had)?.focus();
}

/** What the colours of the state strip mean. */
export function bandLegend(): HTMLElement {
  const list = h("ul.bands", { "aria-label": "What the colours mean" });
  for (const [band, word] of Object.entries(bandWords) as [Exclude<Band, "nothing">, string][]) {
    list.append(h("li", {}, h("span.band", { "data-band": band, "aria-hidden": "true" }), word));
  }
  return list;
}
