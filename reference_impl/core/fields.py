"""`fields` of a read: which members of a thing the caller wants, as Medusa's query takes them.

Names alone replace what is shown by default; `+name` adds, `-name` leaves out, `*name` and `name.*` mean all of a
relation, and points lead into relations: `fields=id,title,*variants.calculated_price`. Ids are always there.
Source: docs.medusajs.com/api/store, "Select Fields and Relations", and the recorded exchanges.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast

import msgspec
from fastapi import Query
from pydantic import ConfigDict

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")


def _nothing_required(schema: dict[str, Any]) -> None:
    schema.pop("required", None)


class Part:
    """What may come in part: in the OpenAPI document none of its members is required."""

    __slots__ = ()
    __pydantic_config__ = ConfigDict(json_schema_extra=_nothing_required)


Fields = Annotated[
    str | None, Query(max_length=2000, description="Which members to answer with", examples=["id,*items"])
]


@dataclass(frozen=True, slots=True)
class _Choice:
    paths: frozenset[str]
    ways: frozenset[str]  # what has to be entered to get to a path
    left_out: frozenset[str]
    hidden: frozenset[str]

    def of(self, value: Any, path: str, whole: bool) -> Any:
        if isinstance(value, list):
            return [self.of(each, path, whole) for each in value]
        if not isinstance(value, dict):
            return value
        kept: dict[str, Any] = {}
        for key, inner in value.items():
            here = f"{path}.{key}" if path else key
            if here in self.left_out:
                continue
            if here in self.paths or (whole and here not in self.hidden):
                kept[key] = self.of(inner, here, True)
            elif here in self.ways:
                kept[key] = self.of(inner, here, False)
            elif key == "id":
                kept[key] = inner
        return kept


def pick(thing: object, names: str | None, hidden: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The members of a thing that `fields=names` asks for; the paths in `hidden` are shown only when asked for."""
    wanted = [name for name in (names or "").split(",") if name.strip(" +-*")]
    paths = frozenset(name.lstrip(" +*").strip().removesuffix(".*") for name in wanted if name[0] != "-")
    steps = [path.split(".") for path in paths]
    choice = _Choice(
        paths=paths,
        ways=frozenset(".".join(step[:depth]) for step in steps for depth in range(1, len(step))),
        left_out=frozenset(name[1:].strip() for name in wanted if name[0] == "-"),
        hidden=hidden,
    )
    plain = msgspec.to_builtins(thing, builtin_types=(Decimal, datetime))
    kept: dict[str, Any] = choice.of(plain, "", all(name[0] in " +-*" for name in wanted))
    return kept


def envelope(kind: type[T], **members: object) -> T:
    """What a route declares to answer with, of which `fields` may have left a part: for the types it is the whole."""
    assert members.keys() == {field.name for field in fields(kind)}, f"{kind.__name__} is not made of {list(members)}"
    return cast("T", members)
