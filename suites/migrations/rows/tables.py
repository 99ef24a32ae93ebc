"""What a table demands of its rows: types, keys, uniqueness and checks, read from PostgreSQL's catalog."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from suites.migrations.catalog.schema import qualified
from suites.migrations.rows.expressions import Node, Unreadable, parse, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg

_TYPES = """
    select t.oid, n.nspname, t.typname, t.typtype::text, t.typcategory::text, t.typelem, t.typbasetype, t.typtypmod,
           t.typnotnull, t.typrelid, r.rngsubtype,
           (select rngtypid from pg_range where rngmultitypid = t.oid),
           array(select enumlabel::text from pg_enum where enumtypid = t.oid order by enumsortorder),
           array(select pg_get_constraintdef(k.oid) from pg_constraint k
                 where k.contypid = t.oid and k.contype = 'c' order by k.conname)
    from pg_type t join pg_namespace n on n.oid = t.typnamespace
    left join pg_range r on r.rngtypid = t.oid
"""
_RELATIONS = """
    select c.oid, n.nspname, c.relname, c.relkind::text, c.relispartition,
           case when c.relispartition then pg_partition_root(c.oid)::oid end
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'cityos_before')
"""
_ATTRIBUTES = """
    select a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, format_type(a.atttypid, a.atttypmod), a.attnotnull,
           pg_get_expr(d.adbin, d.adrelid), a.attidentity::text, a.attgenerated::text
    from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = any (%s) and a.attnum > 0 and not a.attisdropped
    order by 1, 2
"""
_KEYS = """
    select k.conrelid, k.conname, k.confrelid, k.conkey, k.confkey, k.condeferrable,
           k.confmatchtype = 'f'
    from pg_constraint k where k.conrelid = any (%s) and k.contype = 'f' and k.conparentid = 0
    order by cardinality(k.conkey) desc, k.conname
"""
_CHECKS = """
    select k.conrelid, k.conname, pg_get_expr(k.conbin, k.conrelid)
    from pg_constraint k where k.conrelid = any (%s) and k.contype = 'c' order by k.conname
"""
# Elements of unique and exclusion indexes: a column's number and, where it is an expression, its text.
_INDEXES = """
    select i.indrelid, c.relname, i.indisunique, i.indisprimary, i.indimmediate,
           coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false),
           array(select i.indkey[n - 1]::int from generate_series(1, i.indnkeyatts) n order by n),
           array(select coalesce(pg_get_indexdef(i.indexrelid, n, false), '')
                 from generate_series(1, i.indnkeyatts) n order by n)
    from pg_index i join pg_class c on c.oid = i.indexrelid
    where i.indrelid = any (%s) and (i.indisunique or i.indisexclusion)
    order by i.indisprimary desc, c.relname
"""
_TRIGGERS = "select distinct tgrelid from pg_trigger where tgrelid = any (%s) and not tgisinternal and tgenabled <> 'D'"
_PARTITIONS = """
    select i.relid, pg_get_partition_constraintdef(i.relid)
    from pg_partition_tree(%s) i where i.isleaf
"""


@dataclass(frozen=True)
class Type:
    """kind: PostgreSQL's typtype: b base, e enum, d domain, c composite, r range, m multirange. labels: an enum's.

    within: an array's elements, a domain's base, what a range goes over, a multirange's range. parts: a composite's.
    """

    name: str  # as SQL has it, quoted where need be
    plain: str  # typname: "int4", "_text"
    kind: str
    category: str
    modifier: int = -1
    within: Type | None = None
    labels: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    required: bool = False
    parts: tuple[Type, ...] = ()

    @property
    def base(self) -> Type:
        """What a domain is made of, at the bottom."""
        return self.within.base if self.kind == "d" and self.within is not None else self

    @property
    def array(self) -> bool:
        return self.category == "A" and self.kind == "b" and self.within is not None


@dataclass(frozen=True)
class Field:
    """A column. type: without its domain. full: as the table has it, modifiers and domain included."""

    name: str
    type: Type
    full: str
    nullable: bool
    default: str | None
    identity: str
    generated: str | None
    number: int = 0  # PostgreSQL's own, which a rename does not change

    @property
    def sql(self) -> str:
        return quoted(self.name)

    @property
    def counted(self) -> bool:
        """Whether a sequence gives its values."""
        return bool(self.identity) or (self.default or "").startswith("nextval(")


@dataclass(frozen=True)
class Key:
    """A foreign key. full: MATCH FULL, all of its columns null or none. later: no constraint says so yet (rows.later).

    certain: of such a one, that all its values refer to a row.
    """

    name: str
    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]
    deferrable: bool
    full: bool = False
    later: bool = False
    certain: bool = False


@dataclass(frozen=True)
class Check:
    """tree: None where the expression can't be read. columns: those of the table that it reads."""

    name: str
    text: str
    tree: Node | None
    columns: frozenset[str]


@dataclass(frozen=True)
class Unique:
    """A unique or exclusion index. columns: all that its elements read. apart: what may not overlap (a range)."""

    name: str
    columns: tuple[str, ...]
    nulls_equal: bool
    exclusion: bool
    expressions: tuple[str, ...] = ()


@dataclass
class Shape:
    """A table to fill."""

    name: str
    sql: str
    fields: dict[str, Field] = field(default_factory=dict)
    keys: list[Key] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    uniques: list[Unique] = field(default_factory=list)
    primary: tuple[str, ...] = ()
    partition: bool = False
    partitioned: bool = False  # its rows lie in its partitions
    root: str = ""  # of a partition: the table whose rows these are
    triggers: bool = False
    oid: int = 0
    waiting: frozenset[str] = frozenset()  # columns that stay null until the table is there that they will refer to
    arithmetic: frozenset[str] = frozenset()  # columns in sums and products: their values stay moderate
    divisors: frozenset[str] = frozenset()

    @property
    def written(self) -> list[Field]:
        """The columns that an INSERT names."""
        return [each for each in self.fields.values() if each.generated is None]


def quoted(name: str) -> str:
    """As an identifier in SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """As a text in SQL."""
    escaped = text.replace("'", "''")
    return " E'" + escaped.replace("\\", "\\\\") + "'" if "\\" in text else f"'{escaped}'"


def shapes(connection: psycopg.Connection[Any]) -> dict[str, Shape]:
    """Every table of every schema, by the name that the catalog gives it."""
    relations = connection.execute(_RELATIONS).fetchall()
    oids = [row[0] for row in relations]
    types = _types(connection)
    found = {
        oid: Shape(
            qualified(space, name),
            f"{quoted(space)}.{quoted(name)}",
            partition=leaf,
            partitioned=kind == "p",
            oid=oid,
        )
        for oid, space, name, kind, leaf, _ in relations
    }
    numbers: dict[int, dict[int, str]] = {oid: {} for oid in oids}
    for oid, number, name, type_, modifier, full, required, default, identity, generated in connection.execute(
        _ATTRIBUTES, [oids]
    ):
        numbers[oid][number] = name
        shape, kind = found[oid], types.of(type_, modifier)
        nullable = not required and not kind.required
        value, expression = (None, default) if generated else (default, None)
        shape.fields[name] = Field(name, kind.base, full, nullable, value, identity, expression, number)
        _domain_checks(shape, name, kind)
    for oid, name, parent, columns, targets, deferrable, full in connection.execute(_KEYS, [oids]):
        if parent in found:
            own = tuple(numbers[oid][number] for number in columns)
            theirs = tuple(numbers[parent][number] for number in targets)
            found[oid].keys.append(Key(name, own, found[parent].name, theirs, deferrable, full))
    for oid, name, text in connection.execute(_CHECKS, [oids]):
        found[oid].checks.append(check(found[oid], name, text))
    _read_indexes(connection, oids, found, numbers)
    for oid, _, _, kind, leaf, _ in relations:
        if kind == "p" and not leaf:
            _read_partitions(connection, oid, found[oid])
    triggers = {oid for (oid,) in connection.execute(_TRIGGERS, [oids])}
    roots = {oid: found[root].name for oid, *_, root in relations if root in found}
    for oid, shape in found.items():
        shape.triggers = oid in triggers
        shape.root = roots.get(oid, "")
        _read_arithmetic(shape)
    return {shape.name: shape for shape in found.values()}


def check(shape: Shape, name: str, text: str) -> Check:
    """A check constraint of a table, read as far as it can be."""
    try:
        tree: Node | None = parse(text)
    except Unreadable:
        tree = None
    return Check(name, text.strip(), tree, _read(text) & frozenset(shape.fields))


def _read(text: str) -> frozenset[str]:
    try:
        return words(text)
    except Unreadable:
        return frozenset()


class _Types:
    def __init__(self, rows: Sequence[tuple[Any, ...]], parts: Mapping[int, list[tuple[int, int]]]) -> None:
        self.rows = {row[0]: row for row in rows}
        self.parts = parts
        self.made: dict[tuple[int, int], Type] = {}

    def of(self, oid: int, modifier: int) -> Type:
        """A column's type."""
        if (oid, modifier) not in self.made:
            self.made[oid, modifier] = self.get(oid, modifier)
        return self.made[oid, modifier]

    def get(self, oid: int, modifier: int = -1, depth: int = 0) -> Type:
        (
            _,
            space,
            plain,
            kind,
            category,
            element,
            base,
            base_modifier,
            required,
            relation,
            over,
            multi,
            labels,
            checks,
        ) = self.rows[oid]
        name = quoted(plain) if space == "pg_catalog" else f"{quoted(space)}.{quoted(plain)}"
        within = None
        inner = base if kind == "d" else over or multi or (element if category == "A" else 0)
        if inner and depth < 8:
            within = self.get(inner, base_modifier if kind == "d" else modifier if category == "A" else -1, depth + 1)
        parts = self.parts.get(relation, []) if kind == "c" and depth < 4 else []
        return Type(
            name,
            plain,
            kind,
            category,
            modifier,
            within,
            tuple(labels),
            tuple(checks),
            required or (kind == "d" and within is not None and within.required),
            tuple(self.get(part, part_modifier, depth + 1) for part, part_modifier in parts),
        )


def _types(connection: psycopg.Connection[Any]) -> _Types:
    parts: dict[int, list[tuple[int, int]]] = {}
    query = """select a.attrelid, a.atttypid, a.atttypmod from pg_attribute a join pg_class c on c.oid = a.attrelid
               where c.relkind = 'c' and a.attnum > 0 and not a.attisdropped order by a.attrelid, a.attnum"""
    for relation, type_, modifier in connection.execute(query):
        parts.setdefault(relation, []).append((type_, modifier))
    return _Types(connection.execute(_TYPES).fetchall(), parts)


def _domain_checks(shape: Shape, column: str, kind: Type) -> None:
    """A domain's checks as checks on the column: VALUE is the column there."""
    while kind.kind == "d" and kind.within is not None:
        for number, definition in enumerate(kind.checks):
            text = _with_value(definition.removeprefix("CHECK ").removesuffix(" NOT VALID"), quoted(column))
            shape.checks.append(
                replace(check(shape, f"{kind.plain} ({number + 1})", text), columns=frozenset({column}))
            )
        kind = kind.within


def _with_value(text: str, column: str) -> str:
    parts = text.split("'")
    return "'".join(part if number % 2 else part.replace("VALUE", column) for number, part in enumerate(parts))


def _read_indexes(
    connection: psycopg.Connection[Any],
    oids: list[int],
    found: Mapping[int, Shape],
    numbers: Mapping[int, Mapping[int, str]],
) -> None:
    for oid, name, unique, primary, _, nulls_equal, columns, texts in connection.execute(_INDEXES, [oids]):
        shape = found[oid]
        names: list[str] = []
        for number, text in zip(columns, texts, strict=True):
            mine = [numbers[oid][number]] if number else sorted(_read(text) & frozenset(shape.fields))
            names += [each for each in mine if each not in names]
        expressions = tuple(text for number, text in zip(columns, texts, strict=True) if not number)
        shape.uniques.append(Unique(name, tuple(names), nulls_equal, not unique, expressions))
        if primary:
            shape.primary = tuple(names)


def _read_partitions(connection: psycopg.Connection[Any], oid: int, shape: Shape) -> None:
    """Rows must belong to one of the partitions: as one more check, unless a default partition takes all."""
    leaves = connection.execute(_PARTITIONS, [oid]).fetchall()
    texts = [text for _, text in leaves if text]
    if leaves and len(texts) == len(leaves):
        shape.checks.append(check(shape, "partitions", "(" + " OR ".join(f"({text})" for text in texts) + ")"))


def _read_arithmetic(shape: Shape) -> None:
    """Which columns are calculated with: in checks, generated columns and the expressions of unique indexes."""
    texts = [field_.generated for field_ in shape.fields.values() if field_.generated]
    texts += [text for unique in shape.uniques for text in unique.expressions]
    trees = [each.tree for each in shape.checks if each.tree is not None]
    calculated: set[str] = set()
    divisors: set[str] = set()
    for text in texts:
        calculated |= _read(text)
        try:
            trees.append(parse(text))
        except Unreadable:
            continue
    for tree in trees:
        for node in tree.walk():
            if node.kind == "operator" and node.name in ("+", "-", "*", "/", "%", "^"):
                calculated |= node.columns
            if node.kind == "operator" and node.name in ("/", "%"):
                divisors |= node.parts[1].columns
    shape.arithmetic = frozenset(calculated) & frozenset(shape.fields)
    shape.divisors = frozenset(divisors) & frozenset(shape.fields)
