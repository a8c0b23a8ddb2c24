// The bands that a rank falls into, and how a series becomes runs of bands.
// A look without the app, no look at all and an app out of the store are three
// different things, and none of them is a rank.

export type Band = "1" | "2-10" | "11-50" | "51-200" | "beyond" | "unfetched" | "delisted" | "nothing";

export const bandWords: Record<Exclude<Band, "nothing">, string> = {
  "1": "#1",
  "2-10": "2–10",
  "11-50": "11–50",
  "51-200": "51–200",
  beyond: "beyond the list",
  unfetched: "nobody looked",
  delisted: "not in the store",
};

export function bandOf(rank: number | null, state: string): Band {
  switch (state) {
    case "u":
      return "beyond";
    case "n":
      return "unfetched";
    case "d":
      return "delisted";
    case "r":
      break;
    default:
      return "nothing";
  }
  if (rank === null) return "nothing";
  if (rank <= 1) return "1";
  if (rank <= 10) return "2-10";
  if (rank <= 50) return "11-50";
  return rank <= 200 ? "51-200" : "beyond";
}

export interface Run {
  band: Band;
  from: number;
  to: number;
}

/**
 * Runs of equal bands. Each moment holds until the next one, and no longer than
 * one and a half steps: what comes after that nobody saw.
 */
export function runs(at: readonly number[], rank: readonly (number | null)[], state: string, step: number): Run[] {
  const out: Run[] = [];
  at.forEach((t, i) => {
    const band = bandOf(rank[i] ?? null, state.charAt(i));
    const next = at[i + 1] ?? t + step;
    const to = Math.min(next, t + 1.5 * step);
    const last = out.at(-1);
    if (last !== undefined && last.band === band && last.to >= t) last.to = to;
    else out.push({ band, from: t, to });
    if (to < next) out.push({ band: "nothing", from: to, to: next });
  });
  return out.filter((r) => r.band !== "nothing");
}

/**
 * Puts an empty moment after each one that has no successor within one and a
 * half steps, so that a line breaks where nobody looked.
 */
export function withBreaks(
  at: readonly number[],
  columns: readonly (readonly (number | null)[])[],
  step: number,
): { at: number[]; columns: (number | null)[][] } {
  const t: number[] = [];
  const cols: (number | null)[][] = columns.map(() => []);
  at.forEach((now, i) => {
    t.push(now);
    columns.forEach((c, k) => cols[k]?.push(c[i] ?? null));
    const next = at[i + 1];
    if (step > 0 && next !== undefined && next - now > 1.5 * step) {
      t.push(now + step);
      for (const c of cols) c.push(null);
    }
  });
  return { at: t, columns: cols };
}
