// A small way to make elements. Text is always set as text, never as markup.

export type Child = Node | string | number | null | undefined | false;
type Props = Record<string, string | number | boolean | null | undefined | ((e: Event) => void)>;

/** h("p.note", {title: "…"}, "text", h("b", {}, "bold")) */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K | `${K}.${string}`, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const [name = "div", ...classes] = tag.split(".");
  const el = document.createElement(name) as HTMLElementTagNameMap[K];
  if (classes.length > 0) el.className = classes.join(" ");
  for (const [key, v] of Object.entries(props)) {
    if (v === undefined || v === null || v === false) continue;
    if (typeof v === "function") el.addEventListener(key.replace(/^on/, ""), v);
    else el.setAttribute(key, v === true ? "" : String(v));
  }
  append(el, children);
  return el;
}

export function append(el: Element, children: readonly Child[]): void {
  for (const c of children) {
    if (c === null || c === undefined || c === false) continue;
    el.append(typeof c === "number" ? String(c) : c);
  }
}

/** Replaces what is in an element. */
export function fill(el: Element, ...children: Child[]): void {
  el.replaceChildren();
  append(el, children);
}

export function byId(id: string): HTMLElement {
  const el = document.getElementById(id);
  if (el === null) throw new Error(`the page has no #${id}`);
  return el;
}

/** A colour sample; the style is set by script because the page forbids style attributes. */
export function swatch(colour: string, dashed = false): HTMLElement {
  const el = h("span.swatch", { "aria-hidden": "true" });
  if (dashed) el.classList.add("dashed");
  el.style.setProperty("--c", colour);
  return el;
}
