"""The catalogue of defects, and how one gets into the reference implementation."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest

from fixtures import requirements
from fixtures.exits import UsageError
from suites.defects import prove, registry
from suites.defects.histories import OutOfDate
from suites.defects.registry import Patch, UnknownDefect

LEDGER = requirements.load(prove.Options().requirements)
CATALOGUE = registry.catalogue()


@pytest.mark.parametrize("name", CATALOGUE)
def test_defect_fits_the_code_and_the_ledger(name: str) -> None:
    """Each defect tells a story, breaks requirements that exist, and finds what it wants to spoil."""
    defect = CATALOGUE[name]
    assert defect.story.endswith(".")
    assert LEDGER.unknown(defect.breaks) == []
    patch = Patch()
    try:
        defect.apply(patch)
        assert patch.statements or patch.changed
    finally:
        patch.undo()


def test_every_requirement_has_a_defect() -> None:
    """No line of the ledger is without a defect that breaks it."""
    broken = {requirement for defect in CATALOGUE.values() for requirement in defect.breaks}
    assert set(LEDGER.requirements) - broken == set()


def test_listing_the_catalogue_costs_nothing() -> None:
    """The names of the defects are there without the reference implementation being imported."""
    code = "import sys; from suites.defects import registry; registry.catalogue(); print('fastapi' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_declaring_a_defect_needs_a_name_a_story_and_a_requirement() -> None:
    """A defect without one of them, or with a name that is taken, is refused when it is declared."""

    def silent(patch: Patch) -> None:
        pass

    def told(patch: Patch) -> None:
        """What the developer did."""

    for name, breaks, apply, complaint in (
        ("wallet.silent", "WAL-01", silent, "docstring"),
        ("wallet.harmless", (), told, "requirement"),
        ("Wallet", "WAL-01", told, "named"),
        ("wallet.lost_update", "WAL-01", told, "two defects"),
    ):
        with pytest.raises(ValueError, match=complaint):
            registry.defect(name, breaks=breaks)(apply)


def test_unknown_name_is_answered_with_the_nearest() -> None:
    """A misspelt defect is answered with the one that was probably meant."""
    with pytest.raises(
        UnknownDefect, match=r"there is no defect wallet\.lost_updates; did you mean wallet\.lost_update"
    ):
        registry.find("wallet.lost_updates")
    with pytest.raises(UsageError, match=r"did you mean wallet\.lost_update"):
        prove.selected(("wallet.lost_updates",))


def test_server_refuses_an_unknown_defect_with_exit_code_4() -> None:
    """The server tells the nearest name and ends with the exit code for a wrong option."""
    done = subprocess.run(
        [sys.executable, "-m", "suites.defects.server", "--defect", "wallet.lost_updates"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 4
    assert "did you mean wallet.lost_update" in done.stderr


def test_parts_of_names_select_all_that_fit() -> None:
    """`--only paging` means all defects with that in their name, each with what it breaks."""
    found = prove.selected(("paging",))
    assert len(found) > 3
    assert all(name.startswith("paging.") and breaks for name, breaks in found.items())


def test_patch_refuses_what_is_not_there() -> None:
    """A defect that no longer fits says so, instead of spoiling nothing."""
    owner = SimpleNamespace(query="SELECT balance FROM wallet")
    patch = Patch()
    with pytest.raises(OutOfDate, match="has no other any more"):
        patch.setattr(owner, "other", 1)
    with pytest.raises(OutOfDate, match="must contain 'version' once, and has it 0 times"):
        patch.replace(owner, "query", "version", "")


def test_patch_puts_back_what_it_changed() -> None:
    """After undo everything is as before, a static method too."""

    class Owner:
        query = "SELECT balance"

        @staticmethod
        def double(number: int) -> int:
            return 2 * number

    patch = Patch()
    patch.replace(Owner, "query", "balance", "0")
    patch.setattr(Owner, "double", lambda number: number)
    assert (Owner.query, Owner().double(2)) == ("SELECT 0", 2)
    patch.undo()
    assert (Owner.query, Owner().double(2)) == ("SELECT balance", 4)
