// The data of a panel as text for spreadsheets, and as a table for screen readers.

import type { Value } from "../model";
import { h } from "../dom";
import { hidden, type Column, type Prepared } from "./fields";
import { mapped } from "./mappings";

/** Rows of cells as RFC 4180 wants them. Words that a spreadsheet would take for a formula are quoted. */
export function csv(rows: readonly (readonly Value[])[]): string {
  return rows.map((r) => r.map(cell).join(",")).join("\r\n") + "\r\n";
}

function cell(v: Value): string {
  if (v === null) return "";
  if (typeof v !== "string") return String(v);
  const text = /^[=+@\t\r]|^-(?![\d.]+$)/.test(v) ? `'${v}` : v;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One value as data: moments in ISO 8601, mapped words where the number is only a code for them. */
export function plain(c: Column, v: Value | undefined): Value {
  if (v === null || v === undefined) return null;
  if (c.type === "time" && typeof v === "number") return new Date(v).toISOString().replace(".000Z", "Z");
  const text = mapped(c.config.mappings ?? [], v)?.text;
  return text === undefined ? v : (place(v, text) ?? text);
}

/** A place on a chart is stored turned over and shown as "#176": as data it is 176. */
const place = (v: Value, text: string): number | null => (typeof v === "number" && v < 0 && text === `#${-v}` ? -v : null);

/** One value in the words of the panel. */
function said(c: Column, v: Value | undefined): Value {
  const text = typeof v === "number" ? mapped(c.config.mappings ?? [], v)?.text : undefined;
  return text ?? plain(c, v);
}

export const shownColumns = (p: Prepared): Column[] => p.columns.filter((c) => !hidden(c, "viz") && c.config.custom?.["hidden"] !== true);

/** A header and rows. Series of several answers are joined by their times. */
export function rows(all: readonly Prepared[], show: typeof plain = plain): Value[][] {
  const timed = all.filter((p) => p.time !== null && p.length > 0);
  if (timed.length === all.length && timed.length > 1) return joined(timed, show);
  return all.flatMap((p, i) => {
    const columns = shownColumns(p);
    const body = Array.from({ length: p.length }, (_v, r) => columns.map((c) => show(c, c.values[r])));
    return [...(i > 0 ? [[]] : []), columns.map((c) => c.title), ...body];
  });
}

function joined(all: readonly Prepared[], show: typeof plain): Value[][] {
  const columns = all.flatMap((p) => p.values.filter((c) => !hidden(c, "viz")).map((c) => ({ c, at: new Map(p.time?.values.map((t, i) => [t, i])) })));
  const times = [...new Set(all.flatMap((p) => (p.time?.values ?? []) as number[]))].sort((a, b) => a - b);
  const time = all[0]?.time as Column;
  return [
    [time.title, ...columns.map(({ c }) => c.title)],
    ...times.map((t) => [show(time, t), ...columns.map(({ c, at }) => show(c, c.values[at.get(t) ?? -1]))]),
  ];
}

/** The same rows as a table. The words are those that the panel shows. */
export function asTable(title: string, all: readonly Prepared[], most = 2000): HTMLElement {
  const [head = [], ...body] = rows(all, said);
  const table = h(
    "table.panel-data",
    {},
    h("caption", {}, body.length > most ? `${title} (the first ${most} of ${body.length} lines; the CSV file has all)` : title),
    h("thead", {}, h("tr", {}, ...head.map((c) => h("th", { scope: "col" }, String(c ?? ""))))),
  );
  table.append(h("tbody", {}, ...body.slice(0, most).map((r) => h("tr", {}, ...r.map((v, i) => h(i === 0 ? "th" : "td", i === 0 ? { scope: "row" } : {}, v === null ? "–" : typeof v === "number" ? figure(v) : String(v)))))));
  return table;
}

const figure = (n: number): string => n.toLocaleString("en-US", { maximumFractionDigits: 6 });
