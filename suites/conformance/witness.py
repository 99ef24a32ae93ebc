"""Sends changes of wallets and keeps the history that the money checker judges (fixtures.history, fixtures.money)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fixtures.actors import as_transaction
from fixtures.history import History, Kind, Recorder, Refusal, Row, State
from fixtures.history import Wallet as WalletHistory

if TYPE_CHECKING:
    from decimal import Decimal

    from fixtures.actors import Operator, Snapshot, Wallet
    from fixtures.client import Answer

_INSUFFICIENT = re.compile("insufficient|not enough|exceeds", re.IGNORECASE)
_NOT_ACTIVE = re.compile("frozen|closed|not active", re.IGNORECASE)


class Witness:
    """An operator whose every word to a wallet, and every answer, is kept; safe to use from many threads."""

    def __init__(self, operator: Operator, *wallets: Wallet) -> None:
        self._operator = operator
        self._before = {wallet.id: operator.snapshot(wallet) for wallet in wallets}
        self._recorder = Recorder()

    def move(self, wallet: Wallet, kind: Kind, amount: Decimal, reference: str | None = None) -> Answer:
        """Credit or debit, and remember what came of it."""
        body: dict[str, object] = {"type": kind.value, "amount": amount}
        if reference is not None:
            body["reference_id"] = reference
        with self._recorder.operation(kind, wallet=wallet.id, amount=amount, reference=reference) as operation:
            answer = self._operator.adjust(wallet, **body)
            if answer.is_success:
                made = as_transaction(answer["transaction"])
                operation.ok(transaction=made.id, balance_after=made.balance_after)
            elif answer.status < 500:
                operation.fail(_refusal(answer))
        return answer

    def turn(self, wallet: Wallet, kind: Kind) -> Answer:
        """Freeze, unfreeze or close, and remember what came of it."""
        with self._recorder.operation(kind, wallet=wallet.id) as operation:
            answer = self._operator.turn(wallet, kind.value)
            if answer.is_success:
                operation.ok(version=answer["wallet"]["version"])
            elif answer.status < 500:
                operation.fail(_refusal(answer))
        return answer

    def history(self) -> History:
        """All that was asked and answered so far, with each wallet as it was at first and as it is now."""
        return self._recorder.history([self._wallet(before) for before in self._before.values()])

    def _wallet(self, before: Snapshot) -> WalletHistory:
        after = self._operator.snapshot(before.wallet)
        rows = [
            Row(
                id=row.id,
                type=row.type,
                amount=row.amount,
                balance_after=row.balance_after,
                reference=row.reference_id,
            )
            for row in after.ledger
        ]
        return WalletHistory(id=before.wallet.id, initial=_state(before), final=_state(after), rows=rows)


def _state(seen: Snapshot) -> State:
    wallet = seen.wallet
    return State(balance=wallet.balance, version=wallet.version, status=wallet.status, rows=len(seen.ledger))


def _refusal(answer: Answer) -> Refusal:
    """Why it was refused, as far as the platform's words tell."""
    if _INSUFFICIENT.search(answer.text):
        return Refusal.INSUFFICIENT
    if _NOT_ACTIVE.search(answer.text):
        return Refusal.NOT_ACTIVE
    return Refusal.CONFLICT if answer.status == 409 else Refusal.OTHER
