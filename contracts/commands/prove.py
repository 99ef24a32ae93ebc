"""``cityos contracts prove``: providers that changed, each change to be caught by the verification, as a table."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from contracts.commands.asked import Wanted
from contracts.commands.parallel import in_processes
from contracts.commands.verify import chosen, place
from fixtures.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from contracts.mutations import Caught
    from contracts.pacts import Contract

_WIDTH_ELSEWHERE = 240  # where no terminal says how wide it is


def run(providers: Sequence[str], *, seed: int = 0, everything: bool = False, as_json: bool = False) -> int:
    """Verify each contract against a provider that changed, in eight ways at each interaction, and print what was seen.

    everything: every alteration in the table, not one of each kind. Exit code 0 when each alteration was caught by its
    interaction and no other interaction failed, else 1.
    """
    from fixtures.terminal import console

    out = console(stderr=as_json)
    contracts = [each for each in chosen(Wanted(providers=providers)) if not _only_messages(each)]
    found: list[tuple[str, Caught]] = []
    # Processes of their own, since each verification takes this process's standard output away.
    proved = in_processes(_proved, [(contract, seed) for contract in contracts])
    for contract, caught in zip(contracts, proved, strict=True):
        altered = sum(each.done is not None for each in caught)
        out.print(f"{contract.name}: {altered} alterations of the answers to {len(contract.interactions)} interactions")
        found += [(contract.provider, each) for each in caught]
    _table(out, found, everything=everything)
    if as_json:
        sys.stdout.write(json.dumps([_shown(provider, each) for provider, each in found], indent=2) + "\n")
    if not any(each.done for _, each in found):
        return Exit.NOTHING_RAN
    return Exit.RELEASE if all(each.right for _, each in found) else Exit.BLOCKED


def _only_messages(contract: Contract) -> bool:
    return all(each.is_message for each in contract.interactions)


def _proved(task: tuple[Contract, int]) -> list[Caught]:
    """Every way to change one provider. task: the contract with it, and the seed."""
    contract, seed = task
    from contracts.mutations import MUTATIONS, mutate

    with place(contract.provider, Wanted()) as there:
        return [each for way in MUTATIONS for each in mutate(contract, there.provider, way, seed=seed)]


def _table(out: Console, found: Sequence[tuple[str, Caught]], *, everything: bool) -> None:
    from rich.table import Table

    if not out.is_terminal:
        out.width = _WIDTH_ELSEWHERE
    table = Table("provider", "what changed", "at", "altered", "caught", "what an integrator reads", box=None)
    seen: set[tuple[str, str]] = set()
    for provider, each in found:
        if each.done is None and each.right:
            continue
        if everything or not each.right or (provider, each.mutation) not in seen:
            caught = "yes" if each.right else ("no" if each.done else "failed without a change")
            table.add_row(
                provider, each.mutation, each.interaction.partition(" (given")[0], each.done or "", caught, each.words
            )
        seen.add((provider, each.mutation))
    out.print(table)
    altered = [each for _, each in found if each.done is not None]
    beside = [each for _, each in found if each.done is None]
    out.print(f"{len(altered)} alterations, {sum(each.right for each in altered)} of them caught where they were made")
    out.print(f"{len(beside)} answers beside them that were left alone, {sum(each.right for each in beside)} passed")


def _shown(provider: str, each: Caught) -> dict[str, object]:
    return {
        "provider": provider,
        "mutation": each.mutation,
        "interaction": each.interaction,
        "altered": each.done,
        "caught": each.right,
        "words": each.words,
    }
