// The picture of a panel: what stands on the page, drawn once more on a canvas
// with the title above. Nothing is fetched, so the canvas may be read.

import type { Ctx, Panel } from "../model";
import { paper } from "./colours";
import { interpolate } from "./interpolate";
import { moment } from "./moments";

const margin = 16;

/** The panel as a PNG, two pixels for each of the page. */
export async function picture(el: HTMLElement, panel: Panel, ctx: Ctx): Promise<Blob> {
  const px = 2;
  const style = getComputedStyle(el);
  const title = interpolate(panel.title ?? "", ctx.vars);
  const above = title === "" ? margin : 44;
  const [width, height] = [el.clientWidth + 2 * margin, el.clientHeight + above + 34];
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * px);
  canvas.height = Math.round(height * px);
  const c = canvas.getContext("2d");
  if (c === null) throw new Error("draw the picture: the browser gives no canvas");
  c.scale(px, px);
  c.fillStyle = paper(ctx.theme);
  c.fillRect(0, 0, width, height);
  c.fillStyle = style.color;
  c.textBaseline = "alphabetic";
  c.font = `600 16px ${style.fontFamily}`;
  c.fillText(title, margin, 28, width - 2 * margin);
  c.font = `11px ${style.fontFamily}`;
  c.globalAlpha = 0.7;
  c.fillText(`${moment(ctx.from, ctx.zone)} to ${moment(ctx.to, ctx.zone)} ${ctx.zone} · Tidemark`, margin, height - 12, width - 2 * margin);
  c.globalAlpha = 1;
  const box = el.getBoundingClientRect();
  c.beginPath();
  c.rect(margin, above, el.clientWidth, el.clientHeight);
  c.clip();
  c.translate(margin - box.left, above - box.top);
  paintChildren(c, el);
  return new Promise((done, fail) => canvas.toBlob((b) => (b === null ? fail(new Error("draw the picture: the browser gives no PNG")) : done(b)), "image/png"));
}

function paintChildren(c: CanvasRenderingContext2D, el: Element): void {
  for (const child of el.childNodes) {
    if (child instanceof HTMLElement) paint(c, child);
    else if (child instanceof Text) paintText(c, child, el);
  }
}

function paint(c: CanvasRenderingContext2D, el: HTMLElement): void {
  const style = getComputedStyle(el);
  if (style.display === "none" || style.visibility === "hidden" || el.classList.contains("sr") || el.dataset["picture"] === "no") return;
  const r = el.getBoundingClientRect();
  c.save();
  c.globalAlpha *= Number(style.opacity);
  background(c, style, r);
  if (style.overflowX !== "visible" || style.overflowY !== "visible") {
    c.beginPath();
    c.rect(r.left, r.top, r.width, r.height);
    c.clip();
  }
  if (el instanceof HTMLCanvasElement) c.drawImage(el, r.left, r.top, r.width, r.height);
  else paintChildren(c, el);
  c.restore();
}

const clear = /^(transparent|rgba\(\d+, \d+, \d+, 0\))$/;

function background(c: CanvasRenderingContext2D, style: CSSStyleDeclaration, r: DOMRect): void {
  if (!clear.test(style.backgroundColor)) {
    c.fillStyle = style.backgroundColor;
    c.beginPath();
    c.roundRect(r.left, r.top, r.width, r.height, parseFloat(style.borderTopLeftRadius) || 0);
    c.fill();
  }
  const edges: [string, string, string, number, number, number, number][] = [
    [style.borderTopWidth, style.borderTopColor, style.borderTopStyle, r.left, r.top, r.width, 0],
    [style.borderBottomWidth, style.borderBottomColor, style.borderBottomStyle, r.left, r.bottom, r.width, 0],
    [style.borderLeftWidth, style.borderLeftColor, style.borderLeftStyle, r.left, r.top, 0, r.height],
    [style.borderRightWidth, style.borderRightColor, style.borderRightStyle, r.right, r.top, 0, r.height],
  ];
  for (const [width, colour, kind, x, y, w, tall] of edges) {
    const size = parseFloat(width);
    if (!(size > 0) || kind === "none" || clear.test(colour)) continue;
    const inset = x === r.left && y === r.top ? size / 2 : -size / 2;
    c.strokeStyle = colour;
    c.lineWidth = size;
    c.setLineDash(kind === "dashed" ? [size * 2, size * 1.5] : kind === "dotted" ? [size, size] : []);
    c.beginPath();
    c.moveTo(x + (w === 0 ? inset : 0), y + (w === 0 ? 0 : inset));
    c.lineTo(x + (w === 0 ? inset : w), y + (w === 0 ? tall : inset));
    c.stroke();
  }
  c.setLineDash([]);
}

/** Words where the page has them, line by line. */
function paintText(c: CanvasRenderingContext2D, node: Text, parent: Element): void {
  const text = node.data;
  if (text.trim() === "") return;
  const style = getComputedStyle(parent);
  c.font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  c.fillStyle = style.color;
  const range = document.createRange();
  const transformed = style.textTransform === "uppercase";
  for (const m of text.matchAll(/\S+/g)) {
    range.setStart(node, m.index);
    range.setEnd(node, m.index + m[0].length);
    const boxes = [...range.getClientRects()];
    const first = boxes[0];
    if (first === undefined) continue;
    const up = c.measureText("x").fontBoundingBoxAscent;
    if (boxes.length === 1) {
      c.fillText(transformed ? m[0].toUpperCase() : m[0], first.left, first.top + up);
      continue;
    }
    // A long word that is broken, or Chinese: letter by letter.
    let i = m.index;
    for (const letter of m[0]) {
      range.setStart(node, i);
      range.setEnd(node, (i += letter.length));
      const b = range.getBoundingClientRect();
      c.fillText(letter, b.left, b.top + up);
    }
  }
}
