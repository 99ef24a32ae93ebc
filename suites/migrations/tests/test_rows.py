"""Generated rows: any table as it stands, every constraint kept, the same rows for the same seed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures.exits import CommandError
from fixtures.postgres import template
from suites.migrations.rows.digest import fingerprints
from suites.migrations.rows.fill import Filled, fill
from suites.migrations.rows.kept import Copies
from suites.migrations.rows.tables import shapes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.postgres import PostgresServer

pytest_plugins = ["fixtures.testing"]

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HISTORY = Path(__file__).parents[3] / "reference_impl" / "migrations"


@pytest.fixture(scope="module")
def connection(postgres: PostgresServer) -> Iterator[psycopg.Connection]:
    """A database in which nothing stays: each test, and each example of one, rolls back."""
    with postgres.fresh("rows") as url, psycopg.connect(url) as opened:
        yield opened
        opened.rollback()


def filled(connection: psycopg.Connection, statements: str, count: int = 60, seed: int = 1) -> Filled:
    """Rows in all tables that the statements make; nothing of before is there."""
    connection.rollback()
    connection.execute(statements.encode())
    return fill(connection, tables(connection), count, seed, NOW)


def tables(connection: psycopg.Connection) -> list[str]:
    query = (
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by 1"
    )
    return [name for (name,) in connection.execute(query)]


def values(connection: psycopg.Connection, query: str) -> list[object]:
    return [row[0] for row in connection.execute(query.encode())]


HARD = {
    "a condition on another column": """create table t (status text not null check (status in ('open', 'closed')),
        balance numeric(12, 4) not null check (balance >= 0), check (status <> 'closed' or balance = 0))""",
    "sums": """create table t (a numeric(12, 2) not null, b numeric(12, 2) not null, c numeric(12, 2) not null,
        d numeric(12, 2) not null, check (a + b = c), check (c - d = b), check (a between 0 and c))""",
    "a chain of comparisons": """create table t (a timestamptz not null, b timestamptz not null, c date, d date,
        e int not null, f int not null, g int not null check (g < 10), check (a < b), check (c <= d), check (e < f
        and f < g),
        check (e >= 0))""",
    "a case": """create table t (kind text, rate numeric, flat numeric, tiers jsonb, check (case kind when 'a' then
        rate is not null and flat is null when 'b' then flat is not null and rate is null else false end))""",
    "one of several": """create table t (a int, b text, c uuid, check (num_nonnulls(a, b, c) = 1))""",
    "truths that agree": """create table t (kind text not null, code text, done boolean not null, at timestamptz,
        check ((kind = 'fixed') = (code is not null)), check (done = (at is not null)), check (kind in ('fixed',
        'free')))""",
    "patterns and lengths": """create table t (code char(3) not null unique check (code ~ '^[A-Z]{3}$'),
        email varchar(60) not null unique check (email like '%_@_%._%'), name text check (char_length(name) between 2
        and 5),
        slug text not null unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'), lower text check (lower = lower(lower)),
        upper text not null unique check (upper = upper(upper)), trimmed text check (btrim(trimmed) <> ''))""",
    "enums, domains and arrays": """create type mood as enum ('sad', 'ok', 'glad');
        create domain amount as numeric(10, 2) check (value >= 0 and value < 1000);
        create domain price as amount not null check (value <> 5);
        create type pair as (a int, b text);
        create table t (m mood not null, a amount, p price, tags text[] not null check (tags <@ array['x', 'y', 'z']),
        moods mood[], two pair, unique (m, p))""",
    "every type": """create table t (a uuid primary key, b bytea, c inet, d cidr, e macaddr, f interval, g time, h
        timetz,
        i money, j json, k jsonb, l int4range, m tstzrange, n int4multirange, o bit(5), p varbit(9), q tsvector, r
        point,
        s circle, t "char", u name, v oid, w float4, x float8, y int2, z pg_lsn, aa box, ab polygon, ac macaddr8,
        ad timestamp(0), ae numrange, af daterange, ag text[][], ah char(5), ai varchar, aj numeric(4, 4), ak
        numeric(38, 0))""",
    "generated columns and identities": """create table t (id int generated always as identity primary key,
        n bigserial unique, a int not null, b int generated always as (a * 2) stored check (b between 10 and 50),
        c text generated always as (a::text || 'x') stored)""",
    "a key to itself": """create table t (id uuid primary key, parent uuid references t, boss uuid not null
        references t,
        next uuid unique references t, check (parent <> id))""",
    "a circle that may be null": """create table a (id int primary key, b int);
        create table b (id int primary key, a int not null references a); alter table a add foreign key (b)
        references b""",
    "a circle that is deferred": """create table a (id int primary key, b int not null);
        create table b (id int primary key, a int not null references a);
        alter table a add foreign key (b) references b deferrable initially deferred""",
    "keys of several columns": """create table tenant (id text primary key);
        create table customer (tenant_id text not null references tenant, id text, primary key (tenant_id, id));
        create table product (tenant_id text not null references tenant, id text, primary key (tenant_id, id));
        create table line (id text primary key, tenant_id text not null references tenant, customer_id text not null,
        product_id text, foreign key (tenant_id, customer_id) references customer,
        foreign key (tenant_id, product_id) references product)""",
    "one to one and many to many": """create table a (id text primary key); create table b (a text primary key
        references a);
        create table c (a text references a, b text references b, primary key (a, b));
        create table d (a text not null references a, day date not null, kind text not null check (kind in ('x', 'y')),
        unique (a, kind), unique nulls not distinct (day, kind))""",
    "partial, expression and soft unique indexes": """create table t (id int primary key, email text not null, at
        timestamptz,
        deleted_at timestamptz, kind text); create unique index on t (lower(email)) where deleted_at is null;
        create unique index on t (kind, date_trunc('month', at at time zone 'UTC')) where kind = 'monthly'""",
    "exclusion": """create table t (id int primary key, during tstzrange not null, exclude using gist (during with &&));
        create table u (a timestamptz not null, b timestamptz not null, check (a < b),
        exclude using gist (tstzrange(a, b) with &&)); create table v (x int not null, y int not null check (y > x),
        exclude using gist (int4range(x, y) with &&))""",
    "deferrable uniqueness": """create table t (id int primary key,
        position int not null unique deferrable initially deferred)""",
    "partitions": """create table t (id int, at date not null, primary key (id, at)) partition by range (at);
        create table t_old partition of t for values from ('2020-01-01') to ('2026-01-01');
        create table t_new partition of t for values from ('2026-01-01') to ('2026-06-01')""",
    "division": "create table t (a int not null, b int not null, check (a / b > 3), check (a % b = 0))",
    "a trigger that objects": """create table t (id int primary key, n int not null);
        create function odd() returns trigger language plpgsql as $$ begin if new.n % 2 = 1 then raise 'odd'; end if;
        new.n := new.n + 2; return new; end $$; create trigger odd before insert on t for each row execute function
        odd()""",
    "bounds from the clock": """create table t (born date check (born <= current_date), at timestamptz check (at <
        now()),
        due timestamptz not null check (due > '2030-01-01'), year int check (year between 1990 and 2030))""",
    "names that need quotes": '''create table "Order ""1""" ("select" int primary key, "n%" text unique, "Ä b" text
        not null
        check ("Ä b" in ('it''s', 'back\\slash', '50 %')))''',
}


@pytest.mark.parametrize("statements", HARD.values(), ids=HARD.keys())
def test_tables_that_are_hard_to_fill_are_filled(connection: psycopg.Connection, statements: str) -> None:
    """A table gets its rows whatever its constraints are, as long as there are rows that keep them."""
    result = filled(connection, statements)
    expected = {"t_old", "t_new"}
    assert result.short == {}
    assert all(count >= 60 for name, count in result.items() if name not in expected)
    connection.execute("set constraints all immediate")


def test_a_partition_is_filled_through_its_table(connection: psycopg.Connection) -> None:
    """Whoever names the partitions alone gets the rows of the whole table spread over them."""
    connection.rollback()
    connection.execute(HARD["partitions"].encode())
    result = fill(connection, ["t_old", "t_new"], 60, 1, NOW)
    assert result["t"] == 60 == result["t_old"] + result["t_new"]
    assert result["t_old"] > 0 < result["t_new"]
    assert result.short == {}


IMPOSSIBLE = {
    "two values": ("create table t (flag boolean unique not null)", 2, "t_flag_key"),
    "a check that nothing meets": ("create table t (a int not null check (a > 3 and a < 2))", 0, "t_a_check"),
    "an empty parent": ("create table t (a int not null references p)", 0, "p is empty"),
    "a trigger that takes rows back": (
        """create table t (a int); create function back() returns trigger language plpgsql as $$ begin return null;
        end $$;
        create trigger back before insert on t for each row execute function back()""",
        0,
        "takes back",
    ),
    "a trigger that objects to all": (
        """create table t (a int); create function no() returns trigger language plpgsql as $$ begin raise 'never';
        end $$;
        create trigger no before insert on t for each row execute function no()""",
        0,
        "never",
    ),
    "parents that run out": (
        "create table t (a int not null unique references q); insert into q values (1), (2), (3)",
        3,
        "t_a_fkey: each row of q",
    ),
    "a circle that nobody can open": (
        """create table t (id int primary key, u int not null); create table u (id int primary key, t int not null
        references t); alter table t add foreign key (u) references u""",
        0,
        "circle",
    ),
}


@pytest.mark.parametrize(("statements", "count", "named"), IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_what_stands_in_the_way_is_named(
    connection: psycopg.Connection, statements: str, count: int, named: str
) -> None:
    """A table that can't have its rows is never left short in silence: the constraint is named."""
    connection.rollback()
    connection.execute(b"create table p (id int primary key); create table q (id int primary key)")
    connection.execute(statements.encode())
    names = [name for name in tables(connection) if name not in ("p", "q")]
    result = fill(connection, names, 30, 1, NOW)
    assert result["t"] == count
    assert named in result.short["t"]


COLUMNS = st.sampled_from(
    [
        "int not null",
        "int",
        "bigint check ({} >= 0)",
        "smallint not null check ({} between 1 and 9)",
        "numeric(10, 2) not null check ({} >= 0)",
        "numeric check ({} <> 0)",
        "double precision",
        "text not null",
        "text check ({} in ('a', 'b', 'c'))",
        "varchar(6)",
        "boolean not null",
        "timestamptz not null",
        "date",
        "jsonb not null default '{{}}'",
        "uuid",
    ]
)
PAIRS = st.sampled_from(
    [
        "check ({0} is null or {1} is not null)",
        "check (({0} is null) = ({1} is null))",
        "check (num_nonnulls({0}, {1}) >= 1)",
        "check ({0}::text <> {1}::text)",
        "check (length({0}::text) <= length({1}::text) + 8)",
        "unique ({0}, {1})",
        "unique ({1})",
        "check (case when {0} is null then {1} is not null else true end)",
        "check (not ({0} is null and {1} is null))",
    ]
)


@st.composite
def schemas(draw: st.DrawFn) -> str:
    """A few tables with checks, unique constraints and foreign keys to tables before them or to themselves."""
    made = []
    for number in range(draw(st.integers(1, 3))):
        kinds = draw(st.lists(COLUMNS, min_size=2, max_size=5))
        parts = ["id bigint generated by default as identity primary key"]
        parts += [f"c{at} {kind.format(f'c{at}')}" for at, kind in enumerate(kinds)]
        for pair in draw(st.lists(PAIRS, max_size=3)):
            two = draw(st.permutations(range(len(kinds))))[:2]
            parts.append(pair.format(*(f"c{at}" for at in two)))
        if draw(st.booleans()):
            parts.append("check (c0 <= c1)" if kinds[0].split()[0] == kinds[1].split()[0] != "uuid" else "check (true)")
        for at, parent in enumerate(draw(st.lists(st.integers(0, number), max_size=2))):
            rest = draw(st.sampled_from(["", "", "not null", "unique"]))
            rest = "" if rest == "not null" and parent == number else rest
            parts.append(f"r{at} bigint {rest} references t{parent}")
        made.append(f"create table t{number} ({', '.join(parts)})")
    return "; ".join(made)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(schemas())
def test_any_schema_is_filled_or_the_constraint_is_named(connection: psycopg.Connection, statements: str) -> None:
    """Every table of any schema has its rows, or fewer and a reason; and the same rows each time."""
    first = filled(connection, statements, 25)
    for name in tables(connection):
        assert first[name] == 25 or first.short[name], name
    before = fingerprints(connection, shapes(connection).values())
    again = filled(connection, statements, 25)
    assert dict(again) == dict(first)
    assert fingerprints(connection, shapes(connection).values()) == before
    connection.rollback()


def test_the_history_of_the_reference_is_filled(postgres: PostgresServer) -> None:
    """All tables of the reference implementation at its head have rows, and every constraint holds."""
    with (
        postgres.fresh("rows", template(postgres, "migrations_rows_head", migrated)) as url,
        psycopg.connect(url) as opened,
    ):
        names = [name for name in tables(opened) if name != "alembic_version"]
        result = fill(opened, names, 150, 5, NOW)
        assert result.short == {}
        assert all(count >= 150 for count in result.values())
        opened.execute("set constraints all immediate")
        missing = values(
            opened, "select count(*) from wallet w left join customer c on c.id = w.customer_id where c.id is null"
        )
        assert missing == [0]


def migrated(url: str) -> None:
    """Alembic on the folder, as the reference itself does it."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(HISTORY))
    config.attributes["url"] = url
    command.upgrade(config, "head")


def test_values_are_those_that_trip_programs_up(connection: psycopg.Connection) -> None:
    """Arabic, emoji, quotes, empty texts, nulls, times on both sides of now, zero and amounts with every digit."""
    filled(
        connection,
        """create table t (name text, note text not null, amount numeric(14, 4) not null, rate float8 not null,
        at timestamptz not null, deleted_at timestamptz, total numeric)""",
        2000,
    )
    texts = " ".join(map(str, values(connection, "select name from t where name is not null")))
    assert "محفظة" in texts
    assert "🛍" in texts
    assert "'" in texts
    assert '"' in texts
    assert values(connection, "select count(*) > 20 from t where note = ''") == [True]
    assert values(connection, "select count(*) between 300 and 500 from t where name is null") == [True]
    assert values(connection, "select count(*) between 120 and 280 from t where deleted_at is not null") == [True]
    assert values(connection, f"select count(*) between 800 and 1200 from t where at < '{NOW}'") == [True]
    assert values(connection, "select count(*) > 20 from t where amount = 0") == [True]
    assert values(connection, "select max(amount)::text from t") == ["9999999999.9999"]
    assert values(connection, "select count(*) > 0 from t where total <> total::float8::numeric") == [True]
    assert values(connection, "select count(*) > 20 from t where rate::text = '0.30000000000000004'") == [True]


def test_another_seed_gives_other_rows(connection: psycopg.Connection) -> None:
    """The seed decides what is in the rows."""
    statements = "create table t (id int primary key, a int not null, b text)"
    filled(connection, statements, seed=1)
    one = fingerprints(connection, shapes(connection).values())["t"]
    filled(connection, statements, seed=2)
    assert fingerprints(connection, shapes(connection).values())["t"]["a"] != one["a"]


def test_rows_that_are_there_stay(connection: psycopg.Connection) -> None:
    """Filling tops up, more than once, beside rows that nobody touches."""
    filled(connection, "create table t (id int primary key, a int); insert into t values (1, -7), (500, -8)", 40)
    assert values(connection, "select a from t where id in (1, 500) order by id") == [-7, -8]
    copies = Copies(connection)
    copies.keep([shapes(connection)["t"]])
    connection.execute("alter table t add b text not null default 'x'")
    assert fill(connection, ["t"], 50, 2, NOW) == {"t": 50}
    assert copies.compare(shapes(connection)) == []


def test_a_table_that_is_not_there_is_a_mistake_in_one_sentence(connection: psycopg.Connection) -> None:
    """Whoever asks for a table that is not there is told which."""
    connection.rollback()
    with pytest.raises(CommandError, match="no table nobody"):
        fill(connection, ["nobody"], 5, 1, NOW)
