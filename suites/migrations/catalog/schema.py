"""The database as it is: what PostgreSQL's catalog says about everything that somebody made in it.

Plain data, to be compared (catalog_difference), checked by rules and filled with rows. PostgreSQL 15 to 18.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from psycopg.pq import TransactionStatus

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    import psycopg

KEPT = "cityos_before"  # our own schema, in which the replayer keeps copies of values (rows_kept)
NOTHING: frozenset[str] = frozenset()

_KINDS = {"r": "table", "p": "partitioned table", "f": "foreign table"}
_CONSTRAINTS = {"p": "primary key", "f": "foreign key", "u": "unique", "c": "check", "x": "exclusion", "n": "not null"}
_IDENTITY = {"a": "always", "d": "by default"}

# Whose it is: nobody made what lies in the system's schemas, and what an extension brought is the extension's.
_OF_SOMEBODY = """
    n.nspname !~ '^pg_' and n.nspname not in ('information_schema', '{kept}')
    and not exists (select from pg_depend e where e.classid = '{catalog}'::regclass and e.objid = {oid}
                    and e.deptype = 'e')
"""

_TABLES = """
    select c.oid, n.nspname, c.relname, c.relkind::text, c.relpersistence = 'u', c.relrowsecurity,
           pg_get_partkeydef(c.oid),
           (select array_agg(inhparent::regclass::text order by inhseqno) from pg_inherits where inhrelid = c.oid),
           pg_get_expr(c.relpartbound, c.oid)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'f') and {of_somebody}
    order by 2, 3
"""
_COLUMNS = """
    select a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod), not a.attnotnull,
           pg_get_expr(d.adbin, d.adrelid), a.attidentity::text, a.attgenerated::text,
           case when a.attcollation <> t.typcollation then a.attcollation::regcollation::text end
    from pg_attribute a join pg_type t on t.oid = a.atttypid
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = any (%s) and a.attnum > 0 and not a.attisdropped
    order by a.attrelid, a.attnum
"""
_CONSTRAINT_ROWS = """
    select k.conrelid, k.conname, k.contype::text, pg_get_constraintdef(k.oid), k.convalidated, k.condeferrable,
           k.condeferred
    from pg_constraint k
    where k.conrelid = any (%s) and (k.contype in ('p', 'f', 'u', 'c', 'x') or k.contype = 'n' and not k.convalidated)
    order by 1, 2
"""
_INDEXES = """
    select i.indrelid, c.relname, pg_get_indexdef(i.indexrelid), i.indisunique, i.indisvalid and i.indisready,
           exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))
    from pg_index i join pg_class c on c.oid = i.indexrelid
    where i.indrelid = any (%s)
    order by 1, 2
"""
_TRIGGERS = """
    select t.tgrelid, t.tgname, pg_get_triggerdef(t.oid) || case t.tgenabled when 'D' then ' (disabled)' else '' end
    from pg_trigger t where t.tgrelid = any (%s) and not t.tgisinternal
    union all
    select p.polrelid, p.polname, 'policy for ' || p.polcmd::text || ' using '
           || coalesce(pg_get_expr(p.polqual, p.polrelid), 'true') || ' with check '
           || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), 'true')
    from pg_policy p where p.polrelid = any (%s)
    order by 1, 2
"""
_VIEWS = """
    select n.nspname, c.relname,
           case c.relkind when 'm' then 'materialized ' else '' end || pg_get_viewdef(c.oid)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('v', 'm') and {of_somebody}
    order by 1, 2
"""
_ENUMS = """
    select n.nspname, t.typname,
           array(select enumlabel::text from pg_enum where enumtypid = t.oid order by enumsortorder)
    from pg_type t join pg_namespace n on n.oid = t.typnamespace
    where t.typtype = 'e' and {of_somebody}
    order by 1, 2
"""
_DOMAINS = """
    select n.nspname, t.typname,
           format_type(t.typbasetype, t.typtypmod) || case when t.typnotnull then ' not null' else '' end
           || coalesce(' default ' || t.typdefault, '')
           || coalesce((select string_agg(' ' || pg_get_constraintdef(k.oid), '' order by k.conname)
                        from pg_constraint k where k.contypid = t.oid and k.contype = 'c'), '')
    from pg_type t join pg_namespace n on n.oid = t.typnamespace
    where t.typtype = 'd' and {of_somebody}
    order by 1, 2
"""
_SEQUENCES = """
    select n.nspname, c.relname,
           format_type(s.seqtypid, null) || ' start ' || s.seqstart || ' increment ' || s.seqincrement
           || ' from ' || s.seqmin || ' to ' || s.seqmax || case when s.seqcycle then ' cycle' else '' end
    from pg_sequence s join pg_class c on c.oid = s.seqrelid join pg_namespace n on n.oid = c.relnamespace
    where {of_somebody}
    order by 1, 2
"""
_FUNCTIONS = """
    select n.nspname, p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
           case when p.prokind = 'a' then 'aggregate' else pg_get_functiondef(p.oid) end
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where {of_somebody}
    order by 1, 2
"""
_EXTENSIONS = "select extname, extversion from pg_extension where extname <> 'plpgsql' order by 1"
_NAMESPACES = "select n.nspname from pg_namespace n where {of_somebody} order by 1"


@dataclass(frozen=True)
class Column:
    """default and generated: PostgreSQL's text of the expression. identity: "always", "by default" or ""."""

    name: str
    type: str
    nullable: bool
    default: str | None = None
    identity: str = ""
    generated: str | None = None
    collation: str | None = None  # None: that of its type


@dataclass(frozen=True)
class Constraint:
    """kind: "primary key", "foreign key", "unique", "check", "exclusion"; "not null" only where not validated."""

    name: str
    kind: str
    definition: str
    validated: bool = True
    deferrable: bool = False
    deferred: bool = False


@dataclass(frozen=True)
class Index:
    """constraint: it belongs to one, which says the same in other words."""

    name: str
    definition: str
    unique: bool
    valid: bool
    constraint: bool


@dataclass(frozen=True)
class Table:
    """kind: "table", "partitioned table" or "foreign table". triggers holds policies of row security as well."""

    name: str
    kind: str = "table"
    columns: Mapping[str, Column] = field(default_factory=dict)
    constraints: Mapping[str, Constraint] = field(default_factory=dict)
    indexes: Mapping[str, Index] = field(default_factory=dict)
    triggers: Mapping[str, str] = field(default_factory=dict)
    unlogged: bool = False
    row_security: bool = False
    partitioned_by: str | None = None
    parents: tuple[str, ...] = ()
    partition: str | None = None


@dataclass(frozen=True)
class Schema:
    """Everything by name; the schema `public` goes without saying: "wallet", "billing.invoice"."""

    tables: Mapping[str, Table] = field(default_factory=dict)
    views: Mapping[str, str] = field(default_factory=dict)
    enums: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    domains: Mapping[str, str] = field(default_factory=dict)
    sequences: Mapping[str, str] = field(default_factory=dict)
    functions: Mapping[str, str] = field(default_factory=dict)
    extensions: Mapping[str, str] = field(default_factory=dict)
    namespaces: frozenset[str] = NOTHING


def read(connection: psycopg.Connection[Any], without: Collection[str] = NOTHING) -> Schema:
    """What is there, except tables named in `without` (those in which a tool keeps what ran)."""
    with settings(connection, search_path="public"):
        return Schema(
            tables=_tables(connection, without),
            views=_named(connection, _VIEWS, "pg_class", "c.oid"),
            enums={name: tuple(labels) for name, labels in _named(connection, _ENUMS, "pg_type", "t.oid").items()},
            domains=_named(connection, _DOMAINS, "pg_type", "t.oid"),
            sequences=_sequences(connection, without),
            functions=_named(connection, _FUNCTIONS, "pg_proc", "p.oid"),
            extensions=dict(connection.execute(_EXTENSIONS).fetchall()),
            namespaces=frozenset(
                str(name) for (name,) in _run(connection, _NAMESPACES, "pg_namespace", "n.oid") if name != "public"
            ),
        )


def _sequences(connection: psycopg.Connection[Any], without: Collection[str]) -> dict[str, str]:
    """Sequences, but for those of columns of tables that are left out."""
    owned = connection.execute(
        "select s.relname from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S'"
        " join pg_class t on t.oid = d.refobjid where d.deptype in ('a', 'i') and t.relname = any (%s)",
        [list(without)],
    )
    left_out = {str(name) for (name,) in owned}
    found = _named(connection, _SEQUENCES, "pg_class", "c.oid")
    return {name: text for name, text in found.items() if name not in left_out}


def qualified(namespace: str, name: str) -> str:
    """How a table, type or function is called here."""
    return name if namespace == "public" else f"{namespace}.{name}"


@contextlib.contextmanager
def settings(connection: psycopg.Connection[Any], **values: str) -> Iterator[None]:
    """PostgreSQL's settings for a block, in a transaction or savepoint; afterwards they are what they were."""
    within = connection.info.transaction_status != TransactionStatus.IDLE
    with connection.transaction():
        names = list(values)
        before = [_setting(connection, name) for name in names] if within else []
        _set(connection, names, list(values.values()))
        yield
        if within:  # else the end of the transaction takes them back
            _set(connection, names, before)


def _setting(connection: psycopg.Connection[Any], name: str) -> str:
    found = connection.execute("select current_setting(%s)", [name]).fetchone()
    assert found is not None
    return str(found[0])


def _set(connection: psycopg.Connection[Any], names: list[str], values: list[str]) -> None:
    query = "select set_config(name, value, true) from unnest(%s::text[], %s::text[]) u(name, value)"
    connection.execute(query, [names, values])


def _run(connection: psycopg.Connection[Any], query: str, catalog: str, oid: str) -> list[tuple[Any, ...]]:
    of_somebody = _OF_SOMEBODY.format(kept=KEPT, catalog=catalog, oid=oid)
    return connection.execute(query.format(of_somebody=of_somebody).encode()).fetchall()


def _named(connection: psycopg.Connection[Any], query: str, catalog: str, oid: str) -> dict[str, Any]:
    return {qualified(space, name): value for space, name, value in _run(connection, query, catalog, oid)}


def _tables(connection: psycopg.Connection[Any], without: Collection[str]) -> dict[str, Table]:
    rows = [row for row in _run(connection, _TABLES, "pg_class", "c.oid") if qualified(row[1], row[2]) not in without]
    oids = [row[0] for row in rows]
    columns: dict[int, dict[str, Column]] = {oid: {} for oid in oids}
    for oid, name, type_, nullable, default, identity, generated, collation in connection.execute(_COLUMNS, [oids]):
        columns[oid][name] = Column(
            name,
            type_,
            nullable,
            None if generated else default,
            _IDENTITY.get(identity, ""),
            f"{default} {'stored' if generated == 's' else 'virtual'}" if generated else None,
            collation,
        )
    constraints: dict[int, dict[str, Constraint]] = {oid: {} for oid in oids}
    for oid, name, kind, *rest in connection.execute(_CONSTRAINT_ROWS, [oids]):
        constraints[oid][name] = Constraint(name, _CONSTRAINTS[kind], *rest)
    indexes: dict[int, dict[str, Index]] = {oid: {} for oid in oids}
    for oid, name, *rest in connection.execute(_INDEXES, [oids]):
        indexes[oid][name] = Index(name, *rest)
    triggers: dict[int, dict[str, str]] = {oid: {} for oid in oids}
    for oid, name, definition in connection.execute(_TRIGGERS, [oids, oids]):
        triggers[oid][name] = definition
    return {
        qualified(space, name): Table(
            qualified(space, name),
            _KINDS[kind],
            columns[oid],
            constraints[oid],
            indexes[oid],
            triggers[oid],
            unlogged,
            row_security,
            partitioned_by,
            tuple(parents or ()),
            partition,
        )
        for oid, space, name, kind, unlogged, row_security, partitioned_by, parents, partition in rows
    }
