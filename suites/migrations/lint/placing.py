"""In which line of a migration's file a statement stands that was executed.

A file of SQL holds it as it is; Python and TypeScript hold it in a string, perhaps in pieces. So only letters and
digits are compared. A statement that a tool made up (`op.create_index`) stands nowhere: its names are looked for then.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_PREFIX = re.compile(r"(?<![A-Za-z0-9_])[rRbBfF]{1,2}(?=[\"'])")  # of a Python string
_PARAMETER = re.compile(r"%\((\w+)\)s")
_ESCAPE = re.compile(r"\\[nrt]")
_UP = re.compile(r"^[ \t]*(?:def upgrade\b|(?:override\s+)?(?:async\s+)?up\s*\()", re.MULTILINE)
_SHORTEST = 16  # characters of a beginning that tell a statement from others


@dataclass(frozen=True)
class Place:
    """Where the letters of a statement begin among the letters of the file, and how many of them are the same."""

    at: int
    length: int


class Places:
    """One file. It remembers how far it has come, so of two equal statements the second one is found second."""

    def __init__(self, text: str) -> None:
        self._text = text
        plain = _ESCAPE.sub("  ", _PREFIX.sub(lambda found: " " * len(found[0]), text))
        letters = [(place, small) for place, each in enumerate(plain) for small in each.lower() if small.isalnum()]
        self._places = [place for place, _ in letters]
        self._letters = "".join(small for _, small in letters)
        self._from = 0

    def find(self, statement: str, names: Iterable[str] = ()) -> Place | None:
        """The next place that holds all of a statement; else the longest of its names in quotes; else its beginning.

        When there is nothing of it: where the way up begins.
        """
        wanted = _letters(statement)
        for start in (self._from, 0):
            found = self._letters.find(wanted, start)
            if wanted and found >= 0:
                self._from = found + len(wanted)
                return Place(found, len(wanted))
        return self._named(names) or self._beginning(wanted) or self._way_up()

    def line(self, place: Place, statement: str, offset: int = 0) -> int:
        """The line of a character of a statement that was found."""
        passed = len(_letters(statement[:offset]))
        at = place.at + (passed if passed < place.length else 0)
        return self._text.count("\n", 0, self._places[at]) + 1

    def _named(self, names: Iterable[str]) -> Place | None:
        for name in sorted(names, key=lambda each: (-len(each), each)):
            quoted = re.search(rf"[\"']{re.escape(name)}[\"']", self._text)
            if quoted is not None:
                return self._at(quoted.start())
        return None

    def _way_up(self) -> Place | None:
        way = _UP.search(self._text)
        return None if way is None else self._at(way.start())

    def _at(self, place: int) -> Place | None:
        at = bisect_left(self._places, place)
        return Place(at, 1) if at < len(self._places) else None

    def _beginning(self, wanted: str) -> Place | None:
        while len(wanted) > _SHORTEST:
            wanted = wanted[: max(_SHORTEST, len(wanted) * 2 // 3)]
            found = self._letters.find(wanted)
            if found >= 0:
                return Place(found, len(wanted))
        return None


def _letters(text: str) -> str:
    said = _ESCAPE.sub("  ", _PARAMETER.sub(r"\1", text))
    return "".join(small for each in said for small in each.lower() if small.isalnum())
