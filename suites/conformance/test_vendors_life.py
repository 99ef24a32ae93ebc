"""Vendors themselves: how they are made and decided about, and who may do so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.checks import requirement
from fixtures.client import concurrently
from fixtures.vending import ADDRESS
from suites.conformance.shapes import ID, REFUSED, error_faults, list_faults

if TYPE_CHECKING:
    from typing import Any

    from fixtures.actors import Operator, Shopper
    from fixtures.client import Api
    from fixtures.vending import Market, Seller

DECISIONS = ("approve", "reject", "suspend", "reinstate")
WAYS = {  # how to get there, and what may follow
    "pending": ((), ("approve", "reject")),
    "active": (("approve",), ("suspend",)),
    "suspended": (("approve", "suspend"), ("reinstate",)),
    "rejected": (("reject",), ()),
}


def status_of(market: Market, vendor: dict[str, Any]) -> str:
    """The vendor's status now."""
    answer = market.api.get(f"/admin/vendors/{vendor['id']}")
    if answer.status == 200:
        return str(answer["vendor"]["status"])
    page = market.api.get("/admin/vendors", {"handle": vendor["handle"]}).expect(200)
    return next(str(row["status"]) for row in page["vendors"] if row["id"] == vendor["id"])


@requirement("VND-09")
def test_new_vendor(market: Market) -> None:
    """A new vendor has an id, what was said of it, and waits; the list shows it."""
    answer = market.send(commissionRate=12).expect(200, 201)
    vendor = answer["vendor"]
    assert ID.fullmatch(vendor["id"])
    assert vendor["status"] == "pending"
    page = market.api.get("/admin/vendors", {"limit": 100}).expect(200)
    assert list_faults(page, "vendors") == []
    assert vendor["handle"] in [row["handle"] for row in page["vendors"]]


@requirement("VND-09")
def test_handle_is_taken_once(market: Market) -> None:
    """A handle that a vendor has is refused to another, also when both come at the same moment."""
    body = market.body()
    answers = concurrently(4, lambda _: market.api.post("/admin/vendors", body))
    assert sorted(answer.is_success for answer in answers) == [False, False, False, True]
    for answer in answers:
        if not answer.is_success:
            assert error_faults(answer.expect(409, 422)) == []
    page = market.api.get("/admin/vendors", {"limit": 100}).expect(200)
    assert [row["handle"] for row in page["vendors"]].count(body["handle"]) == 1


@requirement("VND-09")
@pytest.mark.parametrize(
    "changed",
    [
        {"handle": None},
        {"handle": "No Spaces"},
        {"businessName": None},
        {"businessName": ""},
        {"legalName": 5},
        {"email": "nobody"},
        {"address": None},
        {"address": {**ADDRESS, "countryCode": "Saudi Arabia"}},
        {"commissionRate": 101},
        {"commissionRate": -1},
        {"commissionRate": "15"},
        {"commissionRate": True},
        {"status": "active"},
    ],
    ids=str,
)
def test_malformed_vendor(market: Market, changed: dict[str, object]) -> None:
    """A vendor that is not described as it must be is refused with 400, and is not made."""
    body = market.body(**changed)
    assert error_faults(market.api.post("/admin/vendors", body).expect(400, 422)) == []
    page = market.api.get("/admin/vendors", {"limit": 20}).expect(200)
    assert body.get("handle") not in [row["handle"] for row in page["vendors"]]


@requirement("VND-08")
@pytest.mark.parametrize("status", WAYS)
@pytest.mark.parametrize("decision", DECISIONS)
def test_decisions(market: Market, status: str, decision: str) -> None:
    """approve, reject, suspend and reinstate work from the status they belong to, and are refused from any other."""
    steps, following = WAYS[status]
    vendor = market.vendor()
    for step in steps:
        market.decide(vendor["id"], step).expect(200, 201)
    assert status_of(market, vendor) == status
    answer = market.decide(vendor["id"], decision)
    if decision in following:
        answer.expect(200, 201)
        ends = {"approve": "active", "reject": "rejected", "suspend": "suspended", "reinstate": "active"}
        assert status_of(market, vendor) == ends[decision]
    else:
        assert error_faults(answer.expect(*REFUSED)) == []
        assert status_of(market, vendor) == status


@requirement("VND-08")
def test_parallel_decisions(market: Market) -> None:
    """Approved and rejected at the same moment, a vendor is one of the two, and the other caller is refused."""
    for _ in range(3):
        vendor = market.vendor()
        answers = concurrently(2, lambda number, vendor=vendor: market.decide(vendor["id"], DECISIONS[number]))  # type: ignore[misc]
        assert sorted(answer.is_success for answer in answers) == [False, True]
        assert status_of(market, vendor) == ("active" if answers[0].is_success else "rejected")


@requirement("VND-10")
def test_only_operators_make_vendors(market: Market, seller: Seller, regular: Shopper, anonymous: Api) -> None:
    """Nobody, a customer and a vendor neither see vendors nor make nor decide about them."""
    vendor = market.vendor()
    for api in (anonymous, regular.api, seller.api):
        assert error_faults(api.get("/admin/vendors").expect(401, 403)) == []
        assert error_faults(api.post("/admin/vendors", market.body()).expect(401, 403)) == []
        assert error_faults(api.post(f"/admin/vendors/{vendor['id']}/approve", {}).expect(401, 403)) == []
        assert error_faults(api.get("/admin/commission-rules").expect(401, 403)) == []
        assert error_faults(api.post("/admin/commission-rules", {"name": "x"}).expect(401, 403)) == []
    assert status_of(market, vendor) == "pending"


@requirement("VND-08")
def test_unknown_vendor(market: Market) -> None:
    """Nobody decides about a vendor that is not there."""
    for decision in DECISIONS:
        assert error_faults(market.decide("vend_01J00000000000000000000000", decision).expect(404)) == []


@requirement("VND-13")
def test_other_tenants_vendor(market: Market, stranger_operator: Operator) -> None:
    """Another tenant's operator does not find a vendor, and changes nothing about it."""
    vendor = market.vendor()
    for decision in DECISIONS:
        answer = stranger_operator.api.post(f"/admin/vendors/{vendor['id']}/{decision}", {})
        assert error_faults(answer.expect(404)) == []
    page = stranger_operator.api.get("/admin/vendors", {"limit": 100}).expect(200)
    assert vendor["id"] not in [row["id"] for row in page["vendors"]]
    assert status_of(market, vendor) == "pending"
    body = {"name": "theirs", "vendor_id": vendor["id"], "type": "percentage", "rate": 90}
    assert error_faults(stranger_operator.api.post("/admin/commission-rules", body).expect(400, 404)) == []


@requirement("VND-13")
def test_other_tenants_shares_and_payouts(market: Market, seller: Seller, stranger_operator: Operator) -> None:
    """Another tenant's operator finds neither a vendor's payout nor its share of an order, and moves no money."""
    share = market.payable(seller)
    payout = seller.request()
    for deed in ("process", "hold", "release", "retry"):
        stranger_operator.api.post(f"/admin/payouts/{payout.id}/{deed}").expect(404)
    for path, key in (("payouts", "payouts"), ("vendor-orders", "orders")):
        page = stranger_operator.api.get(f"/admin/{path}", {"limit": 100})
        if page.status != 404:
            assert not {payout.id, share.id} & {row["id"] for row in page.expect(200)[key]}
    assert market.payout(payout) == payout
