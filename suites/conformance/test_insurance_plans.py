"""What one can be insured with: plans, their terms, and who makes them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from fixtures.actors import pages
from fixtures.checks import requirement
from fixtures.insuring import as_plan
from suites.conformance.shapes import CURRENCY, ID, REFUSED, error_faults, list_faults, money_faults

if TYPE_CHECKING:
    from fixtures.actors import Operator
    from fixtures.client import Api
    from fixtures.insuring import Insurer, Plan
    from fixtures.shopping import Shop

NO_TERMS: dict[str, dict[str, object]] = {
    "no coverage": {"coverage_amount": 0},
    "negative coverage": {"coverage_amount": -1},
    "coverage as text": {"coverage_amount": "1000"},
    "coverage finer than the currency": {"coverage_amount": Decimal("1000.0001")},
    "no premium": {"premium": 0},
    "negative premium": {"premium": -1},
    "premium that is true": {"premium": True},
    "premium finer than the currency": {"premium": Decimal("10.0001")},
    "unknown currency": {"currency_code": "zzz"},
    "no type": {"plan_type": ""},
}


@requirement("INS-01")
def test_anybody_sees_what_there_is(anonymous: Api, plan: Plan) -> None:
    """The catalogue shows the plan to everybody with the publishable key, in the list and by its id."""
    page = anonymous.get("/store/insurance", {"product_id": plan.product_id}).expect(200)
    assert list_faults(page, "plans") == []
    assert plan in [as_plan(row) for row in pages(anonymous, "/store/insurance", "plans")]
    shown = anonymous.get(f"/store/insurance/{plan.id}").expect(200)["plan"]
    assert as_plan(shown) == plan
    assert money_faults(shown, "coverage_amount", "premium") == []
    assert ID.fullmatch(plan.id)
    assert CURRENCY.fullmatch(plan.currency_code)


@requirement("INS-01")
def test_catalogue_needs_the_key(anonymous: Api) -> None:
    """Without a publishable key nothing is shown."""
    answer = anonymous.get("/store/insurance", headers={"x-publishable-api-key": None})
    assert error_faults(answer.expect(400)) == []


@requirement("INS-18")
def test_no_plan(insurer: Insurer, plan: Plan) -> None:
    """Terms that are no terms are refused, and the product is insured as before."""
    terms = {"plan_type": "other", "coverage_amount": 500, "premium": 5, "currency_code": plan.currency_code}
    for what, wrong in NO_TERMS.items():
        answer = insurer.send_plan(product_id=plan.product_id, **{**terms, **wrong})
        assert error_faults(answer.expect(400, 422)) == [], what
    listed = insurer.api.get("/store/insurance", {"product_id": plan.product_id}).expect(200)
    assert [row["id"] for row in listed["plans"] if row["product_id"] == plan.product_id] == [plan.id]


@requirement("INS-18")
def test_second_plan_of_its_kind(insurer: Insurer, plan: Plan) -> None:
    """A product has one plan of each type and currency; another type or another currency is another plan."""
    terms = {"coverage_amount": 5000, "premium": 50}
    same = {"product_id": plan.product_id, "plan_type": plan.plan_type, "currency_code": plan.currency_code}
    assert error_faults(insurer.send_plan(**same, **terms).expect(*REFUSED)) == []
    insurer.make_plan(plan.product_id, "second", plan.currency_code, "5000", "50")
    other = "eur" if plan.currency_code != "eur" else "usd"
    insurer.make_plan(plan.product_id, plan.plan_type, other, "900", "9")
    assert as_plan(insurer.api.get(f"/store/insurance/{plan.id}").expect(200)["plan"]) == plan


@requirement("INS-18", "INS-20")
def test_plan_of_no_product(insurer: Insurer) -> None:
    """A plan insures a product that exists."""
    terms = {"plan_type": "basic", "coverage_amount": 500, "premium": 5, "currency_code": "usd"}
    answer = insurer.send_plan(product_id="prod_01ARZ3NDEKTSV4RRFFQ69G5FAV", **terms)
    assert error_faults(answer.expect(400, 404, 422)) == []


@requirement("INS-17")
def test_strangers_see_no_plan(stranger_operator: Operator, plan: Plan) -> None:
    """Another tenant's shop has no such plan, in its list or by its id."""
    assert error_faults(stranger_operator.api.get(f"/store/insurance/{plan.id}").expect(404)) == []
    theirs = [row["id"] for row in pages(stranger_operator.api, "/store/insurance", "plans")]
    assert plan.id not in theirs
    page = stranger_operator.api.get("/store/insurance", {"product_id": plan.product_id}).expect(200)
    assert plan.product_id not in page.text


@requirement("INS-17")
def test_strangers_product_is_no_product(insurer: Insurer, stranger_shop: Shop) -> None:
    """A product of another tenant cannot be insured here."""
    terms = {"plan_type": "basic", "coverage_amount": 500, "premium": 5, "currency_code": "usd"}
    answer = insurer.send_plan(product_id=stranger_shop.good().product_id, **terms)
    assert error_faults(answer.expect(400, 404, 422)) == []


@requirement("INS-20")
def test_unknown_plan(anonymous: Api) -> None:
    """A plan that does not exist is 404."""
    answer = anonymous.get("/store/insurance/inspl_01ARZ3NDEKTSV4RRFFQ69G5FAV")
    assert error_faults(answer.expect(404)) == []
