// How the running system is: the answer of /api/status.

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
