// Legends as lists or tables, to be switched with mouse and keys.

import type { Ctx, Panel, Value } from "../model";
import { h } from "../dom";
import { visible } from "./colours";
import { calc, calcs, hidden, type Column } from "./fields";
import { sample } from "./tip";

export interface Entry {
  column: Column;
  /** As they were measured. */
  raw: readonly (Value | undefined)[];
  kind: "line" | "dash" | "dot" | "point" | "box";
  /** As the plot draws it. */
  colour: string;
}

export interface LegendOptions {
  show: boolean;
  table: boolean;
  right: boolean;
  calcs: readonly string[];
  sortBy: string;
  sortDesc: boolean;
}

export function legendOptions(panel: Panel): LegendOptions {
  const o = (panel.options?.["legend"] ?? {}) as Record<string, unknown>;
  return {
    show: o["showLegend"] !== false && o["displayMode"] !== "hidden",
    table: o["displayMode"] === "table",
    right: o["placement"] === "right",
    calcs: ((o["calcs"] ?? []) as string[]).filter((c) => c in calcs),
    sortBy: String(o["sortBy"] ?? ""),
    sortDesc: o["sortDesc"] === true,
  };
}

export interface LegendActs {
  /** Titles that are switched off. */
  off: ReadonlySet<string>;
  /** Only this one, or with `more` this one on or off. */
  press(title: string, more: boolean): void;
  point(title: string | null): void;
}

export function legend(entries: readonly Entry[], o: LegendOptions, ctx: Ctx, acts: LegendActs): HTMLElement {
  const shown = entries.filter((e) => !hidden(e.column, "legend"));
  const button = (e: Entry): HTMLElement => {
    const b = h(
      "button.panel-key",
      {
        type: "button",
        "aria-pressed": acts.off.has(e.column.title) ? "false" : "true",
        title: `${e.column.title}. Click: only this one, or all again. Ctrl or Shift click: on or off.`,
        onmouseenter: () => acts.point(e.column.title),
        onmouseleave: () => acts.point(null),
        onfocus: () => acts.point(e.column.title),
        onblur: () => acts.point(null),
      },
      sample(e.colour, e.kind),
      h("span", {}, e.column.title),
    );
    b.addEventListener("click", (ev) => acts.press(e.column.title, ev.ctrlKey || ev.metaKey || ev.shiftKey));
    return b;
  };
  if (!o.table) {
    return h("div.panel-legend", { role: "group", "aria-label": "Legend" }, ...shown.map((e) => {
      const b = button(e);
      for (const id of o.calcs) b.append(h("span.calc", {}, `${calcs[id] ?? id}: `, worth(e, id, ctx)));
      return b;
    }));
  }
  const sorted = sortEntries(shown, o);
  return h("div.panel-legend.as-table", {}, h(
    "table",
    { "aria-label": "Legend" },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Name"), ...o.calcs.map((id) => h("th.right", { scope: "col" }, calcs[id] ?? id)))),
    h("tbody", {}, ...sorted.map((e) => h("tr", {}, h("th", { scope: "row" }, button(e)), ...o.calcs.map((id) => h("td.right", {}, worth(e, id, ctx)))))),
  ));
}

function sortEntries(entries: readonly Entry[], o: LegendOptions): readonly Entry[] {
  const id = Object.entries(calcs).find(([key, word]) => word === o.sortBy || key === o.sortBy)?.[0];
  const way = o.sortDesc ? -1 : 1;
  if (o.sortBy === "Name") return entries.toSorted((a, b) => way * a.column.title.localeCompare(b.column.title));
  if (id === undefined) return entries;
  const value = (e: Entry): number => Number(calc(id, known(e)) ?? -Infinity);
  return entries.toSorted((a, b) => way * (value(a) - value(b)));
}

const known = (e: Entry): Value[] => e.raw.filter((v): v is Value => v !== undefined);

function worth(e: Entry, id: string, ctx: Ctx): HTMLElement {
  const v = calc(id, known(e));
  const s = e.column.show(v);
  const counts = id === "count" || id === "distinctCount";
  const el = h("span", {}, v === null ? "–" : counts ? String(v) : `${s.prefix}${s.text}${s.suffix}`);
  if (s.own && v !== null) el.style.color = visible(s.colour, ctx.theme, 4.5);
  return el;
}

/** What the reader switched off stays off when the panel is drawn anew. */
const remembered = new WeakMap<HTMLElement, Set<string>>();

export function switchedOff(el: HTMLElement): Set<string> {
  let off = remembered.get(el);
  if (off === undefined) remembered.set(el, (off = new Set()));
  return off;
}

/** Changes what is off as a press on a name does. */
export function pressed(off: Set<string>, titles: readonly string[], title: string, more: boolean): void {
  if (more) {
    if (!off.delete(title)) off.add(title);
  } else if (!off.has(title) && titles.every((t) => t === title || off.has(t)) && titles.length > 1) {
    off.clear();
  } else {
    for (const t of titles) off.add(t);
    off.delete(title);
  }
  if (titles.every((t) => off.has(t))) off.clear();
}
