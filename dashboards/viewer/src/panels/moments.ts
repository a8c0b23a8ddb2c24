// Moments as words, in the zone that the reader chose. All times are milliseconds.

interface Parts {
  year: string;
  month: string;
  day: string;
  hour: string;
  minute: string;
  second: string;
  weekday: string;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** The browser does not know every name; what it does not know is UTC. */
function format(zone: string): Intl.DateTimeFormat {
  let f = formats.get(zone);
  if (f !== undefined) return f;
  const options: Intl.DateTimeFormatOptions = {
    year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", weekday: "short", hourCycle: "h23",
  };
  try {
    f = new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone });
  } catch {
    f = new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" });
  }
  formats.set(zone, f);
  return f;
}

const utc = new Map<number, Parts>();

function parts(ms: number, zone: string): Parts {
  if (!Number.isFinite(ms) || Math.abs(ms) > 8.64e15) return { year: "–", month: "–", day: "–", hour: "–", minute: "–", second: "–", weekday: "–" };
  if (zone === "UTC") return utcParts(ms);
  const p = {} as Parts;
  for (const { type, value } of format(zone).formatToParts(ms)) if (type !== "literal") p[type as keyof Parts] = value;
  return p;
}

const weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** The quick way for the zone that most readers have: a table has thousands of times. */
function utcParts(ms: number): Parts {
  const known = utc.get(ms);
  if (known !== undefined) return known;
  const d = new Date(ms);
  const iso = d.toISOString();
  const date = iso.slice(0, iso.indexOf("T")).split("-");
  const p = {
    year: date.slice(0, -2).join("-"), month: date.at(-2) ?? "", day: date.at(-1) ?? "",
    hour: iso.slice(-13, -11), minute: iso.slice(-10, -8), second: iso.slice(-7, -5), weekday: weekdays[d.getUTCDay()] ?? "",
  };
  if (utc.size > 5000) utc.clear();
  utc.set(ms, p);
  return p;
}

/** "2025-01-14 09:30:00" */
export function iso(ms: number, zone: string): string {
  const p = parts(ms, zone);
  return `${p.year}-${p.month}-${p.day} ${p.hour}:${p.minute}:${p.second}`;
}

/** "14 Jan" */
export function day(ms: number, zone: string): string {
  const p = parts(ms, zone);
  return `${Number(p.day)} ${months[Number(p.month) - 1] ?? ""}`;
}

/** "Jan 2025" */
export function month(ms: number, zone: string): string {
  const p = parts(ms, zone);
  return `${months[Number(p.month) - 1] ?? ""} ${p.year}`;
}

/** "09:30", with seconds where asked. */
export function clock(ms: number, zone: string, seconds = false): string {
  const p = parts(ms, zone);
  return `${p.hour}:${p.minute}${seconds ? `:${p.second}` : ""}`;
}

/** "Tue 14 Jan 2025, 09:30" */
export function moment(ms: number, zone: string): string {
  const p = parts(ms, zone);
  const seconds = p.second === "00" ? "" : `:${p.second}`;
  return `${p.weekday} ${day(ms, zone)} ${p.year}, ${p.hour}:${p.minute}${seconds}`;
}

/** Grafana's time:<pattern> units, with the letters that moment.js gives them. */
export function pattern(ms: number, zone: string, letters: string): string {
  const p = parts(ms, zone);
  const words: Record<string, string> = {
    YYYY: p.year, YY: p.year.slice(-2), MMM: months[Number(p.month) - 1] ?? "", MM: p.month, M: String(Number(p.month)),
    DD: p.day, D: String(Number(p.day)), ddd: p.weekday, HH: p.hour, H: String(Number(p.hour)), mm: p.minute, ss: p.second,
  };
  return letters.replace(/\[([^\]]*)\]|YYYY|YY|MMM|MM|M|DD|D|ddd|HH|H|mm|ss/g, (t, quoted: string | undefined) => quoted ?? words[t] ?? t);
}

/** "3 hours ago", "in 5 minutes": the words of moment.js, which Grafana uses. */
export function fromNow(ms: number, now: number): string {
  const s = Math.abs(now - ms) / 1000;
  const [min, h, d] = [Math.round(s / 60), Math.round(s / 3600), Math.round(s / 86400)];
  const [mo, y] = [Math.round(s / 86400 / 30.44), Math.round(s / 86400 / 365.25)];
  const words =
    s < 44.5 ? "a few seconds"
    : s < 89.5 ? "a minute"
    : min < 45 ? `${min} minutes`
    : min < 90 ? "an hour"
    : h < 22 ? `${h} hours`
    : h < 36 ? "a day"
    : d < 26 ? `${d} days`
    : d < 46 ? "a month"
    : mo < 11 ? `${mo} months`
    : y < 2 && mo < 18 ? "a year"
    : `${Math.max(2, y)} years`;
  return ms > now ? `in ${words}` : `${words} ago`;
}

/** "3 min", "2 h 10 min", "5 d 3 h": how long something lasted. */
export function lasted(ms: number): string {
  const s = Math.round(Math.abs(ms) / 1000);
  const steps: [number, string][] = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const i = steps.findIndex(([size]) => s >= size);
  if (i < 0) return "0 s";
  const [size, word] = steps[i] as [number, string];
  const next = steps[i + 1];
  const whole = Math.floor(s / size);
  const rest = next === undefined ? 0 : Math.round((s - whole * size) / next[0]);
  if (next !== undefined && rest * next[0] >= size) return `${whole + 1} ${word}`;
  return rest === 0 || next === undefined ? `${whole} ${word}` : `${whole} ${word} ${rest} ${next[1]}`;
}

/** Labels of a time axis at marks that stand step ms apart: the day is said where it changes. */
export function axisLabels(marks: readonly number[], step: number, zone: string): string[] {
  if (step >= 27 * 86_400_000) return marks.map((t) => month(t, zone));
  if (step >= 86_400_000) return marks.map((t) => day(t, zone));
  let before = "";
  return marks.map((t) => {
    const d = day(t, zone);
    const label = d === before ? clock(t, zone, step < 60_000) : `${clock(t, zone, step < 60_000)}\n${d}`;
    before = d;
    return label;
  });
}
