"""Pending, on hold, processing, completed, failed: which way a payout can go, and who sends it there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.checks import inconclusive, requirement
from fixtures.client import concurrently
from suites.conformance.shapes import REFUSED, error_faults

if TYPE_CHECKING:
    from fixtures.actors import Shopper
    from fixtures.client import Api
    from fixtures.vending import Market, Payout, Seller

RETRIES_AT_MOST = 3
DEEDS = ("hold", "release", "retry", "process")


@pytest.fixture
def payout(market: Market, seller: Seller) -> Payout:
    """A pending payout."""
    market.payable(seller)
    return seller.request()


def fail(market: Market, seller: Seller, payout: Payout) -> Payout:
    """The payout after an attempt that failed: its vendor is suspended by then."""
    market.decide(seller.vendor_id, "suspend").expect(200, 201)
    market.pay(payout, "process")
    failed = market.payout(payout)
    if failed.status != "failed":
        inconclusive(f"this target does not fail to pay a suspended vendor: the payout is {failed.status}")
    return failed


@requirement("PYO-03")
def test_held_payout_is_not_paid(market: Market, payout: Payout) -> None:
    """A payout that is held cannot be processed, by one or by many, until it is released."""
    market.pay(payout, "hold", reason="under review").expect(200, 201)
    held = market.payout(payout)
    assert held.status == "on_hold"
    answers = concurrently(4, lambda _: market.pay(payout, "process"))
    for answer in answers:
        assert error_faults(answer.expect(*REFUSED)) == []
    assert market.payout(payout) == held
    market.pay(payout, "release").expect(200, 201)
    assert market.payout(payout).status == "pending"
    market.pay(payout, "process").expect(200, 201)
    assert market.payout(payout).status == "completed"


@requirement("PYO-03")
def test_held_or_paid(market: Market, seller: Seller) -> None:
    """Held and processed at the same moment, a payout is one of the two, and the other caller is refused."""
    deeds = ("hold", "process")
    for _ in range(3):
        market.payable(seller)
        payout = seller.request()
        answers = concurrently(2, lambda number, payout=payout: market.pay(payout, deeds[number]))  # type: ignore[misc]
        assert sorted(answer.is_success for answer in answers) == [False, True]
        assert market.payout(payout).status == ("on_hold" if answers[0].is_success else "completed")


@requirement("PYO-06")
def test_only_ways_there_are(market: Market, payout: Payout) -> None:
    """Pending: not released, not retried. Held: released alone. Completed: for ever. A refusal changes nothing."""
    ways: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = [
        ("pending", (), ("release", "retry")),
        ("on_hold", ("hold",), ("hold", "retry", "process")),
        ("completed", ("release", "process"), DEEDS),
    ]
    for status, way, refused in ways:
        for deed in way:
            market.pay(payout, deed).expect(200, 201)
        before = market.payout(payout)
        assert before.status == status
        for deed in refused:
            assert error_faults(market.pay(payout, deed).expect(*REFUSED)) == []
            assert market.payout(payout) == before


@requirement("PYO-06")
@pytest.mark.parametrize("deed", DEEDS)
def test_unknown_payout(market: Market, deed: str) -> None:
    """Nobody does anything to a payout that is not there."""
    assert error_faults(market.api.post(f"/admin/payouts/pout_01J00000000000000000000000/{deed}").expect(404)) == []


@requirement("PYO-04", "PYO-11")
def test_failed_payout_is_retried_and_paid(market: Market, seller: Seller, payout: Payout) -> None:
    """A suspended vendor is not paid; reinstated it is, once the payout is tried again."""
    failed = fail(market, seller, payout)
    assert error_faults(market.pay(payout, "process").expect(*REFUSED)) == []
    market.decide(seller.vendor_id, "reinstate").expect(200, 201)
    market.pay(payout, "retry").expect(200, 201)
    assert market.payout(payout).status == "pending"
    market.pay(payout, "process").expect(200, 201)
    paid = market.payout(payout)
    assert (paid.status, paid.net_amount) == ("completed", failed.net_amount)


@requirement("PYO-04")
def test_fourth_retry_is_refused(market: Market, seller: Seller, payout: Payout) -> None:
    """A payout that fails is tried again three times, and then no more."""
    fail(market, seller, payout)
    for number in range(1, RETRIES_AT_MOST + 1):
        market.pay(payout, "retry").expect(200, 201)
        market.pay(payout, "process")
        assert (market.payout(payout).status, market.payout(payout).retry_count) == ("failed", number)
    failed = market.payout(payout)
    answers = concurrently(3, lambda _: market.pay(payout, "retry"))
    for answer in answers:
        assert error_faults(answer.expect(*REFUSED)) == []
    assert market.payout(payout) == failed


@requirement("PYO-12")
def test_what_failed_for_good_is_paid_later(market: Market, seller: Seller, payout: Payout) -> None:
    """After the last retry has failed the vendor, reinstated, asks anew for the same money, and gets it once."""
    fail(market, seller, payout)
    for _ in range(RETRIES_AT_MOST):
        market.pay(payout, "retry").expect(200, 201)
        market.pay(payout, "process")
    market.decide(seller.vendor_id, "reinstate").expect(200, 201)
    again = seller.request()
    assert (again.gross_amount, again.net_amount) == (payout.gross_amount, payout.net_amount)
    market.pay(again, "process").expect(200, 201)
    assert [market.payout(one).status for one in (payout, again)] == ["failed", "completed"]
    assert error_faults(seller.ask().expect(*REFUSED)) == []


@requirement("PYO-12", "PYO-09")
def test_what_was_never_paid_is_not_taken_back(market: Market, seller: Seller, payout: Payout) -> None:
    """A share that is returned before its payout is paid costs the vendor nothing until then, and its net after."""
    share = seller.orders()[0]
    market.settle(share, "return").expect(200, 201)
    later = market.payable(seller, 4000)
    second = seller.request()
    assert second.net_amount == later.net_amount
    for one in (payout, second):
        market.pay(one, "process").expect(200, 201)
    last = market.payable(seller, 5000)
    assert seller.request().net_amount == last.net_amount - share.net_amount


@requirement("PYO-04")
def test_parallel_retries_count_once(market: Market, seller: Seller, payout: Payout) -> None:
    """Five retries of one failure at the same moment are one retry."""
    fail(market, seller, payout)
    answers = concurrently(5, lambda _: market.pay(payout, "retry"))
    assert sum(answer.is_success for answer in answers) == 1
    again = market.payout(payout)
    assert (again.status, again.retry_count) == ("pending", 1)


@requirement("PYO-11")
def test_suspended_vendor_asks_in_vain(market: Market, seller: Seller) -> None:
    """A vendor that is suspended gets no payout, and gets it once it is reinstated."""
    share = market.payable(seller)
    market.decide(seller.vendor_id, "suspend").expect(200, 201)
    assert error_faults(seller.ask().expect(401, 403, *REFUSED)) == []
    market.decide(seller.vendor_id, "reinstate").expect(200, 201)
    assert seller.payouts() == []
    assert seller.request().net_amount == share.net_amount


@requirement("PYO-07")
def test_only_operators_pay(market: Market, seller: Seller, payout: Payout, regular: Shopper, anonymous: Api) -> None:
    """Neither nobody, nor a customer, nor the vendor itself sends a payout on its way."""
    for deed in DEEDS:
        for api in (anonymous, regular.api, seller.api):
            assert error_faults(api.post(f"/admin/payouts/{payout.id}/{deed}").expect(401, 403)) == []
    assert market.payout(payout) == payout
