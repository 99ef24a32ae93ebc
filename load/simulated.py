"""The vendors that an order is told to, simulated in a process of their own: their work is not the generator's."""

from __future__ import annotations

import contextlib
import multiprocessing
from collections import Counter
from typing import TYPE_CHECKING, Any

from load.stage import HarnessFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

    from fixtures.simulators.base import Running

ANSWERS_WITHIN_S = 60.0
Known = dict[str, dict[str, int]]
"""Of each vendor, what it knows of our orders: how often of each."""


class Simulated:
    """Our end of the process."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def environment(self) -> dict[str, str]:
        """The variables of a server that has these vendors."""
        return dict(self._ask("environment"))

    def become(self, phase: str, slow_s: float = 0.0) -> None:
        """Be healthy, down, slow or refused, all of them. What came before they were slow no more, is answered late."""
        self._ask("become", phase, slow_s)

    def known(self) -> Known:
        """What they know of our orders since they were told to forget."""
        found: Known = self._ask("known")
        return found

    def forget(self) -> None:
        """Forget all orders, so that a long run is no slower at its end."""
        self._ask("forget")

    def cpu_s(self) -> float:
        """What the process used so far."""
        return float(self._ask("cpu_s"))

    def _ask(self, what: str, *given: object) -> Any:
        try:
            self._pipe.send((what, given))
            if self._pipe.poll(ANSWERS_WITHIN_S):
                return self._pipe.recv()
        except (EOFError, OSError) as gone:
            raise HarnessFailed(f"The simulators are gone: {gone!r}") from None
        raise HarnessFailed(f"The simulators do not answer to {what}")


@contextlib.contextmanager
def simulated() -> Iterator[Simulated]:
    """Run them until the end of the block; the process ends with us, however we end."""
    here, there = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(there,), daemon=True)
    process.start()
    there.close()
    try:
        yield Simulated(here)
    finally:
        here.close()  # it leaves when nobody is there any more
        process.join(ANSWERS_WITHIN_S)
        if process.is_alive():
            process.kill()


def _serve(pipe: Connection) -> None:
    """The other end: do what is asked for until the pipe is closed."""
    import signal
    import time

    from fixtures.simulators.base import running
    from fixtures.simulators.environment import environment
    from fixtures.simulators.erpnext import ErpNext
    from fixtures.simulators.fleetbase import Fleetbase
    from fixtures.simulators.sendgrid import SendGridSimulator

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who started us
    books, parcels, mails = ErpNext(currency="USD"), Fleetbase(), SendGridSimulator()
    with contextlib.ExitStack() as stack:
        erpnext, fleetbase, sendgrid = served = [stack.enter_context(running(each)) for each in (books, parcels, mails)]

        def known() -> Known:
            return {
                "erpnext": Counter(one["custom_medusa_order_id"] for one in books.documents("Sales Invoice")),
                "fleetbase": Counter(parcel["meta"]["order_id"] for parcel in list(parcels.orders.values())),
                "sendgrid": Counter(str(mail.custom_args.get("cityos_reference")) for mail in list(mails.sent)),
            }

        def forget() -> None:
            books.empty()
            parcels.orders.clear()
            mails.sent.clear()
            for each in (books, parcels, mails):
                each.received.clear()

        acts: dict[str, Callable[..., Any]] = {
            "environment": lambda: environment(erpnext=erpnext, fleetbase=fleetbase, sendgrid=sendgrid),
            "become": lambda phase, slow_s: _become(phase, slow_s, served),
            "known": known,
            "forget": forget,
            "cpu_s": time.process_time,
        }
        with contextlib.suppress(EOFError, OSError):
            while True:
                what, given = pipe.recv()
                pipe.send(acts[what](*given))


def _become(phase: str, slow_s: float, served: list[Running]) -> None:
    for each in served:
        switches = each.simulator.switches
        switches.slow_s = slow_s if phase == "slow" else 0.0
        switches.refuse_key = phase == "refused"
        if phase == "down":
            each.stop()
        elif not each.is_up:
            each.start()
