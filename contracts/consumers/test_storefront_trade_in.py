"""What a storefront needs to trade something in: the rules, the thing, the offers and the word on them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import pytest
from pact import match

from contracts.consumers.storefront_forms import (
    CUSTOMER,
    OPEN,
    ULID,
    a_time,
    an_id,
    answered,
    asking,
    currency,
    money,
    of,
    path,
    refusal,
    shop,
    visiting,
)
from contracts.consumers.storefront_shapes import Conflict, Invalid, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from pact import Pact

    Contract = Callable[..., Pact]

TRADE_IN, OFFER = f"tri_{ULID}", f"trio_{ULID}"
THING: dict[str, Any] = {"make": "Toyota", "model_name": "Corolla", "year": 2021, "mileage_km": 42000}
OFFERED = "a customer was made an offer for a trade-in"


def a_trade_in(status: Any = None, offers: Any = None) -> dict[str, Any]:
    """What is read of a trade-in; the page decides by its status and by that of its offers."""
    shown = {
        "id": an_id("tri"),
        "trade_in_number": match.str("TRI-000042"),
        "status": match.str("evaluated") if status is None else status,
        "make": match.str("Toyota"),
        "model_name": match.str("Corolla"),
        "currency_code": currency(),
    }
    return shown if offers is None else shown | {"offers": offers}


def an_offer(status: str) -> Any:
    """One offer at least, of this status."""
    offer = {
        "id": an_id("trio"),
        "offer_amount": money(655.5),
        "credit_type": match.regex("wallet", regex="^(wallet|store_credit|refund)$"),
        "status": status,
        "expires_at": a_time("2026-11-29T11:00:00.000Z"),
    }
    return match.each_like(offer, min=1)


def test_the_rules(contract: Contract) -> None:
    """Anybody may read what a thing is worth in each condition, and how long an offer lasts."""
    pact = of(contract)
    asked = pact.upon_receiving("the question how trading in works").given(OPEN)
    parts = {"excellent": 0.9, "good": 0.7, "fair": 0.5, "poor": 0.3}
    info = {"conditions": {name: money(part) for name, part in parts.items()}, "offer_valid_days": match.int(7)}
    answered(visiting(asked, "GET", "/store/trade-ins"), 200, {"public_info": info})
    with pact.serve() as server, shop(server, None) as storefront:
        rules = storefront.trade_in_rules()
    assert (rules.conditions["good"], rules.offer_valid_days) == (Decimal("0.7"), 7)


def test_submitting(contract: Contract) -> None:
    """What is offered is submitted, under a number to quote."""
    pact = of(contract)
    asked = pact.upon_receiving("a trade-in").given(CUSTOMER)
    asking(asked, "POST", "/store/trade-ins", body=THING | {"condition": "good"})
    answered(asked, 201, {"trade_in": a_trade_in("submitted", [])})
    with pact.serve() as server, shop(server) as storefront:
        made = storefront.submit_trade_in(**THING, condition="good")
    assert (made.status, made.trade_in_number) == ("submitted", "TRI-000042")


def test_a_condition_that_is_none(contract: Contract) -> None:
    """A form that was not filled in right is refused with the name of the field."""
    pact = of(contract)
    asked = pact.upon_receiving("a trade-in in no condition that there is").given(CUSTOMER)
    asking(asked, "POST", "/store/trade-ins", body=THING | {"condition": "as new"})
    answered(asked, 400, {"type": "invalid_data", "message": match.includes("condition")})
    with pact.serve() as server, shop(server) as storefront, pytest.raises(Invalid, match="condition"):
        storefront.submit_trade_in(**THING, condition="as new")


def test_own_trade_ins(contract: Contract) -> None:
    """The account page lists what was traded in, and how each stands."""
    pact = of(contract)
    asked = pact.upon_receiving("a request for the own trade-ins").given(OFFERED)
    answered(asking(asked, "GET", "/store/trade-ins"), 200, {"trade_ins": match.each_like(a_trade_in(), min=1)})
    with pact.serve() as server, shop(server) as storefront:
        assert storefront.trade_ins()[0].make == "Toyota"


def of_trade_in(suffix: str = "", **prefixes: str) -> Any:
    """A path below a trade-in's."""
    return path("/store/trade-ins/{trade_in_id}" + suffix, trade_in_id="tri", **prefixes)


def test_an_offer(contract: Contract) -> None:
    """An offer says how much, in which form, and until when."""
    pact = of(contract)
    asked = pact.upon_receiving("a request for a trade-in").given(OFFERED)
    answered(asking(asked, "GET", of_trade_in()), 200, {"trade_in": a_trade_in("evaluated", an_offer("pending"))})
    with pact.serve() as server, shop(server) as storefront:
        (offer,) = storefront.trade_in(TRADE_IN).offers
    assert (offer.offer_amount, offer.status) == (Decimal("655.5"), "pending")


def test_somebody_elses_trade_in(contract: Contract) -> None:
    """A trade-in of somebody else is not there."""
    pact = of(contract)
    asked = pact.upon_receiving("a request for a trade-in").given("another customer has a trade-in")
    answered(asking(asked, "GET", of_trade_in()), 404, refusal("not_found", message="Trade-in was not found"))
    with pact.serve() as server, shop(server) as storefront, pytest.raises(NotFound):
        storefront.trade_in(TRADE_IN)


@pytest.mark.parametrize(("word", "status"), [("accept", "accepted"), ("reject", "rejected")])
def test_the_word_on_an_offer(contract: Contract, word: Literal["accept", "reject"], status: str) -> None:
    """An offer that waits is accepted or rejected."""
    pact = of(contract)
    asked = pact.upon_receiving(f"the word to {word} an offer").given(OFFERED)
    asking(asked, "POST", of_trade_in(f"/offers/{{offer_id}}/{word}", offer_id="trio"), body={})
    answered(asked, 200, {"trade_in": a_trade_in(offers=an_offer(status))})
    with pact.serve() as server, shop(server) as storefront:
        assert storefront.answer_offer(TRADE_IN, OFFER, word).offers[0].status == status


def test_an_offer_off_the_table(contract: Contract) -> None:
    """An offer that is no longer open, for whatever reason, is a conflict: the page reads the trade-in anew."""
    pact = of(contract)
    asked = pact.upon_receiving("the word to accept an offer").given("an offer for a trade-in is off the table")
    asking(asked, "POST", of_trade_in("/offers/{offer_id}/accept", offer_id="trio"), body={})
    answered(asked, 409, refusal("conflict", message="Offer is expired; it cannot become accepted"))
    with pact.serve() as server, shop(server) as storefront, pytest.raises(Conflict, match="cannot become accepted"):
        storefront.answer_offer(TRADE_IN, OFFER, "accept")
