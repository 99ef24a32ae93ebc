"""A target's history of migrations, replayed with rows in every table, and linted.

What a replay never came to is not known to be right, so a check fails where the history stopped before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fixtures.checks import inconclusive, requirement
from fixtures.migrating import DOWN, UP
from suites.migrations.judging import broken, not_replayed

if TYPE_CHECKING:
    from fixtures.migrating import Migrations


@requirement("MIG-01")
def test_from_nothing_to_the_end(migrations: Migrations) -> None:
    """Every revision of the history runs, one behind the other, from an empty database to its one end."""
    seen = migrations.replayed()
    assert broken(seen, "MIG-01") == []
    assert seen.complete or seen.counting, "it was not replayed as a whole, and nothing says why"


@requirement("MIG-02")
def test_with_rows(migrations: Migrations) -> None:
    """Every revision runs while each table that is there holds its rows."""
    seen = migrations.replayed()
    assert broken(seen, "MIG-02") + not_replayed(seen, UP) == []
    empty = [f"{table}: {why}" for table, why in seen.unfilled.items() if not seen.filled.get(table)]
    if empty:
        inconclusive(f"no row could be made for {'; '.join(empty)}")
    assert seen.filled, "there is no table at all"


@requirement("MIG-03")
def test_data_is_kept(migrations: Migrations) -> None:
    """A revision changes and removes only the data that its file names, with a reason."""
    seen = migrations.replayed()
    assert broken(seen, "MIG-03") + not_replayed(seen, UP) == []


@requirement("MIG-04")
def test_once_more(migrations: Migrations) -> None:
    """A database at the end of the history stays as it is when the history is run again."""
    seen = migrations.replayed()
    assert broken(seen, "MIG-04") + not_replayed(seen, UP) == []


@requirement("MIG-05")
def test_all_the_way_down(migrations: Migrations) -> None:
    """Every revision has a way down, and behind it is what was before its way up."""
    seen = migrations.replayed()
    assert broken(seen, "MIG-05") + not_replayed(seen, DOWN) == []


@requirement("MIG-06")
def test_down_without_harm(migrations: Migrations) -> None:
    """A way down leaves alone what its own way up did not make."""
    seen = migrations.replayed()
    assert broken(seen, "MIG-06") + not_replayed(seen, DOWN) == []


@requirement("MIG-07")
def test_up_again(migrations: Migrations) -> None:
    """Down to nothing and up again, the schema is the same to the letter."""
    seen = migrations.replayed()
    in_the_way = broken(seen, "MIG-05") + broken(seen, "MIG-06")  # behind these it is not brought up again
    assert broken(seen, "MIG-07") + in_the_way + not_replayed(seen, UP, DOWN) == []


@requirement("MIG-08")
def test_models(migrations: Migrations) -> None:
    """Models and database say the same at the end of the history."""
    seen = migrations.replayed()
    assert broken(seen, "MIG-08") + not_replayed(seen, UP) == []


@requirement("MIG-09")
def test_one_maker(migrations: Migrations) -> None:
    """Each table is made by one revision, and no other one claims it."""
    seen = migrations.replayed()
    assert broken(seen, "MIG-09") + not_replayed(seen, UP) == []


@requirement("MIG-10")
def test_anywhere_at_any_time(migrations: Migrations) -> None:
    """The same rows become the same values a moment later, and in another time zone with other forms of dates."""
    seen = migrations.replayed()
    assert broken(seen, "MIG-10") + not_replayed(seen, UP, DOWN) == []


@requirement("MIG-11")
def test_indexes_are_used(migrations: Migrations) -> None:
    """No revision leaves an index that PostgreSQL calls invalid."""
    seen = migrations.replayed()
    assert broken(seen, "MIG-11") + not_replayed(seen, UP) == []


@requirement("MIG-12")
def test_linted(migrations: Migrations) -> None:
    """Lint finds nothing in what the revisions execute, but for what somebody answers for until a date."""
    seen = migrations.linted()
    assert [str(each) for each in seen.counting] == []
    assert seen.revisions > 0, "there is nothing to lint"
