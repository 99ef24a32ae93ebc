"""``cityos contracts drift``: what a vendor publishes today against what our facts state of it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from contracts import facts
from contracts.drift_documents import read
from contracts.drift_published import against as compared
from fixtures.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contracts.drift import Difference
    from contracts.drift_published import Published


def run(provider: str, against: str) -> int:
    """Print every difference, breaking ones first, each with the source of our statement; 0 for none, else 12.

    against: a file, or an http(s) address; JSON or YAML. 12 too when the document holds nothing that we use.
    Raises UsageError for a provider without facts and for what is no OpenAPI document, Unreachable for an address that
    does not answer.
    """
    facts.load(provider)  # says which there are
    found = compared(read(facts.HERE / f"{provider}.yaml"), read(against))
    for line in lines(provider, against, found):
        sys.stdout.write(f"{line}\n")
    return Exit.NOT_VERIFIED if found.differences or not found.compared else Exit.RELEASE


def lines(provider: str, against: str, found: Published) -> Iterable[str]:
    """The report, line by line."""
    yield from told(found.differences)
    for difference, reason in found.known:
        yield f"known     {difference.says}"
        yield f"          {difference.where}: {reason}"
    for operation, place in found.elsewhere.items():
        yield f"not here  {operation} is published in {place}"
    if not found.compared:
        yield f"{provider}: {against} holds nothing that we use; nothing was compared"
        return
    compared = f"{len(found.compared)} operation{'' if len(found.compared) == 1 else 's'} compared"
    breaking = sum(each.kind == "breaking" for each in found.differences)
    yield (
        f"{provider}: {compared}, {breaking} breaking differences, "
        f"{len(found.differences) - breaking} harmless, {len(found.known)} known"
    )


def told(differences: Iterable[Difference]) -> Iterable[str]:
    """Differences in two lines each: what, and where it stands, by which source of ours."""
    for each in differences:
        yield f"{each.kind:<9} {each.says}"
        yield f"          {each.where}" + (f" (ours by {each.source})" if each.source else "")
