"""Status machines."""

from __future__ import annotations

import pytest

from reference_impl.core.transitions import Machine


def test_allowed_from_names_the_statuses_before() -> None:
    """The WHERE of a status change names every status that may come before it, and no other."""
    machine = Machine({"pending": {"paid", "cancelled"}, "paid": {"cancelled"}, "cancelled": set()})
    assert machine.allowed_from("cancelled") == ("pending", "paid")
    assert machine.allowed_from("pending") == ()


def test_a_status_that_is_never_described_is_refused() -> None:
    """A misspelled follower stops the start, not a customer."""
    with pytest.raises(AssertionError, match="payed"):
        Machine({"pending": {"payed"}, "paid": set()})
