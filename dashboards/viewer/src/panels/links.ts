// Links of fields: what they lead to for one value.

import type { Ctx, Value } from "../model";
import { h, type Child } from "../dom";
import { split, spoken, type Column, type Prepared } from "./fields";
import { safe, interpolate, url, type Lookup } from "./interpolate";

export interface Way {
  title: string;
  href: string;
  newTab: boolean;
}

/** Where the links of a value lead; row is its place in the answer. */
export function ways(c: Column, p: Prepared | null, row: number, v: Value | undefined, ctx: Ctx): Way[] {
  const lookup = valueLookup(c, p, row, v);
  return (c.config.links ?? []).flatMap((l) => {
    const href = url(l.url, ctx, lookup);
    return safe(href) ? [{ title: interpolate(l.title, ctx.vars, "text", lookup), href, newTab: l.targetBlank === true }] : [];
  });
}

function valueLookup(c: Column, p: Prepared | null, row: number, v: Value | undefined): Lookup {
  return (name, path) => {
    const keys = split(path);
    switch (name) {
      case "__value":
        return part(c, v, keys[0] ?? "text", p?.time?.values[row]);
      case "__field":
      case "__series":
        return keys[0] === "labels" ? (keys[1] === undefined ? Object.values(c.labels ?? {}).join(", ") : (c.labels?.[keys[1]] ?? "")) : keys[0] === "displayName" || name === "__series" ? c.title : c.name;
      case "__data": {
        if (keys[0] !== "fields" || p === null) return null;
        const key = keys[1] ?? "";
        const other = p.columns.find((f) => f.name === key || f.title === key) ?? (/^\d+$/.test(key) ? p.columns[Number(key)] : undefined);
        return other === undefined ? "" : part(other, other.values[row], keys[2] ?? "text", undefined);
      }
      default:
        return null;
    }
  };
}

function part(c: Column, v: Value | undefined, which: string, time: Value | undefined): string {
  if (which === "time") return String(time ?? "");
  if (which === "raw" || which === "numeric") return v === null || v === undefined ? "" : String(v);
  return spoken(c.show(v));
}

/** A link that the page follows itself where it knows how. */
export function anchor(ctx: Ctx, href: string, newTab: boolean, ...words: Child[]): HTMLElement {
  const away = /^https?:/i.test(href);
  const a = h("a", { href, rel: "noopener noreferrer", target: newTab || away ? "_blank" : null }, ...words);
  a.addEventListener("click", (e) => {
    if (ctx.onLink === undefined || away || e.button !== 0 || e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault();
    ctx.onLink(href, newTab);
  });
  return a;
}
