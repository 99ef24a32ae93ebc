"""Values in SQL: for a column of any type an expression of the row's number, the same for the same seed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from suites.migrations.rows import texts as rows_texts
from suites.migrations.rows.demands import Domain
from suites.migrations.rows.tables import literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from suites.migrations.rows.tables import Field, Type

NUMBER = '"cityos n"'  # the column with a candidate row's number
_LARGEST = {"int2": 2**15 - 1, "int4": 2**31 - 1, "int8": 2**63 - 1}
_EDGES = {"int2": 30_000, "int4": 1_000_000, "int8": 2**53 + 1}  # the last one is no double any more
_MODERATE = 1_000  # of columns that are calculated with: two of them multiplied fit into anything
_FINITE_MAX = 1_000_000
_SHORT = 12
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DAYS = 7_300
_MOMENTS = frozenset({"timestamptz", "timestamp", "date"})
_TEXTS = frozenset({"text", "varchar", "bpchar", "name", "citext"})
# Other types by name: {h} a number below 2^31 by hash, {n} one that no other row has, {b} 0 or 1,
# {x} 32 hexadecimal digits.
_OTHERS = {
    "uuid": "CAST({x} AS uuid)",
    "bytea": "decode({x}, 'hex')",
    "inet": "(inet '10.0.0.0' + {n})",
    "cidr": "CAST(network((inet '10.0.0.0' + {n})) AS cidr)",
    "macaddr": "CAST(left({x}, 12) AS macaddr)",
    "macaddr8": "CAST(left({x}, 16) AS macaddr8)",
    "interval": "({n} * interval '1 minute')",
    "time": "(time '00:00' + ({h} % 86400) * interval '1 second')",
    "timetz": "CAST(time '00:00' + ({h} % 86400) * interval '1 second' AS timetz)",
    "money": "CAST(CAST({h} AS numeric) / 100 AS money)",
    "xml": "xmlelement(name row, {n})",
    "tsvector": "to_tsvector('simple', 'row ' || {n})",
    "tsquery": "plainto_tsquery('simple', 'row ' || {n})",
    "point": "point({n}, {h} % 1000)",
    "line": "line(point({n}, 0), point({n} + 1, 1))",
    "lseg": "lseg(point({n}, 0), point({n} + 1, 1))",
    "box": "box(point({n}, 0), point({n} + 1, 1))",
    "path": "path(polygon(box(point({n}, 0), point({n} + 1, 1))))",
    "polygon": "polygon(box(point({n}, 0), point({n} + 1, 1)))",
    "circle": "circle(point({n}, 0), 1)",
    "oid": "CAST({h} AS oid)",
    "xid": "CAST(CAST({h} % 1000000 AS text) AS xid)",
    "pg_lsn": "(pg_lsn '0/0' + {n})",
    "regclass": "CAST('pg_class' AS regclass)",
    "bool": "({b} = 1)",
    "char": "chr(65 + CAST({h} % 26 AS integer))",
    "json": "('[' || {n} || ']')",
    "jsonb": "('[' || {n} || ']')",
    "jsonpath": "CAST('$.row' || {n} AS jsonpath)",
}


class NoValues(Exception):
    """A type that nothing is known of here."""


@dataclass(frozen=True)
class Place:
    """How a value keeps apart from other rows': `digit` of a number below the column's `radix`, or a serial.

    serial: a value of its own for each row, `step` units from the next; offset: in units, within the step.
    """

    digit: str | None = None
    serial: bool = False
    step: int = 1
    offset: int = 0


class Dice:
    """Numbers by hash from the row's number; each call gives another, whatever the server."""

    def __init__(self, seed: int, *names: str) -> None:
        self.name = "\0".join((str(seed), *names))
        self.rolls = 0

    def key(self) -> int:
        """A number of its own for each call."""
        self.rolls += 1
        digest = hashlib.blake2b(f"{self.name}\0{self.rolls}".encode(), digest_size=8).digest()
        return int.from_bytes(digest) >> 2

    def below(self, limit: int) -> str:
        """A number from 0 to limit - 1."""
        return f"abs(hashint8extended({NUMBER}, {self.key()}) % {limit})"

    def pick(self, values: Sequence[str]) -> str:
        """One of some SQL values."""
        return values[0] if len(values) == 1 else f"(ARRAY[{', '.join(values)}])[1 + {self.below(len(values))}]"


@dataclass
class Maker:
    """Values for the columns of a table. now: half of the times lie before it. numbers: how many rows are wanted."""

    seed: int
    table: str
    now: datetime
    numbers: int

    def dice(self, *names: str) -> Dice:
        return Dice(self.seed, self.table, *names)

    def radix(self, field: Field, domain: Domain) -> int | None:
        """How many values a column may have, where they are few enough to be counted."""
        kind = field.type
        if kind.plain == "bool":
            return 2
        if domain.picks is not None and not kind.array:
            return len(domain.picks)
        if kind.kind == "e":
            return len(kind.labels)
        if kind.plain in _LARGEST and domain.low_number is not None and domain.high_number is not None:
            low, high = _whole(domain, _LARGEST[kind.plain])
            return high - low + 1 if high - low < _FINITE_MAX else None
        if kind.plain == "date" and domain.low is None and domain.high is None:
            return _DAYS
        return {"time": 86_400}.get(kind.plain)

    def value(self, field: Field, domain: Domain, dice: Dice, place: Place, *, moderate: bool, nonzero: bool) -> str:
        """An expression that is never null, of the column's own type without its modifiers."""
        kind = field.type
        if domain.picks is not None and not kind.array:
            made = self.picked([f"CAST({each} AS {kind.name})" for each in domain.picks], dice, place)
        elif kind.kind == "e":
            made = self.picked([f"{literal(label)}::{kind.name}" for label in kind.labels], dice, place)
        elif kind.plain in _TEXTS:
            made = self.text(field, domain, dice, place)
        elif kind.plain in _LARGEST:
            made = self.whole(kind, domain, dice, place, moderate=moderate, nonzero=nonzero)
        elif kind.plain == "numeric":
            made = self.exact(kind, domain, dice, place, moderate=moderate, nonzero=nonzero)
        elif kind.plain in ("json", "jsonb"):
            made = self.json(field, domain, dice, place)
        elif kind.array:
            made = self.array(kind, domain, dice)
        else:
            made = self.plain(kind, domain, dice, place)
        return f"CAST({made} AS {kind.name})"

    def picked(self, values: Sequence[str], dice: Dice, place: Place) -> str:
        if not values:
            raise NoValues("no value at all")
        if place.digit is not None:
            return f"(ARRAY[{', '.join(values)}])[1 + {place.digit}]"
        return dice.pick(values)

    def plain(self, kind: Type, domain: Domain, dice: Dice, place: Place) -> str:
        """A value by type alone. Raises NoValues."""
        made = self.made_of(kind, domain, dice, place) or self.counted(kind, domain, dice, place)
        return made or self.other(kind, dice, place)

    def made_of(self, kind: Type, domain: Domain, dice: Dice, place: Place) -> str | None:
        """Of a type that consists of others."""
        if kind.array:
            return self.array(kind, domain, dice)
        if kind.kind == "e":
            return self.picked([f"{literal(label)}::{kind.name}" for label in kind.labels], dice, place)
        if kind.kind == "c":
            parts = [f"CAST({self.plain(part.base, Domain(), dice, place)} AS {part.name})" for part in kind.parts]
            return f"ROW({', '.join(parts)})"
        if kind.within is None:
            return None
        if kind.kind == "r":
            # Half open, from a value of its own: ranges of different rows don't overlap.
            ends = [self.plain(kind.within, Domain(), Dice(0, dice.name), part) for part in _halves(place)]
            return f"{kind.name}({', '.join(f'CAST({end} AS {kind.within.name})' for end in ends)})"
        return f"{kind.name}({self.plain(kind.within, domain, dice, place)})" if kind.kind == "m" else None

    def counted(self, kind: Type, domain: Domain, dice: Dice, place: Place) -> str | None:
        """Of a type whose values have an order and a distance."""
        if kind.plain in _MOMENTS:
            return self.moment(kind, domain, dice, place)
        if kind.plain in ("float8", "float4"):
            return self.inexact(domain, dice, place, kind.name)
        if kind.plain in _LARGEST:
            return self.whole(kind, domain, dice, place)
        return self.exact(kind, domain, dice, place) if kind.plain == "numeric" else None

    def other(self, kind: Type, dice: Dice, place: Place) -> str:
        """Of any other type that PostgreSQL has."""
        if kind.plain in _TEXTS:
            return dice.pick([literal(text) for text in rows_texts.PLAIN])
        if kind.plain in ("bit", "varbit"):
            width = kind.modifier if kind.modifier > 0 else 1 if kind.plain == "bit" else 16
            return f"CAST(({dice.below(2**31)}) AS bit({width}))"
        if kind.plain == "vector" and kind.modifier > 0:
            return f"('[' || repeat({dice.below(100)} / 64.0 || ',', {kind.modifier - 1}) || '1]')"
        if kind.plain not in _OTHERS:
            raise NoValues(f"the type {kind.plain}")
        number, by_hash, key = f"({NUMBER} * {place.step})", dice.below(2**31 - 1), dice.key()
        return _OTHERS[kind.plain].format(
            h=by_hash, n=number, x=f"md5({NUMBER} || '/{key}')", b=place.digit or f"{by_hash} % 2"
        )

    def whole(
        self, kind: Type, domain: Domain, dice: Dice, place: Place, *, moderate: bool = False, nonzero: bool = False
    ) -> str:
        low, high = _whole(domain, _LARGEST[kind.plain])
        if place.digit is not None:
            return f"{low} + {place.digit}"
        if place.serial:
            return f"{max(low, 1)} + {NUMBER} * {place.step} + {place.offset}"
        low = max(low, 1) if nonzero and high > 0 else low
        usual = f"{low} + {dice.below(min(high - low, _MODERATE) + 1)}"
        if moderate:
            return usual
        edges = [str(low), str(max(low, min(high, low + _EDGES[kind.plain])))]
        return f"CASE {dice.below(20)} WHEN 0 THEN {edges[0]} WHEN 1 THEN {edges[1]} ELSE {usual} END"

    def exact(
        self, kind: Type, domain: Domain, dice: Dice, place: Place, *, moderate: bool = False, nonzero: bool = False
    ) -> str:
        """Amounts: zero, whole, with two decimals, with all the digits that the type has."""
        precision, scale = digits(kind.modifier)
        unit = Decimal(1).scaleb(-scale)
        low = domain.low_number if domain.low_number is not None else Decimal(0)
        low += unit if domain.low_strict else 0
        largest = Decimal(10) ** (precision - scale) - unit
        high = (
            min(domain.high_number - (unit if domain.high_strict else 0), largest)
            if domain.high_number is not None
            else largest
        )
        if domain.low_number is None and high < 0:
            low = high - _MODERATE
        if place.serial:
            return f"{low + 1} + {NUMBER} * {place.step} + {place.offset}"
        if nonzero and low == 0:
            low = unit
        room = max(high - low, Decimal(0))
        steps = min(int(min(room, Decimal(_MODERATE)) / unit), 10**15)
        usual = f"{low:f} + {dice.below(steps + 1)} * {unit:f}"
        if moderate:
            return usual
        coarse = f"{low:f} + round({dice.below(int(min(room, Decimal(100_000))) * 100 + 1)} * 0.01, {min(scale, 2)})"
        edges = f"WHEN 0 THEN {low:f} WHEN 1 THEN {high:f} WHEN 2 THEN {usual} WHEN 3 THEN {usual} WHEN 4 THEN {usual}"
        return f"CASE {dice.below(20)} {edges} ELSE least({coarse}, {high:f}) END"

    def inexact(self, domain: Domain, dice: Dice, place: Place, name: str) -> str:
        """Floats that have no exact decimal."""
        low = domain.low_number if domain.low_number is not None else Decimal(0)
        high = domain.high_number if domain.high_number is not None else low + 1_000_000
        if place.serial:
            return f"{low:f} + {NUMBER} * {place.step} + {place.offset} + 0.1"
        usual = f"{low:f} + CAST(1 + {dice.below(99_998)} AS {name}) / 100000 * {high - low:f}"
        edge = f"least(CAST(0.1 AS {name}) + CAST({low:f} AS {name}) + CAST(0.2 AS {name}), {high:f})"
        zero = f"{low:f}" if not domain.low_strict else usual
        return f"CASE {dice.below(20)} WHEN 0 THEN {zero} WHEN 1 THEN {edge} ELSE {usual} END"

    def moment(self, kind: Type, domain: Domain, dice: Dice, place: Place) -> str:
        """Times before and after now, to the microsecond; dates likewise."""
        now = f"CAST('{self.now.isoformat()}' AS timestamptz)"
        base = now if kind.plain == "timestamptz" else f"CAST(({now} AT TIME ZONE 'UTC') AS {kind.name})"
        day = kind.plain == "date"
        start = f"CAST({domain.low} AS {kind.name})" if domain.low else base
        back = 0 if domain.low else self.numbers // 2
        if place.digit is not None:
            return f"{base} - {_DAYS // 2} + CAST({place.digit} AS integer)"
        if place.serial:
            units = f"({NUMBER} - {back}) * {place.step} + {place.offset}"
            return (
                f"{start} + CAST({units} AS integer)"
                if day
                else f"{start} + ({units} + 1) * interval '7 minutes 1 microsecond'"
            )
        if domain.low and domain.high:
            share = f"({dice.below(998)} + 1) / 1000.0"
            span = f"(CAST({domain.high} AS {kind.name}) - {start})"
            return f"{start} + CAST({span} * {share} AS integer)" if day else f"{start} + {span} * {share}"
        if domain.low or domain.high:
            bound, sign = (domain.low, "+") if domain.low else (domain.high, "-")
            reach = (
                f"CAST(1 + {dice.below(700)} AS integer)" if day else f"(1 + {dice.below(10**9)}) * interval '61 ms'"
            )
            return f"CAST({bound} AS {kind.name}) {sign} {reach}"
        if day:
            return f"{base} + CAST({dice.below(1_461)} - 730 AS integer)"
        leap = f"CAST('2024-02-29 23:59:59.999999{'+00' if kind.plain == 'timestamptz' else ''}' AS {kind.name})"
        usual = f"{base} + ({dice.below(2 * 10**9)} - 1000000000) * interval '63 ms 1 microsecond'"
        return f"CASE {dice.below(50)} WHEN 0 THEN {leap} ELSE {usual} END"

    def text(self, field: Field, domain: Domain, dice: Dice, place: Place) -> str:
        limit = domain.length_max if domain.length_max is not None else 10_000
        if field.type.plain in ("varchar", "bpchar") and field.type.modifier > 4:
            limit = min(limit, field.type.modifier - 4)
        limit = min(limit, 63) if field.type.plain == "name" else limit
        for operator, pattern in domain.patterns:
            count = min(self.numbers * 2, 20_000) if place.serial else 60
            fitting = rows_texts.samples(operator, pattern, count, dice.key(), (domain.length_min, limit))
            if fitting:
                at = f"{NUMBER} % {len(fitting)}" if place.serial else dice.below(len(fitting))
                return f"(ARRAY[{', '.join(literal(each) for each in fitting)}])[1 + {at}]"
        made = self.words(field, dice, place, limit)
        if domain.length_min > 0 and (not place.serial or domain.length_min > 1):
            made = f"rpad({made}, greatest({domain.length_min}, length({made})), 'x')"
        elif domain.length_min == 0 and not place.serial and not _is_key(field.name):
            made = f"CASE {dice.below(25)} WHEN 0 THEN '' ELSE {made} END"
        return f"left({made}, {limit})" if limit < 10_000 else made

    def words(self, field: Field, dice: Dice, place: Place, limit: int) -> str:
        """By the column's name where that says something; else whatever people write."""
        name = field.name.lower()
        number = f"{NUMBER}" if place.serial else dice.below(100_000)
        if place.serial and limit < _SHORT:
            powers = [
                f"substr('{_DIGITS}', 1 + CAST({NUMBER} / {36**power} % 36 AS integer), 1)" for power in range(limit)
            ]
            return f"({' || '.join(reversed(powers))})"
        if _is_key(name):
            return f"(left(md5({dice.key()} || '/' || {number}), 12) || lpad(to_hex({number}), 8, '0'))"
        if not place.serial:
            found = next((values for word, values in rows_texts.PICKS.items() if word in name), None)
            if found:
                return dice.pick([literal(each) for each in found])
        form = next((parts for word, parts in rows_texts.FORMS.items() if word in name.split("_")), None)
        if form:
            return f"({literal(form[0])} || {number} || {literal(form[1])})"
        plain = dice.pick([literal(text) for text in rows_texts.PLAIN])
        if place.serial:
            return f"(left({plain}, {min(limit, 40) - 11}) || ' ' || {number})"
        if field.default and field.default.startswith("'") and field.default != "''::text":
            return f"CASE {dice.below(2)} WHEN 0 THEN {field.default} ELSE {plain} END"
        return plain

    def json(self, field: Field, domain: Domain, dice: Dice, place: Place) -> str:
        number = NUMBER if place.serial else dice.below(10_000)
        match domain.json or ("array" if (field.default or "").startswith("'[") else "object"):
            case "array":
                return f"CASE {dice.below(5)} WHEN 0 THEN '[]' ELSE '[' || {number} || ', 0.1, \"محفظة\"]' END"
            case "string":
                return f"to_json('نص ' || {number})::text"
            case "number":
                return f"({number})::text"
            case "boolean":
                return dice.pick(["'true'", "'false'"])
            case "null":
                return "'null'"
        fields = (
            f"""'{{"number": ' || {number} || ', "اسم": "قهوة ☕", "amount": 0.10, "empty": null, "list": [1, ""]}}'"""
        )
        return fields if place.serial else f"CASE {dice.below(8)} WHEN 0 THEN '{{}}' ELSE {fields} END"

    def array(self, kind: Type, domain: Domain, dice: Dice) -> str:
        assert kind.within is not None
        element = kind.within.base
        if domain.picks:
            parts = [f"CAST({dice.pick(domain.picks)} AS {element.name})" for _ in range(2)]
        else:
            parts = [f"CAST({self.plain(element, Domain(), dice, Place())} AS {element.name})" for _ in range(2)]
        some = f"ARRAY[{parts[0]}]", f"ARRAY[{', '.join(parts)}]"
        empty = "ARRAY[]" if domain.length_min == 0 else some[0]
        empty = f"CAST({empty} AS {element.name}[])"
        return f"CASE {dice.below(4)} WHEN 0 THEN {empty} WHEN 1 THEN {some[0]} ELSE {some[1]} END"


def digits(modifier: int) -> tuple[int, int]:
    """A numeric's precision and scale; for one without, more digits than a double has."""
    if modifier < 4:
        return 24, 8
    scale = (modifier - 4) & 0x7FF
    return (modifier - 4) >> 16 & 0xFFFF, scale - 2048 if scale > 1023 else scale


def _whole(domain: Domain, largest: int) -> tuple[int, int]:
    """The smallest and the largest whole number that a column may have."""
    low = 0
    high = largest
    if domain.high_number is not None:
        high = min(int(domain.high_number.to_integral_value("ROUND_FLOOR")), largest)
        high -= domain.high_strict and high == domain.high_number
    if domain.low_number is not None:
        low = int(domain.low_number.to_integral_value("ROUND_CEILING"))
        low += domain.low_strict and low == domain.low_number
    elif high < 0:
        low = high - _MODERATE
    return low, max(low, high)


def _halves(place: Place) -> tuple[Place, Place]:
    step = max(place.step, 10)
    return Place(serial=True, step=step, offset=0), Place(serial=True, step=step, offset=step // 2)


def _is_key(name: str) -> bool:
    return name.lower() == "id" or name.lower().endswith(("_id", "_uuid"))
