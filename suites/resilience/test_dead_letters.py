"""What a vendor refuses for good: who is shown it, who may send it again, and how often it then arrives."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from fixtures.actors import Operator
from fixtures.checks import eventually, omit, requirement, settled
from fixtures.client import concurrently
from fixtures.shopping import Buying, Shop
from fixtures.simulators.base import running
from fixtures.simulators.sendgrid import SendGridSimulator
from suites.resilience.vendors import environment

if TYPE_CHECKING:
    from fixtures.servers import Own, Servers

PATH: Final = "/admin/dead-letters"
HEALTH: Final = "/admin/integrations/health"
SENDER: Final = "shop@example.com"
AT_ONCE: Final = 5
FAST: Final = {"CITYOS_CLOCK_SPEED": "300"}  # a minute of attempts is over in seconds
WITHIN_S: Final = 30.0


@requirement("INT-08", "INT-09")
def test_dead_letter_is_the_tenants_and_replayed_once(servers: Servers) -> None:
    """A refused mail is given up and shown to its tenant alone; when five replay it at once, one mail is sent."""
    mail = SendGridSimulator(unverified={SENDER})
    with running(mail) as served, servers.open({**environment(sendgrid=served), **FAST}) as own, own.serve():
        ours, theirs = own.operator(), _stranger(own)
        shop = Shop(ours)
        order_id = str(Buying(own.shopper().api, shop)(shop.good()).buy()["id"])
        letters = eventually(lambda: _letters(ours), bool, WITHIN_S)
        assert [one["aggregate_id"] for one in letters] == [order_id]
        assert (_letters(theirs), _numbers(theirs)) == ([], (0, 0))
        assert _numbers(ours) == (0, 1)
        replay = f"{PATH}/{letters[0]['handler']}/{letters[0]['event_id']}/replay"
        theirs.api.post(replay).expect(404)
        assert _letters(ours) == letters
        mail.unverified.clear()
        statuses = Counter(answer.status for answer in concurrently(AT_ONCE, lambda _: ours.api.post(replay)))
        assert statuses == {200: 1, 404: AT_ONCE - 1}
        settled(lambda: len(mail.sent), lambda sent: sent == 1, WITHIN_S)
        assert _letters(ours) == []
        ours.api.post(replay).expect(404)
        settled(lambda: len(mail.sent), lambda sent: sent == 1)


def _stranger(own: Own) -> Operator:
    """The operator of another tenant."""
    tenant = next((one for one in own.target.tenants if one.slug != own.tenant.slug), None)
    if tenant is None:
        omit("the server has one tenant only")
    return Operator.enter(own.connection, tenant)


def _letters(operator: Operator) -> list[dict[str, Any]]:
    page = operator.api.get(PATH).expect(200)
    letters: list[dict[str, Any]] = page["dead_letters"]
    assert page["count"] == len(letters)
    return letters


def _numbers(operator: Operator) -> tuple[int, int]:
    """How many mails wait, and how many were given up."""
    systems = operator.api.get(HEALTH).expect(200)["systems"]
    [mail] = [one for one in systems if one["name"] == "sendgrid"]
    return int(mail["waiting"]), int(mail["dead"])
