"use strict";
// What is shown comes in one stream. Everything in it is put in as text, never as HTML: labels are other people's words.
const STALE_MS = 15000, LIST = 8, ROWS = 6, KINDS = 4, HOUR = 3600;
const LABELS = ["team", "channel", "owner_id", "priority"];
const $ = (id) => document.getElementById(id);
const address = new URLSearchParams(location.search);
const daytime = new Intl.DateTimeFormat(undefined, { timeStyle: "short", hourCycle: "h23" });
let source = null, last = null, lastAt = 0, skew = 0, pages = [], rotating = Number(address.get("rotate")) || 0, turnAt = 0;
const plots = new Map();

// ---- the stream

function connect() {
  if (source) source.close();
  const wanted = new URLSearchParams();
  for (const name of ["page", "window", ...LABELS]) if (address.get(name)) wanted.set(name, address.get(name));
  const path = `/api/v1/wall?${wanted}`;
  source = new EventSource(path);
  source.addEventListener("figures", (event) => show(JSON.parse(event.data)));
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) refused(path);
    else lost();
  });
}

async function refused(path) {
  // A stream does not tell why it is refused: a plain question does.
  try {
    const controller = new AbortController();
    const answer = await fetch(path, { signal: controller.signal });
    if (answer.status === 200) { controller.abort(); setTimeout(connect, 1000); return; }
    const body = await answer.json();
    setStatus("warned", "▲", "The address is wrong");
    setNotice(body.message, [body.hint, ...(body.suggestions ?? []).map((one) => `did you mean ${one}?`)]);
  } catch {
    lost();
    setTimeout(connect, 3000);
  }
}

function lost() {
  setStatus("lost", "✕", "Reconnecting");
  setNotice("The board does not answer",
    [lastAt ? `What you see is from ${clockTime(new Date(lastAt))} and does not move.` : "Nothing has been received yet."],
    "Trying again by itself.");
}

// ---- showing

function setStatus(state, mark, text) {
  document.body.dataset.state = state;
  const [sign, said] = $("status").children;
  sign.textContent = mark;
  if (said.textContent !== text) said.textContent = text;  // a screen reader speaks changes only
}

function setNotice(title, lines = [], more = "", ratio = null) {
  const box = $("notice");
  box.hidden = !title;
  if (!title) return;
  const [head, bar, list, tail] = box.children;
  head.textContent = title;
  bar.hidden = ratio === null;
  if (ratio !== null) bar.firstElementChild.style.width = `${Math.round(100 * ratio)}%`;
  list.replaceChildren(...lines.slice(0, 4).map((line) => el("li", {}, line)));
  tail.textContent = more;
}

function show(now) {
  lastAt = Date.now();
  skew = Date.parse(now.at) - lastAt;  // due times are by the board's clock
  if (!now.ready) {
    setStatus("notready", "◐", "Not ready");
    setNotice(now.read_ratio === null ? "Not ready yet" : `Reading the state: ${Math.floor(100 * now.read_ratio)} %`,
      now.reasons, "Figures appear when everything is read; until then they would be wrong.", now.read_ratio);
    $("board").hidden = true;
    return;
  }
  const turned = last?.page !== now.page;
  last = now;
  pages = now.pages;
  $("board").hidden = false;
  showPages(now);
  showNarrow();
  showQueue(now.clocks);
  showTiles(now, turned);
  showFreshness(now);
}

function showFreshness(now) {
  const age = now.watermark === null ? null : Date.parse(now.at) - Date.parse(now.watermark);
  $("fresh").textContent = age === null ? "no event yet" : `newest event ${age < 3000 ? "just now" : `${duration(Math.round(age / 1000))} ago`}`;
  if (now.warnings.length) {
    setStatus("warned", "▲", "Live, with a warning");
    setNotice("Handle the figures with care", now.warnings);
  } else if (age === null) {
    setStatus("live", "●", "Live");
    setNotice("No events yet", [], "The board is ready and waits for the first one.");
  } else if (!now.fresh) {
    setStatus("warned", "▲", "Old data");
    setNotice("No new events", [`The newest one is ${duration(Math.round(age / 1000))} old: look at the source before you trust a quiet wall.`]);
  } else {
    setStatus("live", "●", "Live");
    setNotice("");
  }
}

function showPages(now) {
  const nav = $("pages");
  if (nav.children.length !== pages.length) {
    nav.replaceChildren(...pages.map((page) => {
      const button = el("button", { type: "button", value: page.name }, page.title);
      button.addEventListener("click", () => go({ page: page.name }));
      return button;
    }));
  }
  for (const button of nav.children) {
    if (button.value === now.page) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
  }
  const title = pages.find((page) => page.name === now.page)?.title ?? "Wall";
  $("title").textContent = title;
  document.title = `${title} · crm-pulse`;
}

function showNarrow() {
  const chosen = LABELS.filter((name) => address.get(name)).map((name) => `${name.replace("_id", "")}: ${address.get(name)}`);
  $("narrow").hidden = chosen.length === 0;
  $("narrow").textContent = chosen.join(" · ");
}

function who(item) {
  return item.item && item.item !== item.relationship ? `${item.relationship} · ${item.item}` : item.relationship;
}

function where(item) {
  return [item.owner, item.labels.team, item.labels.channel].filter(Boolean).join(" · ") || "nobody yet";
}

function left(item) {
  return (Date.parse(item.due) - Date.now() - skew) / 1000;
}

function countdown(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const two = (n) => String(n).padStart(2, "0");
  if (s >= 86400) return duration(s);
  return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${two(Math.floor(s / 60))}:${two(s % 60)}`;
}

function showQueue(clocks) {
  $("queue").hidden = !clocks;
  if (!clocks) return;
  showUrgent(clocks.next[0]);
  const urgency = ([, counts]) => counts.overdue * 1e6 + counts.at_risk * 1e3 + counts.waiting;
  const named = Object.entries(clocks.counts).filter(([, counts]) => counts.waiting > 0)
    .sort((one, other) => urgency(other) - urgency(one)).slice(0, KINDS);
  const box = $("counts");
  box.classList.toggle("many", named.length > 2);
  const oldest = clocks.oldest[0];
  box.replaceChildren(...(named.length ? named : Object.entries(clocks.counts).slice(0, 1)).map(([name, counts]) => {
    const calm = counts.waiting - counts.at_risk - counts.overdue;
    const shares = { overdue: counts.overdue, at_risk: counts.at_risk, waiting: calm };
    const bar = el("div", { class: "split", "aria-hidden": "true" });
    for (const [state, n] of Object.entries(shares)) {
      const piece = el("div", { class: state });
      piece.style.flex = String(n);
      bar.append(piece);
    }
    return el("a", { class: "count", href: listed({ clock: name }) }, el("h2", {}, words(name)), el("span", { class: "big" }, whole.format(counts.waiting)), bar,
      el("div", { class: "legend" }, ...Object.entries(shares).map(([state, n]) => stateLabel(state, `${whole.format(n)} ${STATE_WORDS[state]}`))));
  }));
  if (oldest) box.append(el("p", { class: "oldest" }, "Longest: ", el("b", {}, duration(Math.round(oldest.waiting_seconds))), ` ${who(oldest)} · ${where(oldest)}`));
  showList("late", clocks.overdue, "Nobody is overdue.");
  showList("soon", clocks.next.slice(1), "Nobody else waits for a due time.");
}

function listed(more) {
  const query = new URLSearchParams(more);
  for (const name of LABELS) if (address.get(name)) query.set(name, address.get(name));
  return `/clocks?${query}`;
}

function showUrgent(item) {
  const box = $("urgent");
  box.className = `card urgent ${item ? item.state : ""}`;
  if (!item) {
    box.replaceChildren(el("h2", {}, "Due next"), el("p", { class: "left" }, "—"), el("p", { class: "where" }, "No promise runs that could still be kept."));
    return;
  }
  box.replaceChildren(
    el("h2", {}, "Due next: ", words(item.clock)), el("p", { class: "left", "data-due": item.due }, countdown(left(item))),
    el("p", { class: "who" }, who(item)), el("p", { class: "where" }, where(item)));
}

function showList(id, items, none) {
  const list = $(id).querySelector("ol");
  list.replaceChildren(...(items.length ? items.slice(0, LIST).map((item) => {
    const due = el("span", { class: `due state ${item.state}` }, el("span", { class: "mark", "aria-hidden": "true" }, MARKS[item.state]), "");
    due.append(el("span", { "data-due": item.due }, dueWords(left(item))));
    return el("li", {}, el("span", { class: "who" }, el("bdi", {}, who(item))), due,
      el("span", { class: "where" }, where(item)), el("span", { class: "of" }, words(item.clock)));
  }) : [el("li", { class: "none" }, none)]));
}

function dueWords(seconds) {
  return seconds < 0 ? `${duration(Math.round(-seconds))} over` : `in ${countdown(seconds)}`;
}

function tall(tile) {
  return tile.rows.length > 3;
}

function shape(now) {
  // The number of columns that leaves the least empty and the tiles nearest to twice as wide as high.
  const cells = now.tiles.reduce((sum, tile) => sum + (tall(tile) ? 2 : 1), 0), board = $("tiles");
  const wide = board.clientWidth / Math.max(1, board.clientHeight);
  const cost = (columns) => {
    const rows = Math.max(Math.ceil(cells / columns), now.tiles.some(tall) ? 2 : 1);
    return Math.abs(Math.log(wide * rows / columns / 2)) + 1.2 * (columns * rows - cells) / cells;
  };
  const best = [2, 3, 4, 5, 6].reduce((found, columns) => cost(columns) < cost(found) ? columns : found);
  board.style.setProperty("--columns", best);
  return best;
}

function ordered(tiles, columns) {
  // A tall tile in the last row would make a row of its own that is empty beside it.
  const order = [...tiles];
  for (const tile of tiles.filter(tall)) {
    const at = order.indexOf(tile), last = Math.max(0, order.length - 2 * columns);
    if (at > last) order.splice(last, 0, ...order.splice(at, 1));
  }
  return order;
}

function fillRow(nodes, columns, cells) {
  // What is left of the last row goes to the last tile.
  const left = (columns - cells % columns) % columns, end = nodes.at(-1);
  for (const node of nodes) node.style.gridColumn = "";
  if (end && left && !end.classList.contains("tall") && innerWidth > 760) end.style.gridColumn = `span ${left + 1}`;
}

function showTiles(now, turned) {
  const board = $("tiles"), columns = shape(now), order = ordered(now.tiles, columns);
  const known = new Map([...board.children].map((node) => [node.dataset.kpi, node]));
  const nodes = order.map((tile) => {
    const node = known.get(tile.kpi) ?? blank(tile);
    fill(node, tile, now);
    node.classList.toggle("turned", turned);
    return node;
  });
  for (const [kpi, node] of known) if (!nodes.includes(node)) { plots.get(kpi)?.destroy(); plots.delete(kpi); node.remove(); }
  if (!nodes.length) board.replaceChildren(el("p", { class: "empty" }, "No tile is declared for this page."));
  else if (nodes.some((node, place) => board.children[place] !== node)) board.replaceChildren(...nodes);
  fillRow(nodes, columns, now.tiles.reduce((sum, tile) => sum + (tall(tile) ? 2 : 1), 0));
  order.forEach((tile, place) => { if (tile.rows.length <= 1) draw(nodes[place], tile, now.times); });
}

function blank(tile) {
  return el("a", { class: "tile", href: `/kpis/${encodeURIComponent(tile.kpi)}`, "data-kpi": tile.kpi },
    el("h3", {}, el("span", {}, titled(tile.kpi, tile.unit)), el("span", { class: "where" })), el("div", { class: "body" }), el("div", { class: "trend", "aria-hidden": "true" }),
    el("p", { class: "foot" }, el("span"), el("span")));
}

function fill(node, tile, now) {
  const [head, body, trend, foot] = node.children, many = tile.rows.length > 1, top = tile.rows[0];
  node.title = tile.meaning;
  node.classList.toggle("tall", tall(tile));
  node.classList.toggle("failed", Boolean(tile.error));
  head.children[1].textContent = tile.narrowed ? "" : "everybody";
  trend.hidden = many;
  body.className = many ? "rows" : "body";
  if (tile.error) body.replaceChildren(el("p", { class: "value" }, "⚠ failed"));
  else if (!top) body.replaceChildren(el("p", { class: "value none" }, tile.windowed ? "nothing in this window" : "no data"));
  else if (many) body.replaceChildren(...bars(tile));
  else body.replaceChildren(...single(tile, top));
  const n = top && !many && tile.unit !== "leads" && top.n !== top.value ? `n ${short.format(top.n)}` : "";
  foot.children[0].textContent = [tile.window ? `last ${tile.window}` : "now", n].filter(Boolean).join(" · ");
  foot.children[1].textContent = many ? "" : moved(tile, now.times);
}

function single(tile, top) {
  const value = el("p", { class: "value" }, figure(top.value, tile.unit));
  if (top.p90 !== undefined && top.p90 !== null) value.append(el("small", {}, `p90 ${figure(top.p90, tile.unit)}`));
  else if (top.numerator !== undefined && top.denominator !== undefined) {
    const share = tile.unit === "ratio" ? `${short.format(top.numerator)} of` : `${figure(top.numerator, tile.unit)} /`;
    value.append(el("small", {}, `${share} ${short.format(top.denominator)}`));
  }
  const parts = [value];
  if (tile.pace) parts.push(...paced(tile.pace, tile.unit));
  else if (tile.goal) {
    const goal = tile.goal;
    const bound = [goal.at_least === null ? "" : `≥ ${figure(goal.at_least, tile.unit)}`, goal.at_most === null ? "" : `≤ ${figure(goal.at_most, tile.unit)}`];
    parts.push(el("p", { class: `goal ${goal.met ? "met" : "missed"}` }, `${goal.met ? "✓" : "✗"} goal ${bound.filter(Boolean).join(", ")}`));
  }
  return parts;
}

function paced(pace, unit) {
  // How far the day, week, month or quarter has come; the notch is where it should be by now.
  const { at_least: least, at_most: most } = pace.goal, aim = least ?? most, good = least === null ? pace.pace <= 1 : pace.pace >= 1;
  const scale = Math.max(aim, pace.value, pace.planned), bar = el("div", { class: `plan ${good ? "met" : "missed"}`, "aria-hidden": "true" });
  bar.style.setProperty("--share", Math.max(0, pace.value) / scale);
  bar.style.setProperty("--notch", pace.planned / scale);
  const period = pace.period === "day" ? "today" : `this ${pace.period}`;
  return [
    el("p", { class: `goal pace ${good ? "met" : "missed"}` }, el("span", {}, `${good ? "✓" : "✗"} pace ${pace.pace.toFixed(2)}`, el("span", { class: "wide" }, " of plan by now")),
      el("span", { class: "so-far" }, `${period} ${figure(pace.value, unit)} of ${least === null ? "≤ " : ""}${figure(aim, unit)}`)), bar];
}

function bars(tile) {
  const rows = tile.rows.slice(0, ROWS), most = Math.max(...tile.rows.map((row) => Math.abs(row.value)));
  const scale = tile.unit === "ratio" ? Math.max(1, most) : most, steps = rows.every((row) => "step" in row.labels);
  return rows.map((row, place) => {
    const meter = el("span", { class: "meter", "aria-hidden": "true" });
    meter.style.setProperty("--share", scale ? Math.max(0, row.value) / scale : 0);
    const what = el("span", { class: "what" }, rowWords(tile, row.labels));
    const before = place ? rows[place - 1].value : 0;
    if (steps && tile.unit !== "ratio" && before > 0) what.append(el("span", { class: "lost" }, `${Math.round(100 * row.value / before)} % of the step before`));
    return el("div", { class: "row" }, what, el("b", {}, figure(row.value, tile.unit)), meter);
  });
}

function rowWords(tile, labels) {
  const own = Object.keys(labels).filter((label) => !["quantile", "time", "since"].includes(label) && label !== tile.cut?.[0]);
  const telling = own.filter((label) => new Set(tile.rows.map((row) => row.labels[label])).size > 1);
  const word = (label) => (/^\d/.test(labels[label]) ? `${label} ${labels[label]}` : labels[label]).replaceAll("_", " ");
  return (telling.length ? telling : own).map(word).join(" · ");
}

function moved(tile, times) {
  // Against the oldest point of the last hour: what a look at the wall an hour ago would have said.
  const at = times.findIndex((time, place) => time >= times.at(-1) - HOUR && tile.trend[place] !== null && tile.trend[place] !== undefined);
  const then = at < 0 ? undefined : tile.trend[at], now = tile.rows[0]?.value;
  if (then === undefined || now === undefined || times.at(-1) - times[at] < 120) return "";
  const minutes = Math.round((times.at(-1) - times[at]) / 60), by = now - then;
  if (Math.abs(by) < 1e-9 || figure(now, tile.unit) === figure(then, tile.unit)) return `= ${minutes} min`;
  const amount = tile.unit === "ratio" ? `${points.format(Math.abs(100 * by))} points` : figure(Math.abs(by), tile.unit);
  const good = tile.direction ? (by > 0) === (tile.direction === "up") : null;
  return `${by > 0 ? "▲" : "▼"} ${amount} in ${minutes} min${good === null ? "" : good ? ", better" : ", worse"}`;
}

function draw(node, tile, times) {
  const box = node.children[2], wide = Math.floor(box.clientWidth), high = Math.floor(box.clientHeight);
  const values = times.map((_, place) => tile.trend[place - (times.length - tile.trend.length)] ?? null);
  const known = values.filter((value) => value !== null);
  let plot = plots.get(tile.kpi);
  if (wide < 40 || high < 18 || known.length < 2) { plot?.destroy(); plots.delete(tile.kpi); box.replaceChildren(); return; }
  const style = getComputedStyle(document.documentElement), stroke = style.getPropertyValue("--trend").trim();
  if (plot && plot.stroke !== stroke) { plot.destroy(); plots.delete(tile.kpi); plot = null; }
  if (!plot) {
    plot = new uPlot({
      width: wide, height: high, padding: [3, 2, 3, 2], legend: { show: false }, cursor: { show: false }, axes: [{ show: false }, { show: false }],
      scales: { x: { time: true }, y: { range: (_, low, top) => low === top ? [low - 1, top + 1] : [low - (top - low) * .12, top + (top - low) * .12] } },
      series: [{}, { stroke, width: Math.max(1.5, devicePixelRatio * 1.6), fill: `${stroke}22`, points: { show: false }, spanGaps: false }],
    }, [times, values], box);
    plot.stroke = stroke;
    plots.set(tile.kpi, plot);
  }
  if (plot.width !== wide || plot.height !== high) plot.setSize({ width: wide, height: high });
  plot.setData([times, values]);
}

// ---- moving

function go(changes) {
  for (const [key, value] of Object.entries(changes)) value === null ? address.delete(key) : address.set(key, value);
  history.replaceState(null, "", `?${address}`);
  turnAt = Date.now();
  connect();
}

function step(by) {
  if (!pages.length) return;
  const at = pages.findIndex((page) => page.name === last.page);
  go({ page: pages[(at + by + pages.length) % pages.length].name });
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  for (const plot of plots.values()) plot.destroy();
  plots.clear();
  if (last?.ready) showTiles(last, false);
}

function toggleTheme() {
  const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  address.set("theme", next);
  history.replaceState(null, "", `?${address}`);
  setTheme(next);
}

function nextWindow() {
  if (!last?.windows?.length) return;
  const shown = address.get("window") ?? "24h", at = last.windows.indexOf(shown);
  go({ window: last.windows[(at + 1) % last.windows.length] });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || $("help").open) return;
  const keys = {
    ArrowRight: () => step(1), ArrowLeft: () => step(-1), t: toggleTheme, w: nextWindow, "?": () => $("help").showModal(),
    f: () => document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen?.(),
    " ": () => { rotating = rotating ? 0 : Number(address.get("rotate")) || 20; turnAt = Date.now(); },
  };
  if (event.key === " " && event.target !== document.body && event.target.id !== "main") return;  // a button is pressed by it
  const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (act) { event.preventDefault(); act(); }
});

function tick() {
  const now = new Date();
  $("now").textContent = daytime.format(now);
  document.querySelectorAll("[data-due]").forEach((node) => {
    const seconds = (Date.parse(node.dataset.due) - now - skew) / 1000;
    node.textContent = node.classList.contains("left") ? (seconds < 0 ? "overdue" : countdown(seconds)) : dueWords(seconds);
  });
  if (lastAt && now - lastAt > STALE_MS && document.body.dataset.state !== "lost") lost();
  $("turning").hidden = !rotating;
  if (rotating) {
    const share = (now - turnAt) / (1000 * rotating);
    $("turning").firstElementChild.style.transform = `scaleX(${Math.min(1, share)})`;
    if (share >= 1) step(1);
  }
}

let resizing = 0;
// Not the window alone: a notice that comes or goes leaves the tiles another height.
new ResizeObserver(() => { clearTimeout(resizing); resizing = setTimeout(() => { if (last?.ready) showTiles(last, false); }, 100); }).observe($("tiles"));
setTheme(address.get("theme") ?? (matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark"));
turnAt = Date.now();
setInterval(tick, 500);
tick();
connect();
