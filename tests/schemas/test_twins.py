"""The twin of a model accepts, refuses and reads exactly what the model does."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from schemas import EVENTS, fold_types
from schemas.envelope import Envelope
from schemas.event_data import EventData
from schemas.fields import CONTRACT
from schemas.sample_events import sample_events
from schemas.twins import twin_of

MODELS: list[type[BaseModel]] = [Envelope, *EVENTS.values()]

TEXTS = st.one_of(
    st.text(max_size=4),
    st.sampled_from([0, 1, 2, 3, 128, 129, 200, 201]).map("é".__mul__),
    st.sampled_from(["DE", "de", "D\n", "ÄÖ", "EUR", "EUR\n", "eur", "EURO", "in", "call", "nps", "new", "1.0"]),
    st.sampled_from(["true", "1", "1.5", "NaN", "null", "2026-03-02", "1772442927", "1772442927123"]),
)
TIMES = st.one_of(
    st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat()),
    st.datetimes().map(lambda moment: moment.isoformat()),
    st.builds(
        "{}{}{}{}{}".format,
        st.sampled_from(["2026-03-02", "2026-02-29", "2026-3-2", "20260302", "0000-01-01"]),
        st.sampled_from(["T", "t", " ", "_", ""]),
        st.sampled_from(["09:15:27", "24:00:00", "23:59:60", "9:15:27", "09:15", "091527", ""]),
        st.sampled_from(["", ".", ".5", ".123456", ".1234567890123", ",5"]),
        st.sampled_from(["Z", "z", "", "+00:00", "-00:00", "+0100", "+01", "+24:00", "-23:59", " Z"]),
    ),
)
NUMBERS = st.one_of(
    st.sampled_from([0, 1, -1, 10, 100, 101, 2**53 - 1, 2**53, -(2**53), 2**63, 2**64, 10**30, -(10**30)]),
    st.sampled_from([0.0, -0.0, 1.0, 0.5, 10.0, 10.1, 99.99, 100.5, 1e300, 1e-320]),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
)
LEAVES = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS, TIMES)
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2), max_leaves=4
)


def likely(hint: Any, sample: Any) -> st.SearchStrategy[Any]:
    """Values of the right kind for a field, within its limits and beyond."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Literal:
        return st.sampled_from(args)
    if origin is tuple:
        return st.lists(documents(args[0], sample[0]), max_size=2)
    if origin is Annotated:
        return likely(args[0], sample)
    if args:
        return st.one_of([likely(arg, sample) for arg in args])
    if hint is str:
        return TEXTS
    if hint is bool:
        return st.booleans()
    if hint is AwareDatetime:
        return TIMES
    return NUMBERS


@st.composite
def documents(draw: st.DrawFn, model: type[BaseModel], sample: dict[str, Any]) -> dict[str, Any]:
    """Change up to three fields of a good document, so that about as many are still good as are not."""
    hints = get_type_hints(model, include_extras=True)
    document = dict(sample)
    for name in draw(st.lists(st.sampled_from([*model.model_fields, "unknown"]), max_size=3)):
        change = draw(st.sampled_from(["likely", "likely", "anything", "absent"]))
        if change == "absent":
            document.pop(name, None)
        elif change == "likely" and name in hints:
            document[name] = draw(likely(hints[name], sample.get(name)))
        else:
            document[name] = draw(ANYTHING)
    return document


def sample_of(model: type[BaseModel]) -> dict[str, Any]:
    if issubclass(model, EventData):
        data: dict[str, Any] = sample_events(model)["full"]["data"]
        return data
    full = sample_events(EVENTS["crm.lead.created.v1"])["full"]
    return {name: full[name] for name in model.model_fields}


def by_pydantic(read: Callable[[], BaseModel]) -> dict[str, Any] | None:
    try:
        return read().model_dump()
    except ValidationError:
        return None


def by_msgspec(model: type[BaseModel], text: bytes) -> dict[str, Any] | None:
    try:
        twin = msgspec.json.decode(text, type=twin_of(model))
    except msgspec.ValidationError:
        return None
    return {
        name: tuple(msgspec.structs.asdict(part) for part in value) if isinstance(value, tuple) else value
        for name, value in msgspec.structs.asdict(twin).items()
    }


@pytest.mark.parametrize("model", [pytest.param(model, id=model.__name__) for model in MODELS if model.model_fields])
@settings(max_examples=50)
@given(data=st.data())
def test_a_twin_and_its_model_agree_on_every_document(model: type[BaseModel], data: st.DataObject):
    document = data.draw(documents(model, sample_of(model)))
    text = json.dumps(document).encode()
    read = by_msgspec(model, text)
    assert read == by_pydantic(lambda: model.model_validate_json(text))
    assert read == by_pydantic(lambda: model.model_validate(json.loads(text)))


@given(TIMES)
def test_a_moment_keeps_its_offset_and_its_microseconds(text: str):
    model = EVENTS["crm.lead.created.v1"]
    read = by_msgspec(model, json.dumps({"channel": "web", "captured_at": text}).encode())
    if read is not None:
        moment = read["captured_at"]
        assert moment.utcoffset() is not None
        assert abs(moment.utcoffset()) < timedelta(days=1)


def test_a_twin_has_the_fields_of_its_model_in_the_same_order():
    for name, model in EVENTS.items():
        assert fold_types[name].__struct_fields__ == tuple(model.model_fields)
        assert fold_types[name] is twin_of(model)


def test_twins_are_frozen():
    with pytest.raises(AttributeError):
        fold_types["crm.lead.created.v1"](channel="web").channel = "phone"  # type: ignore[attr-defined]  # on purpose


@pytest.mark.parametrize(
    "hint",
    [
        pytest.param(dict[str, str], id="open-object"),
        pytest.param(Annotated[int, Field(multiple_of=5)], id="a-limit-without-twin"),
    ],
)
def test_a_model_that_has_no_twin_is_refused_at_start(hint: Any):
    model = type("Odd", (BaseModel,), {"__annotations__": {"odd": hint}, "model_config": CONTRACT})
    with pytest.raises(TypeError, match="no msgspec form"):
        twin_of(model)
