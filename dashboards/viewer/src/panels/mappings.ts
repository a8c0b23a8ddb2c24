// Values that have words (and colours) of their own.

import type { Mapping, MappingResult, Step, Value } from "../model";

/** Grafana writes patterns as /…/flags; anything else has to match as a whole. */
export function pattern(text: string): RegExp | null {
  const slashed = /^\/(.*)\/([a-z]*)$/s.exec(text);
  try {
    return slashed === null ? new RegExp(`^${text}$`) : new RegExp(slashed[1] ?? "", slashed[2]?.replace(/[gy]/g, ""));
  } catch {
    return null;
  }
}

/** The first mapping that fits, or null. */
export function mapped(mappings: readonly Mapping[], v: Value | undefined): MappingResult | null {
  for (const m of mappings) {
    const result = fits(m, v ?? null);
    if (result !== null) return result;
  }
  return null;
}

function fits(m: Mapping, v: Value): MappingResult | null {
  switch (m.type) {
    case "value":
      return v === null ? null : (m.options[String(v)] ?? null);
    case "range": {
      const n = typeof v === "string" ? parseFloat(v) : v;
      if (typeof n !== "number" || Number.isNaN(n)) return null;
      const { from, to, result } = m.options;
      return (from === null || n >= from) && (to === null || n <= to) ? result : null;
    }
    case "regex": {
      if (typeof v !== "string") return null;
      const re = pattern(m.options.pattern);
      if (re === null || !re.test(v)) return null;
      const { text } = m.options.result;
      return text === undefined ? m.options.result : { ...m.options.result, text: v.replace(re, text) };
    }
    case "special":
      return special(m.options.match, v) ? m.options.result : null;
  }
}

function special(match: string, v: Value): boolean {
  switch (match) {
    case "null":
      return v === null;
    case "nan":
      return typeof v === "number" && Number.isNaN(v);
    case "null+nan":
      return v === null || (typeof v === "number" && Number.isNaN(v));
    case "true":
      return v === true || v === "true";
    case "false":
      return v === false || v === "false";
    default:
      return v === "";
  }
}

/** The last step that the value has reached: steps rise. */
export function stepOf(steps: readonly Step[], v: number): Step | null {
  let found = steps[0] ?? null;
  for (const s of steps) if (s.value === null || v >= s.value) found = s;
  return found;
}
