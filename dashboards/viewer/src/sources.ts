// The table of sources: how fresh each is, since when and why.

import type { Source, SourceState, Status, Trouble } from "./api";
import { fill, h, type Child } from "./dom";
import { age, date, moment, targetName, type Zone } from "./format";

export const stateWords: Record<SourceState, string> = {
  fresh: "fresh",
  late: "late",
  stale: "stale",
  broken: "broken",
  waiting: "not looked yet",
  recorded: "recorded",
};

const worstFirst: SourceState[] = ["broken", "stale", "late", "waiting", "fresh", "recorded"];

export interface Group {
  source: string;
  state: SourceState;
  rows: Source[];
}

/** Sources with all their targets; a source is as bad as its worst target. */
export function groups(sources: readonly Source[]): Group[] {
  const by = new Map<string, Source[]>();
  for (const s of sources) by.set(s.source, [...(by.get(s.source) ?? []), s]);
  const rank = (s: SourceState): number => worstFirst.indexOf(s);
  return [...by.entries()]
    .map(([source, rows]) => {
      const sorted = rows.toSorted((a, b) => rank(a.state) - rank(b.state) || a.target.localeCompare(b.target));
      return { source, rows: sorted, state: sorted[0]?.state ?? "waiting" };
    })
    .sort((a, b) => rank(a.state) - rank(b.state) || a.source.localeCompare(b.source));
}

/** "3 broken, 12 fresh" */
export function summary(sources: readonly { state: SourceState }[]): string {
  return worstFirst
    .map((state) => ({ state, n: sources.filter((s) => s.state === state).length }))
    .filter(({ n }) => n > 0)
    .map(({ state, n }) => `${n} ${stateWords[state]}`)
    .join(", ");
}

const opened = new Set<string>();

export function drawSources(host: HTMLElement, st: Status, zone: Zone): void {
  if (st.sources.length === 0) {
    fill(host, h("p.empty", {}, "No source is configured. Switch one on under collect.sources in the configuration."));
    return;
  }
  const now = Date.parse(st.now) / 1000;
  const head = ["Source", "State", "Since", "Last look", "Last good look", "Every", "Why"].map((t) => h("th", { scope: "col" }, t));
  const table = h("table.sources", {}, h("thead", {}, h("tr", {}, ...head)));
  for (const g of groups(st.sources)) {
    const body = h("tbody", {});
    if (g.rows.length === 1 && g.rows[0] !== undefined) {
      body.append(row(g.rows[0], `${g.source}: ${targetName(g.rows[0].target)}`, now, zone, "head"));
    } else {
      body.append(groupRow(g, now, zone, () => drawSources(host, st, zone)));
      if (opened.has(g.source)) for (const s of g.rows) body.append(row(s, targetName(s.target), now, zone, "sub"));
    }
    table.append(body);
  }
  const had = document.activeElement?.getAttribute("data-source") ?? null;
  fill(host, h("p.note", {}, `${st.sources.length} targets: ${summary(st.sources)}.`), ...troubles(st.health ?? [], zone), table);
  if (had !== null) table.querySelector<HTMLElement>(`[data-source="${CSS.escape(had)}"]`)?.focus();
}

/** What it is about, in words: a source with all its targets, or one of them. */
export function aboutWhat(t: Trouble): string {
  const what = t.target.startsWith("source/") ? `${t.source}, all targets` : `${t.source}: ${targetName(t.target)}`;
  return t.subject === t.target ? what : `${what}, ${t.subject}`;
}

function troubles(open: readonly Trouble[], zone: Zone): HTMLElement[] {
  return open.map((t) =>
    h(
      "p.trouble",
      { "data-rule": t.rule },
      h("b", {}, `${t.rule} · ${aboutWhat(t)}`),
      ` since ${moment(Date.parse(t.since) / 1000, zone)}. ${t.says} `,
      h("em", {}, t.advice),
    ),
  );
}

function groupRow(g: Group, now: number, zone: Zone, redraw: () => void): HTMLElement {
  const isOpen = opened.has(g.source);
  const button = h(
    "button.open",
    {
      type: "button",
      "aria-expanded": isOpen ? "true" : "false",
      "data-source": g.source,
      onclick: () => {
        if (!opened.delete(g.source)) opened.add(g.source);
        redraw();
      },
    },
    h("b", {}, g.source),
    ` ${g.rows.length} targets`,
  );
  const same = g.rows.filter((r) => r.state === g.state);
  const first = same[0];
  const mixed = summary(g.rows);
  return cells("head", [
    button,
    badge(g.state),
    ago(earliest(same.map((r) => r.since)), now, zone),
    ago(latest(g.rows.map((r) => r.last_look)), now, zone),
    ago(latest(g.rows.map((r) => r.last_ok)), now, zone),
    every(g.rows[0]?.every_s ?? 0),
    h("span", { title: first?.why }, same.length < g.rows.length ? `${mixed}. ` : "", brief(first?.why ?? "")),
  ]);
}

function row(s: Source, name: string, now: number, zone: Zone, cls: string): HTMLElement {
  return cells(cls, [
    cls === "head" ? h("b", {}, name) : name,
    badge(s.state),
    ago(s.since, now, zone),
    ago(s.last_look, now, zone),
    ago(s.last_ok, now, zone),
    every(s.every_s),
    s.why,
  ]);
}

const labels = ["", "State", "Since", "Last look", "Last good look", "Every", "Why"];

function cells(cls: string, content: readonly Child[]): HTMLElement {
  const tr = h(`tr.${cls}`, {});
  content.forEach((c, i) => {
    const empty = c === "" || c === "–";
    const props = { "data-label": labels[i] ?? "" };
    tr.append(i === 0 ? h("th", { scope: "row", ...props }, c) : h(empty ? "td.none" : "td", props, c));
  });
  return tr;
}

export const badge = (state: SourceState): HTMLElement => h("span.state", { "data-state": state }, stateWords[state]);

/** The beginning of a long reason; all of it is in the tooltip and in the opened rows. */
export const brief = (why: string): string => (why.length <= 150 ? why : `${why.slice(0, 148).trimEnd()}…`);

const every = (s: number): string => (s === 0 ? "–" : age(s));

function ago(at: string | null, now: number, zone: Zone): Child {
  if (at === null) return "–";
  const s = Date.parse(at) / 1000;
  return h("time", { datetime: at, title: moment(s, zone) }, now - s > 60 * 86400 ? date(s, zone) : `${age(now - s)} ago`);
}

const known = (all: readonly (string | null)[]): string[] => all.filter((a): a is string => a !== null).sort();
const earliest = (all: readonly (string | null)[]): string | null => known(all)[0] ?? null;
const latest = (all: readonly (string | null)[]): string | null => known(all).at(-1) ?? null;
