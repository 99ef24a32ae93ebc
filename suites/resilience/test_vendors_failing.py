"""Vendors that are away, slow, refuse our key or lose their answers: nobody who buys notices."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from fixtures.checks import eventually, requirement, settled
from fixtures.shopping import Buying, Shop
from fixtures.simulators.base import running
from fixtures.simulators.erpnext import ErpNext
from fixtures.simulators.fleetbase import Fleetbase
from fixtures.simulators.sendgrid import SendGridSimulator
from suites.resilience.vendors import environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fixtures.plugin import Run
    from fixtures.processes import Child
    from fixtures.servers import Own, Servers
    from fixtures.shopping import Checkout

AT_ONCE = 4
ANSWER_S, SLOW_S, REST_S = 1.0, 2.5, 0.3
PATIENCE = {"CITYOS_VENDOR_ANSWER_S": str(ANSWER_S), "CITYOS_BREAKER_REST_S": str(REST_S)}
TOLD_PER_S = 2  # orders, by a server that has next to nothing of the machine
CURRENCY = "USD"
STILL_S = 1.0  # some attempts more
LOST = 2
ONE_EACH = {"erpnext": 1, "fleetbase": 1, "sendgrid": 1}


class Town:
    """A server, its three vendors, and a shop whose orders they are told of."""

    def __init__(self, servers: Servers, stack: ExitStack) -> None:
        self.books, self.parcels, self.mails = ErpNext(currency=CURRENCY), Fleetbase(), SendGridSimulator()
        self.vendors = (self.books, self.parcels, self.mails)
        served = books, parcels, mails = [stack.enter_context(running(each)) for each in self.vendors]
        self.served = {each.simulator.name: each for each in served}
        known = environment(erpnext=books, fleetbase=parcels, sendgrid=mails)
        own = stack.enter_context(servers.open({**known, **PATIENCE}))
        self.server: Child = stack.enter_context(own.serve())
        self.orders: list[str] = []
        self.refused: list[str] = []
        self._buying = _buying(own)
        self._good = self._buying.shop.good()

    def carts(self, count: int) -> list[Checkout]:
        """Carts that lack only the last word."""
        return [self._buying(self._good).prepare() for _ in range(count)]

    def buy(self, carts: Sequence[Checkout]) -> None:
        """Say the last word to all of them, some at once; nobody may be turned away."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for answer in pool.map(lambda cart: cart.complete(), carts):
                if answer.status == 200 and answer["type"] == "order":
                    self.orders.append(str(answer["order"]["id"]))
                else:
                    self.refused.append(f"{answer}: {answer.text[:200]}")
        assert self.refused == []

    def switch(self, name: str, value: float) -> None:
        """Turn a switch of every vendor."""
        for vendor in self.vendors:
            setattr(vendor.switches, name, value)

    def warnings(self) -> Counter[str]:
        """How many lines from WARNING on there are in the server's log, by the vendor that they name."""
        lines = [json.loads(line) for line in self.server.log.read_text().splitlines() if line.startswith("{")]
        bad = [json.dumps(line) for line in lines if line.get("level") not in ("info", "debug")]
        return Counter(name for name in self.served for line in bad if name in line)

    def wrong(self) -> dict[str, dict[str, int]]:
        """Of each vendor, what it does not know once, or does although nobody placed it, and how often it does."""
        known = {
            "erpnext": Counter(one["custom_medusa_order_id"] for one in self.books.documents("Sales Invoice")),
            "fleetbase": Counter(parcel["meta"]["order_id"] for parcel in list(self.parcels.orders.values())),
            "sendgrid": Counter(mail.custom_args.get("cityos_reference") for mail in list(self.mails.sent)),
        }
        placed = Counter(self.orders)
        found = {
            name: {order: times[order] for order in {*placed, *times} if times[order] != placed[order]}
            for name, times in known.items()
        }
        return {name: orders for name, orders in found.items() if orders}

    def all_told(self) -> None:
        """Wait until everybody knows each order once."""
        eventually(self.wrong, lambda wrong: wrong == {}, 10.0 + len(self.orders) / TOLD_PER_S)


@requirement("VEN-20", "VEN-21", "VEN-22")
def test_vendors_fail_while_orders_are_placed(servers: Servers, run: Run) -> None:
    """Every checkout succeeds, an outage is one line for each vendor, and afterwards all know each order once."""
    count = run.rounds(merge=12, nightly=500)
    with ExitStack() as stack:
        town = Town(servers, stack)
        well, *bad, lost = [*(town.carts(count) for _ in range(4)), town.carts(LOST)]
        town.buy(well)
        town.all_told()
        for outage, carts in zip((_away, _slow, _key_refused), bad, strict=True):
            before = town.warnings()
            with outage(town):
                town.buy(carts)
                settled(lambda: town.warnings() - before, lambda found: found == ONE_EACH, quiet_s=STILL_S)  # noqa: B023
            town.all_told()
        town.switch("half_made", True)  # what is asked for is made, and the answer is lost
        town.buy(lost)
        town.all_told()
        settled(town.wrong, lambda wrong: wrong == {})
        assert "Traceback" not in town.server.log.read_text()


@contextmanager
def _away(town: Town) -> Iterator[None]:
    """Nobody is there: connections are refused."""
    for served in town.served.values():
        served.stop()
    yield
    for served in town.served.values():
        served.start()


@contextmanager
def _slow(town: Town) -> Iterator[None]:
    """All answer, and do what they are asked for, later than anybody waits."""
    town.switch("slow_s", SLOW_S)
    yield
    town.switch("slow_s", 0)


@contextmanager
def _key_refused(town: Town) -> Iterator[None]:
    """All refuse the key."""
    town.switch("refuse_key", True)
    yield
    town.switch("refuse_key", False)


def _buying(own: Own) -> Buying:
    """Carts of a new customer, who gets mail."""
    return Buying(own.shopper().api, Shop(own.operator()))
