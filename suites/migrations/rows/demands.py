"""What a check asks of a row: the ways in which it can be made true, each a list of demands on single columns.

`status <> 'closed' OR balance = 0` has two ways: another status, or no balance. `a + b = c` has three. Wherever a
form is not known, the way is to draw the columns anew: PostgreSQL says in the end whether a row passes.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from suites.migrations.rows.expressions import Node, unquoted
from suites.migrations.rows.tables import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from suites.migrations.rows.tables import Check, Shape

WAYS_MAX = 16
_INVERSE = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_SWAPPED = {"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
_TRUTHS = frozenset({"compare", "and", "or", "not", "is null", "is not null", "any", "all", "true", "false"})
_LENGTHS = frozenset({"length", "char_length", "character_length", "octet_length"})
_PATTERNS = frozenset({"~", "~*", "~~", "~~*"})
_TRIMS = frozenset({"btrim", "trim", "lower", "upper"})


@dataclass(frozen=True)
class Demand:
    """kind: null, some (not null), set, pick, low, high, redo, pattern, shorter, longer.

    sql: the value, bound, array, pattern or length. strict: a bound that is not itself allowed.
    unless: a condition under which the column may stay as it is; "" where the kind says it.
    """

    column: str
    kind: str
    sql: str = ""
    strict: bool = False
    unless: str = ""


Way = tuple[Demand, ...]


@dataclass
class Domain:
    """What checks say of one column alone. low and high: SQL, and as numbers where they are numbers."""

    low: str | None = None
    high: str | None = None
    low_number: Decimal | None = None
    high_number: Decimal | None = None
    low_strict: bool = False
    high_strict: bool = False
    picks: list[str] | None = None  # literals in SQL
    patterns: list[tuple[str, str]] = field(default_factory=list)  # operator, pattern
    length_min: int = 0
    length_max: int | None = None
    required: bool = False
    json: str | None = None  # "array", "object" …


def ways(node: Node, shape: Shape, *, want: bool = True) -> list[Way]:
    """How a condition becomes true (or false), the likeliest first; none where it can't.

    Null passes a check, so it counts as either.
    """
    return _Ways(shape).of(node, want)[:WAYS_MAX]


def domains(shape: Shape) -> tuple[dict[str, Domain], list[Check]]:
    """What checks say of columns alone, and those checks that say more than that."""
    found = {name: Domain() for name in shape.fields}
    rest = []
    for check in shape.checks:
        if check.tree is None:
            rest.append(check)
            continue
        parts = check.tree.parts if check.tree.kind == "and" else (check.tree,)
        absorbed = [_absorb(part, shape, found) for part in parts]
        if not all(absorbed):
            rest.append(check)
    return found, rest


def number(node: Node) -> Decimal | None:
    """A literal that is a number."""
    if node.core.kind != "literal":
        return None
    text = node.core.name
    try:
        return Decimal(unquoted(text) if text.endswith("'") else text)
    except InvalidOperation:
        return None


class _Ways:
    def __init__(self, shape: Shape) -> None:
        self.shape = shape

    def columns(self, node: Node) -> list[str]:
        return [name for name in sorted(node.columns) if name in self.shape.fields]

    def bare(self, node: Node) -> str | None:
        """The column that this is, whatever it is cast to."""
        core = node.core
        return core.name if core.kind == "column" and core.name in self.shape.fields else None

    def of(self, node: Node, want: bool) -> list[Way]:
        """The ways to make this true, or false; by drawing its columns anew where its form says nothing."""
        read = _READERS.get(node.kind)
        found = read(self, node, want) if read else None
        return self.redo(node.text if want else f"NOT ({node.text})", node) if found is None else found

    def joined(self, node: Node, want: bool) -> list[Way]:
        parts = [self.of(part, want) for part in node.parts]
        return _all_of(parts) if (node.kind == "and") == want else _one_of(parts)

    def negated(self, node: Node, want: bool) -> list[Way]:
        return self.of(node.parts[0], not want)

    def constant(self, node: Node, want: bool) -> list[Way]:
        return [()] if node.kind == "null" or (node.kind == "true") == want else []

    def tested(self, node: Node, want: bool) -> list[Way]:
        return self.of(node.parts[0], want == (node.kind in ("is true", "is not false")))

    def column(self, node: Node, want: bool) -> list[Way] | None:
        return [(Demand(node.name, "set", str(want).lower()),)] if node.name in self.shape.fields else None

    def distinct(self, node: Node, want: bool) -> list[Way]:
        return self.compare("=" if (node.kind == "not distinct") == want else "<>", *node.parts)

    def compared(self, node: Node, want: bool) -> list[Way]:
        return self.compare(node.name if want else _INVERSE[node.name], *node.parts)

    def matched(self, node: Node, want: bool) -> list[Way] | None:
        """A text that has to fit a pattern."""
        column = self.bare(node.parts[0])
        if node.name not in _PATTERNS or not want or column is None or node.parts[1].core.kind != "literal":
            return None
        return [(Demand(column, "pattern", node.name + node.parts[1].core.name),)]

    def redo(self, unless: str, *nodes: Node) -> list[Way]:
        return [(Demand(column, "redo", unless=unless),) for node in nodes for column in self.columns(node)]

    def null(self, node: Node, want: bool) -> list[Way]:
        want = want == (node.kind == "is null")
        column = self.bare(node.parts[0])
        if column is None:
            return self.redo(f"({node.parts[0].text}) IS {'' if want else 'NOT '}NULL", node)
        nullable = self.shape.fields[column].nullable
        if want:
            return [(Demand(column, "null"),)] if nullable else []
        return [(Demand(column, "some"),)] if nullable else [()]

    def case(self, node: Node, want: bool) -> list[Way]:
        found: list[Way] = []
        before: list[list[Way]] = []
        *branches, otherwise = node.parts
        for condition, value in zip(branches[::2], branches[1::2], strict=True):
            found += _all_of([*before, self.of(condition, True), self.of(value, want)])
            before.append(self.of(condition, False))
        return [*found, *_all_of([*before, self.of(otherwise, want)])]

    def member(self, node: Node, want: bool) -> list[Way]:
        """`column = any (list)` and `column <> all (list)`."""
        column, array = self.bare(node.parts[0]), node.parts[1]
        inside = want if (node.kind, node.name) == ("any", "=") else not want
        if column is None or self.columns(array) or (node.kind, node.name) not in {("any", "="), ("all", "<>")}:
            return self.redo(node.text if want else f"NOT ({node.text})", node)
        if inside:
            return [(Demand(column, "pick", array.text, unless=f"{node.parts[0].text} = ANY ({array.text})"),)]
        return [(Demand(column, "redo", unless=f"{node.parts[0].text} <> ALL ({array.text})"),)]

    def compare(self, operator: str, left: Node, right: Node) -> list[Way]:
        if self.truth(left) and self.truth(right) and operator in ("=", "<>"):
            return self.same_truth(left, right, operator == "=")
        for one, other, sign in ((left, right, operator), (right, left, _SWAPPED[operator])):
            counted = self.counted(sign, one, other)
            if counted is not None:
                return counted
        found: list[Way] = []
        # The right side first: it is the later one of `start < end` and the sum of `a + b = c`.
        for one, other, sign in ((right, left, _SWAPPED[operator]), (left, right, operator)):
            column = self.bare(one)
            if column is not None and (column not in other.columns or sign == "="):
                found.append((self.bound(column, sign, other.text),))
        if not found or operator == "=":
            found += self.isolated(operator, left, right)
        return found or self.redo(f"({left.text}) {operator} ({right.text})", left, right)

    def truth(self, node: Node) -> bool:
        if node.core.kind in _TRUTHS:
            return True
        column = self.bare(node)
        return column is not None and self.shape.fields[column].type.plain == "bool"

    def same_truth(self, left: Node, right: Node, same: bool) -> list[Way]:
        found: list[Way] = []
        for one, other in ((left, right), (right, left)):
            column = self.bare(one)
            if column is not None:
                found.append((Demand(column, "set", other.text if same else f"NOT ({other.text})"),))
        for truth in (True, False):
            found += _all_of([self.of(left, truth), self.of(right, truth == same)])
        return found

    def bound(self, column: str, operator: str, sql: str) -> Demand:
        if operator == "=":
            return Demand(column, "set", sql)
        if operator == "<>":
            return Demand(column, "redo", unless=f"{quoted(column)} <> {sql}")
        return Demand(column, "low" if operator[0] == ">" else "high", sql, strict=len(operator) == 1)

    def counted(self, operator: str, call: Node, other: Node) -> list[Way] | None:
        """Lengths, and how many of some columns are null; None for anything else."""
        limit = number(other)
        if call.core.kind != "call" or limit is None:
            return None
        if call.core.name in _LENGTHS:
            column = self.trimmed(call.core.parts[0]) if call.core.parts else None
            if column is None or self.shape.fields[column].type.category != "S":
                return None
            return [self.length(column, operator, int(limit))]
        if call.core.name in ("num_nonnulls", "num_nulls"):
            columns = [self.bare(part) for part in call.core.parts]
            if all(column is not None for column in columns):
                return self.nulls(operator, [c for c in columns if c], int(limit), call.core.name == "num_nulls")
        return None

    def trimmed(self, node: Node) -> str | None:
        core = node.core
        return self.trimmed(core.parts[0]) if core.kind == "call" and core.name in _TRIMS else self.bare(node)

    def length(self, column: str, operator: str, limit: int) -> Way:
        longer = Demand(column, "longer", str(limit + (operator == ">")))
        shorter = Demand(column, "shorter", str(limit - (operator == "<")))
        match operator[0], operator:
            case _, "=":
                return (shorter, longer)
            case _, "<>":
                return (Demand(column, "redo", unless=f"length({quoted(column)}) <> {limit}"),)
            case ">", _:
                return (longer,)
        return (shorter,)

    def nulls(self, operator: str, columns: Sequence[str], limit: int, of_nulls: bool) -> list[Way]:
        found = []
        for present in itertools.product((True, False), repeat=len(columns)):
            count = present.count(not of_nulls)
            holds = {"=": count == limit, "<>": count != limit, "<": count < limit, ">": count > limit}
            holds |= {"<=": count <= limit, ">=": count >= limit}
            if holds[operator] and all(
                here or self.shape.fields[column].nullable for column, here in zip(columns, present, strict=True)
            ):
                kinds = [(column, "some" if here else "null") for column, here in zip(columns, present, strict=True)]
                found.append(tuple(Demand(column, kind) for column, kind in kinds))
        return found

    def isolated(self, operator: str, left: Node, right: Node) -> list[Way]:
        """`a + b = c` solved for each column that stands in it by itself."""
        terms = [*_terms(left, 1), *_terms(right, -1)]
        if len(terms) < 3:
            return []
        found: list[Way] = []
        for at, (sign, term) in reversed(list(enumerate(terms))):
            column = self.bare(term)
            others = [each for number_, each in enumerate(terms) if number_ != at]
            if column is None or any(column in other.columns for _, other in others):
                continue
            rest = "".join(f" {'-' if each == sign else '+'} ({other.text})" for each, other in others)
            found.append((self.bound(column, operator if sign > 0 else _SWAPPED[operator], f"(0{rest})"),))
        return found


_READERS: Mapping[str, Callable[[_Ways, Node, bool], list[Way] | None]] = {
    "and": _Ways.joined,
    "or": _Ways.joined,
    "not": _Ways.negated,
    **dict.fromkeys(("true", "false", "null"), _Ways.constant),
    **dict.fromkeys(("is null", "is not null"), _Ways.null),
    **dict.fromkeys(("is true", "is not true", "is false", "is not false"), _Ways.tested),
    "column": _Ways.column,
    "case": _Ways.case,
    "distinct": _Ways.distinct,
    "not distinct": _Ways.distinct,
    "compare": _Ways.compared,
    "any": _Ways.member,
    "all": _Ways.member,
    "operator": _Ways.matched,
}


def _terms(node: Node, sign: int) -> list[tuple[int, Node]]:
    """The terms of a sum, with their signs."""
    if node.kind == "operator" and node.name in ("+", "-"):
        left, right = node.parts
        return [*_terms(left, sign), *_terms(right, sign if node.name == "+" else -sign)]
    return [(sign, node)]


def _one_of(parts: Iterable[list[Way]]) -> list[Way]:
    """Turn by turn from each, so that none is cut off by the limit."""
    turns = itertools.zip_longest(*parts)
    return [way for turn in turns for way in turn if way is not None][: WAYS_MAX * 2]


def _all_of(parts: Iterable[list[Way]]) -> list[Way]:
    found: list[Way] = [()]
    for part in parts:
        found = [(*way, *more) for way, more in itertools.islice(itertools.product(found, part), WAYS_MAX * 2)]
    return found


def _absorb(node: Node, shape: Shape, found: dict[str, Domain]) -> bool:
    """Whether a condition is on one column alone and its values will keep to it."""
    columns = node.columns & frozenset(shape.fields)
    if len(columns) != 1:
        return False
    (column,) = columns
    possible = ways(node, shape)
    if node.kind == "compare" and node.parts[0].core.name == "jsonb_typeof" and node.name == "=":
        literal = node.parts[1].core
        if literal.kind == "literal":
            found[column].json = unquoted(literal.name)
            return True
    if (node.kind, node.name) == ("operator", "<@") and node.parts[0].core.kind == "column":
        return _picked(node, found[column])
    if len(possible) != 1 or node.kind == "case":
        return False
    absorbed = [_absorbed(demand, node, found[column], shape) for demand in possible[0]]
    return all(absorbed)


def _absorbed(demand: Demand, node: Node, domain: Domain, shape: Shape) -> bool:
    kind = shape.fields[demand.column].type
    match demand.kind:
        case "some":
            domain.required = True
            return True
        case "pick":
            return _picked(node, domain)
        case "shorter":
            domain.length_max = min(int(demand.sql), domain.length_max or int(demand.sql))
            return node.kind == "compare"
        case "longer":
            domain.length_min = max(int(demand.sql), domain.length_min)
            return "btrim" not in node.text
        case "pattern":
            operator = demand.sql[: demand.sql.index("'")].rstrip("Ee")
            domain.patterns.append((operator, unquoted(demand.sql.removeprefix(operator))))
            return False  # a pattern's own meaning is PostgreSQL's to judge
        case "low" | "high" if kind.category in "ND" and node.kind == "compare":
            return _bounded(demand, node, domain, kind.category == "N")
    return False


def _bounded(demand: Demand, node: Node, domain: Domain, numeric: bool) -> bool:
    constant = node.parts[1] if node.parts[1].text == demand.sql else node.parts[0]
    if constant.text != demand.sql:
        return False
    value = number(constant)
    if numeric and value is None:
        return False
    if demand.kind == "low":
        if domain.low is None or (value is not None and domain.low_number is not None and value > domain.low_number):
            domain.low, domain.low_number, domain.low_strict = demand.sql, value, demand.strict
            return True
        return value is not None
    if domain.high is None or (value is not None and domain.high_number is not None and value < domain.high_number):
        domain.high, domain.high_number, domain.high_strict = demand.sql, value, demand.strict
        return True
    return value is not None


def _picked(node: Node, domain: Domain) -> bool:
    array = node.parts[1]
    while array.kind == "cast":
        array = array.parts[0]
    if array.kind != "array":
        return False
    texts = [part.text for part in array.parts]
    domain.picks = texts if domain.picks is None else [text for text in domain.picks if text in texts] or texts
    return True
