"""Policies: what they cover, for how long, whose they are, and how they end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from fixtures.checks import requirement
from fixtures.client import concurrently
from fixtures.insuring import Insured, as_policy
from suites.conformance.shapes import ID, REFUSED, TIME, error_faults, list_faults, money_faults

if TYPE_CHECKING:
    from fixtures.actors import Operator, Shopper
    from fixtures.client import Api
    from fixtures.insuring import Insurer, Plan, Policy

NO_DATES = [
    "tomorrow",
    "",
    "2026-02-30",
    "2026-13-01",
    "32/01/2027",
    "2027-01-01T25:00:00Z",
    "0000-00-00",
    20270101,
    True,
    {"$gt": ""},
    ["2027-01-01"],
]


@requirement("INS-02")
def test_policy_is_the_plan_for_a_year(insured: Insured, plan: Plan) -> None:
    """A policy has the plan's coverage and premium, is active from now on, and lasts one year."""
    shown = insured.send(plan).expect(200, 201)["policy"]
    assert money_faults(shown, "coverage_amount", "premium") == []
    assert TIME.fullmatch(shown["start_date"])
    assert TIME.fullmatch(shown["end_date"])
    policy = as_policy(shown)
    assert ID.fullmatch(policy.id)
    assert (policy.status, policy.customer_id) == ("active", insured.id)
    assert (policy.plan_type, policy.product_id) == (plan.plan_type, plan.product_id)
    assert (policy.coverage_amount, policy.premium) == (plan.coverage_amount, plan.premium)
    assert abs(_time(policy.start_date) - datetime.now(UTC)) < timedelta(minutes=10)
    assert _a_year(policy)
    assert insured.policy(policy) == policy


@requirement("INS-03")
def test_terms_may_be_left_out(insured: Insured, plan: Plan) -> None:
    """Who leaves coverage and premium out gets the plan's, or is asked for them."""
    answer = insured.send(plan, coverage_amount=None, premium=None)
    if answer.expect(200, 201, 400, 422).is_success:
        policy = as_policy(answer["policy"])
        assert (policy.coverage_amount, policy.premium) == (plan.coverage_amount, plan.premium)


@requirement("INS-03")
def test_other_terms_than_the_plans(new_insured: Insured, plan: Plan) -> None:
    """A client cannot have more cover, or for less, than the plan says."""
    for wrong in (
        {"coverage_amount": plan.coverage_amount * 1000},
        {"coverage_amount": plan.coverage_amount + Decimal("0.01")},
        {"coverage_amount": Decimal(1)},
        {"premium": Decimal("0.01")},
        {"premium": plan.premium * 2},
        {"coverage_amount": -1},
        {"premium": 0},
        {"coverage_amount": str(plan.coverage_amount)},
        {"coverage_amount": plan.coverage_amount * 2, "premium": plan.premium / 2},
    ):
        assert error_faults(new_insured.send(plan, **wrong).expect(400, 422)) == [], wrong
    assert new_insured.policies() == []


@requirement("INS-03", "INS-20")
def test_plan_that_is_none(new_insured: Insured, plan: Plan) -> None:
    """A plan type that the product does not have, or a product that is none, insures nothing."""
    for wrong in ({"plan_type": "platinum"}, {"product_id": "prod_01ARZ3NDEKTSV4RRFFQ69G5FAV"}, {"plan_type": None}):
        assert error_faults(new_insured.send(plan, **wrong).expect(400, 404, 422)) == [], wrong
    assert new_insured.policies() == []


@requirement("INS-04")
def test_date_that_is_none(new_insured: Insured, plan: Plan) -> None:
    """A start_date that no calendar has is refused, and insures nothing."""
    for wrong in NO_DATES:
        assert error_faults(new_insured.send(plan, start_date=wrong).expect(400, 422)) == [], wrong
    assert new_insured.policies() == []


@requirement("INS-04", "INS-02")
@pytest.mark.parametrize("days", [1, 30])
def test_start_in_the_future(insured: Insured, plan: Plan, days: int) -> None:
    """A policy that is to begin later does, and lasts a year from then."""
    day = (datetime.now(UTC) + timedelta(days=days)).date()
    policy = insured.take_out(plan, start_date=day.isoformat())
    assert _time(policy.start_date).date() == day
    assert _a_year(policy)


@requirement("INS-04")
def test_start_in_the_past(insured: Insured, plan: Plan) -> None:
    """Nothing that has happened already is insured: a start in the past is refused, or moved to now."""
    answer = insured.send(plan, start_date="2020-01-01")
    if answer.expect(200, 201, 400, 422).is_success:
        assert _time(as_policy(answer["policy"]).start_date) > datetime.now(UTC) - timedelta(days=2)


@requirement("INS-05")
def test_policy_numbers_are_unique(insured: Insured, plan: Plan) -> None:
    """Forty policies at the same moment have forty numbers."""
    answers = concurrently(40, lambda _: insured.send(plan))
    numbers = [as_policy(answer.expect(200, 201)["policy"]).policy_number for answer in answers]
    assert len(set(numbers)) == 40


@requirement("INS-13")
def test_cancelled_policy_stays_cancelled(insurer: Insurer, insured: Insured, policy: Policy) -> None:
    """A policy is cancelled once, and its customer sees it."""
    answer = insurer.cancel(policy)
    assert as_policy(answer.expect(200, 201)["policy"]).status == "cancelled"
    before = insured.policy(policy)
    assert before.status == "cancelled"
    assert error_faults(insurer.cancel(policy).expect(*REFUSED)) == []
    assert insured.policy(policy) == before


@requirement("INS-16", "INS-19")
def test_own_policies(new_insured: Insured, insured: Insured, plan: Plan, policy: Policy) -> None:
    """A customer lists the own policies only, newest first, in pages that join without a gap or a duplicate."""
    mine = [new_insured.take_out(plan).id for _ in range(3)]
    seen: list[str] = []
    for offset in (0, 2):
        query = {"limit": 2, "offset": offset, "customer_id": insured.id}
        page = new_insured.api.get("/store/insurance/policies", query).expect(200)
        assert list_faults(page, "policies") == []
        assert page["count"] == 3
        seen += [row["id"] for row in page["policies"]]
    assert seen == mine[::-1]
    assert policy.id not in seen


@requirement("INS-16")
def test_no_policies_without_a_log_in(anonymous: Api, plan: Plan) -> None:
    """Without a log-in nobody lists, takes out or claims anything."""
    anonymous.get("/store/insurance/policies").expect(401)
    body = {"product_id": plan.product_id, "plan_type": plan.plan_type}
    anonymous.post("/store/insurance/policies", body).expect(401)
    anonymous.post("/store/insurance/claims", {}).expect(401)


@requirement("INS-16")
def test_others_policy(regular: Shopper, insured: Insured, policy: Policy) -> None:
    """Another customer neither reads nor ends a policy."""
    path = f"/store/insurance/policies/{policy.id}"
    for answer in (regular.api.get(path), regular.api.post(f"{path}/cancel", {})):
        answer.expect(403, 404, 405)
        assert policy.policy_number not in answer.text
    assert insured.policy(policy) == policy


@requirement("INS-17")
def test_stranger_does_nothing(stranger_operator: Operator, insured: Insured, policy: Policy) -> None:
    """Another tenant's operator neither reads nor ends nor lists nor counts a policy."""
    path = f"/admin/insurance/policies/{policy.id}"
    for answer in (stranger_operator.api.get(path), stranger_operator.api.post(f"{path}/cancel", {})):
        assert error_faults(answer.expect(404)) == []
    page = stranger_operator.api.get("/admin/insurance", {"customer_id": insured.id}).expect(200)
    assert insured.id not in page.text
    assert policy.id not in page.text
    assert insured.policy(policy) == policy


@requirement("INS-17", "INS-19")
def test_operator_lists_policies(operator: Operator, new_insured: Insured, plan: Plan, policy: Policy) -> None:
    """The own operator lists and counts the policies of one customer apart from those of others."""
    own = new_insured.take_out(plan)
    page = operator.api.get("/admin/insurance", {"customer_id": new_insured.id}).expect(200)
    assert list_faults(page, "policies") == []
    assert ([row["id"] for row in page["policies"]], page["count"]) == ([own.id], 1)
    assert own.id != policy.id


@requirement("INS-17")
def test_strangers_plan_insures_nothing(stranger: Shopper, plan: Plan) -> None:
    """A customer of another tenant takes out no policy of our plan."""
    other = Insured(stranger)
    assert error_faults(other.send(plan, currency_code=plan.currency_code).expect(400, 404, 422)) == []
    assert other.policies() == []


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _a_year(policy: Policy) -> bool:
    """Whether a policy ends on the same day of the next year (from a 29 February, a day to either side)."""
    start, end = _time(policy.start_date), _time(policy.end_date)
    if (start.month, start.day) == (2, 29):
        return abs(end - start - timedelta(days=365)) <= timedelta(days=1)
    return end == start.replace(year=start.year + 1)
