"""The ledger as its owner and the operator page through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.checks import requirement
from suites.conformance.shapes import error_faults, list_faults

if TYPE_CHECKING:
    from fixtures.actors import Operator, Shopper, Wallet

HISTORY = "/store/wallet/me/transactions"


@requirement("WAL-20")
def test_history_is_newest_first(operator: Operator, shopper: Shopper, wallet: Wallet) -> None:
    """The owner sees every change, the last one on top, just as the operator does."""
    made = [operator.credit(wallet, "50"), operator.debit(wallet, "20"), operator.credit(wallet, "5")]
    assert shopper.transactions() == made[::-1]
    assert operator.ledger(wallet) == made[::-1]
    times = [row.created_at for row in shopper.transactions()]
    assert times == sorted(times, reverse=True)


@requirement("WAL-20", "ENV-03")
def test_pages_of_the_history_join(operator: Operator, shopper: Shopper, wallet: Wallet) -> None:
    """Seven rows in pages of three: nothing is missing, nothing comes twice, the last page holds one."""
    made = [operator.credit(wallet, "1").id for _ in range(7)]
    pages = [shopper.api.get(HISTORY, {"limit": 3, "offset": offset}).expect(200) for offset in (0, 3, 6)]
    assert [len(page["transactions"]) for page in pages] == [3, 3, 1]
    assert [row["id"] for page in pages for row in page["transactions"]] == made[::-1]
    assert [(page["limit"], page["offset"]) for page in pages] == [(3, 0), (3, 3), (3, 6)]


@requirement("WAL-20", "ENV-02")
@pytest.mark.parametrize(("limit", "offset"), [(1, 0), (2, 2), (20, 0), (5, 100)])
def test_count_is_the_total(operator: Operator, shopper: Shopper, wallet: Wallet, limit: int, offset: int) -> None:
    """Three rows count three on every page, also on one that lies behind the end."""
    for _ in range(3):
        operator.credit(wallet, "1")
    page = shopper.api.get(HISTORY, {"limit": limit, "offset": offset}).expect(200)
    assert list_faults(page, "transactions") == []
    assert page["count"] == 3
    assert len(page["transactions"]) == max(0, min(limit, 3 - offset))


@requirement("ENV-02")
def test_count_of_wallets_is_the_total(operator: Operator, shopper: Shopper, wallet: Wallet) -> None:
    """Two wallets of one customer count two, also on a page of one."""
    operator.open_wallet(shopper.id, "eur" if wallet.currency != "eur" else "usd")
    page = operator.api.get("/admin/wallets", {"customer_id": shopper.id, "limit": 1}).expect(200)
    assert page["count"] == 2
    assert len(page["wallets"]) == 1


@requirement("ENV-04")
@pytest.mark.parametrize("query", ["limit=-1", "limit=abc", "limit=1.5", "limit=", "offset=-1", "offset=abc"])
@pytest.mark.parametrize("who", ["owner", "operator"])
def test_limit_that_is_none(operator: Operator, regular: Shopper, regular_wallet: Wallet, query: str, who: str) -> None:
    """A limit or an offset that is no whole number from 0 on is refused."""
    api, path = (regular.api, HISTORY) if who == "owner" else (operator.api, "/admin/wallets")
    assert regular_wallet.customer_id == regular.id
    assert error_faults(api.get(f"{path}?{query}").expect(400)) == []


@requirement("ENV-09")
@pytest.mark.parametrize("who", ["owner", "operator"])
def test_limit_zero_counts(operator: Operator, regular: Shopper, regular_wallet: Wallet, who: str) -> None:
    """A limit of 0 is a question for the count alone."""
    path = HISTORY if who == "owner" else "/admin/wallets"
    key = "transactions" if who == "owner" else "wallets"
    page = (regular.api if who == "owner" else operator.api).get(path, {"limit": 0}).expect(200)
    assert page[key] == []
    assert page["count"] >= (1 if regular_wallet.balance else 0)


@requirement("ENV-05")
@pytest.mark.parametrize("limit", [101, 1_000_000])
@pytest.mark.parametrize("who", ["owner", "operator"])
def test_limit_that_is_too_great(
    operator: Operator, regular: Shopper, regular_wallet: Wallet, who: str, limit: int
) -> None:
    """Nobody empties a table with one request: beyond 100 the limit is refused, or lowered and said so."""
    path = HISTORY if who == "owner" else "/admin/wallets"
    assert regular_wallet.customer_id == regular.id
    answer = (regular.api if who == "owner" else operator.api).get(path, {"limit": limit})
    if answer.expect(200, 400).status == 200:
        assert answer["limit"] <= 100
    else:
        assert error_faults(answer) == []
