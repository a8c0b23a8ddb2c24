// Sentences that the data tells by itself.

import type { RankGroup, RankSeries } from "./api";
import { day, type Zone } from "./format";

/** Who plays which part in a case that is shipped, and what to look at first. */
export interface Plot {
  title: string;
  /** For a button. */
  short: string;
  lead: string;
  origin: string;
  /** What is shown first: the case without the quiet weeks around it. */
  view: [number, number];
  spans: { label: string; from: number; to: number }[];
}

const utc = (text: string): number => Date.parse(`${text}T00:00:00Z`) / 1000;

export const plots: Record<string, Plot> = {
  "january-2025": {
    title: "January 2025: the TikTok refugees",
    short: "January 2025",
    lead: "rednote",
    origin: "tiktok",
    view: [utc("2025-01-06"), utc("2025-02-21")],
    spans: [
      { label: "The surge", from: utc("2025-01-11"), to: utc("2025-01-17") },
      { label: "The ban", from: utc("2025-01-17"), to: utc("2025-01-22") },
      { label: "The decline", from: utc("2025-01-19"), to: utc("2025-02-02") },
      { label: "TikTok’s return", from: utc("2025-02-10"), to: utc("2025-02-20") },
    ],
  },
};

export interface Climb {
  /** When it was first and last seen at #1. */
  first: number;
  last: number;
  /** When it was first seen outside the first ten, and beyond the list, after that; null: never. */
  fell: number | null;
  lost: number | null;
}

/** When a series stood at #1. */
export function climb(g: RankGroup, s: RankSeries): Climb | null {
  const first = s.rank.indexOf(1);
  const last = s.rank.lastIndexOf(1);
  if (first < 0) return null;
  const after = (wanted: (i: number) => boolean): number | null => {
    for (let i = last + 1; i < g.at.length; i++) if (wanted(i)) return g.at[i] ?? null;
    return null;
  };
  return {
    first: g.at[first] ?? 0,
    last: g.at[last] ?? 0,
    fell: after((i) => (s.rank[i] ?? 0) > 10 || s.state.charAt(i) === "u"),
    lost: after((i) => s.state.charAt(i) === "u"),
  };
}

/** Stretches during which the app was not in the store. */
export function absences(g: RankGroup, s: RankSeries): { from: number; to: number; back: boolean }[] {
  const out: { from: number; to: number; back: boolean }[] = [];
  for (let i = 0; i < s.state.length; i++) {
    if (s.state[i] !== "d") continue;
    const from = g.at[i] ?? 0;
    while (i + 1 < s.state.length && s.state[i + 1] === "d") i++;
    const back = i + 1 < s.state.length;
    out.push({ from, to: g.at[back ? i + 1 : i] ?? from, back });
  }
  return out;
}

/** One or two sentences on a chart, or nothing where there is nothing to tell. */
export function tell(g: RankGroup, plot: Plot, names: ReadonlyMap<string, string>, zone: Zone): string {
  const sentences: string[] = [];
  const lead = g.series.find((s) => s.entity === plot.lead);
  const c = lead === undefined ? null : climb(g, lead);
  if (c !== null) {
    const parts = [`took #1 on ${day(c.first, zone)}`];
    if (c.last - c.first > 86400) parts.push(`was last there on ${day(c.last, zone)}`);
    if (c.fell !== null) parts.push(`was out of the first ten by ${day(c.fell, zone)}`);
    if (c.lost !== null && c.lost !== c.fell) parts.push(`off the list by ${day(c.lost, zone)}`);
    const end = parts.length > 1 ? ` and ${parts.pop() ?? ""}` : "";
    sentences.push(`${names.get(plot.lead) ?? plot.lead} ${parts.join(", ")}${end}.`);
  }
  const origin = g.series.find((s) => s.entity === plot.origin);
  const gone = origin === undefined ? undefined : absences(g, origin)[0];
  if (gone !== undefined) {
    const back = gone.back ? ` and came back on ${day(gone.to, zone)}` : "";
    sentences.push(`${names.get(plot.origin) ?? plot.origin} left the store on ${day(gone.from, zone)}${back}.`);
  }
  return sentences.join(" ");
}
