"""What customers say: csat, ces, answer rates (area service) and nps (area value).

Rules beyond the formulas of the catalogue:

* An answer off the scale of its kind is nothing. The first other answer to a survey counts, later ones do not.
* A survey is credited to the agent it names at its sending, else to the owner of its case; to its team, else that of
  its case, else of the relationship; to its category, else that of its case. An answer without a survey names its own
  agent and has the team of the relationship.
* For nps the last answer of each relationship counts, to whichever survey. The country is the last one named.
"""

from math import sqrt
from typing import Any

from tests.oracle.identity import erased
from tests.oracle.windows import HOUR, WINDOWS, Row, cuts, key, ratio, start, windowed

BY = ("agent_id", "team", "category")
SCALES = {"csat": (1, 5), "nps": (0, 10), "ces": (1, 7)}


def collect(events, labels, lists):
    """Add the answers of one relationship."""
    sent: dict[str, dict[str, Any]] = {}
    cases: dict[str, Any] = {}
    last = country = None
    for event, by in zip(events, labels, strict=True):
        name = event.get("survey_id")
        cases.update({case: None for case in by["cases"] if case not in cases})
        if event.type == "case.opened" and cases.get(event.data["case_id"]) is None:
            cases[event.data["case_id"]] = event.get("category", "question")
        if event.type in ("lead.created", "customer.created"):
            country = event.get("country") or country
        if event.type == "survey.sent" and name not in sent:
            case = event.get("case_id") if event.get("case_id") in cases else None
            credit = {
                "agent_id": event.get("agent_id") or (by["owners"][case] if case else None),
                "team": event.get("team") or (by["cases"][case] if case else by["team"]),
                "category": event.get("category") or (cases[case] if case else None),
            }
            sent[name] = {**credit, "at": event.at}
            lists["sent"].append(Row(event.at, 1, {"kind": event.data["kind"]}, credit))
        if event.type == "survey.answered":
            kind, score = event.data["kind"], event.data["score"]
            if not SCALES[kind][0] <= score <= SCALES[kind][1]:
                continue
            if kind == "nps":
                last = event.at, score
            credit = sent.setdefault(name, {"agent_id": event.get("agent_id"), "team": by["team"]})
            if credit.get("answered"):
                continue
            credit["answered"] = True
            lists["answer"].append(Row(event.at, score, {"kind": kind}, credit))
            if "at" in credit:
                lists["returned"].append(Row(credit["at"], 1, {"kind": kind}, credit))
    if last is not None and not erased(events):
        lists["nps"].append((*last, {"segment": labels[-1]["segment"], "country": country}))


def numbers(lists, now):
    """Return every number of surveys."""

    def of(kind, name):
        return [row._replace(fixed={}) for row in lists[name] if row.fixed["kind"] == kind]

    satisfied = [row for row in of("csat", "answer") if row.value >= 4]
    found = {
        **ratio("csat_ratio", satisfied, of("csat", "answer"), BY, now, {}),
        **mean("csat_score", of("csat", "answer"), now),
        **mean("ces_score", of("ces", "answer"), now),
        **promoters(lists["nps"], now),
    }
    for kind in SCALES:
        found.update(ratio("survey_answer_ratio", of(kind, "returned"), of(kind, "sent"), BY, now, {"kind": kind}))
    return found


def mean(kpi, rows, now):
    """Return the mean score of each series."""
    return {
        key(kpi, "", window, labels): sum(round(row.value * 1000) for row in some) / 1000 / len(some)
        for window, labels, some in windowed(rows, BY, now)
    }


def promoters(answers, now):
    """Return promoters less detractors in points, with the interval of the adjusted Wald method."""
    groups: dict[Any, list[float]] = {}
    for at, score, by in answers:
        for cut in cuts(by, ("segment", "country")):
            for window in WINDOWS:
                if at // HOUR >= start(window, now) // HOUR:
                    groups.setdefault((window, tuple(cut.items())), []).append(score)
    found = {}
    for (window, cut), scores in groups.items():
        counts = [
            sum(score >= 9 for score in scores), sum(7 <= score < 9 for score in scores), sum(s < 7 for s in scores),
        ]  # fmt: skip
        promoting, passive, detracting = (count + extra for count, extra in zip(counts, (0.75, 1.5, 0.75), strict=True))
        n = promoting + passive + detracting
        middle = (promoting - detracting) / n
        half = 1.959964 * sqrt(((promoting + detracting) / n - middle**2) / n)
        parts = {
            "": (counts[0] - counts[2]) / len(scores),
            "low": max(-1, middle - half),
            "high": min(1, middle + half),
        }
        for part, value in parts.items():
            found[key("nps_score", part, window, dict(cut))] = 100 * value
    return found
