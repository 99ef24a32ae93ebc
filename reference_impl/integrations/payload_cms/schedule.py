"""When the sync runs: every 15 minutes, and after a failure sooner, then ever more seldom up to that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

PERIOD = timedelta(minutes=15)
RETRY_FIRST = timedelta(minutes=1)
JITTER = 0.2
"""How much of a gap chance may take away: less than would hide that gaps double."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When to run next, and how often in a row it failed. `told_at`: when a failure was logged last."""

    next_at: datetime | None = None
    failures: int = 0
    told_at: datetime | None = None

    def due(self, now: datetime) -> bool:
        return self.next_at is None or now >= self.next_at

    def succeeded(self, now: datetime) -> Schedule:
        return Schedule(next_at=now + PERIOD)

    def failed(self, now: datetime, jitter: float, not_before: datetime | None = None) -> Schedule:
        """jitter: 0 to 1. not_before: when the vendor lets itself be asked again, if it said."""
        gap = retry_gap(self.failures, jitter)
        told = now if self.worth_telling(now) else self.told_at
        return Schedule(max(now + gap, not_before or now), self.failures + 1, told)

    def worth_telling(self, now: datetime) -> bool:
        """Whether a failure now is to be logged: once per period, however often it is tried."""
        return self.told_at is None or now - self.told_at >= PERIOD


def retry_gap(failures: int, jitter: float) -> timedelta:
    """How long to wait after so many failures and one more: doubled up to a period, less a little chance."""
    doubled = RETRY_FIRST * (1 << min(failures, 16))
    return min(doubled, PERIOD) * (1 - JITTER * jitter)
