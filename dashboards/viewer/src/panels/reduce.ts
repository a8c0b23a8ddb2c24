// Single values for stats and bar gauges: each column reduced to one, or each
// line for itself, as the panel's reduceOptions say.

import type { Ctx, Frame, Panel, Value } from "../model";
import { calc, calcs, hidden, prepare, type Column, type Prepared, type Shown } from "./fields";
import { ways, type Way } from "./links";
import { pattern } from "./mappings";

export interface Single {
  title: string;
  value: Value;
  shown: Shown;
  column: Column;
  links: readonly Way[];
  /** The numbers behind it over time, for a sparkline. */
  times: readonly number[];
  values: readonly Value[];
}

interface ReduceOptions {
  calcs?: string[];
  values?: boolean;
  fields?: string;
  limit?: number;
}

export function singles(panel: Panel, frames: readonly Frame[], ctx: Ctx): { all: Single[]; prepared: Prepared[] } {
  const prepared = prepare(panel, frames, ctx);
  const o = (panel.options?.["reduceOptions"] ?? {}) as ReduceOptions;
  const chosen = (p: Prepared): Column[] => p.columns.filter((c) => wanted(c, o.fields ?? "") && !hidden(c, "viz"));
  const limit = o.limit ?? 25;
  const all = prepared.flatMap((p) => (o.values === true ? lines(p, chosen(p), limit, ctx) : chosen(p).flatMap((c) => reduced(p, c, o.calcs ?? ["lastNotNull"], ctx))));
  return { all: all.slice(0, Math.max(limit, 1)), prepared };
}

function wanted(c: Column, fields: string): boolean {
  if (fields === "") return c.type === "number" || c.type === "boolean";
  const re = pattern(fields);
  return fields === c.title || (re !== null && re.test(c.title));
}

function reduced(p: Prepared, c: Column, ids: readonly string[], ctx: Ctx): Single[] {
  return ids.map((id) => {
    const value = calc(id, c.values);
    const row = c.values.lastIndexOf(value);
    return {
      title: ids.length > 1 ? `${c.title} (${calcs[id] ?? id})` : c.title,
      value, shown: c.show(value), column: c, links: ways(c, p, row, value, ctx),
      times: p.time === null ? [] : (p.time.values as number[]), values: c.values,
    };
  });
}

/** One value for each line: the words of the line name it. */
function lines(p: Prepared, columns: readonly Column[], limit: number, ctx: Ctx): Single[] {
  const out: Single[] = [];
  for (let row = 0; row < p.length && out.length < limit; row++) {
    for (const c of columns) {
      const value = c.values[row] ?? null;
      out.push({ title: lineTitle(p, c, row), value, shown: c.show(value), column: c, links: ways(c, p, row, value, ctx), times: [], values: [] });
    }
  }
  return out;
}

function lineTitle(p: Prepared, c: Column, row: number): string {
  const words = p.columns.filter((o) => o !== c && o.type === "string").map((o) => o.words(o.values[row])).filter((w) => w !== "");
  const others = p.columns.some((o) => o !== c && o.type === "number");
  return (others || words.length === 0 ? [...words, c.title] : words).join(" ");
}
