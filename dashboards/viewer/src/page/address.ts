// The address of a page, in Grafana's own form: /d/UID?from=&to=&tz=&var-app=.
// Whatever the reader has chosen stands in it, so that a copied address shows
// the same picture.

export type Place = "dashboard" | "dashboards" | "sources" | "sql" | "nowhere";

export interface Address {
  place: Place;
  /** Of a dashboard; empty: the home. */
  uid: string;
  /** As written; empty: what the dashboard says. */
  from: string;
  to: string;
  /** utc, browser or an IANA name; empty: what the dashboard says. */
  tz: string;
  /** Only what was chosen; the rest is the dashboard's choice. */
  vars: Readonly<Record<string, readonly string[]>>;
  /** "30s"; empty: off, null: what the dashboard says. */
  refresh: string | null;
  /** The panel that is shown alone. */
  panel: number | null;
  /** Annotation layers that were switched, by name. */
  layers: Readonly<Record<string, boolean>>;
}

export const home = "tidemark-migration";

export const nowhere = (): Address => ({ place: "dashboard", uid: "", from: "", to: "", tz: "", vars: {}, refresh: null, panel: null, layers: {} });

const places: Readonly<Record<string, Place>> = { "/dashboards": "dashboards", "/sources": "sources", "/sql": "sql" };

/** Reads an address; what it does not understand it leaves out. */
export function readAddress(path: string, search: string): Address {
  const a = nowhere();
  const dash = /^\/d\/([\w-]{1,80})(?:\/[^/]*)?\/?$/.exec(path);
  const place = places[path.replace(/(.)\/$/, "$1")];
  if (dash !== null) a.uid = dash[1] ?? "";
  else if (place !== undefined) a.place = place;
  else if (path !== "/" && path !== "/index.html") a.place = "nowhere";
  const q = new URLSearchParams(search);
  a.from = q.get("from") ?? "";
  a.to = q.get("to") ?? "";
  a.tz = q.get("tz") ?? q.get("timezone") ?? "";
  a.refresh = q.get("refresh");
  const panel = /^(?:panel-)?(\d{1,9})$/.exec(q.get("viewPanel") ?? "");
  a.panel = panel === null ? null : Number(panel[1]);
  const vars: Record<string, string[]> = {};
  const layers: Record<string, boolean> = {};
  for (const [k, v] of q) {
    if (k.startsWith("var-")) (vars[k.slice(4)] ??= []).push(v);
    if (k.startsWith("layer-")) layers[k.slice(6)] = v !== "off";
  }
  return { ...a, vars, layers };
}

/** The query of an address, readable: slashes, colons and commas stay. */
export function query(a: Address): string {
  const q = new URLSearchParams();
  if (a.from !== "") q.set("from", a.from);
  if (a.to !== "") q.set("to", a.to);
  if (a.tz !== "") q.set("tz", a.tz);
  for (const [name, values] of Object.entries(a.vars)) for (const v of values) q.append(`var-${name}`, v);
  for (const [name, on] of Object.entries(a.layers)) q.set(`layer-${name}`, on ? "on" : "off");
  if (a.refresh !== null) q.set("refresh", a.refresh);
  if (a.panel !== null) q.set("viewPanel", String(a.panel));
  return q.toString().replaceAll("%2F", "/").replaceAll("%3A", ":").replaceAll("%2C", ",").replaceAll("%24", "$");
}

export function path(a: Address): string {
  if (a.place !== "dashboard") return Object.keys(places).find((p) => places[p] === a.place) ?? "/";
  return a.uid === "" ? "/" : `/d/${a.uid}`;
}

export function write(a: Address): string {
  const q = query(a);
  return q === "" ? path(a) : `${path(a)}?${q}`;
}

/** What a link takes along where it keeps time and selection. */
export function carried(a: Address, keep: { time: boolean; vars: boolean }): string {
  const b: Address = { ...nowhere(), layers: a.layers, refresh: null };
  if (keep.time) Object.assign(b, { from: a.from, to: a.to, tz: a.tz });
  if (keep.vars) b.vars = a.vars;
  return query(b);
}

/** Adds parameters to an address that may have some of its own; its own win. */
export function join(url: string, extra: string): string {
  if (extra === "") return url;
  const [bare = "", hash] = url.split("#", 2);
  const [base = "", own = ""] = bare.split("?", 2);
  const names = new Set([...new URLSearchParams(own).keys()]);
  const kept = [...new URLSearchParams(extra)].filter(([k]) => !names.has(k));
  const q = [own, new URLSearchParams(kept).toString()].filter((p) => p !== "").join("&");
  return base + (q === "" ? "" : `?${q}`) + (hash === undefined ? "" : `#${hash}`);
}
