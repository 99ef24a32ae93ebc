"""What is different between two states of a database, in words that somebody can act on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from suites.migrations.catalog.schema import Column, Constraint, Index, Schema, Table


@dataclass(frozen=True)
class Change:
    """kind: "gone", "new", "changed" or "moved". table: the one it is about, "" for what stands alone, as a view does.

    name: the thing: "wallet", "wallet.balance", "ix_wallet_tenant", "mood". says: the sentence.
    """

    kind: str
    table: str
    name: str
    says: str


def differences(before: Schema, after: Schema) -> list[Change]:
    """From `before` to `after`; none for two states that are the same."""
    return [
        *_names("schema", dict.fromkeys(before.namespaces, ""), dict.fromkeys(after.namespaces, "")),
        *_texts("extension", before.extensions, after.extensions),
        *_enums(before.enums, after.enums),
        *_texts("domain", before.domains, after.domains),
        *_tables(before.tables, after.tables),
        *_texts("sequence", before.sequences, after.sequences),
        *_texts("view", before.views, after.views, long=True),
        *_texts("function", before.functions, after.functions, long=True),
    ]


def _names(
    what: str, before: Mapping[str, object], after: Mapping[str, object], table: str = "", of: str = ""
) -> Iterator[Change]:
    for name in before:
        if name not in after:
            yield Change("gone", table, name, f"{what} {name}{of} is gone")
    for name in after:
        if name not in before:
            yield Change("new", table, name, f"{what} {name}{of} is new")


def _texts(
    what: str, before: Mapping[str, str], after: Mapping[str, str], table: str = "", of: str = "", *, long: bool = False
) -> Iterator[Change]:
    """Things that a text says everything about; a long text is not printed, its first other lines are."""
    yield from _names(what, before, after, table, of)
    for name, text in before.items():
        other = after.get(name, text)
        if other != text:
            old, new = _first_difference(text, other) if long else (text, other)
            yield Change("changed", table, name, f"{what} {name}{of}: {old} → {new}")


def _first_difference(before: str, after: str) -> tuple[str, str]:
    old, new = ([line.strip() for line in text.splitlines()] for text in (before, after))
    for number in range(max(len(old), len(new))):
        lines = [text[number] if number < len(text) else "(end)" for text in (old, new)]
        if lines[0] != lines[1]:
            return lines[0], lines[1]
    return "its spacing", "other spacing"


def _enums(before: Mapping[str, Sequence[str]], after: Mapping[str, Sequence[str]]) -> Iterator[Change]:
    yield from _names("enum", before, after)
    for name, labels in before.items():
        now = after.get(name, labels)
        if tuple(now) == tuple(labels):
            continue
        gone = [label for label in labels if label not in now]
        new = [label for label in now if label not in labels]
        said = [f"without {', '.join(gone)}"] if gone else []
        said += [f"with {', '.join(new)}"] if new else []
        if not said:
            said = [f"in another order, {', '.join(labels)} → {', '.join(now)}"]
        yield Change("changed", "", name, f"enum {name} is {' and '.join(said)}")


def _tables(before: Mapping[str, Table], after: Mapping[str, Table]) -> Iterator[Change]:
    for name in before:
        if name not in after:
            yield Change("gone", name, name, f"table {name} is gone")
    for name, table in after.items():
        if name not in before:
            yield Change("new", name, name, f"table {name} is new")
        else:
            yield from _table(before[name], table)


def _table(before: Table, after: Table) -> Iterator[Change]:
    name, of = after.name, f" on {after.name}"
    yield from _columns(before, after)
    yield from _constraints(name, before.constraints, after.constraints)
    yield from _indexes(name, _alone(before.indexes), _alone(after.indexes))
    yield from _texts("trigger", before.triggers, after.triggers, name, of)
    for what, old, new in (
        ("kind", before.kind, after.kind),
        ("logging", _logged(before), _logged(after)),
        ("row security", _on(before.row_security), _on(after.row_security)),
        ("partition key", str(before.partitioned_by), str(after.partitioned_by)),
        ("parents", ", ".join(before.parents) or "none", ", ".join(after.parents) or "none"),
        ("partition bounds", str(before.partition), str(after.partition)),
    ):
        if old != new:
            yield Change("changed", name, name, f"table {name}: {what} {old} → {new}")


def _logged(table: Table) -> str:
    return "unlogged" if table.unlogged else "logged"


def _on(value: bool) -> str:
    return "on" if value else "off"


def _alone(indexes: Mapping[str, Index]) -> dict[str, Index]:
    """Those that no constraint tells of already; an invalid one is told of in any case."""
    return {name: index for name, index in indexes.items() if not index.constraint or not index.valid}


def _columns(before: Table, after: Table) -> Iterator[Change]:
    table = after.name
    for name in before.columns:
        if name not in after.columns:
            yield Change("gone", table, f"{table}.{name}", f"column {table}.{name} is gone")
    for name, column in after.columns.items():
        full = f"{table}.{name}"
        if name not in before.columns:
            yield Change("new", table, full, f"column {full} is new: {_described(column)}")
            continue
        for said in _column(before.columns[name], column):
            yield Change("changed", table, full, f"{full}: {said}")
    shared = [name for name in before.columns if name in after.columns]
    now = [name for name in after.columns if name in before.columns]
    if shared != now:
        yield Change("moved", table, table, f"table {table}: columns in another order, {', '.join(now)}")


def _described(column: Column) -> str:
    words = [column.type]
    words += [] if column.nullable else ["not null"]
    words += [f"default {column.default}"] if column.default else []
    words += [f"generated {column.identity} as identity"] if column.identity else []
    words += [f"generated as {column.generated}"] if column.generated else []
    return " ".join(words)


def _column(before: Column, after: Column) -> Iterator[str]:
    if before.type != after.type:
        yield f"{before.type} → {after.type}"
    if before.nullable != after.nullable:
        yield "may be null now" if after.nullable else "may not be null any more"
    for what, old, new in (
        ("default", before.default, after.default),
        ("identity", before.identity, after.identity),
        ("generated as", before.generated, after.generated),
        ("collation", before.collation, after.collation),
    ):
        if old != new:
            yield f"{what} {old or 'none'} → {new or 'none'}"


def _constraints(table: str, before: Mapping[str, Constraint], after: Mapping[str, Constraint]) -> Iterator[Change]:
    yield from _names("constraint", before, after, table, f" on {table}")
    for name, constraint in after.items():
        full = f"constraint {name} on {table}"
        old = before.get(name)
        if not constraint.validated and (old is None or old.validated):
            yield Change("changed", table, name, f"{full} is not validated")
        if old is None:
            continue
        if constraint.validated and not old.validated:
            yield Change("changed", table, name, f"{full} is validated now")
        definitions = [each.definition.removesuffix(" NOT VALID") for each in (old, constraint)]
        if definitions[0] != definitions[1]:
            yield Change("changed", table, name, f"{full}: {definitions[0]} → {definitions[1]}")


def _indexes(table: str, before: Mapping[str, Index], after: Mapping[str, Index]) -> Iterator[Change]:
    yield from _names("index", before, after, table, f" on {table}")
    for name, index in after.items():
        old = before.get(name)
        if not index.valid and (old is None or old.valid):
            yield Change("changed", table, name, f"index {name} on {table} is invalid: drop it and build it again")
        if old is None:
            continue
        if index.valid and not old.valid:
            yield Change("changed", table, name, f"index {name} on {table} is valid now")
        if old.definition != index.definition:
            yield Change("changed", table, name, f"index {name} on {table}: {old.definition} → {index.definition}")
