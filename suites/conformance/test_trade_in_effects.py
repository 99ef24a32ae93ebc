"""What follows a trade-in: the customer's credit and one more in stock, each exactly once."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from fixtures.checks import omit, requirement, settled
from fixtures.client import concurrently

if TYPE_CHECKING:
    from fixtures.actors import Operator, Shopper, Wallet
    from fixtures.shopping import Shop
    from fixtures.trading import Appraiser, Trader


@requirement("TRI-11")
def test_approved_trade_in_is_credited_once(
    shopper: Shopper, wallet: Wallet, new_trader: Trader, appraiser: Appraiser
) -> None:
    """The accepted offer arrives in the customer's wallet, in one row of the ledger, and stays one."""
    made = new_trader.submit(currency_code=wallet.currency)
    appraiser.evaluate(made)
    new_trader.accept(made, appraiser.offer(made, "655"))
    appraiser.approve(made)
    settled(lambda: shopper.wallet().balance, lambda balance: balance == 655)
    assert [row.amount for row in shopper.transactions()] == [655]


@requirement("TRI-11", "TRI-08")
def test_parallel_approvals_are_credited_once(
    shopper: Shopper, wallet: Wallet, new_trader: Trader, appraiser: Appraiser
) -> None:
    """Twenty approvals at the same moment are one, and one credit."""
    made = new_trader.submit(currency_code=wallet.currency)
    appraiser.evaluate(made)
    new_trader.accept(made, appraiser.offer(made))
    answers = concurrently(20, lambda _: appraiser.turn(made, "approve"))
    assert sum(answer.is_success for answer in answers) <= 1
    settled(lambda: shopper.wallet().balance, lambda balance: balance == 700)
    assert [row.amount for row in shopper.transactions()] == [700]


@requirement("TRI-11")
def test_two_trade_ins_are_two_credits(
    shopper: Shopper, wallet: Wallet, new_trader: Trader, appraiser: Appraiser
) -> None:
    """Each trade-in is credited by itself, also when two are worth the same."""
    for _ in range(2):
        made = new_trader.submit(currency_code=wallet.currency)
        appraiser.bring(new_trader, made, "approved")
    settled(lambda: shopper.wallet().balance, lambda balance: balance == 1400)
    assert [row.amount for row in shopper.transactions()] == [700, 700]


@requirement("TRI-11")
def test_nothing_is_credited_before(shopper: Shopper, wallet: Wallet, new_trader: Trader, appraiser: Appraiser) -> None:
    """An offer, even an accepted one, and a trade-in that was turned down are worth nothing in the wallet."""
    offered = []
    for _ in range(3):
        made = new_trader.submit(currency_code=wallet.currency)
        appraiser.evaluate(made)
        offered.append((made, appraiser.offer(made)))
    appraiser.turn(offered[1][0], "reject").expect(200, 201)
    if new_trader.accept(*offered[2]).status == "approved":
        omit("this platform approves a trade-in when its offer is accepted")
    settled(lambda: shopper.wallet().balance, lambda balance: balance == 0)
    assert shopper.transactions() == []


@requirement("TRI-17")
def test_other_credit_is_no_wallet_money(
    shopper: Shopper, wallet: Wallet, new_trader: Trader, appraiser: Appraiser
) -> None:
    """What is refunded, or given as store credit, does not go into the wallet as well."""
    for credit_type in ("refund", "store_credit"):
        made = new_trader.submit(currency_code=wallet.currency)
        appraiser.evaluate(made)
        new_trader.accept(made, appraiser.offer(made, credit_type=credit_type))
        assert appraiser.approve(made).final_value == 700
    settled(lambda: shopper.wallet().balance, lambda balance: balance == 0)
    assert shopper.transactions() == []


@requirement("TRI-11")
def test_credit_in_the_trade_ins_currency(
    operator: Operator, shopper: Shopper, wallet: Wallet, new_trader: Trader, appraiser: Appraiser
) -> None:
    """A trade-in in another currency goes into a wallet of that currency, digit for digit, and no other."""
    other = "kwd" if wallet.currency != "kwd" else "usd"
    exact = Decimal("123.456") if other == "kwd" else Decimal("123.45")
    made = new_trader.submit(currency_code=other)
    appraiser.evaluate(made)
    new_trader.accept(made, appraiser.offer(made, exact))
    appraiser.approve(made)
    balances = settled(
        lambda: {one.currency: one.balance for one in operator.wallets(customer_id=shopper.id)},
        lambda found: bool(found.get(other)),
    )
    assert balances == {wallet.currency: 0, other: exact}


@requirement("TRI-12")
def test_completed_trade_in_is_one_more_in_stock(shop: Shop, trader: Trader, appraiser: Appraiser) -> None:
    """A completed trade-in adds one to the stock of its product, once, and only when it is completed."""
    good = shop.good({"usd": Decimal(1000)}, stock=5)
    made = trader.submit(product_id=good.product_id)
    appraiser.evaluate(made, None)
    trader.accept(made, appraiser.offer(made))
    appraiser.approve(made)
    settled(lambda: shop.available(good), lambda count: count == 5)
    concurrently(10, lambda _: appraiser.turn(made, "complete"))
    settled(lambda: shop.available(good), lambda count: count == 6)
    assert appraiser.see(made).status == "completed"


@requirement("TRI-12")
def test_thing_without_a_product_is_completed(shop: Shop, trader: Trader, appraiser: Appraiser) -> None:
    """What is not in the catalogue is completed all the same, and the trade-ins after it still reach the stock."""
    appraiser.bring(trader, trader.submit(), "completed")
    good = shop.good({"usd": Decimal(1000)}, stock=0)
    made = trader.submit(product_id=good.product_id)
    appraiser.evaluate(made, None)
    trader.accept(made, appraiser.offer(made))
    appraiser.approve(made)
    appraiser.complete(made)
    settled(lambda: shop.available(good), lambda count: count == 1)
