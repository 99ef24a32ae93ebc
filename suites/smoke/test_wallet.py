"""The wallet path, once through: what a shopper and an operator do every day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fixtures.checks import requirement

if TYPE_CHECKING:
    from fixtures.actors import Operator, Shopper, Wallet
    from fixtures.client import Api


@requirement("WAL-01", "AUTH-01")
def test_new_shopper_has_a_wallet(shopper: Shopper) -> None:
    """A shopper registers, logs in, and finds an empty wallet."""
    wallet = shopper.wallet()
    assert (wallet.customer_id, wallet.status) == (shopper.id, "active")
    assert wallet.balance == 0


@requirement("WAL-04", "WAL-05", "WAL-14", "WAL-20")
def test_money_comes_and_goes(operator: Operator, shopper: Shopper, wallet: Wallet) -> None:
    """An operator credits 100, an order takes 30, and the shopper sees 70 and both rows."""
    credit = operator.credit(wallet, "100", reference="gift-1")
    debit = operator.debit(wallet, "30", reference="order-1")
    assert shopper.wallet().balance == 70
    assert shopper.transactions() == [debit, credit]


@requirement("WAL-06", "WAL-07")
def test_money_is_not_spent_twice(operator: Operator, wallet: Wallet) -> None:
    """An order that is sent again is paid once, and one that costs too much is refused."""
    operator.credit(wallet, "50")
    assert operator.debit(wallet, "30", reference="order-1") == operator.debit(wallet, "30", reference="order-1")
    operator.adjust(wallet, type="debit", amount=30, reference_id="order-2").expect(400, 409, 422)
    assert operator.balance(wallet) == 20


@requirement("WAL-09", "WAL-10")
def test_freezing_stops_money(operator: Operator, wallet: Wallet) -> None:
    """A frozen wallet pays nothing until it is unfrozen."""
    operator.credit(wallet, "50")
    operator.freeze(wallet, "smoke check")
    operator.adjust(wallet, type="debit", amount=10).expect(400, 409, 422)
    operator.unfreeze(wallet)
    assert operator.debit(wallet, "10").balance_after == 40


@requirement("AUTH-04", "AUTH-05")
def test_only_operators_move_money(operator: Operator, shopper: Shopper, wallet: Wallet, anonymous: Api) -> None:
    """Neither the shopper nor somebody without a log-in can credit the wallet."""
    for api in (shopper.api, anonymous):
        api.post(f"/admin/wallets/{wallet.id}", {"type": "credit", "amount": 1}).expect(401)
    assert operator.balance(wallet) == 0


@requirement("TEN-01", "TEN-02")
def test_other_tenant_sees_nothing(stranger_operator: Operator, wallet: Wallet) -> None:
    """Another tenant's operator neither opens nor finds the wallet."""
    stranger_operator.api.get(f"/admin/wallets/{wallet.id}").expect(404)
    assert stranger_operator.wallets(customer_id=wallet.customer_id) == []
