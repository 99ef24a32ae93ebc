"""The verdict: what counts, what is in doubt, and which of the two weighs more."""

from __future__ import annotations

import dataclasses
import io

import msgspec
import pytest
from rich.console import Console

from fixtures.exits import Exit
from load import report
from load.arms import Window
from load.findings import Findings, Round
from load.stage import Audit

RIGHT = Audit("db", wrong_wallets=0, ledger_rows=10, events=10, accepted=10, unanswered=0)


def _round(
    reference: float = 600, bare: float = 1000, hot: float = 580, steal: float = 0.0, others: float = 0.0
) -> Round:
    """A round with these rates, of one second per window; CPU per request 1 ms for the bare server, 1.8 for ours."""
    rates = {"reference": (reference, 1.8), "bare": (bare, 1.0), "hot": (hot, 1.8)}
    return Round(
        [
            Window(name, accepted=int(rate), seconds=1.0, cpu_ms=cpu, generator_share=0.05, steal=steal, others=others)
            for name, (rate, cpu) in rates.items()
        ]
    )


def _findings(*rounds: Round, spread: float | None = 1.0, hot: float | None = 1.0, audit: Audit = RIGHT) -> Findings:
    return Findings(list(rounds), spread, hot, [audit])


def _missed(findings: Findings) -> list[str]:
    return [target.what.partition(":")[0] for target in findings.targets() if target.reached is False]


def test_all_reached() -> None:
    """A run that reaches every target ends with 0."""
    findings = _findings(_round(), _round(), _round())
    assert findings.exit_code() == Exit.RELEASE
    assert _missed(findings) == []


@pytest.mark.parametrize(
    ("findings", "missed"),
    [
        (_findings(_round(reference=490, hot=480)), "rate"),
        (_findings(_round(hot=530)), "hot wallet"),
        (_findings(_round(), spread=3.0), "one SQL statement per debit"),
        (_findings(_round(), hot=1.5), "no retry"),
        (_findings(_round(), audit=dataclasses.replace(RIGHT, wrong_wallets=1)), "money"),
        (_findings(_round(), audit=dataclasses.replace(RIGHT, ledger_rows=11, events=11)), "money"),
        (_findings(_round(), audit=dataclasses.replace(RIGHT, events=9)), "money"),
    ],
)
def test_a_missed_target_is_named(findings: Findings, missed: str) -> None:
    """One target that is missed is the one that is named, and the run ends with 1."""
    assert _missed(findings) == [missed]
    assert findings.exit_code() == Exit.BLOCKED


def test_the_median_of_ratios_decides() -> None:
    """A single bad round does not, nor does a machine that was slower for a whole round."""
    findings = _findings(_round(), _round(reference=60, bare=100, hot=58), _round(reference=100))
    assert findings.ratios(lambda window: window.rate, "reference", "bare") == [0.6, 0.6, 0.1]
    assert findings.exit_code() == Exit.RELEASE


def test_a_disturbed_round_is_left_out() -> None:
    """What was measured while somebody else had the CPU does not count, as long as more than half is clean."""
    findings = _findings(_round(), _round(), _round(reference=100, steal=0.2))
    assert len(findings.clean) == 2
    assert findings.exit_code() == Exit.RELEASE


@pytest.mark.parametrize("disturbed", [_round(steal=0.2), _round(others=0.5)])
def test_disturbance_is_no_verdict(disturbed: Round) -> None:
    """When no more than half of the rounds are clean, nothing is said about speed, well or ill."""
    assert _findings(_round(), disturbed).exit_code() == Exit.INCONCLUSIVE


def test_a_busy_generator_is_no_verdict() -> None:
    """A generator that used its whole core may have been the limit."""
    busy = Round([msgspec.structs.replace(window, generator_share=0.97) for window in _round(reference=100).windows])
    assert _findings(busy).exit_code() == Exit.INCONCLUSIVE


def test_an_uncounted_statement_is_no_verdict() -> None:
    """Where the server's log is out of reach the statements were not counted, and that is not a pass."""
    assert _findings(_round(), spread=None, hot=None).exit_code() == Exit.INCONCLUSIVE


@pytest.mark.parametrize(
    ("status", "steal", "code"),
    [
        (500, 0.0, Exit.BLOCKED),
        (500, 0.2, Exit.BLOCKED),
        (409, 0.2, Exit.BLOCKED),
        (0, 0.0, Exit.BLOCKED),
        (0, 0.2, Exit.INCONCLUSIVE),
    ],
)
def test_what_a_refusal_weighs(status: int, steal: float, code: Exit) -> None:
    """A refusal counts in any noise; an answer that did not come says nothing if the machine was taken away."""
    windows = [msgspec.structs.replace(window, refused={status: 1}) for window in _round(steal=steal).windows]
    assert _findings(Round(windows)).exit_code() == code


def test_an_unanswered_debit_may_have_happened() -> None:
    """The ledger may have a row for a request that got no answer, but no more than that."""
    lost = Audit("db", wrong_wallets=0, ledger_rows=11, events=11, accepted=10, unanswered=1)
    assert lost.is_right
    assert not dataclasses.replace(lost, ledger_rows=12, events=12).is_right


def test_shown_in_full() -> None:
    """The report has a row per arm, a line per round and a line per target, and says what was refused."""
    windows = [msgspec.structs.replace(window, refused={503: 2}, refusal="HTTP/1.1 503") for window in _round().windows]
    out = Console(file=io.StringIO(), width=120, highlight=False, markup=False)
    report.show(_findings(Round(windows), _round(steal=0.2)), out)
    assert isinstance(out.file, io.StringIO)
    text = out.file.getvalue()
    for expected in (
        "bare server, same statement",
        "round 2: reference bare hot; of all CPU time the host stole 20.0%",
        "in doubt: somebody else had the CPU in 1 of 2 rounds",
        "NOT REACHED every debit accepted, no 5xx: 6 times 503",
        "no saying   rate: at least 0.50 of the bare server's: 0.60",
        "reached     one SQL statement per debit: 1.00",
        "HTTP/1.1 503",
    ):
        assert expected in text
