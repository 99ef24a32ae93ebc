"""SendGrid refuses the key, or there is none: orders are placed all the same, and mail waits where there is a key."""

from __future__ import annotations

from functools import partial
from operator import eq, le
from typing import TYPE_CHECKING, Any

from fixtures.checks import eventually, requirement, settled
from fixtures.simulators.base import running
from fixtures.simulators.sendgrid import SendGridSimulator
from suites.resilience.vendors import breakers, buying, environment, no_vendors, said, told_of

if TYPE_CHECKING:
    from fixtures.plugin import Run
    from fixtures.processes import Child
    from fixtures.servers import Servers

FAST = {"CITYOS_CLOCK_SPEED": "20"}
REFUSALS = 2  # of calls: it has been tried again


@requirement("VEN-10", "VEN-11", "VEN-12")
def test_the_key_is_refused(servers: Servers, run: Run) -> None:
    """Each order succeeds, each outage is one warning, and each mail goes out once when the key works again."""
    mails = SendGridSimulator()
    with (
        running(mails) as served,
        servers.open({**environment(sendgrid=served), **FAST}) as own,
        own.serve() as process,
    ):
        buy = buying(own)
        good = buy.shop.good()
        orders: list[str] = []
        for outage in (1, 2):
            mails.switches.refuse_key = True
            refused = len(mails.received) + REFUSALS
            orders += [str(buy(good).buy()["id"]) for _ in range(run.rounds(merge=2, nightly=10))]
            eventually(partial(_calls, mails), partial(le, refused))
            assert len(_warnings(process)) == outage, _warnings(process)
            mails.switches.refuse_key = False
            settled(partial(told_of, mails), partial(eq, sorted(orders)))
        assert len(_warnings(process)) == outage, _warnings(process)


@requirement("VEN-13")
def test_there_is_no_key(servers: Servers) -> None:
    """An order succeeds, nothing is tried and nothing waits, and the log names SendGrid in one line."""
    with servers.open(no_vendors()) as own, own.serve() as process:
        buy = buying(own)
        buy(buy.shop.good()).buy()
        path = "/admin/integrations/health"
        systems = buy.shop.api.get(path).expect(200)["systems"]
        [mail] = [system for system in systems if system["name"] == "sendgrid"]
        assert (mail["status"], mail["waiting"], mail["dead"]) == ("not_configured", 0, 0)
        assert "sendgrid" not in breakers(own)
        settled(lambda: _about(process), lambda lines: len(lines) == 1, quiet_s=1.0)


def _calls(mails: SendGridSimulator) -> int:
    return len(mails.received)


def _about(process: Child) -> list[dict[str, Any]]:
    """What its log says of SendGrid."""
    return [line for line in said(process) if "sendgrid" in str(line).lower()]


def _warnings(process: Child) -> list[dict[str, Any]]:
    return [line for line in _about(process) if line["level"] not in ("info", "debug")]
