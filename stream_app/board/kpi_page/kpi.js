"use strict";
// Everything behind one KPI. Everything from the API is put in as text, never as HTML.
const EVERY_MS = 3000, PATIENCE_MS = 6000, CUTS = 12;
const $ = (id) => document.getElementById(id);
const address = new URLSearchParams(location.search), kpi = decodeURIComponent(location.pathname.split("/").at(-1));
let plot = null, turns = 0, drawn = null;

function labelsSaid(labels) {
  return Object.entries(labels).map(([name, value]) => name === "quantile" ? (value === "0.5" ? "median" : `p${100 * Number(value)}`)
    : name === "time" ? `${value} time` : name === "since" ? `since ${value}` : `${name.replaceAll("_", " ")} ${value}`).join(" · ");
}

function showValue(body) {
  const value = el("p", { class: "figure" }, body.value === null ? "no data" : figure(body.value, body.unit));
  const beside = body.numerator !== null && body.denominator !== null ? `${body.unit === "ratio" ? `${short.format(body.numerator)} of` : `${figure(body.numerator, body.unit)} /`} ${short.format(body.denominator)}` : body.value !== null && body.n !== body.value ? `n ${whole.format(body.n)}` : "";
  if (beside) value.append(el("small", {}, beside));
  const parts = [value];
  if (body.goal) {
    const bounds = [body.goal.at_least === null ? "" : `≥ ${figure(body.goal.at_least, body.unit)}`, body.goal.at_most === null ? "" : `≤ ${figure(body.goal.at_most, body.unit)}`];
    parts.push(el("p", { class: `goal ${body.goal.met ? "met" : "missed"}` }, `${body.goal.met ? "✓ reaches" : "✗ misses"} the goal ${bounds.filter(Boolean).join(", ")}`));
  }
  if (body.pace) {
    const { period, value: come, planned, pace, goal } = body.pace, aim = goal.at_least ?? goal.at_most;
    const good = goal.at_least === null ? pace <= 1 : pace >= 1, since = period === "day" ? "today" : `this ${period}`;
    parts.push(el("p", { class: `goal ${good ? "met" : "missed"}` }, `${good ? "✓" : "✗"} pace ${pace.toFixed(2)} of plan by now`,
      el("small", {}, `${since} ${figure(come, body.unit)}, by now ${figure(planned, body.unit)} of ${goal.at_least === null ? "≤ " : ""}${figure(aim, body.unit)}`)));
  }
  parts.push(el("p", { class: "soft" }, [body.window ? `${/^\d/.test(body.window) ? "last" : "this"} ${body.window}` : "now", labelsSaid(body.labels)].filter(Boolean).join(" · ")));
  $("value").replaceChildren(...parts);
}

function once(texts) {
  return texts.map((text, place) => text === texts[place - 1] ? "" : text);  // steps too small for their words
}

function draw(history, unit) {
  const box = $("chart"), known = history.values.filter((value) => value !== null);
  $("since").textContent = known.length < 2 ? "The line begins when the board does; long memory is Prometheus' work." : `since ${clockTime(new Date(1000 * history.times[0]))}`;
  if (known.length < 2) { plot?.destroy(); plot = null; return; }
  const style = getComputedStyle(document.documentElement), ink = style.getPropertyValue("--soft").trim(), stroke = style.getPropertyValue("--accent").trim();
  const size = { width: Math.floor(box.clientWidth), height: Math.max(180, Math.floor(box.clientHeight)) };
  if (!plot) {
    const axis = { stroke: ink, grid: { stroke: `${ink}33`, width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    plot = new uPlot({ ...size, legend: { show: false }, cursor: { y: false, points: { size: 7 } },
      axes: [{ ...axis, values: (_, ticks) => once(ticks.map((tick) => new Date(1000 * tick).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }))) },
        { ...axis, size: 74, values: (_, ticks) => once(ticks.map((tick) => figure(tick, unit))) }],
      scales: { y: { range: (_, low, top) => low === top ? [low - (Math.abs(low) / 10 || 1), top + (Math.abs(top) / 10 || 1)] : [low - (top - low) * .1, top + (top - low) * .1] } },
      series: [{}, { stroke, width: 2, fill: `${stroke}1f`, points: { show: false } }] }, [history.times, history.values], box);
  }
  if (plot.width !== size.width) plot.setSize(size);
  plot.setData([history.times, history.values]);
}

function showFacts(body) {
  const dropped = Object.values(body.excluded[body.window] ?? {}).length ? Object.entries(body.excluded[body.window]).map(([reason, n]) => `${whole.format(n)} ${reason.replaceAll("_", " ")}`).join(", ") : "";
  const facts = { Gauge: body.metric, "Left out": dropped, Breakdowns: body.by.map((label) => label.replaceAll("_", " ")).join(", "),
    Better: body.direction === "up" ? "more" : body.direction === "down" ? "less" : "", "Newest event": body.watermark ? clockTime(body.watermark) : "none yet", Source: body.source };
  const said = Object.entries(facts).filter(([, text]) => text).flatMap(([name, text]) => [el("dt", {}, name), el("dd", {}, text)]);
  const more = [el("a", { href: body.url }, "JSON")];
  if (body.grafana_url) more.unshift(el("a", { href: body.grafana_url }, "Grafana"), " · ");
  $("formula").textContent = body.formula;
  $("facts").replaceChildren(...said, el("dt", {}, "More"), el("dd", {}, ...more));
}

function showEvery(body) {
  const rows = new Map();
  for (const one of body.totals.filter((total) => total.part === "")) {
    const name = labelsSaid(one.labels) || "total";
    if (!rows.has(name)) rows.set(name, {});
    rows.get(name)[one.window ?? "now"] = one;
  }
  const windows = body.windows.length ? body.windows : ["now"], section = $("every");
  section.hidden = rows.size === 0 || (rows.size === 1 && windows.length === 1);
  section.querySelector("thead").replaceChildren(el("tr", {}, el("th", { scope: "col" }, ""), ...windows.map((name) => el("th", { scope: "col", class: "num" }, name))));
  section.querySelector("tbody").replaceChildren(...[...rows].map(([name, values]) => el("tr", {}, el("th", { scope: "row" }, name),
    ...windows.map((window_) => el("td", { class: "num" }, values[window_] ? figure(values[window_].value, body.unit) : "–")))));
}

function showCuts(body) {
  const measured = body.unit === "ratio" || body.unit === "seconds";  // a share or a wait of many says more than one of few
  const cuts = Object.entries(body.breakdowns).map(([label, values]) => {
    const rows = Object.entries(values).map(([value, samples]) => {
      const fits = (one) => one.part === "" && (one.window === body.window || one.window === null) && Object.entries(body.labels).every(([name, of]) => one.labels[name] === of);
      return [value, samples.find(fits)];
    }).filter(([, one]) => one).sort(([, one], [, other]) => (measured ? other.n - one.n : 0) || other.value - one.value);
    if (!rows.length) return null;
    const most = Math.max(...rows.map(([, one]) => Math.abs(one.value))), scale = body.unit === "ratio" ? Math.max(1, most) : most;
    return el("section", { class: "panel" }, el("h2", {}, `By ${label.replace("_id", "").replaceAll("_", " ")}`), ...rows.slice(0, CUTS).map(([value, one]) => {
      const meter = el("span", { class: "meter", "aria-hidden": "true" });
      meter.style.setProperty("--share", scale ? Math.max(0, one.value) / scale : 0);
      return el("div", { class: "cut" }, el("span", {}, body.people[value] ?? value), el("b", {}, figure(one.value, body.unit)), el("span", { class: "n" }, one.n === one.value ? "" : `n ${short.format(one.n)}`), meter);
    }), ...(rows.length > CUTS ? [el("p", { class: "soft" }, `and ${rows.length - CUTS} more, in the JSON`)] : []));
  });
  $("cuts").replaceChildren(...cuts.filter(Boolean));
}

function showBehind(body) {
  $("behind").replaceChildren(...(body.open_clocks.length ? [el("h2", {}, "Who is behind it")] : []), ...body.open_clocks.map((list) => {
    const said = [words(list.clock), labelsSaid(list.labels), list.state === "waiting" ? "everybody who waits" : STATE_WORDS[list.state] ?? ""].filter(Boolean).join(" · ");
    const query = new URLSearchParams({ clock: list.clock, ...(list.state && list.state !== "waiting" ? { state: list.state } : {}) });
    return el("p", { class: "behind" }, el("span", {}, said), el("a", { href: `/clocks?${query}` }, `See all ${whole.format(list.total)}`));
  }));
}

function showWindows(body) {
  const box = $("windows");
  box.hidden = !body.windowed;
  if (box.querySelectorAll("button").length !== body.windows.length) {
    box.querySelectorAll("button").forEach((button) => button.remove());
    box.append(...body.windows.map((name) => {
      const button = el("button", { type: "button", value: name }, name);
      button.addEventListener("click", () => { address.set("window", name); history.replaceState(null, "", `?${address}`); plot?.destroy(); plot = null; turn(); });
      return button;
    }));
  }
  for (const button of box.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.value === body.window));
}

function show(body) {
  drawn = body;
  $("title").textContent = titled(body.name, body.unit);
  document.title = `${$("title").textContent} · crm-pulse`;
  $("meaning").textContent = body.meaning;
  $("page").hidden = false;
  showWindows(body); showValue(body); showFacts(body); draw(body.history, body.unit); showEvery(body); showCuts(body); showBehind(body);
  $("fresh").textContent = body.watermark ? `as of ${clockTime(body.at)} · newest event ${clockTime(body.watermark)}` : "no event yet";
}

async function turn() {
  const mine = ++turns, query = new URLSearchParams({ limit: "0" });
  if (address.get("window")) query.set("window", address.get("window"));
  try {
    const response = await fetch(`/api/v1/kpis/${encodeURIComponent(kpi)}?${query}`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    const body = await response.json();
    if (mine !== turns) return;
    if (response.status === 200) { show(body); tell(body.warnings.length ? "warned" : "live", body.warnings.length ? "▲" : "●", "Live", body.warnings.length ? "Handle the figures with care" : "", body.warnings); return; }
    tell(body.error === "not_ready" ? "notready" : "warned", "▲", body.error === "not_ready" ? "Not ready" : "No figures", body.message, [body.hint, ...(body.suggestions ?? []).map((one) => `did you mean ${one}?`)]);
  } catch (error) {
    if (mine === turns) tell("lost", "✕", "Disconnected", "The board does not answer", ["The figures below do not move. Trying again."]);
  }
}

addEventListener("resize", () => { plot?.destroy(); plot = null; if (drawn) draw(drawn.history, drawn.unit); });
(async function loop() { if (!document.hidden) await turn(); setTimeout(loop, EVERY_MS); })();
