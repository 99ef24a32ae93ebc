"""What is paid to vendors: all that they earned, once, and nothing else."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

from fixtures.checks import omit, requirement
from fixtures.client import concurrently
from fixtures.shopping import minor
from suites.conformance.shapes import REFUSED, error_faults, list_faults, money_faults

if TYPE_CHECKING:
    from fixtures.vending import Market, Seller

PARALLEL = 50


@requirement("PYO-01")
def test_payout_is_what_was_earned(market: Market, seller: Seller) -> None:
    """Two shares that are shipped and one that is not: the payout is the first two, less their commission."""
    shipped = [market.payable(seller, 1999), market.payable(seller, 299, 4501)]
    market.sold(seller, 7777)
    payout = seller.request()
    assert payout.status == "pending"
    assert payout.gross_amount == sum(share.subtotal for share in shipped)
    assert payout.commission_amount == sum(share.commission_amount for share in shipped)
    assert payout.net_amount == sum(share.net_amount for share in shipped)


@requirement("PYO-01")
def test_nothing_is_requested_twice(market: Market, seller: Seller) -> None:
    """What one payout has is not in the next: a second request is refused, and after another sale it is that alone."""
    market.payable(seller, 1999)
    seller.request()
    assert error_faults(seller.ask().expect(*REFUSED)) == []
    later = market.payable(seller, 299)
    assert seller.request().net_amount == later.net_amount
    assert len(seller.payouts()) == 2


@requirement("PYO-01")
def test_nothing_earned_is_nothing_paid(market: Market, seller: Seller) -> None:
    """A vendor whose only share is not shipped gets no payout."""
    market.sold(seller)
    assert error_faults(seller.ask().expect(*REFUSED)) == []
    assert seller.payouts() == []


@requirement("PYO-08")
def test_parallel_requests(market: Market, seller: Seller) -> None:
    """Six requests at the same moment make one payout of all that is there."""
    shares = [market.payable(seller, 1999), market.payable(seller, 299)]
    answers = concurrently(6, lambda _: seller.ask())
    assert sum(answer.is_success for answer in answers) == 1
    assert [answer.status for answer in answers if answer.status >= 500] == []
    assert [payout.net_amount for payout in seller.payouts()] == [sum(share.net_amount for share in shares)]


@requirement("PYO-02")
def test_payout_is_paid(market: Market, seller: Seller) -> None:
    """A payout that is processed is completed, for the operator and for the vendor, and its commission is settled."""
    share = market.payable(seller)
    payout = seller.request()
    market.pay(payout, "process").expect(200, 201)
    paid = market.payout(payout)
    assert (paid.status, paid.net_amount) == ("completed", payout.net_amount)
    assert seller.payouts() == [paid]
    assert seller.commission({"id": share.order_id}).status == "paid"


@requirement("PYO-02")
def test_parallel_processing_pays_once(market: Market, seller: Seller) -> None:
    """Of fifty calls at the same moment one pays, and the others are refused; round after round."""
    for _ in range(3):
        market.payable(seller)
        payout = seller.request()
        answers = concurrently(PARALLEL, lambda _, payout=payout: market.pay(payout, "process"))  # type: ignore[misc]
        statuses = Counter(answer.status for answer in answers)
        assert sum(answer.is_success for answer in answers) == 1, dict(statuses)
        for answer in answers:
            answer.expect(200, 201, *REFUSED)
        assert market.payout(payout).status == "completed"


@requirement("PYO-02")
def test_money_leaves_once(market: Market, seller: Seller) -> None:
    """Processed fifty times at once and once more, a payout has one transfer, of its net amount."""
    market.payable(seller)
    payout = seller.request()
    concurrently(PARALLEL, lambda _: market.pay(payout, "process"))
    market.pay(payout, "process").expect(*REFUSED)
    succeeded = [one for one in market.transfers(payout) if one["status"] == "succeeded"]
    assert [one["amount"] for one in succeeded] == [payout.net_amount]


@requirement("PYO-05")
def test_fee_and_adjustment(market: Market, seller: Seller) -> None:
    """net = gross - commission - fee + adjustment, and what is transferred is the net."""
    market.payable(seller, 10000)
    payout = seller.request()
    body = {"type": "debit", "amount": minor(700, market.currency), "reason": "a broken parcel"}
    if market.pay(payout, "adjust", **body).status in (404, 405, 501):
        omit("payouts of this target are not adjusted")
    market.pay(payout, "adjust", type="credit", amount=minor(200, market.currency)).expect(200, 201)
    market.pay(payout, "process", fee_amount=minor(25, market.currency)).expect(200, 201)
    paid = market.payout(payout)
    assert paid.adjustment_amount == -minor(500, market.currency)
    assert paid.fee_amount == minor(25, market.currency)
    assert paid.net_amount == payout.gross_amount - payout.commission_amount - minor(525, market.currency)
    assert market.transfers(paid)[0]["amount"] == paid.net_amount


@requirement("PYO-05")
def test_nobody_owes_a_payout(market: Market, seller: Seller) -> None:
    """An adjustment or a fee above what is left is refused; a payout is never below zero."""
    market.payable(seller, 1000)
    payout = seller.request()
    too_much = payout.net_amount + minor(1, market.currency)
    answer = market.pay(payout, "adjust", type="debit", amount=too_much)
    if answer.status in (404, 405, 501):
        omit("payouts of this target are not adjusted")
    assert error_faults(answer.expect(*REFUSED)) == []
    assert error_faults(market.pay(payout, "process", fee_amount=too_much).expect(*REFUSED)) == []
    assert error_faults(market.pay(payout, "process", fee_amount=-1).expect(400, 422)) == []
    assert market.payout(payout) == payout


@requirement("PYO-09")
def test_what_comes_back_is_taken_from_the_next_payout(market: Market, seller: Seller) -> None:
    """A share that was paid for and is returned lowers the next payout by its net amount."""
    returned = market.payable(seller, 1000)
    market.pay(seller.request(), "process").expect(200, 201)
    market.settle(returned, "return").expect(200, 201)
    sold = market.payable(seller, 5000)
    payout = seller.request()
    assert payout.net_amount == sold.net_amount - returned.net_amount
    assert payout.net_amount == (
        payout.gross_amount - payout.commission_amount - payout.fee_amount + payout.adjustment_amount
    )


@requirement("PYO-09")
def test_disputed_share_waits(market: Market, seller: Seller) -> None:
    """While a share is disputed there is nothing to pay for it; afterwards there is."""
    share = market.payable(seller)
    market.settle(share, "dispute").expect(200, 201)
    assert error_faults(seller.ask().expect(*REFUSED)) == []
    market.settle(share, "resolve").expect(200, 201)
    assert seller.request().net_amount == share.net_amount


@requirement("PYO-10")
def test_currencies_are_paid_apart(market: Market, seller: Seller) -> None:
    """What was earned in two currencies is never added: each payout is in one."""
    others = [region.currency for region in market.shop.regions if region.currency != market.currency]
    if not others:
        omit("the target sells in one currency only")
    home, foreign = market.payable(seller, 1999), market.payable(seller, 5000, currency=others[0])
    payout = seller.request(currency_code=market.currency)
    assert payout.net_amount == home.net_amount
    assert seller.request(currency_code=others[0]).net_amount == foreign.net_amount


@requirement("PYO-07")
def test_list_of_payouts(market: Market, seller: Seller, other_seller: Seller) -> None:
    """A vendor's list has the own payouts, newest first, in numbers; another vendor's has none of them."""
    payouts = []
    for units in (1999, 299):
        market.payable(seller, units)
        payouts.append(seller.request())
    page = seller.api.get("/vendor/payouts").expect(200)
    assert list_faults(page, "payouts") == []
    assert [row["id"] for row in page["payouts"]] == [payout.id for payout in reversed(payouts)]
    assert [money_faults(row, "gross_amount", "commission_amount", "net_amount") for row in page["payouts"]] == [[], []]
    others = other_seller.api.get("/vendor/payouts").expect(200)
    assert (others["payouts"], others["count"]) == ([], 0)
    listed = market.api.get("/admin/payouts", {"limit": 100, "vendor_id": seller.vendor_id}).expect(200)
    assert {payout.id for payout in payouts} <= {row["id"] for row in listed["payouts"]}
    assert all(isinstance(payout.net_amount, Decimal) for payout in seller.payouts())
