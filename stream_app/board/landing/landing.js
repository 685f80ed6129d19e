"use strict";
// Everything that comes from the API is put in as text, never as HTML: ids and labels are other people's words.
const EVERY_MS = 2000, PATIENCE_MS = 6000, ROWS = 8, LIST = 10;
const $ = (id) => document.getElementById(id);
let chosen = null, lastGood = null, turns = 0;

function title(kpi, names) {
  const bare = stem(kpi.name, kpi.unit);
  // leads_waiting and leads_waiting_seconds, or a ratio and a time of one thing: the unit tells namesakes apart.
  const namesakes = [bare, `${bare}_ratio`, `${bare}_seconds`].filter((name) => name !== kpi.name && names.has(name));
  const unclear = kpi.unit === "seconds" && /(stage|conversion)$/.test(bare);  // how long, not how many
  if (bare === kpi.name || !(namesakes.length || unclear)) return words(bare);
  return `${words(bare)}, ${kpi.unit === "seconds" ? "time" : kpi.unit}`;
}

function setStatus(state, mark, text) {
  document.body.dataset.state = state;
  const [sign, words_] = $("status").children;
  sign.textContent = mark;
  if (words_.textContent !== text) words_.textContent = text;  // a screen reader speaks changes only
  document.title = state === "live" ? "crm-pulse" : `${text} · crm-pulse`;
}

function setNotice(title, lines = [], more = "", ratio = null) {
  const box = $("notice");
  box.hidden = !title;
  if (!title) return;
  const [head, bar, list, tail] = box.children;
  head.textContent = title;
  bar.hidden = ratio === null;
  if (ratio !== null) bar.firstElementChild.style.width = `${Math.round(100 * ratio)}%`;
  list.replaceChildren(...lines.slice(0, 6).map((line) => el("li", {}, line)));
  tail.replaceChildren(...[more].flat());
}

function showClocks(answer) {
  const names = Object.keys(answer.counts);
  $("now").hidden = names.length === 0;
  $("clocks").replaceChildren(...names.map((name) => {
    const all = answer.counts[name];
    const counts = { waiting: all.waiting - all.at_risk - all.overdue, at_risk: all.at_risk, overdue: all.overdue };
    const bar = el("div", { class: "split", "aria-hidden": "true" });
    for (const [state, count] of Object.entries(counts)) {
      if (!count) continue;
      const piece = el("div", { class: state });
      piece.style.flexGrow = count;
      bar.append(piece);
    }
    const legend = Object.entries(counts).map(([state, count]) =>
      el("li", {}, stateLabel(state, el("span", {}, el("b", {}, whole.format(count)), ` ${STATE_WORDS[state]}`))));
    return el("article", { class: "clock" },
      el("h3", {}, words(name)),
      el("p", { class: "big" }, whole.format(all.waiting), " ", el("small", {}, "waiting")),
      bar, el("ul", { class: "legend" }, ...legend));
  }));

}

function showQueue(id, answer, total) {
  const section = $(id);
  section.hidden = answer.items.length === 0;
  section.querySelector(".all").textContent = `See all ${whole.format(total)}`;
  section.querySelector("tbody").replaceChildren(...answer.items.map((item) => {
    const due = item.due_in_seconds;
    const labels = ["channel", "team", "owner_id"].map((name) => item.labels[name]).filter(Boolean);
    return el("tr", {},
      el("td", { class: "how" }, stateLabel(item.state, item.paused ? "paused" : STATE_WORDS[item.state])),
      el("td", { class: "who" }, item.item && item.item !== item.relationship ? `${item.relationship} · ${item.item}` : item.relationship),
      el("td", { class: "of" }, words(item.clock)),
      el("td", { class: "where" }, labels.join(" · ")),
      el("td", { class: "num wait" }, duration(item.waiting_seconds)),
      el("td", { class: "num due" }, due === null ? "no target" : due < 0 ? `${duration(-due)} ago` : `in ${duration(due)}`));
  }));
}

function showWindows(windows, current) {
  $("windows-line").hidden = false;
  const box = $("windows");
  const shown = [...box.querySelectorAll("button")];
  if (shown.map((button) => button.value).join() !== windows.join()) {
    box.querySelectorAll("button").forEach((button) => button.remove());
    box.append(...windows.map((window_) => {
      const button = el("button", { type: "button", value: window_ }, window_);
      button.addEventListener("click", () => { chosen = window_; turn(); });
      return button;
    }));
  }
  for (const button of box.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.value === current));
  }
}

function labelWords(labels) {
  return Object.entries(labels).map(([name, value]) =>
    name === "quantile" ? (value === "0.5" ? "median" : `p${100 * Number(value)}`)
      : name === "time" ? `${value} time` : name === "since" ? `since ${value}` : value.replaceAll("_", " ")).join(" · ");
}

function rowWords(kpi, labels) {
  const own = Object.keys(labels).filter((name) => name !== "quantile" && name !== "time");
  const seen = (name) => new Set(kpi.variants.map((one) => one.labels[name])).size > 1;
  const telling = own.filter(seen);
  const word = (name) => (/^\d/.test(labels[name]) ? `${name} ${labels[name]}` : labels[name]).replaceAll("_", " ");
  return (telling.length ? telling : own).map(word).join(" · ");
}

function showList(box, kpi) {
  const most = Math.max(...kpi.variants.map((one) => Math.abs(one.value)));
  const scale = kpi.unit === "ratio" ? Math.max(1, most) : most;
  box.replaceChildren(...kpi.variants.slice(0, LIST).map((one) => {
    const bar = el("span", { class: "meter", "aria-hidden": "true" });
    bar.style.setProperty("--share", scale ? Math.max(0, one.value) / scale : 0);
    return el("span", { class: "pair" }, el("span", { class: "what" }, rowWords(kpi, one.labels)),
      el("b", {}, figure(one.value, kpi.unit)), bar);
  }));
}

function showKpi(node, kpi, names) {
  const [name, value, detail] = node.children;
  const top = kpi.headline, many = kpi.ok && kpi.variants.length > 1;
  node.title = `${kpi.meaning}\n\n${kpi.formula}${kpi.ok ? "" : `\n\n${kpi.error}`}`;
  node.classList.toggle("failed", !kpi.ok);
  node.classList.toggle("many", many);
  name.textContent = title(kpi, names);
  value.classList.toggle("none", kpi.ok && !top);
  if (many) {
    showList(value, kpi);
    const forms = top.labels.quantile ? "median" : "";
    const rest = kpi.variants.length - LIST;
    detail.textContent = [forms, rest > 0 ? `and ${rest} more` : ""].filter(Boolean).join(" · ");
  } else {
    value.textContent = !kpi.ok ? "⚠ failed" : top ? figure(top.value, kpi.unit) : "no data";
    const n = top && kpi.windowed && top.n !== top.value ? `n\u00a0${short.format(top.n)}` : "";
    detail.textContent = !kpi.ok ? kpi.error : top ? [labelWords(top.labels), n].filter(Boolean).join(" · ")
      : kpi.windowed ? "in this window" : "";
  }
}

function showKpis(answer) {
  showWindows(answer.windows, chosen);
  const areas = $("areas"), names = new Set(answer.kpis.map((kpi) => kpi.name));
  for (const area of answer.areas) {
    let section = areas.querySelector(`[data-area="${CSS.escape(area)}"]`);
    if (!section) {
      section = el("section", { "data-area": area }, el("h3", {}, words(area)),
        el("div", { class: "grid" }), el("div", { class: "grid lists" }));
      areas.append(section);
    }
    const [, singles, lists] = section.children;
    for (const kpi of answer.kpis.filter((one) => one.area === area)) {
      const grid = kpi.ok && kpi.variants.length > 1 ? lists : singles;
      let node = section.querySelector(`[data-kpi="${CSS.escape(kpi.name)}"]`);
      if (!node) {  // tiles stay, so that focus and text selection survive a refresh
        node = el("a", { class: "kpi", href: `/kpis/${encodeURIComponent(kpi.name)}`, "data-kpi": kpi.name },
          el("span", { class: "name" }), el("span", { class: "value" }), el("span", { class: "detail" }));
      }
      if (node.parentElement !== grid) grid.append(node);
      showKpi(node, kpi, names);
    }
  }
}

async function ask(path) {
  const response = await fetch(path, { signal: AbortSignal.timeout(PATIENCE_MS), headers: { Accept: "application/json" } });
  return { status: response.status, body: await response.json() };
}

function showFigures(kpis, overdue, next) {
  lastGood = new Date();
  showClocks(next);
  showQueue("next", next, next.total);
  showQueue("overdue", overdue, overdue.total);
  showKpis(kpis);
  const data = kpis.watermark ? `newest event ${clockTime(kpis.watermark)}` : "no event yet";
  $("fresh").textContent = kpis.at ? `as of ${clockTime(kpis.at)} · ${data}` : data;
  if (kpis.warnings.length) {
    setStatus("warned", "▲", "Live, with a warning");
    setNotice("Handle the figures with care", kpis.warnings);
  } else {
    setStatus("live", "●", "Live");
    if (kpis.watermark) setNotice("");
    else setNotice("No events yet", [], ["The board is ready and waits. Send it traffic with ",
      el("code", {}, "crm-pulse simulate"), " or load an export with ", el("code", {}, "crm-pulse import"), "."]);
  }
}

async function refresh() {
  const mine = ++turns;
  const query = chosen ? `?window=${encodeURIComponent(chosen)}` : "";
  const [kpis, overdue] = await Promise.all([
    ask(`/api/v1/kpis${query}`), ask(`/api/v1/clocks?state=overdue&sort=due&limit=${ROWS}`)]);
  // In the order of due times those that are overdue come first: what is due next begins behind them.
  const next = overdue.status === 200 ? await ask(`/api/v1/clocks?sort=due&limit=${ROWS}&offset=${overdue.body.total}`) : overdue;
  if (mine !== turns) return;  // a click has asked anew meanwhile
  const failed = [kpis, overdue, next].find((one) => one.status !== 200);
  if (!failed) {
    if (!chosen) chosen = kpis.body.windows.includes("24h") ? "24h" : kpis.body.windows.at(-1) ?? null;
    showFigures(kpis.body, overdue.body, next.body);
  } else if (failed.body.error === "not_ready") {
    setStatus("notready", "◐", "Not ready");
    const ratio = failed.body.read_ratio;
    setNotice(ratio === null ? "Not ready yet" : `Reading the state: ${Math.floor(100 * ratio)} %`,
      failed.body.reasons, "Figures appear when everything is read; until then they would be wrong.", ratio);
    $("fresh").textContent = "";
    for (const id of ["now", "next", "overdue", "windows-line"]) $(id).hidden = true;
    $("areas").replaceChildren();
  } else {
    setStatus("warned", "▲", "The board reports an error");
    setNotice(failed.body.message, [failed.body.hint]);
  }
}

async function turn() {
  try {
    await refresh();
  } catch (error) {
    setStatus("lost", "✕", "Disconnected");
    setNotice("The board does not answer",
      [lastGood ? `The figures below are from ${clockTime(lastGood)} and do not move.` : "No figures have been received yet."],
      `Trying again every ${EVERY_MS / 1000} s.`);
  }
}

async function loop() {
  if (!document.hidden) await turn();
  setTimeout(loop, EVERY_MS);
}
document.addEventListener("visibilitychange", () => { if (!document.hidden) turn(); });
loop();
