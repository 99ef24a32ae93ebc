"""The same reference again: whoever is unsure whether a change went through can send it once more."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from fixtures.checks import requirement
from fixtures.client import concurrently
from suites.conformance.shapes import REFUSED, error_faults

if TYPE_CHECKING:
    from fixtures.actors import Operator, Wallet


@requirement("WAL-07", "WAL-13")
def test_repeated_debit_moves_money_once(operator: Operator, wallet: Wallet) -> None:
    """The same reference_id again answers with the first transaction and leaves the balance alone."""
    operator.credit(wallet, "100")
    first = operator.debit(wallet, "30", reference="order-1")
    before = operator.snapshot(wallet)
    again = operator.debit(wallet, "30", reference="order-1")
    assert again == first
    assert operator.snapshot(wallet) == before
    assert operator.balance(wallet) == 70


@requirement("WAL-07")
def test_repeated_credit_moves_money_once(operator: Operator, wallet: Wallet) -> None:
    """A refund that is reported twice is paid once, also after other changes in between."""
    first = operator.credit(wallet, "30", reference="refund-1")
    operator.debit(wallet, "10")
    again = operator.credit(wallet, "30", reference="refund-1")
    assert again == first
    assert operator.balance(wallet) == 20


@requirement("WAL-07")
def test_repeat_of_the_last_debit_is_no_overdraft(operator: Operator, wallet: Wallet) -> None:
    """Repeating the debit that emptied the wallet answers with it, not with a refusal."""
    operator.credit(wallet, "30")
    first = operator.debit(wallet, "30", reference="order-1")
    assert operator.debit(wallet, "30", reference="order-1") == first
    assert operator.balance(wallet) == 0


@requirement("WAL-07")
def test_one_reference_serves_both_types(operator: Operator, wallet: Wallet) -> None:
    """A credit and a debit under one reference are two changes, such as a payment and its refund."""
    operator.credit(wallet, "30", reference="order-1")
    operator.debit(wallet, "10", reference="order-1")
    assert operator.balance(wallet) == 20


@requirement("WAL-07")
def test_changes_without_a_reference_all_count(operator: Operator, wallet: Wallet) -> None:
    """Without a reference_id nothing is taken for a repeat."""
    made = [operator.credit(wallet, "10") for _ in range(3)]
    assert len({row.id for row in made}) == 3
    assert operator.balance(wallet) == 30


@requirement("WAL-08", "WAL-13")
@pytest.mark.parametrize("kind", ["credit", "debit"])
def test_repeat_with_another_amount_is_a_conflict(operator: Operator, wallet: Wallet, kind: str) -> None:
    """A reference that was used with another amount is refused, and nothing changes."""
    operator.credit(wallet, "100")
    operator.adjust(wallet, type=kind, amount=30, reference_id="order-1").expect(200, 201)
    before = operator.snapshot(wallet)
    answer = operator.adjust(wallet, type=kind, amount=31, reference_id="order-1").expect(*REFUSED)
    assert error_faults(answer) == []
    assert operator.snapshot(wallet) == before


@requirement("WAL-07", "WAL-03")
@pytest.mark.parametrize("kind", ["credit", "debit"])
def test_parallel_repeats_move_money_once(operator: Operator, wallet: Wallet, kind: str) -> None:
    """Twenty deliveries of one change at the same moment all answer with the same row, and one row is all there is."""
    operator.credit(wallet, "100")
    answers = concurrently(20, lambda _: operator.adjust(wallet, type=kind, amount=Decimal(30), reference_id="order-1"))
    assert {answer.status for answer in answers} <= {200, 201}
    assert len({answer["transaction"]["id"] for answer in answers}) == 1
    assert len(operator.ledger(wallet)) == 2
    assert operator.balance(wallet) == (130 if kind == "credit" else 70)


@requirement("WAL-08", "WAL-03")
def test_parallel_amounts_under_one_reference(operator: Operator, wallet: Wallet) -> None:
    """When different amounts race under one reference, one wins and the others are refused."""
    operator.credit(wallet, "100")
    answers = concurrently(10, lambda n: operator.adjust(wallet, type="debit", amount=n + 1, reference_id="order-1"))
    accepted = [answer["transaction"] for answer in answers if answer.is_success]
    assert len(accepted) == 1
    for answer in answers:
        answer.expect(200, 201, *REFUSED)
    assert operator.balance(wallet) == 100 + accepted[0]["amount"]
    assert len(operator.ledger(wallet)) == 2
