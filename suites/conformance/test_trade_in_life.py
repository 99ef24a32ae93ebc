"""Submitted, evaluated, approved, completed, rejected: which way a trade-in can go, and that it goes there once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.checks import requirement
from fixtures.client import concurrently
from fixtures.trading import as_trade_in
from suites.conformance.shapes import REFUSED, error_faults

if TYPE_CHECKING:
    from fixtures.trading import Appraiser, Trader

ILLEGAL = {
    "submitted": ("offers", "approve", "complete"),
    "evaluated": ("evaluate", "complete"),
    "approved": ("evaluate", "offers", "approve", "reject"),
    "completed": ("evaluate", "offers", "approve", "reject", "complete"),
    "rejected": ("evaluate", "offers", "approve", "reject", "complete"),
}


@requirement("TRI-06")
def test_from_submitted_to_completed(trader: Trader, appraiser: Appraiser) -> None:
    """A trade-in is evaluated, offered, accepted, approved and completed, and its customer sees each of it."""
    made = trader.submit()
    seen = [trader.see(made).status]
    appraiser.evaluate(made)
    seen.append(trader.see(made).status)
    trader.accept(made, appraiser.offer(made))
    appraiser.approve(made)
    seen.append(trader.see(made).status)
    appraiser.complete(made)
    seen.append(trader.see(made).status)
    assert seen == ["submitted", "evaluated", "approved", "completed"]


@requirement("TRI-06")
@pytest.mark.parametrize("status", ["submitted", "evaluated"])
def test_rejected_before_it_is_approved(trader: Trader, appraiser: Appraiser, status: str) -> None:
    """A submitted or an evaluated trade-in can be turned down, with a reason."""
    made = appraiser.bring(trader, trader.submit(), status)
    answer = appraiser.turn(made, "reject", reason="not ours").expect(200, 201)
    assert as_trade_in(answer["trade_in"]).status == "rejected"
    assert trader.see(made).status == "rejected"


@requirement("TRI-07")
@pytest.mark.parametrize(("status", "turns"), ILLEGAL.items(), ids=ILLEGAL.keys())
def test_illegal_turns(trader: Trader, appraiser: Appraiser, status: str, turns: tuple[str, ...]) -> None:
    """A turn that the present status does not allow is refused and changes nothing."""
    made = appraiser.bring(trader, trader.submit(), status)
    before = appraiser.whole(made)
    for turn in turns:
        body = {"base_price": 500} if turn == "evaluate" else {}
        assert error_faults(appraiser.turn(made, turn, **body).expect(*REFUSED)) == []
        assert appraiser.whole(made) == before, turn


@requirement("TRI-08", "TRI-06")
def test_parallel_decisions(trader: Trader, appraiser: Appraiser) -> None:
    """Of ten approvals and ten rejections at the same moment one is accepted, and that one is what the trade-in is."""
    made = appraiser.bring(trader, trader.submit(), "evaluated")
    turns = ("approve", "reject")
    answers = concurrently(20, lambda number: appraiser.turn(made, turns[number % 2]))
    accepted = [as_trade_in(answer["trade_in"]).status for answer in answers if answer.is_success]
    for answer in answers:
        answer.expect(200, 201, *REFUSED)
    assert len(accepted) == 1
    assert appraiser.see(made).status == accepted[0]


@requirement("TRI-08", "TRI-06")
def test_parallel_evaluations(trader: Trader, appraiser: Appraiser) -> None:
    """Of twenty evaluations at the same moment, each from a price of its own, one counts as a whole."""
    made = trader.submit(condition="fair")
    answers = concurrently(20, lambda number: appraiser.turn(made, "evaluate", base_price=100 * (number + 1)))
    accepted = [as_trade_in(answer["trade_in"]).estimated_value for answer in answers if answer.is_success]
    for answer in answers:
        answer.expect(200, 201, *REFUSED)
    assert len(accepted) == 1
    assert appraiser.see(made).estimated_value == accepted[0]
