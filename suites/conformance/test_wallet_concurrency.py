"""Many changes at once: whatever the order, the ledger must tell one that agrees with what everybody was told."""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

from fixtures.checks import requirement
from fixtures.client import concurrently
from fixtures.history import Kind
from fixtures.money import judge
from suites.conformance.shapes import REFUSED
from suites.conformance.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Callable

    from fixtures.actors import Operator, Shopper, Wallet
    from fixtures.client import Answer
    from fixtures.plugin import Run


@requirement("WAL-03", "WAL-06", "WAL-14")
def test_fifty_debits_at_once(operator: Operator, wallet: Wallet, run: Run) -> None:
    """100 pays for exactly ten of fifty parallel debits of 10, and the others are refused, round after round."""
    rounds = run.rounds(merge=20, nightly=100)
    for number in range(1, rounds + 1):
        operator.credit(wallet, "100")
        answers = concurrently(50, lambda _: operator.adjust(wallet, type="debit", amount=10))
        accepted = sum(answer.is_success for answer in answers)
        assert accepted == 10, f"round {number}: {dict(Counter(answer.status for answer in answers))}"
        for answer in answers:
            answer.expect(200, 201, *REFUSED)
        assert operator.balance(wallet) == 0
    ledger = operator.ledger(wallet)
    assert Counter(row.type for row in ledger) == {"credit": rounds, "debit": 10 * rounds}
    assert operator.wallet(wallet).version == wallet.version + 11 * rounds


@requirement("WAL-03", "WAL-13")
def test_parallel_credits_all_count(operator: Operator, wallet: Wallet) -> None:
    """Thirty credits at the same moment all arrive: none overwrites another."""
    answers = concurrently(30, lambda _: operator.adjust(wallet, type="credit", amount=1))
    for answer in answers:
        answer.expect(200, 201)
    after = operator.snapshot(wallet)
    assert after.wallet.balance == 30
    assert after.wallet.version == wallet.version + 30
    assert sorted(row.balance_after for row in after.ledger) == list(range(1, 31))


@requirement("WAL-21", "WAL-03", "WAL-07", "WAL-09")
def test_everything_at_once(operator: Operator, wallet: Wallet, rng: random.Random, run: Run) -> None:
    """Credits, debits, repeats and freezes race for one wallet; the money checker finds an order for all of it."""
    witness = Witness(operator, wallet)
    witness.move(wallet, Kind.CREDIT, Decimal(100))
    for number in range(run.rounds(merge=3, nightly=20)):
        plan = [_anything(witness, wallet, rng, f"round-{number}") for _ in range(40)]
        answers = concurrently(len(plan), lambda n, plan=plan: plan[n]())  # type: ignore[misc]
        assert [answer for answer in answers if answer.status >= 500] == []
        witness.turn(wallet, Kind.UNFREEZE)
    assert [str(violation) for violation in judge(witness.history())] == []


@requirement("WAL-19", "WAL-21")
def test_two_wallets_at_once(operator: Operator, shopper: Shopper, other_shopper: Shopper, rng: random.Random) -> None:
    """Two wallets that change at the same time under the same references end as if each had been alone."""
    wallets = (shopper.wallet(), other_shopper.wallet())
    witness = Witness(operator, *wallets)
    plan = [_anything(witness, wallet, rng, "pair", freezes=False) for wallet in wallets for _ in range(20)]
    rng.shuffle(plan)
    answers = concurrently(len(plan), lambda n: plan[n]())
    assert [answer for answer in answers if answer.status >= 500] == []
    assert [str(violation) for violation in judge(witness.history())] == []


def _anything(
    witness: Witness, wallet: Wallet, rng: random.Random, name: str, *, freezes: bool = True
) -> Callable[[], Answer]:
    """One change chosen by the dice, not yet sent: half of the references come up more than once."""
    dice = rng.random()
    if freezes and dice < 0.15:
        kind = rng.choice([Kind.FREEZE, Kind.UNFREEZE])
        return lambda: witness.turn(wallet, kind)
    kind = Kind.CREDIT if dice < 0.45 else Kind.DEBIT
    reference = f"{name}-{rng.randint(1, 12)}" if rng.random() < 0.5 else None
    # One amount per reference, or the repeat would be a conflict.
    amount = Decimal(sum(map(ord, reference)) % 40 + 1 if reference else rng.randint(1, 40))
    return lambda: witness.move(wallet, kind, amount, reference)
