// The bar gauge: one bar for each value, as long as its share between min and max.

import type { Ctx, Drawn, Frame, Panel } from "../model";
import { fill, h } from "../dom";
import { faint, mix, paper, visible } from "./colours";
import { asTable, csv, rows } from "./csv";
import { anchor } from "./links";
import { picture } from "./paint";
import { singles, type Single } from "./reduce";
import { wish } from "./wish";

export function drawBarGauge(el: HTMLElement, panel: Panel, frames: readonly Frame[], ctx: Ctx): Drawn {
  const { all, prepared } = singles(panel, frames, ctx);
  const o = panel.options ?? {};
  const upright = o["orientation"] === "vertical";
  if (all.length === 0) fill(el, h("p.panel-empty", {}, panel.fieldConfig?.defaults.noValue ?? "No data"));
  else fill(el, h(`div.panel-bars${upright ? ".upright" : ""}` as "div", { role: "list", tabindex: 0, "aria-label": panel.title ?? "Bars" }, ...all.map((s) => bar(s, o, upright, all, ctx))));
  wish(el, upright ? 0 : all.length * 32 + 10);
  return {
    destroy: () => el.replaceChildren(),
    resize: () => undefined,
    png: () => picture(el, panel, ctx),
    csv: () => csv(rows(prepared)),
    table: () => asTable(panel.title ?? "", prepared),
  };
}

/** Where the value lies between the ends: bars of counts begin at 0 unless the file says otherwise. */
export function share(s: Single, all: readonly Single[]): number {
  if (typeof s.value !== "number") return 0;
  const numbers = all.map((x) => x.value).filter((v): v is number => typeof v === "number");
  const lo = s.column.config.min ?? Math.min(0, ...numbers);
  const hi = s.column.config.max ?? Math.max(...numbers, lo);
  return hi <= lo ? (s.value >= hi ? 1 : 0) : Math.min(1, Math.max(0, (s.value - lo) / (hi - lo)));
}

function bar(s: Single, o: Readonly<Record<string, unknown>>, upright: boolean, all: readonly Single[], ctx: Ctx): HTMLElement {
  const colour = visible(s.shown.colour, ctx.theme, 1.8);
  const part = share(s, all);
  const filled = h("span.filled", {});
  filled.style[upright ? "height" : "width"] = `${(part * 100).toFixed(2)}%`;
  filled.style.backgroundColor = o["displayMode"] === "gradient" ? mix(colour, paper(ctx.theme), 0.15) : colour;
  const track = h("span.track", { "aria-hidden": "true" }, filled);
  if (o["showUnfilled"] !== false) track.style.backgroundColor = faint(ctx.theme === "dark" ? "#ffffff" : "#000000", 0.07);
  const words = `${s.shown.prefix}${s.shown.text}${s.shown.suffix}` || "–";
  const value = h("b.value", {}, words);
  if (o["valueMode"] !== "text" && o["valueMode"] !== "hidden") value.style.color = visible(s.shown.colour, ctx.theme, 4.5);
  const to = s.links[0];
  const name = h("span.name", { title: s.title }, to === undefined ? s.title : anchor(ctx, to.href, to.newTab, s.title));
  return h("div.one", { role: "listitem" }, name, track, o["valueMode"] === "hidden" ? h("span.sr", {}, words) : value);
}
