"""Candidate rows for one table, as one query: values, parents' keys by join, repairs, and the filter of all checks."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from suites.migrations.rows.demands import Domain, domains
from suites.migrations.rows.repairs import Repairs, fitted
from suites.migrations.rows.tables import quoted
from suites.migrations.rows.values import NUMBER, Place, digits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from suites.migrations.rows.keys import Keys
    from suites.migrations.rows.tables import Check, Field, Key, Shape, Unique
    from suites.migrations.rows.values import Maker

_NULLS = 2  # of ten, in a column that may be null
_GONE = frozenset({"deleted_at", "removed_at", "archived_at"})
_GONE_NULLS = 9
_ORPHANS = 20  # one of so many, where a foreign key comes later
_PRIME = 7_368_787
_RADIX_MAX = 10**12
_APART = 20  # units between the beginnings of two ranges
# What carries a row's own number best, first.
_WIDE = ("text", "citext", "varchar", "uuid", "int8", "int4", "numeric", "timestamptz", "timestamp", "bytea", "float8")


@dataclass
class Plan:
    """How a table's rows are kept apart. single: keys of which each parent has one row at most."""

    places: dict[str, Place] = field(default_factory=dict)
    digits: dict[tuple[str, str], str] = field(default_factory=dict)  # of ("key", name) or ("column", name)
    single: set[str] = field(default_factory=set)
    never_null: set[str] = field(default_factory=set)


@dataclass
class Candidates:
    """keys: the parents' keys of this round. later: keys of a circle that is not closed yet, by name."""

    shape: Shape
    maker: Maker
    keys: Mapping[str, Keys]
    later: frozenset[str] = frozenset()
    domains: Mapping[str, Domain] = field(init=False)
    rest: list[Check] = field(init=False)
    plan: Plan = field(init=False)

    def __post_init__(self) -> None:
        self.domains, self.rest = domains(self.shape)
        known = [key for key in self.shape.keys if not key.later or key.name in self.keys or key.name in self.later]
        self.shape = replace(self.shape, keys=known)
        self.linked = frozenset(column for key in known for column in key.columns)
        self.kept = frozenset(column for key in known if not key.later or key.certain for column in key.columns)
        self.plan = self._plan()

    @property
    def columns(self) -> list[Field]:
        """The columns whose values are made here: those that a sequence counts are left to it."""
        return [each for each in self.shape.written if not each.counted or each.name in self.linked]

    def query(self, first: int, last: int, turns: int) -> str:
        """Rows numbered from `first` to `last` that pass every check that can be seen from the row alone."""
        names = [*(each.sql for each in self.shape.written), *(quoted(f"cityos {name}") for name in self._spare())]
        columns = [NUMBER, *names, '"cityos whole"']
        inner = self._base(first, last)
        repairs = Repairs(self.shape, self.domains, self.maker, self.plan.places, self._spare(), self.linked)
        for turn in range(turns):
            checks = self.rest if turn == 0 else [*self.rest, *(c for c in self.shape.checks if c not in self.rest)]
            inner = repairs.layers(inner, columns, checks, turn * 1_000_003 + first)
        read = {column for check in self.shape.checks for column in check.columns}
        made = [
            f"{each.generated} AS {each.sql}"
            for each in self.shape.fields.values()
            if each.generated and each.name in read
        ]
        return f"SELECT {', '.join([*columns, *made])} FROM ({inner}) l OFFSET 0"

    def conditions(self) -> list[tuple[str, str]]:
        """What a candidate has to meet before it is inserted, each with the name of what asks for it."""
        found = [(check.name, f"({check.text}) IS NOT FALSE") for check in self.shape.checks]
        found.append(("a foreign key", '"cityos whole"'))
        for each in self.columns:
            if not each.nullable:
                found.append((f"not null of {each.name}", f"{each.sql} IS NOT NULL"))
            if each.type.plain == "numeric" and each.type.modifier >= 4:
                precision, scale = digits(each.type.modifier)
                limit = f"abs(round({each.sql}, {scale})) < 1e{precision - scale}"
                found.append((f"precision of {each.name}", f"({limit}) IS NOT FALSE"))
        return found

    def insert(self, first: int, last: int, turns: int, limit: int) -> str:
        """The statement that inserts up to `limit` of them and leaves out those that conflict."""
        where = " AND ".join(condition for _, condition in self.conditions())
        rows = f"SELECT * FROM ({self.query(first, last, turns)}) c WHERE {where} ORDER BY {NUMBER} LIMIT {limit}"
        return f"{self.into()} SELECT {self.casts()} FROM ({rows}) r ON CONFLICT DO NOTHING"

    def into(self) -> str:
        names = ", ".join(each.sql for each in self.columns)
        return (
            f"INSERT INTO {self.shape.sql} ({names}) OVERRIDING SYSTEM VALUE"
            if names
            else f"INSERT INTO {self.shape.sql}"
        )

    def casts(self, prefix: str = "") -> str:
        """The values as the table has them, domains and modifiers included."""
        return ", ".join(f"CAST({prefix}{each.sql} AS {each.full})" for each in self.columns)

    def _spare(self) -> dict[str, str]:
        """Foreign keys' values for rows in which a check wants them: by column, where they are."""
        read = {column for check in self.rest for column in check.columns}
        return {
            name: quoted(f"cityos {name}") for name in sorted(self.linked & read) if self.shape.fields[name].nullable
        }

    def _base(self, first: int, last: int) -> str:
        joins, sources, whole = self._joins(first)
        parts = [NUMBER]
        own: dict[str, str] = {}
        masks = self._masks()
        for each in self.shape.written:
            if each.name in sources:
                made = sources[each.name]
                if each.name not in self.kept:
                    roll = self.maker.dice("orphan", each.name).below(_ORPHANS)
                    made = f"CASE WHEN {roll} = 0 THEN {self._value(each)} ELSE {made} END"
            elif each.name in self.shape.waiting:
                made = f"CAST(NULL AS {each.type.name})"
            elif each.name in self.linked and self._waits(each.name):
                made = f"CAST(NULL AS {each.type.name})"
                own |= self._own(each)
            else:
                made = self._value(each)
            mask = masks.get(each.name)
            masked = f"CASE WHEN {mask} THEN NULL ELSE {made} END" if mask else made
            parts.append(f"{masked} AS {each.sql}")
        for name in self._spare():
            made = sources.get(name, f"CAST(NULL AS {self.shape.fields[name].type.name})")
            parts.append(f"{made} AS {quoted(f'cityos {name}')}")
        numbers = f"(SELECT n AS {NUMBER} FROM generate_series(CAST({first} AS bigint), {last}) n) s"
        inner = f'SELECT {", ".join(parts)}, {whole} AS "cityos whole" FROM {numbers} {joins} OFFSET 0'
        if not own:
            return inner
        names = [
            NUMBER,
            *(each.sql for each in self.shape.written),
            *(quoted(f"cityos {name}") for name in self._spare()),
        ]
        mapped = [f"{own[name]} AS {name}" if name in own else name for name in [*names, '"cityos whole"']]
        return f"SELECT {', '.join(mapped)} FROM ({inner}) l OFFSET 0"

    def _waits(self, column: str) -> bool:
        """Whether the parents of a column can't be referred to yet, so that it stays null or refers to itself."""
        return not any(column in key.columns and key.name in self.later and key.deferrable for key in self.shape.keys)

    def _own(self, each: Field) -> dict[str, str]:
        """A row of a table that refers to itself, and has to refer to something: to itself."""
        for key in self.shape.keys:
            if key.parent == self.shape.name and each.name in key.columns and not each.nullable:
                return {each.sql: quoted(key.parent_columns[key.columns.index(each.name)])}
        return {}

    def _value(self, each: Field) -> str:
        name = each.name
        place = self.plan.places.get(name, Place())
        if ("column", name) in self.plan.digits:
            place = Place(digit=self.plan.digits["column", name])
        if each.counted:
            place = Place(serial=True)
        moderate, nonzero = name in self.shape.arithmetic, name in self.shape.divisors
        made = self.maker.value(
            each, self.domains[name], self.maker.dice(name), place, moderate=moderate, nonzero=nonzero
        )
        return fitted(each, made)

    def _masks(self) -> dict[str, str]:
        """When a nullable column is null; the columns of a foreign key together."""
        masks: dict[str, str] = {}
        never = {
            name
            for key in self.shape.keys
            if key.full and not all(self.shape.fields[column].nullable for column in key.columns)
            for name in key.columns
        } | self.plan.never_null
        groups = [list(key.columns) for key in self.shape.keys] + [[each.name] for each in self.shape.written]
        for columns in groups:
            dice = self.maker.dice("null", *columns)
            roll = dice.below(10)
            for name in columns:
                each = self.shape.fields[name]
                if name in masks or not each.nullable or self.domains[name].required or name in never:
                    continue
                masks[name] = f"{roll} < {_GONE_NULLS if name in _GONE else _NULLS}"
        return masks

    def _joins(self, first: int) -> tuple[str, dict[str, str], str]:
        """The parents' keys: joins, each linked column's source, and whether all that is needed was found."""
        joins, whole = [], ["true"]
        sources: dict[str, str] = {}
        for number, key in enumerate(self.shape.keys):
            keys = self.keys.get(key.name)
            if keys is None or key.name in self.later:
                continue
            alias = f"k{number}"
            pairs = list(zip(key.columns, key.parent_columns, strict=True))
            known = [(own, theirs) for own, theirs in pairs if own in sources]
            if known:
                on = " AND ".join(f"{alias}.{quoted(theirs)} = {sources[own]}" for own, theirs in known)
                roll = self.maker.dice(key.name).below(2**31)
                joins.append(f"LEFT JOIN {keys.groups(known)} g{number} ON {on.replace(f'{alias}.', f'g{number}.')}")
                table = keys.grouped(known)
                joins.append(
                    f'LEFT JOIN {table} {alias} ON {on} AND {alias}."cityos k" = {roll} % g{number}."cityos count"'
                )
                if not any(self.shape.fields[own].nullable for own, _ in pairs):
                    whole.append(f'{alias}."cityos k" IS NOT NULL')
            else:
                joins.append(f'LEFT JOIN {keys.table} {alias} ON {alias}."cityos k" = {self._index(key, keys, first)}')
            for own, theirs in pairs:
                sources.setdefault(own, f"{alias}.{quoted(theirs)}")
                if known and self.shape.fields[own].nullable and len(known) == len(pairs):
                    sources[own] = f'CASE WHEN {alias}."cityos k" IS NOT NULL THEN {sources[own]} END'
        return " ".join(joins), sources, " AND ".join(whole)

    def _index(self, key: Key, keys: Keys, first: int) -> str:
        if key.name in self.plan.single:
            return f"{NUMBER} - {first}"
        if ("key", key.name) in self.plan.digits:
            return self.plan.digits["key", key.name]
        return self.maker.dice(key.name).below(max(keys.count, 1))

    def _plan(self) -> Plan:
        plan = Plan()
        for unique in self.shape.uniques:
            if unique.nulls_equal:
                plan.never_null |= set(unique.columns)
            fields = [self.shape.fields[name] for name in unique.columns]
            if any(each.counted and each.name not in self.linked for each in fields):
                continue
            if unique.exclusion and self._apart(plan, unique):
                continue
            if any(each.name in plan.places for each in fields) or self._carried(plan, unique):
                continue
            self._counted(plan, unique)
        return plan

    def _apart(self, plan: Plan, unique: Unique) -> bool:
        """Ranges that don't overlap: from a row's own number on, and the next one begins behind."""
        spans = [name for name in unique.columns if self.shape.fields[name].type.kind in "rm"]
        if not spans and unique.expressions:
            spans = [name for name in unique.columns if name not in self.linked and self._is_wide(name)]
        for number, name in enumerate(sorted(spans, key=list(self.shape.fields).index)):
            plan.places[name] = Place(serial=True, step=_APART, offset=number * (_APART // 3))
        return bool(spans)

    def _is_wide(self, name: str) -> bool:
        each = self.shape.fields[name]
        return self.maker.radix(each, self.domains[name]) is None or each.type.plain == "date"

    def _carried(self, plan: Plan, unique: Unique) -> bool:
        """A column with room for a number of each row's own."""
        read = {column for check in self.rest for column in check.columns}
        wide = [
            name
            for name in unique.columns
            if name not in self.linked
            and self.maker.radix(self.shape.fields[name], self.domains[name]) is None
            and self.shape.fields[name].type.plain not in ("bool", "json")
            and self.shape.fields[name].generated is None
        ]
        if not wide:
            return False

        def worth(name: str) -> tuple[bool, bool, int]:
            each = self.shape.fields[name]
            plain = each.type.plain
            return name in read, each.nullable, _WIDE.index(plain) if plain in _WIDE else len(_WIDE)

        plan.places[min(wide, key=worth)] = Place(serial=True)
        return True

    def _counted(self, plan: Plan, unique: Unique) -> None:
        """Columns with few values: every combination in turn."""
        parents = [key for key in self.shape.keys if set(key.columns) & set(unique.columns) and key.name in self.keys]
        inside = [key for key in parents if set(unique.columns) == set(key.columns)]
        if inside:
            if not any(key.name in plan.single for key in parents):
                plan.single.add(inside[0].name)
            return
        if any(key.name in plan.single for key in parents):
            return
        parts = [(("key", key.name), self.keys[key.name].count) for key in parents]
        for name in unique.columns:
            size = None if name in self.linked else self.maker.radix(self.shape.fields[name], self.domains[name])
            if size is not None:
                parts.append((("column", name), size))
        total = 1
        for _, size in parts:
            total *= max(size, 1)
        if not 0 < total <= _RADIX_MAX:
            return
        prime = next(each for each in (_PRIME, 1_299_709, 1) if each == 1 or total % each)
        place, below = f"({NUMBER} * {prime} % {total})", 1
        for part, size in parts:
            if part not in plan.digits:
                plan.digits[part] = f"({place} / {below} % {max(size, 1)})"
            below *= max(size, 1)
