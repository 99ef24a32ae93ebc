"""PostgreSQL's expressions as its catalog prints them (pg_get_expr), as a tree: enough to see what a check asks for.

Read by PostgreSQL's own parser (pglast). What it can't read, and forms that nobody here looks for, stay text: a check
is always evaluated by PostgreSQL itself, the tree only says where to look for rows that pass.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pglast
from pglast import ast, enums
from pglast.stream import RawStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_WORD = re.compile(r"""[Ee]?'(?:[^']|'')*' | "(?P<quoted>(?:[^"]|"")*)" | (?P<word>[^\W\d][\w$]*)""", re.VERBOSE)
_COMPARING = frozenset({"=", "<>", "<", ">", "<=", ">="})
_TREES_MAX = 10_000  # kept: a history has the same checks from one step to the next
_SIMPLE = frozenset({"column", "literal", "null", "true", "false", "call", "array"})  # no operator stands in them alone
_JOINED = dict(zip(enums.BoolExprType, ("and", "or", "not"), strict=True))
_NULLS = dict(zip(enums.NullTestType, ("is null", "is not null"), strict=True))
_TRUTHS = {each: each.name.lower().replace("_", " ") for each in enums.BoolTestType}
_FORMS = {
    enums.A_Expr_Kind.AEXPR_OP_ANY: "any",
    enums.A_Expr_Kind.AEXPR_OP_ALL: "all",
    enums.A_Expr_Kind.AEXPR_DISTINCT: "distinct",
    enums.A_Expr_Kind.AEXPR_NOT_DISTINCT: "not distinct",
}


class Unreadable(Exception):
    """What is no expression."""


@dataclass(frozen=True)
class Node:
    """kind: column, literal, null, true, false, cast, and, or, not, is null, compare, any, all, array, call, case, …

    text: the same in SQL, to be put anywhere. name: a column's, function's or operator's; of a literal its text.
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


@functools.lru_cache(maxsize=_TREES_MAX)
def parse(source: str) -> Node:
    """The tree of an expression. Raises Unreadable."""
    try:
        statements: Any = pglast.parse_sql(f"SELECT {source}")
        ((target,),) = (each.stmt.targetList for each in statements)
    except (pglast.Error, ValueError, TypeError) as wrong:
        raise Unreadable(f"{source}: {wrong}") from None
    return _node(target.val)


@functools.lru_cache(maxsize=_TREES_MAX)
def words(source: str) -> frozenset[str]:
    """Every word and quoted name outside texts: those of a table's columns are the columns that it reads."""
    found = (match["word"] or (match["quoted"] or "").replace('""', '"') for match in _WORD.finditer(source))
    return frozenset(found) - {""}


def unquoted(literal: str) -> str:
    """What a text literal stands for."""
    if literal[0] in "Ee":
        return literal[2:-1].replace("''", "'").replace("\\\\", "\\")
    return literal[1:-1].replace("''", "'")


Read = tuple[str, str, "list[Any]"]


def _node(tree: Any) -> Node:
    reader = _READERS.get(type(tree))
    kind, name, parts = reader(tree) if reader else (type(tree).__name__, "", _below(tree))
    text: str = RawStream()(tree)
    return Node(kind, text if kind in _SIMPLE else f"({text})", name, tuple(_node(part) for part in parts))


def _below(tree: Any) -> list[Any]:
    """The expressions of a form that nobody asks for, so that what it reads is known."""
    return [part for name in tree for part in _expressions(getattr(tree, name))]


def _expressions(value: Any) -> list[Any]:
    if isinstance(value, tuple):
        return [part for each in value for part in _expressions(each)]
    if isinstance(value, ast.A_Indices):
        return _below(value)
    return [value] if isinstance(value, ast.Node) and not isinstance(value, (ast.TypeName, ast.String)) else []


def _constant(tree: Any) -> Read:
    if tree.isnull:
        return "null", "", []
    if isinstance(tree.val, ast.Boolean):
        return "true" if tree.val.boolval else "false", "", []
    return "literal", RawStream()(tree), []


def _operation(tree: Any) -> Read:
    name, parts = tree.name[-1].sval, _expressions((tree.lexpr, tree.rexpr))
    if tree.kind in _FORMS:
        return _FORMS[tree.kind], name, parts
    if tree.lexpr is None:
        number = name == "-" and isinstance(tree.rexpr, ast.A_Const)
        return ("literal", f"-{RawStream()(tree.rexpr)}", []) if number else ("sign", name, parts)
    compared = tree.kind == enums.A_Expr_Kind.AEXPR_OP and name in _COMPARING
    return "compare" if compared else "operator", name, parts


def _case(tree: Any) -> Read:
    parts = []
    for when in tree.args:
        same = None if tree.arg is None else (ast.String("="),)
        parts += [when.expr if same is None else ast.A_Expr(enums.A_Expr_Kind.AEXPR_OP, same, tree.arg, when.expr)]
        parts += [when.result]
    return "case", "", [*parts, tree.defresult or ast.A_Const(isnull=True)]


_READERS: Mapping[type, Callable[[Any], Read]] = {
    ast.A_Const: _constant,
    ast.A_Expr: _operation,
    ast.CaseExpr: _case,
    ast.ColumnRef: lambda tree: ("column", str(tree.fields[-1].sval), []),
    ast.TypeCast: lambda tree: ("cast", "", [tree.arg]),
    ast.BoolExpr: lambda tree: (_JOINED[tree.boolop], "", list(tree.args)),
    ast.NullTest: lambda tree: (_NULLS[tree.nulltesttype], "", [tree.arg]),
    ast.BooleanTest: lambda tree: (_TRUTHS[tree.booltesttype], "", [tree.arg]),
    ast.FuncCall: lambda tree: ("call", tree.funcname[-1].sval, list(tree.args or ())),
    ast.A_ArrayExpr: lambda tree: ("array", "", list(tree.elements or ())),
}
