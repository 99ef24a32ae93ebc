"""What the checks saw, in words: the parts that several reporters share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fixtures.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.results import CheckResult, Exchange
    from suites.gate.tree import CheckNode, Tree

_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
LABEL_WIDTH = 12


def safe(text: str) -> str:
    """The text with what could repaint a terminal, reorder a line or not be encoded spelled out (not tab, newline)."""
    return _UNSAFE.sub(lambda found: ascii(found[0])[1:-1], text.replace("\r\n", "\n"))


def duration(milliseconds: float) -> str:
    """A duration for people: 8 ms, 1.2 s."""
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def count(number: int, noun: str) -> str:
    """A number and its noun: 1 check, 3 checks."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def counts(tree: Tree) -> str:
    """How many checks ended how: 40 pass, 2 fail, 1 skip."""
    return ", ".join(f"{number} {outcome}" for outcome, number in tree.counts.items() if number) or "no checks"


def unhappy(tree: Tree) -> list[CheckNode]:
    """The checks that need a reader: failed, broken or undecided ones, in the order of the rows."""
    wanted = (Outcome.FAIL, Outcome.ERROR, Outcome.INCONCLUSIVE)
    return [node for node in tree.checks() if node.result.outcome in wanted]


def is_waived(tree: Tree, check: str) -> bool:
    """Whether a failed check is waived under every requirement that it verifies."""
    under = [node for requirement in tree.requirements() for node in requirement.checks if node.result.check == check]
    return bool(under) and all(node.waived for node in under)


def waiver_words(node: CheckNode) -> str:
    """What is to be said of the waiver of a failed check; empty when there is none."""
    if node.waiver is None:
        return ""
    state = "waived until" if node.waived else "waiver expired on"
    return f"{state} {node.waiver.expires} by {node.waiver.owner}: {node.waiver.reason}"


def evidence(result: CheckResult, exchanges_max: int | None = None, characters_max: int | None = None) -> Iterator[str]:
    """Lines that show what a check saw: reason, expectation, difference, its last exchanges, how to repeat it.

    Where room is short, ``exchanges_max`` and ``characters_max`` (of a body or a difference) say how much is shown.
    """
    seen = result.evidence
    if result.reason and not (seen and seen.difference.startswith(result.reason)):
        yield from _labelled("reason", result.reason)
    if seen is None:
        return
    if seen.expectation:
        yield from _labelled("expected", seen.expectation)
    if seen.difference:
        yield from _labelled("difference", _clipped(seen.difference, characters_max))
    shown = seen.exchanges if exchanges_max is None else seen.exchanges[-exchanges_max:]
    if len(shown) < len(seen.exchanges):
        yield from _labelled("", f"({count(len(seen.exchanges) - len(shown), 'earlier request')} in the reports)")
    for exchange in shown:
        yield from _exchange(exchange, characters_max)
    if seen.repeat:
        yield from _labelled("again", seen.repeat)


def answer_line(exchange: Exchange) -> str:
    """The status of an answer and how long it took, or the transport's error."""
    if exchange.response is None:
        return f"none: {exchange.error or 'no error was recorded'} ({duration(exchange.elapsed_ms)})"
    return f"{exchange.response.status} ({duration(exchange.elapsed_ms)})"


def _exchange(exchange: Exchange, characters_max: int | None) -> Iterator[str]:
    yield from _labelled("request", f"{exchange.request.method} {exchange.request.url}")
    if exchange.request.body:
        yield from _labelled("", _clipped(exchange.request.body, characters_max))
    yield from _labelled("answer", answer_line(exchange))
    if exchange.response is not None and exchange.response.body:
        yield from _labelled("", _clipped(exchange.response.body, characters_max))
    yield from _labelled("repeat", exchange.repeat)


def _clipped(words: str, characters_max: int | None) -> str:
    if characters_max is None or len(words) <= characters_max:
        return words
    return f"{words[:characters_max]}… ({len(words) - characters_max} more characters in the reports)"


def _labelled(label: str, text: str) -> Iterator[str]:
    for number, line in enumerate(safe(text).splitlines() or [""]):
        yield f"{label if number == 0 else '':<{LABEL_WIDTH}}{line}"
