"""The statements that ran, with the transaction of each, and how they locked the tables that were there already."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Self

from suites.migrations.catalog.schema import KEPT, qualified

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from suites.migrations.statements.read import Statement

    Ask = Callable[[str], Iterable[Sequence[Any]]]  # a query without parameters → its rows

# PostgreSQL's table locks from the weakest to the strongest, as pg_locks spells them (its documentation, 13.3.1).
MODES = (
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
)
_CONCURRENT = MODES[3]  # what DROP INDEX and REINDEX take when they are CONCURRENTLY
_RELATIONS = f"""
    SELECT c.oid::bigint, n.nspname, c.relname, i.indrelid::bigint
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_index i ON i.indexrelid = c.oid
    WHERE c.relkind IN ('r', 'p', 'i', 'I') AND n.nspname !~ '^pg_'
    AND n.nspname NOT IN ('information_schema', '{KEPT}')
"""  # noqa: S608 (nothing but our own name is put in)
ASKED = "/* cityos: what it locks */"
"""Our own question begins with it, so that whoever looks at the migrating connection does not take it for a step."""
_HELD = f"""{ASKED}
    SELECT relation::bigint, mode FROM pg_locks
    WHERE pid = pg_backend_pid() AND locktype = 'relation' AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""  # noqa: S608 (likewise)
_ENDS = re.compile(r"\s*(?:COMMIT|END)\b", re.IGNORECASE)


class Executed(tuple[str, ...]):  # noqa: SLOT001 (a tuple can have none)
    """Texts. transactions: for each a number, the same for all of one transaction; None when it ran in none.

    locks: (table, mode) by the catalog's name of the table before the step, with the strongest mode that it had:
    of a transaction by what pg_locks said just before the commit, of what ran in none by PostgreSQL's documentation.
    """

    transactions: tuple[int | None, ...]
    locks: tuple[tuple[str, str], ...]

    def __new__(cls, ran: Iterable[tuple[str, int | None]], locks: Iterable[tuple[str, str]] = ()) -> Self:
        """Texts, each with its transaction."""
        pairs = tuple(ran)
        made = super().__new__(cls, (text for text, _ in pairs))
        made.transactions = tuple(transaction for _, transaction in pairs)
        made.locks = tuple(sorted(_strongest(locks).items()))
        return made

    @classmethod
    def joined(cls, parts: Iterable[Sequence[str]]) -> Executed:
        """What ran one after the other, each part in transactions of its own."""
        ran: list[tuple[str, int | None]] = []
        locks: list[tuple[str, str]] = []
        behind = 0
        for part in parts:
            numbers = part.transactions if isinstance(part, Executed) else (0,) * len(part)
            ran += [
                (text, None if number is None else number + behind) for text, number in zip(part, numbers, strict=True)
            ]
            locks += part.locks if isinstance(part, Executed) else ()
            behind += max((number for number in numbers if number is not None), default=-1) + 1
        return cls(ran, locks)


class Held:
    """The table locks of one step, gathered while it runs. What the step makes itself is nobody's yet, and left out.

    ask: before the step begins, of any connection to its database. without: tables of the tool's own.
    """

    def __init__(self, ask: Ask, without: Collection[str] = ()) -> None:
        rows = [(oid, qualified(space, name), of) for oid, space, name, of in ask(_RELATIONS)]
        self._tables = {oid: name for oid, name, of in rows if of is None and name not in without}
        self._indexes = {name: self._tables[of] for _, name, of in rows if of in self._tables}
        self._held: dict[str, str] = {}

    def look(self, ask: Ask) -> None:
        """Take note of what is held now. ask: on the connection that migrates, just before it commits."""
        self._add((self._tables[oid], mode) for oid, mode in ask(_HELD) if oid in self._tables)

    def by_kind(self, texts: Iterable[str]) -> None:
        """Take note of what statements lock that run in no transaction: nothing is left of it when they are done."""
        from suites.migrations.statements.read import read_all

        known = set(self._tables.values())
        for statement in read_all(dict.fromkeys(texts)):
            locked = {table: "".join(lock.name.title().split("_")) + "Lock" for table, lock in statement.locks.items()}
            locked |= {self._indexes[name]: _CONCURRENT for name in _indexes(statement) if name in self._indexes}
            self._add((table, mode) for table, mode in locked.items() if table in known)

    def executed(self, ran: Iterable[tuple[str, int | None]]) -> Executed:
        """What ran, with the locks of all of it."""
        pairs = tuple(ran)
        self.by_kind(text for text, transaction in pairs if transaction is None)
        return Executed(pairs, self._held.items())

    def _add(self, locks: Iterable[tuple[str, str]]) -> None:
        self._held = _strongest([*self._held.items(), *locks])


def is_end(statement: str) -> bool:
    """Whether a text ends a transaction that was begun by a text."""
    return _ENDS.match(statement) is not None


def _strongest(locks: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for table, mode in locks:
        found[table] = max(mode, found.get(table, mode), key=MODES.index)
    return found


def _indexes(statement: Statement) -> Iterator[str]:
    """The indexes that a DROP INDEX or REINDEX INDEX names; which table each is of, only the catalog knows."""
    from pglast import ast

    from suites.migrations.lint.ran import dropped

    if statement.kind == "drop index":
        yield from dropped(statement)
    elif isinstance(statement.node, ast.ReindexStmt) and statement.node.relation is not None:
        relation = statement.node.relation
        yield qualified(str(relation.schemaname or "public"), str(relation.relname))
