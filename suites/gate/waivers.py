"""Known failures, suites/waivers.toml: each has an owner, a reason and a last day. A waiver never hides an outcome."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec

from fixtures.tables import TableError, check_keys, read_toml

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path


class Waiver(msgspec.Struct, frozen=True):
    """One known failure. ``expires`` is the last day on which it holds; without ``target`` it holds for every one."""

    owner: str
    reason: str
    expires: dt.date
    check: str | None = None  # a node id, with or without its [parameters]
    requirement: str | None = None
    target: str | None = None

    @property
    def subject(self) -> str:
        """What it is about: the check or the requirement."""
        return self.check or self.requirement or "?"

    def covers(self, check: str, requirement: str) -> bool:
        """Whether it speaks of this check as far as it verifies this requirement."""
        if self.check is not None:
            return self.check in (check, check.partition("[")[0])
        return self.requirement == requirement

    def expired(self, today: dt.date) -> bool:
        """Whether its last day is over."""
        return today > self.expires


class WaiverState(StrEnum):
    """What became of a waiver in one run."""

    USED = "used"
    UNUSED = "unused"  # nothing that it covers failed: take it out
    EXPIRED = "expired"  # it no longer waives
    ELSEWHERE = "other target"
    NOT_SELECTED = "not selected"  # the run looked at a part only, and this was not in it


class WaiverUse(msgspec.Struct, frozen=True):
    """A waiver and what became of it."""

    waiver: Waiver
    state: WaiverState


_KEYS: dict[str, type] = {
    "check": str,
    "requirement": str,
    "owner": str,
    "reason": str,
    "expires": dt.date,
    "target": str,
}


def load(path: Path, requirements: Collection[str]) -> list[Waiver]:
    """Every waiver of the file, none when there is no file; TableError names file, key and remedy."""
    waivers = []
    for where, entry in entries(path, _KEYS):
        if ("check" in entry) == ("requirement" in entry):
            raise TableError(f"{where}: name either a 'check' or a 'requirement', one of the two")
        if "requirement" in entry and entry["requirement"] not in requirements:
            raise TableError(f"{where}: requirement {entry['requirement']!r} is not in the ledger: correct its id")
        waivers.append(Waiver(**entry))
    return waivers


def entries(
    path: Path, keys: dict[str, type], needed: tuple[str, ...] = ("owner", "reason", "expires")
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each [[waiver]] of a file with where it stands, its keys checked; none when there is no file."""
    if not path.exists():
        return
    document = read_toml(path)
    found = document.get("waiver", [])
    strange = sorted(set(document) - {"waiver"})
    if strange or not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise TableError(f"{path}: only [[waiver]] tables may stand in it: write [[waiver]] above each one")
    for number, entry in enumerate(found, start=1):
        where = f"{path}: waiver {number}"
        check_keys(where, entry, keys, needed)
        yield where, entry


def match(waivers: Iterable[Waiver], check: str, requirement: str, target: str, today: dt.date) -> Waiver | None:
    """The waiver that covers this failure on this target: one that still holds rather than an expired one."""
    covering = [w for w in waivers if w.target in (None, target) and w.covers(check, requirement)]
    return min(covering, key=lambda w: (w.expired(today), -w.expires.toordinal()), default=None)
