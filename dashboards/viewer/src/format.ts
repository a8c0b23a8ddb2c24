// Numbers, ages and moments as words.

export const zones = [
  { id: "UTC", label: "UTC" },
  { id: "America/New_York", label: "US Eastern" },
  { id: "Asia/Shanghai", label: "Shanghai" },
] as const;

/** An IANA name; the zones above have words of their own. */
export type Zone = string;

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: Zone, kind: "day" | "clock" | "full" | "date"): Intl.DateTimeFormat {
  const key = `${zone} ${kind}`;
  let f = formats.get(key);
  if (f === undefined) {
    const day: Intl.DateTimeFormatOptions = { day: "numeric", month: "short" };
    const clock: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    const parts: Record<typeof kind, Intl.DateTimeFormatOptions> = {
      day,
      clock,
      date: { ...day, year: "numeric" },
      full: { weekday: "short", ...day, year: "numeric", ...clock },
    };
    f = new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...parts[kind] });
    formats.set(key, f);
  }
  return f;
}

/** "14 Jan" */
export const day = (s: number, zone: Zone): string => format(zone, "day").format(s * 1000);

/** "14 Jan 2025" */
export const date = (s: number, zone: Zone): string => format(zone, "date").format(s * 1000);

/** "09:30" */
export const clock = (s: number, zone: Zone): string => format(zone, "clock").format(s * 1000);

/** "Tue, 14 Jan 2025, 09:30 UTC" */
export function moment(s: number, zone: Zone): string {
  const label = zones.find((z) => z.id === zone)?.label ?? zone;
  return `${format(zone, "full").format(s * 1000)} ${label}`;
}

/**
 * Whether a stretch is whole days as they were stated: those keep their dates in
 * every zone, because nobody said whose midnight was meant.
 */
const statedDays = (from: number, to: number): boolean => from % 86400 === 0 && to - from >= 86399 && (to + 1) % 86400 <= 1;

/** The day of a stretch of time, as a list shows it. */
export const startDate = (from: number, to: number, zone: Zone): string => date(from, statedDays(from, to) ? "UTC" : zone);

/** A stretch of time: one moment, stated days or two ends. */
export function stretch(from: number, to: number, zone: Zone): string {
  if (to <= from) return moment(from, zone);
  if (statedDays(from, to)) {
    const [a, b] = [date(from, "UTC"), date(to, "UTC")];
    return a === b ? `${a}, time not stated` : `${a} to ${b}, time not stated`;
  }
  const a = format(zone, "full").format(from * 1000);
  const b = format(zone, "full").format(to * 1000);
  const label = zones.find((z) => z.id === zone)?.label ?? zone;
  return `${a} to ${b} ${label}`;
}

/** 1234567 → "1.23 M"; small numbers stay whole. */
export function short(n: number): string {
  const abs = Math.abs(n);
  const units: [number, string][] = [
    [1e9, " bn"],
    [1e6, " M"],
    [1e3, " k"],
  ];
  for (const [size, unit] of units) {
    if (abs >= size * 0.9995) return trim(n / size) + unit;
  }
  return trim(n);
}

function trim(n: number): string {
  const digits = Math.abs(n) >= 100 ? 0 : Math.abs(n) >= 10 ? 1 : 2;
  return String(Number(n.toFixed(digits)));
}

/** 1234567 → "1,234,567" */
export const whole = (n: number): string => n.toLocaleString("en-GB", { maximumFractionDigits: 2 });

/** Seconds → "3 min", "2 h 10 min", "5 days". */
export function age(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  const min = Math.floor(s / 60);
  if (min < 60) return `${min} min`;
  const h = Math.floor(min / 60);
  if (h < 48) return min % 60 === 0 ? `${h} h` : `${h} h ${min % 60} min`;
  return `${Math.floor(h / 24)} days`;
}

/** "chart/apple/us/top-free/social-networking" → "Apple App Store, US: top free, social networking". */
export function targetName(target: string): string {
  const [kind = "", place = "", country = "", ...rest] = target.split("/");
  const name = rest.join("/");
  const where = storeName(place) + (country === "" ? "" : `, ${country.toUpperCase()}`);
  switch (kind) {
    case "chart":
      return `${where}: ${chartName(name)}`;
    case "listing":
      return `${where}: the apps' own pages`;
    case "tag":
      return `#${name} on ${where}`;
    case "article":
      return `“${name.replaceAll("_", " ")}” on ${where}`;
    case "keyword":
      return `“${name}” on ${where}`;
    default:
      return `${where}: ${name}`;
  }
}

/** "views_total" → "views, in all" */
export const metricName = (metric: string): string =>
  metric.replace(/_total$/, ", in all").replace(/_today$/, ", today").replace(/_day$/, ", per day").replaceAll("_", " ");

/** "top-free/overall" → "top free, overall" */
export const chartName = (name: string): string => name.replaceAll("/", ", ").replaceAll("-", " ");

export function storeName(place: string): string {
  const known: Record<string, string> = {
    apple: "Apple App Store",
    google: "Google Play",
    hackernews: "Hacker News",
    "google-news": "Google News",
    youtube: "YouTube",
    xiaohongshu: "RedNote (Xiaohongshu)",
    weibo: "Weibo",
    tiktok: "TikTok",
    tranco: "the Tranco list",
    "en.wikipedia": "English Wikipedia",
    "zh.wikipedia": "Chinese Wikipedia",
  };
  return known[place] ?? place;
}
