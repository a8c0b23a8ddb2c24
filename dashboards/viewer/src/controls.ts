// The row of switches above the charts.

import { h } from "./dom";
import { chartName, storeName, zones, type Zone } from "./format";
import type { Option } from "./deckdata";

export interface Choice<T> {
  value: T;
  label: string;
  title?: string;
}

/** A group of buttons of which one is pressed. */
export function choice<T>(label: string, all: readonly Choice<T>[], chosen: T, pick: (v: T) => void): HTMLElement {
  const group = h("div.choice", { role: "group", "aria-label": label });
  for (const c of all) {
    group.append(
      h("button", { type: "button", "aria-pressed": c.value === chosen ? "true" : "false", title: c.title, onclick: () => pick(c.value) }, c.label),
    );
  }
  return group;
}

export const zoneChoice = (zone: Zone, pick: (z: Zone) => void): HTMLElement =>
  choice(
    "Time zone",
    zones.map((z) => ({ value: z.id, label: z.label })),
    zone,
    pick,
  );

/** Stores and their charts in one list. */
export function chartSelect(label: string, options: readonly Option[], chosen: string, name: (o: Option) => string, pick: (key: string) => void): HTMLElement {
  const select = h("select", { "aria-label": label, onchange: () => pick(select.value) });
  for (const o of options) {
    const opt = h("option", { value: key(o) }, name(o));
    opt.selected = key(o) === chosen;
    select.append(opt);
  }
  return select;
}

export const key = (o: Option): string => `${o.target} ${o.metric}`;

/** "Apple App Store (US), top free, overall" */
export function chartTitle(target: string): string {
  const [, place = "", country = "", ...rest] = target.split("/");
  return `${storeName(place)} (${country.toUpperCase()}), ${chartName(rest.join("/"))}`;
}

/** A switch that is on or off. */
export function toggle(label: string, on: boolean, set: (on: boolean) => void): HTMLElement {
  const box = h("input", { type: "checkbox", onchange: () => set(box.checked) });
  box.checked = on;
  return h("label.toggle", {}, box, label);
}
