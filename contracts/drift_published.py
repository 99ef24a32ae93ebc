"""Our facts of a vendor against a document that the vendor publishes.

Where the published document is wrong or loose, the facts of an operation say so: `x-differs` lists a pointer into the
facts, what `drift` says of it (the end of its sentence), and the reason. Such a difference is known. Another one in the
same place is not, and one that is no longer met is told, so that it is taken out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from contracts.drift import Difference, compare, elsewhere
from contracts.drift_documents import Document, operations, source_of, texts
from fixtures.exits import UsageError

DIFFERS = "x-differs"


@dataclass(frozen=True, slots=True)
class Known:
    """A difference that the facts state. where: in the facts; says: the end of the sentence about it."""

    where: str
    says: str
    reason: str

    def is_it(self, difference: Difference) -> bool:
        """Whether a difference is this one, and not another in the same place."""
        return difference.where == self.where and difference.says.endswith(self.says)


@dataclass(frozen=True, slots=True)
class Published:
    """What came out. compared: our operations that the document should hold. elsewhere: the others, and where they are
    published. differences: unknown ones, breaking first; known: the others, with the reason.
    """

    compared: tuple[str, ...]
    elsewhere: dict[str, str]
    differences: tuple[Difference, ...]
    known: tuple[tuple[Difference, str], ...]


def against(facts: Document, published: Document) -> Published:
    """Compare facts with what is published. Raises UsageError for a bad reference, or a bad `x-differs`."""
    own = texts(facts)
    away = elsewhere(own, published)
    stated = {str(each): list(_known(each, item)) for each, item in _own(own) if each not in away}
    expected = list(dict.fromkeys(one for each in stated.values() for one in each))
    unknown: list[Difference] = []
    known: list[tuple[Difference, str]] = []
    met = set()
    for difference in compare(own, published, direction="facts"):
        reason = next((each for each in expected if each.is_it(difference)), None)
        if reason is None:
            unknown.append(difference)
        else:
            met.add(reason)
            known.append((difference, reason.reason))
    for each in expected:
        if each not in met:
            says = f"x-differs of {each.where} ({each.says}) is no longer met: take it out of the facts"
            unknown.append(Difference("harmless", each.where, says, source_of(own, each.where)))
    return Published(tuple(stated), away, tuple(unknown), tuple(known))


def _own(facts: Document) -> Iterator[tuple[str, object]]:
    for section in ("paths", "webhooks"):
        for method, path, _, own in operations(facts, section):
            yield f"{method} {path}", own.get(DIFFERS, [])


def _known(operation: str, listed: object) -> Iterator[Known]:
    for each in listed if isinstance(listed, list) else []:
        try:
            yield Known(each["pointer"], each["says"], each["reason"])
        except (KeyError, TypeError):
            raise UsageError(f"{operation}: each entry of {DIFFERS} has pointer, says and reason") from None
