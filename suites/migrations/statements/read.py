"""What a statement of SQL does: the tables that it makes, drops, alters, reads and writes, and how it locks them.

Read by PostgreSQL's own parser (pglast, 18). Nothing is executed and no database is asked, so a name is what stands in
the text: a table of the schema `public` by its bare name, any other as `schema.table`; tables of a `DROP SCHEMA` as
`schema.*`. What a `DO` block does is read as far as it is written out. What stands in no text that can be read (an
`EXECUTE` of text put together, a procedure that is called) is named in `not_read`, never guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from suites.migrations.statements.effects import Effects, Lock
from suites.migrations.statements.nodes import effects, kind_of, runs_outside

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["Lock", "Statement", "read", "read_all"]

# A parameter as psycopg writes it, `%(name)s` or `%s`, with SQLAlchemy's cast: the parser takes `$1` in its place.
_PARAMETER = re.compile(r"%\(\w+\)s|%s")
_NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Statement:
    """One statement. The tables of what is inside of it (a DO block) are its own as well."""

    text: str
    kind: str  # "create table", "drop index", "update", "do"; "?" for what the parser refuses
    creates: frozenset[str] = _NOTHING
    drops: frozenset[str] = _NOTHING
    alters: frozenset[str] = _NOTHING  # also by an index, a trigger, a policy
    reads: frozenset[str] = _NOTHING
    writes: frozenset[str] = _NOTHING
    refers: frozenset[str] = _NOTHING  # by a foreign key
    renames: Mapping[str, str] = field(default_factory=dict)  # table → its new name
    locks: Mapping[str, Lock] = field(default_factory=dict)  # table → the strongest; not what a foreign key drags in
    outside: bool = False  # PostgreSQL runs it in no transaction
    not_read: str = ""  # what of it cannot be read, and why
    inner: tuple[Statement, ...] = ()
    node: Any = field(default=None, repr=False, compare=False)  # pglast's tree

    @property
    def touches(self) -> frozenset[str]:
        """Every table that it changes in any way."""
        return self.creates | self.drops | self.alters | self.writes

    @property
    def flat(self) -> tuple[Statement, ...]:
        """Itself; instead of a DO block what is inside of it, and the bare block where some of it cannot be read."""
        if self.kind != "do":
            return (self,)
        inner = tuple(replace(each, not_read="") for one in self.inner for each in one.flat)
        return (*inner, Statement(self.text, "do", not_read=self.not_read)) if self.not_read else inner


def read_all(texts: Iterable[str]) -> tuple[Statement, ...]:
    """Every statement of every text, in order."""
    return tuple(statement for text in texts for statement in read(text))


def read(text: str) -> tuple[Statement, ...]:
    """The statements of a text; one of kind "?" that says why, where the parser refuses it."""
    import pglast

    try:
        return tuple(_statements(text))
    except pglast.Error as refused:
        if _PARAMETER.search(text):
            try:
                return tuple(replace(each, text=text.strip()) for each in _statements(_PARAMETER.sub("$1", text)))
            except pglast.Error:
                pass
        return (Statement(text.strip(), "?", not_read=f"PostgreSQL's parser refuses it: {_words(refused)}"),)


def _statements(text: str) -> Iterator[Statement]:
    import pglast

    for raw in pglast.parse_sql(text):
        # Places are in characters; the length 0 means up to the end.
        start = raw.stmt_location or 0
        end = start + raw.stmt_len if raw.stmt_len else len(text)
        own = text[start:end].strip().removesuffix(";").rstrip()
        yield _statement(own, raw.stmt)


def _statement(text: str, node: Any) -> Statement:
    does = effects(node)
    kind = kind_of(node)
    not_read = ""
    inner: tuple[Statement, ...] = ()
    if kind == "do":
        inner, not_read = _block(node)
        does = _together(inner)
    elif kind == "call":
        not_read = "what a procedure does stands elsewhere"
    return Statement(
        text=text,
        kind=kind,
        creates=frozenset(does.creates),
        drops=frozenset(does.drops),
        alters=frozenset(does.alters),
        reads=frozenset(does.reads),
        writes=frozenset(does.writes),
        refers=frozenset(does.refers),
        renames=does.renames,
        locks=does.locks,
        outside=runs_outside(node),
        not_read=not_read,
        inner=inner,
        node=node,
    )


def _block(node: Any) -> tuple[tuple[Statement, ...], str]:
    """The statements that are written out in a DO block, and what is not."""
    import pglast

    options = {option.defname: option.arg.sval for option in node.args}
    body, language = options.get("as", ""), options.get("language", "plpgsql")
    if language != "plpgsql":
        return (), f"a block in {language}"
    mark = "$cityos_body$"
    function = f"CREATE FUNCTION body() RETURNS void LANGUAGE plpgsql AS {mark}{body}{mark}"
    try:
        tree = pglast.parse_plpgsql(function)
    except (pglast.Error, ValueError) as refused:
        return (), f"PostgreSQL's parser refuses the block: {_words(refused)}"
    found: list[Statement] = []
    unread: list[str] = []
    for query, dynamic in _queries(tree):
        written = _constant(query) if dynamic else query
        if written is None:
            unread.append(f"EXECUTE {query}")
        else:
            found += read(written)
    unread += [each.not_read for each in found if each.not_read]
    return tuple(found), "; ".join(unread)


_QUERIES = {
    "PLpgSQL_stmt_execsql": ("sqlstmt", False),
    "PLpgSQL_stmt_perform": ("expr", False),
    "PLpgSQL_stmt_fors": ("query", False),
    "PLpgSQL_stmt_call": ("expr", False),
    "PLpgSQL_stmt_dynexecute": ("query", True),
    "PLpgSQL_stmt_dynfors": ("query", True),
}


def _queries(tree: Any) -> Iterator[tuple[str, bool]]:
    """Each query of a block in the order of its text, and whether it is an expression whose value is run."""
    if isinstance(tree, list):
        for each in tree:
            yield from _queries(each)
    elif isinstance(tree, dict):
        for key, value in tree.items():
            if key in _QUERIES:
                name, dynamic = _QUERIES[key]
                yield value[name]["PLpgSQL_expr"]["query"], dynamic
            yield from _queries(value)


def _constant(expression: str) -> str | None:
    """The text of an expression that is nothing but a text."""
    import pglast
    from pglast import ast

    select: Any = pglast.parse_sql(f"SELECT {expression}")[0].stmt
    target = select.targetList[0].val
    return target.val.sval if isinstance(target, ast.A_Const) and isinstance(target.val, ast.String) else None


def _words(refused: Exception) -> str:
    return str(refused).partition("\n")[0]


def _together(statements: Iterable[Statement]) -> Effects:
    """What all of them do."""
    whole = Effects()
    for each in statements:
        for name in ("creates", "drops", "alters", "reads", "writes", "refers"):
            getattr(whole, name).update(getattr(each, name))
        whole.renames.update(each.renames)
        for table, lock in each.locks.items():
            whole.lock(table, lock)
    return whole
