"""Credits and debits, one after the other: what each moves, and what it leaves behind."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from fixtures.checks import requirement
from suites.conformance.shapes import REFUSED, error_faults

if TYPE_CHECKING:
    import random

    from fixtures.actors import Operator, Shopper, Wallet

NOWHERE = "wallet_01HZZZZZZZZZZZZZZZZZZZZZZZ"


@requirement("WAL-04")
def test_credit_adds_its_amount(operator: Operator, shopper: Shopper, wallet: Wallet) -> None:
    """A credit answers with its row and raises the balance, for the operator and for the owner."""
    made = operator.credit(wallet, "100")
    assert (made.wallet_id, made.type) == (wallet.id, "credit")
    assert made.amount == made.balance_after == 100
    assert operator.balance(wallet) == shopper.wallet().balance == 100


@requirement("WAL-05")
def test_debit_takes_its_amount(operator: Operator, shopper: Shopper, wallet: Wallet) -> None:
    """A debit answers with its row, negative, and lowers the balance."""
    operator.credit(wallet, "100")
    made = operator.debit(wallet, "30")
    assert (made.wallet_id, made.type) == (wallet.id, "debit")
    assert made.amount == -30
    assert made.balance_after == 70
    assert operator.balance(wallet) == shopper.wallet().balance == 70


@requirement("WAL-05")
def test_debit_takes_the_last_of_it(operator: Operator, wallet: Wallet) -> None:
    """A debit of the whole balance is accepted and leaves exactly 0."""
    operator.credit(wallet, "100")
    assert operator.debit(wallet, "100").balance_after == 0
    assert operator.balance(wallet) == 0


@requirement("WAL-06")
@pytest.mark.parametrize("amount", [11, 1_000_000])
def test_debit_above_the_balance_changes_nothing(operator: Operator, wallet: Wallet, amount: int) -> None:
    """Who has 10 cannot spend more: refused, and the wallet and its ledger are as they were."""
    operator.credit(wallet, "10")
    before = operator.snapshot(wallet)
    answer = operator.adjust(wallet, type="debit", amount=amount).expect(*REFUSED)
    assert error_faults(answer) == []
    assert operator.snapshot(wallet) == before


@requirement("WAL-06")
def test_empty_wallet_pays_nothing(operator: Operator, wallet: Wallet) -> None:
    """A wallet that never held money refuses the smallest debit."""
    operator.adjust(wallet, type="debit", amount=1).expect(*REFUSED)
    assert operator.snapshot(wallet).ledger == []
    assert operator.balance(wallet) == 0


@requirement("WAL-13")
def test_version_counts_changes(operator: Operator, wallet: Wallet) -> None:
    """The version goes up by one with each credit and debit, and stays when a debit is refused."""
    versions = [operator.wallet(wallet).version]
    operator.credit(wallet, "10")
    versions.append(operator.wallet(wallet).version)
    operator.debit(wallet, "4")
    versions.append(operator.wallet(wallet).version)
    operator.adjust(wallet, type="debit", amount=7).expect(*REFUSED)
    versions.append(operator.wallet(wallet).version)
    start = versions[0]
    assert versions == [start, start + 1, start + 2, start + 2]


@requirement("WAL-14", "WAL-13")
def test_ledger_explains_the_balance(operator: Operator, wallet: Wallet, rng: random.Random) -> None:
    """After any row of credits and debits, the ledger has a row for each and adds up to the balance."""
    operator.credit(wallet, "100")
    balance = Decimal(100)
    for _ in range(9):
        amount = Decimal(rng.randint(1, 40))
        if amount <= balance and rng.random() < 0.6:
            balance -= amount
            made = operator.debit(wallet, amount)
        else:
            balance += amount
            made = operator.credit(wallet, amount)
        assert made.balance_after == balance
    after = operator.snapshot(wallet)
    assert len(after.ledger) == 10
    assert len({row.id for row in after.ledger}) == 10
    assert sum(row.amount for row in after.ledger) == after.ledger[0].balance_after == after.wallet.balance == balance
    assert after.wallet.version == wallet.version + 10
    for newer, older in pairwise(after.ledger):
        assert newer.balance_after == older.balance_after + newer.amount


@requirement("WAL-14")
def test_row_keeps_what_was_said(operator: Operator, shopper: Shopper, wallet: Wallet) -> None:
    """A row carries the description and the reference it was made with, for the operator and the owner alike."""
    answer = operator.adjust(wallet, type="credit", amount=5, description="Opening gift ✓", reference_id="gift-1")
    answer.expect(200, 201)
    (row,) = operator.ledger(wallet)
    assert (row.description, row.reference_id) == ("Opening gift ✓", "gift-1")
    assert shopper.transactions() == [row]


@requirement("WAL-19")
def test_wallets_do_not_mix(operator: Operator, shopper: Shopper, other_shopper: Shopper) -> None:
    """Two customers' wallets take the same references side by side, and neither notices the other."""
    one, two = shopper.wallet(), other_shopper.wallet()
    operator.credit(one, "50", reference="order-1")
    untouched = operator.snapshot(two)
    assert untouched.wallet.balance == 0
    assert untouched.ledger == []
    operator.credit(two, "20", reference="order-1")
    operator.debit(two, "5", reference="order-2")
    assert operator.balance(one) == 50
    assert operator.balance(two) == 15
    assert {row.wallet_id for row in operator.ledger(one)} == {one.id}
    assert {row.wallet_id for row in operator.ledger(two)} == {two.id}


@requirement("WAL-22")
@pytest.mark.parametrize("path", ["", "/freeze", "/unfreeze", "/close"])
def test_changing_an_unknown_wallet(operator: Operator, path: str) -> None:
    """A wallet that does not exist cannot be changed: 404 not_found."""
    answer = operator.api.post(f"/admin/wallets/{NOWHERE}{path}", {"type": "credit", "amount": 1} if not path else {})
    assert error_faults(answer.expect(404)) == []


@requirement("WAL-22")
def test_reading_an_unknown_wallet(operator: Operator) -> None:
    """A wallet that does not exist cannot be read: 404 not_found."""
    assert error_faults(operator.api.get(f"/admin/wallets/{NOWHERE}").expect(404)) == []
