// The answer to a question in SQL: as a table and as CSV.

import { h } from "../dom";
import { whole } from "../format";
import type { Field, Frame, Value } from "../model";

/** The most rows that the table shows; the CSV has all. */
export const shownRows = 1000;

export const rowsOf = (f: Frame): number => f.fields[0]?.values.length ?? 0;

const pad = (n: number): string => String(n).padStart(2, "0");

/** A cell in words; what is missing is told, never 0. */
export function cell(field: Field, v: Value): string {
  if (v === null) return "NULL";
  if (field.type === "time" && typeof v === "number") return isDay(field) ? moment(v).slice(0, 10) : moment(v);
  if (field.type === "number" && typeof v === "number") return Number.isInteger(v) ? String(v) : String(Number(v.toPrecision(10)));
  return String(v);
}

/** ClickHouse's Date has no clock. */
const isDay = (field: Field): boolean => /\bDate(32)?\b/.test(field.clickhouse ?? "");

function moment(ms: number): string {
  const d = new Date(ms);
  const day = `${d.getUTCFullYear()}-${pad(d.getUTCMonth() + 1)}-${pad(d.getUTCDate())}`;
  const rest = ms % 1000 === 0 ? "" : `.${String(((ms % 1000) + 1000) % 1000).padStart(3, "0")}`;
  return `${day} ${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}:${pad(d.getUTCSeconds())}${rest}`;
}

const quoted = (s: string): string => (/[",\r\n]/.test(s) ? `"${s.replaceAll('"', '""')}"` : s);

/** RFC 4180; NULL is an empty field, and text that looks like a formula stays text. */
export function csv(f: Frame): string {
  const lines = [f.fields.map((x) => quoted(x.name)).join(",")];
  for (let i = 0; i < rowsOf(f); i++) {
    lines.push(f.fields.map((x) => csvCell(x, x.values[i] ?? null)).join(","));
  }
  return lines.join("\r\n") + "\r\n";
}

function csvCell(field: Field, v: Value): string {
  if (v === null) return "";
  const words = cell(field, v);
  return quoted(field.type === "string" && /^[=+\-@\t\r]/.test(words) && Number.isNaN(Number(words)) ? `'${words}` : words);
}

export function table(f: Frame): HTMLElement {
  const head = f.fields.map((x) => h(x.type === "number" ? "th.number" : "th", { scope: "col" }, x.name, h("small", {}, x.clickhouse ?? x.type)));
  const body = h("tbody", {});
  const n = Math.min(rowsOf(f), shownRows);
  for (let i = 0; i < n; i++) {
    body.append(
      h(
        "tr",
        {},
        ...f.fields.map((x) => {
          const v = x.values[i] ?? null;
          const cls = v === null ? "td.null" : x.type === "number" ? "td.number" : "td";
          return h(cls as "td", {}, cell(x, v));
        }),
      ),
    );
  }
  return h("table.data", {}, h("thead", {}, h("tr", {}, ...head)), body);
}

/** "412 rows in 18 ms, 90,112 read" */
export function facts(f: Frame): string {
  const n = rowsOf(f);
  const parts = [n === 1 ? "1 row" : `${whole(n)} rows`];
  if (f.ms !== undefined) parts.push(`in ${whole(Math.round(f.ms))} ms`);
  if (f.rowsRead !== undefined && f.rowsRead > 0) parts.push(`${whole(f.rowsRead)} rows read`);
  if (n > shownRows) parts.push(`the first ${whole(shownRows)} are shown; the CSV has all`);
  return parts.join(", ");
}
