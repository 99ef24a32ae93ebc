"""What operators and load balancers are told of the vendors, on a server whose vendors have good days and bad ones."""

from __future__ import annotations

import time
from functools import partial
from operator import eq
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import pytest

from fixtures.checks import eventually, omit, requirement
from fixtures.faults import faulty
from fixtures.shopping import Buying, Shop
from fixtures.toxics import Down
from suites.resilience.city import SYSTEMS, open_city
from suites.resilience.vendors import no_vendors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.actors import Operator
    from fixtures.faults import FaultProxy
    from fixtures.servers import Own, Servers
    from suites.resilience.city import City, Day

PATH: Final = "/admin/integrations/health"
WITHIN_S: Final = 3.0
TRIES_S: Final = 5.0
AGE_TOLERANCE_S: Final = 1.0
OF_ORDERS: Final = ("erpnext", "fleetbase", "sendgrid")  # the CMS is asked again when its next sync is due
STATES: Final[dict[Day, str]] = {
    "well": "healthy",
    "away": "unhealthy",
    "refusing": "credentials_rejected",
    "slow": "degraded",
}


class Desk:
    """An operator of a server whose vendors are the city, and whose database is reached through a proxy."""

    def __init__(self, own: Own, city: City, database: FaultProxy) -> None:
        self.own = own
        self.city = city
        self.database = database
        self.operator = own.operator()

    def look(self) -> tuple[dict[str, Any], float]:
        """Each system by its name, and how long the answer took."""
        began = time.monotonic()
        answer = self.operator.api.get(PATH).expect(200)
        return {one["name"]: one for one in answer["systems"]}, time.monotonic() - began

    def states(self) -> dict[str, str]:
        """The state of each system."""
        return {name: str(one["status"]) for name, one in self.look()[0].items()}


@pytest.fixture(scope="module")
def desk(servers: Servers) -> Iterator[Desk]:
    """One server for all checks of this file; each of them leaves the city well."""
    with open_city() as city, servers.open({**city.environment(), "CITYOS_BREAKER_REST_S": "1"}) as own:
        address = urlsplit(own.site.database_url)
        with faulty(port=address.port or 5432) as proxy:
            login, _, _ = address.netloc.rpartition("@")
            through = address._replace(netloc=f"{login}@{urlsplit(proxy.base_url).netloc}").geturl()
            with own.serve(env={"CITYOS_DATABASE_URL": through}):
                yield Desk(own, city, proxy)


def everywhere(state: str) -> dict[str, str]:
    """All systems in one state."""
    return dict.fromkeys(SYSTEMS, state)


@requirement("INT-01", "INT-03")
def test_each_state_in_the_next_answer(desk: Desk) -> None:
    """Up, down, up, key refused, slow: each is told by its state, and one that fails is in the very next answer."""
    days: tuple[Day, ...] = ("well", "away", "well", "refusing", "slow")
    try:
        for day in days:
            desk.city.be(day)
            if day in ("well", "slow"):  # where this machine is slow too, the first answer may tell of that
                eventually(desk.states, partial(eq, everywhere(STATES[day])), TRIES_S)
            else:
                assert desk.states() == everywhere(STATES[day])
    finally:
        desk.city.be("well")


@requirement("INT-02")
def test_silent_systems_are_not_waited_for(desk: Desk) -> None:
    """Systems that take a connection and say nothing are unhealthy, all of them within one answer of three seconds."""
    desk.city.be("silent")
    systems, _ = eventually(desk.look, lambda seen: seen[1] <= WITHIN_S)  # again where it was the machine that was slow
    desk.city.be("well")
    assert {name: one["status"] for name, one in systems.items()} == everywhere("unhealthy")


@requirement("INT-03")
def test_age_is_the_age(desk: Desk) -> None:
    """What is told was found out when it says, which is after it was asked for; the answer's own words say so too."""
    desk.city.be("slow")
    systems, took_s = desk.look()
    desk.city.be("well")
    ages = {name: float(one["age_s"]) for name, one in systems.items()}
    assert {name: age for name, age in ages.items() if not 1.0 <= age <= took_s + AGE_TOLERANCE_S} == {}


@requirement("INT-04")
def test_account_without_credits_is_no_refused_key(desk: Desk) -> None:
    """SendGrid answers 401 for both: only one of them is told as a key that is refused, and in SendGrid's own words."""
    desk.city.be("well")
    mail = desk.city.mail
    mail.switches.credits_exceeded = mail.switches.scopes_need_credits = True
    spent = desk.look()[0]["sendgrid"]
    mail.switches.credits_exceeded = mail.switches.scopes_need_credits = False
    desk.city.be("refusing")
    refused = desk.look()[0]["sendgrid"]
    desk.city.be("well")
    assert (spent["status"], refused["status"]) == ("degraded", "credentials_rejected")
    assert "credits exceeded" in spent["error"]
    assert "authorization grant is invalid" in refused["error"]


@requirement("INT-05")
def test_health_is_the_databases_alone(desk: Desk) -> None:
    """With all vendors away the platform is degraded, 200, and takes orders; without its database it is 503."""
    anyone = desk.own.anonymous()
    desk.city.be("away")
    buyer = desk.own.shopper()
    shop = Shop(desk.operator)
    Buying(buyer.api, shop)(shop.good()).buy()
    told = eventually(
        lambda: anyone.get("/health"), lambda answer: answer.status != 200 or answer["status"] != "healthy"
    )
    assert (told.expect(200)["status"], "erpnext" in told["circuit_breakers"]) == ("degraded", True)
    desk.city.be("well")
    services = lambda: anyone.get("/health").expect(200)["services"]  # noqa: E731
    eventually(services, lambda told: {told[name] for name in OF_ORDERS} == {"healthy"}, within_s=20.0)
    desk.database.add(Down())
    lost = eventually(lambda: anyone.get("/health"), lambda answer: answer.status == 503, TRIES_S)
    desk.database.reset()
    assert lost["status"] == "unhealthy"
    eventually(lambda: anyone.get("/health").status, lambda status: status == 200)


@requirement("INT-06")
@pytest.mark.usefixtures("servers")  # which omits it where the server was not started by us: others have vendors
def test_not_configured_is_its_own_state(operator: Operator) -> None:
    """A server that was told of no vendor says so of each, and calls none of them broken."""
    if no_vendors():
        omit("this environment names vendors, and the server that cityos started has heard of them")
    systems = operator.api.get(PATH).expect(200)["systems"]
    told = {one["name"]: one["status"] for one in systems}
    assert told == everywhere("not_configured")
