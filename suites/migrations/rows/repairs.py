"""Candidate rows brought closer to what checks ask for: where a row fails one, a way to make it true is drawn.

Each step is a layer of SQL around the one before. Taking a way may break another check; the checks are gone through
more than once, and what fails in the end is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from suites.migrations.rows import texts as rows_texts
from suites.migrations.rows.demands import Demand, Domain, ways
from suites.migrations.rows.expressions import Unreadable, unquoted, words
from suites.migrations.rows.tables import literal, quoted
from suites.migrations.rows.values import Dice, NoValues, Place, digits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from suites.migrations.rows.demands import Way
    from suites.migrations.rows.tables import Check, Field, Shape
    from suites.migrations.rows.values import Maker

WAY = '"cityos way"'
_MOMENTS = frozenset({"timestamptz", "timestamp"})
_EXACT = frozenset({"int2", "int4", "int8", "numeric"})


@dataclass
class Repairs:
    """For one table. spare: where a nullable foreign key's values can be had, by column; places: see rows_values."""

    shape: Shape
    domains: Mapping[str, Domain]
    maker: Maker
    places: Mapping[str, Place]
    spare: Mapping[str, str]
    linked: frozenset[str]  # columns of foreign keys: their values come from the parents alone

    def layers(self, inner: str, columns: Sequence[str], checks: Sequence[Check], turn: int) -> str:
        """The query around `inner` that repairs these checks, one after the other."""
        for check in checks:
            if check.tree is None:
                continue
            dice = self.maker.dice(check.name, str(turn))
            possible = ways(check.tree, self.shape)
            if not possible:
                continue
            choice = f"CASE {dice.below(2)} WHEN 0 THEN 0 ELSE {dice.below(len(possible))} END"
            broken = f"CASE WHEN ({check.text}) IS FALSE THEN {choice} ELSE -1 END AS {WAY}"
            inner = f"SELECT {', '.join(columns)}, {broken} FROM ({inner}) l OFFSET 0"
            plans = [self.steps(way, dice) for way in possible]
            for number in range(max(map(len, plans))):
                inner = self.layer(inner, columns, [plan[number] if number < len(plan) else {} for plan in plans])
        return inner

    def layer(self, inner: str, columns: Sequence[str], plans: Sequence[Mapping[str, str]]) -> str:
        changed: dict[str, list[str]] = {}
        for way, plan in enumerate(plans):
            for column, made in plan.items():
                changed.setdefault(quoted(column), []).append(f"WHEN {way} THEN {made}")
        parts = [
            f"CASE {WAY} {' '.join(changed[name])} ELSE {name} END AS {name}" if name in changed else name
            for name in columns
        ]
        return f"SELECT {', '.join(parts)}, {WAY} FROM ({inner}) l OFFSET 0"

    def steps(self, way: Way, dice: Dice) -> list[dict[str, str]]:
        """A way's assignments, in steps: one that reads what another of them changes comes after it."""
        steps: list[dict[str, str]] = [{}]
        for demands in _joined(way):
            made = self.assignment(demands, dice)
            if made is None:
                continue
            column = demands[0].column
            read = frozenset().union(*(_read(demand) for demand in demands))
            if column in steps[-1] or read & steps[-1].keys():
                steps.append({})
            steps[-1][column] = made
        return steps

    def assignment(self, demands: Sequence[Demand], dice: Dice) -> str | None:
        """A column's new value; None: it stays."""
        demand = demands[0]
        field = self.shape.fields[demand.column]
        if demand.kind == "null":
            return f"CAST(NULL AS {field.type.name})"
        if demand.kind in ("some", "redo"):
            other = self.again(field, dice)
            some = demand.kind == "some" and other is not None
            return f"coalesce({field.sql}, {other})" if some else other and _unless(demand, field.sql, other)
        if demand.column in self.linked:
            return None  # a value of one's own would refer to nothing
        if demand.kind in ("low", "high"):
            return self.bounded(field, demands, dice)
        return self.fitting(field, demand, dice) if demand.kind == "pattern" else self.exactly(field, demand, dice)

    def exactly(self, field: Field, demand: Demand, dice: Dice) -> str:
        """What the check itself says."""
        match demand.kind:
            case "pick":
                at = f"CAST({dice.below(9973)} % cardinality({demand.sql}) AS integer)"
                return _unless(demand, field.sql, f"CAST(({demand.sql})[1 + {at}] AS {field.type.name})")
            case "longer":
                return f"rpad({field.sql}, greatest({demand.sql}, length({field.sql})), 'x')"
            case "shorter":
                return f"left({field.sql}, {demand.sql})"
        return fitted(field, demand.sql)

    def again(self, field: Field, dice: Dice) -> str | None:
        """Another value for a column."""
        if field.name in self.linked or field.generated is not None:
            return self.spare.get(field.name)
        place = self.places.get(field.name, Place())
        moderate, nonzero = field.name in self.shape.arithmetic, field.name in self.shape.divisors
        try:
            made = self.maker.value(field, self.domains[field.name], dice, place, moderate=moderate, nonzero=nonzero)
        except NoValues:
            return None
        return fitted(field, made)

    def fitting(self, field: Field, demand: Demand, dice: Dice) -> str | None:
        if self.places.get(field.name, Place()).serial:
            return None
        operator = demand.sql[: demand.sql.index("'")].rstrip("Ee")
        found = rows_texts.samples(operator, unquoted(demand.sql.removeprefix(operator)), 30, dice.key())
        if not found:
            return None
        return f"CAST({dice.pick([literal(each) for each in found])} AS {field.type.name})"

    def bounded(self, field: Field, demands: Sequence[Demand], dice: Dice) -> str | None:
        """A value between bounds; as it is, where it lies between them."""
        name, kind, domain = field.sql, field.type.name, self.domains[field.name]
        lows = [f"CAST({demand.sql} AS {kind})" for demand in demands if demand.kind == "low"]
        highs = [f"CAST({demand.sql} AS {kind})" for demand in demands if demand.kind == "high"]
        strict = any(demand.strict for demand in demands)
        held = [
            f"{name} {('>' if demand.kind == 'low' else '<') + ('' if demand.strict else '=')} {demand.sql}"
            for demand in demands
        ]
        if domain.low is not None and highs:
            lows.append(f"CAST({domain.low} AS {kind})")
        if domain.high is not None and lows:
            highs.append(f"CAST({domain.high} AS {kind})")
        low, high = (
            f"{best}({', '.join(each)})" if each else "" for best, each in (("greatest", lows), ("least", highs))
        )
        made = (
            _between(field, low, high, dice, strict=strict)
            if low and high
            else _beside(field, low, high, dice, strict=strict)
        )
        return f"CASE WHEN {name} IS NULL OR {' AND '.join(held)} THEN {name} ELSE {fitted(field, made)} END"


def fitted(field: Field, sql: str) -> str:
    """A value as the column can hold it, but for its range: that is looked at before it is inserted."""
    kind = field.type
    if kind.plain == "numeric" and kind.modifier >= 4:
        return f"round(CAST({sql} AS numeric), {digits(kind.modifier)[1]})"
    if kind.plain in ("varchar", "bpchar") and kind.modifier > 4:
        return f"CAST(left(CAST({sql} AS text), {kind.modifier - 4}) AS {kind.name})"
    if kind.plain in _MOMENTS and kind.modifier >= 0:
        return f"CAST(date_trunc('second', {sql}) AS {kind.name})"
    return f"CAST({sql} AS {kind.name})"


def _between(field: Field, low: str, high: str, dice: Dice, *, strict: bool) -> str:
    """Somewhere between, both included unless `strict`."""
    kind = field.type.plain
    share = f"({dice.below(998)} + 1) / 1000.0" if strict else f"{dice.below(1001)} / 1000.0"
    if kind in ("int2", "int4", "int8", "date"):
        one = 1 if strict else 0
        span = f"CAST({high} - {low} - {2 * one} + 1 AS numeric)"
        step = f"floor({span} * {dice.below(1000)} / 1000.0)"
        return f"{low} + {one} + CAST({step} AS {'integer' if kind == 'date' else field.type.name})"
    if kind in ("float8", "float4"):
        return f"{low} + ({high} - {low}) * CAST({share} AS {field.type.name})"
    if kind in _EXACT or kind in _MOMENTS or kind in ("interval", "time"):
        return f"{low} + ({high} - {low}) * {share}"
    return low if not strict else high


def _beside(field: Field, low: str, high: str, dice: Dice, *, strict: bool) -> str:
    """A little above `low` or below `high`, whichever there is; sometimes the bound itself."""
    bound, sign = (low, "+") if low else (high, "-")
    match field.type.plain:
        case "int2" | "int4" | "int8":
            step = f"CAST(1 + {dice.below(100)} AS {field.type.name})"
        case "numeric":
            step = f"(1 + {dice.below(100_000)}) * {10.0 ** -digits(field.type.modifier)[1]:.15f}"
        case "float8" | "float4":
            step = f"CAST((1 + {dice.below(1000)}) / 8.0 AS {field.type.name})"
        case "timestamptz" | "timestamp" | "interval":
            step = f"(1 + {dice.below(100_000)}) * interval '1 minute'"
        case "date":
            step = f"CAST(1 + {dice.below(300)} AS integer)"
        case "text" | "varchar" | "bpchar":
            return f"{bound} || 'x'" if low else "''"
        case _:
            return bound
    beside = f"{bound} {sign} {step}"
    return beside if strict else f"CASE {dice.below(10)} WHEN 0 THEN {bound} ELSE {beside} END"


def _joined(way: Way) -> list[list[Demand]]:
    """Bounds on the same column together, unless another column changes in between that they read."""
    groups: list[list[Demand]] = []
    for demand in way:
        if demand.kind in ("low", "high"):
            earlier = next((group for group in groups if group[0].column == demand.column), None)
            if earlier and earlier[0].kind in ("low", "high") and not _read(demand) & {d.column for d in way}:
                earlier.append(demand)
                continue
        if demand.kind == "redo" and any(group[0] == demand for group in groups):
            continue
        groups.append([demand])
    return groups


def _read(demand: Demand) -> frozenset[str]:
    try:
        return words(f"{demand.sql} {demand.unless}") if demand.kind != "pattern" else frozenset()
    except Unreadable:
        return frozenset()


def _unless(demand: Demand, name: str, made: str) -> str:
    return f"CASE WHEN {demand.unless} THEN {name} ELSE {made} END" if demand.unless else made
