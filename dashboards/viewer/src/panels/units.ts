// Numbers with their units, as Grafana's formatters print them. Only the units
// that the dashboards use are known; any other fails the build (supported.ts).

import { fromNow, iso, pattern } from "./moments";

export interface Words {
  text: string;
  prefix?: string;
  suffix?: string;
}

type Formatter = (n: number, decimals: number | undefined, zone: string) => Words;

/** Three figures that count, unless the dashboard says how many decimals. */
export function fixed(n: number, decimals?: number): string {
  if (!Number.isFinite(n)) return n > 0 ? "∞" : n < 0 ? "-∞" : "NaN";
  const d = decimals ?? (Number.isInteger(n) || n === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(n)))));
  const text = (Math.round(Number(`${n}e${d}`) || n * 10 ** d) / 10 ** d).toFixed(Math.min(20, d));
  const plain = decimals === undefined && text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  return /^-0(\.0*)?$/.test(plain) ? plain.slice(1) : plain;
}

/** Steps of a unit: each is `factor` times the one before. */
function stepped(factor: number, names: readonly string[]): Formatter {
  return (n, decimals) => {
    const size = n === 0 ? 0 : Math.floor(Math.log(Math.abs(n)) / Math.log(factor) + 1e-9);
    let i = Math.min(names.length - 1, Math.max(0, size));
    // 999.96 becomes 1000 when it is cut to three figures: then it is 1 of the next.
    if (i + 1 < names.length && Math.abs(Number(fixed(n / factor ** i, decimals))) >= factor) i++;
    return { text: fixed(n / factor ** i, decimals), suffix: names[i] ?? "" };
  };
}

const after = (suffix: string): Formatter => (n, decimals) => ({ text: fixed(n, decimals), suffix });

const count = (what: string): Formatter => {
  const scale = stepped(1000, ["", "K", "M", "B", "T"]);
  return (n, decimals, zone) => {
    const w = scale(n, decimals, zone);
    return { text: w.text, suffix: `${w.suffix ?? ""} ${what}` };
  };
};

/** Seconds in the unit that a person would choose. */
const seconds: Formatter = (n, decimals) => {
  const abs = Math.abs(n);
  const steps: [number, number, string][] = [
    [31_536_000, 31_556_900, " years"], [604_800, 604_800, " weeks"], [86_400, 86_400, " days"], [3600, 3600, " hours"], [60, 60, " mins"],
    [1, 1, " s"], [1e-3, 1e-3, " ms"], [1e-6, 1e-6, " µs"],
  ];
  if (abs === 0) return { text: "0", suffix: " s" };
  for (const [from, size, name] of steps) {
    if (abs < from) continue;
    const text = fixed(n / size, decimals);
    return { text, suffix: Math.abs(Number(text)) === 1 && name.length > 3 ? name.replace(/s$/, "") : name };
  }
  return { text: fixed(n * 1e9, decimals), suffix: " ns" };
};

const inSeconds = (factor: number): Formatter => (n, decimals, zone) => seconds(n * factor, decimals, zone);

const milliseconds: Formatter = (n, decimals, zone) => (Math.abs(n) < 1000 ? { text: fixed(n, decimals), suffix: " ms" } : seconds(n / 1000, decimals, zone));

/** 93784 → "1 day, 2 hours" (decimals: how many further parts). */
const duration = (factor: number): Formatter => (n, decimals) => {
  const parts: [number, string][] = [[31_536_000, "year"], [2_592_000, "month"], [604_800, "week"], [86_400, "day"], [3600, "hour"], [60, "minute"], [1, "second"], [0.001, "millisecond"]];
  let left = Math.abs(n * factor);
  const out: string[] = [];
  for (const [size, name] of parts) {
    if (out.length === 0 && left < size) continue;
    if (out.length > (decimals ?? 0)) break;
    const whole = Math.floor(left / size + 1e-9);
    left -= whole * size;
    out.push(`${whole} ${name}${whole === 1 ? "" : "s"}`);
  }
  return { text: (out.join(", ") || "0 seconds") + (n < 0 ? " ago" : "") };
};

const local: Formatter = (n, decimals) => ({ text: n.toLocaleString("en-US", { maximumFractionDigits: decimals ?? 3, minimumFractionDigits: decimals ?? 0 }) });
const bytes = stepped(1024, [" B", " KiB", " MiB", " GiB", " TiB", " PiB"]);
const decimalBytes = stepped(1000, [" B", " kB", " MB", " GB", " TB", " PB"]);

const formatters: Readonly<Record<string, Formatter>> = {
  none: after(""),
  string: after(""),
  short: stepped(1000, ["", " K", " Mil", " Bil", " Tri", " Quadr", " Quint"]),
  sishort: stepped(1000, ["", " k", " M", " G", " T", " P"]),
  locale: local,
  percent: after("%"),
  percentunit: (n, decimals) => ({ text: fixed(Number((n * 100).toPrecision(12)), decimals), suffix: "%" }),
  bytes,
  decbytes: decimalBytes,
  Bps: stepped(1000, [" B/s", " kB/s", " MB/s", " GB/s", " TB/s"]),
  binBps: stepped(1024, [" B/s", " KiB/s", " MiB/s", " GiB/s", " TiB/s"]),
  s: seconds,
  ms: milliseconds,
  m: inSeconds(60),
  h: inSeconds(3600),
  d: inSeconds(86_400),
  dtdurations: duration(1),
  dtdurationms: duration(0.001),
  dateTimeAsIso: (n, _d, zone) => ({ text: iso(n, zone) }),
  dateTimeAsSystem: (n, _d, zone) => ({ text: iso(n, zone) }),
  dateTimeFromNow: (n) => ({ text: fromNow(n, Date.now()) }),
  ops: count("ops/s"),
  reqps: count("req/s"),
  rps: count("rd/s"),
  wps: count("wr/s"),
  iops: count("io/s"),
  cps: count("c/s"),
  eps: count("evt/s"),
  mps: count("msg/s"),
  recps: count("rec/s"),
  rowsps: count("rows/s"),
  cpm: count("c/m"),
  opm: count("ops/m"),
};

/** A place on a chart, turned over so that #1 is on top. The page's own: Grafana has no such unit, so no file may use it. */
const rank: Formatter = (n, decimals) => ({ text: fixed(-n, decimals), prefix: "#" });

/** Whether the viewer prints this unit as Grafana does. */
export const knownUnit = (unit: string): boolean => unit in formatters || unit.startsWith("time:");

/** Units whose numbers are moments, milliseconds since 1970. */
export const isMoment = (unit: string | undefined): boolean => unit !== undefined && (unit.startsWith("dateTime") || unit.startsWith("time:"));

/** A number in its unit. */
export function inUnit(n: number, unit: string | undefined, decimals: number | undefined, zone: string): Words {
  if (unit?.startsWith("time:") === true) return { text: pattern(n, zone, unit.slice(5)) };
  if (unit === "rank") return rank(n, decimals, zone);
  return (formatters[unit === undefined || unit === "" ? "none" : unit] ?? after(` ${unit}`))(n, decimals, zone);
}

export const joined = (w: Words): string => `${w.prefix ?? ""}${w.text}${w.suffix ?? ""}`;
