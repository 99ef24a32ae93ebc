"""``cityos contracts check``: contracts against what is known of the vendors, without any server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from contracts import facts as known
from contracts.check import Refusal, judged
from contracts.pacts import Contract, folder, read
from fixtures.exits import Exit, UsageError

if TYPE_CHECKING:
    from contracts.facts import Facts

OURS = "cityos"
"""Its contracts are verified by running it: what it is, its own OpenAPI says."""


def run(files: list[Path], facts: Path | None = None) -> int:
    """Check contracts, by default the committed ones; print a line for each thing that is not so.

    files: Pact V4 files, or folders of them. facts: an OpenAPI document for all of them, or a folder of them by vendor.
    Answers 0, NOT_VERIFIED when something is refused or nothing is known of a vendor, NOTHING_RAN without interactions.
    Raises UsageError for a file that is none.
    """
    checked, refused, unknown = 0, 0, 0
    for contract in _contracts(files or [folder()]):
        if contract.provider == OURS and facts is None:
            print(f"{contract.name}: {_count(contract)} not checked: {OURS} is no vendor; verify it by running it")
            continue
        try:
            vendor = _facts(contract, facts)
        except UsageError as nothing:
            print(f"{contract.name}: {_count(contract)} not checked: {nothing}")
            unknown += len(contract.interactions)
            continue
        for interaction in contract.interactions:
            found = judged(interaction, vendor)
            checked += 1
            refused += bool(found)
            for refusal in found:
                print(line(contract, refusal))
    passed = checked - refused
    print(f"{checked} interactions checked, {passed} can hold, {refused} refused, {unknown} of vendors without facts")
    if checked + unknown == 0:
        return Exit.NOTHING_RAN
    return Exit.NOT_VERIFIED if refused or unknown else Exit.RELEASE


def line(contract: Contract, refusal: Refusal) -> str:
    """A refusal on one line: which contract, which interaction, where, what, and who says so."""
    return f"{contract.name}: {refusal}"


def _contracts(files: list[Path]) -> list[Contract]:
    found = []
    for file in files:
        found.extend(sorted(file.glob("*.json")) if file.is_dir() else [file])
    return [read(file) for file in found]


def _count(contract: Contract) -> str:
    return f"{len(contract.interactions)} interactions"


def _facts(contract: Contract, path: Path | None) -> Facts:
    """The facts of a contract's provider. Raises UsageError when there are none."""
    if path is None:
        return known.load(contract.provider)
    if not path.is_dir():
        return known.read(path)
    file = path / f"{contract.provider}.yaml"
    if not file.is_file():
        raise UsageError(f"no facts of {contract.provider} in {path}")
    return known.read(file)
