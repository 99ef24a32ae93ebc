"""Medusa's data models (DML) read from source, never executed: the tables that they want. MikroORM's entities too.

What Medusa makes of `model.define("wallet", {…})` (files of @medusajs/utils 2.11.3, dist/dml):
- The table is the name, or `tableName`, in snake case (helpers/entity-builder/parse-entity-name.js); a column is called
  exactly as its property (properties/base.js), a foreign key `<property>_id` or `foreignKeyName`
  (helpers/entity-builder/relationship-helpers.js).
- Types (helpers/entity-builder/define-property.js): id and text are text, number integer, bigNumber numeric, float
  real, autoincrement a serial, boolean, dateTime timestamptz, json jsonb, array text[], an enum a text with a check.
- Each bigNumber has a `raw_<name>` of jsonb beside it, nullable as it is (create-big-number-properties.js); every model
  has created_at, updated_at and, nullable and indexed, deleted_at (create-default-properties.js); what is `computed()`
  has no column.
- `belongsTo` is a column of text, a foreign key and an index, unique where the other side says `hasOne`; `hasOne` with
  `foreignKey: true` a column and a key; `hasMany` is nothing; `manyToMany` is a table of its own unless it names a
  `pivotEntity` (define-relationship.js): both tables' names in order, the second in the plural, or `pivotTable`.
- Indexes are called IDX_<table>_<columns>[_unique] (common/create-psql-index-helper.js).

What can't be read is named; a model of which a member can't be read is not complete.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from suites.migrations.mikro import entity_models
from suites.migrations.mikro.dml_source import Chain, Model, called_on, chain_of, defined_in, model_at, pointed_to
from suites.migrations.mikro.expected_tables import ExpectedColumn, ExpectedIndex, ExpectedTable, differences, snake
from suites.migrations.mikro.literals import members, value_of, words_of
from suites.migrations.mikro.typescript import SUFFIXES, NotReadable, Unread, line_of, named, read, unwrapped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ast_grep_py import SgNode

    from suites.migrations.mikro.typescript import Source

__all__ = ["ExpectedColumn", "ExpectedIndex", "ExpectedTable", "Models", "differences", "expected", "read_models"]

_KINDS = {
    "id": "text", "text": "text", "number": "integer", "bigNumber": "numeric", "float": "float",
    "autoincrement": "integer", "boolean": "boolean", "dateTime": "timestamptz", "json": "json", "array": "array",
    "enum": "text",
}  # fmt: skip
_RELATIONS = frozenset({"belongsTo", "hasOne", "hasMany", "manyToMany"})
_MODIFIERS = frozenset(
    {"nullable", "primaryKey", "default", "index", "unique", "searchable", "computed", "translatable"}
)
_IRREGULAR = re.compile(
    r"(man|child|person|foot|tooth|goose|mouse|ox|us|is|um|(phenomen|criteri|automat)on|ix|ex|[^s]s|f|fe|o|a|i|info)$"
)


@dataclass(frozen=True)
class Models:
    """What the models of a folder want, and what of them can't be read."""

    tables: tuple[ExpectedTable, ...]
    unread: tuple[Unread, ...]


def expected(root: Path) -> list[ExpectedTable]:
    """The tables that the models below a folder want."""
    return list(read_models(root).tables)


def read_models(root: Path) -> Models:
    """Everything that is defined below a folder, in the order of files; migrations and tests are left out."""
    models: list[Model] = []
    tables: list[ExpectedTable] = []
    unread: list[Unread] = []
    for file in _files(root):
        try:
            source = read(file)
        except UnicodeDecodeError:
            unread.append(Unread(file, 1, file.name, "this file is not UTF-8"))
            continue
        broken = source.broken()
        if broken is not None:
            unread.append(broken)
            continue
        entities, unknown = entity_models.read_entities(source, module_of(file, root))
        tables.extend(entities)
        unread.extend(unknown)
        for node in defined_in(source):
            try:
                models.append(model_at(source, node, module_of(file, root)))
            except NotReadable as problem:
                unread.append(source.unread(problem.node, problem.why))
    for model in models:
        _fill(model)
        tables.append(_finished(model))
    pivots: dict[str, ExpectedTable] = {}
    for _, pivot in sorted((each for model in models for each in _pivots(model)), key=lambda each: not each[0]):
        pivots.setdefault(pivot.name, pivot)
    unread.extend(each for model in models for each in model.unread)
    return Models((*tables, *pivots.values()), tuple(unread))


def module_of(file: Path, root: Path) -> str:
    """The folder above `models`; else the one that holds the file."""
    parts = file.resolve().relative_to(root.resolve()).parts
    where = parts.index("models") if "models" in parts else len(parts) - 1
    above = [part for part in parts[:where] if part not in {"src", "dist"}]
    return above[-1] if above else root.resolve().name


def _files(root: Path) -> Iterator[Path]:
    for file in sorted(root.rglob("*")):
        parts = file.relative_to(root).parts
        left_out = {"node_modules", "migrations", "__tests__"} & set(parts) or any(each[0] == "." for each in parts)
        if left_out or file.suffix not in SUFFIXES or file.name.endswith(".d.ts") or not file.is_file():
            continue
        if re.search(r"\.\s*define\(|@Entity\b", file.read_text(encoding="utf-8-sig", errors="replace")):
            yield file


def _fill(model: Model) -> None:
    """Columns, indexes and checks of a model, from its schema and from what is called on it."""
    for name, (source, node) in model.schema.items():
        try:
            chain = chain_of(source, node)
            if chain.base in _RELATIONS:
                _relation(model, source, name, node, chain)
            else:
                _property(model, source, name, node, chain)
        except NotReadable as problem:
            model.unread.append(source.unread(problem.node, problem.why))
    line = line_of(model.node)
    for name in ("created_at", "updated_at", "deleted_at"):
        model.columns[name] = ExpectedColumn(name, "timestamptz", name == "deleted_at", line)
    model.index(["deleted_at"], line)
    for method, given in called_on(model.node):
        try:
            _model_call(model, method, given)
        except NotReadable as problem:
            model.unread.append(model.source.unread(problem.node, problem.why))


def _property(model: Model, source: Source, name: str, node: SgNode, chain: Chain) -> None:
    if chain.base not in _KINDS:
        raise NotReadable(node, f"model.{chain.base}() is not a property that is known here")
    called = {method for method, _ in chain.calls}
    if called - _MODIFIERS:
        why = f".{min(called - _MODIFIERS)}() is not a modifier that is known here"
        model.unread.append(source.unread(node, why))
    if "computed" in called:
        return
    line = line_of(node)
    enum = chain.base == "enum"
    kind, choices = _enum(model, source, node, chain) if enum else (_KINDS[chain.base], None)
    model.columns[name] = ExpectedColumn(name, kind, chain.nullable, line, choices)
    if chain.base == "bigNumber":
        model.columns[f"raw_{name}"] = ExpectedColumn(f"raw_{name}", "json", chain.nullable, line)
    for method, given in chain.calls:
        if method == "primaryKey":
            model.primary_key.append(name)
        elif method in {"index", "unique"}:
            called_index = words_of(source, given[0]) if given else None
            model.index([name], line, unique=method == "unique", name=called_index)


def _enum(model: Model, source: Source, node: SgNode, chain: Chain) -> tuple[str | None, tuple[str, ...] | None]:
    try:
        values = value_of(source, chain.given[0]) if chain.given else None
    except NotReadable as problem:
        model.unread.append(source.unread(problem.node, f"the values of the enum: {problem.why}"))
        return "text", None
    listed = list(values.values()) if isinstance(values, dict) else values
    if not isinstance(listed, list):
        raise NotReadable(node, "an enum takes a list or an enum")
    if all(isinstance(each, int) for each in listed):
        return "integer", None
    return "text", tuple(map(str, listed))


def _relation(model: Model, source: Source, name: str, node: SgNode, chain: Chain) -> None:
    """`belongsTo` and `hasOne` with a foreign key have a column; `hasMany` has none; `manyToMany` is for `_pivots`."""
    options = _options(source, chain)
    if chain.base in {"hasMany", "manyToMany"} or (chain.base == "hasOne" and options.get("foreignKey") is not True):
        return
    line = line_of(node)
    column = str(options.get("foreignKeyName") or snake(f"{name}Id"))
    other = pointed_to(source, chain)
    if other is None:
        model.unread.append(source.unread(node, "the model that it belongs to is not written in this project"))
    model.columns[column] = ExpectedColumn(
        column, "text", chain.nullable, line, None, None if other is None else other.table
    )
    if chain.base != "belongsTo":
        return
    mapped = options.get("mappedBy") or snake(model.name)
    back = other.schema.get(str(mapped)) if other is not None else None
    base = chain_of(*back).base if back is not None else ""
    if base == "manyToMany":
        model.columns[column] = replace(model.columns[column], references=None)
    model.index([column], line, unique=base == "hasOne")


def _options(source: Source, chain: Chain) -> dict[str, object]:
    """What of a relation's options is written out."""
    if len(chain.given) < 2 or unwrapped(chain.given[1]).kind() != "object":
        return {}
    known: dict[str, object] = {}
    for key, value in members(source, unwrapped(chain.given[1])):
        if key != "pivotEntity":
            known[key] = value_of(source, value)
        else:
            known[key] = True
    return known


def _model_call(model: Model, method: str, given: list[SgNode]) -> None:
    if method == "cascades":
        return
    if method not in {"indexes", "checks"} or not given or unwrapped(given[0]).kind() != "array":
        raise NotReadable(model.node, f".{method}(…) is not known here, or not written out")
    for entry in named(unwrapped(given[0])):
        if unwrapped(entry).kind() != "object":
            continue  # a check as a function has no name to look for
        values = dict(members(model.source, unwrapped(entry)))
        name = words_of(model.source, values["name"]) if "name" in values else None
        if method == "checks":
            model.checks.extend([name] if name else [])
        elif "on" in values:
            unique = "unique" in values and value_of(model.source, values["unique"]) is True
            model.index(list(value_of(model.source, values["on"])), line_of(entry), unique=unique, name=name)


def _pivots(model: Model) -> Iterator[tuple[bool, ExpectedTable]]:
    """The tables of its `manyToMany`, unless they have a model of their own; and whether it names their columns."""
    for source, node in model.schema.values():
        try:
            chain = chain_of(source, node)
            options = _options(source, chain) if chain.base == "manyToMany" else {}
            other = pointed_to(source, chain) if chain.base == "manyToMany" else None
        except NotReadable:
            continue  # named already
        if other is None or options.get("pivotEntity"):
            continue
        first, second = sorted([model.table, other.table])
        plural = _plural(second)
        name = options.get("pivotTable") or _told(other, model) or (plural and f"{first}_{plural}")
        if name is None:
            model.unread.append(source.unread(node, f"the plural of {second}: name the table with `pivotTable`"))
            continue
        line = line_of(node)
        sides = ((options.get("joinColumn"), model), (options.get("inverseJoinColumn"), other))
        columns = [str(told or f"{snake(side.name)}_id") for told, side in sides]
        lists = any(isinstance(told, list) for told, _ in sides)
        yield (
            any(told for told, _ in sides),
            ExpectedTable(
                str(name),
                model.name,
                model.module,
                source.file,
                line,
                tuple(ExpectedColumn(column, "text", nullable=False, line=line) for column in columns if not lists),
                complete=not lists,
            ),
        )


def _told(other: Model, model: Model) -> str | None:
    """The name that the other side gives the table between two models."""
    for source, node in other.schema.values():
        try:
            chain = chain_of(source, node)
            if chain.base == "manyToMany" and (pointed_to(source, chain) or other).table == model.table:
                told = _options(source, chain).get("pivotTable")
                return str(told) if told else None
        except NotReadable:
            continue
    return None


def _plural(word: str) -> str | None:
    """The plural of a regular noun; None for one that may be irregular."""
    if re.search(r"(ss|sh|ch|x|z)$", word):
        return f"{word}es"
    if _IRREGULAR.search(word):
        return None
    return f"{word[:-1]}ies" if re.search(r"[^aeiou]y$", word) else f"{word}s"


def _finished(model: Model) -> ExpectedTable:
    return ExpectedTable(
        name=model.table,
        model=model.name,
        module=model.module,
        file=model.source.file,
        line=line_of(model.node),
        columns=tuple(model.columns.values()),
        primary_key=tuple(model.primary_key),
        indexes=tuple(model.indexes),
        checks=tuple(model.checks),
        complete=not model.unread,
    )
