"""`cityos load vendors`: what it makes of its windows, and from end to end, small."""

from __future__ import annotations

import random
from io import StringIO

import msgspec
import pytest
from rich.console import Console

from fixtures.exits import Exit
from load.checkouts import moments
from load.vendors import Findings, Options, Window, compared, main, not_once, phases, run, show


def window(phase: str, p95_ms: float | None = 10.0, **more: object) -> Window:
    told = {} if phase == "healthy" else {"erpnext": 1}
    sound = dict.fromkeys(("server_cpu_ms", "late_ms_max", "steal", "others", "drained_s"), 0.0)
    told_once = {"checkouts": 500, "failures": [], "p50_ms": 5.0, "p99_ms": 20.0, "wrong": {"erpnext": 0}}
    return msgspec.convert({**sound, **told_once, "phase": phase, "p95_ms": p95_ms, "warnings": told, **more}, Window)


def found(*windows: Window) -> Findings:
    return Findings(compared(windows), 0.0, 0)


def test_each_bad_window_stands_between_healthy_ones() -> None:
    assert list(phases(1)) == ["healthy", "down", "healthy", "slow", "healthy", "refused", "healthy"]
    assert list(phases(2))[6:9] == ["healthy", "slow", "healthy"]


def test_a_window_is_held_against_those_beside_it() -> None:
    windows = compared([window("healthy", 10), window("down", 18), window("healthy", 20), window("slow", 20)])
    assert [one.ratio for one in windows] == [None, pytest.approx(1.2), None, 1.0]


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ([], Exit.RELEASE),
        ([window("slow", 14)], Exit.BLOCKED),
        ([window("slow", None)], Exit.INCONCLUSIVE),
        ([window("slow", failures=["500: no"])], Exit.BLOCKED),
        ([window("slow", wrong={"erpnext": 1})], Exit.BLOCKED),
        ([window("slow", warnings={"erpnext": 2})], Exit.BLOCKED),
        ([window("slow", warnings={})], Exit.BLOCKED),
        ([window("slow", warnings={"erpnext": 1, "": 1})], Exit.BLOCKED),
    ],
    ids=["all well", "slower", "no answers", "failed", "not once", "two lines", "no line", "a stack trace"],
)
def test_what_was_promised(bad: list[Window], code: Exit) -> None:
    well = window("healthy")
    middle = bad or [window("slow")]
    assert found(well, window("down"), well, *middle, well, window("refused"), well).exit_code() == code


def test_an_order_is_known_once() -> None:
    """Missing, known twice, and never placed are each one wrong order."""
    known = {"erpnext": {"a": 1, "b": 2, "d": 1}, "fleetbase": {"a": 1, "b": 1, "c": 1}}
    assert not_once(["a", "b", "c"], known) == {"erpnext": 3, "fleetbase": 0}


def test_checkouts_come_at_an_even_rate() -> None:
    """One in each interval, at the same moments for the same seed."""
    due = moments(100, 20.0, random.Random(1))
    assert [int(moment * 20) for moment in due] == list(range(100))
    assert due == moments(100, 20.0, random.Random(1))


def test_a_small_run() -> None:
    """A run finds every checkout done, one warning per vendor and outage, and each order told once."""
    lines: list[str] = []
    small = Options(checkouts=12, per_s=5, slow_s=2.0, answer_s=1.0, rest_s=0.3)
    findings = run(small, lambda line: lines.append(str(line)))
    assert [one.phase for one in findings.windows] == list(phases(1))
    assert [one.checkouts for one in findings.windows] == [12] * 7
    assert findings.objections() == []
    assert all(one.p95_ms for one in findings.windows)  # speed is for the benchmark, not for a test
    assert lines[-1].startswith("healthy: p95 ")
    out = StringIO()
    show(findings, Console(file=out, width=120))
    assert "refused: p95 " in out.getvalue()


@pytest.mark.parametrize("wrong", [["--per-s", "0"], ["--checkouts", "many"], ["--colour"]])
def test_a_usage_error(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(wrong)
    assert ended.value.code == Exit.USAGE
    assert wrong[0] in capsys.readouterr().err
