// The text panel: Markdown with the page's variables in it.

import type { Ctx, Drawn, Frame, Panel } from "../model";
import { fill, h } from "../dom";
import { interpolate, pageLookup, url } from "./interpolate";
import { anchor } from "./links";
import { markdown } from "./markdown";
import { picture } from "./paint";

export function drawText(el: HTMLElement, panel: Panel, _frames: readonly Frame[], ctx: Ctx): Drawn {
  const raw = String(panel.options?.["content"] ?? "");
  // Links have formats of their own, so they are filled in before the words.
  const content = interpolate(raw.replace(/\]\(([^)\s]*)\)/g, (_all, href: string) => `](${url(href, ctx)})`), ctx.vars, "text", pageLookup(ctx));
  const body = h("div.panel-text", {}, ...markdown(content, (href, words) => anchor(ctx, href, false, ...words)));
  fill(el, body);
  return {
    destroy: () => el.replaceChildren(),
    resize: () => undefined,
    png: () => picture(el, panel, ctx),
    csv: () => `${body.innerText}\r\n`,
    table: () => h("div", {}, ...markdown(content)),
  };
}
