// The box beside the pointer.

import { append, h, type Child } from "../dom";

export class Tip {
  private readonly box = h("div.panel-tip", { hidden: true, "aria-hidden": "true" });
  /** Stays until the reader presses elsewhere: its links can be followed. */
  private stays = false;
  private opener: HTMLElement | null = null;
  private readonly gone = (): void => this.close();
  private readonly pressed = (e: Event): void => {
    if (e instanceof KeyboardEvent ? e.key === "Escape" : !this.box.contains(e.target as Node)) this.close();
  };

  constructor() {
    document.body.append(this.box);
    addEventListener("scroll", this.gone, { passive: true, capture: true });
    addEventListener("pointerdown", this.pressed, { capture: true });
    addEventListener("keydown", this.pressed);
  }

  hide(): void {
    if (!this.stays) this.box.hidden = true;
  }

  private close(): void {
    const back = this.box.contains(document.activeElement) ? this.opener : null;
    this.stays = false;
    back?.focus();
    this.box.hidden = true;
  }

  /** x and y of the pointer in the window. */
  show(x: number, y: number, content: readonly Child[], stay = false): void {
    if (this.stays && !stay) return;
    this.stays = stay;
    this.box.classList.toggle("stays", stay);
    this.box.replaceChildren();
    append(this.box, content);
    this.box.hidden = false;
    const { offsetWidth: w, offsetHeight: tall } = this.box;
    const right = x + 16 + w < innerWidth - 4;
    const left = right ? x + 16 : x - 16 - w >= 4 ? x - 16 - w : Math.max(4, Math.min(innerWidth - w - 4, x - w / 2));
    const top = Math.min(Math.max(4, y - tall / 2), Math.max(4, innerHeight - tall - 4));
    this.box.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
    this.box.setAttribute("aria-hidden", stay ? "false" : "true");
    if (!stay) return;
    this.opener = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    this.box.querySelector("a")?.focus();
  }

  destroy(): void {
    removeEventListener("scroll", this.gone, { capture: true });
    removeEventListener("pointerdown", this.pressed, { capture: true });
    removeEventListener("keydown", this.pressed);
    this.box.remove();
  }
}

/** A sample of a series' line or of a state's colour. */
export function sample(colour: string, kind: "line" | "dash" | "dot" | "point" | "box" = "line"): HTMLElement {
  const el = h(`span.sample.${kind}` as "span", { "aria-hidden": "true" });
  el.style.setProperty("--c", colour);
  return el;
}
