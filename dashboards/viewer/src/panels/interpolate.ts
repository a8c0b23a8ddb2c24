// ${variables} in titles, texts and links.

import type { Chosen, Ctx } from "../model";

export type VariableFormat = "text" | "glob" | "html" | "percentencode" | "queryparam" | "raw" | "csv" | "pipe" | "singlequote" | "doublequote" | "json" | "uriencode";

/** Answers what is not a variable of the dashboard: __value, __field, __data … */
export type Lookup = (name: string, path: string) => string | null;

const reference = /\$\{(\w+)((?:\.[^:.[\]{}]+|\["[^"]*"\]|\[\d+\])*)(?::(\w+))?\}|\[\[(\w+)(?::(\w+))?\]\]|\$(\w+)/g;

/** Puts values in the place of references. What is not known stays as it stands. */
export function interpolate(text: string, vars: Ctx["vars"], standard: VariableFormat = "text", lookup?: Lookup): string {
  return text.replace(reference, (all, braced?: string, path?: string, format1?: string, old?: string, format2?: string, bare?: string) => {
    const name = braced ?? old ?? bare ?? "";
    const format = (format1 ?? format2 ?? standard) as VariableFormat;
    const special = lookup?.(name, path ?? "") ?? null;
    if (special !== null) return one(special, format);
    const v = Object.hasOwn(vars, name) ? vars[name] : undefined;
    return v === undefined ? all : chosen(name, v, format);
  });
}

function chosen(name: string, v: Chosen, format: VariableFormat): string {
  const values = v.value;
  switch (format) {
    case "text":
      return v.all === true ? "All" : v.text.join(" + ");
    case "html":
      return (v.all === true ? ["All"] : v.text).join(", ");
    case "queryparam":
      return (v.all === true ? ["$__all"] : values).map((x) => `var-${encodeURIComponent(name)}=${encodeURIComponent(x)}`).join("&");
    case "percentencode":
      return strict(encodeURIComponent(list(v)));
    case "uriencode":
      return strict(encodeURI(list(v)));
    case "csv":
    case "raw":
      return values.join(",");
    case "pipe":
      return values.join("|");
    case "json":
      return JSON.stringify(values.length === 1 && v.multi !== true ? values[0] : values);
    case "singlequote":
      return values.map((x) => `'${x.replaceAll("'", "\\'")}'`).join(",");
    case "doublequote":
      return values.map((x) => `"${x.replaceAll('"', '\\"')}"`).join(",");
    default:
      return values.length === 1 ? (values[0] ?? "") : `{${values.join(",")}}`;
  }
}

/** A variable of several values is a list in braces, also where one is chosen: as in Grafana, such a link is no address of one. */
const list = (v: Chosen): string => (v.multi === true || v.value.length !== 1 ? `{${v.value.join(",")}}` : (v.value[0] ?? ""));

const strict = (encoded: string): string => encoded.replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

const one = (value: string, format: VariableFormat): string => (format === "percentencode" || format === "uriencode" ? encodeURIComponent(value) : value);

/** What every page knows: the time range, and all variables for a link. */
export function pageLookup(ctx: Pick<Ctx, "from" | "to" | "zone" | "vars">): Lookup {
  return (name) => {
    switch (name) {
      case "__from":
        return String(ctx.from);
      case "__to":
        return String(ctx.to);
      case "__timezone":
        return ctx.zone;
      default:
        return null;
    }
  };
}

/** A link with the page's values in it. */
export function url(link: string, ctx: Pick<Ctx, "from" | "to" | "zone" | "vars">, lookup?: Lookup): string {
  const page = pageLookup(ctx);
  const range = `from=${ctx.from}&to=${ctx.to}`;
  const all = Object.entries(ctx.vars).map(([name, v]) => chosen(name, v, "queryparam")).join("&");
  const whole = link.replaceAll("${__url_time_range}", range).replaceAll("$__url_time_range", range).replace(/\$\{__all_variables\}|\$__all_variables/g, () => all);
  return interpolate(whole, ctx.vars, "uriencode", (name, path) => lookup?.(name, path) ?? page(name, path));
}

/** Only links to pages may be followed: never javascript: or data:. */
export function safe(href: string): boolean {
  if (/^(https?:|mailto:)/i.test(href)) return true;
  return /^[/?#.]/.test(href) && !href.startsWith("//");
}
