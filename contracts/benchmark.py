"""What verifying costs: our verification beside the `pact verifier` command, on the same file and server, in one run.

CPU seconds, user and system, of the process that verifies and of what it calls back for provider states: for us that is
one process, for the command it is the command and a server of the same states. Neither checks certificates, since the
server speaks plain HTTP. Each arm verifies the contract once, and a file that holds it four times, in turn (A B B A):
the difference is what an interaction costs, the rest is the start.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from contracts.pacts import Interaction, committed, read, text
from contracts.providers import known
from fixtures.exits import CommandError, Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contracts.pacts import Contract

COPIES = 4
"""So often the contract stands in the longer file: a start of 200 ms is not to hide an interaction of 5."""
ROUNDS = 5
OURS, THEIRS = "cityos contracts verify", "pact verifier"
TARGET = 1.2


@dataclass(frozen=True)
class Cost:
    """CPU seconds of one arm: of the contract, and of so many copies of it. count: its interactions."""

    once_s: float
    copies_s: float
    count: int

    @property
    def each_s(self) -> float:
        """Per interaction."""
        return (self.copies_s - self.once_s) / (self.count * (COPIES - 1))

    @property
    def start_s(self) -> float:
        """Before the first interaction."""
        return self.once_s - self.count * self.each_s


def run(provider: str, rounds: int = ROUNDS) -> int:
    """Measure, print both side by side. Exit code 0 when ours is within 1.2 times, else 1."""
    from fixtures.terminal import console

    out = console()
    pact = _pact()
    contract = _http_only(provider)
    with tempfile.TemporaryDirectory(prefix="cityos-benchmark-") as folder, _child("provider", provider) as (url, _):
        files = _files(Path(folder), contract)
        with _child("callbacks", provider, url) as (port, callbacks):
            found: dict[tuple[str, str], list[float]] = {}
            for number in range(rounds):
                arms = [OURS, THEIRS] if number % 2 == 0 else [THEIRS, OURS]
                for arm in arms:
                    for size, file in files.items():
                        spent = _ours(file, url) if arm == OURS else _theirs(pact, file, url, port, callbacks)
                        found.setdefault((arm, size), []).append(spent)
    count = len(contract.interactions)
    costs = {
        arm: Cost(statistics.median(found[arm, "once"]), statistics.median(found[arm, "copies"]), count)
        for arm in (OURS, THEIRS)
    }
    out.print(f"{contract.name}: {count} interactions over HTTP, {rounds} rounds, medians of CPU time\n")
    out.print(f"{'':26}{'per interaction':>18}{'start':>12}{'whole contract':>18}")
    for arm, cost in costs.items():
        out.print(f"{arm:26}{cost.each_s * 1000:15.1f} ms{cost.start_s * 1000:9.0f} ms{cost.once_s * 1000:15.0f} ms")
    ratio = costs[OURS].each_s / costs[THEIRS].each_s
    out.print(f"\nper interaction {ratio:.2f} times (at most {TARGET:g})")
    return Exit.RELEASE if ratio <= TARGET else Exit.BLOCKED


def _pact() -> str:
    """The command, beside this Python or on PATH."""
    beside = Path(sys.executable).parent / "pact"
    found = str(beside) if beside.is_file() else shutil.which("pact")
    if found is None:
        raise UsageError("the `pact` command is not here: pip install pact-python-cli")
    return found


def _http_only(provider: str) -> Contract:
    if provider not in known.VENDORS:
        raise UsageError(f"{provider} has no simulator to measure on; there are {', '.join(known.VENDORS)}")
    found = committed(provider)
    if not found:
        raise UsageError(f"there is no contract with {provider}")
    return found[0].only([each for each in found[0].interactions if not each.is_message])


def _files(folder: Path, contract: Contract) -> dict[str, Path]:
    copies = [
        Interaction({**each.raw, "description": f"{each.description} ({number})"})
        for number in range(COPIES)
        for each in contract.interactions
    ]
    sizes = {"once": contract, "copies": contract.only(copies)}
    files = {size: folder / f"{size}.json" for size in sizes}
    for size, file in files.items():
        file.write_text(text(sizes[size]))
    return files


def _ours(file: Path, url: str) -> float:
    return _spent([sys.executable, "-m", "contracts.benchmark", "verify", str(file), url])


def _theirs(pact: str, file: Path, url: str, port: str, callbacks: psutil.Process) -> float:
    host, _, number = url.removeprefix("http://").partition(":")
    states = f"http://127.0.0.1:{port}/states"
    options = ["--state-change-teardown", "--disable-ssl-verification", "--no-colour", "--loglevel", "none"]
    before = _cpu(callbacks)
    command = [pact, "verifier", "-f", str(file), "-h", host, "-p", number, "-s", states, *options]
    return _spent(command) + _cpu(callbacks) - before


def _spent(command: Sequence[str]) -> float:
    """Run to the end; its CPU seconds. Raises CommandError when it fails: a failure costs something else."""
    environment = {**os.environ, "PACT_DO_NOT_TRACK": "true", **_one_authority()}
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(command, stdout=said, stderr=said, env=environment)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            said.seek(0)
            raise CommandError(f"{' '.join(command)} failed: {said.read().decode(errors='replace')[-1500:]}")
    return usage.ru_utime + usage.ru_stime


@functools.cache
def _one_authority() -> dict[str, str]:
    """One certificate instead of all that the machine trusts: building those costs the command 15 ms a request, also
    where it is told to check none, and would hide what is compared here.
    """
    import certifi

    end = "-----END CERTIFICATE-----\n"
    first, _, _ = Path(certifi.where()).read_text().partition(end)
    file = Path(tempfile.mkdtemp(prefix="cityos-authority-")) / "one.pem"
    file.write_text(first + end)
    atexit.register(shutil.rmtree, file.parent)
    return {"SSL_CERT_FILE": str(file)}


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@contextlib.contextmanager
def _child(*arguments: str) -> Iterator[tuple[str, psutil.Process]]:
    """One of the helpers below, until the end of the block; the line that it says first, and its process."""
    command = [sys.executable, "-m", "contracts.benchmark", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        said = child.stdout.readline().strip()
        try:
            if not said:
                raise CommandError(f"{' '.join(arguments)} did not start")
            yield said, psutil.Process(child.pid)
        finally:
            child.stdin.close()  # which ends it


def _help(role: str, *arguments: str) -> None:
    """In a process of its own: `provider NAME`, `callbacks NAME URL`, `verify FILE URL`."""
    if role == "verify":
        from contracts.providers.verify import verify

        contract = read(Path(arguments[0]))
        with known.at(contract.provider, arguments[1]) as provider:
            result = verify(contract, provider)
        sys.exit(0 if result.complete else json.dumps(result.shown())[:1500])
    if role == "provider":
        with known.simulated(arguments[0]) as provider:
            print(provider.base_url, flush=True)
            sys.stdin.read()
        return
    from contracts.providers.callbacks import serving

    with known.at(arguments[0], arguments[1]) as provider, serving(provider) as callbacks:
        print(callbacks.port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    _help(*sys.argv[1:])
