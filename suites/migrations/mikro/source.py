"""Migration classes of MikroORM read from TypeScript, or from what it was compiled to; they are never executed.

A migration is a class that extends `Migration`; its `up()` and `down()` give statements by `this.addSql(…)`, which are
queued until the method has ended, and by `this.execute(…)`, which run at once, so before all that is queued; `down` may
be missing, which MikroORM takes for "This migration cannot be reverted"; `isTransactional()` may answer false.
Source: @mikro-orm/migrations 6.4, Migration.js and MigrationRunner.js (`getQueries` runs the method, then the queue).

What a method does that can't be read is named with its line and kept beside the statements: whoever runs the method
has to refuse. Nothing is guessed and nothing is left out in silence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from suites.migrations.mikro.literals import Unknown, Value, value_of
from suites.migrations.mikro.method_reader import Method, follow
from suites.migrations.mikro.typescript import NotReadable, Unread, line_of, named, read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ast_grep_py import SgNode

    from suites.migrations.mikro.typescript import Source

_CLASSES = frozenset({"class_declaration", "abstract_class_declaration", "class"})
_EXTENDS = re.compile(r"extends\s+(?:[\w$]+\.)*([\w$]+)")
_DEPTH = 20  # classes of one file that extend each other


@dataclass(frozen=True)
class MigrationClass:
    """One class. down: None where there is none, or where all that it does is to throw."""

    name: str
    file: Path
    line: int
    up: Method
    down: Method | None
    transactional: bool = True
    unread: tuple[Unread, ...] = ()

    @property
    def all_unread(self) -> tuple[Unread, ...]:
        """All that could not be read of it."""
        return self.unread + self.up.unread + (self.down.unread if self.down else ())


def read_migrations(file: Path) -> tuple[list[MigrationClass], list[Unread]]:
    """The migration classes of a file, in its order, and what of the file can't be read.

    Files that are no UTF-8 or no TypeScript are named as unread too.
    """
    try:
        source = read(file)
    except UnicodeDecodeError:
        return [], [Unread(file, 1, file.name, "this file is not UTF-8")]
    broken = source.broken()
    if broken is not None:
        return [], [broken]
    found: list[MigrationClass] = []
    unread: list[Unread] = []
    for node in _classes(source):
        heritage = node.find(kind="class_heritage")
        if heritage is None or node.kind() == "abstract_class_declaration":
            continue
        lineage = _lineage(source, node)
        if lineage is None:
            unread.append(source.unread(heritage, "whether this is a migration is not written in this file"))
        elif lineage:
            found.append(_migration(source, node, lineage))
    return found, unread


def _classes(source: Source) -> Iterator[SgNode]:
    """The classes of a file, outermost only, in its order."""
    for statement in source.root.children():
        found = [each for kind in _CLASSES for each in statement.find_all(kind=kind) if each.is_named()]
        own = [statement] if statement.kind() in _CLASSES else []
        nodes = sorted(own or found, key=lambda node: node.range().start.index)
        if nodes:
            yield nodes[0]


def _lineage(source: Source, node: SgNode) -> list[SgNode] | None:
    """A class and those of this file that it extends, down to `Migration`; empty for what is none; None for unknown."""
    lineage = [node]
    for _ in range(_DEPTH):
        heritage = lineage[-1].find(kind="class_heritage")
        base = _EXTENDS.search(heritage.text()) if heritage is not None else None
        if base is None:
            return []
        if base[1] == "Migration":
            return lineage
        declared = source.declared.get(base[1])
        if declared is None or declared.kind() not in _CLASSES:
            return None
        lineage.append(declared)
    return None


def _migration(source: Source, node: SgNode, lineage: list[SgNode]) -> MigrationClass:
    name = node.field("name")
    methods: dict[str, SgNode] = {}
    names: dict[str, Value] = {}
    for each in reversed(lineage):
        for child in named(each.field("body")):
            _member(source, child, methods, names, each.field("name"))
    unread: list[Unread] = []
    transactional = True
    if "isTransactional" in methods:
        body = " ".join(methods["isTransactional"].field("body").text().split())  # type: ignore[union-attr]
        transactional = re.search(r"return false\b|^false$", body) is None
        if transactional and not re.search(r"return true\b|^true$", body):
            unread.append(source.unread(methods["isTransactional"], "whether it runs in a transaction"))
    up = methods.get("up")
    down = methods.get("down")
    return MigrationClass(
        name="(default)" if name is None else name.text(),
        file=source.file,
        line=line_of(node),
        up=Method(line_of(node), ()) if up is None else follow(source, up, methods, names),
        down=None if down is None or _only_throws(down) else follow(source, down, methods, names),
        transactional=transactional,
        unread=tuple(unread)
        + ((source.unread(node, "it has no up() that is written as a method"),) if up is None else ()),
    )


def _member(
    source: Source, node: SgNode, methods: dict[str, SgNode], names: dict[str, Value], class_name: SgNode | None
) -> None:
    """Take in a method, an arrow function in a field, or a constant in a field."""
    name, value = node.field("name"), node.field("value")
    if name is None:
        return
    if node.kind() == "method_definition":
        methods[name.text()] = node
    elif value is not None and value.kind() in {"arrow_function", "function_expression"}:
        methods[name.text()] = value
    elif value is not None:
        try:
            known = value_of(source, value, names)
        except NotReadable as problem:
            known = Unknown(problem.why)
        names[f"this.{name.text()}"] = known
        if class_name is not None:
            names.setdefault(class_name.text(), {})[name.text()] = known


def _only_throws(method: SgNode) -> bool:
    body = named(method.field("body"))
    return bool(body) and body[0].kind() == "throw_statement"
