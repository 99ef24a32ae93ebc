"""The replay of a tree of many modules: nothing is found in the good one, and in the faulty one its five faults."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from suites.migrations.mikro.history import load
from suites.migrations.replay import UP, Options, replay
from suites.migrations.tests.mikro_tree import FAULTS, TREE, faulty

if TYPE_CHECKING:
    from pathlib import Path

    from fixtures.postgres import PostgresServer

OPTIONS = Options(datetime(2026, 11, 22, tzinfo=UTC), rows=100)
RULES = {
    "a table made by two modules": ("made-twice", "outbox_inbox"),
    "a down that drops another module's table": ("down-drops-other", "table review is gone"),
    "a foreign key to a table made later": ("made-too-late", 'relation "customer_profile" does not exist'),
    "a column in the model that no migration makes": ("column-missing", "booking.guest_note"),
    "a migration without down": ("missing-down", "no down()"),
}


def test_the_good_tree(postgres: PostgresServer) -> None:
    """All 61 migrations of 34 modules go up and down with rows in every table, and nothing is found."""
    seen = replay(load(TREE), postgres, OPTIONS)
    assert seen.findings == []
    assert seen.complete
    assert seen.unfilled == {}
    assert set(seen.filled.values()) == {OPTIONS.rows}


def test_the_five_faults(tmp_path: Path, postgres: PostgresServer) -> None:
    """Exactly the five are found, each with its file, its rule and what happened."""
    root = faulty(tmp_path / "tree")
    seen = replay(load(root), postgres, OPTIONS)
    found = {str(each.file.relative_to(root)): each for each in seen.findings}
    assert len(seen.findings) == len(FAULTS) == len(RULES)
    assert found.keys() == set(FAULTS.values())
    for fault, file in FAULTS.items():
        rule, says = RULES[fault]
        assert found[file].rule == rule
        assert says in found[file].says
        assert found[file].remedy
    # What comes too early runs behind what it needs, and what can't be taken back has gone up like all others.
    ups = [step.revision.title for step in seen.steps if step.way == UP]
    assert {"vendor/Migration20250118090000", "gift_card/Migration20251005090000"} <= set(ups)
    assert len(ups) == len(seen.order) == seen.revisions
