"""PostgreSQL's expressions as its catalog prints them (pg_get_expr), as a tree: enough to see what a check asks for.

The printed form has parentheses around everything and a cast on every literal, so a small parser with PostgreSQL's
order of precedence reads all of it. Whatever it can't read is left as text by those who ask: a check is always
evaluated by PostgreSQL itself, the tree only says where to look for rows that pass.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>[Ee]?'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)
    | (?P<word>[^\W\d][\w$]*)
    | (?P<mark>::|[()\[\],.:])
    | (?P<operator>[-+*/<>=~!@\#%^&|`?]+))""",
    re.VERBOSE,
)
_COMPARING = frozenset({"=", "<>", "<", ">", "<=", ">="})
_SUMS, _PRODUCTS = frozenset("+-"), frozenset("*/%")
_OR, _AND, _NOT, _IS, _COMPARE, _OTHER, _SUM, _PRODUCT, _SIGN = 1, 2, 3, 4, 5, 7, 8, 9, 11
_IN_CALLS = frozenset({"from", "for", "in", "placing", "both", "leading", "trailing"})  # extract(year from x)
_LONG_TYPES = {
    "double": ("precision",),
    "character": ("varying",),
    "bit": ("varying",),
    "timestamp": ("without time zone", "with time zone"),
    "time": ("without time zone", "with time zone"),
}
_DEPTH_MAX = 200


class Unreadable(Exception):
    """An expression in a form that this parser does not know."""


@dataclass(frozen=True)
class Node:
    """kind: column, literal, null, true, false, cast, and, or, not, is null, compare, any, all, array, call, case, …

    text: its part of the source, to be used in SQL as it is. name: a column's, function's or operator's.
    parts: of a case: condition, value, …, else (`null` where there is none).
    """

    kind: str
    text: str
    name: str = ""
    parts: tuple[Node, ...] = ()

    def walk(self) -> Iterator[Node]:
        """The node and all below."""
        yield self
        for part in self.parts:
            yield from part.walk()

    @property
    def columns(self) -> frozenset[str]:
        """Those that it reads; a word that is no column may be among them."""
        return frozenset(node.name for node in self.walk() if node.kind == "column")

    @property
    def core(self) -> Node:
        """Without the casts around it."""
        return self.parts[0].core if self.kind == "cast" else self


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def parse(source: str) -> Node:
    """The tree of an expression. Raises Unreadable."""
    reader = _Reader(source)
    node = reader.expression(0)
    if reader.peek().kind != "end":
        raise Unreadable(f"{reader.peek().text!r} in {source}")
    return node


def words(source: str) -> frozenset[str]:
    """Every word and quoted name outside texts: those of a table's columns are the columns that it reads."""
    return frozenset(
        token.text[1:-1].replace('""', '"') if token.kind == "quoted" else token.text
        for token in _tokens(source)
        if token.kind in ("word", "quoted")
    )


def unquoted(literal: str) -> str:
    """What a text literal stands for."""
    if literal[0] in "Ee":
        return literal[2:-1].replace("''", "'").replace("\\\\", "\\")
    return literal[1:-1].replace("''", "'")


def _tokens(source: str) -> list[_Token]:
    found, position = [], 0
    while position < len(source.rstrip()):
        match = _TOKEN.match(source, position)
        if match is None or match.lastgroup is None:
            raise Unreadable(source[position : position + 20])
        found.append(_Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup), match.end()))
        position = match.end()
    return [*found, _Token("end", "", len(source), len(source))]


class _Reader:
    """A parser by precedence: each method begins at the next token and ends behind what it read."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.tokens = _tokens(source)
        self.at = 0
        self.depth = 0

    def peek(self, ahead: int = 0) -> _Token:
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def word(self, ahead: int = 0) -> str:
        token = self.peek(ahead)
        return token.text.lower() if token.kind == "word" else ""

    def take(self, text: str | None = None) -> _Token:
        token = self.peek()
        if token.kind == "end" or (text is not None and token.text.lower() != text):
            raise Unreadable(f"{token.text!r} where {text or 'more'} was expected: {self.source}")
        self.at += 1
        return token

    def skip(self, *texts: str) -> bool:
        """Take these tokens if they come next, all of them."""
        if any(self.peek(number).text.lower() != text for number, text in enumerate(texts)):
            return False
        self.at += len(texts)
        return True

    def made(self, kind: str, start: int, name: str = "", parts: Sequence[Node] = ()) -> Node:
        return Node(kind, self.source[start : self.tokens[self.at - 1].end], name, tuple(parts))

    def expression(self, power: int) -> Node:
        self.depth += 1
        if self.depth > _DEPTH_MAX:
            raise Unreadable("too deep")
        start = self.peek().start
        left = self.beginning(start)
        while (more := self.continued(left, start, power)) is not None:
            left = more
        self.depth -= 1
        return left

    def beginning(self, start: int) -> Node:
        token = self.take()
        if token.kind == "text":
            return self.made("literal", start, token.text)
        if token.kind == "number":
            return self.made("literal", start, token.text)
        if token.kind == "operator":
            inner = self.expression(_SIGN)
            if token.text == "-" and inner.kind == "literal":
                return self.made("literal", start, f"-{inner.name}")
            return self.made("sign", start, token.text, [inner])
        if token.text == "(":
            return self.parenthesised(start)
        if token.kind == "quoted":
            return self.named(start, token.text[1:-1].replace('""', '"'))
        if token.kind == "word":
            return self.keyword(start, token)
        raise Unreadable(f"{token.text!r} in {self.source}")

    def parenthesised(self, start: int) -> Node:
        parts = [self.expression(0)]
        while self.skip(","):
            parts.append(self.expression(0))
        self.take(")")
        if len(parts) > 1:
            return self.made("row", start, "", parts)
        (inner,) = parts
        return Node(inner.kind, self.source[start : self.tokens[self.at - 1].end], inner.name, inner.parts)

    def keyword(self, start: int, token: _Token) -> Node:
        word = token.text.lower()
        if word in ("null", "true", "false"):
            return self.made(word, start)
        if word == "not":
            return self.made("not", start, "", [self.expression(_NOT)])
        if word == "array" and self.skip("["):
            return self.made("array", start, "", self.listed("]"))
        if word == "row" and self.skip("("):
            return self.made("row", start, "", self.listed(")"))
        if word == "case":
            return self.case(start)
        return self.named(start, token.text)

    def named(self, start: int, name: str) -> Node:
        """A column, or a function with what it is called with; a qualified one by its last name."""
        while self.skip("."):
            last = self.take()
            name = last.text[1:-1] if last.kind == "quoted" else last.text
        if self.skip("("):
            return self.made("call", start, name.lower(), self.listed(")"))
        return self.made("column", start, name)

    def listed(self, end: str) -> list[Node]:
        parts = []
        while not self.skip(end):
            if self.word() in _IN_CALLS or self.peek().text == ",":
                self.take()
                continue
            parts.append(self.expression(_IS if self.word(1) == "in" else 0))
        return parts

    def case(self, start: int) -> Node:
        subject = None if self.word() == "when" else self.expression(0)
        parts: list[Node] = []
        while self.skip("when"):
            condition = self.expression(0)
            self.take("then")
            if subject is not None:
                text = f"({subject.text} = {condition.text})"
                condition = Node("compare", text, "=", (subject, condition))
            parts += [condition, self.expression(0)]
        parts.append(self.expression(0) if self.skip("else") else Node("null", "NULL"))
        self.take("end")
        return self.made("case", start, "", parts)

    def continued(self, left: Node, start: int, power: int) -> Node | None:
        """What comes behind `left` and binds tighter than `power`; None: nothing."""
        token, word = self.peek(), self.word()
        if word in ("and", "or"):
            return self.joined(left, start, power, word)
        if word == "is" and power < _IS:
            return self.tested(left, start)
        if word in ("collate", "at") or token.text in ("::", "[", "."):
            return self.attached(left, start)
        if token.kind == "operator" and power < _power(token.text):
            self.take()
            return self.compared(left, start, token.text)
        return None

    def attached(self, left: Node, start: int) -> Node:
        """What binds tightest: casts, elements, fields, collations and time zones."""
        match self.take().text.lower():
            case "::":
                return self.made("cast", start, self.type_name(), [left])
            case "[":
                return self.made("element", start, "", [left, *self.subscripts()])
            case ".":
                return self.made("field", start, self.take().text, [left])
            case "collate":
                self.expression(_SIGN)
                return self.made("collate", start, "", [left])
        self.take("time")
        self.take("zone")
        return self.made("at time zone", start, "", [left, self.expression(_SIGN)])

    def subscripts(self) -> list[Node]:
        parts = []
        while not self.skip("]"):
            if not self.skip(":"):
                parts.append(self.expression(0))
        return parts

    def joined(self, left: Node, start: int, power: int, word: str) -> Node | None:
        own = _AND if word == "and" else _OR
        if power >= own:
            return None
        parts = [left]
        while self.skip(word):
            parts.append(self.expression(own))
        return self.made(word, start, "", parts)

    def tested(self, left: Node, start: int) -> Node:
        self.take("is")
        negated = self.skip("not")
        if self.skip("null"):
            return self.made("is not null" if negated else "is null", start, "", [left])
        if self.skip("distinct", "from"):
            other = self.expression(_IS)
            return self.made("not distinct" if negated else "distinct", start, "", [left, other])
        word = self.take().text.lower()
        if word in ("true", "false", "unknown"):
            return self.made(f"is {'not ' if negated else ''}{word}", start, "", [left])
        raise Unreadable(f"IS {word} in {self.source}")

    def compared(self, left: Node, start: int, operator: str) -> Node:
        if self.word() in ("any", "all") and self.peek(1).text == "(":
            kind = self.take().text.lower()
            self.take("(")
            other = self.expression(0)
            self.take(")")
            return self.made(kind, start, operator, [left, other])
        other = self.expression(_power(operator))
        return self.made("compare" if operator in _COMPARING else "operator", start, operator, [left, other])

    def type_name(self) -> str:
        start = self.peek().start
        first = self.take().text
        while self.skip("."):
            first = self.take().text
        self.modifiers()
        for rest in _LONG_TYPES.get(first.lower(), ()):
            if self.skip(*rest.split()):
                break
        self.modifiers()
        while self.peek().text == "[" and self.peek(1).text == "]":
            self.at += 2
        return self.source[start : self.tokens[self.at - 1].end]

    def modifiers(self) -> None:
        if self.skip("("):
            while not self.skip(")"):
                self.take()


def _power(operator: str) -> int:
    if operator in _COMPARING:
        return _COMPARE
    if operator in _SUMS:
        return _SUM
    return _PRODUCT if operator in _PRODUCTS else _OTHER
