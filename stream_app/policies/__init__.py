"""The policies of one business, read from one TOML file: what is promised to whom, by which hours."""

from stream_app.policies.areas import AREAS, Area
from stream_app.policies.attribution import Attribution
from stream_app.policies.funnels import NEWSLETTER, SALES, Funnel, Match, Moves, Step
from stream_app.policies.load import document, load, parse
from stream_app.policies.policies import Policies, Team
from stream_app.policies.problems import PoliciesError, Problem
from stream_app.policies.targets import Promise, Rule, Target

__all__ = [
    "AREAS",
    "NEWSLETTER",
    "SALES",
    "Area",
    "Attribution",
    "Funnel",
    "Match",
    "Moves",
    "Policies",
    "PoliciesError",
    "Problem",
    "Promise",
    "Rule",
    "Step",
    "Target",
    "Team",
    "document",
    "load",
    "parse",
]
