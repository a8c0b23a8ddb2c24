// The layers of annotations, and the words for a panel without data.

import { h, type Child } from "../dom";
import type { Dashboard, Panel } from "../model";
import type { Address } from "./address";
import { words, type Span } from "./times";

export interface Layer {
  name: string;
  on: boolean;
}

/** Annotation layers that a reader may switch, as the file or the address has them. */
export function layersOf(file: Dashboard, a: Address): Layer[] {
  return (file.annotations?.list ?? []).filter((l) => l.hide !== true).map((l) => ({ name: l.name, on: a.layers[l.name] ?? l.enable }));
}

export interface Circumstances {
  span: Span;
  zone: string;
  loading: boolean;
  /** The reader has chosen some variable. */
  narrowed: boolean;
  /** A dashboard about the case. */
  trends: boolean;
  own: () => void;
  every: () => void;
}

const caseSpan: Span = { from: Date.UTC(2025, 0, 1), to: Date.UTC(2025, 2, 1) };

/** Why there is nothing to see, and what can be done about it. */
export function reasons(panel: Panel, c: Circumstances): Child[] {
  const said = panel.fieldConfig?.defaults.noValue ?? "";
  const between = `between ${words(c.span.from, c.zone)} and ${words(c.span.to, c.zone)}`;
  const out: Child[] = [h("p", {}, h("b", {}, "Nothing here in this time. "), why(c, said, between))];
  if (c.loading) return out;
  const doors: Child[] = [];
  const outside = c.span.to < caseSpan.from || c.span.from > caseSpan.to;
  if (c.trends && outside) doors.push(h("button.button", { type: "button", onclick: c.own }, "Show January 2025"));
  if (c.narrowed) doors.push(h("button.button", { type: "button", onclick: c.every }, "Undo the selection"));
  if (doors.length > 0) out.push(h("p.row", {}, ...doors));
  return out;
}

function why(c: Circumstances, said: string, between: string): string {
  if (c.loading) return "The January 2025 case is still being loaded; this fills by itself.";
  if (c.span.from > Date.now()) return "This time has not come yet.";
  if (said.length > 12) return said;
  return c.narrowed ? `No row ${between} for what is selected above.` : `No row was stored ${between}.`;
}
