// The controls of a dashboard's variables: a select for a few, a list with a
// search for many. Names are shown, ids are chosen.

import { fill, h } from "../dom";
import type { Variable } from "../model";
import { all, type Option, type VariableAnswer } from "./client";
import { freshId, popover } from "./popover";

/** The most options that a list shows at a time; the rest is found by typing. */
const shown = 300;
const fewOptions = 12;

export interface Control {
  readonly el: HTMLElement;
  update(answer: VariableAnswer): void;
}

export const labelOf = (v: Variable): string => (v.label === undefined || v.label === "" ? v.name : v.label);

/** The options of a variable, All first where the file has it. */
export function withAll(v: Variable, options: readonly Option[]): readonly Option[] {
  const rest = options.filter((o) => o.value !== all);
  return v.includeAll === true ? [{ value: all, text: "All" }, ...rest] : rest;
}

/** "RedNote, TikTok" or "RedNote + 3" */
export function summary(current: readonly string[], options: readonly Option[]): string {
  const names = current.map((c) => (c === all ? "All" : (options.find((o) => o.value === c)?.text ?? c)));
  if (names.length === 0) return "none";
  return names.length <= 2 ? names.join(", ") : `${names[0] ?? ""} + ${names.length - 1}`;
}

/** What is chosen after one option was clicked. */
export function toggled(current: readonly string[], value: string, includeAll: boolean): string[] {
  if (value === all) return [all];
  const rest = current.filter((c) => c !== all);
  const next = rest.includes(value) ? rest.filter((c) => c !== value) : [...rest, value];
  return next.length === 0 && includeAll ? [all] : next;
}

/** Options whose name or id has the words. */
export function found(options: readonly Option[], words: string): readonly Option[] {
  const wanted = words.toLowerCase().split(/\s+/).filter((w) => w !== "");
  return options.filter((o) => wanted.every((w) => o.text.toLowerCase().includes(w) || o.value.toLowerCase().includes(w)));
}

export function control(v: Variable, choose: (values: readonly string[]) => void): Control {
  return v.type === "textbox" ? new TextControl(v, choose) : new ChoiceControl(v, choose);
}

class TextControl implements Control {
  readonly el: HTMLElement;
  private readonly input = h("input", { type: "search", size: 14, id: freshId("var") });

  constructor(v: Variable, choose: (values: readonly string[]) => void) {
    this.input.addEventListener("change", () => choose([this.input.value]));
    this.el = h("div.control", { "data-variable": v.name }, h("label", { for: this.input.id }, labelOf(v)), this.input);
  }

  update(answer: VariableAnswer): void {
    if (document.activeElement !== this.input) this.input.value = answer.current[0] ?? "";
  }
}

class ChoiceControl implements Control {
  readonly el: HTMLElement;
  private answer: VariableAnswer = { options: [], current: [] };
  private kind: "select" | "list" | "" = "";

  constructor(
    private readonly v: Variable,
    private readonly choose: (values: readonly string[]) => void,
  ) {
    this.el = h("div.control", { "data-variable": v.name });
  }

  update(answer: VariableAnswer): void {
    const options = withAll(this.v, answer.options);
    this.answer = { ...answer, options };
    const kind = this.v.multi !== true && options.length <= fewOptions ? "select" : "list";
    if (kind === "select") this.select();
    else if (this.kind !== "list") this.list();
    this.kind = kind;
    const button = this.el.querySelector("button");
    if (kind === "list" && button !== null) this.label(button);
    this.el.classList.toggle("failed", answer.error !== undefined);
    this.el.title = answer.error ?? this.v.description ?? "";
  }

  private select(): void {
    const id = freshId("var");
    const el = h("select", { id, onchange: () => this.choose([el.value]) });
    for (const o of this.answer.options) el.append(h("option", { value: o.value }, o.text));
    el.value = this.answer.current[0] ?? "";
    const had = this.el.contains(document.activeElement);
    fill(this.el, h("label", { for: id }, labelOf(this.v)), el);
    if (had) el.focus({ preventScroll: true });
  }

  private list(): void {
    const id = freshId("var");
    const button = h("button.pick", { type: "button", id });
    const list = new ChoiceList(this.v, () => this.answer, this.choose);
    const pop = popover(button, { label: `Choose: ${labelOf(this.v)}`, cls: "choices", open: (el, close) => list.open(el, close), closed: () => list.closed() });
    fill(this.el, h("label", { for: id }, labelOf(this.v)), button, pop);
  }

  private label(button: HTMLElement): void {
    const words = summary(this.answer.current, this.answer.options);
    fill(button, h("span", {}, words));
    button.setAttribute("aria-label", `${labelOf(this.v)}: ${words}`);
  }
}

/** The list in its popover. Several are chosen one by one, and take effect when it closes. */
class ChoiceList {
  private chosen: string[] = [];
  private before = "";
  private at = 0;
  private rows: readonly Option[] = [];
  private readonly id = freshId("list");
  private readonly box = h("ul.options", { role: "listbox", id: this.id });
  private readonly input = h("input", { type: "text", role: "combobox", placeholder: "Search", "aria-expanded": "true", "aria-controls": this.id, "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false" });
  private close: () => void = () => undefined;

  constructor(
    private readonly v: Variable,
    private readonly answer: () => VariableAnswer,
    private readonly choose: (values: readonly string[]) => void,
  ) {
    this.input.setAttribute("aria-label", `Search: ${labelOf(v)}`);
    this.box.setAttribute("aria-label", labelOf(v));
    if (v.multi === true) this.box.setAttribute("aria-multiselectable", "true");
    this.input.addEventListener("input", () => {
      this.at = 0;
      this.draw();
    });
    this.input.addEventListener("keydown", (e) => this.key(e));
  }

  open(el: HTMLElement, close: () => void): HTMLElement {
    this.close = close;
    this.chosen = [...this.answer().current];
    this.before = JSON.stringify(this.chosen);
    this.input.value = "";
    this.at = 0;
    const hint = this.v.multi === true ? h("p.hint", {}, "Several may be chosen; they take effect when this closes.") : null;
    const done = this.v.multi === true ? h("button.primary", { type: "button", onclick: close }, "Apply") : null;
    fill(el, this.input, this.box, hint, done);
    this.draw();
    return this.input;
  }

  closed(): void {
    if (this.v.multi === true && JSON.stringify(this.chosen) !== this.before) this.choose(this.chosen);
  }

  private draw(): void {
    const match = found(this.answer().options, this.input.value);
    this.rows = match.slice(0, shown);
    const rows = this.rows.map((o, i) => this.row(o, i));
    const rest = match.length - this.rows.length;
    fill(this.box, ...rows, match.length === 0 ? h("li.none", { role: "presentation" }, "Nothing has this name.") : null, rest > 0 ? h("li.none", { role: "presentation" }, `… and ${rest} more: type to find them.`) : null);
    this.mark();
  }

  private row(o: Option, i: number): HTMLElement {
    const on = this.chosen.includes(o.value);
    return h(
      "li",
      {
        role: "option",
        id: `${this.id}-${i}`,
        "aria-selected": on ? "true" : "false",
        "data-value": o.value,
        onclick: () => this.pick(o),
      },
      h("span.tick", { "aria-hidden": "true" }, on ? "✓" : ""),
      h("span", {}, o.text),
    );
  }

  private pick(o: Option): void {
    if (this.v.multi !== true) {
      this.choose([o.value]);
      this.close();
      return;
    }
    this.chosen = toggled(this.chosen, o.value, this.v.includeAll === true);
    this.at = Math.max(0, this.rows.indexOf(o));
    this.draw();
  }

  private mark(): void {
    this.box.querySelector(".active")?.classList.remove("active");
    const row = this.box.children[this.at];
    if (row === undefined || row.id === "") return this.input.removeAttribute("aria-activedescendant");
    row.classList.add("active");
    row.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", row.id);
  }

  private key(e: KeyboardEvent): void {
    const to: Record<string, number> = { ArrowDown: this.at + 1, ArrowUp: this.at - 1 };
    const next = to[e.key];
    if (next !== undefined && this.rows.length > 0) {
      this.at = (next + this.rows.length) % this.rows.length;
      this.mark();
    } else if (e.key === "Enter") {
      const o = this.rows[this.at];
      if (o !== undefined) this.pick(o);
    } else {
      return;
    }
    e.preventDefault();
  }
}
