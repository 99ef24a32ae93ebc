"""``cityos simulate``: one vendor's simulator for whoever builds against it, until Ctrl-C."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fixtures import stopping
from fixtures.exits import Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

TEMPORAL = "temporal"
_POLL_S = 0.2
_TEMPORAL_SWITCHES = ("serving", "slow_s", "refuse_key", "rate_limited")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What was asked for on the command line."""

    vendor: str
    port: int
    webhooks: str | None = None
    secret: str | None = None
    quiet: bool = False
    slow: float = 0.0
    flapping: int = 0
    refuse_key: bool = False
    rate_limited: bool = False
    half_answers: bool = False

    @property
    def switches(self) -> dict[str, Any]:
        """Those that every simulator over HTTP has."""
        return {
            "slow_s": self.slow,
            "flapping": self.flapping,
            "refuse_key": self.refuse_key,
            "rate_limited": self.rate_limited,
            "half_answers": self.half_answers,
        }


def run(wanted: Wanted) -> int:
    """Serve until Ctrl-C or SIGTERM, then end cleanly: exit code 0.

    Raises UsageError for a port that cannot be had, and for what the vendor does not have.
    """
    if wanted.secret is not None and wanted.webhooks is None:
        raise UsageError("--secret signs webhooks: say with --webhooks where they go")
    if wanted.webhooks is not None and not wanted.webhooks.startswith(("http://", "https://")):
        raise UsageError(f"--webhooks {wanted.webhooks}: an address begins with http:// or https://")
    stopping.on_signals()
    try:
        with _temporal(wanted) if wanted.vendor == TEMPORAL else _http(wanted) as news:
            while True:
                for line in news():
                    _say(line)
                time.sleep(_POLL_S)
    except stopping.Asked:
        return Exit.RELEASE


@contextlib.contextmanager
def _http(wanted: Wanted) -> Iterator[Any]:
    """A vendor over HTTP; gives what tells its webhooks."""
    from suites.commands.vendors import SETUPS, curl, served

    setup = SETUPS[wanted.vendor]
    try:
        vendor = setup.make(wanted.webhooks, wanted.secret)
    except ValueError as error:
        raise UsageError(f"--secret: {error}; SendGrid signs with a private key, PEM or base64 of DER") from None
    for name, value in wanted.switches.items():
        setattr(vendor.switches, name, value)
    if not wanted.quiet:
        vendor.watch = lambda received, status: _say(f"{received.method} {received.path} {status}")
    try:
        running = served(vendor, wanted.port)
    except OSError as error:
        raise _taken(wanted.port, error.strerror) from None
    try:
        _say(f"{wanted.vendor} simulated at {running.base_url}")
        _say(f"key         {setup.header(vendor)}")
        for line in setup.knows:
            _say(f"it knows    {line}")
        if wanted.webhooks:
            _say(f"webhooks    to {wanted.webhooks}, signed for {setup.secret(vendor)}")
        _say(f"try it      {curl(setup, vendor, running.base_url)}")
        _introduce_control(running.base_url)
        yield lambda: setup.tell(vendor, wanted.webhooks) if setup.tell and wanted.webhooks else ()
    finally:
        running.stop()


@contextlib.contextmanager
def _temporal(wanted: Wanted) -> Iterator[Any]:
    """Temporal speaks gRPC; its switches are on a port of their own."""
    from dataclasses import asdict

    from fixtures.simulators import base, temporal
    from fixtures.simulators.control import control

    if wanted.webhooks or wanted.flapping or wanted.half_answers:
        raise UsageError("temporal has no webhooks, and neither --flapping nor --half-answers")

    class Beside(base.Simulator):
        name = "temporal's switches"

        def app(self) -> Any:
            return control(lambda: vendor, _TEMPORAL_SWITCHES, vendor.asked, asdict)

    vendor = temporal.TemporalSimulator(
        slow_s=wanted.slow, refuse_key=wanted.refuse_key, rate_limited=wanted.rate_limited
    )
    if not wanted.quiet:
        vendor.watch = lambda asked, status: _say(f"{asked.method} {status}")
    try:
        running = temporal.Running(vendor, wanted.port)
    except RuntimeError:
        raise _taken(wanted.port, "it is taken") from None
    beside = base.Running(Beside())
    try:
        _say(f"temporal simulated at {running.address}, without TLS")
        _say(f"key         {vendor.api_key}")
        _say("it knows    the namespace default: GetSystemInfo, DescribeNamespace and gRPC's health service")
        _say(
            "try it      python -c 'import asyncio, temporalio.client as t; "
            f'print(asyncio.run(t.Client.connect("{running.address}", api_key="{vendor.api_key}", tls=False)))\''
        )
        _introduce_control(beside.base_url)
        yield lambda: ()
    finally:
        beside.stop()
        running.stop()


def _introduce_control(url: str) -> None:
    from fixtures.simulators.control import PREFIX

    _say(f"""misbehave   curl -X PUT -d '{{"refuse_key": true}}' {url}{PREFIX}/switches (GET tells which there are)""")
    _say(f"received    curl {url}{PREFIX}/received")
    _say("stop it     Ctrl-C")


def _taken(port: int, why: str | None) -> UsageError:
    return UsageError(f"Port {port} of 127.0.0.1 can't be had ({why}); choose another.")


def _say(line: str) -> None:
    """At once, also where somebody reads through a pipe."""
    print(line, flush=True)
