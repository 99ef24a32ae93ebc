"""A picture of a part of a schema: tables as boxes, foreign keys as lines, what changes in colour. SVG, by itself.

Parents stand left of their children, so that a line runs from a column on the right to the table that it names. Colours
are CSS classes ("new", "gone", "changed"), which the page around it defines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from suites.migrations.catalog.difference import differences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from suites.migrations.catalog.difference import Change
    from suites.migrations.catalog.schema import Schema, Table

WIDTH, LINE, GAP, ASIDE = 280, 18, 24, 70  # pixels: of a box, of a row in it, between boxes, between their columns
_REFERENCES = re.compile(r"^FOREIGN KEY \((?P<columns>[^)]+)\) REFERENCES (?P<table>[^(]+)\(")
_LONG = 34  # characters of a row that fit


@dataclass(frozen=True)
class Line:
    """One row of a box: a column, an index, a constraint; `mark` is "", "new", "gone" or "changed"."""

    text: str
    mark: str = ""
    column: str = ""


@dataclass(frozen=True)
class Box:
    """A table where it is drawn."""

    table: str
    mark: str
    lines: Sequence[Line]
    left: int
    top: int

    @property
    def height(self) -> int:
        """In pixels, with the head."""
        return LINE * (len(self.lines) + 1) + 8

    def line_of(self, column: str) -> int:
        """The middle of a column's row, or of the head for a column that is not shown."""
        rows = [number for number, line in enumerate(self.lines, 1) if line.column == column]
        return self.top + LINE * (rows[0] if rows else 0) + LINE // 2 + 4


def before_and_after(before: Schema, after: Schema) -> tuple[str, str]:
    """Two pictures of what differs between two states, with the tables next to it; "" for a state with none of it."""
    changes = differences(before, after)
    touched = {change.table for change in changes if change.table}
    return _picture(before, touched, changes, "gone"), _picture(after, touched, changes, "new")


def _picture(schema: Schema, touched: set[str], changes: Sequence[Change], shown: str) -> str:
    """shown: the kind of change that this state has, beside what is changed in both."""
    kept = {name: table for name, table in schema.tables.items() if name in touched}
    if not kept:
        return ""
    marks = {(each.table, each.name): each.kind for each in changes if each.kind in (shown, "changed")}
    keys = {name: dict(_keys(table)) for name, table in schema.tables.items()}
    near = {parent for name in kept for parent in keys[name].values() if parent in schema.tables}
    names = sorted(kept.keys() | near)
    boxes = _laid_out(
        [(name, _lines(schema.tables[name], marks, keys[name], name in kept)) for name in names], keys, marks
    )
    width = max(box.left + WIDTH for box in boxes.values()) + 2
    height = max(box.top + box.height for box in boxes.values()) + 2
    parts = [*_arrows(boxes, keys), *(part for box in boxes.values() for part in _drawn(box))]
    said = ", ".join(sorted(kept))
    return (
        f'<svg class="schema" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img"'
        f' aria-label="{escape(f"tables {said}")}">{"".join(parts)}</svg>'
    )


def _keys(table: Table) -> Iterator[tuple[str, str]]:
    """Of each column that is a foreign key the table that it names."""
    for constraint in table.constraints.values():
        found = _REFERENCES.match(constraint.definition)
        if found is not None:
            for column in found["columns"].split(","):
                yield column.strip().strip('"'), found["table"].strip().replace('"', "").removeprefix("public.")


def _lines(table: Table, marks: Mapping[tuple[str, str], str], keys: Mapping[str, str], whole: bool) -> list[Line]:
    """Columns, then what else changes about the table. whole: not only its keys."""
    primary = {
        name for each in table.constraints.values() if each.kind == "primary key" for name in _named(each.definition)
    }
    lines = []
    for column in table.columns.values():
        if not whole and column.name not in primary:
            continue
        key = "PK " if column.name in primary else "FK " if column.name in keys else ""
        text = f"{key}{column.name} {column.type}{' null' if column.nullable else ''}"
        lines.append(Line(text, marks.get((table.name, f"{table.name}.{column.name}"), ""), column.name))
    for name in (*table.constraints, *table.indexes, *table.triggers):
        mark = marks.get((table.name, name))
        if mark and not any(line.text == name for line in lines):
            lines.append(Line(name, mark))
    return lines


def _named(definition: str) -> Iterable[str]:
    return (name.strip().strip('"') for name in definition.partition("(")[2].partition(")")[0].split(","))


def _laid_out(
    tables: Sequence[tuple[str, list[Line]]],
    keys: Mapping[str, Mapping[str, str]],
    marks: Mapping[tuple[str, str], str],
) -> dict[str, Box]:
    shown = {name for name, _ in tables}
    depth: dict[str, int] = {}

    def deep(name: str, seen: frozenset[str]) -> int:
        if name not in depth:
            parents = {each for each in keys[name].values() if each in shown and each not in seen and each != name}
            depth[name] = 1 + max((deep(each, seen | {name}) for each in parents), default=-1)
        return depth[name]

    tops: dict[int, int] = {}
    boxes = {}
    for name, lines in tables:
        column = deep(name, frozenset({name}))
        box = Box(name, marks.get((name, name), ""), lines, column * (WIDTH + ASIDE) + 1, tops.get(column, 1))
        tops[column] = box.top + box.height + GAP
        boxes[name] = box
    return boxes


def _arrows(boxes: Mapping[str, Box], keys: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    for name, box in boxes.items():
        for column, parent in keys[name].items():
            if parent not in boxes or parent == name:
                continue
            to = boxes[parent]
            x1, y1, x2, y2 = box.left, box.line_of(column), to.left + WIDTH, to.top + LINE // 2 + 4
            middle = (x1 + x2) // 2
            yield f'<path class="key" d="M{x1} {y1} C{middle} {y1} {middle} {y2} {x2} {y2}"/>'


def _drawn(box: Box) -> Iterator[str]:
    yield f'<rect class="{box.mark}" x="{box.left}" y="{box.top}" width="{WIDTH}" height="{box.height}" rx="4"/>'
    yield f'<text class="head {box.mark}" x="{box.left + 8}" y="{box.top + LINE}">{_fitting(box.table)}</text>'
    for number, line in enumerate(box.lines, 1):
        y = box.top + LINE * (number + 1)
        yield f'<text class="{line.mark}" x="{box.left + 8}" y="{y}">{_fitting(line.text)}</text>'


def _fitting(text: str) -> str:
    """The text, cut to the box; the whole of it on hovering."""
    short = text if len(text) <= _LONG else f"{text[: _LONG - 1]}…"
    return f"<title>{escape(text)}</title>{escape(short)}" if short != text else escape(text)
