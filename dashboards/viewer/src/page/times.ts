// Time ranges as Grafana writes them (milliseconds, "now-7d", "now/d"), and the
// same moments in the zone that the reader has chosen.

/** Range is what the reader asked for, as it stands in the address. */
export interface Range {
  from: string;
  to: string;
}

/** Span is a range at one moment, in milliseconds since 1970. */
export interface Span {
  from: number;
  to: number;
}

export interface Quick extends Range {
  label: string;
}

/** The recorded case. */
export const caseRange: Range = { from: "2025-01-10T00:00:00Z", to: "2025-02-20T00:00:00Z" };

/** The ranges that one click chooses; the case comes first, for it is always there. */
export const quickRanges: readonly Quick[] = [
  { label: "January 2025: the whole case", ...caseRange },
  { label: "The surge: 12 to 17 January 2025", from: "2025-01-12T00:00:00Z", to: "2025-01-17T00:00:00Z" },
  { label: "The decline: 18 to 31 January 2025", from: "2025-01-18T00:00:00Z", to: "2025-02-01T00:00:00Z" },
  { label: "Last hour", from: "now-1h", to: "now" },
  { label: "Last 6 hours", from: "now-6h", to: "now" },
  { label: "Last 24 hours", from: "now-24h", to: "now" },
  { label: "Last 7 days", from: "now-7d", to: "now" },
  { label: "Last 30 days", from: "now-30d", to: "now" },
  { label: "Last 90 days", from: "now-90d", to: "now" },
  { label: "Last year", from: "now-1y", to: "now" },
  { label: "Today", from: "now/d", to: "now/d" },
  { label: "Yesterday", from: "now-1d/d", to: "now-1d/d" },
];

export interface ZoneChoice {
  id: string;
  label: string;
}

export const zoneChoices: readonly ZoneChoice[] = [
  { id: "utc", label: "UTC" },
  { id: "browser", label: "This browser's" },
  { id: "America/New_York", label: "New York" },
  { id: "Asia/Shanghai", label: "Shanghai" },
];

/** The IANA name behind a choice; what no browser knows is UTC. */
export function zoneOf(choice: string): string {
  if (choice === "" || choice.toLowerCase() === "utc") return "UTC";
  const name = choice === "browser" ? Intl.DateTimeFormat().resolvedOptions().timeZone : choice;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return name;
  } catch {
    return "UTC";
  }
}

export const isZone = (choice: string): boolean => ["utc", "browser"].includes(choice.toLowerCase()) || zoneOf(choice) !== "UTC";

/** The short name that stands behind a time. */
export function zoneLabel(choice: string): string {
  const zone = zoneOf(choice);
  const known = zoneChoices.find((z) => z.id === zone);
  return known?.label ?? zone.replaceAll("_", " ");
}

interface Parts {
  y: number;
  mo: number;
  d: number;
  h: number;
  mi: number;
  s: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function clockOf(zone: string): Intl.DateTimeFormat {
  let f = formats.get(zone);
  if (f === undefined) {
    const two = "2-digit" as const;
    f = new Intl.DateTimeFormat("en-GB", { timeZone: zone, year: "numeric", month: two, day: two, hour: two, minute: two, second: two, hourCycle: "h23" });
    formats.set(zone, f);
  }
  return f;
}

/** What calendar and clock say at a moment in a zone. */
export function partsOf(ms: number, zone: string): Parts {
  const by: Record<string, number> = {};
  for (const { type, value } of clockOf(zone).formatToParts(ms)) by[type] = Number(value);
  return { y: by["year"] ?? 0, mo: by["month"] ?? 1, d: by["day"] ?? 1, h: by["hour"] ?? 0, mi: by["minute"] ?? 0, s: by["second"] ?? 0 };
}

const asUTC = (p: Parts): number => Date.UTC(p.y, p.mo - 1, p.d, p.h, p.mi, p.s);

/** The moment at which calendar and clock say so; in the hour that a change of clocks leaves out, the one after. */
export function momentOf(p: Parts, zone: string): number {
  const wanted = asUTC(p);
  let at = wanted;
  for (let i = 0; i < 3; i++) {
    const off = asUTC(partsOf(at, zone)) - at;
    if (wanted - off === at) break;
    at = wanted - off;
  }
  return at;
}

const units: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };

function add(ms: number, n: number, unit: string, zone: string): number {
  const size = units[unit];
  if (size !== undefined && unit !== "d" && unit !== "w") return ms + n * size;
  const p = partsOf(ms, zone);
  if (unit === "d") p.d += n;
  if (unit === "w") p.d += 7 * n;
  if (unit === "M") p.mo += n;
  if (unit === "y") p.y += n;
  return momentOf(p, zone);
}

function startOf(ms: number, unit: string, zone: string): number {
  const p = partsOf(ms, zone);
  p.s = 0;
  if (unit !== "m") p.mi = 0;
  if (unit !== "m" && unit !== "h") p.h = 0;
  if (unit === "w") p.d -= (new Date(asUTC(p)).getUTCDay() + 6) % 7;
  if (unit === "M" || unit === "y") p.d = 1;
  if (unit === "y") p.mo = 1;
  return momentOf(p, zone);
}

const relative = /^now(?:([+-])(\d{1,6})([smhdwMy]))?(?:\/([smhdwMy]))?$/;
const written = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,3})?)?)?(Z|[+-]\d{2}:\d{2})?$/;

/** isRelative tells whether a bound moves with the clock. */
export const isRelative = (text: string): boolean => text.startsWith("now");

/**
 * Reads one end of a range: milliseconds, "now-7d", "now/d", "2025-01-13",
 * "2025-01-13 18:00" (in the zone) or with an offset. Null where it is none.
 */
export function readBound(text: string, zone: string, now: number, end: boolean): number | null {
  const t = text.trim();
  if (/^-?\d{6,15}$/.test(t)) return Number(t);
  const r = relative.exec(t);
  if (r !== null) {
    let at = now;
    if (r[1] !== undefined) at = add(at, (r[1] === "-" ? -1 : 1) * Number(r[2]), r[3] ?? "s", zone);
    if (r[4] === undefined) return at;
    const start = startOf(at, r[4], zone);
    return end ? add(start, 1, r[4], zone) - 1 : start;
  }
  const w = written.exec(t);
  if (w === null) return null;
  if (w[7] !== undefined) {
    const at = Date.parse(t.replace(" ", "T"));
    return Number.isNaN(at) ? null : at;
  }
  const p: Parts = { y: Number(w[1]), mo: Number(w[2]), d: Number(w[3]), h: Number(w[4] ?? 0), mi: Number(w[5] ?? 0), s: Number(w[6] ?? 0) };
  if (p.mo < 1 || p.mo > 12 || p.d < 1 || p.d > new Date(Date.UTC(p.y, p.mo, 0)).getUTCDate() || p.h > 23 || p.mi > 59 || p.s > 59) return null;
  return momentOf(p, zone);
}

/** Reads a range; null where an end cannot be read or they are the wrong way round. */
export function readRange(r: Range, zone: string, now: number): Span | null {
  const [from, to] = [readBound(r.from, zone, now, false), readBound(r.to, zone, now, true)];
  return from === null || to === null || from >= to ? null : { from, to };
}

const pad = (n: number): string => String(n).padStart(2, "0");

/** "2025-01-13 18:00:00", as one types it. */
export function typed(ms: number, zone: string): string {
  const p = partsOf(ms, zone);
  return `${p.y}-${pad(p.mo)}-${pad(p.d)} ${pad(p.h)}:${pad(p.mi)}:${pad(p.s)}`;
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** "13 Jan 2025, 18:00"; midnight has no clock. */
export function words(ms: number, zone: string, year = true): string {
  const p = partsOf(ms, zone);
  const clock = p.h === 0 && p.mi === 0 ? "" : `, ${pad(p.h)}:${pad(p.mi)}`;
  return `${p.d} ${months[p.mo - 1] ?? ""}${year ? ` ${p.y}` : ""}${clock}`;
}

/** The range in words: a quick range by its name, the rest by its ends. */
export function rangeWords(r: Range, span: Span, zone: string): string {
  const quick = quickRanges.find((q) => q.from === r.from && q.to === r.to && isRelative(q.from));
  if (quick !== undefined) return quick.label;
  if (isRelative(r.from) || isRelative(r.to)) return `${r.from} to ${r.to}`;
  const same = partsOf(span.from, zone).y === partsOf(span.to, zone).y;
  return `${words(span.from, zone, !same)} – ${words(span.to, zone)}`;
}

/** Twice as long around the same middle. */
export function zoomedOut(s: Span): Span {
  const half = (s.to - s.from) / 2;
  return { from: Math.round(s.from - half), to: Math.round(s.to + half) };
}

/** Half of the span earlier (-1) or later (+1). */
export function shifted(s: Span, way: -1 | 1): Span {
  const by = Math.round(((s.to - s.from) / 2) * way);
  return { from: s.from + by, to: s.to + by };
}
