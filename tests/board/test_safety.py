"""Nothing that a browser could be tricked with: headers, hosts, HTML."""

import base64
import hashlib
import re

import pytest

from stream_app.board import page
from stream_app.board.server import hosts_for
from tests.board.boards import Board


@pytest.mark.parametrize(
    "path", ["/", "/wall", "/metrics", "/healthz", "/readyz", "/api/v1/kpis", "/api/v1/clocks", "/nothing"]
)
async def test_every_answer_carries_the_safe_headers_and_no_cors(ready, path):
    async with ready.client.get(path, headers={"Origin": "https://evil.example"}) as response:
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["X-Frame-Options"] == "DENY"
        assert response.headers["Cache-Control"] == "no-store"
        assert not [name for name in response.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize("path", ["/", "/wall"])
async def test_the_page_may_load_nothing_from_elsewhere_and_run_only_its_own_script(ready, path):
    async with ready.client.get(path) as response:
        text = await response.text()
        policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.findall(r"(?:src|href)=\"https?:", text)
    assert "innerHTML" not in text
    assert not re.findall(r"\sstyle=", text)  # the policy would refuse it
    assert "<!--" not in text.partition("</style>")[0].partition("<style>")[0]
    assert "<!--scripts-->" not in text


@pytest.mark.parametrize("document", [page.LANDING, page.WALL], ids=lambda document: document.folder)
def test_the_policy_names_the_hashes_of_what_the_page_holds(document):
    rules = dict(rule.split(" ", 1) for rule in document.policy.split("; "))
    for tag in ("style", "script"):
        inside = re.findall(rf"<{tag}>(.*?)</{tag}>", document.text, re.DOTALL)
        assert inside
        hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in inside]
        assert rules[f"{tag}-src"] == " ".join(f"'sha256-{digest}'" for digest in hashes)


@pytest.mark.parametrize(
    ("bound", "allowed", "answers", "refuses"),
    [
        pytest.param("127.0.0.1", (), "localhost", "evil.example", id="loopback"),
        pytest.param("::1", (), "::1", "evil.example", id="loopback, version 6"),
        pytest.param("localhost", ("kpi.corp.example",), "kpi.corp.example", "evil.example", id="behind a proxy"),
    ],
)
def test_bound_to_loopback_it_answers_for_loopback_names_only(bound, allowed, answers, refuses):
    hosts = hosts_for(bound, allowed)
    assert answers in hosts
    assert refuses not in hosts


def test_bound_to_a_public_address_it_answers_for_every_name():
    assert hosts_for("0.0.0.0", ()) == frozenset()


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost:8000", 200), ("127.0.0.1", 200), ("[::1]:8000", 200), ("[::1]", 200), ("evil.example:8000", 421)],
)
async def test_a_rebound_name_is_refused(serve, host, status):
    from stream_app.board.api import Api
    from stream_app.board.server import application

    board = Board()
    board.app = application(Api(board.live, board.latest), hosts_for("127.0.0.1", ()))
    browser = await serve(board)
    answer = await browser.get("/healthz", status, Host=host)
    assert ("hint" in answer) is (status == 421)
