"""Who made which table: one revision makes it, and nobody else may think that it did.

`CREATE TABLE IF NOT EXISTS` hides it: the second module finds a table that is not its own, and works with it until the
two need different columns. So this is read from the statements, not from the database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from suites.migrations.histories.base import Finding
from suites.migrations.statements.read import read_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from suites.migrations.catalog.schema import Schema
    from suites.migrations.histories.base import Revision


@dataclass
class Owners:
    """By table the revision that made it."""

    makers: dict[str, Revision] = field(default_factory=dict)

    def up(self, revision: Revision, statements: Sequence[str], after: Schema) -> Iterator[Finding]:
        """What a revision claims that another has made."""
        for statement in read_all(statements):
            for table in statement.drops:
                self.makers.pop(table, None)
            for table in sorted(statement.creates):
                maker = self.makers.setdefault(table, revision)
                if maker is not revision and table in after.tables:
                    says = f"it makes the table {table}, which {maker.title} made already"
                    yield Finding("made-twice", revision.title, revision.file, says, "let one revision alone make it")
