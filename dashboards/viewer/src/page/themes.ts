// Light, dark, or as the reader's system is.

export type Theme = "auto" | "light" | "dark";

const key = "tidemark.theme";
const order: readonly Theme[] = ["auto", "light", "dark"];

export function theme(): Theme {
  const kept = read(key);
  return order.find((t) => t === kept) ?? "auto";
}

/** What is in force now. */
export function themeNow(): "light" | "dark" {
  const t = theme();
  if (t !== "auto") return t;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** Applies what was kept, or the next one in turn. */
export function setTheme(next: Theme = order[(order.indexOf(theme()) + 1) % order.length] ?? "auto"): Theme {
  keep(key, next);
  applyTheme();
  return next;
}

export function applyTheme(): void {
  const t = theme();
  if (t === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = t;
}

/** Reads what this browser keeps; nothing where it keeps nothing. */
export function read(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

export function keep(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // A browser that keeps nothing still shows everything.
  }
}

/** Calls back when the reader's system changes between light and dark. */
export function onThemeChange(fn: () => void): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", fn);
}
