"""What a storefront needs to insure somebody: plans, the policy, claims."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from pact import match

from contracts.consumers.matchers import given
from contracts.consumers.storefront_forms import (
    ULID,
    a_time,
    an_id,
    answered,
    asking,
    currency,
    given_id,
    money,
    of,
    path,
    refusal,
    shop,
    visiting,
)
from contracts.consumers.storefront_shapes import Conflict, Invalid, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from pact import Pact

    Contract = Callable[..., Pact]

PRODUCT, POLICY, CLAIM = f"prod_{ULID}", f"inspo_{ULID}", f"inscl_{ULID}"
INSURABLE = "a product can be insured"
INSURED = "a customer is insured"


def a_policy() -> dict[str, Any]:
    """What is read of a policy."""
    return {
        "id": an_id("inspo"),
        "policy_number": match.str("POL-000042"),
        "status": "active",
        "coverage_amount": money(1000),
        "currency_code": currency(),
        "start_date": a_time("2026-11-22T11:00:00.000Z"),
        "end_date": a_time("2027-11-22T11:00:00.000Z"),
    }


def a_claim() -> dict[str, Any]:
    """What is read of a claim."""
    return {
        "id": an_id("inscl"),
        "claim_number": match.str("CLM-000042"),
        "status": match.str("pending"),
        "claim_amount": money(99.5),
        "currency_code": currency(),
    }


def test_plans(contract: Contract) -> None:
    """A product's page shows what it can be insured with, for anybody."""
    pact = of(contract)
    asked = pact.upon_receiving("a request for the plans of a product").given(INSURABLE)
    plan = {
        "id": an_id("inspl"),
        "product_id": an_id("prod"),
        "plan_type": match.str("basic"),
        "coverage_amount": money(1000),
        "premium": money(12.5),
        "currency_code": currency(),
    }
    visiting(asked, "GET", "/store/insurance", {"product_id": given_id("product_id", "prod")})
    answered(asked, 200, {"plans": match.each_like(plan, min=1)})
    with pact.serve() as server, shop(server, None) as storefront:
        (found,) = storefront.plans(PRODUCT)
    assert (found.coverage_amount, found.premium) == (Decimal(1000), Decimal("12.5"))


def insuring(pact: Pact, description: str, plan_type: Any) -> Any:
    """A policy that is asked for."""
    wanted = {
        "product_id": given_id("product_id", "prod"),
        "plan_type": plan_type,
        "currency_code": given("${currency_code}", "usd", form="^[a-z]{3}$"),
    }
    return asking(pact.upon_receiving(description).given(INSURABLE), "POST", "/store/insurance/policies", body=wanted)


def test_taking_out_a_policy(contract: Contract) -> None:
    """A policy is active, and names its number, what it covers, and from when to when."""
    pact = of(contract)
    asked = insuring(pact, "a policy", given("${plan_type}", "basic", form="^[a-z][a-z0-9_-]*$"))
    answered(asked, 201, {"policy": a_policy()})
    with pact.serve() as server, shop(server) as storefront:
        policy = storefront.insure(PRODUCT, "basic", "usd")
    assert policy.status == "active"
    assert policy.start_date < policy.end_date


def test_a_plan_that_is_not_there(contract: Contract) -> None:
    """A plan that is no longer offered is not there."""
    pact = of(contract)
    asked = insuring(pact, "a policy of no plan that there is", "platinum")
    answered(asked, 404, refusal("not_found", message="Insurance plan was not found"))
    with pact.serve() as server, shop(server) as storefront, pytest.raises(NotFound):
        storefront.insure(PRODUCT, "platinum", "usd")


def test_own_policies(contract: Contract) -> None:
    """The account page lists the policies."""
    pact = of(contract)
    asked = pact.upon_receiving("a request for the own policies").given(INSURED)
    policy = a_policy() | {"status": match.str("active")}
    answered(asking(asked, "GET", "/store/insurance/policies"), 200, {"policies": match.each_like(policy, min=1)})
    with pact.serve() as server, shop(server) as storefront:
        assert storefront.policies()[0].policy_number == "POL-000042"


def claiming(pact: Pact, description: str, state: str, amount: float) -> Any:
    """A claim that is filed."""
    claim = {"policy_id": given_id("policy_id", "inspo"), "description": "It fell.", "claim_amount": amount}
    return asking(pact.upon_receiving(description).given(state), "POST", "/store/insurance/claims", body=claim)


def test_filing_a_claim(contract: Contract) -> None:
    """A claim waits for its decision, under a number to quote."""
    pact = of(contract)
    answered(claiming(pact, "a claim", INSURED, 99.5), 201, {"claim": a_claim() | {"status": "pending"}})
    with pact.serve() as server, shop(server) as storefront:
        claim = storefront.file_claim(POLICY, "It fell.", Decimal("99.5"))
    assert (claim.status, claim.claim_amount) == ("pending", Decimal("99.5"))


def test_a_claim_on_a_policy_that_is_over(contract: Contract) -> None:
    """A policy that is no longer active, for whatever reason, pays nothing: a conflict."""
    pact = of(contract)
    asked = claiming(pact, "a claim", "a customer's policy is over", 99.5)
    answered(asked, 409, refusal("conflict", message="Policy is expired; claims are filed while it is active"))
    with pact.serve() as server, shop(server) as storefront, pytest.raises(Conflict, match="active"):
        storefront.file_claim(POLICY, "It fell.", Decimal("99.5"))


def test_a_claim_above_the_coverage(contract: Contract) -> None:
    """More than a policy covers is refused with the name of the field."""
    pact = of(contract)
    asked = claiming(pact, "a claim on more than is covered", INSURED, 1000000)
    answered(asked, 400, {"type": "invalid_data", "message": match.includes("claim_amount")})
    with pact.serve() as server, shop(server) as storefront, pytest.raises(Invalid, match="claim_amount"):
        storefront.file_claim(POLICY, "It fell.", Decimal(1000000))


@pytest.mark.parametrize(
    ("state", "there"), [("a customer filed a claim", True), ("another customer filed a claim", False)]
)
def test_what_became_of_a_claim(contract: Contract, state: str, there: bool) -> None:
    """Who filed a claim sees how it stands; for anybody else it is not there."""
    pact = of(contract)
    asked = pact.upon_receiving("a request for a claim").given(state)
    asking(asked, "GET", path("/store/insurance/claims/{claim_id}", claim_id="inscl"))
    if there:
        answered(asked, 200, {"claim": a_claim()})
    else:
        answered(asked, 404, refusal("not_found", message="Claim was not found"))
    with pact.serve() as server, shop(server) as storefront:
        if there:
            assert storefront.claim(CLAIM).claim_number == "CLM-000042"
        else:
            with pytest.raises(NotFound):
                storefront.claim(CLAIM)
