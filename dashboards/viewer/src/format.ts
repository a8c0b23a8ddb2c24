// Numbers, ages and moments as words.

export const zones = [
  { id: "UTC", label: "UTC" },
  { id: "America/New_York", label: "US Eastern" },
  { id: "Asia/Shanghai", label: "Shanghai" },
] as const;

/** An IANA name; the zones above have words of their own. */
export type Zone = string;

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: Zone, kind: "full" | "date"): Intl.DateTimeFormat {
  const key = `${zone} ${kind}`;
  let f = formats.get(key);
  if (f === undefined) {
    const day: Intl.DateTimeFormatOptions = { day: "numeric", month: "short" };
    const clock: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    const parts: Record<typeof kind, Intl.DateTimeFormatOptions> = {
      date: { ...day, year: "numeric" },
      full: { weekday: "short", ...day, year: "numeric", ...clock },
    };
    f = new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...parts[kind] });
    formats.set(key, f);
  }
  return f;
}

/** "14 Jan 2025" */
export const date = (s: number, zone: Zone): string => format(zone, "date").format(s * 1000);

/** "Tue, 14 Jan 2025, 09:30 UTC" */
export function moment(s: number, zone: Zone): string {
  const label = zones.find((z) => z.id === zone)?.label ?? zone;
  return `${format(zone, "full").format(s * 1000)} ${label}`;
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
