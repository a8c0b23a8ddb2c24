// The grid of a dashboard: 24 columns as in Grafana, one section per row panel,
// each with a grid of its own, so that a closed row leaves no hole.

import { h } from "../dom";
import type { Panel } from "../model";
import { freshId } from "./popover";

export interface Section {
  /** The row panel above it; null: before the first row. */
  row: Panel | null;
  panels: readonly Panel[];
}

const top = (p: Panel): number => p.gridPos.y * 100 + p.gridPos.x;

/** Panels by the row that they stand under; a closed row has its panels within. */
export function sections(panels: readonly Panel[]): Section[] {
  const out: { row: Panel | null; panels: Panel[] }[] = [{ row: null, panels: [] }];
  for (const p of panels.toSorted((a, b) => top(a) - top(b))) {
    if (p.type === "row") out.push({ row: p, panels: [...(p.panels ?? [])] });
    else out.at(-1)?.panels.push(p);
  }
  return out.filter((s) => s.row !== null || s.panels.length > 0);
}

/** Whether two of a kind fit side by side on a phone: a figure that is small in the file too. */
export const narrow = (p: Panel): boolean => p.type === "stat" && p.gridPos.w <= 6;

/** The height of a panel on a phone, in pixels: what its kind needs. */
export function phoneHeight(p: Panel): number {
  switch (p.type) {
    case "stat":
      return narrow(p) ? 104 : p.gridPos.w <= 8 ? 160 : 230;
    case "text":
      return 0;
    case "statetimeline":
    case "state-timeline":
    case "heatmap":
    case "timeseries":
    case "barchart":
      return Math.max(280, Math.min(400, p.gridPos.h * 34));
    default:
      return Math.max(180, Math.min(420, p.gridPos.h * 34));
  }
}

/** Whether a panel has its rows for itself and needs no more than what it says: it ends where its words end. */
export const ends = (p: Panel): boolean => (p.type === "table" || p.type === "text") && p.gridPos.w === 24;

/** The rows of a section from its top: a panel that ends by itself has one, as high as it is. */
export function tracks(panels: readonly Panel[]): { rows: string; at: (p: Panel) => { y: number; h: number } } {
  const first = Math.min(...panels.map((p) => p.gridPos.y));
  const last = Math.max(first, ...panels.map((p) => p.gridPos.y + p.gridPos.h));
  const own = panels.filter(ends);
  const rows: string[] = [];
  const line = new Map<number, number>();
  for (let y = first; y < last; y++) {
    const p = own.find((o) => y >= o.gridPos.y && y < o.gridPos.y + o.gridPos.h);
    if (p === undefined || y === p.gridPos.y) rows.push(p === undefined ? "minmax(30px, auto)" : "auto");
    line.set(y, rows.length);
  }
  return { rows: rows.join(" "), at: (p) => ({ y: line.get(p.gridPos.y) ?? 1, h: ends(p) ? 1 : p.gridPos.h }) };
}

/** Puts the element of a panel where the file says, counted from the top of its section. */
function placeIn(el: HTMLElement, p: Panel, { y, h }: { y: number; h: number }): void {
  const { x, w } = p.gridPos;
  el.style.setProperty("--x", String(x + 1));
  el.style.setProperty("--w", String(w));
  el.style.setProperty("--y", String(y));
  el.style.setProperty("--h", String(h));
  el.style.setProperty("--file", `${p.gridPos.h * 38 - 56}px`);
  el.classList.toggle("narrow", narrow(p));
  el.classList.toggle("ends", ends(p));
  el.style.setProperty("--phone", `${phoneHeight(p)}px`);
}

/** Draws the sections; opened is called when the reader opens a closed row. */
export function drawGrid(list: readonly Section[], element: (p: Panel) => HTMLElement, words: (text: string) => string, opened: () => void): HTMLElement[] {
  return list.map((s) => {
    const { rows, at } = tracks(s.panels);
    const ordered = s.panels.toSorted((a, b) => top(a) - top(b));
    const grid = h("div.grid", { id: freshId("row") });
    grid.style.setProperty("--rows", rows);
    for (const p of ordered) {
      const el = element(p);
      placeIn(el, p, at(p));
      grid.append(el);
    }
    if (s.row === null) return grid;
    return h("section.dashboard-row", {}, heading(s.row, s.panels.length, grid, words, opened), grid);
  });
}

function heading(row: Panel, n: number, grid: HTMLElement, words: (text: string) => string, opened: () => void): HTMLElement {
  const title = words(row.title ?? "");
  const button = h("button.row-title", { type: "button", "aria-expanded": row.collapsed === true ? "false" : "true", "aria-controls": grid.id }, h("span", {}, title), h("small", {}, n === 1 ? "1 panel" : `${n} panels`));
  grid.hidden = row.collapsed === true;
  button.addEventListener("click", () => {
    grid.hidden = !grid.hidden;
    button.setAttribute("aria-expanded", grid.hidden ? "false" : "true");
    if (!grid.hidden) opened();
  });
  return h("h2.row-head", {}, button);
}
