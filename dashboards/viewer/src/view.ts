// What the reader has chosen. It lives in the address, so that a copied address
// shows the same picture.

import { zones, type Zone } from "./format";

export interface View {
  /** The recorded case, or what is seen now. */
  scope: "case" | "live";
  zone: Zone;
  /** Target of the rank chart; empty: the first one. */
  chart: string;
  /** Target of the count chart; empty: the first one. */
  count: string;
  /** Unix seconds; null: everything. */
  range: [number, number] | null;
  /** Entities that are switched off; null: the page's own choice. */
  hidden: string[] | null;
  events: boolean;
}

export const start = (): View => ({ scope: "case", zone: "UTC", chart: "", count: "", range: null, hidden: null, events: true });

export function encode(v: View): string {
  const q = new URLSearchParams();
  if (v.scope === "live") q.set("show", "live");
  if (v.zone !== "UTC") q.set("zone", v.zone);
  if (v.chart !== "") q.set("chart", v.chart);
  if (v.count !== "") q.set("count", v.count);
  if (v.range !== null) q.set("range", v.range.map(Math.round).join("-"));
  if (v.hidden !== null) q.set("hide", v.hidden.join(","));
  if (!v.events) q.set("events", "off");
  return q.toString().replaceAll("%2F", "/").replaceAll("%2C", ",");
}

/** Reads an address; what it does not understand it leaves out. */
export function decode(hash: string): View {
  const q = new URLSearchParams(hash.replace(/^#/, ""));
  const v = start();
  if (q.get("show") === "live") v.scope = "live";
  const zone = zones.find((z) => z.id === q.get("zone"));
  if (zone !== undefined) v.zone = zone.id;
  v.chart = q.get("chart") ?? "";
  v.count = q.get("count") ?? "";
  const ends = /^(\d{1,11})-(\d{1,11})$/.exec(q.get("range") ?? "");
  if (ends !== null) {
    const [from, to] = [Number(ends[1]), Number(ends[2])];
    if (from < to) v.range = [from, to];
  }
  const hide = q.get("hide");
  if (hide !== null) v.hidden = hide.split(",").filter((id) => id !== "");
  v.events = q.get("events") !== "off";
  return v;
}

type Listener = (v: View, what: Set<keyof View>) => void;

/** Holds the view, writes it to the address and tells who listens. */
export class Store {
  private v: View;
  private readonly listeners: Listener[] = [];

  constructor() {
    this.v = decode(location.hash);
    addEventListener("hashchange", () => {
      if (location.hash.replace(/^#/, "") !== encode(this.v)) this.tell(decode(location.hash));
    });
  }

  get view(): Readonly<View> {
    return this.v;
  }

  set(change: Partial<View>): void {
    const next = { ...this.v, ...change };
    const hash = encode(next);
    history.replaceState(null, "", hash === "" ? location.pathname : `#${hash}`);
    this.tell(next);
  }

  listen(fn: Listener): void {
    this.listeners.push(fn);
  }

  private tell(next: View): void {
    const keys = Object.keys(next) as (keyof View)[];
    const changed = new Set(keys.filter((k) => JSON.stringify(next[k]) !== JSON.stringify(this.v[k])));
    this.v = next;
    if (changed.size > 0) for (const fn of this.listeners) fn(next, changed);
  }
}
