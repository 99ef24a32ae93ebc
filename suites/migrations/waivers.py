"""Known findings of migrations, a file of [[waiver]] tables as the gate's: each has an owner, a reason and a last day.

    [[waiver]]
    rule = "lint/ban-drop-not-null"
    revision = "0025_vendor_name_optional"
    history = "reference_impl/migrations"   # optional: how the folder ends of the only history for which it holds
    owner = "vendors team"
    reason = "Release 12 reads a null there."
    expires = 2027-01-31

A waiver never hides a finding: what is waived is told as that.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from suites.gate.waivers import WaiverState, entries

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from suites.migrations.histories.base import Finding

_KEYS: dict[str, type] = {
    "rule": str,
    "revision": str,
    "history": str,
    "owner": str,
    "reason": str,
    "expires": dt.date,
}


@dataclass(frozen=True)
class MigrationWaiver:
    """One known finding: a rule of a revision. expires: the last day on which it holds."""

    rule: str
    revision: str
    owner: str
    reason: str
    expires: dt.date
    history: str = ""

    def covers(self, finding: Finding) -> bool:
        """Whether it speaks of this finding."""
        return finding.rule == self.rule and finding.revision == self.revision

    def concerns(self, history: str) -> bool:
        """Whether it holds for a history of this name, which ends with its folder."""
        return not self.history or f"/{history}".endswith(f"/{self.history.strip('/')}")

    def expired(self, today: dt.date) -> bool:
        """Whether its last day is over."""
        return today > self.expires


@dataclass
class Waived:
    """Findings that count, findings that are waived with by which, and what became of each waiver."""

    counting: list[Finding] = field(default_factory=list)
    waived: list[tuple[Finding, MigrationWaiver]] = field(default_factory=list)
    uses: list[tuple[MigrationWaiver, WaiverState]] = field(default_factory=list)

    @property
    def told(self) -> list[str]:
        """A sentence for each waiver that is to be taken out or renewed."""
        words = {
            WaiverState.UNUSED: "nothing needs it any more: take it out",
            WaiverState.EXPIRED: "it has expired and waives nothing: mend the revision or renew it",
        }
        return [
            f"waiver of {waiver.rule} for {waiver.revision} ({waiver.owner}): {words[state]}"
            for waiver, state in self.uses
            if state in words
        ]


def load(path: Path) -> list[MigrationWaiver]:
    """Every waiver of a file, none when there is no file; TableError names file, key and remedy."""
    needed = ("rule", "revision", "owner", "reason", "expires")
    return [MigrationWaiver(**entry) for _, entry in entries(path, _KEYS, needed)]


def apply(findings: Iterable[Finding], waivers: Iterable[MigrationWaiver], history: str, today: dt.date) -> Waived:
    """Findings of one history, by its name, after the waivers. One that has expired waives nothing and is told."""
    done = Waived()
    known = list(waivers)
    here = [each for each in known if each.concerns(history)]
    used: set[MigrationWaiver] = set()
    for finding in findings:
        covering = [each for each in here if each.covers(finding)]
        used.update(covering)
        holding = next((each for each in covering if not each.expired(today)), None)
        if holding is None:
            done.counting.append(finding)
        else:
            done.waived.append((finding, holding))
    for waiver in known:
        if not waiver.concerns(history):
            state = WaiverState.ELSEWHERE
        elif waiver.expired(today):
            state = WaiverState.EXPIRED
        else:
            state = WaiverState.USED if waiver in used else WaiverState.UNUSED
        done.uses.append((waiver, state))
    return done
