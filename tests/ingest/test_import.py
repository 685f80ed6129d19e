"""Rows to events: what they become, in which order, under which ids, and what is left out."""

import csv
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_app.errors import UserError
from stream_app.ingest.build import Built
from stream_app.ingest.order import by_time
from tests.ingest.writing import CASES, COLUMNS, HEAD, LEADS, kinds, run

ROWS = "id,at,what\nb,2026-03-02T09:00:00Z,web\na,2026-03-01T09:00:00Z,phone\n"


def test_a_row_becomes_an_event_with_its_own_time_and_the_mark_of_history(tmp_path):
    events, _ = run(tmp_path, LEADS, ROWS)

    assert [event["subject"] for event in events] == ["a", "b"]
    assert events[0] | {"id": ""} == {
        "specversion": "1.0", "type": "crm.lead.created.v1", "id": "", "source": "/import/crm",
        "time": "2026-03-01T09:00:00.000Z", "subject": "a", "imported": True, "data": {"channel": "phone"},
    }  # fmt: skip


def test_the_same_file_gives_the_same_events_again(tmp_path):
    assert run(tmp_path, LEADS, ROWS)[0] == run(tmp_path, LEADS, ROWS)[0]


def test_ids_do_not_depend_on_the_order_of_rows_nor_on_how_times_are_written(tmp_path):
    shuffled = "id,at,what\na,2026-03-01T10:00:00+01:00,phone\nb,2026-03-02 09:00:00Z,web\n"

    assert run(tmp_path, LEADS, shuffled)[0] == run(tmp_path, LEADS, ROWS)[0]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(LEADS.replace('name = "crm"', 'name = "crm2"'), id="another mapping"),
        pytest.param(LEADS.replace("/import/crm", "/import/erp"), id="another source"),
        pytest.param(LEADS.replace('type = "lead.created"', 'name = "x"\ntype = "lead.created"'), id="another rule"),
    ],
)
def test_ids_depend_on_what_made_the_event(tmp_path, other):
    ids = {event["id"] for event in run(tmp_path, LEADS, ROWS)[0]}

    assert ids.isdisjoint(event["id"] for event in run(tmp_path, other, ROWS)[0])


def test_exact_repeats_of_a_row_are_one_event(tmp_path):
    events, done = run(tmp_path, LEADS, ROWS + "a,2026-03-01T09:00:00Z,phone\n")

    assert len(events) == 2
    assert done.tally.repeated == 1


def test_exact_repeats_are_events_of_their_own_where_the_mapping_says_so(tmp_path):
    each = LEADS.replace('time = "at"', 'time = "at"\nrepeats = "each"')
    events, _ = run(tmp_path, each, ROWS + "a,2026-03-01T09:00:00Z,phone\n")
    again, _ = run(tmp_path, each, ROWS + "a,2026-03-01T09:00:00Z,phone\n")

    assert len({event["id"] for event in events}) == 3
    assert events == again


def test_one_id_for_two_different_events_is_rejected(tmp_path):
    by_id = LEADS.replace('time = "at"', 'time = "at"\nid = ["id"]')
    events, done = run(tmp_path, by_id, ROWS + "a,2026-03-01T09:00:00Z,web\n")

    assert len(events) == 2
    assert done.rejects.by_reason == {"same_id": 1}


def test_a_case_opens_with_its_earliest_row_and_reopens_after_it_was_done(tmp_path):
    rows = [
        ("c1", "2026-03-01T12:00:00Z", "done"), ("c1", "2026-03-01T13:00:00Z", "work"),
        ("c1", "2026-03-01T14:00:00Z", "ask"), ("c1", "2026-03-01T15:00:00Z", "done"),
        ("c1", "2026-03-01T10:00:00Z", "work"), ("c1", "2026-03-01T16:00:00Z", "ask"),
    ]  # fmt: skip
    events, _ = run(tmp_path, CASES, "id,at,what\n" + "".join(",".join(row) + "\n" for row in rows))

    assert [(kind, event["time"][11:13]) for kind, event in zip(kinds(events), events, strict=True)] == [
        ("case.opened", "10"), ("case.resolved", "12"), ("case.reopened", "13"), ("case.resolved", "15"),
        ("case.reopened", "16"), ("case.closed", "16"),
    ]  # fmt: skip


def test_work_in_the_same_moment_as_the_resolution_does_not_reopen(tmp_path):
    events, _ = run(tmp_path, CASES, "id,at,what\nc,2026-03-01T12:00:00Z,done\nc,2026-03-01T12:00:00Z,work\n")

    assert "case.reopened" not in kinds(events)


def test_a_second_resolution_does_not_put_off_the_reopening(tmp_path):
    rows = "c,2026-03-01T12:00:00Z,done\nc,2026-03-01T13:00:00Z,done\nc,2026-03-01T13:00:00Z,work\n"
    events, _ = run(tmp_path, CASES, "id,at,what\n" + rows)

    assert kinds(events).count("case.reopened") == 1


def test_the_order_of_rows_in_a_grouped_file_does_not_matter(tmp_path):
    rows = [f"c{n % 7},2026-03-{1 + n // 7:02d}T12:00:00Z,{('work', 'done', 'ask')[n % 3]}\n" for n in range(84)]
    events, _ = run(tmp_path, CASES, "id,at,what\n" + "".join(rows))
    random.Random(3).shuffle(rows)
    again, _ = run(tmp_path, CASES, "id,at,what\n" + "".join(rows))

    assert sorted(event["id"] for event in events) == sorted(event["id"] for event in again)


BAD_ROWS = {
    "no id": (b",2026-03-01T09:00:00Z,web\n", "id", "missing_value"),
    "no time": (b"a,,web\n", "at", "missing_value"),
    "bad time": (b"a,tomorrow,web\n", "at", "bad_time"),
    "too few cells": (b"a,2026-03-01T09:00:00Z\n", "", "too_few_cells"),
    "too many cells": (b"a,2026-03-01T09:00:00Z,web,x\n", "", "too_many_cells"),
    "bytes that are no UTF-8": (b"a,2026-03-01T09:00:00Z,k\xf6ln\n", "what", "bad_encoding"),
    "the contract refuses it": (b"a,2026-03-01T09:00:00Z," + b"x" * 201 + b"\n", "what", "invalid_field"),
    "the contract needs it": (b"a,2026-03-01T09:00:00Z,\n", "what", "missing_field"),
    "before the year 2000": (b"a,1999-03-01T09:00:00Z,web\n", "at", "bad_time"),
    "a quote that never closes": (b'a,2026-03-01T09:00:00Z,"' + b"x" * 2_000_000 + b"\n", "", "bad_csv"),
}


@pytest.mark.parametrize(("row", "column", "reason"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_bad_row_is_left_out_with_line_column_and_reason_and_harms_no_other(tmp_path, row, column, reason):
    good = b"b,2026-03-02T09:00:00Z,web\n"
    after = b"" if reason == "bad_csv" else good.replace(b"b,", b"c,")
    events, done = run(tmp_path, LEADS, b"id,at,what\n" + good + row + after)

    assert {event["subject"] for event in events} == {"b", "c"} if after else {"b"}
    assert done.rejects.by_reason == {reason: 1}
    with (tmp_path / "rejects.csv").open(newline="") as file:
        (written,) = csv.DictReader(file)
    assert (written["line"], written["column"], written["reason"]) == ("3", column, reason)
    assert written["file"].endswith("export0.csv")


def test_a_reject_file_is_made_only_for_rejects(tmp_path):
    run(tmp_path, LEADS, ROWS)

    assert not (tmp_path / "rejects.csv").exists()


EXPORTS = {
    "byte order mark": (LEADS, b"\xef\xbb\xbf" + ROWS.encode()),
    "UTF-16": (LEADS.replace('time = "at"', 'time = "at"\nencoding = "utf-16"'), ROWS.encode("utf-16")),
    "Windows line ends": (LEADS, ROWS.replace("\n", "\r\n").encode()),
    "semicolons": (LEADS.replace('time = "at"', 'time = "at"\ndelimiter = ";"'), ROWS.replace(",", ";").encode()),
    "blank lines": (LEADS, ROWS.replace("\n", "\n\n").encode()),
    "spaces around header names": (LEADS, ROWS.replace("id,at", " id , at").encode()),
}


@pytest.mark.parametrize(("mapping", "export"), EXPORTS.values(), ids=EXPORTS)
def test_ways_to_write_the_same_export_give_the_same_events(tmp_path, mapping, export):
    assert run(tmp_path, mapping, export)[0] == run(tmp_path, LEADS, ROWS)[0]


def test_a_header_name_that_occurs_twice_is_told_apart_by_number(tmp_path):
    second = LEADS.replace('what = "string"', 'what = { from = "what.1" }')
    events, _ = run(tmp_path, second, "id,at,what,what\na,2026-03-01T09:00:00Z,first,second\n")

    assert events[0]["data"]["channel"] == "second"


def test_json_lines_are_read_by_key_and_by_path(tmp_path):
    lines = LEADS.replace('time = "at"', 'time = "at"\nformat = "jsonl"').replace(
        'what = "string"', 'what = { from = "origin.name" }'
    )
    events, done = run(
        tmp_path, lines, '{"id":7,"at":"2026-03-01T09:00:00Z","origin":{"name":"web"}}\n{"id":\n[1]\n'
    )  # fmt: skip

    assert [(event["subject"], event["data"]["channel"]) for event in events] == [("7", "web")]
    assert done.rejects.by_reason == {"bad_json": 2}


def test_templates_join_leave_out_and_keep_types(tmp_path):
    mapping = (
        HEAD
        + COLUMNS
        + 'price = { type = "money" }\n'
        + """
[[file.event]]
type = "order.placed"
data.order_id = "order-{id}"
data.currency = "EUR"
data.campaign_id = "camp-{what}"
data.lines = [{ sku = "s", quantity = 2, price = "{price}" }]
"""
    )
    events, _ = run(tmp_path, mapping, "id,at,what,price\n1,2026-03-01T09:00:00Z,,12.50\n")

    assert events[0]["data"] == {
        "order_id": "order-1", "currency": "EUR", "lines": [{"sku": "s", "quantity": 2, "price": 1250}],
    }  # fmt: skip


WHEN = {
    "is": ('"web"', {"a"}),
    "is one of": ('["web", "phone"]', {"a", "b"}),
    "has a value": ("{ present = true }", {"a", "b"}),
    "has none": ("{ present = false }", {"c"}),
    "is not": ('{ not = "web" }', {"b", "c"}),
    "is none of": ('{ not = ["web", "phone"] }', {"c"}),
}


@pytest.mark.parametrize(("condition", "expected"), WHEN.values(), ids=WHEN)
def test_conditions_choose_the_rows(tmp_path, condition, expected):
    mapping = (
        HEAD + COLUMNS + f'[[file.event]]\ntype = "customer.churned"\nwhen = {{ what = {condition} }}\n'
    )  # fmt: skip
    rows = "id,at,what\n" + "".join(
        f"{i},2026-03-01T09:00:00Z,{w}\n" for i, w in (("a", "web"), ("b", "phone"), ("c", ""))
    )
    events, _ = run(tmp_path, mapping, rows)

    assert {event["subject"] for event in events} == expected


def test_each_file_is_read_by_the_rule_that_knows_its_header(tmp_path):
    first = LEADS.replace('name = "rows"', 'name = "leads"\nheader = ["id", "what"]')
    deals = HEAD.split("[[file]]")[1].replace('"rows"', '"deals"\nheader = ["deal"]').replace("{id}", "{lead}")
    second = "[[file]]" + deals + '[file.columns]\nlead = "string"\ndeal = "string"\nat = { type = "datetime" }\n'
    second += '[[file.event]]\ntype = "deal.won"\ndata.deal_id = "{deal}"\n'
    events, done = run(tmp_path, first + second, "deal,lead,at\nd1,a,2026-04-01T00:00:00Z\n", ROWS)

    assert kinds(events) == ["lead.created", "lead.created", "deal.won"]
    assert done.tally.rows == {"deals": 1, "leads": 2}


@pytest.mark.parametrize(
    ("export", "words"),
    [
        pytest.param("name,when\n", "no column 'id', 'at', 'what'", id="columns are missing"),
        pytest.param("", "no column", id="empty file"),
        pytest.param("id;at;what\n1;2;3\n", "no column", id="another delimiter"),
    ],
)
def test_a_file_that_does_not_fit_the_mapping_stops_the_import(tmp_path, export, words):
    with pytest.raises(UserError, match=words):
        run(tmp_path, LEADS, export)


def test_an_unknown_header_stops_the_import_and_says_what_is_known(tmp_path):
    with pytest.raises(UserError) as stopped:
        run(tmp_path, LEADS.replace('name = "rows"', 'name = "rows"\nheader = ["id", "what"]'), "a,b\n1,2\n")

    assert "export0.csv" in stopped.value.message
    assert "The file has: a, b" in stopped.value.hint
    assert "rows: id, what" in stopped.value.hint


@given(times=st.lists(st.integers(0, 20), max_size=60), run_length=st.integers(1, 70))
def test_sorting_is_by_time_and_stable_whatever_fits_into_memory(times, run_length):
    events = [Built(at, b"k", str(number).encode()) for number, at in enumerate(times)]

    assert list(by_time(events, run_length)) == sorted(events, key=lambda event: event.at)
