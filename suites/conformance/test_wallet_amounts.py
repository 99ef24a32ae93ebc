"""What counts as an amount, and that none of its digits is lost."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from fixtures.checks import requirement
from suites.conformance.shapes import error_faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from fixtures.actors import Operator, Wallet

NO_AMOUNTS = {
    "text": '"10"',
    "empty text": '""',
    "true": "true",
    "false": "false",
    "null": "null",
    "list": "[5]",
    "object": '{"value": 5}',
    "NaN": "NaN",
    "Infinity": "Infinity",
    "beyond a float": "1e400",
    "zero": "0",
    "zero with digits": "0.00",
    "minus zero": "-0",
    "negative": "-1",
    "negative fraction": "-0.01",
    "21 digits": "123456789012345678901",
    "100 digits": "9" * 100,
}
NO_CHANGES = {
    "no amount": b'{"type": "credit"}',
    "no type": b'{"amount": 10}',
    "unknown type": b'{"type": "refund", "amount": 10}',
    "type that is no text": b'{"type": ["credit"], "amount": 10}',
    "reference that is no text": b'{"type": "credit", "amount": 10, "reference_id": {"$ne": null}}',
    "cut off": b'{"type": "credit", "amount": 1',
    "two bodies": b'{"type": "credit", "amount": 10}{"type": "credit", "amount": 10}',
    "list": b'[{"type": "credit", "amount": 10}]',
    "text": b'"credit"',
    "nothing": b"",
    "not UTF-8": b'{"type": "credit", "amount": 10, "description": "\xff\xfe"}',
    "nested a thousand times": b'{"type": "credit", "amount": ' + b"[" * 1000 + b"]" * 1000 + b"}",
}


@requirement("WAL-16")
@pytest.mark.parametrize("amount", NO_AMOUNTS.values(), ids=NO_AMOUNTS.keys())
def test_no_amount(operator: Operator, regular_wallet: Wallet, amount: str) -> None:
    """Only a positive JSON number is an amount; anything else is refused, as a credit and as a debit."""
    before = operator.snapshot(regular_wallet)
    for kind in ("credit", "debit"):
        body = f'{{"type": "{kind}", "amount": {amount}}}'.encode()
        answer = operator.api.post(f"/admin/wallets/{regular_wallet.id}", content=body)
        assert error_faults(answer.expect(400)) == []
    assert operator.snapshot(regular_wallet) == before


@requirement("WAL-16", "ERR-02")
@pytest.mark.parametrize("body", NO_CHANGES.values(), ids=NO_CHANGES.keys())
def test_no_change(operator: Operator, regular_wallet: Wallet, body: bytes) -> None:
    """A body that does not say what to do is refused, and nothing is done."""
    before = operator.snapshot(regular_wallet)
    answer = operator.api.post(f"/admin/wallets/{regular_wallet.id}", content=body)
    assert error_faults(answer.expect(400)) == []
    assert operator.snapshot(regular_wallet) == before


@requirement("WAL-16")
def test_reference_of_two_megabytes(operator: Operator, regular_wallet: Wallet) -> None:
    """A reference that is far too long is refused with 400 or 413, not stored and not a 500."""
    before = operator.snapshot(regular_wallet)
    answer = operator.adjust(regular_wallet, type="credit", amount=1, reference_id="x" * 2_000_000)
    assert error_faults(answer.expect(400, 413)) == []
    assert operator.snapshot(regular_wallet) == before


@requirement("WAL-17")
@pytest.mark.parametrize(
    ("currency", "finest", "too_fine"), [("usd", "0.01", "0.001"), ("kwd", "0.001", "0.0001"), ("jpy", "1", "0.5")]
)
def test_digits_of_the_currency(
    operator: Operator, wallet_in: Callable[[str], Wallet], currency: str, finest: str, too_fine: str
) -> None:
    """The currency's smallest unit is an amount, and what is finer is refused instead of rounded."""
    wallet = wallet_in(currency)
    operator.credit(wallet, "5")
    before = operator.snapshot(wallet)
    for kind in ("credit", "debit"):
        refused = operator.adjust(wallet, type=kind, amount=Decimal(too_fine)).expect(400)
        assert error_faults(refused) == []
    assert operator.snapshot(wallet) == before
    assert operator.debit(wallet, finest).balance_after == 5 - Decimal(finest)
    assert operator.credit(wallet, finest).balance_after == 5


@requirement("WAL-18")
def test_tenths_add_up(operator: Operator, wallet_in: Callable[[str], Wallet]) -> None:
    """0.1 + 0.2 is 0.3 and not a hair more, in the answer's own digits."""
    wallet = wallet_in("usd")
    operator.credit(wallet, "0.1")
    made = operator.adjust(wallet, type="credit", amount=Decimal("0.2")).expect(200, 201)
    assert digits("balance_after", made.text) in ("0.3", "0.30")
    assert digits("balance", operator.api.get(f"/admin/wallets/{wallet.id}").text) in ("0.3", "0.30")
    assert operator.debit(wallet, "0.1").balance_after == Decimal("0.2")


@requirement("WAL-18")
def test_many_small_amounts(operator: Operator, wallet_in: Callable[[str], Wallet]) -> None:
    """Ten times 0.07 is 0.70, and taking 0.07 ten times leaves nothing."""
    wallet = wallet_in("usd")
    for _ in range(10):
        operator.credit(wallet, "0.07")
    assert operator.balance(wallet) == Decimal("0.70")
    for _ in range(10):
        operator.debit(wallet, "0.07")
    assert operator.balance(wallet) == 0


@requirement("WAL-18")
@pytest.mark.parametrize("amount", ["12345678901234.56", "1234567890.12"])
def test_large_amounts_keep_every_digit(operator: Operator, wallet_in: Callable[[str], Wallet], amount: str) -> None:
    """A large amount comes back digit for digit as a JSON number, in the row, the balance and the ledger."""
    wallet = wallet_in("usd")
    made = operator.adjust(wallet, type="credit", amount=Decimal(amount)).expect(200, 201)
    assert digits("amount", made.text) == amount
    shown = operator.api.get(f"/admin/wallets/{wallet.id}").expect(200)
    assert digits("balance", shown.text) == amount
    operator.credit(wallet, "0.01")
    assert operator.balance(wallet) == Decimal(amount) + Decimal("0.01")


def digits(name: str, text: str) -> str | None:
    """The number that follows the member's name in a JSON text, as it is written there."""
    found = re.search(rf'"{name}"\s*:\s*(-?[0-9][0-9.eE+-]*)\s*[,}}]', text)
    return found[1] if found else None
