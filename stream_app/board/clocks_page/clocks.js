"use strict";
// The list behind the counts. Everything from the API is put in as text, never as HTML.
const EVERY_MS = 3000, PATIENCE_MS = 6000, LIMIT = 50;
const FILTERS = { clock: "Promise", state: "State", team: "Team", channel: "Channel", owner_id: "Owner", priority: "Priority" };
const $ = (id) => document.getElementById(id);
const address = new URLSearchParams(location.search);
let turns = 0;

function asked(more = {}) {
  const query = new URLSearchParams();
  for (const name of [...Object.keys(FILTERS), "sort", "offset"]) if (address.get(name)) query.set(name, address.get(name));
  for (const [name, value] of Object.entries(more)) query.set(name, value);
  return query;
}

function go(changes) {
  for (const [name, value] of Object.entries(changes)) value ? address.set(name, value) : address.delete(name);
  history.replaceState(null, "", `?${address}`);
  turn();
}

function showFilters(values) {
  const form = $("filters");
  for (const [name, title] of Object.entries(FILTERS)) {
    const chosen = address.get(name) ?? "", options = [...new Set(["", ...(values[name] ?? []), ...(chosen ? [chosen] : [])])];
    let select = form.querySelector(`[name="${name}"]`);
    if (!select) {
      select = el("select", { name });
      select.addEventListener("change", () => go({ [name]: select.value, offset: "" }));
      form.append(el("label", {}, title, select));
    }
    if ([...select.options].map((option) => option.value).join("\n") !== options.join("\n")) {
      select.replaceChildren(...options.map((value) => el("option", { value }, value === "" ? "all" : name === "clock" ? words(value) : STATE_WORDS[value] ?? value)));
    }
    select.value = chosen;
    select.parentElement.hidden = options.length < 2;
  }
}

function row(item) {
  const who = item.item && item.item !== item.relationship ? `${item.relationship} · ${item.item}` : item.relationship, due = item.due_in_seconds;
  const cell = (name, ...inside) => el("td", { class: name }, ...inside);
  return el("tr", {},
    cell("how", stateLabel(item.state, item.paused ? "paused" : STATE_WORDS[item.state])),
    cell("who", item.crm_url ? el("a", { href: item.crm_url, target: "_blank", rel: "noreferrer noopener" }, who) : who),
    cell("of", words(item.clock)), cell("owner", item.owner ?? item.labels.owner_id ?? ""), cell("team", item.labels.team ?? ""),
    cell("channel", item.labels.channel ?? ""), cell("priority", item.labels.priority ?? ""),
    cell("num wait", duration(Math.round(item.waiting_seconds))),
    cell("num due", due === null ? "no target" : due < 0 ? `${duration(Math.round(-due))} ago` : `in ${duration(Math.round(due))}`));
}

function show(body) {
  const state = address.get("state"), what = address.get("clock");
  $("title").textContent = `${whole.format(body.total)} ${state === "overdue" ? "overdue" : state === "at_risk" ? "at risk" : "waiting"}${what ? ` · ${what.split(",").map(words).join(", ")}` : ""}`;
  document.title = `${$("title").textContent} · crm-pulse`;
  showFilters(body.values);
  $("list").hidden = body.items.length === 0;
  $("none").hidden = body.items.length > 0;
  $("none").textContent = body.total ? "This page of the list is empty by now." : "Nobody. That is good, unless no events come in.";
  $("list").querySelector("tbody").replaceChildren(...body.items.map(row));
  const sort = address.get("sort") ?? "due";
  for (const head of document.querySelectorAll("[data-sort]")) {
    if (sort.endsWith(head.dataset.sort)) head.setAttribute("aria-sort", sort.startsWith("-") ? "descending" : "ascending");
    else head.removeAttribute("aria-sort");
  }
  $("turn").hidden = body.total <= LIMIT;
  $("before").disabled = body.offset === 0;
  $("after").disabled = body.offset + LIMIT >= body.total;
  $("where").textContent = `${whole.format(body.offset + 1)} to ${whole.format(Math.min(body.total, body.offset + LIMIT))} of ${whole.format(body.total)}`;
  const csv = asked();
  csv.delete("offset");
  $("csv").href = `/api/v1/clocks.csv?${csv}`;
  $("fresh").textContent = body.watermark ? `as of ${clockTime(body.at)} · newest event ${clockTime(body.watermark)}` : "no event yet";
}

async function turn() {
  const mine = ++turns;
  try {
    const response = await fetch(`/api/v1/clocks?${asked({ limit: LIMIT })}`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    const body = await response.json();
    if (mine !== turns) return;
    if (response.status === 200) { show(body); tell(body.warnings.length ? "warned" : "live", body.warnings.length ? "▲" : "●", "Live", body.warnings.length ? "Handle the figures with care" : "", body.warnings); }
    else tell(body.error === "not_ready" ? "notready" : "warned", "▲", body.error === "not_ready" ? "Not ready" : "No list", body.message, [body.hint, ...(body.suggestions ?? []).map((one) => `did you mean ${one}?`)]);
  } catch {
    if (mine === turns) tell("lost", "✕", "Disconnected", "The board does not answer", ["The list below does not move. Trying again."]);
  }
}

for (const head of document.querySelectorAll("[data-sort]")) {
  head.firstElementChild.addEventListener("click", () => {
    const name = head.dataset.sort, now = address.get("sort") ?? "due";
    go({ sort: now === name ? `-${name}` : name, offset: "" });
  });
}
$("before").addEventListener("click", () => go({ offset: String(Math.max(0, Number(address.get("offset") ?? 0) - LIMIT)) }));
$("after").addEventListener("click", () => go({ offset: String(Number(address.get("offset") ?? 0) + LIMIT) }));
$("filters").addEventListener("submit", (event) => event.preventDefault());
(async function loop() { if (!document.hidden) await turn(); setTimeout(loop, EVERY_MS); })();
