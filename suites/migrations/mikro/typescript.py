"""TypeScript and JavaScript files parsed, never executed: what a file declares, imports and exports.

Names are followed through imports by a relative path, and through the `require` of compiled files; what comes from a
package is known to nobody here.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ast_grep_py import SgRoot

if TYPE_CHECKING:
    from ast_grep_py import SgNode

SUFFIXES = (".ts", ".mts", ".cts", ".js", ".mjs", ".cjs")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}
WRAPPERS = frozenset({"parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression"})
_AGAIN = re.compile(
    r'Object\.defineProperty\(exports, "(?P<name>\w+)".*return (?:__importDefault\()?(?P<file>\w+)\)?\.(?P<of>\w+)',
    re.DOTALL,
)
_DECLARED = frozenset({"class_declaration", "abstract_class_declaration", "enum_declaration", "function_declaration"})


@dataclass(frozen=True)
class Unread:
    """Something that could not be read: where it stands, how it is written, and why it can't be known."""

    file: Path
    line: int
    expression: str
    why: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.expression}: {self.why}"


class NotReadable(Exception):
    """An expression whose value only a running program has."""

    def __init__(self, node: SgNode, why: str) -> None:
        self.node = node
        self.why = why
        super().__init__(why)


@dataclass(eq=False)
class Source:
    """One file, parsed. declared: top-level names and what they are set to; imports: name → (specifier, its name)."""

    file: Path
    root: SgNode
    declared: dict[str, SgNode] = field(default_factory=dict)
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)
    default: SgNode | None = None
    open: set[str] = field(default_factory=set)  # files that are being looked into: a circle ends there

    def unread(self, node: SgNode, why: str) -> Unread:
        """`why` for a node: its line, and its text on one line of at most 100 characters."""
        text = " ".join(node.text().split())
        return Unread(self.file, line_of(node), text if len(text) <= 100 else text[:97] + "...", why)

    def broken(self) -> Unread | None:
        """The first place that is no TypeScript, if there is one."""
        found = self.root.find(kind="ERROR")
        return None if found is None else self.unread(found, "this is not TypeScript that can be parsed")

    def resolve(self, name: str) -> tuple[Source, SgNode] | None:
        """Where a name gets its value, through imports by relative path; None for what comes from elsewhere."""
        if name in self.declared:
            node = self.declared[name]
            other = node.text() if node.kind() == "identifier" else name
            return (self.resolve(other) if other != name else None) or (self, node)
        if name not in self.imports:
            return None
        specifier, exported = self.imports[name]
        return self.exported_by(specifier, exported)

    def exported_by(self, specifier: str, name: str) -> tuple[Source, SgNode] | None:
        """What another file exports under a name, also by way of its `export … from`."""
        file = _found(self.file.parent, specifier)
        if file is None or specifier in self.open:
            return None
        self.open.add(specifier)
        try:
            return read(file).exported(name)
        finally:
            self.open.discard(specifier)

    def exported(self, name: str) -> tuple[Source, SgNode] | None:
        """What this file exports under a name ("default" too)."""
        if name == "default":
            if self.default is None:
                return None
            return (self.resolve(self.default.text()) if self.default.kind() == "identifier" else None) or (
                self,
                self.default,
            )
        found = self.resolve(name)
        if found is not None:
            return found
        for statement in self.root.children():
            specifier = statement.field("source") if statement.kind() == "export_statement" else None
            if specifier is not None and any(child.kind() == "*" for child in statement.children()):
                found = self.exported_by(text_of(specifier), name)
                if found is not None:
                    return found
        return None

    def member(self, node: SgNode) -> tuple[Source, SgNode] | None:
        """What `module_1.name` of a namespace import or of a compiled `require` stands for."""
        holder, name = node.field("object"), node.field("property")
        if holder is None or name is None or holder.kind() != "identifier":
            return None
        specifier, exported = self.imports.get(holder.text(), ("", ""))
        return self.exported_by(specifier, name.text()) if exported == "*" else None


@functools.lru_cache(maxsize=4096)
def _parsed(file: Path, _stamp: tuple[int, int]) -> Source:
    root = SgRoot(file.read_text(encoding="utf-8-sig"), "typescript").root()
    source = Source(file, root)
    for statement in root.children():
        _note(source, statement)
    return source


def read(file: Path) -> Source:
    """Parse a file; one that has not changed is parsed once. Raises OSError and UnicodeDecodeError."""
    stat = file.stat()
    return _parsed(file, (stat.st_mtime_ns, stat.st_size))


def line_of(node: SgNode) -> int:
    """The line on which a node begins, from 1."""
    return int(node.range().start.line) + 1


def named(node: SgNode | None) -> list[SgNode]:
    """The children that say something: no punctuation, no comments."""
    return (
        [] if node is None else [child for child in node.children() if child.is_named() and child.kind() != "comment"]
    )


def parameter_name(node: SgNode) -> str:
    """The name of a parameter, without its type and default."""
    found = re.match(r"[\w$]+", node.text())
    return found[0] if found else str(node.text())


def unwrapped(node: SgNode) -> SgNode:
    """Without `await`, brackets, casts, and the `(0, f)` of compiled code."""
    while node.kind() in WRAPPERS or node.kind() in {"await_expression", "sequence_expression"}:
        inside = named(node)
        node = inside[-1] if node.kind() == "sequence_expression" else inside[0]
    return node


def arguments(call: SgNode) -> list[SgNode]:
    """What a call or a `new` is given."""
    return named(call.field("arguments"))


def text_of(node: SgNode) -> str:
    """The text of a string literal."""
    return "".join(unescaped(child) for child in node.children() if child.is_named())


def _note(source: Source, statement: SgNode) -> None:
    """Take in what a top-level statement declares, imports or exports."""
    kind = statement.kind()
    if kind == "import_statement":
        _note_import(source, statement)
    elif kind == "export_statement":
        _note_export(source, statement)
    elif kind in _DECLARED:
        name = statement.field("name")
        if name is not None:
            source.declared[name.text()] = statement
    elif kind in {"lexical_declaration", "variable_declaration"}:
        for declarator in statement.children():
            _note_declarator(source, declarator)
    elif kind == "expression_statement":
        _note_compiled(source, named(statement)[0])


def _note_compiled(source: Source, expression: SgNode) -> None:
    """`exports.a = b`, `module.exports = b`, and how a compiled `export … from` looks."""
    left, right = expression.field("left"), expression.field("right")
    if left is None or right is None:
        again = _AGAIN.match(expression.text())
        if again and again["file"] in source.imports:
            source.imports[again["name"]] = (source.imports[again["file"]][0], again["of"])
    elif left.text() in {"exports.default", "module.exports"}:
        source.default = right
    elif left.text().startswith("exports.") and not right.text().endswith("void 0"):
        source.declared.setdefault(left.text().removeprefix("exports."), right)


def _note_declarator(source: Source, declarator: SgNode) -> None:
    name, value = declarator.field("name"), declarator.field("value")
    if declarator.kind() != "variable_declarator" or name is None or value is None:
        return
    required = re.search(r"\brequire\((['\"])(.+?)\1\)", value.text())
    if required and name.kind() == "identifier":
        source.imports[name.text()] = (required[2], "*")
    elif name.kind() == "identifier":
        source.declared[name.text()] = value


def _note_import(source: Source, statement: SgNode) -> None:
    specifier = statement.field("source")
    clause = statement.find(kind="import_clause")
    if specifier is None or clause is None:
        return
    where = text_of(specifier)
    for part in named(clause):
        if part.kind() == "identifier":
            source.imports[part.text()] = (where, "default")
        elif part.kind() == "namespace_import":
            source.imports[named(part)[0].text()] = (where, "*")
        else:
            for each in part.find_all(kind="import_specifier"):
                name, alias = each.field("name"), each.field("alias")
                if name is not None:
                    source.imports[(alias or name).text()] = (where, name.text())


def _note_export(source: Source, statement: SgNode) -> None:
    specifier = statement.field("source")
    declaration, value = statement.field("declaration"), statement.field("value")
    if specifier is not None:
        for each in statement.find_all(kind="export_specifier"):
            name, alias = each.field("name"), each.field("alias")
            if name is not None:
                source.imports[(alias or name).text()] = (text_of(specifier), name.text())
    if declaration is not None:
        _note(source, declaration)
        if any(child.kind() == "default" for child in statement.children()):
            source.default = declaration
    elif value is not None:
        source.default = value


def _found(folder: Path, specifier: str) -> Path | None:
    """The file that an import by relative path means; None for packages and for what is not there."""
    if not specifier.startswith("."):
        return None
    base = folder / specifier
    stem = base.with_suffix("") if base.suffix in SUFFIXES else base
    choices = [stem.with_name(stem.name + suffix) for suffix in SUFFIXES] + [stem / f"index{each}" for each in SUFFIXES]
    return next((choice for choice in choices if choice.is_file()), None)


def unescaped(node: SgNode) -> str:
    """What a part of a string or template says: an escape sequence stands for its character."""
    if node.kind() != "escape_sequence":
        return str(node.text())
    text = node.text()[1:]
    if text[0] in "xu" and len(text) > 1:
        return chr(int(text[1:].strip("{}"), 16))
    return _ESCAPES.get(text[0], text)
