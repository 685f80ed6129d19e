"""Twins: the msgspec struct derived from each pydantic model, with the same fields and the same limits.

The models are the one declaration; the twins are what the hot path decodes into, about four times as fast.
"""

import string
from collections.abc import Iterator, Mapping
from functools import cache, reduce
from itertools import product
from operator import or_
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import annotated_types as limits
import msgspec
from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo

from schemas.fields import ZONED, Moment, check_moment
from schemas.registry import EVENTS

_TWO_CAPITALS = r"^[A-Z]{2}$"
_PLAIN: frozenset[object] = frozenset({str, int, float, bool, NoneType})
_LIMITS: Mapping[type, str] = {
    limits.MinLen: "min_length",
    limits.MaxLen: "max_length",
    limits.Ge: "ge",
    limits.Le: "le",
}


def fields_of(model: type[BaseModel]) -> Iterator[tuple[Any, ...]]:
    """Give the twin's field definitions, (name, type) or (name, type, default), in the model's order."""
    hints = get_type_hints(model, include_extras=True)
    for name, field in model.model_fields.items():
        if field.is_required():
            yield name, _twin_type(hints[name])
        else:
            yield name, _twin_type(hints[name]), field.default


@cache
def twin_of(model: type[BaseModel]) -> type[msgspec.Struct]:
    """Derive the msgspec struct of a model.

    Raises:
        TypeError: the model uses a type or a limit that has no msgspec form.
    """
    return msgspec.defstruct(
        model.__name__,
        fields_of(model),
        namespace=_checks(model),
        module=model.__module__,
        frozen=True,
        gc=False,  # the fields are plain values, so no reference cycle can form
        omit_defaults=True,
    )


def _checks(model: type[BaseModel]) -> dict[str, Any]:
    """Give the method that msgspec calls after decoding, for the one limit that it has no form for."""
    hints = get_type_hints(model, include_extras=True)
    moments = tuple(name for name in model.model_fields if Moment in (hints[name], *get_args(hints[name])))

    def check_moments(twin: msgspec.Struct) -> None:
        for name in moments:
            moment = getattr(twin, name)
            if moment is not None:
                check_moment(moment)

    return {"__post_init__": check_moments} if moments else {}


def _twin_type(hint: Any) -> Any:
    if hint in _PLAIN:
        return hint
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _limited(args[0], args[1:])
    if origin is Literal:
        return hint
    if origin in (Union, UnionType):
        return reduce(or_, map(_twin_type, args))
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:
        return tuple[_twin_type(args[0]), ...]  # type: ignore[misc]  # built at run time
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return twin_of(hint)
    raise TypeError(f"no msgspec form of {hint!r}; use a type of schemas.fields")


def _limited(inner: Any, notes: tuple[Any, ...]) -> Any:
    """Translate the limits of an annotated type."""
    meta: dict[str, Any] = {}
    for note in notes:
        for limit in note.metadata if isinstance(note, FieldInfo) else ():
            if type(limit) in _LIMITS:
                meta[_LIMITS[type(limit)]] = getattr(limit, _LIMITS[type(limit)])
            elif getattr(limit, "pattern", None) is not None:
                meta["pattern"] = limit.pattern
            else:
                raise TypeError(f"no msgspec form of the limit {limit!r}")
    if meta.get("pattern") == _TWO_CAPITALS:
        # 676 words in a hash table cost 20 ns less than a plain text, a regular expression 550 ns more.
        return Literal[tuple(map("".join, product(string.ascii_uppercase, repeat=2)))]
    if inner is AwareDatetime:
        return ZONED
    return Annotated[_twin_type(inner), msgspec.Meta(**meta)] if meta else _twin_type(inner)


fold_types: Mapping[str, type[msgspec.Struct]] = MappingProxyType({n: twin_of(m) for n, m in EVENTS.items()})
"""Twin of each event by its type: the class of `Event.data`, for dispatch on `type(event.data)`."""
