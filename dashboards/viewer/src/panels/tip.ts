// The box beside the pointer.

import { append, h, type Child } from "../dom";

export class Tip {
  private readonly box = h("div.panel-tip", { hidden: true, "aria-hidden": "true" });
  private readonly gone = (): void => this.hide();

  constructor() {
    document.body.append(this.box);
    addEventListener("scroll", this.gone, { passive: true, capture: true });
  }

  hide(): void {
    this.box.hidden = true;
  }

  /** x and y of the pointer in the window. */
  show(x: number, y: number, content: readonly Child[]): void {
    this.box.replaceChildren();
    append(this.box, content);
    this.box.hidden = false;
    const { offsetWidth: w, offsetHeight: tall } = this.box;
    const right = x + 16 + w < innerWidth - 4;
    const left = right ? x + 16 : x - 16 - w >= 4 ? x - 16 - w : Math.max(4, Math.min(innerWidth - w - 4, x - w / 2));
    const top = Math.min(Math.max(4, y - tall / 2), Math.max(4, innerHeight - tall - 4));
    this.box.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }

  destroy(): void {
    removeEventListener("scroll", this.gone, { capture: true });
    this.box.remove();
  }
}

/** A sample of a series' line or of a state's colour. */
export function sample(colour: string, kind: "line" | "dash" | "dot" | "point" | "box" = "line"): HTMLElement {
  const el = h(`span.sample.${kind}` as "span", { "aria-hidden": "true" });
  el.style.setProperty("--c", colour);
  return el;
}
