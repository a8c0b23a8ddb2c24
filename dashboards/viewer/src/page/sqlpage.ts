// The SQL page: ask what no dashboard asks, as the login that may only read.

import { fill, h } from "../dom";
import type { Ctx, Drawn, Frame, Override } from "../model";
import { draw } from "../panels";
import * as client from "./client";
import type { Editor } from "./editor";
import { announce, copy, download } from "./popover";
import { chart, house, styleBoard, type Chart } from "./quickchart";
import { csv, facts, rowsOf, table } from "./results";
import { errorAt, ordered, readSchema, search, type Schema, type Table } from "./schema";
import { keep, read, themeNow } from "./themes";

const historyKey = "tidemark.sql";
const kept = 50;
const maxRows = 10_000;

const first = `-- Who stood where in the US App Store's free chart, day by day?
SELECT day, entity_name, basis, best
FROM v_ranks_daily
WHERE target = 'chart/apple/us/top-free/overall' AND state = 'ranked' AND best <= 10
ORDER BY day, best`;

/** What was asked before, the newest first. */
export function remembered(list: readonly string[], sql: string): string[] {
  return [sql, ...list.filter((s) => s !== sql)].slice(0, kept);
}

function past(): string[] {
  try {
    const list: unknown = JSON.parse(read(historyKey) ?? "[]");
    return Array.isArray(list) ? list.filter((s): s is string => typeof s === "string") : [];
  } catch {
    return [];
  }
}

/** The question in an address: #sql=…; empty: none. */
export const inAddress = (hash: string): string => new URLSearchParams(hash.replace(/^#/, "").replaceAll("+", "%2B")).get("sql") ?? "";

export class SQLPage {
  private readonly box = h("div.editor", {});
  private readonly plain = h("textarea.plain", { "aria-label": "SQL", spellcheck: "false", rows: 10 });
  private readonly result = h("section.result", { "aria-label": "Answer" });
  private readonly side = h("aside.schema", { "aria-label": "Tables and views" });
  private readonly runButton = h("button.primary", { type: "button", onclick: () => void this.run() }, "Run");
  private readonly limits = h("p.note.limits", {}, limitsWords(""));
  private readonly memory = h("details.memory", {});
  private editor: Editor | null = null;
  private asking: AbortController | null = null;
  private drawn: Drawn | null = null;
  private gone = false;
  private schema: Schema = { tables: [], limits: "" };
  /** How the dashboards draw series; without an answer a quick chart is plain. */
  private readonly styles: Promise<readonly Override[]> = client.dashboard(styleBoard).then(house).catch(() => []);
  private readonly onHash = (): void => {
    const sql = inAddress(location.hash);
    if (sql !== "" && sql !== this.text()) this.put(sql);
  };

  constructor(main: HTMLElement) {
    this.plain.value = inAddress(location.hash) || past()[0] || first;
    this.box.append(this.plain);
    const bar = h(
      "p.row.sqlbar",
      {},
      this.runButton,
      h("small", {}, h("kbd", {}, "Ctrl"), " ", h("kbd", {}, "Enter")),
      h("button.button", { type: "button", onclick: () => this.share() }, "Copy the address"),
      h("span.spacer", {}),
    );
    fill(main, h("h1", {}, "SQL"), this.limits, h("div.asking", {}, h("div.work", {}, this.box, bar, this.memory, this.result), this.side));
    this.plain.addEventListener("keydown", (e) => {
      if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) void this.run();
    });
    addEventListener("hashchange", this.onHash);
    this.drawHistory();
    void this.furnish();
  }

  destroy(): void {
    this.gone = true;
    removeEventListener("hashchange", this.onHash);
    this.asking?.abort();
    this.editor?.destroy();
    this.drawn?.destroy();
  }

  /** Fetches the schema and the editor; without them the page still works. */
  private async furnish(): Promise<void> {
    fill(this.side, h("p.hint", {}, "Asking for the tables …"));
    try {
      this.schema = readSchema(await client.schema());
      fill(this.limits, limitsWords(this.schema.limits));
      this.drawSchema();
    } catch (err) {
      fill(this.side, h("p.wrong", {}, err instanceof Error ? err.message : String(err)));
    }
    const { makeEditor } = await import("./editor");
    if (this.gone) return;
    const had = document.activeElement === this.plain;
    const host = h("div.editor-host", {});
    this.plain.hidden = true;
    this.box.append(host);
    this.editor = makeEditor(host, this.plain.value, this.schema.tables, () => void this.run());
    this.box.dataset["ready"] = "true";
    if (had) this.editor.focus();
    if (inAddress(location.hash) !== "") void this.run();
  }

  private text(): string {
    return this.editor?.text() ?? this.plain.value;
  }

  private put(sql: string): void {
    this.plain.value = sql;
    this.editor?.set(sql);
  }

  private async run(): Promise<void> {
    const sql = this.text().trim();
    if (sql === "") return;
    this.asking?.abort();
    const asking = new AbortController();
    this.asking = asking;
    this.editor?.mark(null);
    this.result.dataset["state"] = "loading";
    this.drawn?.destroy();
    this.drawn = null;
    const stop = h("button.button", { type: "button", onclick: () => asking.abort() }, "Stop");
    fill(this.result, h("p.row", {}, "Asking … ", stop));
    history.replaceState(history.state, "", `#sql=${encodeURIComponent(sql)}`);
    try {
      const answer = await client.sql(sql, maxRows, asking.signal);
      const styles = await this.styles;
      if (!asking.signal.aborted) this.take(sql, answer, styles);
    } catch (err) {
      if (asking.signal.aborted) this.say("stopped", h("p", {}, "Stopped."));
      else this.fail(sql, err instanceof Error ? err.message : String(err));
    }
  }

  private take(sql: string, answer: unknown, styles: readonly Override[]): void {
    const a = answer as client.SQLAnswer & Partial<Frame>;
    if (typeof a.error === "string" && a.error !== "") return this.fail(sql, a.error);
    const frames = Array.isArray(a.frames) ? a.frames : a.fields !== undefined ? [a as Frame] : [];
    keep(historyKey, JSON.stringify(remembered(past(), sql)));
    this.drawHistory();
    const f = frames[0];
    if (f === undefined || f.fields.length === 0) return this.say("done", h("p", {}, "Done. The answer has no columns."));
    const save = h("button.button", { type: "button", onclick: () => download("tidemark-sql.csv", new Blob([csv(f)], { type: "text/csv;charset=utf-8" })) }, "Download CSV");
    const c = chart(f, styles);
    const plot = h("div.quickchart", {});
    this.say(
      "done",
      h("p.row", {}, h("b", {}, facts(f)), f.truncated === true ? h("span.wrong", {}, `There is more: cut off after ${rowsOf(f).toLocaleString("en")} rows.`) : null, save),
      plot,
      h("p.note", { hidden: (c?.note ?? "") === "" }, c?.note ?? ""),
      h("div.scroll", { tabindex: "0", role: "region", "aria-label": "Rows" }, table(f)),
    );
    this.plot(plot, c);
    announce(facts(f));
  }

  private plot(host: HTMLElement, c: Chart | null): void {
    host.hidden = c === null;
    if (c === null) return;
    const ctx: Ctx = { from: c.from, to: c.to, zone: "UTC", annotations: [], theme: themeNow(), sync: "sql", vars: {}, onZoom: () => undefined, onReset: () => undefined };
    try {
      this.drawn = draw(host, c.panel, c.frames, ctx);
    } catch {
      host.hidden = true; // the table has it all
    }
  }

  private fail(sql: string, why: string): void {
    const at = errorAt(why, sql);
    const line = at === null ? "" : (sql.split("\n")[at.line - 1] ?? "");
    const where = at === null ? null : h("pre.sql", {}, `${line}\n${" ".repeat(Math.max(0, at.col - 1))}^`);
    this.say("failed", h("div.nothing.wrong", { role: "alert" }, h("p", {}, h("b", {}, at === null ? "This was not answered. " : `Line ${at.line}, column ${at.col}: `), why), where));
    const lead = this.text().length - this.text().trimStart().length;
    if (at !== null) this.editor?.mark(at.offset + lead);
  }

  private say(state: string, ...content: HTMLElement[]): void {
    this.result.dataset["state"] = state;
    fill(this.result, ...content);
  }

  private share(): void {
    const u = new URL(location.href);
    u.hash = `sql=${encodeURIComponent(this.text().trim())}`;
    void copy(u.href, "The address is copied.");
  }

  private drawHistory(): void {
    const list = past();
    const items = list.map((sql) => h("li", {}, h("button", { type: "button", title: sql, onclick: () => this.put(sql) }, sql.replace(/\s+/g, " ").slice(0, 160))));
    const clear = (): void => {
      keep(historyKey, null);
      this.drawHistory();
    };
    fill(this.memory, h("summary", {}, list.length === 0 ? "Asked before: nothing yet" : `Asked before (${list.length})`), h("p.note", {}, "Kept in this browser only. ", list.length === 0 ? null : h("button.link", { type: "button", onclick: clear }, "Forget all")), h("ul.asked", {}, ...items));
  }

  private drawSchema(): void {
    const input = h("input", { type: "search", placeholder: "Search tables and columns", "aria-label": "Search tables and columns", oninput: () => this.list(box, input.value) });
    const box = h("div.tables", {});
    fill(this.side, h("h2", {}, "Tables and views"), input, box);
    this.list(box, "");
  }

  private list(box: HTMLElement, wanted: string): void {
    const { views, tables } = ordered(search(this.schema.tables, wanted));
    const part = (title: string, list: readonly Table[]): HTMLElement | null => (list.length === 0 ? null : h("section", {}, h("h3", {}, title), ...list.map((t) => this.tableEntry(t))));
    fill(box, part("Views, made for people", views), part("Tables", tables), views.length + tables.length === 0 ? h("p.hint", {}, "Nothing has these words.") : null);
  }

  private tableEntry(t: Table): HTMLElement {
    const columns = t.columns.map((c) => h("li", { title: c.comment }, h("button", { type: "button", onclick: () => this.editor?.insert(c.name) }, c.name), " ", h("small", {}, c.type), c.comment === "" ? null : h("p", {}, c.comment)));
    return h(
      "details",
      { "data-table": t.name },
      h("summary", {}, h("b", {}, t.name)),
      h("p.note", {}, t.comment, " ", h("button.link", { type: "button", "aria-label": `Put ${t.name} into the editor`, onclick: () => this.editor?.insert(t.name) }, "Insert")),
      h("ul", {}, ...columns),
    );
  }
}

const limitsWords = (said: string): string =>
  `What you ask runs as the read-only login: it reads, and writes, drops or fetches nothing. ${said === "" ? "Time, memory and rows are limited." : said} Times are UTC.`;
