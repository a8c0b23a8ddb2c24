// The answers of the JSON API, and the one way to ask for them.

export interface Lag {
  topic: string;
  partition: number;
  committed: number;
  end: number;
  lag: number;
}

export type SourceState = "fresh" | "late" | "stale" | "broken" | "waiting" | "recorded";

export interface Source {
  source: string;
  target: string;
  state: SourceState;
  since: string | null;
  last_look: string | null;
  last_ok: string | null;
  every_s: number;
  why: string;
}

/** An open episode about a source itself. */
export interface Trouble {
  id: string;
  rule: string;
  source: string;
  /** source/NAME//all is all of the source. */
  target: string;
  subject: string;
  metric: string;
  since: string;
  value: number;
  expected: number;
  unit: string;
  severity: number;
  says: string;
  advice: string;
}

export interface Status {
  broker: string;
  clickhouse_http: string;
  page: string;
  broker_about?: string;
  engine_about?: string;
  version: string;
  started_at: string;
  now: string;
  rows: Record<string, number>;
  lag: Lag[];
  sources: Source[];
  health?: Trouble[];
  case: { name: string; loaded: number; total: number; done: boolean };
  problems?: string[];
}

export interface Entity {
  id: string;
  name: string;
  names: string[];
  colour: string;
}

export interface ChartInfo {
  target: string;
  basis: string;
  first: number;
  last: number;
}

export interface CountInfo extends ChartInfo {
  metric: string;
}

export interface Catalogue {
  topic: string;
  entities: Entity[];
  charts: ChartInfo[];
  counts: CountInfo[];
}

export interface RankSeries {
  entity: string;
  rank: (number | null)[];
  /** One letter per moment: r ranked, u unranked, n not fetched, d delisted, - nothing known. */
  state: string;
}

/** Everything of one chart that has the same basis: measured, modelled, … */
export interface RankGroup {
  basis: string;
  /** Seconds between two moments; a longer silence is a gap. */
  step_s: number;
  depth: number;
  at: number[];
  series: RankSeries[];
}

export interface Ranks {
  target: string;
  groups: RankGroup[];
}

export interface CountGroup {
  basis: string;
  step_s: number;
  at: number[];
  series: { subject: string; metric: string; value: (number | null)[] }[];
}

export interface Counts {
  target: string;
  groups: CountGroup[];
}

/** At and until are Unix seconds, 0 where nobody said when. */
export interface CaseEvent {
  at: number;
  until: number;
  subject: string;
  text: string;
  scope: string;
  reported: string;
  publisher: string;
  seen_in: string;
  confidence: string;
  note: string;
}

export interface Reported extends CaseEvent {
  /** Null where the figure is in words only (value_text). */
  value: number | null;
  value_text: string;
  unit: string;
  /** With scope, the series that it belongs on. */
  metric: string;
}

export interface Gap {
  source: string;
  target: string;
  from: number;
  to: number;
  why: string;
}

export interface LiveReading {
  source: string;
  target: string;
  entity: string;
  subject: string;
  metric: string;
  value: number | null;
  state: string;
  depth: number;
  at: number;
}

export type Params = Record<string, string | number | undefined>;

/** Asks the API; a failed answer throws an Error in words for a person. */
export async function ask<T>(path: string, params: Params = {}): Promise<T> {
  const query = new URLSearchParams();
  for (const [k, v] of Object.entries(params)) if (v !== undefined) query.set(k, String(v));
  let answer: Response;
  try {
    answer = await fetch(`/api/${path}${query.size > 0 ? `?${query}` : ""}`);
  } catch {
    throw new Error("Tidemark does not answer. Is it still running?");
  }
  const body: unknown = await answer.json().catch(() => null);
  if (answer.ok && body !== null) return body as T;
  const said = body as { error?: string } | null;
  throw new Error(said?.error ?? `Tidemark answered with ${answer.status}.`);
}
