"""What the prover asks its pytest run to do: a small file that both read, so that workers need no catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

CLEAN = "clean"
"""Stands for the reference implementation without a defect, where a defect's name would stand."""


class Plan(msgspec.Struct, frozen=True):
    """Which defects (name → requirements that it breaks) meet which checks, on which PostgreSQL server."""

    defects: dict[str, list[str]]
    database_url: str
    every_pair: bool = False  # all checks against all defects, not only those that name a broken requirement
    partial: bool = False  # leave out the checks that none of these defects is for

    def worlds(self, requirements: Iterable[str]) -> list[str]:
        """In which worlds a check of these requirements runs: the clean one, and the defects that it should catch."""
        named = set(requirements)
        hit = [name for name, breaks in self.defects.items() if self.every_pair or named.intersection(breaks)]
        return [CLEAN, *hit] if hit or not self.partial else []


def write(plan: Plan, path: Path) -> None:
    """Keep the plan in a file."""
    path.write_bytes(msgspec.json.encode(plan))


def read(path: Path) -> Plan:
    """The plan of a file; raises OSError or msgspec.DecodeError."""
    return msgspec.json.decode(path.read_bytes(), type=Plan)
