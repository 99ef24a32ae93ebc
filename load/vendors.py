"""`cityos load vendors`: what a checkout costs while the vendors are away, slow, or refuse the key.

Checkouts arrive at a fixed rate, in windows that take turns: healthy, down, healthy, slow, healthy, refused, healthy.
Each window is held against the healthy ones beside it, which had the same machine. Between windows the vendors are
well again, and everything that they were not told is told; then each has to know each order once.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import statistics
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from fixtures.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from rich.console import Console

    from load.checkouts import Till
    from load.simulated import Known, Simulated

HEALTHY = "healthy"
BAD = ("down", "slow", "refused")
TARGET = 1.3
WARM_UP = 40
TOLD_PER_S = 4.0
"""Orders that are told to all vendors by a machine that is busy; a bound for waiting, not a target."""
QUIET_S = 1.0


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to measure."""

    checkouts: int = 500
    per_s: float = 20.0
    rounds: int = 1
    seed: int = 0
    slow_s: float = 30.0
    answer_s: float = 10.0  # for which the server waits
    rest_s: float = 5.0  # for which it leaves a vendor alone
    database_url: str | None = None


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """Some checkouts while the vendors were so. `ratio`: its p95 to that of the healthy windows beside it."""

    phase: str
    checkouts: int
    failures: list[str]
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    server_cpu_ms: float  # per checkout, with all that the server did meanwhile
    late_ms_max: float  # of the generator
    steal: float
    others: float
    warnings: dict[str, int]  # lines from WARNING on in the server's log, by vendor, and under "" those of none
    drained_s: float  # until everybody had been told of everything, once they were well
    wrong: dict[str, int]  # orders that a vendor did not know exactly once then
    ratio: float | None = None


class Findings(msgspec.Struct, frozen=True):
    """All windows, in their order; what the machine had to do before we came."""

    windows: list[Window]
    load_average: float
    seed: int

    def objections(self) -> list[str]:
        """What was promised and is not so, but for the speed."""
        found = []
        for number, window in enumerate(self.windows, 1):
            where = f"window {number} ({window.phase})"
            if window.failures:
                found.append(f"{where}: {len(window.failures)} checkouts failed: {window.failures[0]}")
            due = dict.fromkeys(window.wrong, 0 if window.phase == HEALTHY else 1)
            if {**dict.fromkeys(due, 0), **window.warnings} != due:
                found.append(f"{where}: lines of warning {window.warnings}, due were {due}")
            found += [f"{where}: {count} orders not once at {name}" for name, count in window.wrong.items() if count]
        return found

    def ratio(self, phase: str) -> float | None:
        """The middle one of a phase."""
        ratios = [one.ratio for one in self.windows if one.phase == phase and one.ratio is not None]
        return statistics.median(ratios) if ratios else None

    def exit_code(self) -> Exit:
        ratios = [self.ratio(phase) for phase in BAD]
        if self.objections() or any(ratio is not None and ratio > TARGET for ratio in ratios):
            return Exit.BLOCKED
        return Exit.INCONCLUSIVE if None in ratios else Exit.RELEASE


def run(options: Options, tell: Callable[[str], object]) -> Findings:
    """Measure. `tell` hears how far it is. Raises PostgresError, ReferenceFailed or HarnessFailed."""
    import os

    from fixtures.postgres import open_server
    from fixtures.reference import start_reference
    from load import stage
    from load.checkouts import Till
    from load.simulated import simulated

    average = os.getloadavg()[0]
    url = options.database_url
    opening = open_server(url) if url else open_server(durable=True, settings=stage.SETTINGS)
    patience = {"CITYOS_VENDOR_ANSWER_S": str(options.answer_s), "CITYOS_BREAKER_REST_S": str(options.rest_s)}
    with opening as server, simulated() as vendors:
        env = {**vendors.environment(), **patience}
        with start_reference(server, env=env) as reference, contextlib.closing(Till(reference, options.seed)) as till:
            measuring = _Measuring(options, till, vendors, reference.pid, reference.log)
            tell("warming up")
            measuring.window(HEALTHY, min(WARM_UP, options.checkouts))
            windows = []
            for phase in phases(options.rounds):
                windows.append(measuring.window(phase, options.checkouts))
                tell(f"{phase}: p95 {_number(windows[-1].p95_ms, '.1f')} ms")
    return Findings(compared(windows), average, options.seed)


def phases(rounds: int) -> Iterator[str]:
    """The windows in their order: a healthy one on each side of each other."""
    yield HEALTHY
    for number in range(rounds):
        turn = number % len(BAD)
        for phase in (*BAD[turn:], *BAD[:turn]):
            yield phase
            yield HEALTHY


def compared(windows: Sequence[Window]) -> list[Window]:
    """The windows with their ratios: to the mean of the healthy ones before and after."""
    found = []
    for number, window in enumerate(windows):
        beside = [one.p95_ms for one in windows[max(0, number - 1) : number + 2] if one.phase == HEALTHY and one.p95_ms]
        ratio = window.p95_ms / statistics.mean(beside) if window.p95_ms and beside else None
        found.append(window if window.phase == HEALTHY else msgspec.structs.replace(window, ratio=ratio))
    return found


class _Measuring:
    """What all windows share."""

    def __init__(self, options: Options, till: Till, vendors: Simulated, pid: int, log: Path) -> None:
        self._options = options
        self._rng = random.Random(options.seed)  # noqa: S311 (moments, not secrets)
        self._till = till
        self._vendors = vendors
        self._pid = pid
        self._log = log

    def window(self, phase: str, checkouts: int) -> Window:
        """Prepare, let the vendors be so, measure, let them be well again and wait until they know everything."""
        from load import machine
        from load.fire import percentile

        carts = self._till.carts(checkouts)
        self._vendors.forget()
        said = len(self._log.read_bytes())
        if phase != HEALTHY:
            self._vendors.become(phase, self._options.slow_s)
        before, disturbance = machine.cpu_s(self._pid), machine.disturbance_meter()
        told = self._till.complete(carts, per_s=self._options.per_s, rng=self._rng)
        cpu_s, disturbed = machine.cpu_s(self._pid) - before, disturbance()
        warnings = _warnings(self._log.read_bytes()[said:])
        began = time.monotonic()
        if phase != HEALTHY:
            self._vendors.become(HEALTHY)
        wrong = self._settled(told.orders, 60.0 + self._options.slow_s + checkouts / TOLD_PER_S)
        p50, p95, p99 = (percentile(told.latencies_ms, share) for share in (0.50, 0.95, 0.99))
        return Window(
            phase=phase,
            checkouts=len(told.orders),
            failures=told.failures,
            p50_ms=p50,
            p95_ms=p95,
            p99_ms=p99,
            server_cpu_ms=1000 * cpu_s / max(checkouts, 1),
            late_ms_max=told.late_ms_max,
            steal=disturbed.steal,
            others=disturbed.others,
            warnings=warnings,
            drained_s=time.monotonic() - began - QUIET_S,
            wrong=wrong,
        )

    def _settled(self, orders: Sequence[str], within_s: float) -> dict[str, int]:
        """How many orders each vendor does not know once, after it had the time to be told, and for a while after."""
        deadline, quiet_since = time.monotonic() + within_s, None
        while True:
            wrong = not_once(orders, self._vendors.known())
            now = time.monotonic()
            quiet_since = None if any(wrong.values()) else quiet_since or now
            if now > deadline or (quiet_since is not None and now > quiet_since + QUIET_S):
                return wrong
            time.sleep(0.2)


def not_once(orders: Sequence[str], known: Known) -> dict[str, int]:
    """Of each vendor, how many orders it does not know, knows more often, or knows that nobody placed."""
    placed = dict.fromkeys(orders, 1)
    return {
        name: sum(times.get(order) != placed.get(order) for order in {*placed, *times}) for name, times in known.items()
    }


def _warnings(log: bytes) -> dict[str, int]:
    """Lines from WARNING on, by the vendor that they name; what is no JSON, a stack trace, is one of nobody."""
    found: dict[str, int] = {}
    for line in log.splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            said = {}
        if said.get("level") not in ("info", "debug"):
            name = str(said.get("vendor", ""))
            found[name] = found.get(name, 0) + 1
    return found


def show(findings: Findings, out: Console) -> None:
    """Print it all, for people."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("vendors")
    for heading in ("checkouts", "failed", "p50 ms", "p95 ms", "p99 ms", "ratio", "CPU ms", "told in s", "others"):
        table.add_column(heading, justify="right")
    for one in findings.windows:
        table.add_row(
            one.phase, str(one.checkouts), str(len(one.failures)),
            *(_number(value, ".1f") for value in (one.p50_ms, one.p95_ms, one.p99_ms)), _number(one.ratio, ".2f"),
            f"{one.server_cpu_ms:.1f}", f"{one.drained_s:.1f}", f"{one.others + one.steal:.0%}",
        )  # fmt: skip
    out.print(table)
    out.print(f"\nload average before: {findings.load_average:.2f}; seed {findings.seed}")
    for phase in BAD:
        ratio = _number(findings.ratio(phase), ".2f")
        out.print(f"{phase}: p95 {ratio} times that of healthy vendors, at most {TARGET}")
    for objection in findings.objections():
        out.print(f"NOT SO: {objection}")


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and say by the exit code whether it is so (0), not (1), or nobody knows (11)."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    as_json = chosen.json
    del chosen.json
    from rich.console import Console

    from fixtures.postgres import PostgresError
    from fixtures.reference import ReferenceFailed
    from load.stage import HarnessFailed

    progress = Console(stderr=True, highlight=False, markup=False)
    try:
        findings = run(Options(**vars(chosen)), progress.print)
    except PostgresError as error:
        return _fail(error, Exit.USAGE)
    except (HarnessFailed, ReferenceFailed) as error:
        return _fail(error, Exit.HARNESS_ERROR)
    if as_json:
        ratios = {phase: findings.ratio(phase) for phase in BAD}
        more = {"ratios": ratios, "objections": findings.objections(), "exit_code": findings.exit_code()}
        sys.stdout.buffer.write(msgspec.json.encode({**msgspec.to_builtins(findings), **more}) + b"\n")
    else:
        out = Console(highlight=False, markup=False)
        if not out.is_terminal:
            out.width = 120
        show(findings, out)
    return findings.exit_code()


def _parser() -> argparse.ArgumentParser:
    from load.limit import Parser, positive

    defaults = Options()
    parser = Parser(
        prog="cityos load vendors",
        description="Checkouts at a fixed rate while the vendors are well, down, slow (30 s), and refuse the key.",
        epilog="Exit codes: 0 it is as promised, 1 not, 3 harness error, 4 usage, 11 nothing to say.",
    )
    parser.add_argument(
        "--checkouts", type=positive(int), default=defaults.checkouts, help="in each window (%(default)s)"
    )
    parser.add_argument("--per-s", type=positive(float), default=defaults.per_s, help="that arrive (%(default)s)")
    parser.add_argument("--rounds", type=positive(int), default=defaults.rounds, help="how often (%(default)s)")
    parser.add_argument("--seed", type=int, default=defaults.seed, help="of the moments (%(default)s)")
    parser.add_argument("--database-url", help="a PostgreSQL that may create databases; embedded if left out")
    parser.add_argument("--json", action="store_true", help="all findings as JSON on standard output")
    return parser


def _fail(error: Exception, code: Exit) -> Exit:
    print(f"cityos load vendors: {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
