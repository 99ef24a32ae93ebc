"""Offers: what they say, who answers them, once, and that an approval pays what was agreed."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from fixtures.checks import requirement
from fixtures.client import concurrently
from fixtures.trading import as_offer
from suites.conformance.shapes import ID, REFUSED, error_faults, money_faults

if TYPE_CHECKING:
    from fixtures.trading import Appraiser, TradeIn, Trader

NO_OFFERS = {
    "zero": '{"offer_amount": 0}',
    "negative": '{"offer_amount": -1}',
    "text": '{"offer_amount": "500"}',
    "true": '{"offer_amount": true}',
    "finer than the currency": '{"offer_amount": 0.001}',
    "beyond a float": '{"offer_amount": 1e400}',
    "unknown credit": '{"offer_amount": 500, "credit_type": "cash"}',
    "credit that is no text": '{"offer_amount": 500, "credit_type": ["wallet"]}',
}


@pytest.fixture
def evaluated(trader: Trader, appraiser: Appraiser) -> TradeIn:
    """A trade-in that is worth 700 usd."""
    return appraiser.evaluate(trader.submit(), "1000")


@requirement("TRI-09")
@pytest.mark.parametrize("credit_type", ["wallet", "store_credit", "refund"])
def test_new_offer(appraiser: Appraiser, evaluated: TradeIn, credit_type: str) -> None:
    """An offer waits for its answer, says how it would be paid, and expires seven days after it was made."""
    answer = appraiser.turn(evaluated, "offers", offer_amount=Decimal("650.50"), credit_type=credit_type)
    shown = answer.expect(200, 201)["offer"]
    assert money_faults(shown, "offer_amount") == []
    offer = as_offer(shown)
    assert ID.fullmatch(offer.id)
    assert (offer.status, offer.offer_amount, offer.credit_type) == ("pending", Decimal("650.50"), credit_type)
    lasts = datetime.fromisoformat(offer.expires_at) - datetime.fromisoformat(offer.created_at)
    assert abs(lasts - timedelta(days=7)) < timedelta(seconds=5)


@requirement("TRI-09")
def test_second_offer_waits_for_the_first(trader: Trader, appraiser: Appraiser, evaluated: TradeIn) -> None:
    """While one offer is pending there is no other; after it was turned down there may be."""
    first = appraiser.offer(evaluated, "600")
    before = appraiser.whole(evaluated)
    assert error_faults(appraiser.turn(evaluated, "offers", offer_amount=650).expect(*REFUSED)) == []
    assert appraiser.whole(evaluated) == before
    trader.answer(evaluated, first, "reject").expect(200, 201)
    assert appraiser.offer(evaluated, "650").status == "pending"


@requirement("TRI-09")
def test_parallel_offers(appraiser: Appraiser, evaluated: TradeIn) -> None:
    """Of ten offers at the same moment one is made."""
    answers = concurrently(10, lambda number: appraiser.turn(evaluated, "offers", offer_amount=100 + number))
    for answer in answers:
        answer.expect(200, 201, *REFUSED)
    assert sum(answer.is_success for answer in answers) == 1


@requirement("TRI-19")
def test_no_offer(appraiser: Appraiser, evaluated: TradeIn) -> None:
    """Only a positive amount of the currency, in one of the three ways to pay it, is an offer."""
    before = appraiser.whole(evaluated)
    for what, body in NO_OFFERS.items():
        answer = appraiser.api.post(f"/admin/trade-ins/{evaluated.id}/offers", content=body.encode())
        assert error_faults(answer.expect(400)) == []
        assert appraiser.whole(evaluated) == before, what


@requirement("TRI-10")
@pytest.mark.parametrize("first", ["accept", "reject"])
@pytest.mark.parametrize("second", ["accept", "reject"])
def test_offer_is_answered_once(
    trader: Trader, appraiser: Appraiser, evaluated: TradeIn, first: str, second: str
) -> None:
    """What the customer said to an offer cannot be said again or taken back."""
    offer = appraiser.offer(evaluated)
    trader.answer(evaluated, offer, first).expect(200, 201)
    before = appraiser.whole(evaluated)
    answer = trader.answer(evaluated, offer, second)
    if first == second:  # a repeat may be taken as such
        answer.expect(200, 201, *REFUSED)
    else:
        assert error_faults(answer.expect(*REFUSED)) == []
    assert appraiser.whole(evaluated) == before


@requirement("TRI-10")
def test_parallel_answers(trader: Trader, appraiser: Appraiser, evaluated: TradeIn) -> None:
    """Of ten yes and ten no at the same moment one is heard."""
    offer = appraiser.offer(evaluated)
    words = ("accept", "reject")
    answers = concurrently(20, lambda number: trader.answer(evaluated, offer, words[number % 2]))
    for answer in answers:
        answer.expect(200, 201, *REFUSED)
    heard = {words[number % 2] for number, answer in enumerate(answers) if answer.is_success}
    assert len(heard) == 1
    (shown,) = appraiser.whole(evaluated)["offers"]
    assert shown["status"] == f"{heard.pop()}ed"


@requirement("TRI-10")
def test_rejected_trade_in_has_no_offer_to_accept(trader: Trader, appraiser: Appraiser, evaluated: TradeIn) -> None:
    """When the trade-in is turned down its offer is off the table."""
    offer = appraiser.offer(evaluated)
    appraiser.turn(evaluated, "reject").expect(200, 201)
    before = appraiser.whole(evaluated)
    assert error_faults(trader.answer(evaluated, offer, "accept").expect(*REFUSED)) == []
    assert appraiser.whole(evaluated) == before


@requirement("TRI-10", "TRI-20")
def test_unknown_offer(trader: Trader, appraiser: Appraiser, evaluated: TradeIn) -> None:
    """An offer that does not exist, or belongs to another trade-in, is 404 for the customer."""
    other = appraiser.evaluate(trader.submit(), "500")
    offer = appraiser.offer(other)
    unknown = trader.api.post(f"/store/trade-ins/{evaluated.id}/offers/trio_01ARZ3NDEKTSV4RRFFQ69G5FAV/accept")
    assert error_faults(unknown.expect(404)) == []
    assert error_faults(trader.answer(evaluated, offer, "accept").expect(404)) == []
    (shown,) = appraiser.whole(other)["offers"]
    assert shown["status"] == "pending"


@requirement("TRI-16")
def test_approval_pays_what_was_accepted(trader: Trader, appraiser: Appraiser, evaluated: TradeIn) -> None:
    """The final value is the accepted offer, not the estimate and not an offer that was turned down."""
    trader.answer(evaluated, appraiser.offer(evaluated, "600"), "reject").expect(200, 201)
    trader.accept(evaluated, appraiser.offer(evaluated, "655.55"))
    assert appraiser.approve(evaluated).final_value == Decimal("655.55")


@requirement("TRI-16")
def test_approval_pays_nothing_else(trader: Trader, appraiser: Appraiser, evaluated: TradeIn) -> None:
    """An approval that names another amount than the accepted one is refused, or pays the accepted one."""
    trader.accept(evaluated, appraiser.offer(evaluated, "600"))
    appraiser.turn(evaluated, "approve", final_value=900).expect(200, 201, *REFUSED)
    assert appraiser.approve(evaluated).final_value == 600


@requirement("TRI-16")
@pytest.mark.parametrize("word", [None, "reject"])
def test_nothing_is_approved_that_was_not_accepted(
    trader: Trader, appraiser: Appraiser, evaluated: TradeIn, word: str | None
) -> None:
    """While an offer waits, or when it was turned down, the trade-in cannot be approved over the customer's head."""
    offer = appraiser.offer(evaluated, "600")
    if word:
        trader.answer(evaluated, offer, word).expect(200, 201)
    before = appraiser.whole(evaluated)
    assert error_faults(appraiser.turn(evaluated, "approve").expect(*REFUSED)) == []
    assert appraiser.whole(evaluated) == before


@requirement("TRI-19")
def test_no_final_value(appraiser: Appraiser, evaluated: TradeIn) -> None:
    """What is no JSON number of zero or more in the currency is no final value either."""
    before = appraiser.whole(evaluated)
    for value in ('"500"', "-1", "true", "0.001"):
        body = f'{{"final_value": {value}}}'.encode()
        answer = appraiser.api.post(f"/admin/trade-ins/{evaluated.id}/approve", content=body)
        assert error_faults(answer.expect(400)) == []
        assert appraiser.whole(evaluated) == before, value
