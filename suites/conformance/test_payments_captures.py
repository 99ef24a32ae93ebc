"""Payments: what is asked for, what is taken, what is given back."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from fixtures.checks import requirement
from fixtures.client import concurrently
from fixtures.shopping import SYSTEM, minor, only
from suites.conformance.shapes import ID, REFUSED, error_faults, list_faults, money_faults

if TYPE_CHECKING:
    from fixtures.actors import Operator
    from fixtures.client import Api
    from fixtures.shopping import Buying, Good, Shop

UNKNOWN = "01HZZZZZZZZZZZZZZZZZZZZZZZ"


@pytest.fixture
def payment_id(buying: Buying, shop: Shop, good: Good) -> str:
    """An authorised payment of an order, of which nothing was taken."""
    return str(shop.payment(buying(good, quantity=2).buy()["id"])["id"])


@pytest.fixture(scope="session")
def unit(shop: Shop) -> Decimal:
    """A hundred of the smallest units of the first region's currency."""
    return minor(100, shop.region.currency)


@requirement("PAY-01")
def test_providers_of_a_region(anonymous: Api, shop: Shop) -> None:
    """In a region one can pay by the system's own provider."""
    page = anonymous.get("/store/payment-providers", {"region_id": shop.region.id}).expect(200)
    assert list_faults(page, "payment_providers") == []
    assert (SYSTEM, True) in {(one["id"], one["is_enabled"]) for one in page["payment_providers"]}
    assert page["count"] == len(page["payment_providers"])


@requirement("PAY-02")
def test_one_collection_per_cart(buying: Buying, good: Good) -> None:
    """Asking again gives the collection that is there: of the cart's total, nothing chosen yet."""
    checkout = buying(good)
    first = checkout.collection()
    assert ID.fullmatch(first["id"])
    assert money_faults(first, "amount") == []
    assert (first["amount"], first["payment_sessions"]) == (checkout.cart()["total"], [])
    assert checkout.collection()["id"] == first["id"]


@requirement("PAY-02")
def test_one_collection_for_ten_at_once(buying: Buying, good: Good) -> None:
    """Ten who ask at the same moment get the same collection."""
    checkout = buying(good)
    assert len({one["id"] for one in concurrently(10, lambda _: checkout.collection())}) == 1


@requirement("PAY-02")
def test_collection_of_no_cart(anonymous: Api) -> None:
    """A cart that nobody has is not paid; a body without a cart is refused."""
    unknown = anonymous.post("/store/payment-collections", {"cart_id": f"cart_{UNKNOWN}"})
    assert error_faults(unknown.expect(404)) == []
    assert error_faults(anonymous.post("/store/payment-collections", {}).expect(400)) == []


@requirement("PAY-03")
def test_session(buying: Buying, good: Good) -> None:
    """A session is pending and of the whole amount; choosing again puts another in its place."""
    checkout = buying(good)
    collection = checkout.pay()
    session = only(collection["payment_sessions"])
    assert (session["status"], session["provider_id"]) == ("pending", SYSTEM)
    assert session["amount"] == collection["amount"] == checkout.cart()["total"]
    again = only(checkout.pay()["payment_sessions"])
    assert again["amount"] == session["amount"]


@requirement("PAY-03")
def test_unknown_provider(buying: Buying, good: Good) -> None:
    """Nobody pays by a provider that does not exist."""
    checkout = buying(good)
    assert not checkout.choose("pp_nobody").is_success
    assert checkout.collection()["payment_sessions"] == []


@requirement("PAY-14")
def test_unknown_provider_is_refused(buying: Buying, good: Good) -> None:
    """A provider that does not exist is the caller's mistake."""
    assert error_faults(buying(good).choose("pp_nobody").expect(400, 404)) == []


@requirement("PAY-14")
def test_unknown_collection(anonymous: Api) -> None:
    """A payment collection that nobody has is 404."""
    path = f"/store/payment-collections/pay_col_{UNKNOWN}/payment-sessions"
    assert error_faults(anonymous.post(path, {"provider_id": SYSTEM}).expect(404)) == []


@requirement("PAY-04")
def test_capture_takes_all(shop: Shop, payment_id: str) -> None:
    """Without an amount everything is taken; a second time nothing is."""
    payment = shop.capture(payment_id).expect(200)["payment"]
    assert money_faults(payment, "amount") == []
    assert [one["amount"] for one in payment["captures"]] == [payment["amount"]]
    assert payment["captured_at"] is not None
    assert len(shop.capture(payment_id).expect(200)["payment"]["captures"]) == 1
    assert shop.taken(payment_id) == (payment["amount"], 0)


@requirement("PAY-04")
def test_capture_in_parts(shop: Shop, payment_id: str, unit: Decimal) -> None:
    """Parts add up; a part that is more than what is left is refused; what is left can be taken."""
    amount = Decimal(shop.capture(payment_id, unit).expect(200)["payment"]["amount"])
    assert error_faults(shop.capture(payment_id, amount).expect(400)) == []
    assert shop.taken(payment_id) == (unit, 0)
    shop.capture(payment_id, amount - unit).expect(200)
    assert shop.taken(payment_id) == (amount, 0)


@requirement("PAY-05")
def test_refund_in_parts(shop: Shop, payment_id: str, unit: Decimal) -> None:
    """Parts are given back until nothing is left; more is refused, and nothing moves."""
    captured = Decimal(shop.capture(payment_id).expect(200)["payment"]["amount"])
    refunds = shop.refund(payment_id, unit).expect(200)["payment"]["refunds"]
    assert [one["amount"] for one in refunds] == [unit]
    assert error_faults(shop.refund(payment_id, captured).expect(400)) == []
    assert shop.taken(payment_id) == (captured, unit)
    shop.refund(payment_id, captured - unit).expect(200)
    assert error_faults(shop.refund(payment_id, unit).expect(400)) == []
    assert shop.taken(payment_id) == (captured, captured)


@requirement("PAY-05")
def test_refund_of_what_was_not_taken(shop: Shop, payment_id: str, unit: Decimal) -> None:
    """What was only authorised, or captured in part, cannot be given back as a whole."""
    assert error_faults(shop.refund(payment_id, unit).expect(400)) == []
    shop.capture(payment_id, unit).expect(200)
    assert error_faults(shop.refund(payment_id, 2 * unit).expect(400)) == []
    assert shop.taken(payment_id) == (unit, 0)


@requirement("PAY-06")
def test_parallel_captures(shop: Shop, payment_id: str, unit: Decimal) -> None:
    """Twenty take a third at the same moment: what is taken is never more than what was authorised."""
    whole = Decimal(shop.capture(payment_id, unit).expect(200)["payment"]["amount"])
    third = (whole - unit) // (3 * unit) * unit or unit
    answers = concurrently(20, lambda _: shop.capture(payment_id, third))
    accepted = Counter(answer.status for answer in answers)
    assert set(accepted) <= {200, *REFUSED}, accepted
    assert shop.taken(payment_id) == (unit + accepted[200] * third, 0)
    assert unit + accepted[200] * third <= whole


@requirement("PAY-06")
def test_parallel_refunds(shop: Shop, payment_id: str) -> None:
    """Twenty give back a third at the same moment: what is given back is never more than what was taken."""
    captured = Decimal(shop.capture(payment_id).expect(200)["payment"]["amount"])
    third = captured // 3
    answers = concurrently(20, lambda _: shop.refund(payment_id, third))
    accepted = Counter(answer.status for answer in answers)
    assert set(accepted) <= {200, *REFUSED}, accepted
    assert accepted[200] == captured // third
    assert shop.taken(payment_id) == (captured, accepted[200] * third)


@requirement("PAY-07")
def test_payment_status_of_the_order(buying: Buying, shop: Shop, good: Good, unit: Decimal) -> None:
    """Authorised, captured, refunded in part, refunded: the order says what became of the money."""
    order_id = buying(good).buy()["id"]
    payment_id = shop.payment(order_id)["id"]
    seen = [shop.order(order_id)["payment_status"]]
    shop.capture(payment_id).expect(200)
    seen.append(shop.order(order_id)["payment_status"])
    shop.refund(payment_id, unit).expect(200)
    seen.append(shop.order(order_id)["payment_status"])
    assert seen == ["authorized", "captured", "partially_refunded"]


@requirement("PAY-08")
@pytest.mark.parametrize("what", ["", "/capture", "/refund"])
def test_unknown_payment(shop: Shop, what: str) -> None:
    """A payment that nobody has is 404, or read as nothing at all, as Medusa does."""
    path = f"/admin/payments/pay_{UNKNOWN}{what}"
    answer = shop.api.post(path, {}) if what else shop.api.get(path)
    if answer.status != 200 or what or answer.json:
        assert error_faults(answer.expect(404)) == []


@requirement("PAY-08")
def test_strangers_payment(shop: Shop, payment_id: str, stranger_operator: Operator) -> None:
    """Another tenant's operator neither reads nor takes nor gives back."""
    shop.capture(payment_id).expect(200)
    before = shop.taken(payment_id)
    path = f"/admin/payments/{payment_id}"
    assert error_faults(stranger_operator.api.get(path).expect(404)) == []
    for what in ("capture", "refund"):
        assert error_faults(stranger_operator.api.post(f"{path}/{what}", {"amount": 1}).expect(404)) == []
    listed = stranger_operator.api.get("/admin/payments", {"limit": 100}).expect(200)["payments"]
    assert payment_id not in {one["id"] for one in listed}
    assert shop.taken(payment_id) == before


NO_AMOUNTS = {"zero": b"0", "negative": b"-1", "text": b'"1"', "true": b"true", "list": b"[1]"}


@requirement("PAY-13")
@pytest.mark.parametrize("amount", NO_AMOUNTS.values(), ids=NO_AMOUNTS.keys())
def test_no_amount(shop: Shop, payment_id: str, amount: bytes) -> None:
    """What is no amount above 0 is neither taken nor given back."""
    shop.capture(payment_id, Decimal(3)).expect(200)
    for what in ("capture", "refund"):
        body = b'{"amount": ' + amount + b"}"
        answer = shop.api.post(f"/admin/payments/{payment_id}/{what}", content=body)
        assert error_faults(answer.expect(400)) == []
    assert shop.taken(payment_id) == (3, 0)


@requirement("PAY-13")
def test_unknown_key_of_a_refund(shop: Shop, payment_id: str) -> None:
    """A refund with a key that nobody knows is refused: perhaps it was to say how much."""
    shop.capture(payment_id).expect(200)
    answer = shop.api.post(f"/admin/payments/{payment_id}/refund", {"ammount": 1}).expect(400)
    assert error_faults(answer) == []
    assert shop.taken(payment_id)[1] == 0
