// The ways to ask the API. An error is always an Error in words for a person.

import type { Status } from "../api";
import type { Dashboard, Frame } from "../model";

export interface DashboardInfo {
  uid: string;
  title: string;
  folder: string;
  tags?: readonly string[] | null;
  description?: string;
}

export type Values = readonly string[] | "$__all";

/** What every question about a dashboard carries. */
export interface Asked {
  from: number;
  to: number;
  /** IANA name. */
  zone: string;
  vars: Readonly<Record<string, Values>>;
}

export interface Option {
  value: string;
  text: string;
}

export interface VariableAnswer {
  options: readonly Option[];
  current: readonly string[];
  error?: string;
}

export interface PanelAnswer {
  frames?: readonly Frame[] | null;
  error?: string;
}

export interface AnnotationAnswer {
  time: number;
  timeEnd?: number | null;
  title?: string;
  text?: string;
  tags?: readonly string[] | string | null;
}

export const all = "$__all";

/** What a variable's values are called in a question. */
export const asValues = (current: readonly string[]): Values => (current.length === 1 && current[0] === all ? all : current);

async function call<T>(path: string, init: RequestInit = {}): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(`/api/${path}`, init);
  } catch (err) {
    if (err instanceof DOMException && err.name === "AbortError") throw err;
    throw new Error("Tidemark does not answer. Is it still running?");
  }
  const body: unknown = await answer.json().catch(() => null);
  const said = body as { error?: unknown } | null;
  if (answer.ok && body !== null) return body as T;
  throw new Error(typeof said?.error === "string" ? said.error : `Tidemark answered with ${answer.status}.`);
}

const post = <T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> =>
  call<T>(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });

const id = encodeURIComponent;

export const status = (): Promise<Status> => call("status");

export const dashboards = (): Promise<DashboardInfo[]> => call("dashboards");

export const dashboard = (uid: string): Promise<Dashboard> => call(`dashboards/${id(uid)}`);

export const variables = (uid: string, asked: Asked, signal?: AbortSignal): Promise<Record<string, VariableAnswer>> => post(`dashboards/${id(uid)}/variables`, asked, signal);

export const annotations = (uid: string, asked: Asked, signal?: AbortSignal): Promise<Record<string, AnnotationAnswer[] | null>> =>
  post(`dashboards/${id(uid)}/annotations`, asked, signal);

export async function panel(uid: string, panelID: number, maxPoints: number, asked: Asked, signal?: AbortSignal): Promise<PanelAnswer> {
  const answer = await post<{ panels: Record<string, PanelAnswer> }>(`dashboards/${id(uid)}/query`, { ...asked, maxPoints, panels: [panelID] }, signal);
  return answer.panels[String(panelID)] ?? { error: "The answer says nothing about this panel." };
}

/** Answers of the SQL page. */
export interface SQLAnswer {
  frames?: readonly Frame[];
  error?: string;
}

export const schema = (): Promise<unknown> => call("schema");

export const sql = (text: string, maxRows: number, signal?: AbortSignal): Promise<unknown> => post("sql", { sql: text, maxRows }, signal);

/** Lets only so many questions be open at a time, the first come first. */
export class Queue {
  private open = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly most: number) {}

  async run<T>(job: () => Promise<T>): Promise<T> {
    if (this.open >= this.most) await new Promise<void>((go) => this.waiting.push(go));
    this.open++;
    try {
      return await job();
    } finally {
      this.open--;
      this.waiting.shift()?.();
    }
  }
}
