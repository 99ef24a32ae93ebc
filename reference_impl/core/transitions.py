"""Status machines as data: which status may follow which.

A status is changed by one conditional UPDATE that names the statuses it may come from, never by reading it first: two
callers at once then cannot both be the one who changed it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Machine:
    """The life of one kind of thing: each status with those that may follow it."""

    def __init__(self, edges: Mapping[str, frozenset[str] | set[str]]) -> None:
        self.edges = {status: frozenset(followers) for status, followers in edges.items()}
        unknown = {follower for followers in self.edges.values() for follower in followers} - set(self.edges)
        assert not unknown, f"these statuses are reached and never described: {unknown}"

    def allowed_from(self, target: str) -> tuple[str, ...]:
        """The statuses from which `target` may be reached, for the WHERE of the UPDATE."""
        assert target in self.edges, f"{target} is no status of this machine"
        return tuple(status for status, followers in self.edges.items() if target in followers)

    @property
    def statuses(self) -> tuple[str, ...]:
        """All statuses, in the order they were written down; for a CHECK constraint."""
        return tuple(self.edges)
