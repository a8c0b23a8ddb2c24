// The keyboard: single keys for what is often done, all of them listed at "?".

import { h } from "../dom";
import type { App } from "./app";
import { dialog } from "./popover";
import { keep, read } from "./themes";
import { zoomedOut, shifted } from "./times";

const key = "tidemark.keys";

const isOn = (): boolean => read(key) !== "off";

interface Key {
  keys: string;
  does: string;
  run: (app: App) => void;
}

const moveTo = (app: App, way: -1 | 1): void => {
  const board = app.board();
  if (board === null) return;
  const s = shifted(board.shown, way);
  app.change({ from: String(s.from), to: String(s.to) }, true);
};

const keys: readonly Key[] = [
  { keys: "?", does: "this list", run: () => help() },
  { keys: "d", does: "choose a dashboard", run: () => (document.getElementById("boards")?.focus(), document.getElementById("boards")?.click()) },
  { keys: "t", does: "choose the time", run: (app) => app.board()?.openTime() },
  { keys: "[", does: "earlier", run: (app) => moveTo(app, -1) },
  { keys: "]", does: "later", run: (app) => moveTo(app, 1) },
  {
    keys: "z",
    does: "zoom out",
    run: (app) => {
      const board = app.board();
      if (board === null) return;
      const s = zoomedOut(board.shown);
      app.change({ from: String(s.from), to: String(s.to) }, true);
    },
  },
  { keys: "r", does: "refresh now", run: (app) => void app.board()?.refresh() },
  { keys: "v", does: "view the panel alone (the one with the focus, or under the pointer), and back", run: (app) => app.board()?.current()?.toggleAlone() },
  { keys: "i", does: "what the panel shows", run: (app) => app.board()?.current()?.explain() },
  { keys: "e", does: "its data as a table", run: (app) => app.board()?.current()?.table() },
  { keys: "q", does: "its SQL", run: (app) => app.board()?.current()?.sql() },
  {
    keys: "p",
    does: "load all panels and print",
    run: (app) => {
      void app
        .board()
        ?.loadAll()
        .then(() => requestAnimationFrame(() => print()));
    },
  },
];

/** Whether a key is meant for what has the focus, and not for the page. */
function isTyping(e: KeyboardEvent): boolean {
  const el = e.composedPath()[0];
  return el instanceof HTMLElement && (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName) || el.closest("[role=menu], dialog, [popover]") !== null);
}

export function onKeys(app: App): void {
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented || isTyping(e)) return;
    if (e.key === "Escape" && app.address().panel !== null && document.querySelector(":popover-open, dialog") === null) {
      app.change({ panel: null }, true);
      return;
    }
    const found = keys.find((k) => k.keys === e.key);
    if (found === undefined || (!isOn() && found.keys !== "?")) return;
    e.preventDefault();
    found.run(app);
  });
}

/** The list of keys, and the switch for those whom single keys disturb. */
export function help(): void {
  if (document.querySelector("dialog.help") !== null) return;
  const list = h("dl.keys", {});
  const more: readonly [string, string][] = [
    ["Tab", "from control to control; each panel's menu is one of them"],
    ["Esc", "closes what is open, and leads back from a panel that is alone"],
    ["Ctrl Enter", "on the SQL page: run"],
  ];
  for (const [k, does] of [...keys.map((k): [string, string] => [k.keys, k.does]), ...more]) list.append(h("div", {}, h("dt", {}, h("kbd", {}, k)), h("dd", {}, does)));
  const box = h("input", { type: "checkbox", checked: isOn(), onchange: (e) => keep(key, (e.target as HTMLInputElement).checked ? null : "off") });
  const el = dialog("Keyboard", list, h("p", {}, h("label.toggle", {}, box, "Single keys are on")), h("p.note", {}, "Over a chart: a drag zooms in, a double click leads back, and the browser's back does too. What is seen stands in the address: copy it to share it."));
  el.classList.add("help");
}
