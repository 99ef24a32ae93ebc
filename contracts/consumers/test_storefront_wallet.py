"""What a storefront needs of the wallet: the balance and what became of it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from pact import match

from contracts.consumers.storefront_forms import a_time, an_id, answered, asking, currency, money, of, shop

if TYPE_CHECKING:
    from collections.abc import Callable

    from pact import Pact

    Contract = Callable[..., Pact]

MONEY = "a customer has money in the wallet"
NEVER = "a customer never had a wallet"


def a_wallet(balance: float = 120.5, status: str = "active") -> dict[str, Any]:
    """What is read of a wallet; the page decides by its status."""
    return {"id": an_id("wal"), "currency": currency(), "balance": money(balance), "status": status}


def test_a_wallet_with_money(contract: Contract) -> None:
    """The page shows the balance in the wallet's currency."""
    pact = of(contract)
    asked = pact.upon_receiving("a request for the wallet").given(MONEY)
    answered(asking(asked, "GET", "/store/wallet/me"), 200, {"wallet": a_wallet()})
    with pact.serve() as server, shop(server) as storefront:
        wallet = storefront.wallet()
    assert (wallet.balance, wallet.currency, wallet.status) == (Decimal("120.5"), "usd", "active")


def test_no_wallet_yet(contract: Contract) -> None:
    """Who never had a wallet has one now, with nothing in it and nothing in its ledger."""
    pact = of(contract)
    asked = pact.upon_receiving("a request for the wallet").given(NEVER)
    answered(asking(asked, "GET", "/store/wallet/me"), 200, {"wallet": a_wallet(0)})
    ledger = pact.upon_receiving("a request for the transactions").given(NEVER)
    asking(ledger, "GET", "/store/wallet/me/transactions", {"limit": "20", "offset": "0"})
    answered(ledger, 200, {"transactions": [], "count": 0})
    with pact.serve() as server, shop(server) as storefront:
        assert storefront.wallet().balance == 0
        assert storefront.transactions() == ([], 0)


def test_a_frozen_wallet(contract: Contract) -> None:
    """A frozen wallet says so, and why: the page offers no payment with it."""
    pact = of(contract)
    asked = pact.upon_receiving("a request for the wallet").given("a customer's wallet is frozen")
    frozen = a_wallet(status="frozen") | {"freeze_reason": match.str("The card was reported stolen")}
    answered(asking(asked, "GET", "/store/wallet/me"), 200, {"wallet": frozen})
    with pact.serve() as server, shop(server) as storefront:
        wallet = storefront.wallet()
    assert (wallet.status, wallet.freeze_reason) == ("frozen", "The card was reported stolen")


@pytest.mark.parametrize(("offset", "kind", "amount"), [(0, "debit", -29.5), (1, "credit", 150)])
def test_the_ledger(contract: Contract, offset: int, kind: str, amount: float) -> None:
    """Pages of the ledger begin with the newest row; a debit is negative, and each row says what was left."""
    pact = of(contract)
    which = "the newest transaction" if offset == 0 else "the transaction before the newest"
    asked = pact.upon_receiving(f"a request for {which}").given(MONEY)
    row = {
        "id": an_id("wtx"),
        "type": kind,
        "amount": amount,  # as it is: its sign says whether the money came or went
        "balance_after": money(120.5 if kind == "debit" else 150),
        "created_at": a_time("2026-11-22T11:00:00.000Z"),
    }
    asking(asked, "GET", "/store/wallet/me/transactions", {"limit": "1", "offset": str(offset)})
    answered(asked, 200, {"transactions": match.each_like(row, min=1), "count": match.int(2)})
    with pact.serve() as server, shop(server) as storefront:
        (seen,), count = storefront.transactions(1, offset)
    assert (seen.type, seen.amount, count) == (kind, Decimal(str(amount)), 2)
