// What there is to ask: tables and views with their columns and comments.

export interface Column {
  name: string;
  type: string;
  comment: string;
}

export interface Table {
  name: string;
  /** "table" or "view"; a view with parameters is asked as v(since = …). */
  kind: string;
  comment: string;
  columns: readonly Column[];
}

export interface Schema {
  tables: readonly Table[];
  /** The limits of the login, in words, where the API says them. */
  limits: string;
}

const text = (v: unknown): string => (typeof v === "string" ? v : "");

/** Reads the answer of /api/schema; what it does not understand it leaves out. */
export function readSchema(answer: unknown): Schema {
  const top = answer as { tables?: unknown; limits?: unknown } | unknown[] | null;
  const list = Array.isArray(top) ? top : (top?.tables ?? []);
  const tables = (Array.isArray(list) ? list : []).map((t: Record<string, unknown>): Table => ({
    name: text(t["name"]),
    kind: text(t["kind"]) || text(t["engine"]).toLowerCase() || "table",
    comment: text(t["comment"]),
    columns: (Array.isArray(t["columns"]) ? t["columns"] : []).map((c: Record<string, unknown>) => ({ name: text(c["name"]), type: text(c["type"]), comment: text(c["comment"]) })),
  }));
  return { tables: tables.filter((t) => t.name !== ""), limits: Array.isArray(top) ? "" : text(top?.limits) };
}

export const isView = (t: Table): boolean => t.kind.includes("view") || t.name.startsWith("v_");

/** Views first, for they are made for people; each kind by name. */
export function ordered(tables: readonly Table[]): { views: Table[]; tables: Table[] } {
  const sorted = tables.toSorted((a, b) => a.name.localeCompare(b.name));
  return { views: sorted.filter(isView), tables: sorted.filter((t) => !isView(t)) };
}

/** Tables whose name, comment or columns have the words. */
export function search(tables: readonly Table[], words: string): Table[] {
  const wanted = words.toLowerCase().split(/\s+/).filter((w) => w !== "");
  return tables.filter((t) => {
    const all = [t.name, t.comment, ...t.columns.flatMap((c) => [c.name, c.comment])].join(" ").toLowerCase();
    return wanted.every((w) => all.includes(w));
  });
}

/** Where in the text an error is: ClickHouse says "position 8 (line 1, col 8)" or "(at line 2, col 3)". */
export function errorAt(message: string, sql: string): { line: number; col: number; offset: number } | null {
  const lc = /line (\d+), col(?:umn)? (\d+)/.exec(message);
  const lines = sql.split("\n");
  if (lc !== null) {
    const [line, col] = [Number(lc[1]), Number(lc[2])];
    const before = lines.slice(0, line - 1).reduce((n, l) => n + l.length + 1, 0);
    return line > lines.length ? null : { line, col, offset: Math.min(sql.length, before + col - 1) };
  }
  const pos = /position (\d+)/.exec(message);
  if (pos === null) return null;
  const offset = Math.min(sql.length, Number(pos[1]) - 1);
  const head = sql.slice(0, offset).split("\n");
  return { line: head.length, col: (head.at(-1)?.length ?? 0) + 1, offset };
}
