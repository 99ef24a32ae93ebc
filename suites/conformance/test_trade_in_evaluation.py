"""What a thing is worth, and that an evaluation is made as a whole or not at all."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from fixtures.checks import omit, requirement
from fixtures.trading import THING, as_trade_in
from suites.conformance.shapes import REFUSED, error_faults, money_faults

if TYPE_CHECKING:
    from fixtures.actors import Operator
    from fixtures.client import Answer
    from fixtures.shopping import Shop
    from fixtures.trading import Appraiser, TradeIn, Trader

NO_BASES = ['"1000"', "true", "-1", "-0.01", "[1000]", "1e400", "NaN", "0.001"]
TO_THE_LAST_DIGIT = [
    ("usd", "99.99", "good", "69.99"),
    ("usd", "0.05", "fair", "0.03"),
    ("usd", "0.07", "fair", "0.04"),
    ("kwd", "0.005", "fair", "0.003"),
    ("kwd", "10.123", "excellent", "9.111"),
    ("jpy", "5", "fair", "3"),
    ("jpy", "1999", "poor", "600"),
    ("usd", "12345678901234.56", "excellent", "11111111011111.10"),
    ("usd", "0", "good", "0"),
]
UNFINISHED: dict[str, dict[str, object]] = {
    "no price": {},
    "nothing to offer": {"base_price": Decimal("0.01"), "condition": "poor"},
    "an offer finer than the currency": {"base_price": 1000, "offer_amount": Decimal("0.001")},
}
UNTOLD = ("updated_at", "evaluation_error")  # what a refused evaluation may leave: that it was refused, and why


def told(appraiser: Appraiser, trade_in: TradeIn) -> dict[str, Any]:
    """What is shown of a trade-in, without what a refusal may write."""
    return {name: value for name, value in appraiser.whole(trade_in).items() if name not in UNTOLD}


@requirement("TRI-04")
@pytest.mark.parametrize(
    ("condition", "value"), [("excellent", "900"), ("good", "700"), ("fair", "500"), ("poor", "300")]
)
def test_value_in_each_condition(trader: Trader, appraiser: Appraiser, condition: str, value: str) -> None:
    """A thing is worth 0.9, 0.7, 0.5 or 0.3 of its base price, as its condition is."""
    evaluated = appraiser.evaluate(trader.submit(condition=condition), "1000")
    assert (evaluated.status, evaluated.estimated_value) == ("evaluated", Decimal(value))
    assert money_faults(appraiser.whole(evaluated), "estimated_value") == []


@requirement("TRI-04")
def test_value_at_the_currencys_digits(trader: Trader, appraiser: Appraiser) -> None:
    """The value is exact to the currency's last digit, halves upwards."""
    for currency, base, condition, value in TO_THE_LAST_DIGIT:
        made = trader.submit(currency_code=currency, condition=condition)
        evaluated = appraiser.evaluate(made, base)
        assert evaluated.estimated_value == Decimal(value), f"{base} {currency}, {condition}"


@requirement("TRI-04")
def test_inspection_beats_the_customers_word(trader: Trader, appraiser: Appraiser) -> None:
    """The condition that the operator found decides the value; what the customer said stays on record."""
    evaluated = appraiser.evaluate(trader.submit(condition="excellent"), "1000", condition="poor")
    assert evaluated.estimated_value == 300
    assert evaluated.condition == "excellent"


@requirement("TRI-05")
def test_base_price_is_the_catalogues(shop: Shop, trader: Trader, appraiser: Appraiser) -> None:
    """A product of the catalogue is evaluated from its own price in the trade-in's currency."""
    good = shop.good({"usd": Decimal("199.90"), "kwd": Decimal("61.5")})
    for currency, value in (("usd", "139.93"), ("kwd", "43.05")):
        made = trader.submit(product_id=good.product_id, currency_code=currency)
        assert appraiser.evaluate(made, None).estimated_value == Decimal(value)


@requirement("TRI-05")
@pytest.mark.parametrize("base", ["200", "1"])
def test_another_base_price_than_the_catalogues(shop: Shop, trader: Trader, appraiser: Appraiser, base: str) -> None:
    """Nobody types in another price for a product that has one: it is refused, or the catalogue's counts."""
    made = trader.submit(product_id=shop.good({"usd": Decimal("199.90")}).product_id)
    before = told(appraiser, made)
    answer = appraiser.turn(made, "evaluate", base_price=Decimal(base))
    if answer.expect(200, 201, *REFUSED).is_success:
        assert as_trade_in(answer["trade_in"]).estimated_value == Decimal("139.93")
    else:
        assert told(appraiser, made) == before


@requirement("TRI-19")
def test_no_base_price(trader: Trader, appraiser: Appraiser) -> None:
    """Only a JSON number of zero or more, with no more digits than the currency has, is a base price."""
    made = trader.submit(currency_code="usd")
    before = told(appraiser, made)
    for base in NO_BASES:
        body = f'{{"base_price": {base}}}'.encode()
        answer = appraiser.api.post(f"/admin/trade-ins/{made.id}/evaluate", content=body)
        assert error_faults(answer.expect(400)) == []
        assert told(appraiser, made) == before, base


@requirement("TRI-13")
def test_evaluation_without_a_price_leaves_nothing(shop: Shop, trader: Trader, appraiser: Appraiser) -> None:
    """When there is no price to go by, the inspection is taken back: the trade-in is as submitted."""
    good = shop.good({"usd": Decimal(200)})
    made = trader.submit(product_id=good.product_id, currency_code="kwd")
    before = told(appraiser, made)
    answer = appraiser.turn(made, "evaluate", condition="poor", notes="scratched")
    assert error_faults(answer.expect(*REFUSED)) == []
    assert told(appraiser, made) == before


@requirement("TRI-13")
def test_refused_evaluation_can_be_made_again(trader: Trader, appraiser: Appraiser) -> None:
    """An evaluation that was refused stands in nobody's way."""
    made = trader.submit(condition="good")
    appraiser.turn(made, "evaluate", condition="poor").expect(*REFUSED)
    assert appraiser.evaluate(made, "1000").estimated_value == 700


@requirement("TRI-13")
def test_whole_evaluation_at_once(operator: Operator, trader: Trader) -> None:
    """At the counter a trade-in is submitted, inspected, priced and offered in one go."""
    answer = at_counter(operator, trader, base_price=1000, condition="fair")
    made = answer.expect(200, 201)["trade_in"]
    assert (made["status"], made["customer_id"], made["estimated_value"]) == ("evaluated", trader.id, 500)
    assert [(offer["status"], offer["offer_amount"]) for offer in made["offers"]] == [("pending", 500)]
    assert trader.see(as_trade_in(made)) == as_trade_in(made)


@requirement("TRI-13")
@pytest.mark.parametrize("said", UNFINISHED.values(), ids=UNFINISHED.keys())
def test_whole_evaluation_or_none(operator: Operator, trader: Trader, said: dict[str, object]) -> None:
    """When one of its steps is refused, an evaluation at the counter leaves no trade-in behind."""
    query: dict[str, str | int] = {"customer_id": trader.id, "limit": 1}
    pages = (trader.api, "/store/trade-ins"), (operator.api, "/admin/trade-ins")
    before = [api.get(path, query).expect(200).json for api, path in pages]
    assert error_faults(at_counter(operator, trader, **said).expect(*REFUSED)) == []
    assert [api.get(path, query).expect(200).json for api, path in pages] == before


def at_counter(operator: Operator, trader: Trader, **said: object) -> Answer:
    """What an operator is answered who does it all at once; omits the check where that is not offered."""
    answer = operator.api.post("/admin/trade-ins", {**THING, "customer_id": trader.id, **said})
    if answer.status in (404, 405, 501):
        omit(f"operators of this target cannot make trade-ins: {answer!r}")
    return answer
