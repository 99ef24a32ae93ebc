"""Giving something back: what is a trade-in, what number it gets, and who sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.actors import pages
from fixtures.checks import requirement
from fixtures.client import concurrently
from fixtures.trading import THING, Trader, as_trade_in
from suites.conformance.shapes import ID, TIME, error_faults, list_faults

if TYPE_CHECKING:
    from fixtures.actors import Operator, Shopper
    from fixtures.client import Api
    from fixtures.shopping import Shop
    from fixtures.trading import Appraiser

TURNS = ("evaluate", "offers", "approve", "reject", "complete")
BODIES = {"evaluate": {"base_price": 1000}}
NO_TRADE_INS: dict[str, dict[str, object]] = {
    "no make": {"make": None},
    "no model": {"model_name": None},
    "no condition": {"condition": None},
    "unknown condition": {"condition": "mint"},
    "condition that is no text": {"condition": {"$ne": None}},
    "year that is no number": {"year": "last year"},
    "negative mileage": {"mileage_km": -1},
    "mileage that is true": {"mileage_km": True},
    "photos that are no list": {"photos": "http://example.com/a.jpg"},
    "no currency": {"currency_code": "zzz"},
    "currency that is no text": {"currency_code": 840},
}


@requirement("TRI-01")
def test_submitted_trade_in_is_what_was_said(trader: Trader) -> None:
    """A new trade-in is submitted, the customer's own, and carries what the customer said of the thing."""
    said = {**THING, "condition": "fair", "description": "A dent on the left.", "currency_code": "kwd"}
    shown = trader.send(**said).expect(200, 201)["trade_in"]
    assert {name: shown[name] for name in said} == said
    assert (shown["status"], shown["customer_id"]) == ("submitted", trader.id)
    assert ID.fullmatch(shown["id"])
    assert TIME.fullmatch(shown["created_at"])
    assert trader.see(as_trade_in(shown)) == as_trade_in(shown)


@requirement("TRI-01")
def test_currency_is_usd_when_nothing_is_said(trader: Trader) -> None:
    """Without a currency a trade-in is in usd."""
    assert trader.submit().currency_code == "usd"


@requirement("TRI-01")
def test_trade_in_of_a_product(shop: Shop, trader: Trader) -> None:
    """A trade-in may name a product of the catalogue, and keeps its link to it."""
    product_id = shop.good().product_id
    made = trader.submit(product_id=product_id)
    assert (made.product_id, trader.see(made).product_id) == (product_id, product_id)


@requirement("TRI-02")
def test_numbers_are_unique(trader: Trader) -> None:
    """Forty trade-ins at the same moment have forty numbers."""
    answers = concurrently(40, lambda _: trader.send())
    numbers = [as_trade_in(answer.expect(200, 201)["trade_in"]).trade_in_number for answer in answers]
    assert len(set(numbers)) == 40


@requirement("TRI-03")
@pytest.mark.parametrize("said", NO_TRADE_INS.values(), ids=NO_TRADE_INS.keys())
def test_no_trade_in(trader: Trader, said: dict[str, object]) -> None:
    """What is no description of a thing is refused, and nothing is made of it."""
    before = trader.api.get("/store/trade-ins", {"limit": 1}).expect(200)["count"]
    assert error_faults(trader.send(**said).expect(400, 422)) == []
    assert trader.api.get("/store/trade-ins", {"limit": 1}).expect(200)["count"] == before


@requirement("TRI-03")
def test_unknown_product(trader: Trader) -> None:
    """A product that does not exist is refused, not linked."""
    answer = trader.send(product_id="prod_01ARZ3NDEKTSV4RRFFQ69G5FAV")
    assert error_faults(answer.expect(400, 404, 422)) == []


@requirement("TRI-14")
def test_anybody_reads_how_it_works(anonymous: Api, trader: Trader) -> None:
    """Without a log-in the list is empty, whatever others have submitted, and says how trading in works."""
    trader.submit()
    page = anonymous.get("/store/trade-ins").expect(200)
    assert list_faults(page, "trade_ins") == []
    assert (page["trade_ins"], page["count"]) == ([], 0)
    assert page["public_info"]


@requirement("TRI-14")
def test_nobody_submits_without_a_log_in(anonymous: Api) -> None:
    """A trade-in needs a customer."""
    anonymous.post("/store/trade-ins", THING).expect(401)


@requirement("TRI-14", "TRI-18")
def test_own_list(trader: Trader, new_trader: Trader) -> None:
    """A customer lists the own trade-ins only, newest first, in pages that join without a gap or a duplicate."""
    theirs = trader.submit()
    mine = [new_trader.submit(year=2000 + number).id for number in range(5)]
    seen: list[str] = []
    for offset in (0, 2, 4):
        query = {"limit": 2, "offset": offset, "customer_id": theirs.customer_id}
        page = new_trader.api.get("/store/trade-ins", query)
        assert list_faults(page.expect(200), "trade_ins") == []
        assert page["count"] == 5
        seen += [row["id"] for row in page["trade_ins"]]
    assert seen == mine[::-1]


@requirement("TRI-14")
def test_others_trade_in(appraiser: Appraiser, trader: Trader, regular: Shopper) -> None:
    """Another customer neither reads a trade-in nor answers its offer, and is told that there is none."""
    made = trader.submit()
    appraiser.evaluate(made)
    offer = appraiser.offer(made)
    before = appraiser.whole(made)
    other = Trader(regular)
    other.api.get(f"/store/trade-ins/{made.id}").expect(403, 404)
    for word in ("accept", "reject"):
        assert error_faults(other.answer(made, offer, word).expect(403, 404)) == []
    assert appraiser.whole(made) == before


@requirement("TRI-15")
@pytest.mark.parametrize("status", ["submitted", "evaluated", "approved"])
def test_stranger_does_nothing(appraiser: Appraiser, stranger_operator: Operator, trader: Trader, status: str) -> None:
    """Another tenant's operator neither reads nor turns a trade-in, and learns nothing from trying."""
    made = appraiser.bring(trader, trader.submit(), status)
    before = appraiser.whole(made)
    path = f"/admin/trade-ins/{made.id}"
    answers = [stranger_operator.api.get(path)]
    answers += [stranger_operator.api.post(f"{path}/{turn}", BODIES.get(turn, {})) for turn in TURNS]
    for answer in answers:
        assert error_faults(answer.expect(404)) == []
        assert trader.id not in answer.text
    assert appraiser.whole(made) == before


@requirement("TRI-15")
def test_strangers_list_has_none_of_ours(operator: Operator, stranger_operator: Operator, new_trader: Trader) -> None:
    """Another tenant's list neither shows nor counts a trade-in of ours, also when it is asked for our customer."""
    made = new_trader.submit()
    page = stranger_operator.api.get("/admin/trade-ins", {"customer_id": new_trader.id}).expect(200)
    assert (page["trade_ins"], page["count"]) == ([], 0)
    theirs = [row["id"] for row in pages(stranger_operator.api, "/admin/trade-ins", "trade_ins")]
    assert made.id not in theirs
    ours = operator.api.get("/admin/trade-ins", {"customer_id": new_trader.id}).expect(200)
    assert [row["id"] for row in ours["trade_ins"]] == [made.id]


@requirement("TRI-15")
def test_strangers_product_is_no_product(stranger_shop: Shop, trader: Trader) -> None:
    """A product of another tenant cannot be traded in here."""
    product_id = stranger_shop.good().product_id
    assert error_faults(trader.send(product_id=product_id).expect(400, 404, 422)) == []


@requirement("TRI-18")
def test_list_by_status(operator: Operator, appraiser: Appraiser, new_trader: Trader) -> None:
    """An operator lists the trade-ins of one status; what is no status is refused or finds nothing."""
    waiting, turned_down = new_trader.submit(), new_trader.submit()
    appraiser.bring(new_trader, turned_down, "rejected")
    for status, made in (("submitted", waiting), ("rejected", turned_down)):
        query = {"status": status, "customer_id": new_trader.id}
        page = operator.api.get("/admin/trade-ins", query).expect(200)
        assert list_faults(page, "trade_ins") == []
        assert ([row["id"] for row in page["trade_ins"]], page["count"]) == ([made.id], 1)
    wrong = operator.api.get("/admin/trade-ins", {"status": "nowhere"})
    assert wrong.expect(200, 400).status == 400 or wrong["count"] == 0


@requirement("TRI-20")
def test_unknown_trade_in(operator: Operator, regular: Shopper) -> None:
    """A trade-in that does not exist is 404, whatever is asked of it."""
    unknown = "tri_01ARZ3NDEKTSV4RRFFQ69G5FAV"
    path = f"/admin/trade-ins/{unknown}"
    answers = [operator.api.get(path), regular.api.get(f"/store/trade-ins/{unknown}")]
    answers += [operator.api.post(f"{path}/{turn}", BODIES.get(turn, {})) for turn in TURNS]
    for answer in answers:
        assert error_faults(answer.expect(404)) == []
