"""Rows one by one, where a set of them is refused; and the name of what refuses them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from suites.migrations.rows.keys import made

if TYPE_CHECKING:
    from collections.abc import Mapping

    from suites.migrations.rows.candidates import Candidates
    from suites.migrations.rows.tables import Shape

_SAMPLE = 500
_AT_ONCE_MAX = 50_000
_ONE_BY_ONE = """
DO $cityos$
DECLARE r record; done bigint := 0; now_done bigint; c text; m text;
BEGIN
  FOR r IN SELECT * FROM {table} ORDER BY "cityos n" LOOP
    EXIT WHEN done >= {limit};
    BEGIN
      {into} VALUES ({values});
      GET DIAGNOSTICS now_done = ROW_COUNT;
      done := done + now_done;
    EXCEPTION WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS c = CONSTRAINT_NAME, m = MESSAGE_TEXT;
      INSERT INTO {refused} VALUES (CASE WHEN c <> '' THEN c ELSE m END);
    END;
  END LOOP;
  INSERT INTO {refused} SELECT null FROM generate_series(1, done);
END $cityos$
"""


def by_row(connection: psycopg.Connection[Any], candidates: Candidates, first: int, last: int, limit: int) -> int:
    """Insert up to `limit` candidates each by itself, and leave out those that are refused; how many went in."""
    return _tried(connection, candidates, first, min(last, first + _AT_ONCE_MAX), limit).get(None, 0)


def refusal(
    connection: psycopg.Connection[Any],
    shapes: Mapping[str, Shape],
    candidates: Candidates,
    first: int,
    *,
    one_by_one: bool,
) -> str:
    """What stands in the way of another row, by name."""
    shape = candidates.shape
    for key in shape.keys:
        empty = not key.later and key.name not in candidates.keys and key.name not in candidates.later
        if empty and not any(shape.fields[name].nullable for name in key.columns):
            if key.name in candidates.plan.single or _has_rows(connection, shapes[key.parent]):
                return f"{key.name}: each row of {key.parent} has its one row already"
            return f"{key.name}: {key.parent} is empty"
    if not one_by_one:
        found = _unmet(connection, candidates, first)
        if found is not None:
            return found
    refused = _tried(connection, candidates, first, first + _SAMPLE, 0 if one_by_one else 1, keep=False)
    names = {name: count for name, count in refused.items() if name is not None}
    if not names:
        return "rows that a trigger or a rule takes back"
    worst = max(names, key=lambda name: names[name])
    return f"{worst} refuses all that is tried"


def _has_rows(connection: psycopg.Connection[Any], shape: Shape) -> bool:
    return connection.execute(f"SELECT FROM {shape.sql} LIMIT 1".encode()).fetchone() is not None


def _unmet(connection: psycopg.Connection[Any], candidates: Candidates, first: int) -> str | None:
    """The condition that most candidates don't meet, if none meets all of them."""
    conditions = candidates.conditions()
    counts = ", ".join(f"count(*) FILTER (WHERE NOT coalesce({condition}, false))" for _, condition in conditions)
    every = " AND ".join(condition for _, condition in conditions)
    query = f"SELECT count(*) FILTER (WHERE {every}), {counts} FROM ({candidates.query(first, first + _SAMPLE, 2)}) c"
    try:
        with connection.transaction():
            row = connection.execute(query.encode()).fetchone()
    except psycopg.Error as error:
        return str(error).partition("\n")[0]
    if row is None or row[0]:
        return None
    failures = dict(zip((name for name, _ in conditions), row[1:], strict=True))
    worst = max(failures, key=lambda name: failures[name])
    return f"{worst}: none of {_SAMPLE} candidates meets it"


def _tried(
    connection: psycopg.Connection[Any], candidates: Candidates, first: int, last: int, limit: int, *, keep: bool = True
) -> dict[str | None, int]:
    """How many rows were refused by what; None: those that were not."""
    try:
        table = _candidates(connection, candidates, first, last)
    except psycopg.Error as error:
        return {str(error).partition("\n")[0]: 1}
    refused = made(connection, "SELECT CAST(NULL AS text) AS name WHERE false")
    values = candidates.casts("r.")
    program = _ONE_BY_ONE.format(
        table=table, into=candidates.into(), values=values, limit=limit if keep else _SAMPLE, refused=refused
    )
    with connection.transaction(force_rollback=not keep):
        connection.execute(program.encode())
        rows = connection.execute(
            f"SELECT name, count(*) FROM {refused} GROUP BY name ORDER BY name".encode()
        ).fetchall()
    return {name: int(count) for name, count in rows}


def _candidates(connection: psycopg.Connection[Any], candidates: Candidates, first: int, last: int) -> str:
    """As good as they can be had: repaired, and if a check can't be evaluated on all of them, as they are."""
    try:
        with connection.transaction():
            return made(connection, candidates.query(first, last, 2))
    except psycopg.Error:
        with connection.transaction():
            return made(connection, candidates.query(first, last, 0))
