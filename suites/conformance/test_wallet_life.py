"""How a wallet comes to be, and whose it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fixtures.actors import as_wallet
from fixtures.checks import requirement, settled
from fixtures.client import concurrently

if TYPE_CHECKING:
    from fixtures.actors import Operator, Shopper, Wallet


@requirement("WAL-01")
def test_first_read_finds_an_empty_wallet(shopper: Shopper) -> None:
    """A new customer's first look finds an active wallet with nothing in it, owned by that customer."""
    wallet = shopper.wallet()
    assert wallet.customer_id == shopper.id
    assert wallet.balance == 0
    assert wallet.status == "active"
    assert shopper.transactions() == []


@requirement("WAL-01")
def test_later_reads_find_the_same_wallet(shopper: Shopper, wallet: Wallet) -> None:
    """Reading the own wallet again neither makes another one nor changes it."""
    assert [shopper.wallet() for _ in range(3)] == [wallet] * 3


@requirement("WAL-02")
def test_new_customer_gets_a_wallet_without_asking(operator: Operator, shopper: Shopper) -> None:
    """The event customer.created makes one wallet, and a second delivery makes no second one."""
    found = settled(lambda: operator.wallets(customer_id=shopper.id), lambda wallets: len(wallets) == 1)
    assert found[0].customer_id == shopper.id
    assert found[0] == shopper.wallet()


@requirement("WAL-15")
def test_parallel_first_reads_find_one_wallet(operator: Operator, shopper: Shopper) -> None:
    """However many first reads come at once, beside the event, the customer ends up with one wallet."""
    answers = concurrently(8, lambda _: shopper.api.get("/store/wallet/me"))
    read = {as_wallet(answer.expect(200)["wallet"]).id for answer in answers}
    assert len(read) == 1
    found = settled(lambda: operator.wallets(customer_id=shopper.id), lambda wallets: len(wallets) == 1)
    assert {wallet.id for wallet in found} == read


@requirement("WAL-15")
def test_second_wallet_in_a_currency_is_refused(operator: Operator, shopper: Shopper, wallet: Wallet) -> None:
    """An operator can give a customer a wallet in another currency once, and none in a currency that has one."""
    other = operator.open_wallet(shopper.id, "eur" if wallet.currency != "eur" else "usd")
    for currency in (wallet.currency, other.currency):
        again = operator.api.post("/admin/wallets", {"customer_id": shopper.id, "currency": currency})
        again.expect(400, 409, 422)
    assert {one.id for one in operator.wallets(customer_id=shopper.id)} == {wallet.id, other.id}


@requirement("WAL-23")
def test_customers_read_their_own_wallet_only(operator: Operator, shopper: Shopper, other_shopper: Shopper) -> None:
    """A query that names somebody else's customer or wallet still shows the own one."""
    own, others = shopper.wallet(), other_shopper.wallet()
    operator.credit(others, "5")
    query = {"customer_id": other_shopper.id, "wallet_id": others.id, "id": others.id}
    assert own.id != others.id
    assert as_wallet(shopper.api.get("/store/wallet/me", query).expect(200)["wallet"]) == own
    assert shopper.api.get("/store/wallet/me/transactions", query).expect(200)["transactions"] == []
