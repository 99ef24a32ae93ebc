"""Which commission rule holds for a vendor, and what each kind of rule takes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from fixtures.actors import pages
from fixtures.checks import omit, requirement
from fixtures.shopping import minor
from fixtures.vending import percent_of
from suites.conformance.shapes import error_faults

if TYPE_CHECKING:
    from typing import Any

    from fixtures.vending import Market, Seller, VendorOrder

GLOBAL_RATE = 40


@pytest.fixture(scope="module")
def unruled(market: Market) -> Seller:
    """A vendor for whom no rule is ever made."""
    return market.seller()


def moment(hours: float) -> str:
    """So many hours from now, as the API takes it."""
    return (dt.datetime.now(dt.UTC) + dt.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def takes(share: VendorOrder, percent: str | int, market: Market) -> bool:
    """Whether the commission of a share of one line is so many per cent."""
    return share.commission_amount == percent_of(share.subtotal, Decimal(percent), market.currency)


@requirement("COM-02")
def test_default_is_fifteen_per_cent(market: Market, seller: Seller) -> None:
    """Where nothing else is agreed the platform takes 15 %: of 2.99 that is 0.45."""
    rules = pages(market.api, "/admin/commission-rules", "commission_rules")
    if any(rule.get("vendor_id") is None and rule.get("status") == "active" for rule in rules):
        omit("this target has commission rules for all vendors")
    share = market.sold(seller, 299)
    assert share.commission_amount == minor(45, market.currency)
    assert share.net_amount == minor(254, market.currency)


@requirement("COM-03")
@pytest.mark.parametrize(("rate", "units", "expected"), [("12.5", 1999, 250), ("0", 1999, 0)])
def test_agreed_rate(market: Market, rate: str, units: int, expected: int) -> None:
    """A vendor that was made with a rate pays that, with its fraction: 12.5 % of 19.99 are 2.50."""
    share = market.sold(market.seller(commissionRate=Decimal(rate)), units)
    assert share.commission_amount == minor(expected, market.currency)


@requirement("COM-04")
def test_higher_priority_wins(market: Market, seller: Seller) -> None:
    """Of a vendor's rules that with the highest priority holds, whichever was made last."""
    for rate, priority in ((30, 1), (20, 9), (25, 5)):
        market.set_rule(vendor_id=seller.vendor_id, type="percentage", rate=rate, priority=priority)
    assert takes(market.sold(seller), 20, market)


@requirement("COM-04")
def test_own_rule_beats_the_rate_of_another_vendor(market: Market, seller: Seller, other_seller: Seller) -> None:
    """A rule of one vendor is none of another's, in the same order."""
    market.set_rule(vendor_id=seller.vendor_id, type="percentage", rate=33, priority=9)
    market.set_rule(vendor_id=other_seller.vendor_id, type="percentage", rate=11)
    order = market.order(market.good(seller), market.good(other_seller))
    assert takes(seller.share(order), 33, market)
    assert takes(other_seller.share(order), 11, market)


@requirement("COM-04")
def test_own_rule_beats_a_global_one(stranger_market: Market) -> None:
    """A rule for all vendors holds for who has none, and not for who has one, however high its priority is.

    In the second tenant, where no other check counts on what is taken; the rule ends by itself if we cannot end it.
    """
    market = stranger_market
    rule = market.set_rule(type="percentage", rate=GLOBAL_RATE, priority=1000, valid_to=moment(0.1))
    try:
        plain, own = market.seller(), market.seller()
        market.set_rule(vendor_id=own.vendor_id, type="percentage", rate=20, priority=1)
        order = market.order(market.good(plain), market.good(own))
        assert takes(plain.share(order), GLOBAL_RATE, market)
        assert takes(own.share(order), 20, market)
    finally:
        market.api.post(f"/admin/commission-rules/{rule}", {"status": "inactive"})


@requirement("COM-05")
def test_rules_that_do_not_hold(market: Market, seller: Seller) -> None:
    """Rules that are switched off, over, or not begun take nothing, however high their priority is."""
    own = {"vendor_id": seller.vendor_id, "type": "percentage"}
    market.set_rule(**own, rate=91, priority=9, status="inactive")
    market.set_rule(**own, rate=92, priority=9, valid_to=moment(-1))
    market.set_rule(**own, rate=93, priority=9, valid_from=moment(1))
    market.set_rule(**own, rate=94, priority=9, valid_from=moment(-2), valid_to=moment(-1))
    market.set_rule(**own, rate=20, valid_from=moment(-1), valid_to=moment(1))
    assert takes(market.sold(seller), 20, market)


@requirement("COM-05")
def test_rule_is_switched_off_and_on(market: Market, seller: Seller) -> None:
    """A rule takes from the orders of its time: what was sold before stays as it was."""
    market.set_rule(vendor_id=seller.vendor_id, type="percentage", rate=20, priority=1)
    rule = market.set_rule(vendor_id=seller.vendor_id, type="percentage", rate=50, priority=2)
    first = market.sold(seller)
    if market.api.post(f"/admin/commission-rules/{rule}", {"status": "inactive"}).status in (404, 405, 501):
        omit("rules of this target are not switched off")
    assert takes(market.sold(seller), 20, market)
    assert seller.see(first) == first
    assert takes(first, 50, market)


@requirement("COM-06")
@pytest.mark.parametrize(
    ("flat", "prices", "expected"), [(500, (1999, 1001), 500), (500, (299, 100), 399), (0, (299,), 0)]
)
def test_flat_amount(market: Market, seller: Seller, flat: int, prices: tuple[int, ...], expected: int) -> None:
    """A flat amount is taken of the whole share, never more than that, and spread over its lines without a rest."""
    amount = minor(flat, market.currency)
    market.set_rule(vendor_id=seller.vendor_id, type="flat", flat_amount=amount, currency_code=market.currency)
    share = market.sold(seller, *prices)
    assert share.commission_amount == minor(expected, market.currency)
    assert sum(line.commission_amount for line in share.lines) == share.commission_amount
    for line in share.lines:
        assert 0 <= line.commission_amount <= line.subtotal
        assert line.commission_amount + line.net_amount == line.subtotal


@requirement("COM-07")
def test_tier_that_holds_the_subtotal(market: Market, seller: Seller) -> None:
    """10 % below 100.00, 5 % from there on: a tier begins with its first amount and ends before the next one's."""
    bound = minor(10000, market.currency)
    tiers = [{"starts_at": 0, "ends_before": bound, "rate": 10}, {"starts_at": bound, "rate": 5}]
    market.set_rule(vendor_id=seller.vendor_id, type="tiered", tiers=tiers, currency_code=market.currency)
    for units, percent in ((9999, 10), (10000, 5)):
        assert takes(market.sold(seller, units), percent, market)


@requirement("COM-07")
@pytest.mark.parametrize(
    "bounds",
    [[(0, 100), (101, None)], [(0, 100), (99, None)], [(1, None)], [(0, 100)], [(0, None), (100, None)], []],
    ids=["gap", "overlap", "nothing-at-0", "no-end", "after-the-end", "none"],
)
def test_tiers_with_a_gap(market: Market, unruled: Seller, bounds: list[tuple[int, int | None]]) -> None:
    """Tiers that leave out an amount, or hold one twice, are refused, and are in no list."""
    tiers = [{"starts_at": start, "ends_before": end, "rate": 90} for start, end in bounds]
    body = {"vendor_id": unruled.vendor_id, "type": "tiered", "tiers": tiers, "currency_code": market.currency}
    assert error_faults(market.rule(**body, priority=9).expect(400, 422)) == []
    rules = market.api.get("/admin/commission-rules", {"vendor_id": unruled.vendor_id}).expect(200)
    assert rules["commission_rules"] == []


@requirement("COM-08")
@pytest.mark.parametrize(
    "terms",
    [
        {"type": "percentage", "rate": 101},
        {"type": "percentage", "rate": -1},
        {"type": "percentage", "rate": "20"},
        {"type": "percentage"},
        {"type": "flat", "flat_amount": -1, "currency_code": "usd"},
        {"type": "flat", "flat_amount": Decimal("0.0001"), "currency_code": "usd"},
        {"type": "flat", "flat_amount": 1},
        {"type": "flat", "flat_amount": 1, "currency_code": "zzz"},
        {"type": "guess", "rate": 20},
        {"type": "percentage", "rate": 20, "valid_from": "2027-01-01T00:00:00Z", "valid_to": "2026-01-01T00:00:00Z"},
        {"type": "percentage", "rate": 20, "valid_to": "tomorrow"},
        {"type": "percentage", "rate": 20, "priority": "high"},
    ],
    ids=lambda terms: "-".join(str(value) for value in terms.values()),
)
def test_malformed_rule(market: Market, unruled: Seller, terms: dict[str, Any]) -> None:
    """A rule that makes no sense is refused, and is in no list."""
    assert error_faults(market.rule(vendor_id=unruled.vendor_id, **terms).expect(400, 422)) == []
    rules = market.api.get("/admin/commission-rules", {"vendor_id": unruled.vendor_id}).expect(200)
    assert rules["commission_rules"] == []


@requirement("COM-08")
def test_rule_of_nobody(market: Market) -> None:
    """A rule for a vendor that is not there is refused."""
    nobody = "vend_01J00000000000000000000000"
    assert error_faults(market.rule(vendor_id=nobody, type="percentage", rate=20).expect(400, 404, 422)) == []
