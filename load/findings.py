"""From windows to a verdict: ratios per round, their medians, the targets, and what makes a run say nothing."""

from __future__ import annotations

import math
from statistics import median
from typing import TYPE_CHECKING

import msgspec

from fixtures.exits import Exit
from load.arms import Window
from load.fire import UNANSWERED
from load.stage import Audit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RATE_MIN = 0.50
"""Of the bare server's rate. FastAPI with asyncpg and nothing else reached 0.56 to 0.69 when measured; the ORM 0.10."""
CPU_MAX = 2.0
"""Times the bare server's CPU per request. FastAPI with asyncpg and nothing else needs 1.8."""
HOT_MIN = 0.9
"""Of the spread rate. One statement holds the wallet's row for one commit; several, or retries, hold it for longer."""
STATEMENTS = 1.0
"""Per debit, also when all want the same wallet: more is a round trip too many, or a retry."""

STEAL_MAX = 0.03
"""Of all CPU time. Above it a round says more of the host than of us: one that stole made the rate a quarter."""
OTHERS_MAX = 0.10
"""Of all CPU time. Above it other processes here had so much that even the ratios moved: a busy cache costs the larger
program more. An idle machine has 0.01 to 0.03."""
GENERATOR_MAX = 0.9
"""Of one core: a generator that is busier than this may be what limits the rate."""


class Round(msgspec.Struct, frozen=True):
    """One window of each arm, in the order they were run. `repeated`: the first attempt was thrown away."""

    windows: list[Window]
    repeated: bool = False

    @property
    def steal(self) -> float:
        """The worst share that the host took during one of the windows."""
        return max(window.steal for window in self.windows)

    @property
    def others(self) -> float:
        """The worst share that other processes had during one of the windows."""
        return max(window.others for window in self.windows)

    @property
    def is_clean(self) -> bool:
        """Whether the machine was left to us."""
        return self.steal <= STEAL_MAX and self.others <= OTHERS_MAX

    def of(self, arm: str) -> Window:
        """The window of an arm."""
        return next(window for window in self.windows if window.arm == arm)


class Target(msgspec.Struct, frozen=True):
    """One line of the verdict. `reached` None: the run does not say."""

    what: str
    found: str
    reached: bool | None


class Findings(msgspec.Struct, frozen=True):
    """All that a run found."""

    rounds: list[Round]
    statements_spread: float | None
    statements_hot: float | None
    audits: list[Audit]

    @property
    def clean(self) -> list[Round]:
        """The rounds that count; all of them when none is clean, to have something to show."""
        return [each for each in self.rounds if each.is_clean] or self.rounds

    def windows(self, arm: str) -> list[Window]:
        """The windows of an arm that count."""
        return [each.of(arm) for each in self.clean]

    def ratios(self, number: Callable[[Window], float | None], arm: str, by: str) -> list[float]:
        """A number of one arm divided by the same of another, round by round."""
        pairs = [(number(each.of(arm)), number(each.of(by))) for each in self.clean]
        return [above / below for above, below in pairs if above is not None and below]

    def doubts(self) -> list[str]:
        """Why the speeds that were measured may not be the servers'."""
        doubts = []
        clean = sum(each.is_clean for each in self.rounds)
        if 2 * clean <= len(self.rounds):
            doubts.append(f"somebody else had the CPU in {len(self.rounds) - clean} of {len(self.rounds)} rounds")
        shares = [window.generator_share or 0.0 for each in self.clean for window in each.windows]
        if max(shares) > GENERATOR_MAX:
            doubts.append(f"the load generator used {max(shares):.0%} of a core: it may be what was measured")
        return doubts

    def targets(self) -> list[Target]:
        """What was to be reached, and whether it was."""
        rate = self.ratios(lambda window: window.rate, "reference", "bare")
        cpu = self.ratios(lambda window: window.cpu_ms, "reference", "bare")
        hot = self.ratios(lambda window: window.rate, "hot", "reference")
        return [
            self._ratio(f"rate: at least {RATE_MIN:.2f} of the bare server's", rate, at_least=RATE_MIN),
            self._ratio(f"CPU per request: at most {CPU_MAX:.1f} times the bare server's", cpu, at_most=CPU_MAX),
            self._ratio(f"hot wallet: at least {HOT_MIN:.1f} of the spread rate", hot, at_least=HOT_MIN),
            self._answers(),
            _statements("one SQL statement per debit", self.statements_spread),
            _statements("no retry: one statement per debit on a hot wallet", self.statements_hot),
            self._money(),
        ]

    def exit_code(self) -> Exit:
        """Not reached outweighs doubt: what was counted exactly stands in any noise."""
        outcomes = [target.reached for target in self.targets()]
        if False in outcomes:
            return Exit.BLOCKED
        return Exit.INCONCLUSIVE if None in outcomes else Exit.RELEASE

    def _ratio(self, what: str, found: list[float], *, at_least: float = 0.0, at_most: float = math.inf) -> Target:
        if not found:
            return Target(what, "not measured", None)
        said = f"{median(found):.2f} ({min(found):.2f} to {max(found):.2f})"
        return Target(what, said, None if self.doubts() else at_least <= median(found) <= at_most)

    def _answers(self) -> Target:
        """A refusal counts in every round, a missing answer in clean ones: else the machine may have stood still."""
        broken: dict[int, int] = {}
        excused = True
        for each in self.rounds:
            for window in each.windows:
                for status, count in window.refused.items():
                    broken[status] = broken.get(status, 0) + count
                    excused = excused and status == UNANSWERED and not each.is_clean
        said = ", ".join(f"{count} times {status or 'no answer'}" for status, count in sorted(broken.items()))
        reached = None if broken and excused else not broken
        return Target("every debit accepted, no 5xx", said or "every one", reached)

    def _money(self) -> Target:
        wrong = [audit for audit in self.audits if not audit.is_right]
        rows = sum(audit.ledger_rows for audit in self.audits)
        said = "; ".join(
            f"{audit.database}: {audit.wrong_wallets} wallets wrong, "
            f"{audit.ledger_rows} rows and {audit.events} events for {audit.accepted} accepted"
            for audit in wrong
        )
        return Target(
            "money: balance = start + ledger, one row and one event per debit", said or f"{rows} debits", not wrong
        )


def middle(values: Sequence[float | None]) -> float | None:
    """The median of what is there; None of nothing."""
    there = [value for value in values if value is not None]
    return median(there) if there else None


def _statements(what: str, found: float | None) -> Target:
    if found is None:
        return Target(what, "not counted: the server's log is out of reach", None)
    return Target(what, f"{found:.2f}", found == STATEMENTS)
