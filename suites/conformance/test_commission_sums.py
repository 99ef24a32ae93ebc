"""Commission and what is left of it: exact on every line and in every sum."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from fixtures.checks import eventually, omit, requirement
from fixtures.shopping import minor
from fixtures.vending import percent_of
from suites.conformance.shapes import list_faults, money_faults

if TYPE_CHECKING:
    from fixtures.vending import Line, Market, Seller, VendorOrder


def sums(share: VendorOrder) -> dict[str, Decimal]:
    """What the lines of a share add up to."""
    return {
        name: sum((getattr(line, name) for line in share.lines), Decimal(0))
        for name in ("subtotal", "commission_amount", "net_amount")
    }


def exact(part: VendorOrder | Line, currency: str) -> bool:
    """commission + net = subtotal, neither below zero, both in the digits of the currency."""
    parts = (part.commission_amount, part.net_amount)
    return sum(parts) == part.subtotal and all(one >= 0 and one % minor(1, currency) == 0 for one in parts)


@requirement("COM-01")
@pytest.mark.parametrize("currency", ["usd", "jpy", "kwd"])
def test_commission_and_net_are_the_subtotal(market: Market, currency: str) -> None:
    """On each line, in the share and in the commission that is listed, at the digits of the currency."""
    market.shop.region_in(currency)
    seller = market.seller(commissionRate=Decimal("12.5"))
    share = market.sold(seller, 1999, 299, 4, 100003, currency=currency, quantity=3)  # of 3 x 4 it is a unit and a half
    assert [exact(line, currency) for line in share.lines] == [True] * 4
    assert exact(share, currency)
    for line in share.lines:
        assert line.commission_amount == percent_of(line.subtotal, "12.5", currency)
    listed = seller.commission({"id": share.order_id})
    assert (listed.gross_amount, listed.commission_amount, listed.net_amount) == (
        share.subtotal,
        share.commission_amount,
        share.net_amount,
    )


@requirement("COM-10")
def test_a_rate_is_taken_of_each_line(market: Market) -> None:
    """15 % of each line, rounded there: three of 0.03 give 0.00, two of 0.10 give 0.04; the share is their sum."""
    seller = market.seller(commissionRate=15)
    for prices, expected in (((3, 3, 3), 0), ((10, 10), 4)):
        share = market.sold(seller, *prices)
        assert share.commission_amount == minor(expected, market.currency)
        assert sums(share) == {
            "subtotal": share.subtotal,
            "commission_amount": share.commission_amount,
            "net_amount": share.net_amount,
        }


@requirement("COM-09")
def test_list_and_summary(market: Market, seller: Seller) -> None:
    """Newest first, every amount a number, and the summary is what the rows add up to."""
    shares = [market.sold(seller, units) for units in (1999, 299)]
    page = seller.api.get("/vendor/commissions").expect(200)
    assert list_faults(page, "commissions") == []
    assert [row["order_id"] for row in page["commissions"]] == [share.order_id for share in reversed(shares)]
    amounts = ("gross_amount", "commission_amount", "net_amount")
    assert [money_faults(row, *amounts) for row in page["commissions"]] == [[], []]
    summary = page["summary"]
    assert money_faults(summary, "total_gross", "total_commission", "total_net") == []
    assert summary["total_gross"] == sum(share.subtotal for share in shares)
    assert summary["total_commission"] == sum(share.commission_amount for share in shares)
    assert summary["total_net"] == sum(share.net_amount for share in shares)


@requirement("COM-09")
def test_summary_leaves_out_what_is_reversed(market: Market, seller: Seller) -> None:
    """A cancelled order earns nothing: its row says so, and the summary does not count it."""
    kept, cancelled = market.sold(seller, 1999), market.sold(seller, 299)
    market.shop.cancel(cancelled.order_id).expect(200)
    eventually(lambda: seller.commission({"id": cancelled.order_id}).status, lambda status: status == "reversed")
    summary = seller.api.get("/vendor/commissions").expect(200)["summary"]
    assert summary["total_gross"] == kept.subtotal
    assert summary["total_net"] == kept.net_amount


@requirement("COM-09")
def test_summary_is_of_one_currency(market: Market, seller: Seller) -> None:
    """Amounts of two currencies are never added."""
    others = [region.currency for region in market.shop.regions if region.currency != market.currency]
    if not others:
        omit("the target sells in one currency only")
    share = market.sold(seller, 1999)
    foreign = market.sold(seller, 5000, currency=others[0])
    summary = seller.api.get("/vendor/commissions").expect(200)["summary"]
    assert summary["total_gross"] in (share.subtotal, foreign.subtotal)
    assert len(seller.commissions()) == 2


@requirement("COM-09")
def test_other_vendors_commissions(market: Market, seller: Seller, other_seller: Seller) -> None:
    """A vendor sees and counts the own commissions only, also of an order that both have sold in."""
    order = market.order(market.good(seller, 1999), market.good(other_seller, 299))
    first, second = market.split(order, seller, other_seller)
    for mine, share in ((seller, first), (other_seller, second)):
        page = mine.api.get("/vendor/commissions").expect(200)
        assert [row["gross_amount"] for row in page["commissions"]] == [share.subtotal]
        assert (page["count"], page["summary"]["total_gross"]) == (1, share.subtotal)
