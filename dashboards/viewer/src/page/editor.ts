// The editor of the SQL page: CodeMirror, in a shadow root of its own, because
// the page's policy allows no style elements and a shadow root can adopt sheets.
// It is fetched only when the SQL page is opened.

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { SQLDialect, sql } from "@codemirror/lang-sql";
import { HighlightStyle, bracketMatching, syntaxHighlighting } from "@codemirror/language";
import { EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, drawSelection, highlightActiveLine, keymap, lineNumbers, placeholder, type DecorationSet } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { Table } from "./schema";

export interface Editor {
  text(): string;
  set(text: string): void;
  insert(text: string): void;
  focus(): void;
  /** Marks where an error is; null takes the mark away. */
  mark(offset: number | null): void;
  destroy(): void;
}

const words =
  "select from where group by order limit offset with as and or not in between like ilike is null join left right inner outer full cross on using having distinct union all case when then else end asc desc interval array final sample prewhere settings format any asof global over partition rows range preceding following current row explain describe show desc exists cast extract top ties fill step";
const functions =
  "count sum min max avg any anyLast argMin argMax quantile quantileExact median uniq uniqExact groupArray groupUniqArray sumIf countIf avgIf minIf maxIf toDate toDateTime toDateTime64 toStartOfHour toStartOfDay toStartOfInterval toStartOfWeek toStartOfMonth toTimeZone toHour toDayOfWeek formatDateTime dateDiff dateAdd now now64 today yesterday round floor ceil abs log10 log2 greatest least if multiIf coalesce ifNull nullIf lower upper concat substring splitByChar position match replaceRegexpAll length arrayJoin arrayMap arrayFilter arrayElement has hasAny lagInFrame leadInFrame row_number rank dense_rank first_value last_value runningDifference corr toString toFloat64 toInt64 toUInt32 JSONExtractString bitAnd";

const clickhouse = SQLDialect.define({
  keywords: words,
  builtin: functions,
  types: "Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float32 Float64 String FixedString Date Date32 DateTime DateTime64 UUID Nullable LowCardinality Array Map Tuple Enum8 Enum16 Bool Decimal",
  backslashEscapes: true,
  hashComments: false,
  identifierQuotes: '`"',
});

const looks = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--paper)", fontSize: "14px", height: "100%" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5", overflow: "auto" },
  ".cm-gutters": { backgroundColor: "var(--card)", color: "var(--mute)", border: "0" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--accent) 6%, transparent)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-2px" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "color-mix(in srgb, var(--accent) 28%, transparent) !important" },
  ".cm-tooltip": { backgroundColor: "var(--paper)", color: "var(--ink)", border: "1px solid var(--mute)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--paper)" },
  ".cm-completionDetail": { color: "var(--mute)" },
  ".cm-tooltip-autocomplete ul li[aria-selected] .cm-completionDetail": { color: "inherit" },
  ".cm-wrong": { backgroundColor: "color-mix(in srgb, var(--broken) 30%, transparent)", borderBottom: "2px solid var(--broken)" },
});

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--accent)", fontWeight: "600" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--fresh)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--stale)" },
  { tag: tags.comment, color: "var(--mute)", fontStyle: "italic" },
  { tag: [tags.typeName, tags.standard(tags.name)], color: "var(--late)" },
]);

const setMark = StateEffect.define<number | null>();

const marks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (deco, tr) => {
    for (const e of tr.effects) if (e.is(setMark)) return wrong(e.value, tr.state.doc.length);
    return tr.docChanged ? Decoration.none : deco;
  },
  provide: (f) => EditorView.decorations.from(f),
});

function wrong(at: number | null, length: number): DecorationSet {
  if (at === null || length === 0) return Decoration.none;
  const from = Math.min(at, length - 1);
  return Decoration.set([Decoration.mark({ class: "cm-wrong" }).range(from, from + 1)]);
}

/** Makes the editor in host. run is called at Ctrl+Enter. */
export function makeEditor(host: HTMLElement, text: string, tables: readonly Table[], run: () => void): Editor {
  const root = host.attachShadow({ mode: "open" });
  const inner = document.createElement("div");
  inner.style.height = "100%";
  root.append(inner);
  const schema: Record<string, { label: string; detail: string; type: string; info: string }[]> = {};
  for (const t of tables) schema[t.name] = t.columns.map((c) => ({ label: c.name, detail: c.type, type: "property", info: c.comment }));
  const view = new EditorView({
    root,
    parent: inner,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        history(),
        drawSelection(),
        bracketMatching(),
        closeBrackets(),
        highlightActiveLine(),
        autocompletion({ icons: false }),
        sql({ dialect: clickhouse, schema, upperCaseKeywords: true }),
        clickhouse.language.data.of({ autocomplete: columnsOf(tables) }),
        syntaxHighlighting(colours),
        looks,
        marks,
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": "SQL", spellcheck: "false" }),
        placeholder("SELECT … FROM v_ranks_daily"),
        keymap.of([{ key: "Mod-Enter", run: () => (run(), true), preventDefault: true }, ...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap, { key: "Escape", run: leave }, indentWithTab]),
      ],
    }),
  });
  return {
    text: () => view.state.doc.toString(),
    set: (t) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: t }, selection: { anchor: t.length } }),
    insert: (t) => {
      view.dispatch(view.state.replaceSelection(t));
      view.focus();
    },
    focus: () => view.focus(),
    mark: (at) => view.dispatch({ effects: setMark.of(at), ...(at === null ? {} : { selection: { anchor: Math.min(at, view.state.doc.length) }, scrollIntoView: true }) }),
    destroy: () => view.destroy(),
  };
}

/** Tab indents in the editor; Escape leaves it, so that the keyboard is never caught. */
function leave(view: EditorView): boolean {
  view.contentDOM.blur();
  (view.dom.getRootNode() as ShadowRoot).host.parentElement?.querySelector<HTMLElement>("button")?.focus();
  return true;
}

/** Columns of the tables that the text names, also without the table's name before them. */
function columnsOf(tables: readonly Table[]) {
  return (ctx: { state: EditorState; pos: number; matchBefore: (r: RegExp) => { from: number; to: number; text: string } | null; explicit: boolean }) => {
    const word = ctx.matchBefore(/\w+/);
    if (word === null && !ctx.explicit) return null;
    const text = ctx.state.doc.toString();
    const named = tables.filter((t) => new RegExp(`\\b${t.name}\\b`).test(text));
    const seen = new Map<string, { label: string; detail: string; type: string; info: string; boost: number }>();
    for (const t of named) for (const c of t.columns) seen.set(c.name, { label: c.name, detail: c.type, type: "property", info: c.comment, boost: 10 });
    return seen.size === 0 ? null : { from: word?.from ?? ctx.pos, options: [...seen.values()], validFor: /^\w*$/ };
  };
}
