// Links between dashboards, which take time and selection along.

import type { Ctx, DashboardLink, DataLink } from "../model";
import { safe, url } from "../panels/interpolate";
import { carried, join, type Address } from "./address";
import type { DashboardInfo } from "./client";
import type { MenuItem } from "./popover";

/** The links of a panel, for its menu. */
export function linkItems(links: readonly DataLink[], ctx: Ctx, a: Address): MenuItem[] {
  return links
    .map((l) => ({ label: l.title, href: withZone(url(l.url, ctx), a), newTab: l.targetBlank === true }))
    .filter((l) => safe(l.href));
}

const withZone = (href: string, a: Address): string => (href.startsWith("/d/") ? join(href, carried({ ...a, from: "", to: "" }, { time: true, vars: false })) : href);

/** The links of a dashboard: single ones, and all dashboards with a tag. */
export function dashboardLinks(links: readonly DashboardLink[], infos: readonly DashboardInfo[], own: string, ctx: Ctx, a: Address): MenuItem[] {
  const out: MenuItem[] = [];
  for (const l of links) {
    const extra = carried(a, { time: l.keepTime === true, vars: l.includeVars === true });
    const newTab = l.targetBlank === true;
    if (l.type === "dashboards") {
      const wanted = l.tags ?? [];
      const match = infos.filter((d) => d.uid !== own && wanted.every((t) => (d.tags ?? []).includes(t)));
      out.push(...match.map((d) => ({ label: d.title, href: join(`/d/${d.uid}`, extra), newTab })));
    } else {
      const href = join(url(l.url ?? "/", ctx), extra);
      if (safe(href)) out.push({ label: l.title, href, newTab });
    }
  }
  const seen = new Set<string>();
  return out.filter((l) => !seen.has(l.href ?? "") && seen.add(l.href ?? ""));
}
