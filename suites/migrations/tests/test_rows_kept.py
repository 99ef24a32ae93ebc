"""Digests of columns, and copies of rows: what is seen of a change, and what is not one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from suites.migrations.rows.digest import fingerprints
from suites.migrations.rows.kept import Copies
from suites.migrations.rows.tables import shapes

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest_plugins = ["fixtures.testing"]


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection]:
    """A database of the test's own, with one table; each statement is a transaction, as in a replay."""
    with psycopg.connect(database, autocommit=True) as opened:
        opened.execute(DIGESTED.encode())
        yield opened


DIGESTED = """create table t (id int primary key, a numeric, b float8, c timestamptz, d text, e jsonb, rows int, h int);
    insert into t select n, n + 0.10, n + 0.1, timestamptz '2026-01-01' + n * interval '1 hour', 'x' || n, '{"n": 1.0}'
    from generate_series(1, 100) n"""


def fingerprint(connection: psycopg.Connection) -> dict[str, int]:
    return fingerprints(connection, [shapes(connection)["t"]])["t"]


def test_a_fingerprint_sees_one_changed_value(connection: psycopg.Connection) -> None:
    """One value of one row changes the digest of its column and of no other."""
    before = fingerprint(connection)
    connection.execute("update t set a = a + 0.00000000000000000001, h = 0 where id = 7")
    after = fingerprint(connection)
    assert {name for name in before if before[name] != after[name]} == {"a", "h"}
    assert before["rows"] == 100


def test_a_fingerprint_ignores_order_and_types_of_the_same_value(connection: psycopg.Connection) -> None:
    """Rows in another order, and the same values in another type, are the same; values that change places are not."""
    before = fingerprint(connection)
    connection.execute("create table u as select * from t order by random(); drop table t; alter table u rename to t")
    connection.execute(
        "alter table t add primary key (id), alter a type numeric(30, 10), alter b type numeric, alter id type text"
    )
    connection.execute("set timezone = 'Asia/Riyadh'")
    assert fingerprint(connection) == before
    connection.execute("update t set d = case id when '1' then 'x2' when '2' then 'x1' else d end")
    after = fingerprint(connection)
    assert {name for name in before if before[name] != after[name]} == {"d"}


def told(connection: psycopg.Connection, statements: str) -> dict[tuple[str, str], str]:
    """What is told of statements, by rule and name."""
    copies = Copies(connection)
    copies.keep([shapes(connection)["t"]])
    connection.execute(statements.encode())
    found = copies.compare(shapes(connection))
    copies.forget(list(copies.kept))
    return {(each.rule, each.name): each.says for each in found}


CASES = {
    "nothing": ("select 1", {}),
    "values": (
        "update t set d = null where id = 50",
        {("data-changed", "t.d"): 't.d: 1 of 100 values changed: "x50" → null ("50")'},
    ),
    "a cast that loses digits": (
        "alter table t alter a type int using a::int",
        {
            (
                "data-changed",
                "t.a",
            ): 't.a: 100 of 100 values changed: "1.1" → "1" ("1"), "10.1" → "10" ("10"), "100.1" → "100" ("100")'
        },
    ),
    "a cast that loses none": ("alter table t alter a type double precision, alter id type text", {}),
    "rows": (
        "delete from t where id <= 5",
        {("rows-lost", "t"): '5 of 100 rows of t are gone: "1", "2", "3"'},
    ),
    "a column": (
        "alter table t drop d",
        {("data-dropped", "t.d"): 'column t.d is gone with 100 values: "x1", "x10", "x100"'},
    ),
    "an empty column": ("alter table t drop h", {}),
    "a table": ("drop table t", {("data-dropped", "t"): "table t is gone with its 100 rows"}),
    "a rename": ("alter table t rename to u; alter table u rename d to name; update u set a = a", {}),
    "a table made anew": ("create table u as select * from t; drop table t; alter table u rename to t", {}),
    "a new column": ("alter table t add x int not null default 3", {}),
    "a key that is dropped": (
        "alter table t drop id; delete from t where b < 2",
        {
            ("data-dropped", "t.id"): 'column t.id is gone with 100 values: "1", "10", "100"',
            (
                "rows-lost",
                "t",
            ): '1 of 100 rows of t are gone: "1.1", "1.1", "2026-01-01 01:00:00", "x1", "{\\"n\\": 1.0}", null, null',
        },
    ),
}


@pytest.mark.parametrize(("statements", "expected"), CASES.values(), ids=CASES.keys())
def test_what_became_of_the_values_is_told(
    connection: psycopg.Connection, statements: str, expected: dict[tuple[str, str], str]
) -> None:
    """Each loss is told with its number and three examples; what loses nothing is not told of."""
    assert told(connection, statements) == expected


def test_a_copy_serves_as_long_as_its_table_is_as_it_was(connection: psycopg.Connection) -> None:
    """What nobody wrote to is not copied again; what somebody did is, so a change is told once."""
    copies, known = Copies(connection), shapes(connection)
    copies.keep([known["t"]])
    first = dict(copies.kept)
    assert copies.compare(known) == []
    copies.keep([known["t"]])
    assert copies.kept == first
    connection.execute("update t set d = 'y'")
    assert [each.name for each in copies.compare(known)] == ["t.d"]
    assert copies.kept == {}
    copies.keep([known["t"]])
    assert copies.compare(known) == []
    copies.forget(list(copies.kept))
    left = connection.execute("select from pg_class where relnamespace = 'cityos_before'::regnamespace").fetchall()
    assert left == []
