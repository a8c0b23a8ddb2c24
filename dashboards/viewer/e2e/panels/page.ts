// A bare page that draws the fixtures; the browser test drives it.
import "../../src/style.css";
import { draw } from "../../src/panels";
import type { Ctx, Drawn } from "../../src/model";
import { all, annotations, from, to } from "./fixtures";

const parameters = new URLSearchParams(location.search);
const theme = parameters.get("theme") === "dark" ? "dark" : "light";
const log: unknown[] = [];
const drawn: Drawn[] = [];
const took: number[] = [];

const ctx: Ctx = {
  from, to, zone: parameters.get("zone") ?? "UTC", annotations, theme, sync: "all",
  vars: { app: { value: ["rednote"], text: ["RedNote"] } },
  onZoom: (a, b) => log.push(["zoom", a, b]),
  onReset: () => log.push(["reset"]),
  onLink: (url, newTab) => log.push(["link", url, newTab]),
};

const main = document.createElement("main");
main.className = "grid";
document.body.replaceChildren(main);
for (const [panel, frames] of all) {
  const box = document.createElement("section");
  box.dataset["panel"] = String(panel.id);
  box.dataset["type"] = panel.type;
  box.style.gridColumn = `span ${panel.gridPos.w}`;
  box.style.setProperty("--rows", String(panel.gridPos.h));
  const title = document.createElement("h4");
  title.textContent = panel.title ?? "";
  const body = document.createElement("div");
  body.className = "body";
  box.append(title, body);
  main.append(box);
  const start = performance.now();
  drawn.push(draw(body, panel, frames, ctx));
  took.push(performance.now() - start);
}

Object.assign(window, { panels: { drawn, log, took, all } });
