// The layers of annotations, and the words for a panel without data.

import { h, type Child } from "../dom";
import type { Dashboard, Panel } from "../model";
import type { Address } from "./address";
import { caseRange, words, type Span } from "./times";

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
  /** Whether any source looks by itself. */
  collecting: boolean;
  toCase: () => void;
  every: () => void;
}

const caseSpan: Span = { from: Date.parse(caseRange.from), to: Date.parse(caseRange.to) };

/** Why there is nothing to see, and what can be done about it. */
export function reasons(panel: Panel, c: Circumstances): Child[] {
  const words = emptyWhy(panel, c);
  const out: Child[] = [h("p", { title: words }, h("b", {}, "Nothing here in this time. "), h("span.reason", {}, words))];
  if (c.loading) return out;
  const doors: Child[] = [];
  const outside = c.span.to < caseSpan.from || c.span.from > caseSpan.to;
  if (outside && !isMetric(panel)) doors.push(h("button.button", { type: "button", onclick: c.toCase }, "Show January 2025"));
  if (c.narrowed) doors.push(h("button.button", { type: "button", onclick: c.every }, "Undo the selection"));
  if (doors.length > 0) out.push(h("p.row", {}, ...doors));
  return out;
}

const isMetric = (panel: Panel): boolean => (panel.targets ?? []).some((t) => (t.expr ?? "") !== "");

/** The words for an answer without data: true of every empty answer, for a query leaves out rows for many reasons. */
export function emptyWhy(panel: Panel, c: Circumstances): string {
  const said = panel.fieldConfig?.defaults.noValue ?? "";
  const between = `between ${words(c.span.from, c.zone)} and ${words(c.span.to, c.zone)}`;
  if (c.loading) return "The January 2025 case is still being loaded; this fills by itself.";
  if (c.span.from > Date.now()) return "This time has not come yet.";
  if (said.length > 12) return said;
  if (isMetric(panel)) return "There is no sample of this metric in this time.";
  if (!c.collecting && c.span.to > Date.now() - 86_400_000) return "No collector is running, so nobody looks now.";
  return c.narrowed ? `The answer for what is selected above is empty ${between}.` : `The answer is empty ${between}.`;
}
