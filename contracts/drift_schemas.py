"""Two JSON Schemas of the same place: what changed, and for whom.

Who *writes* by a schema (the body of a request) is hurt when less is accepted; who *reads* by it (the body of an
answer) when more may come. So one comparison of shapes serves both, with tighter and looser in their places changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from contracts.drift_documents import Node
from contracts.drift_forms import BELOW, LOWER, UPPER, Shape, shapes, typed

Kind = Literal["breaking", "harmless"]
Part = Literal["written", "read"]

ANNOTATIONS = frozenset(
    ("title description summary example examples deprecated externalDocs xml readOnly writeOnly discriminator default")
    .split()
) | {"$comment", "$id", "$schema", "$anchor", "$defs"}  # fmt: skip
"""Say nothing of what is valid. `default`, `deprecated`, `readOnly` and `writeOnly` are looked at by name."""

EXACT = ("pattern", "format", "multipleOf", "contentEncoding", "contentMediaType", "uniqueItems")
"""One of these is there, or not, or another one: which of two patterns is the wider nobody can tell."""

_IN_WORDS = {
    "maxLength": "characters at most",
    "minLength": "characters at least",
    "maxItems": "items at most",
    "minItems": "items at least",
    "maxProperties": "members at most",
    "minProperties": "members at least",
    "maximum": "at most",
    "minimum": "at least",
    "exclusiveMaximum": "less than",
    "exclusiveMinimum": "more than",
}


@dataclass(frozen=True, slots=True)
class Found:
    """One change. where: a pointer into our document, or into theirs for what ours does not have.

    thing: what changed, in the words of the operation; what: how. stated: ours says something of it.
    """

    kind: Kind
    where: str
    thing: str
    what: str
    stated: bool


@dataclass
class Schemas:
    """A comparison under way. part: whether our side writes or reads these values; place: "the request", "answer 200".

    partly: ours is known to be a part of what they have, and closed only to say so.
    """

    part: Part
    place: str
    partly: bool = False
    found: list[Found] = field(default_factory=list)
    _open: set[tuple[str, str]] = field(default_factory=set)

    def compare(self, ours: Node, theirs: Node, path: str = "") -> None:
        """Note every change between two schemas; one that refers to itself is looked at once."""
        pair = (ours.pointer, theirs.pointer)
        if pair in self._open:
            return
        self._open.add(pair)
        mine, others = shapes(ours), shapes(theirs)
        if len(mine) == len(others) == 1:
            self._shape(mine[0], others[0], path)
        else:
            self._ways(mine, others, path)
        self._open.discard(pair)

    def note(self, kind: Kind, where: str, path: str, what: str, *, stated: bool = True) -> None:
        """Write a change down."""
        thing = f"{self.place}'s `{path.removeprefix('.')}`" if path else self.place
        self.found.append(Found(kind, where, thing, what, stated))

    def less(self, where: str, path: str, what: str, *, stated: bool = True) -> None:
        """Fewer values are valid than were."""
        self.note("breaking" if self.part == "written" else "harmless", where, path, what, stated=stated)

    def more(self, where: str, path: str, what: str, *, stated: bool = True) -> None:
        """More values are valid than were."""
        self.note("breaking" if self.part == "read" else "harmless", where, path, what, stated=stated)

    def _tried(self, ours: Shape, theirs: Shape, path: str) -> list[Found]:
        """What a comparison would note."""
        trial = Schemas(self.part, self.place, self.partly, _open=set(self._open))
        trial._shape(ours, theirs, path)
        return trial.found

    def _ways(self, ours: list[Shape], theirs: list[Shape], path: str) -> None:
        """`anyOf` and `oneOf`: whatever could be written must be taken by one of theirs, and the other way round."""
        tried = {(i, j): self._tried(a, b, path) for i, a in enumerate(ours) for j, b in enumerate(theirs)}
        fits = {pair for pair, found in tried.items() if not any(each.kind == "breaking" for each in found)}
        mine = [i for i in range(len(ours)) if not any((i, j) in fits for j in range(len(theirs)))]
        their = [j for j in range(len(theirs)) if not any((i, j) in fits for i in range(len(ours)))]
        for i in range(len(ours)):
            nearest = sorted((tried[i, j] for j in range(len(theirs)) if (i, j) in fits), key=len)
            self.found += nearest[0] if nearest else []
        one_way = len(ours) == 1 or len(theirs) == 1 or len(mine) == len(their) == 1
        met = set()
        for i in mine:
            alike = [j for j in their if ours[i].name and ours[i].name == theirs[j].name]
            partners = alike or (their if one_way else [])
            for j in partners:
                self._shape(ours[i], theirs[j], path)
                met.add(j)
            if not partners:
                self.less(ours[i].pointer, path, f"is no longer {ours[i].called()}")
        for j in their:
            if j not in met:
                self.more(theirs[j].pointer, path, f"may now be {theirs[j].called()}", stated=False)

    def _shape(self, ours: Shape, theirs: Shape, path: str) -> None:
        if not self._types(ours, theirs, path):
            return  # nothing below can be compared
        self._enum(ours, theirs, path)
        for word in (*UPPER, *LOWER):
            self._limit(word, ours, theirs, path)
        for word in EXACT:
            self._exact(word, ours, theirs, path)
        self._default(ours, theirs, path)
        self._properties(ours, theirs, path)
        self._below(ours, theirs, path)
        self._additional(ours, theirs, path)
        self._unknown(ours, theirs, path)

    def _types(self, ours: Shape, theirs: Shape, path: str) -> bool:
        """Whether values of one kind are left that both allow."""
        if ours.types == theirs.types:
            return True
        where = f"{ours.pointer}/type" if ours.types else ours.pointer
        mine, others = ours.types, theirs.types
        what = f"is {typed(others)} now, not {typed(mine)}"
        if others is None or (mine is not None and mine < others):
            self.more(where, path, what)
        elif mine is None or others < mine:
            self.less(where, path, what, stated=mine is not None)
        else:
            self.note("breaking", where, path, what)
        return mine is None or others is None or bool((mine & others) - {"null"})

    def _enum(self, ours: Shape, theirs: Shape, path: str) -> None:
        mine, others = ours.word("enum"), theirs.word("enum")
        if mine is None and others is None:
            return
        if mine is None:
            self.less(theirs.where("enum"), path, f"is only {theirs.called()} now", stated=False)
        elif others is None:
            self.more(ours.where("enum"), path, f"may be something else now than {_list(mine)}")
        else:
            gone = [one for one in mine if one not in others]
            new = [one for one in others if one not in mine]
            if gone:
                self.less(ours.where("enum"), path, f"may not be {_list(gone)} any more")
            if new:
                self.more(ours.where("enum"), path, f"may be {_list(new)} too now")

    def _limit(self, word: str, ours: Shape, theirs: Shape, path: str) -> None:
        mine, others = ours.word(word), theirs.word(word)
        if mine == others:
            return
        unit = _IN_WORDS[word]
        if others is None:
            self.more(ours.where(word), path, f"has no limit of {mine} ({unit}) any more")
        elif mine is None:
            self.less(theirs.where(word), path, f"is now limited to {others} ({unit})", stated=False)
        else:
            tighter = others < mine if word in UPPER else others > mine
            (self.less if tighter else self.more)(
                ours.where(word), path, f"is limited to {others} now, not {mine} ({unit})"
            )

    def _exact(self, word: str, ours: Shape, theirs: Shape, path: str) -> None:
        mine, others = ours.word(word), theirs.word(word)
        if mine == others:
            return
        if others is None:
            self.more(ours.where(word), path, f"is no longer bound to the {word} {mine}")
        elif mine is None:
            self.less(theirs.where(word), path, f"is now bound to the {word} {others}", stated=False)
        else:
            self.note("breaking", ours.where(word), path, f"has the {word} {others} now, not {mine}")

    def _default(self, ours: Shape, theirs: Shape, path: str) -> None:
        """Who leaves a field out of a request counts on it."""
        mine, others = ours.words.get("default"), theirs.words.get("default")
        if self.part == "read" or (mine and mine[0]) == (others and others[0]):
            return
        if mine is None:
            assert others is not None
            self.note("harmless", others[1], path, f"is {others[0]!r} now when it is left out", stated=False)
        else:
            now = "nothing is said" if others is None else repr(others[0])
            self.note("breaking", mine[1], path, f"is {now} when it is left out, not {mine[0]!r}")

    def _properties(self, ours: Shape, theirs: Shape, path: str) -> None:
        hidden = "readOnly" if self.part == "written" else "writeOnly"
        mine = {name: one for name, one in ours.properties.items() if one.get(hidden) is not True}
        others = {name: one for name, one in theirs.properties.items() if one.get(hidden) is not True}
        for name, one in mine.items():
            below = f"{path}.{name}"
            if name not in others:
                gone = "is not taken any more" if self.part == "written" else "does not come any more"
                self.note("breaking", one.place, below, gone)
                continue
            self._required(name, ours, theirs, below)
            self.compare(one, others[name], below)
            if others[name].get("deprecated") is True and one.get("deprecated") is not True:
                self.note("harmless", one.pointer, below, "is deprecated now", stated=False)
        for name, one in others.items():
            if name in mine:
                continue
            if self.part == "written" and name in theirs.required:
                self.note("breaking", theirs.required[name], f"{path}.{name}", "is new, and required", stated=False)
            else:
                self.note("harmless", one.place, f"{path}.{name}", "is new", stated=False)

    def _required(self, name: str, ours: Shape, theirs: Shape, path: str) -> None:
        was, now = name in ours.required, name in theirs.required
        if was and not now:
            self.more(
                ours.required[name], path, "is no longer required" if self.part == "written" else "may be missing now"
            )
        elif now and not was:
            what = "is required now" if self.part == "written" else "is never missing now"
            self.less(theirs.required[name], path, what, stated=False)

    def _below(self, ours: Shape, theirs: Shape, path: str) -> None:
        for word, step in (("items", "[]"), ("propertyNames", " (names)"), ("contains", "[some]")):
            mine, others = _schema(ours, word), _schema(theirs, word)
            if mine is not None and others is not None:
                self.compare(mine, others, f"{path}{step}")
            elif mine is not None:
                self.more(ours.where(word), f"{path}{step}", "may be anything now")
            elif others is not None:
                self.less(theirs.where(word), f"{path}{step}", "has a schema now", stated=False)

    def _additional(self, ours: Shape, theirs: Shape, path: str) -> None:
        word = "additionalProperties"
        mine, others = ours.words.get(word, (True, ""))[0], theirs.words.get(word, (True, ""))[0]
        if self.partly and mine is False:
            return  # published documents leave it out, and drop or refuse what they do not name all the same
        if isinstance(mine, Node) and isinstance(others, Node):
            self.compare(mine, others, f"{path}{{}}")
        elif others is False and mine is not False:
            self.less(theirs.where(word), path, "takes no other members any more", stated=word in ours.words)
        elif mine is False and others is not False:
            self.note("harmless", ours.where(word), path, "may have members that are not named")
        elif isinstance(mine, Node):
            self.more(ours.where(word), f"{path}{{}}", "may be anything now")
        elif isinstance(others, Node):
            self.less(theirs.where(word), f"{path}{{}}", "has a schema now", stated=False)

    def _unknown(self, ours: Shape, theirs: Shape, path: str) -> None:
        """Whatever else a schema says: changed is named, and taken for breaking, because nobody here can tell."""
        known = {*ANNOTATIONS, *BELOW, *UPPER, *LOWER, *EXACT, "enum"}
        for word in sorted({*ours.words, *theirs.words} - known):
            mine, others = ours.words.get(word), theirs.words.get(word)
            if (mine and mine[0]) != (others and others[0]):
                where = mine[1] if mine else theirs.where(word)
                self.note("breaking", where, path, f"says another `{word}` now; judge that yourself")


def _schema(shape: Shape, word: str) -> Node | None:
    found = shape.words.get(word, (None, ""))[0]
    return found if isinstance(found, Node) else None


def _list(values: Iterable[Any]) -> str:
    return " or ".join(repr(one) for one in values)
