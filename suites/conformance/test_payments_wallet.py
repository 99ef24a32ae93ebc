"""The wallet pays: once for an order, and everything that is given back comes back to it, once."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from fixtures.checks import requirement, settled
from fixtures.client import concurrently
from fixtures.shopping import WALLET, Buying, only
from suites.conformance.shapes import REFUSED, error_faults

if TYPE_CHECKING:
    from fixtures.actors import Operator, Shopper, Wallet
    from fixtures.shopping import Checkout, Good, Shop


@pytest.fixture
def checkout(shopper: Shopper, shop: Shop, good: Good, wallet: Wallet) -> Checkout:
    """A cart of the wallet's owner in the wallet's currency, ready for the last word, to be paid by wallet."""
    shop.needs(WALLET)
    return Buying(shopper.api, shop)(good, region=shop.region_in(wallet.currency)).prepare(WALLET)


@requirement("PAY-09")
def test_wallet_pays_once(operator: Operator, wallet: Wallet, checkout: Checkout) -> None:
    """The order takes its total from the wallet, under the order's id; completing again takes nothing."""
    operator.credit(wallet, "1000")
    order = checkout.order()
    assert checkout.order()["id"] == order["id"]
    ledger = settled(lambda: operator.ledger(wallet), lambda rows: len(rows) == 2)
    assert (ledger[0].type, ledger[0].amount, ledger[0].reference_id) == ("debit", -order["total"], order["id"])
    assert operator.balance(wallet) == 1000 - order["total"]


@requirement("PAY-09")
def test_wallet_pays_once_for_fifty(operator: Operator, wallet: Wallet, checkout: Checkout) -> None:
    """Fifty complete a cart that a wallet pays: it is debited once."""
    operator.credit(wallet, "1000")
    answers = concurrently(50, lambda _: checkout.complete())
    assert {answer.status for answer in answers} <= {200, 409}
    order_id = only({answer["order"]["id"] for answer in answers if answer.status == 200})
    ledger = settled(lambda: operator.ledger(wallet), lambda rows: len(rows) == 2)
    assert ledger[0].reference_id == order_id


@requirement("PAY-11")
def test_too_little_in_the_wallet(operator: Operator, wallet: Wallet, checkout: Checkout, shopper: Shopper) -> None:
    """A wallet that does not reach makes no order, and is as it was; with enough in it, it pays."""
    operator.credit(wallet, "1")
    before = operator.snapshot(wallet)
    answer = checkout.complete().expect(200)
    assert (answer["type"], answer["error"]["type"]) == ("cart", "payment_authorization_error")
    assert operator.snapshot(wallet) == before
    assert checkout.cart()["completed_at"] is None
    assert shopper.api.get("/store/orders").expect(200)["count"] == 0
    operator.credit(wallet, "1000")
    order = checkout.order()
    settled(lambda: operator.balance(wallet), lambda balance: balance == 1001 - order["total"])


@requirement("PAY-11")
def test_frozen_wallet_pays_nothing(operator: Operator, wallet: Wallet, shopper: Shopper, shop: Shop) -> None:
    """A frozen wallet makes no order, and no goods are taken for it."""
    shop.needs(WALLET)
    good = shop.good(stock=2)
    checkout = Buying(shopper.api, shop)(good, region=shop.region_in(wallet.currency)).prepare(WALLET)
    operator.credit(wallet, "1000")
    operator.freeze(wallet)
    before = operator.snapshot(wallet)
    assert checkout.complete().expect(200)["type"] == "cart"
    assert operator.snapshot(wallet) == before
    assert shop.available(good) == 2


@requirement("PAY-10")
def test_cancelling_restores_the_wallet(operator: Operator, wallet: Wallet, checkout: Checkout, shop: Shop) -> None:
    """A cancelled order's money is back in the wallet, once, and the ledger says for which order."""
    operator.credit(wallet, "1000")
    order = checkout.order()
    shop.cancel(order["id"]).expect(200)
    shop.cancel(order["id"]).expect(400)
    ledger = settled(lambda: operator.ledger(wallet), lambda rows: len(rows) == 3)
    assert (ledger[0].type, ledger[0].amount) == ("credit", order["total"])
    assert operator.balance(wallet) == 1000


@requirement("PAY-10")
def test_refund_goes_to_the_wallet(operator: Operator, wallet: Wallet, checkout: Checkout, shop: Shop) -> None:
    """Each refund is credited, once; cancelling afterwards gives back the rest, and no more."""
    operator.credit(wallet, "1000")
    order = checkout.order()
    payment = shop.payment(order["id"])
    shop.capture(payment["id"]).expect(200)
    paid = 1000 - Decimal(order["total"])
    shop.refund(payment["id"], Decimal(1)).expect(200)
    shop.refund(payment["id"], Decimal(2)).expect(200)
    settled(lambda: operator.balance(wallet), lambda balance: balance == paid + 3)
    shop.cancel(order["id"]).expect(200)
    settled(lambda: operator.balance(wallet), lambda balance: balance == 1000)


@requirement("PAY-10")
def test_partly_captured_and_cancelled(operator: Operator, wallet: Wallet, checkout: Checkout, shop: Shop) -> None:
    """What was captured comes back as a refund and the rest with the cancellation: together all of it."""
    operator.credit(wallet, "1000")
    order = checkout.order()
    payment = shop.payment(order["id"])
    shop.capture(payment["id"], Decimal(3)).expect(200)
    shop.refund(payment["id"], Decimal(1)).expect(200)
    shop.cancel(order["id"]).expect(200)
    settled(lambda: operator.balance(wallet), lambda balance: balance == 1000)
    assert shop.taken(payment["id"]) == (3, 3)


@requirement("PAY-10")
def test_other_payments_leave_the_wallet_alone(
    operator: Operator, wallet: Wallet, shopper: Shopper, shop: Shop, good: Good
) -> None:
    """An order that was not paid by wallet neither takes from it nor puts anything into it."""
    operator.credit(wallet, "10")
    before = operator.snapshot(wallet)
    order = Buying(shopper.api, shop)(good, region=shop.region_in(wallet.currency)).buy()
    payment = shop.payment(order["id"])
    shop.capture(payment["id"]).expect(200)
    shop.refund(payment["id"], Decimal(1)).expect(200)
    shop.cancel(order["id"]).expect(200)
    settled(lambda: operator.snapshot(wallet), lambda now: now == before, quiet_s=1.0)


@requirement("PAY-12")
def test_somebody_elses_wallet(operator: Operator, wallet: Wallet, checkout: Checkout, other_shopper: Shopper) -> None:
    """Who knows somebody's cart can neither choose their wallet for it nor complete it with that."""
    operator.credit(wallet, "1000")
    before = operator.snapshot(wallet)
    for api in (other_shopper.api, other_shopper.api.with_token(None)):
        path = f"/store/payment-collections/{checkout.collection()['id']}/payment-sessions"
        assert error_faults(api.post(path, {"provider_id": WALLET}).expect(401, 403, *REFUSED)) == []
        answer = api.post(f"{checkout.path}/complete", {})
        assert answer.status in (401, 403, *REFUSED), answer
    assert operator.snapshot(wallet) == before
    assert checkout.cart()["completed_at"] is None


@requirement("PAY-09")
def test_one_wallet_pays_many_orders(operator: Operator, shopper: Shopper, wallet: Wallet, shop: Shop) -> None:
    """Five orders at once on a wallet that reaches for two: two are placed, and its balance is what they left."""
    shop.needs(WALLET)
    good = shop.good(stock=50)
    region = shop.region_in(wallet.currency)
    checkouts = [Buying(shopper.api, shop)(good, region=region).prepare(WALLET) for _ in range(5)]
    total = Decimal(checkouts[0].cart()["total"])
    operator.credit(wallet, 2 * total + total / 2 // 1)
    answers = concurrently(5, lambda n: checkouts[n].complete())
    assert [answer for answer in answers if answer.status >= 500] == []
    placed = [answer for answer in answers if answer.status == 200 and answer["type"] == "order"]
    assert len(placed) == 2
    settled(lambda: operator.balance(wallet), lambda balance: balance == total / 2 // 1)
    assert shop.available(good) == 48
