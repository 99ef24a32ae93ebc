"""Steps that revisions take on tables with rows in them, while servers read and write them.

A revision that needs more than one short transaction commits between its steps (`apart`). It may then fail in the
middle, so each step finds out what an earlier try has done already, and the revision is simply run again.
What stands here is part of the history: a step that has run somewhere keeps its meaning.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from alembic import op
from alembic.util import CommandError
from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Iterator

BATCH = 5_000  # rows that are locked together: tens of milliseconds


class NotAsItMustBe(CommandError):
    """The data is not what a revision relies on; the sentence says what was found and what to do."""


def one(query: str) -> Any:
    """The one value that a query gives; None where it finds nothing."""
    return op.get_bind().execute(text(query)).scalar()


def column(query: str) -> list[Any]:
    """The values of a query that gives one column."""
    return list(op.get_bind().execute(text(query)).scalars())


def expect(query: str, wanted: object, sentence: str) -> None:
    """A query must give this value; `{found}` in the sentence stands for what it gives. Raises NotAsItMustBe."""
    found = one(query)
    if found != wanted:
        raise NotAsItMustBe(sentence.format(found=found))


def each(*statements: str) -> None:
    """Statements in one transaction: the revision's own, or within `apart` each in one of its own."""
    for statement in statements:
        op.execute(statement)


@contextlib.contextmanager
def apart() -> Iterator[None]:
    """Statements in the block are committed one by one, and so is what ran before it."""
    with op.get_context().autocommit_block():
        yield


def batches(table: str, *statements: str, key: str = "id", size: int = BATCH) -> int:
    """Run statements over a table by ranges of its key, `BETWEEN :first AND :last`; each range is a transaction.

    Stops when there is no key behind the last one. Statements leave alone what is done already, so that a second run
    goes on where the first one ended. How many ranges there were.
    """
    ranges, last = 0, None
    with apart():
        bind = op.get_bind()
        while True:
            behind = "" if last is None else f"WHERE {key} > :last"
            keys = f"SELECT {key} AS key FROM {table} {behind} ORDER BY {key} LIMIT {size}"  # noqa: S608 (our own names)
            query = text(f"SELECT min(key), max(key) FROM ({keys}) AS range")  # noqa: S608 (likewise)
            first, end = bind.execute(query, {} if last is None else {"last": last}).one()
            if end is None:
                return ranges
            bind.execute(text("BEGIN"))
            for statement in statements:
                bind.execute(text(statement), {"first": first, "last": end})
            bind.execute(text("COMMIT"))
            ranges, last = ranges + 1, end


def index_concurrently(name: str, definition: str, *, unique: bool = False) -> None:
    """Make an index while rows are written. What a failed try left is invalid, serves no query, and goes first."""
    with apart():
        bind = op.get_bind()
        valid = bind.execute(
            text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)"), {"name": name}
        ).scalar_one_or_none()
        if valid is False:
            op.execute(f"DROP INDEX CONCURRENTLY {name}")
        op.execute(f"CREATE {'UNIQUE ' if unique else ''}INDEX CONCURRENTLY IF NOT EXISTS {name} ON {definition}")


def drop_index_concurrently(name: str) -> None:
    """Drop an index while its table is in use."""
    with apart():
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


def checked(table: str, **checks: str) -> None:
    """Add checks: first for new rows alone, under a short lock; then the rows that are there are read, under none."""
    with apart():
        for name, condition in checks.items():
            op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
            op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition}) NOT VALID")
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


def check_replaced(table: str, name: str, condition: str) -> None:
    """Another condition for a check that is there; at no moment is there none."""
    checked(table, **{f"{name}_new": condition})
    each(
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
        f"ALTER TABLE {table} RENAME CONSTRAINT {name}_new TO {name}",
    )


def required(table: str, *columns: str) -> None:
    """NOT NULL for columns. A validated check has shown already that there is no null: no scan under the lock."""
    checked(table, **{f"ck_{table}_{column}_given": f"{column} IS NOT NULL" for column in columns})
    for column in columns:
        each(
            f"ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL",
            f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{column}_given",
        )
