"""What goes in and out: insurance plans, policies, claims."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from reference_impl.core.bodies import Body, example
from reference_impl.core.money import CurrencyCode, Money, PositiveAmount
from reference_impl.core.times import Beginning

PolicyStatus = Literal["active", "expired", "cancelled", "claimed"]
ClaimStatus = Literal["pending", "under_review", "approved", "rejected"]
Id = Annotated[str, StringConstraints(max_length=64)]
PlanType = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$", max_length=50), Field(examples=["basic"])]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000)]


class NewPlan(Body):
    """What one may be insured with: a product of the catalogue, and what it covers for which premium."""

    model_config = example(
        product_id="prod_01JD0000000000000000000000",
        plan_type="basic",
        coverage_amount=500,
        premium=20,
        currency_code="usd",
    )

    product_id: Id
    plan_type: PlanType
    coverage_amount: PositiveAmount
    premium: PositiveAmount
    currency_code: CurrencyCode
    description: Annotated[str, StringConstraints(max_length=5000)] | None = None


class NewPolicy(Body):
    """A policy of a plan. Coverage and premium are the plan's: naming others is an error, and leaving them out none."""

    model_config = example(product_id="prod_01JD0000000000000000000000", plan_type="basic")

    product_id: Id
    plan_type: PlanType
    coverage_amount: PositiveAmount | None = None
    premium: PositiveAmount | None = None
    currency_code: CurrencyCode | None = None
    start_date: Beginning | None = None


class NewClaim(Body):
    model_config = example(policy_id="inspo_01JD0000000000000000000000", description="Water damage", claim_amount=50)

    policy_id: Id
    claim_type: Annotated[str, StringConstraints(max_length=50)] | None = None
    description: Words
    claim_amount: PositiveAmount


class Decision(Body):
    model_config = example(decision="approved", notes="Photos were convincing")

    decision: Literal["approved", "rejected"]
    notes: Annotated[str, StringConstraints(max_length=5000)] | None = None


class Cancellation(Body):
    model_config = example(reason="Sold")

    reason: Annotated[str, StringConstraints(max_length=1000)] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan of the catalogue."""

    id: str
    product_id: str
    plan_type: str
    coverage_amount: Money
    premium: Money
    currency_code: str
    description: str | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy. It is shown as expired from `end_date` on, whether or not anybody has written that down."""

    id: str
    policy_number: str
    customer_id: str
    product_id: str
    plan_id: str
    order_id: str | None
    order_line_id: str | None
    plan_type: str
    coverage_amount: Money
    premium: Money
    currency_code: str
    paid_out: Money
    status: str
    start_date: datetime
    end_date: datetime
    cancelled_at: datetime | None
    cancel_reason: str | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim; its currency is the policy's."""

    id: str
    claim_number: str
    customer_id: str
    policy_id: str
    claim_type: str | None
    description: str
    claim_amount: Money
    currency_code: str
    status: str
    notes: str | None
    decided_at: datetime | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class PlanEnvelope:
    plan: Plan


@dataclass(frozen=True, slots=True)
class PolicyEnvelope:
    policy: Policy


@dataclass(frozen=True, slots=True)
class ClaimEnvelope:
    claim: Claim


@dataclass(frozen=True, slots=True)
class PlanList:
    plans: list[Plan]
    count: int
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class PolicyList:
    policies: list[Policy]
    count: int
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class ClaimList:
    claims: list[Claim]
    count: int
    offset: int
    limit: int
