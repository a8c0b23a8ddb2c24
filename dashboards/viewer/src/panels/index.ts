// Draws a panel of a dashboard file from the frames that its queries answered.

import "uplot/dist/uPlot.min.css";
import "./panels.css";
import type { Ctx, Drawn, Frame, Panel } from "../model";
import { fill, h } from "../dom";
import { drawBarGauge } from "./bargauge";
import { drawHeatmap } from "./heatmap";
import { drawStat } from "./stat";
import { drawStateTimeline } from "./statetimeline";
import { drawTable } from "./table";
import { drawText } from "./text";
import { drawTimeseries } from "./timeseries";

export { interpolate } from "./interpolate";

/** A kind of panel: fills the element and answers for it until destroy. */
export type Kind = (el: HTMLElement, panel: Panel, frames: readonly Frame[], ctx: Ctx) => Drawn;

const kinds: Readonly<Record<string, Kind>> = {
  bargauge: drawBarGauge,
  heatmap: drawHeatmap,
  stat: drawStat,
  "state-timeline": drawStateTimeline,
  table: drawTable,
  text: drawText,
  timeseries: drawTimeseries,
};

/** Fills el with the panel. Call destroy() of what comes back before drawing anew. */
export function draw(el: HTMLElement, panel: Panel, frames: readonly Frame[], ctx: Ctx): Drawn {
  const kind = kinds[panel.type];
  if (kind !== undefined) return kind(el, panel, frames, ctx);
  fill(el, h("p.panel-empty", {}, `This page cannot draw panels of the type “${panel.type}”.`));
  return { ...drawTable(h("div", {}), panel, frames, ctx), destroy: () => el.replaceChildren() };
}
