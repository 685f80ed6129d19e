"""Read the promises of a policies file: who must be answered within what time."""

from collections.abc import Mapping, Sequence
from typing import Any

from stream_app.places import Path
from stream_app.policies.durations import parse_ms
from stream_app.policies.problems import Findings, dotted, similar
from stream_app.policies.tables import CaseRuleTable, CaseTables, RuleTable
from stream_app.policies.targets import DEFAULT_CASES, DEFAULT_RESPONSE, Promise, Rule, Target
from stream_app.policies.team_hours import TeamHours

_CALLED: Mapping[Promise, str] = {
    "first": "first response",
    "next": "next response",
    "resolution": "resolution",
}

_SHORTEN = 'shorten within (it counts open hours: "24h" are three days of eight), or set time = "always"'


def read_response(raw: Sequence[Any] | None, hours: TeamHours, findings: Findings) -> tuple[Rule, ...]:
    """Read every ``[[response]]``; without one, the defaults hold."""
    path: Path = ("response",)
    if raw is None:
        return _possible(DEFAULT_RESPONSE, path, hours, findings)
    return _rules(raw, RuleTable, "lead response", path, hours, findings)


def read_cases(raw: CaseTables, hours: TeamHours, findings: Findings) -> dict[Promise, tuple[Rule, ...]]:
    """Read every ``[[case.first]]``, ``[[case.next]]`` and ``[[case.resolution]]``."""
    lists: Mapping[Promise, list[Any] | None] = {
        "first": raw.first,
        "next": raw.next,
        "resolution": raw.resolution,
    }
    rules: dict[Promise, tuple[Rule, ...]] = {}
    for kind, tables in lists.items():
        path: Path = ("case", kind)
        if tables is None:
            rules[kind] = _possible(DEFAULT_CASES[kind], path, hours, findings)
        else:
            rules[kind] = _rules(tables, CaseRuleTable, _CALLED[kind], path, hours, findings)
    return rules


def _rules(
    raw: Sequence[Any], table: type[RuleTable], called: str, path: Path, hours: TeamHours, findings: Findings
) -> tuple[Rule, ...]:
    rules: list[tuple[Path, Rule]] = []
    for number, item in enumerate(raw):
        where: Path = (*path, number)
        read = findings.read(table, item, where)
        if read is None:
            continue
        unknown = [team for team in read.team if team not in hours.teams]
        for team in unknown:
            known = similar(team, hours.teams)
            findings.add((*where, "team"), f"unknown team {team!r}", f"write {known}, or add [teams.{team}]")
        rule = _rule(read, called)
        for earlier_path, earlier in rules:
            if earlier.covers(rule):
                findings.add(
                    where,
                    f"it never applies: {dotted(earlier_path)} stands before it and matches all that it matches",
                    "put the narrower rule first, or take one away",
                )
                break
            if rule.target and earlier.target and earlier.target.name == rule.target.name:
                findings.add(where, f"the name {rule.target.name!r} is taken", "give each promise its own name")
        rules.append((where, rule))
        if not unknown:
            _check_possible(rule, where, hours, findings, _SHORTEN)
    return tuple(rule for _, rule in rules)


def _rule(read: RuleTable, called: str) -> Rule:
    teams, channels = tuple(read.team), tuple(read.channel)
    priorities = tuple(read.priority) if isinstance(read, CaseRuleTable) else ()
    if read.within == "none":
        return Rule(None, teams, channels, priorities)
    matched = [" ".join([*teams]), " ".join(channels), " ".join(priorities)]
    name = read.name or " ".join(filter(None, [called, *matched, read.within]))
    target = Target(name, parse_ms(read.within) // 1000, read.time)
    return Rule(target, teams, channels, priorities)


def _possible(rules: tuple[Rule, ...], path: Path, hours: TeamHours, findings: Findings) -> tuple[Rule, ...]:
    for rule in rules:
        _check_possible(rule, path, hours, findings, f"add your own [[{dotted(path)}]]")
    return rules


def _check_possible(rule: Rule, path: Path, hours: TeamHours, findings: Findings, fix: str) -> None:
    """Refuse a promise of more business time than a year has: its due time might never come."""
    if rule.target is None or rule.target.calendar == "always":
        return
    name, open_ms = hours.open_ms_a_year(rule.teams)
    if rule.target.seconds * 1000 > open_ms:
        findings.add(
            path,
            f"{rule.target.name!r} takes more than a year in the calendar {name!r}, "
            f"which is open {open_ms / 3_600_000:g} h a year",
            fix,
        )
