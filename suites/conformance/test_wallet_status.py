"""Active, frozen, closed: which way a wallet can go, and what it still does there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.checks import requirement
from suites.conformance.shapes import REFUSED, TIME, error_faults

if TYPE_CHECKING:
    from fixtures.actors import Operator, Shopper, Wallet


@requirement("WAL-09", "WAL-13")
@pytest.mark.parametrize("kind", ["credit", "debit"])
def test_frozen_wallet_moves_no_money(operator: Operator, wallet: Wallet, kind: str) -> None:
    """A frozen wallet refuses money in either direction and stays as it is."""
    operator.credit(wallet, "50")
    operator.freeze(wallet)
    before = operator.snapshot(wallet)
    answer = operator.adjust(wallet, type=kind, amount=10).expect(*REFUSED)
    assert error_faults(answer) == []
    assert operator.snapshot(wallet) == before


@requirement("WAL-09")
def test_owner_sees_a_frozen_wallet(operator: Operator, shopper: Shopper, wallet: Wallet) -> None:
    """Freezing hides nothing from the owner: status, balance and history are there."""
    operator.credit(wallet, "50")
    assert operator.freeze(wallet).status == "frozen"
    seen = shopper.wallet()
    assert (seen.id, seen.status) == (wallet.id, "frozen")
    assert seen.balance == 50
    assert len(shopper.transactions()) == 1


@requirement("WAL-10")
def test_unfrozen_wallet_works_as_before(operator: Operator, wallet: Wallet) -> None:
    """Freezing and unfreezing moves no money, and then money moves again."""
    operator.credit(wallet, "50")
    operator.freeze(wallet)
    thawed = operator.unfreeze(wallet)
    assert thawed.status == "active"
    assert thawed.balance == 50
    assert operator.debit(wallet, "20").balance_after == 30
    assert operator.credit(wallet, "5").balance_after == 35
    assert len(operator.ledger(wallet)) == 3


@requirement("WAL-24")
def test_frozen_wallet_says_why(operator: Operator, wallet: Wallet) -> None:
    """The reason and the time of freezing are shown while it lasts, and gone afterwards."""
    frozen = operator.turn(wallet, "freeze", "chargeback under review").expect(200)["wallet"]
    assert frozen["freeze_reason"] == "chargeback under review"
    assert TIME.fullmatch(str(frozen["frozen_at"]))
    thawed = operator.turn(wallet, "unfreeze").expect(200)["wallet"]
    assert (thawed["freeze_reason"], thawed["frozen_at"]) == (None, None)


@requirement("WAL-11")
@pytest.mark.parametrize("first", [None, "freeze"])
def test_empty_wallet_closes(operator: Operator, wallet: Wallet, first: str | None) -> None:
    """A wallet with nothing in it closes, whether it was active or frozen."""
    if first:
        operator.turn(wallet, first).expect(200)
    assert operator.close(wallet).status == "closed"
    assert operator.wallet(wallet).status == "closed"


@requirement("WAL-11")
@pytest.mark.parametrize("first", [None, "freeze"])
def test_wallet_with_money_does_not_close(operator: Operator, wallet: Wallet, first: str | None) -> None:
    """A wallet that holds money, active or frozen, refuses to close and loses nothing."""
    operator.credit(wallet, "1")
    if first:
        operator.turn(wallet, first).expect(200)
    before = operator.snapshot(wallet)
    assert error_faults(operator.turn(wallet, "close").expect(*REFUSED)) == []
    assert operator.snapshot(wallet) == before


@requirement("WAL-12", "WAL-13")
@pytest.mark.parametrize("kind", ["credit", "debit"])
def test_closed_wallet_moves_no_money(operator: Operator, wallet: Wallet, kind: str) -> None:
    """A closed wallet refuses money in either direction and writes no row."""
    operator.close(wallet)
    before = operator.snapshot(wallet)
    assert error_faults(operator.adjust(wallet, type=kind, amount=10).expect(*REFUSED)) == []
    assert operator.snapshot(wallet) == before


@requirement("WAL-12")
@pytest.mark.parametrize("into", ["freeze", "unfreeze"])
def test_closed_wallet_stays_closed(operator: Operator, wallet: Wallet, into: str) -> None:
    """No way leads out of closed."""
    operator.close(wallet)
    before = operator.snapshot(wallet)
    assert error_faults(operator.turn(wallet, into).expect(*REFUSED)) == []
    assert operator.snapshot(wallet) == before


@requirement("WAL-12")
def test_closed_wallet_is_not_made_anew(operator: Operator, shopper: Shopper, wallet: Wallet) -> None:
    """The owner's next read still finds the closed wallet, not a fresh active one beside it."""
    operator.close(wallet)
    seen = shopper.wallet()
    assert (seen.id, seen.status) == (wallet.id, "closed")
