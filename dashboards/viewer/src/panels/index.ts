// Draws a panel of a dashboard file from the frames that its queries answered.

import "./panels.css";
import type { Ctx, Drawn, Frame, Panel } from "../model";
import { fill, h } from "../dom";
import { drawTable } from "./table";
import { drawText } from "./text";

export { interpolate } from "./interpolate";

/** A kind of panel: fills the element and answers for it until destroy. */
export type Kind = (el: HTMLElement, panel: Panel, frames: readonly Frame[], ctx: Ctx) => Drawn;

const kinds: Readonly<Record<string, Kind>> = { table: drawTable, text: drawText };

/** Fills el with the panel. Call destroy() of what comes back before drawing anew. */
export function draw(el: HTMLElement, panel: Panel, frames: readonly Frame[], ctx: Ctx): Drawn {
  const kind = kinds[panel.type];
  if (kind !== undefined) return kind(el, panel, frames, ctx);
  fill(el, h("p.panel-empty", {}, `This page cannot draw panels of the type “${panel.type}”.`));
  return { ...drawTable(h("div", {}), panel, frames, ctx), destroy: () => el.replaceChildren() };
}
