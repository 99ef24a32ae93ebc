"""Columns that become foreign keys later: their rows are as those of a running product would be.

Where a history makes a table first and a foreign key of it some revisions later, values made at random would be refused
by every such key, also by a good one. So the keys that a history ever has are read ahead, and until then

- a column of a table that is there refers to its rows, but for a few values: nothing kept a parent from being deleted.
  A revision that adds the key has to clean them up, or to say `replay: no orphans in TABLE.COLUMN: why`;
- a column of a table that is not there yet is null where it may be, and when that table comes, all refer to its rows:
  what is older than the first parent can't have lost one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from suites.migrations.rows.tables import Key, Shape


@dataclass
class Later:
    """By table and columns the foreign key that it has at some time in a history, the first one."""

    keys: dict[tuple[str, tuple[str, ...]], Key] = field(default_factory=dict)

    def add(self, shapes: Mapping[str, Shape], certain: Collection[str] = ()) -> None:
        """Keys of one state of the schema. certain: columns of which its revision says that they have no orphans."""
        for shape in shapes.values():
            for key in shape.keys:
                whole = any(f"{shape.name}.{column}" in certain for column in key.columns)
                made = replace(key, name=f"cityos {key.name}", deferrable=True, later=True, certain=whole)
                self.keys.setdefault((shape.name, key.columns), made)

    def expected(self, shapes: Mapping[str, Shape]) -> dict[str, Shape]:
        """Tables with the keys that they will have."""
        found = dict(shapes)
        for (name, columns), key in self.keys.items():
            shape = found.get(name)
            if shape is None or not _could_be(shape, columns):
                continue
            parent = shapes.get(key.parent)
            if parent is None or not parent.fields.keys() >= set(key.parent_columns):
                waiting = {column for column in columns if shape.fields[column].nullable}
                found[name] = replace(shape, waiting=shape.waiting | waiting)
            elif _same(shape, parent, key):
                found[name] = replace(shape, keys=[*shape.keys, key])
        return found


def _could_be(shape: Shape, columns: tuple[str, ...]) -> bool:
    """Whether the columns are there, and no key over them is there already."""
    there = all(name in shape.fields and shape.fields[name].generated is None for name in columns)
    return there and not any(set(key.columns) >= set(columns) for key in shape.keys)


def _same(shape: Shape, parent: Shape, key: Key) -> bool:
    """Whether the parent's values would do in the child's columns."""
    pairs = zip(key.columns, key.parent_columns, strict=True)
    return all(shape.fields[own].type.name == parent.fields[theirs].type.name for own, theirs in pairs)
