"""The arms of the comparison: each debits for one window and says how often, how fast, and at what cost."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urlsplit

import msgspec

from load import machine
from load.debits import debits
from load.driver import Driven
from load.fire import UNANSWERED, fire, percentile
from load.stage import HarnessFailed
from load.statement import pgbench_script

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).parents[1]
_START_S = 60.0  # for a process to start, on top of its window


class Window(msgspec.Struct, frozen=True):
    """One arm in one round. `cpu_ms` is what the process under test used per debit, its workers included."""

    arm: str
    accepted: int
    seconds: float
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    cpu_ms: float | None = None
    generator_share: float | None = None  # of one core
    refused: dict[int, int] = {}  # not 2xx, by status; 0: no answer
    refusal: str = ""  # the first of them
    steal: float = 0.0  # share of all CPU time that the host took away
    others: float = 0.0  # and that other processes of this machine used

    @property
    def rate(self) -> float:
        """Debits per second."""
        return self.accepted / self.seconds

    @property
    def unanswered(self) -> int:
        """Requests without an answer: their debits may have happened or not."""
        return self.refused.get(UNANSWERED, 0)


class Arm(Protocol):
    """Something that debits wallets as fast as it can."""

    name: str
    database: str  # whose money it moves
    pid: int | None  # of its server, where it has one that runs all the time

    def window(self, seconds: float) -> Window:
        """Debit for so long."""
        ...


@dataclass
class Http:
    """Debits over HTTP; what else the server does by itself, it does in its own windows only."""

    name: str
    database: str
    port: int
    pid: int | None
    token: str
    wallets: Sequence[str]
    connections: int
    sample: bytes = b""  # the body of an answer
    _requests: Iterator[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self._requests = debits(self.port, self.token, self.wallets, self.name)

    def window(self, seconds: float) -> Window:
        """Fire at the server, and see what CPU it used meanwhile."""
        assert self.pid is not None
        before = machine.cpu_s(self.pid)
        volley = fire(self.port, self._requests, connections=self.connections, seconds=seconds)
        cpu_s = machine.cpu_s(self.pid) - before
        self.sample = volley.sample
        p50, p95, p99 = (percentile(volley.latencies_ms, share) for share in (0.50, 0.95, 0.99))
        return Window(
            arm=self.name,
            accepted=volley.accepted,
            seconds=volley.seconds,
            p50_ms=p50,
            p95_ms=p95,
            p99_ms=p99,
            cpu_ms=1000 * cpu_s / volley.accepted if volley.accepted else None,
            generator_share=volley.cpu_share,
            refused={status: count for status, count in volley.statuses.items() if not 200 <= status < 300},
            refusal=volley.refusal,
        )


@dataclass
class Driver:
    """The statement by asyncpg without HTTP, in a process of its own."""

    database: str
    environment: Mapping[str, str]
    connections: int
    wallets: int
    name: str = "driver"
    pid: int | None = None

    def window(self, seconds: float) -> Window:
        """Start the loop and read what it did."""
        options = {"seconds": seconds, "connections": self.connections, "wallets": self.wallets}
        command = [sys.executable, "-P", "-m", "load.driver"]
        command += [part for name, value in options.items() for part in (f"--{name}", str(value))]
        path = os.pathsep.join(part for part in (str(ROOT), os.environ.get("PYTHONPATH", "")) if part)
        output = _run(command, {**os.environ, **self.environment, "PYTHONPATH": path}, seconds)
        driven = msgspec.json.decode(output, type=Driven)
        return Window(
            arm=self.name,
            accepted=driven.done,
            seconds=driven.seconds,
            p50_ms=driven.p50_ms,
            p95_ms=driven.p95_ms,
            p99_ms=driven.p99_ms,
            cpu_ms=1000 * driven.cpu_s / driven.done if driven.done else None,
        )


@dataclass
class Pgbench:
    """The statement by pgbench, prepared, its parameters written as expressions: what the database alone can do."""

    database: str
    url: str
    program: str
    sql: str
    tenant: str
    connections: int
    wallets: int
    name: str = "pgbench"
    pid: int | None = None

    def window(self, seconds: float) -> Window:
        """Run pgbench and read its report; it counts whole seconds."""
        parts = urlsplit(self.url)
        environment = {
            **os.environ,
            "PGHOST": parts.hostname or "",
            "PGPORT": str(parts.port or 5432),
            "PGUSER": unquote(parts.username or ""),
            "PGPASSWORD": unquote(parts.password or ""),  # not on the command line, where everybody can read it
            "PGDATABASE": unquote(parts.path.lstrip("/")),
        }
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
            script.write(pgbench_script(self.sql, self.tenant, self.wallets))
            script.flush()
            command = [self.program, "-n", "-M", "prepared", "-c", str(self.connections), "-f", script.name]
            report = _run([*command, "-T", str(max(1, round(seconds)))], environment, seconds).decode()
        done, rate = _reported(r"actually processed: (\d+)", report), _reported(r"tps = ([\d.]+)", report)
        return Window(arm=self.name, accepted=int(done), seconds=done / rate)


def find_pgbench() -> str | None:
    """The pgbench on PATH, or the one that came with the embedded server; None when there is none."""
    from fixtures.postgres import PostgresError
    from fixtures.postgres.binaries import find_programs

    on_path = shutil.which("pgbench")
    if on_path is not None:
        return on_path
    try:
        beside = find_programs().bin / "pgbench"
    except PostgresError:
        return None
    return str(beside) if beside.exists() else None


def _reported(pattern: str, report: str) -> float:
    found = re.search(pattern, report)
    if found is None:
        raise HarnessFailed(f"pgbench's report is not understood: {report}")
    return float(found[1])


def _run(command: Sequence[str], environment: Mapping[str, str], seconds: float) -> bytes:
    """The standard output of a program that runs for some seconds."""
    try:
        done = subprocess.run(
            command, env=environment, cwd=ROOT, capture_output=True, timeout=seconds + _START_S, check=True
        )
    except subprocess.CalledProcessError as failed:
        raise HarnessFailed(f"{command[0]} failed: {failed.stderr.decode(errors='replace')[-2000:]}") from None
    except subprocess.TimeoutExpired:
        raise HarnessFailed(f"{command[0]} did not end in time") from None
    return done.stdout
