import assert from "node:assert/strict";
import { test } from "node:test";
import { markdown } from "../src/panels/markdown";

/** As much of a document as h() needs. Text is kept apart from elements, as a browser does. */
class Element {
  className = "";
  readonly dataset: Record<string, string> = {};
  readonly attributes: Record<string, string> = {};
  readonly children: (Element | string)[] = [];
  constructor(readonly tag: string) {}
  setAttribute(k: string, v: string): void {
    this.attributes[k] = v;
  }
  addEventListener(): void {}
  append(...c: (Element | string)[]): void {
    this.children.push(...c);
  }
  toString(): string {
    const kinds = this.className === "" ? "" : `.${this.className}`;
    const href = this.attributes["href"] === undefined ? "" : `[${this.attributes["href"]}]`;
    return `${this.tag}${kinds}${href}(${this.children.map((c) => (typeof c === "string" ? c : String(c))).join("")})`;
  }
  tags(): string[] {
    return [this.tag, ...this.children.flatMap((c) => (typeof c === "string" ? [] : c.tags()))];
  }
}
(globalThis as Record<string, unknown>)["document"] = { createElement: (tag: string) => new Element(tag) };

const read = (text: string): string => markdown(text).map(String).join(" ");

test("what dashboards need of Markdown", () => {
  assert.equal(read("# Title\n\nWords with **bold**, *italics*, `code` and [a link](/d/x?a=1&b=2)."), "h3(Title) p(Words with strong(bold), em(italics), code(code) and a[/d/x?a=1&b=2](a link).)");
  assert.equal(read("- one\n- two\n  - inner\n- three"), "ul(li(one)li(twoul(li(inner)))li(three))");
  assert.equal(read("3. three\n4. four"), "ol(li(three)li(four))");
  assert.equal(read("| a | b |\n|---|--:|\n| 1 | 2 |"), "table(thead(tr(th.left(a)th.right(b)))tbody(tr(td.left(1)td.right(2))))");
  assert.equal(read("> said\n\n---\n\n```\na < b\n```"), "blockquote(p(said)) hr() pre(code(a < b))");
  assert.equal(read("snake_case_stays and 2 * 3 * 4 stay"), "p(snake_case_stays and 2 * 3 * 4 stay)");
  assert.equal(read("\\*no\\* <https://example.com>"), "p(*no* a[https://example.com](https://example.com))");
});

test("markup and scripts in a text stay words", () => {
  const bad = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "[x](JAVASCRIPT:alert(1))", "[x](data:text/html,<b>)", "![x](https://elsewhere.example/a.png)",
    "[<img src=x>](//elsewhere.example)", "**<b>**", "`<svg onload=x>`", "<javascript:alert(1)>", "| <b> |\n|---|\n| <i onclick=x> |",
  ];
  const allowed = new Set(["p", "strong", "em", "code", "table", "thead", "tbody", "tr", "th", "td"]);
  for (const b of bad) {
    for (const el of markdown(b) as unknown as Element[]) for (const tag of el.tags()) assert.ok(allowed.has(tag), `${b}: <${tag}>`);
  }
});

test("a text of any kind comes to an end", () => {
  for (const hard of ["*".repeat(2000), "[".repeat(2000), "`".repeat(1001), "_a".repeat(1000), "|".repeat(500), "- ".repeat(500), "**a ".repeat(500), "#", "```", ">", "- ", "a\n---\nb"]) {
    assert.ok(markdown(hard).length >= 0);
  }
});
