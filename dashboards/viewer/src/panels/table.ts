// The table panel: lines that can be sorted, with coloured cells, gauges and links.

import type { Ctx, Drawn, Frame, Panel, Value } from "../model";
import { fill, h, type Child } from "../dom";
import { faint, mix, on, paper, visible } from "./colours";
import { asTable, csv, plain, shownColumns } from "./csv";
import { prepare, type Column, type Prepared, type Shown } from "./fields";
import { anchor, ways } from "./links";
import { picture } from "./paint";
import { cap, wish } from "./wish";

/** Lines that are put on the page at once; more come when the reader gets there. */
const chunk = 150;

interface Sort {
  title: string;
  desc: boolean;
}

export function drawTable(el: HTMLElement, panel: Panel, frames: readonly Frame[], ctx: Ctx): Drawn {
  const all = prepare(panel, frames, ctx);
  const options = panel.options ?? {};
  const by = (options["sortBy"] as { displayName?: string; desc?: boolean }[] | undefined)?.[0];
  let which = Math.min(all.length - 1, Number(options["frameIndex"] ?? 0));
  let sort: Sort | null = by?.displayName === undefined ? null : { title: by.displayName, desc: by.desc === true };
  const show = (focus?: string): void => {
    const p = all[which];
    const choice = all.length > 1 ? chooser(all, which, (i) => ((which = i), (sort = null), show(), tighten())) : null;
    if (p === undefined || p.length === 0) return fill(el, choice, h("p.panel-empty", {}, "No data"));
    fill(el, choice, lines(p, sort, { panel, ctx, resort: (title) => ((sort = next(sort, title)), show(title), tighten()) }));
    if (focus !== undefined) [...el.querySelectorAll<HTMLElement>("thead button")].find((b) => b.dataset["title"] === focus)?.focus();
  };
  show();
  // Where the lines are wider than the panel, words may take two lines.
  const tighten = (): void => {
    const scroll = el.querySelector<HTMLElement>(".panel-scroll");
    if (scroll === null || scroll.clientWidth === 0) return;
    const wider = (): boolean => scroll.scrollWidth > scroll.clientWidth + 1;
    scroll.classList.remove("tight", "wide");
    scroll.classList.toggle("tight", wider());
    // It has to be scrolled anyway: then the words need not be squeezed.
    scroll.classList.toggle("wide", wider());
    // On a phone nothing stands beside it: no more room than its lines take.
    const whole = scroll.offsetTop + (scroll.firstElementChild?.scrollHeight ?? 0) + scroll.offsetHeight - scroll.clientHeight;
    wish(el, Math.min(whole, 380));
    cap(el, whole);
  };
  const watch = new ResizeObserver(tighten);
  watch.observe(el);
  tighten();
  const now = (): Prepared[] => all.slice(which, which + 1);
  return {
    destroy: () => (watch.disconnect(), el.replaceChildren()),
    resize: tighten,
    png: () => picture(el, panel, ctx),
    csv: () => csv(now().flatMap((p) => [shownColumns(p).map((c) => c.title), ...order(p, sort).map((r) => shownColumns(p).map((c) => plain(c, c.values[r])))])),
    table: () => asTable(panel.title ?? "", now()),
  };
}

/** First click: rising, second: falling, third: as it came. */
function next(s: Sort | null, title: string): Sort | null {
  if (s?.title !== title) return { title, desc: false };
  return s.desc ? null : { title, desc: true };
}

/** The lines in their order; what is missing comes last, whichever way. */
export function order(p: Prepared, sort: Sort | null): number[] {
  const ids = Array.from({ length: p.length }, (_v, i) => i);
  const c = sort === null ? undefined : p.columns.find((f) => f.title === sort.title || f.name === sort.title);
  if (c === undefined) return ids;
  const way = sort?.desc === true ? -1 : 1;
  return ids.sort((a, b) => {
    const [x, y] = [c.values[a] ?? null, c.values[b] ?? null];
    if (x === null || y === null) return x === y ? a - b : x === null ? 1 : -1;
    return way * compare(x, y) || a - b;
  });
}

function compare(x: Exclude<Value, null>, y: Exclude<Value, null>): number {
  if (typeof x === "string" && typeof y === "string") return collator.compare(x, y);
  return Number(x) - Number(y);
}

const collator = new Intl.Collator("en", { numeric: true });

function chooser(all: readonly Prepared[], which: number, choose: (i: number) => void): HTMLElement {
  const list = h("select", { "aria-label": "Which answer", onchange: () => choose(list.selectedIndex) }, ...all.map((p, i) => h("option", { selected: i === which }, p.frame.name ?? p.frame.refId)));
  return h("p.panel-choice", {}, list);
}

interface Table {
  panel: Panel;
  ctx: Ctx;
  resort: (title: string) => void;
}

function lines(p: Prepared, sort: Sort | null, t: Table): HTMLElement {
  const options = t.panel.options ?? {};
  const columns = shownColumns(p);
  const height = String(options["cellHeight"] ?? "sm");
  const table = h(`table.panel-table.${height}` as "table", { "aria-label": t.panel.title ?? "" });
  table.append(widths(columns));
  if (options["showHeader"] !== false) table.append(h("thead", {}, h("tr", {}, ...columns.map((c) => heading(c, sort, t)))));
  const body = h("tbody", {});
  table.append(body);
  const scroll = h("div.panel-scroll", { tabindex: 0, role: "region", "aria-label": `${t.panel.title ?? "Table"}: ${p.length} lines` }, table);
  const ids = order(p, sort);
  let done = 0;
  const more = (): void => {
    body.append(...ids.slice(done, done + chunk).map((r) => line(p, columns, r, t)));
    done = Math.min(ids.length, done + chunk);
  };
  more();
  scroll.addEventListener("scroll", () => {
    if (done < ids.length && scroll.scrollTop + scroll.clientHeight > scroll.scrollHeight - 400) more();
  }, { passive: true });
  return scroll;
}

function widths(columns: readonly Column[]): HTMLElement {
  return h("colgroup", {}, ...columns.map((c) => {
    const col = h("col", {});
    const w = Number(c.config.custom?.["width"] ?? 0);
    if (w > 0) col.style.width = `${w}px`;
    return col;
  }));
}

function side(c: Column): string {
  const align = String(c.config.custom?.["align"] ?? "auto");
  if (align !== "auto") return align;
  return c.type === "number" ? "right" : "left";
}

function heading(c: Column, sort: Sort | null, t: Table): HTMLElement {
  const mine = sort !== null && (sort.title === c.title || sort.title === c.name);
  const b = h("button", { type: "button", "data-title": c.title, onclick: () => t.resort(c.title) }, c.title, mine && h("span.arrow", { "aria-hidden": "true" }, sort.desc ? "▼" : "▲"));
  return h(`th.${side(c)}` as "th", { scope: "col", "aria-sort": mine ? (sort.desc ? "descending" : "ascending") : "none" }, b);
}

function line(p: Prepared, columns: readonly Column[], row: number, t: Table): HTMLElement {
  const tr = h("tr", {}, ...columns.map((c, i) => cell(p, c, row, i === 0, t)));
  const whole = columns.find((c) => cellOptions(c)["applyToRow"] === true);
  if (whole !== undefined) {
    const s = whole.show(whole.values[row]);
    for (const td of tr.children) tint(td as HTMLElement, s);
  }
  return tr;
}

const known = new WeakMap<Column, number>();

/** Whether a column has words of more letters than these: then they are wrapped. */
function wordy(c: Column, letters: number): boolean {
  let most = known.get(c);
  if (most === undefined) known.set(c, (most = c.type === "string" ? Math.max(0, ...c.values.slice(0, 300).map((v) => c.words(v).length)) : 0));
  return most > letters;
}

const cellOptions = (c: Column): Record<string, unknown> => (c.config.custom?.["cellOptions"] ?? {}) as Record<string, unknown>;

function cell(p: Prepared, c: Column, row: number, first: boolean, t: Table): HTMLElement {
  const v = c.values[row];
  const s = c.show(v);
  const o = cellOptions(c);
  const wrap = o["wrapText"] === true || c.config.custom?.["wrapText"] === true ? ".wrap" : "";
  const kind = wordy(c, 60) ? ".words.long" : wordy(c, 14) ? ".words" : "";
  const td = h(`${first ? "th" : "td"}.${side(c)}${wrap}${kind}` as "td", first ? { scope: "row" } : {});
  const links = ways(c, p, row, v, t.ctx);
  const text = `${s.prefix}${s.text}${s.suffix}`;
  const [to, ...others] = text === "" ? [] : links;
  const said: Child[] = [to === undefined ? text : anchor(t.ctx, to.href, to.newTab, text), ...others.map((w) => h("span.also", {}, anchor(t.ctx, w.href, w.newTab, w.title || "more")))];
  // Of what would fill many lines three are shown: else one row fills the panel.
  const words: Child[] = kind.includes("long") && wrap === "" ? [h("span.few", {}, ...said)] : said;
  if (to !== undefined && to.title !== "") td.title = to.title;
  else if (text.length > 24) td.title = text;
  switch (o["type"]) {
    case "color-text":
      if (v !== null && v !== undefined) td.style.color = visible(s.colour, t.ctx.theme, 4.5);
      td.append(...present(words));
      break;
    case "color-background":
      if (v !== null && v !== undefined && o["applyToRow"] !== true) tint(td, s);
      td.append(...present(words));
      break;
    case "gauge":
      td.append(gauge(c, s, o, t.ctx, words));
      break;
    default:
      td.append(...present(words));
  }
  return td;
}

const present = (children: readonly Child[]): (Node | string)[] => children.filter((x): x is Node | string => x !== null && x !== undefined && x !== false && x !== "").map((x) => (typeof x === "number" ? String(x) : x));

function tint(td: HTMLElement, s: Shown): void {
  if (s.colour === "transparent") return;
  td.classList.add("tinted");
  td.style.backgroundColor = s.colour;
  td.style.color = on(s.colour);
}

/** A bar as long as the value's share between min and max, the words beside it. */
function gauge(c: Column, s: Shown, o: Record<string, unknown>, ctx: Ctx, words: Child[]): HTMLElement {
  const bar = h("span.part", { "aria-hidden": "true" });
  const colour = visible(s.colour, ctx.theme, 1.6);
  bar.style.width = `${((s.share ?? 0) * 100).toFixed(2)}%`;
  bar.style.backgroundColor = o["mode"] === "basic" || c.config.color?.mode?.startsWith("continuous-") === true ? colour : mix(colour, paper(ctx.theme), 0.15);
  const track = h("span.track", {}, s.share === null ? null : bar);
  track.style.backgroundColor = faint(ctx.theme === "dark" ? "#ffffff" : "#000000", 0.07);
  const text = h("span.value", {}, ...words);
  if (o["valueDisplayMode"] === "hidden") return h("span.gauge", {}, track, h("span.sr", {}, ...words));
  if (o["valueDisplayMode"] !== "text") text.style.color = visible(s.colour, ctx.theme, 4.5);
  return h("span.gauge", {}, track, text);
}
