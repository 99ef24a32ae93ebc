"""Circuit breakers, by what reaches the vendors: one that is broken, one that is too slow, and one that flaps."""

from __future__ import annotations

import re
from functools import partial
from itertools import pairwise
from operator import eq, le
from typing import TYPE_CHECKING

from fixtures.checks import eventually, requirement, settled
from fixtures.simulators.base import running
from fixtures.simulators.erpnext import ErpNext
from fixtures.simulators.fleetbase import Fleetbase
from fixtures.simulators.payload_cms import PayloadCms
from fixtures.simulators.sendgrid import SendGridSimulator
from suites.resilience.vendors import breakers, buying, environment, told_of

if TYPE_CHECKING:
    from fixtures.plugin import Run
    from fixtures.servers import Own, Servers
    from fixtures.simulators.base import Simulator

SPEED = 20
REST_S = 8.0
THRESHOLD = 5
PROBES = 2
ANSWER_S, SLOW_S = 0.3, 1.0
ALWAYS = 1_000_000_000
WITHIN_S = 20.0


@requirement("VEN-30", "VEN-31", "VEN-32", "VEN-33", "VEN-34")
def test_vendors_that_fail_are_left_alone(servers: Servers, run: Run) -> None:
    """Five calls, then one after each rest, until it answers; who flaps or is well is told meanwhile."""
    cms, books, parcels, mails = PayloadCms(), ErpNext(currency="USD"), Fleetbase(), SendGridSimulator()
    with running(cms) as read, running(books) as booked, running(parcels) as carried, running(mails) as sent:
        env = environment(payload_cms=read, erpnext=booked, fleetbase=carried, sendgrid=sent)
        env |= {"CITYOS_CLOCK_SPEED": str(SPEED), "CITYOS_BREAKER_REST_S": str(REST_S)}
        env |= {"CITYOS_VENDOR_ANSWER_S": str(ANSWER_S)}
        books.switches.flapping = ALWAYS  # broken
        parcels.switches.slow_s = SLOW_S
        mails.switches.flapping = 2
        with servers.open(env) as own, own.serve():
            buy = buying(own)
            good = buy.shop.good()
            orders = sorted(str(buy(good).buy()["id"]) for _ in range(run.rounds(merge=2, nightly=20)))
            for vendor in (books, parcels):
                eventually(partial(_state, own, vendor), partial(eq, "open"), WITHIN_S)
                assert len(vendor.received) >= THRESHOLD, f"{vendor.name} was given up too soon"
            eventually(lambda: told_of(mails), lambda told: len(told) >= len(orders), WITHIN_S)
            assert breakers(own)["sendgrid"] == "closed"
            enough = THRESHOLD + run.rounds(merge=PROBES, nightly=10)
            for vendor in (books, parcels):
                eventually(partial(_calls, vendor), partial(le, enough), WITHIN_S)
                _one_at_a_time(vendor)
            shown = _metrics(own)
            assert shown["sendgrid"] == shown["payload-cms"] == 0 < min(shown["erpnext"], shown["fleetbase"]), shown
            books.switches.flapping = 0
            parcels.switches.slow_s = 0.0
            eventually(lambda: _told(books, parcels, mails), lambda told: told == [orders] * 3, WITHIN_S)
            eventually(lambda: set(breakers(own).values()), lambda states: states == {"closed"})
            settled(lambda: _told(books, parcels, mails), lambda told: told == [orders] * 3)


def _state(own: Own, vendor: Simulator) -> str:
    return breakers(own)[vendor.name]


def _calls(vendor: Simulator) -> int:
    return len(vendor.received)


def _one_at_a_time(vendor: Simulator) -> None:
    """From the fifth call on, judge that each came after a rest."""
    at = [one.at for one in list(vendor.received)]
    rests = [(later - earlier).total_seconds() * SPEED for earlier, later in pairwise(at[THRESHOLD - 1 :])]
    shown = [f"{rest:.0f} s" for rest in rests]
    assert all(rest >= REST_S for rest in rests), f"{vendor.name} was to rest for {REST_S:g} s: {shown}"


def _told(books: ErpNext, parcels: Fleetbase, mails: SendGridSimulator) -> list[list[str]]:
    """The orders that each vendor knows, as often as it does."""
    booked = sorted(invoice["custom_medusa_order_id"] for invoice in books.documents("Sales Invoice"))
    return [booked, sorted(parcel["meta"]["order_id"] for parcel in list(parcels.orders.values())), told_of(mails)]


def _metrics(own: Own) -> dict[str, float]:
    """What the metrics say of breakers, by vendor: 0 is closed."""
    text = own.operator().api.get("/admin/metrics").expect(200).text
    found = re.findall(r'^\w*breaker\w*\{[^}]*"([\w-]+)"[^}]*\} ([\d.]+)$', text, re.MULTILINE)
    return {name: float(value) for name, value in found}
