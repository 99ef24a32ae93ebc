"""The five systems that a platform is tied to, as simulators that a check has well, slow, away or refusing its key."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Literal, get_args

from fixtures.simulators.base import running
from fixtures.simulators.erpnext import ErpNext
from fixtures.simulators.fleetbase import Fleetbase
from fixtures.simulators.payload_cms import PayloadCms
from fixtures.simulators.sendgrid import SendGridSimulator
from fixtures.simulators.temporal import TemporalSimulator
from fixtures.simulators.temporal import running as temporal_running
from suites.resilience.vendors import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.simulators.base import Running
    from fixtures.simulators.temporal import Running as Frontend

Day = Literal["well", "slow", "away", "refusing", "silent"]
DAYS: tuple[Day, ...] = get_args(Day)
SYSTEMS = ("payload-cms", "erpnext", "fleetbase", "temporal", "sendgrid")
SLOW_S = 1.5
SILENT_S = 4.0  # longer than anybody waits for a health check, and not for ever: threads end with it
CALLS_OF_TEMPORAL = 3  # a client connects, asks whether it serves, and asks for the namespace, one after the other


class City:
    """All of them; `be` sets how they are from now on."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self.mail = SendGridSimulator()
        simulators = {
            "payload_cms": PayloadCms(),
            "erpnext": ErpNext(),
            "fleetbase": Fleetbase(),
            "sendgrid": self.mail,
        }
        self._served = {name: stack.enter_context(running(simulator)) for name, simulator in simulators.items()}
        self._temporal = stack.enter_context(temporal_running(TemporalSimulator()))
        self._is_there = True

    def environment(self) -> dict[str, str]:
        """What a server has to know of them."""
        return environment(**self._served, temporal=self._temporal)

    def be(self, day: Day) -> None:
        """Let each of them have such a day."""
        slow_s = {"slow": SLOW_S, "silent": SILENT_S}.get(day, 0.0)
        for served in self._served.values():
            served.simulator.switches.slow_s = slow_s
            served.simulator.switches.refuse_key = day == "refusing"
        temporal = self._temporal.simulator
        temporal.slow_s = slow_s if day == "silent" else slow_s / CALLS_OF_TEMPORAL
        temporal.refuse_key = day == "refusing"
        if (day != "away") is not self._is_there:
            everybody: tuple[Running | Frontend, ...] = (*self._served.values(), self._temporal)
            for one in everybody:
                if self._is_there:
                    one.stop()
                else:
                    one.start()
            self._is_there = day != "away"


@contextlib.contextmanager
def open_city() -> Iterator[City]:
    """The systems until the end of the block, all of them well."""
    with contextlib.ExitStack() as stack:
        yield City(stack)
