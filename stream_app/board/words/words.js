"use strict";
// How figures, times and names are said, the same on every page.
const MARKS = { waiting: "●", at_risk: "▲", overdue: "■" };
const STATE_WORDS = { waiting: "on time", at_risk: "at risk", overdue: "overdue" };
const ACRONYMS = { sla: "SLA", km: "(Kaplan-Meier)", csat: "CSAT", nps: "NPS", ces: "CES", roi: "ROI" };
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const percent = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const points = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });
const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 3, notation: "compact" });
const time = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" });

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function words(name) {
  const text = name.split("_").map((word) => ACRONYMS[word] ?? word).join(" ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function stem(name, unit) {
  return name.endsWith(`_${unit}`) ? name.slice(0, -unit.length - 1) : name;
}

function titled(name, unit) {
  // What a tile says above its figure: a bare "win" or "resolution" does not tell what of it is meant.
  const counted = unit !== "seconds" && unit !== "ratio" && !/^[a-z]{3}$/.test(unit), bare = counted ? name : stem(name, unit), said = words(bare);
  if (unit === "seconds" && /(stage|conversion|cycle|answer|handle|response|resolution)$/.test(bare)) return `${said} time`;
  if (unit === "ratio" && /(win|close|churn|retention|conversion|reply|reopen|abandon|renewal|active)$/.test(bare)) return `${said} rate`;
  return said;
}

function duration(seconds) {
  const s = Math.abs(seconds), sign = seconds < 0 ? "−" : "";
  if (s < 10 && s % 1) return `${sign}${s.toFixed(1)} s`;
  if (s < 60) return `${sign}${Math.round(s)} s`;
  if (s < 3600) return `${sign}${Math.floor(s / 60)} min ${s < 600 ? `${Math.floor(s % 60)} s` : ""}`.trim();
  if (s < 86400) return `${sign}${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${sign}${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

const monies = new Map();
function money(value, unit) {
  if (!monies.has(unit)) {
    monies.set(unit, new Intl.NumberFormat("en", {
      style: "currency", currency: unit, notation: "compact", minimumFractionDigits: 0, maximumSignificantDigits: 3 }));
  }
  return monies.get(unit).format(value);
}

function figure(value, unit) {
  if (/^[a-z]{3}$/.test(unit)) return money(value, unit.toUpperCase());
  if (unit === "seconds") return duration(value);
  if (unit === "ratio") return `${percent.format(100 * value)} %`;
  return Number.isInteger(value) && Math.abs(value) < 1e6 ? whole.format(value) : short.format(value);
}

function clockTime(iso) {
  const at = new Date(iso);
  return Math.abs(Date.now() - at) < 43200000 ? time.format(at) : moment.format(at);
}

function stateLabel(state, text) {
  return el("span", { class: `state ${state}` }, el("span", { class: "mark", "aria-hidden": "true" }, MARKS[state]), text);
}

function tell(state, mark, text, title = "", lines = []) {
  document.body.dataset.state = state;
  document.getElementById("status").children[0].textContent = mark;
  if (document.getElementById("status").children[1].textContent !== text) document.getElementById("status").children[1].textContent = text;
  document.getElementById("notice").hidden = !title;
  document.getElementById("notice").children[0].textContent = title;
  document.getElementById("notice").children[1].replaceChildren(...lines.filter(Boolean).map((line) => el("li", {}, line)));
}
