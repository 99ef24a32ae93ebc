"""A revision as it ran: its statements, the database before and behind it, and which tables held rows at each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from suites.migrations.allowances import Allowances
from suites.migrations.lint.placing import Place, Places

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from suites.migrations.histories.base import Revision
    from suites.migrations.lint.standing import Standing
    from suites.migrations.statements.read import Statement


@dataclass(frozen=True)
class Ran:
    """What is inside of a DO block stands among the statements like any other.

    transactions: of each statement the one in which it ran, None for none.
    """

    revision: Revision
    statements: Sequence[Statement]
    transactions: Sequence[int | None]
    before: Standing
    after: Standing

    @property
    def together(self) -> bool:
        """Whether all of it ran in one transaction, and a failure takes all of it back."""
        return len(set(self.transactions)) <= 1 and None not in self.transactions

    @cached_property
    def old(self) -> Sequence[dict[str, str]]:
        """At each statement and behind the last, the tables of earlier revisions, full of rows: name → name before."""
        found, now = [], {name: name for name in self.before.tables}
        for statement in self.statements:
            found.append(dict(now))
            for name in statement.drops | statement.creates:
                now.pop(name, None)
            for name, later in statement.renames.items():
                if name in now:
                    now[later] = now.pop(name)
        return [*found, now]

    def rewrote(self, table: str) -> bool:
        """Whether a table (its name before), or an index that the revision does not make, lies elsewhere now."""
        later = next((name for name, first in self.old[-1].items() if first == table), None)
        if later is None:
            return False
        if self.before.tables[table] != self.after.tables.get(later):
            return True
        made = {name for each in self.statements for name in _names(each)}
        return any(
            name in self.after.indexes and self.after.indexes[name][1] != file and name.rpartition(".")[2] not in made
            for name, (of, file) in self.before.indexes.items()
            if of == table
        )

    @cached_property
    def allowances(self) -> Allowances:
        """What its file says that it does to data."""
        return Allowances.of(self.revision.file)

    @cached_property
    def _places(self) -> Places:
        return Places(self.revision.file.read_text(encoding="utf-8", errors="replace"))

    @cached_property
    def _found(self) -> Sequence[Place | None]:
        return [self._places.find(each.text, _names(each)) for each in self.statements]

    def line(self, number: int, offset: int = 0) -> int | None:
        """In the file, the line of a character of a statement."""
        place = self._found[number]
        return None if place is None else self._places.line(place, self.statements[number].text, offset)

    def on_old(self, number: int) -> list[str]:
        """The tables with rows that a statement drops, alters or writes."""
        statement, old = self.statements[number], self.old[number]
        touched = set(statement.touches)
        for schema in (each.removesuffix("*") for each in statement.drops if each.endswith(".*")):
            touched |= {table for table in old if table.startswith(schema)}
        if statement.kind == "drop index":
            touched |= {self.before.indexes[name][0] for name in dropped(statement) if name in self.before.indexes}
        return sorted(touched & old.keys())


def dropped(statement: Statement) -> Iterator[str]:
    """The names that a DROP names, but for the schema public."""
    for each in statement.node.objects:
        if isinstance(each, tuple):
            words = [part.sval for part in each]
            yield ".".join(words[1:] if words[0] == "public" and len(words) > 1 else words)


def _names(statement: Statement) -> set[str]:
    """What it makes or changes: an index, a constraint, a column, else its table."""
    node = statement.node
    names = {getattr(node, each, None) for each in ("idxname", "trigname", "subname", "newname")}
    for command in getattr(node, "cmds", None) or ():
        names |= {getattr(command, "name", None)}
        names |= {getattr(command.def_, each, None) for each in ("colname", "conname")}
    found = {each for each in names if isinstance(each, str) and each}
    return found or {each.rpartition(".")[2] for each in statement.touches}
