"""The README shows what is: its declaration is the code's, its session is what the commands print."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DATA = ROOT.parent / "shared" / "data" / "olist-marketing-funnel"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_declaration_is_in_the_catalogue():
    (declaration,) = blocks("python")
    assert any(declaration in path.read_text(encoding="utf-8") for path in (ROOT / "stream_app/kpis").glob("*.py"))


def test_the_event_is_a_good_event():
    from schemas import decode

    (event,) = blocks("json")
    assert decode(event.encode()).subject == "lead-4711"


def test_the_gauges_have_the_names_of_the_declaration():
    from stream_app.kpis import CATALOGUE

    kpi = CATALOGUE["lead_response_sla_ratio"]
    shown = set(re.findall(r"^(crm_\w+)\{", README, re.MULTILINE))
    assert shown == {kpi.metric(""), kpi.metric("numerator"), kpi.metric("denominator")}


def loose(line: str) -> str:
    """Return *line* without what only depends on the width of columns."""
    return re.sub(r"[ ━]+", " ", line).strip()


@pytest.mark.data
def test_the_session_prints_what_is_shown(tmp_path):
    if not DATA.is_dir():
        pytest.skip(f"the reference data are not at {DATA}")
    session = next(block for block in blocks("console") if "crm-pulse import" in block)
    for name, file in (("leads", "marketing_qualified_leads"), ("deals", "closed_deals")):
        (tmp_path / f"{name}.csv").symlink_to(DATA / f"olist_{file}_dataset.csv")
    (tmp_path / "examples").symlink_to(ROOT / "examples")

    printed = ""
    for command in re.findall(r"^\$ crm-pulse ([^|\n]+)", session, re.MULTILINE):
        done = subprocess.run(
            [sys.executable, "-m", "stream_app", *command.split()],
            cwd=tmp_path, capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100", "PYTHONUTF8": "1", "NO_COLOR": "1"},
        )  # fmt: skip
        printed += done.stdout + done.stderr
    lines = {loose(line) for line in printed.splitlines()}
    shown = [loose(line) for line in session.splitlines() if line and not line.startswith("$")]
    assert shown
    assert [line for line in shown if line not in lines] == []
