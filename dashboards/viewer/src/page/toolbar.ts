// The bar above the panels: title, links, variables, layers, time.

import { fill, h } from "../dom";
import type { Dashboard } from "../model";
import type { Address } from "./address";
import { all, type VariableAnswer } from "./client";
import type { AppHost, DashboardView } from "./dashboard";
import type { Layer } from "./layers";
import { dashboardLinks } from "./links";
import { copy } from "./popover";
import { shifted, zoomedOut, type Span } from "./times";
import { TimeControls, secondsOf, type TimeState } from "./timepicker";
import { control, type Control } from "./variables";

/** Whether a panel has the description for its title already, or there is none. */
const said = (file: Dashboard): boolean => (file.description ?? "") === "" || file.panels.some((p) => p.title === file.description);

export class Toolbar {
  readonly el: HTMLElement;
  private readonly controls = new Map<string, Control>();
  private readonly layerBox = h("div.layers", { role: "group", "aria-label": "Marks on the charts" });
  private readonly linkBox = h("nav.related", { "aria-label": "Related dashboards" });
  private readonly wrong = h("div.trouble", { role: "alert", hidden: true });
  private readonly times: TimeControls;

  constructor(
    private readonly file: Dashboard,
    private readonly app: AppHost,
    private readonly view: DashboardView,
  ) {
    this.times = new TimeControls({
      range: (r) => this.app.change(r, true),
      zone: (tz) => this.app.change({ tz }, true),
      refresh: (every) => this.app.change({ refresh: every }, false),
      now: () => void this.view.refresh(),
      zoomOut: () => this.goTo(zoomedOut(this.view.shown)),
      shift: (way) => this.goTo(shifted(this.view.shown, way)),
    });
    const fold = h("button.button.fold", { type: "button", "aria-expanded": "false", onclick: () => this.unfold(fold) }, "Selection");
    this.el = h(
      "div.board-head",
      {},
      h("div.board-title", {}, h("h1", {}, file.title), this.linkBox, this.shareButton()),
      said(file) ? null : h("p.lede", {}, file.description),
      h("div.toolbar", { role: "toolbar", "aria-label": "Selection and time" }, this.variableBox(), this.layerBox, h("div.right", {}, this.times.el, h("span.alsofold", {}, this.shareButton(), fold))),
      h("a.back", { href: "#" }, "← Back to the dashboard"),
      this.wrong,
    );
    this.el.querySelector(".back")?.addEventListener("click", (e) => {
      e.preventDefault();
      this.app.change({ panel: null }, true);
    });
  }

  private variableBox(): HTMLElement {
    const box = h("div.variables", { role: "group", "aria-label": "Selection" });
    for (const v of this.file.templating?.list ?? []) {
      if (v.hide === 2 || v.type === "datasource" || v.type === "constant" || v.type === "adhoc") continue;
      const c = control(v, (values) => this.choose(v.name, values));
      this.controls.set(v.name, c);
      box.append(c.el);
    }
    return box;
  }

  /** On a phone the selection is folded away until it is asked for. */
  private unfold(button: HTMLElement): void {
    const open = this.el.querySelector(".toolbar")?.classList.toggle("unfolded") === true;
    button.setAttribute("aria-expanded", open ? "true" : "false");
  }

  private choose(name: string, values: readonly string[]): void {
    const a = this.app.address();
    this.app.change({ vars: { ...a.vars, [name]: values.length === 0 ? [all] : values } }, true);
  }

  private goTo(s: Span): void {
    this.app.change({ from: String(s.from), to: String(s.to) }, true);
  }

  private shareButton(): HTMLElement {
    return h("button.button", { type: "button", title: "Copy the address of what is shown", onclick: () => this.share() }, "Share");
  }

  private share(): void {
    const u = new URL(location.href);
    const { from, to } = this.view.shown;
    u.pathname = `/d/${this.file.uid}`;
    u.searchParams.set("from", String(from));
    u.searchParams.set("to", String(to));
    u.searchParams.set("tz", this.view.tz);
    void copy(u.href, "The address is copied.");
  }

  time(state: TimeState): void {
    this.times.update(state);
    void this.links();
  }

  openTime(): void {
    this.times.openPicker();
  }

  seconds(every: string): number {
    return secondsOf(every);
  }

  variables(answer: Readonly<Record<string, VariableAnswer>>): void {
    for (const [name, c] of this.controls) c.update(answer[name] ?? { options: [], current: [] });
    void this.links();
  }

  layers(list: readonly Layer[]): void {
    const had = document.activeElement?.getAttribute("data-layer");
    const a = this.app.address();
    fill(
      this.layerBox,
      ...list.map((l) =>
        h(
          "label.toggle",
          {},
          h("input", { type: "checkbox", checked: l.on, "data-layer": l.name, onchange: () => this.app.change({ layers: { ...a.layers, [l.name]: !l.on } }, true) }),
          l.name,
        ),
      ),
    );
    if (had !== null && had !== undefined) this.layerBox.querySelector<HTMLElement>(`[data-layer="${CSS.escape(had)}"]`)?.focus({ preventScroll: true });
  }

  /** Says what failed and why; nothing where why is empty. */
  trouble(what: string, why: string): void {
    this.wrong.hidden = why === "";
    const again = h("button.button", { type: "button", onclick: () => void this.view.refresh() }, "Try again");
    fill(this.wrong, h("b", {}, what), why, " ", again);
  }

  private async links(): Promise<void> {
    const links = this.file.links ?? [];
    if (links.length === 0) return;
    const infos = await this.app.infos().catch(() => []);
    const items = dashboardLinks(links, infos, this.file.uid, this.view.ctx(), this.app.address() satisfies Address);
    fill(this.linkBox, ...items.map((i) => h("a", { href: i.href ?? "/", target: i.newTab === true ? "_blank" : null, rel: i.newTab === true ? "noopener noreferrer" : null }, i.label)));
  }
}
