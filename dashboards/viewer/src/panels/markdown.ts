// Markdown as elements. Only what dashboards need: headings, paragraphs, lists,
// tables, quotes, code, bold, italics, links. Markup in the text stays text: the
// words become text nodes, so nothing in them can run.

import { h, type Child } from "../dom";
import { safe } from "./interpolate";

export type Follow = (href: string) => Child | undefined;

/** The text as elements. */
export function markdown(text: string, link: (href: string, words: Child[]) => HTMLElement = anchor): HTMLElement[] {
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  const out: HTMLElement[] = [];
  let i = 0;
  const peek = (): string => lines[i] ?? "";
  while (i < lines.length) {
    const line = peek();
    if (line.trim() === "") {
      i++;
    } else if (/^```/.test(line)) {
      const code: string[] = [];
      for (i++; i < lines.length && !/^```/.test(peek()); i++) code.push(peek());
      i++;
      out.push(h("pre", {}, h("code", {}, code.join("\n"))));
    } else if (/^#{1,6}\s/.test(line)) {
      const depth = /^#+/.exec(line)?.[0].length ?? 1;
      out.push(h(`h${Math.min(6, depth + 2)}` as "h3", {}, ...inline(line.replace(/^#+\s+/, "").replace(/\s+#+\s*$/, ""), link)));
      i++;
    } else if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) {
      out.push(h("hr", {}));
      i++;
    } else if (/^\s*>/.test(line)) {
      const quote: string[] = [];
      for (; i < lines.length && /^\s*>/.test(peek()); i++) quote.push(peek().replace(/^\s*>\s?/, ""));
      out.push(h("blockquote", {}, ...markdown(quote.join("\n"), link)));
    } else if (isTable(line, lines[i + 1])) {
      const body: string[] = [];
      const head = line;
      const rule = lines[i + 1] ?? "";
      for (i += 2; i < lines.length && peek().includes("|"); i++) body.push(peek());
      out.push(table(head, rule, body, link));
    } else if (item.test(line)) {
      const block: string[] = [];
      for (; i < lines.length && (item.test(peek()) || (/^\s+\S/.test(peek()) && block.length > 0)); i++) block.push(peek());
      out.push(list(block, link));
    } else {
      const words: string[] = [];
      for (; i < lines.length && peek().trim() !== "" && (words.length === 0 || !starts(peek(), lines[i + 1])); i++) words.push(peek());
      out.push(h("p", {}, ...inline(words.join("\n"), link)));
    }
  }
  return out;
}

const item = /^(\s*)([-*+]|\d+[.)])\s+/;

const starts = (line: string, next: string | undefined): boolean => /^(#{1,6}\s|```|\s*>)/.test(line) || item.test(line) || isTable(line, next);

const isTable = (line: string, next: string | undefined): boolean => line.includes("|") && next !== undefined && /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/.test(next) && next.includes("-");

const cells = (line: string): string[] => line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((c) => c.trim().replaceAll("\\|", "|"));

function table(head: string, rule: string, body: readonly string[], link: Link): HTMLElement {
  const sides = cells(rule).map((r) => (/^:-+:$/.test(r) ? "center" : /-:$/.test(r) ? "right" : "left"));
  const row = (kind: "th" | "td", line: string): HTMLElement =>
    h("tr", {}, ...sides.map((side, k) => h(`${kind}.${side}` as "td", kind === "th" ? { scope: "col" } : {}, ...inline(cells(line)[k] ?? "", link))));
  return h("table", {}, h("thead", {}, row("th", head)), h("tbody", {}, ...body.map((b) => row("td", b))));
}

/** A list; lines that stand further in make a list of their own. */
function list(block: readonly string[], link: Link): HTMLElement {
  const first = item.exec(block[0] ?? "");
  const depth = first?.[1]?.length ?? 0;
  const ordered = /\d/.test(first?.[2] ?? "");
  const items: { own: string; inner: string[] }[] = [];
  for (const line of block) {
    const m = item.exec(line);
    const last = items.at(-1);
    if (m !== null && (m[1]?.length ?? 0) <= depth) items.push({ own: line.slice(m[0].length), inner: [] });
    else if (m !== null || (last !== undefined && last.inner.length > 0)) last?.inner.push(line);
    else if (last !== undefined) last.own += ` ${line.trim()}`;
  }
  const start = ordered ? parseInt(first?.[2] ?? "1", 10) : 1;
  return h(ordered ? "ol" : "ul", start !== 1 ? { start } : {}, ...items.map((it) => h("li", {}, ...inline(it.own, link), it.inner.length > 0 && list(it.inner, link))));
}

type Link = (href: string, words: Child[]) => HTMLElement;

const anchor: Link = (href, words) => h("a", { href, rel: "noopener noreferrer" }, ...words);

const marks = /\\([\\`*_{}[\]()#+.!|<>-])|(`+)(.+?)\2(?!`)|!?\[((?:\\.|[^\]\\])*)\]\(\s*<?([^()\s<>]*(?:\([^()\s]*\)[^()\s<>]*)*)>?(?:\s+"[^"]*")?\s*\)|\*\*(?=\S)(.+?)(?<=\S)\*\*|\*(?=\S)([^*]+?)(?<=\S)\*|(?<![\p{L}\p{N}_])__(?=\S)(.+?)(?<=\S)__(?![\p{L}\p{N}_])|(?<![\p{L}\p{N}_])_(?=\S)([^_]+?)(?<=\S)_(?![\p{L}\p{N}_])|<(https?:\/\/[^\s<>]+)>|( {2,}\n|\\\n)/su;

/** Bold, italics, code and links in one line of text. */
export function inline(text: string, link: Link = anchor): Child[] {
  const out: Child[] = [];
  let rest = text;
  while (rest !== "") {
    const m = marks.exec(rest);
    if (m === null) {
      out.push(rest);
      break;
    }
    if (m.index > 0) out.push(rest.slice(0, m.index));
    out.push(mark(m, link));
    rest = rest.slice(m.index + m[0].length);
  }
  return out;
}

function mark(m: RegExpExecArray, link: Link): Child {
  const [all, escaped, , code, words, href, bold, italic, bold2, italic2, address, newline] = m;
  if (escaped !== undefined) return escaped;
  if (code !== undefined) return h("code", {}, code.trim() === "" ? code : code.replace(/^ (.*) $/s, "$1"));
  // A picture would be fetched from elsewhere: its words stand for it.
  if (words !== undefined && all.startsWith("!")) return words;
  if (words !== undefined) return safe(href ?? "") ? link(href ?? "", inline(words, link)) : words;
  if (address !== undefined) return link(address, [address]);
  if (newline !== undefined) return h("br", {});
  const strong = bold ?? bold2;
  return strong !== undefined ? h("strong", {}, ...inline(strong, link)) : h("em", {}, ...inline(italic ?? italic2 ?? "", link));
}
