// What is running: addresses, rows, lag; and the one line at the top.

import type { Status } from "./api";
import { fill, h, type Child } from "./dom";
import { age, moment, whole, type Zone } from "./format";
import { summary } from "./sources";

const sum = (all: readonly number[]): number => all.reduce((a, b) => a + b, 0);

/** The line at the top of the page. */
export function drawPulse(host: HTMLElement, st: Status): void {
  const up = (Date.parse(st.now) - Date.parse(st.started_at)) / 1000;
  const live = st.sources.filter((s) => s.state !== "recorded");
  const loading = st.case.name !== "" && !st.case.done;
  const share = st.case.total > 0 ? Math.floor((100 * st.case.loaded) / st.case.total) : 0;
  fill(
    host,
    h("span.dot", { "aria-hidden": "true" }),
    `Running for ${age(up)} · ${whole(st.rows["readings"] ?? 0)} readings · `,
    sum(st.lag.map((l) => l.lag)) === 0 ? "nothing waits to be stored" : `${whole(sum(st.lag.map((l) => l.lag)))} messages wait to be stored`,
    live.length === 0 ? null : h("a", { href: "/sources" }, ` · sources: ${summary(live)}`),
    loading ? h("span.loading", {}, ` · loading ${st.case.name}: ${share} %`) : null,
  );
}

export function drawRunning(host: HTMLElement, st: Status, zone: Zone): void {
  const started = Date.parse(st.started_at) / 1000;
  const facts: [string, Child][] = [
    ["Broker", about(st.broker_about, st.broker)],
    ["Engine", about(st.engine_about, st.clickhouse_http)],
    ["Page", st.page],
    ["Version", st.version],
    ["Started", moment(started, zone)],
  ];
  if (st.case.name !== "") {
    facts.push(["Case", `${st.case.name}: ${whole(st.case.loaded)} of ${whole(st.case.total)} messages${st.case.done ? ", all loaded" : " so far"}`]);
  }
  const list = h("dl.facts", {});
  for (const [k, v] of facts) list.append(h("div", {}, h("dt", {}, k), h("dd", {}, v)));
  const rows = h("tbody", {});
  for (const [name, n] of Object.entries(st.rows)) rows.append(h("tr", {}, h("th", { scope: "row" }, name), h("td.number", {}, whole(n))));
  fill(
    host,
    list,
    h(
      "div.two",
      {},
      h("div", {}, h("h3", {}, "Rows"), h("table.data", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Table"), h("th.number", { scope: "col" }, "Rows"))), rows)),
      h("div", {}, h("h3", {}, "Lag of the store"), lag(st)),
    ),
    ...(st.problems ?? []).map((p) => h("p.trouble", {}, p)),
  );
}

const about = (words: string | undefined, address: string): string => [words, address].filter((p) => p !== undefined && p !== "").join(" · ");

/** Partitions of a topic in one row: how many messages, how many of them wait. */
function lag(st: Status): HTMLElement {
  const topics = [...new Set(st.lag.map((l) => l.topic))];
  if (topics.length === 0) return h("p.empty", {}, "The broker has not been asked yet.");
  const body = h("tbody", {});
  for (const topic of topics) {
    const of = st.lag.filter((l) => l.topic === topic);
    body.append(
      h(
        "tr",
        {},
        h("th", { scope: "row" }, topic),
        h("td.number", {}, of.length),
        h("td.number", {}, whole(sum(of.map((l) => l.end)))),
        h("td.number", {}, whole(sum(of.map((l) => l.lag)))),
      ),
    );
  }
  const head = ["Topic", "Partitions", "Messages", "Waiting"].map((t, i) => h(i === 0 ? "th" : "th.number", { scope: "col" }, t));
  return h("table.data", {}, h("thead", {}, h("tr", {}, ...head)), body);
}
