"""What a journey sends to another one: its size, its form, and what is refused."""

from itertools import pairwise

import pytest

from schemas import BadEvent, decode, encode
from stream_app.journeys import forward as forwards
from stream_app.journeys import journey as journeys
from stream_app.journeys.forward import FACT_BYTES, Forward
from stream_app.journeys.journey import KEPT_IDS
from stream_app.journeys.machine import Machine
from stream_app.journeys.merging import KEPT_ABSORBED, Merging
from stream_app.journeys.stored import StoredFact
from stream_app.journeys.version import STATE_VERSION, NewerState
from tests.journeys.generated import HOUR, START, Record
from tests.journeys.two_partitions import LATER, POLICIES, Topic, Version


def event(number, who, name, at=0, **data):
    value = encode(f"crm.{name}.v1", data, id=f"e{number}", source="/crm/test", time=START + at, subject=who)
    return Record(0, who.encode(), value, LATER)


def run(*records):
    topic = Topic()
    for record in records:
        topic.put(record.key, record.value, record.headers)
    version = Version(topic)
    version.drain()
    return version


def test_a_forward_is_read_as_it_was_written():
    fact = StoredFact(START, "lead.created", b"12345678", b"\x90")
    sent = Forward("ada", START, 7, 1, [fact], past=True, settled=b"state", settled_at=3, trail=("cai", "ada"))

    key, value, _ = forwards.write(sent, "bob")

    assert key == b"bob"
    assert forwards.is_forward(value)
    assert forwards.read(value) == sent


def test_a_forward_is_no_event_of_the_contract():
    """
    Nobody can import one, and whoever reads the topic by the contract refuses it.
    """
    _, value, _ = forwards.write(Forward("ada", START, 7, 0), "bob")

    with pytest.raises(BadEvent):
        decode(value)
    with pytest.raises(BadEvent, match="unknown_type"):
        encode(forwards.TYPE, {}, id="e", source="/crm/test", time=START)


def test_a_forward_of_a_newer_program_ends_this_one():
    _, value, _ = forwards.write(Forward("ada", START, 7, 0), "bob")
    newer = value.replace(b'"stateversion":%d' % STATE_VERSION[0], b'"stateversion":99')

    with pytest.raises(NewerState, match=r"ada@7\.0"):
        run(Record(0, b"bob", newer, LATER))


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda value: value[:-5], id="cut"),
        pytest.param(lambda value: value.replace(b"data_base64", b"data_base6_"), id="without its data"),
        pytest.param(lambda value: value[:-20] + b'AAAA"}', id="with other data"),
    ],
)
def test_a_spoilt_forward_is_a_dead_letter(spoil):
    _, value, _ = forwards.write(Forward("ada", START, 7, 0), "bob")

    version = run(Record(0, b"bob", spoil(value), LATER))

    assert [letter.reason for letter in version.dead] == ["invalid_field"]


def test_many_facts_leave_in_pieces_that_fit_into_a_record():
    facts = [StoredFact(START + n, "case.opened", n.to_bytes(8), bytes(100_000)) for n in range(20)]

    pieces = forwards.pieces(facts)

    assert [fact for piece in pieces for fact in piece] == facts
    assert all(sum(len(fact.packed) for fact in piece) <= FACT_BYTES for piece in pieces)
    assert forwards.pieces([]) == [[]]
    assert forwards.pieces(facts[:1] * 2 + [StoredFact(START, "x", b"12345678", bytes(900_000))])[-1][0].type == "x"


def test_a_long_past_arrives_whole(monkeypatch):
    """
    Hundreds of facts move in several records, and all of them count at the survivor.
    """
    monkeypatch.setattr(forwards, "FACT_BYTES", 10_000)
    opened = [
        event(number, "ada", "case.opened", number * 60_000, case_id=f"c{number:-<120}", priority="normal")
        for number in range(200)
    ]

    version = run(*opened, event(999, "ada", "relationship.merged", 5 * HOUR, into="bob"))

    assert {clock.relationship for clock in version.view(LATER).clocks("case_resolution")} == {"bob"}
    assert len(version.clocks()) == 2 * len(opened)
    assert sum(book.forwarded for book in version.books()) > 3


def test_a_relationship_merged_into_itself_is_a_dead_letter():
    version = run(
        event(1, "ada", "case.opened", case_id="c1", priority="normal"),
        event(2, "ada", "relationship.merged", HOUR, into="ada"),
    )

    assert [(letter.reason, letter.field) for letter in version.dead] == [("merged_into_itself", "data.into")]
    assert len(version.clocks()) == 2


def test_more_ids_in_a_row_than_anyone_has_are_a_dead_letter():
    names = [f"p{number:03}" for number in range(80)]
    links = [
        event(number, who, "relationship.merged", HOUR, into=into) for number, (who, into) in enumerate(pairwise(names))
    ]

    version = run(*links[1:])
    first = event(500, names[0], "case.opened", case_id="c1", priority="normal")
    for record in (first, links[0]):
        version.topic.put(record.key, record.value)
    version.drain()

    assert {letter.reason for letter in version.dead} == {"merge_chain"}


def test_a_marker_is_small_and_bounded():
    """
    What is left of who was absorbed is the survivor's id and the ids of events, and not without end.
    """
    journey = Merging("ada", Machine(POLICIES))
    for number in range(KEPT_IDS + 100):
        journey.note(number.to_bytes(8), START)
    for number in range(KEPT_ABSORBED + 10):
        journey.heard(f"p{number}", (number, 0), START)

    assert len(journey.pack()) < 200_000
    assert not journey.knows((5).to_bytes(8))
    assert journey.knows((KEPT_IDS + 99).to_bytes(8))
    assert journey.known_as[0] == "p10"


def test_what_is_known_of_the_erased_is_a_hash_and_two_numbers():
    version = run(
        event(1, "ada", "case.opened", case_id="c1", priority="normal"),
        event(2, "ada", "relationship.erased", HOUR),
    )
    later = event(3, "bb", "case.opened", 2 * HOUR, case_id="c2", priority="normal")
    version.topic.put(later.key, later.value)  # closed clocks leave with the next batch
    version.drain()

    left = [*version.cells, *version.journeys]
    assert not any(b"ada" in key + value for entries in left for key, value in entries.items())
    kept = [value for cells in version.cells for key, value in cells.items() if key.startswith(b'["e"')]
    assert [len(value) for value in kept] == [17]


def test_what_happened_before_an_erasure_is_not_heard_after_it():
    """
    A webhook that is tried again, and an event that comes late, leave nothing but a number in the books.
    """
    opened = event(1, "ada", "case.opened", case_id="c1", priority="normal")

    version = run(
        opened,
        event(2, "ada", "relationship.erased", HOUR),
        opened,
        event(3, "ada", "case.opened", 30 * 60_000, case_id="c2", priority="normal"),
        event(4, "ada", "case.opened", 2 * HOUR, case_id="c3", priority="normal"),
    )

    assert {clock.item for clock in version.view(LATER).clocks("case_resolution")} == {"c3"}
    assert sum(book.duplicates for book in version.books()) == 2


def test_who_is_erased_does_not_live_on_in_the_facts_of_others():
    version = run(
        event(1, "bb", "customer.referred", by="ada"),
        event(2, "dd", "customer.created", acquired_by="ada"),
        event(3, "ada", "relationship.erased", HOUR),
    )

    left = [*version.cells, *version.journeys]
    assert version.journeys[0].keys() == {b"bb", b"dd"}
    assert not any(b"ada" in key + value for entries in left for key, value in entries.items())


def test_what_comes_again_long_after_its_ids_are_forgotten_is_still_a_repetition(monkeypatch):
    """
    A rebuild sends everything once more, at the end of the log: the survivor has settled it, and forgotten the ids.
    """
    monkeypatch.setattr(journeys, "KEPT_IDS", 1)
    version = run(
        event(1, "ada", "lead.created", channel="web"),
        event(2, "ada", "interaction.logged", 48 * HOUR, direction="in", medium="email"),
        event(3, "ada", "relationship.merged", 49 * HOUR, into="bob"),
    )
    for number, at in ((4, 50), (5, 100), (6, 200)):
        record = event(number, "bob", "interaction.logged", at * HOUR, direction="out", medium="call")
        version.topic.put(record.key, record.value)
    version.drain()
    before = version.numbers(LATER)

    for record in [one for log in version.topic.logs for one in log if forwards.is_forward(one.value)]:
        version.topic.put(record.key, record.value, record.headers)
    version.drain()

    assert version.numbers(LATER) == before
    assert not version.view(LATER).clocks("lead_response")
