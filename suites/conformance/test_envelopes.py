"""How things, lists, ids, times and money are written, whatever they are about."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from fixtures.checks import requirement
from suites.conformance.shapes import CURRENCY, ID, TIME, error_faults, list_faults, money_faults

if TYPE_CHECKING:
    from fixtures.actors import Operator, Shopper, Wallet


@requirement("ENV-01", "ENV-03")
def test_list_of_wallets(operator: Operator, regular_wallet: Wallet) -> None:
    """The operator's list of wallets says what it shows and how much there is."""
    page = operator.api.get("/admin/wallets", {"limit": 1, "offset": 0}).expect(200)
    assert list_faults(page, "wallets") == []
    assert (len(page["wallets"]), page["limit"], page["offset"]) == (1, 1, 0)
    assert page["count"] >= 1
    assert operator.wallets(customer_id=regular_wallet.customer_id) == [regular_wallet]


@requirement("ENV-01")
def test_list_without_parameters(regular: Shopper, regular_wallet: Wallet) -> None:
    """Without parameters a list starts at 0 with a limit of its own choice, and keeps it."""
    page = regular.api.get("/store/wallet/me/transactions").expect(200)
    assert list_faults(page, "transactions") == []
    assert page["offset"] == 0
    assert len(page["transactions"]) == min(page["count"], page["limit"])
    assert {row["wallet_id"] for row in page["transactions"]} <= {regular_wallet.id}


@requirement("ENV-01")
def test_list_of_customers(operator: Operator, regular: Shopper) -> None:
    """The operator's list of customers is a list like any other, and a search for one finds that one."""
    page = operator.api.get("/admin/customers", {"email": regular.email}).expect(200)
    assert list_faults(page, "customers") == []
    assert [customer["id"] for customer in page["customers"]] == [regular.id]
    assert page["count"] == 1


@requirement("ENV-03")
def test_page_of_customers(operator: Operator, regular: Shopper) -> None:
    """A page of the operator's customers starts where it is asked to, and says which page it is."""
    query: dict[str, str | int] = {"email": regular.email, "limit": 1}
    page = operator.api.get("/admin/customers", query | {"offset": 0}).expect(200)
    assert ([customer["id"] for customer in page["customers"]], page["limit"], page["offset"]) == ([regular.id], 1, 0)
    page = operator.api.get("/admin/customers", query | {"offset": 1}).expect(200)
    assert (page["customers"], page["count"], page["offset"]) == ([], 1, 1)
    page = operator.api.get("/admin/customers", {"limit": 2}).expect(200)
    assert len(page["customers"]) == min(2, page["count"])


@requirement("ENV-06")
@pytest.mark.parametrize("limit", ["-1", "abc", "101"])
def test_core_list_refuses_the_limit(operator: Operator, limit: str) -> None:
    """A core list refuses a limit that is negative, no number, or more than a page."""
    assert error_faults(operator.api.get("/admin/customers", {"limit": limit}).expect(400)) == []


@requirement("ENV-06")
def test_core_list_counts(operator: Operator, regular: Shopper) -> None:
    """A limit of 0 on a core list gives the count and no rows."""
    page = operator.api.get("/admin/customers", {"limit": 0, "email": regular.email}).expect(200)
    assert (page["customers"], page["count"]) == ([], 1)


@requirement("ENV-07")
def test_customer_under_its_own_name(operator: Operator, regular: Shopper) -> None:
    """A customer comes as an object under the singular name, with the same ULID and the same UTC times to everybody."""
    own = regular.api.get("/store/customers/me").expect(200)["customer"]
    seen = operator.api.get(f"/admin/customers/{regular.id}").expect(200)["customer"]
    assert own["id"] == seen["id"] == regular.id
    assert ID.fullmatch(own["id"])
    assert own["created_at"] == seen["created_at"]
    assert TIME.fullmatch(own["created_at"])


@requirement("ENV-07")
def test_wallet_under_its_own_name(operator: Operator, regular: Shopper, regular_wallet: Wallet) -> None:
    """A wallet comes as an object under the singular name, with the same id wherever it is read."""
    own = regular.api.get("/store/wallet/me").expect(200)["wallet"]
    seen = operator.api.get(f"/admin/wallets/{regular_wallet.id}").expect(200)
    assert own["id"] == seen["wallet"]["id"] == regular_wallet.id
    assert isinstance(seen["transactions"], list)


@requirement("ENV-07")
def test_ids_and_times(operator: Operator, regular: Shopper, regular_wallet: Wallet) -> None:
    """Ids of a wallet and its rows are ULIDs, prefixed or bare; times are UTC and say so."""
    shown = operator.api.get(f"/admin/wallets/{regular_wallet.id}").expect(200)
    customer = regular.api.get("/store/customers/me").expect(200)["customer"]
    things = [customer, *shown["transactions"]]
    assert len(things) >= 1
    assert [thing["id"] for thing in [*things, shown["wallet"]] if not ID.fullmatch(str(thing["id"]))] == []
    assert [thing["created_at"] for thing in things if not TIME.fullmatch(str(thing["created_at"]))] == []


@requirement("ENV-08")
def test_money_is_a_number(operator: Operator, regular_wallet: Wallet) -> None:
    """Balances and amounts are JSON numbers, and the currency is named in lower case."""
    shown = operator.api.get(f"/admin/wallets/{regular_wallet.id}").expect(200)
    assert money_faults(shown["wallet"], "balance") == []
    assert [fault for row in shown["transactions"] for fault in money_faults(row, "amount", "balance_after")] == []
    assert CURRENCY.fullmatch(str(shown["wallet"]["currency"]))


@requirement("ENV-08", "WAL-04")
def test_money_is_in_major_units(operator: Operator, wallet: Wallet) -> None:
    """A credit of 7 is 7 of the currency, not 700 of its hundredths or 0.07 of it."""
    answer = operator.adjust(wallet, type="credit", amount=7).expect(200, 201)
    assert money_faults(answer["transaction"], "amount", "balance_after") == []
    assert Decimal(answer["transaction"]["balance_after"]) == operator.balance(wallet) == 7
