// What opens over the page: popovers under a button, menus, dialogs.

import { fill, h, type Child } from "../dom";

let count = 0;

/** An id that no other element of the page has. */
export const freshId = (what: string): string => `${what}-${++count}`;

export interface PopoverOptions {
  /** What a screen reader calls it. */
  label: string;
  role?: "dialog" | "menu";
  cls?: string;
  /** Fills it, each time that it opens; what it returns gets the focus. */
  open: (el: HTMLElement, close: () => void) => HTMLElement | null;
  closed?: () => void;
}

/** Joins a button with a popover under it. The browser closes it at Escape and at a click elsewhere. */
export function popover(button: HTMLButtonElement, o: PopoverOptions): HTMLElement {
  const el = h("div.popover", { popover: "auto", role: o.role ?? "dialog", "aria-label": o.label, id: freshId("pop") });
  if (o.cls !== undefined) el.classList.add(o.cls);
  button.setAttribute("aria-haspopup", o.role ?? "dialog");
  button.setAttribute("aria-expanded", "false");
  button.popoverTargetElement = el;
  const place = (): void => under(el, button);
  const close = (): void => el.hidePopover();
  el.addEventListener("beforetoggle", (e) => {
    if ((e as ToggleEvent).newState !== "open") return;
    fill(el);
    const first = o.open(el, close);
    requestAnimationFrame(() => {
      place();
      first?.focus({ preventScroll: true });
    });
  });
  el.addEventListener("toggle", (e) => {
    const open = (e as ToggleEvent).newState === "open";
    button.setAttribute("aria-expanded", open ? "true" : "false");
    if (open) {
      place();
      addEventListener("resize", place);
      addEventListener("scroll", place, { passive: true });
      return;
    }
    removeEventListener("resize", place);
    removeEventListener("scroll", place);
    if (el.contains(document.activeElement) || document.activeElement === document.body) button.focus({ preventScroll: true });
    o.closed?.();
  });
  return el;
}

/** Puts el under its button, within the window. */
function under(el: HTMLElement, button: HTMLElement): void {
  const b = button.getBoundingClientRect();
  const room = document.documentElement;
  const [w, hgt] = [el.offsetWidth, el.offsetHeight];
  const left = Math.max(8, Math.min(b.left, room.clientWidth - w - 8));
  const below = b.bottom + 4;
  const top = below + hgt <= room.clientHeight - 8 ? below : Math.max(8, Math.min(below, room.clientHeight - hgt - 8));
  el.style.left = `${left}px`;
  el.style.top = `${top}px`;
}

export interface MenuItem {
  label: string;
  /** The key that does the same, for those who look. */
  key?: string;
  href?: string;
  newTab?: boolean;
  run?: () => void;
}

/** A button with a menu: arrows move, Enter chooses. */
export function menu(button: HTMLButtonElement, label: string, items: () => readonly MenuItem[]): HTMLElement {
  return popover(button, {
    label,
    role: "menu",
    cls: "menu",
    open: (el, close) => {
      const entries = items().map((item) => menuEntry(item, close));
      el.append(...entries);
      el.onkeydown = (e) => moveFocus(e, entries);
      return entries[0] ?? null;
    },
  });
}

function menuEntry(item: MenuItem, close: () => void): HTMLElement {
  const inner: Child[] = [h("span", {}, item.label), item.key === undefined ? null : h("kbd", { "aria-hidden": "true" }, item.key)];
  if (item.href !== undefined) {
    return h("a", { role: "menuitem", tabindex: "-1", href: item.href, target: item.newTab === true ? "_blank" : null, rel: item.newTab === true ? "noopener noreferrer" : null, onclick: close }, ...inner);
  }
  return h(
    "button",
    {
      type: "button",
      role: "menuitem",
      tabindex: "-1",
      onclick: () => {
        close();
        item.run?.();
      },
    },
    ...inner,
  );
}

/** Up, down, Home and End move the focus among entries. */
export function moveFocus(e: KeyboardEvent, entries: readonly HTMLElement[]): void {
  const at = entries.indexOf(document.activeElement as HTMLElement);
  const to: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: entries.length - 1 };
  const next = to[e.key];
  if (next === undefined || entries.length === 0) return;
  e.preventDefault();
  entries[(next + entries.length) % entries.length]?.focus();
}

/** Opens a dialog over the page; it is gone when it is closed. */
export function dialog(title: string, ...content: Child[]): HTMLDialogElement {
  const heading = h("h2", { id: freshId("dialog"), tabindex: "-1" }, title);
  const el = h("dialog.dialog", { "aria-labelledby": heading.id });
  const close = h("button.quiet", { type: "button", "aria-label": "Close", onclick: () => el.close() }, "✕");
  el.append(h("div.dialog-head", {}, heading, close), h("div.dialog-body", {}, ...content));
  const before = document.activeElement;
  el.addEventListener("close", () => {
    el.remove();
    if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  });
  el.addEventListener("click", (e) => {
    if (e.target === el) el.close();
  });
  document.body.append(el);
  el.showModal();
  heading.focus();
  return el;
}

/** Says something to those who do not see the page change. */
export function announce(text: string): void {
  const el = document.getElementById("said");
  if (el !== null) el.textContent = text;
}

/** Lets the browser keep a file. */
export function download(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 30_000);
}

/** A name for a file: small letters, digits, hyphens. */
export const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 80);

/** Copies text; where the browser refuses, the reader can do it. */
export async function copy(text: string, said: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    announce(said);
    toast(said);
  } catch {
    const area = h("textarea.copy", { rows: 4, readonly: true, "aria-label": "Text to copy" });
    area.value = text;
    dialog("Copy this", area);
    area.select();
  }
}

/** A word at the lower edge that goes by itself. */
export function toast(text: string): void {
  document.querySelector(".toast")?.remove();
  const el = h("div.toast", { "aria-hidden": "true" }, text);
  document.body.append(el);
  setTimeout(() => el.remove(), 2500);
}
