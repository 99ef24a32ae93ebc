"""What may happen to policies and claims: insured by a plan, claimed by the owner, paid out once, never too much."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import structlog
from fastapi import Depends, Request

from reference_impl.core.database import UniqueViolation
from reference_impl.core.errors import Conflict, Duplicate, InvalidData, NotFound
from reference_impl.core.ids import new_id
from reference_impl.core.money import CURRENCIES, decimals
from reference_impl.core.numbers import next_number
from reference_impl.core.outbox import publish
from reference_impl.core.routing import work_of
from reference_impl.modules.catalog.service import CatalogService
from reference_impl.modules.insurance.models import CLAIM_NUMBERS, CLAIMS, POLICIES, POLICY_NUMBERS
from reference_impl.modules.insurance.repository import InsuranceRepository
from reference_impl.modules.orders.service import OrderService
from reference_impl.modules.tenants.service import TenantService
from reference_impl.modules.wallet.service import WalletService

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from decimal import Decimal

    from reference_impl.core.database import Work
    from reference_impl.modules.insurance.schemas import Claim, Decision, NewClaim, NewPlan, NewPolicy, Plan, Policy

log = structlog.get_logger()
START_AHEAD = timedelta(days=366)
"""How far ahead a policy may begin."""


class InsuranceService:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._insurance = InsuranceRepository(work)

    # Plans

    async def make_plan(self, tenant_id: str, body: NewPlan) -> Plan:
        """A plan for a product; raises InvalidData (its currency), NotFound (its product) or Duplicate."""
        if body.currency_code not in CURRENCIES:
            raise InvalidData(f"currency_code: {body.currency_code} is not an ISO 4217 code that the platform knows")
        _fits("coverage_amount", body.coverage_amount, body.currency_code)
        _fits("premium", body.premium, body.currency_code)
        await CatalogService(self._work).variant_ids(tenant_id, body.product_id)  # there is such a product
        now, plan_id = self._work.now(), new_id("inspl")
        values = {**body.model_dump(), "id": plan_id, "tenant_id": tenant_id, "created_at": now, "updated_at": now}
        try:
            await self._insurance.add_plan(values)
        except UniqueViolation:
            raise Duplicate(
                f"Plan with product_id: {body.product_id}, plan_type: {body.plan_type}, already exists"
            ) from None
        return await self.plan(tenant_id, plan_id)

    async def plan(self, tenant_id: str, plan_id: str) -> Plan:
        found = await self._insurance.plan(tenant_id, plan_id)
        if found is None:
            raise NotFound(f"Insurance plan with id: {plan_id} was not found")
        return found

    async def plans(self, tenant_id: str, product_id: str | None, *, limit: int, offset: int) -> tuple[list[Plan], int]:
        return await self._insurance.plans(tenant_id, product_id, limit=limit, offset=offset)

    # Policies

    async def take_out(self, tenant_id: str, customer_id: str, body: NewPolicy) -> Policy:
        """A policy for a year, with the plan's coverage and premium whatever the client says.

        Raises NotFound (no such plan), or InvalidData: other amounts than the plan's, or a start in the past, which
        would insure what has happened already, or too far ahead.
        """
        currency = body.currency_code or (await TenantService(self._work).get(tenant_id)).currency_code
        plan = await self._insurance.plan_of(tenant_id, body.product_id, body.plan_type, currency)
        if plan is None:
            raise NotFound(f"Insurance plan {body.plan_type} of product: {body.product_id} in {currency} was not found")
        for name in ("coverage_amount", "premium"):
            if getattr(body, name) not in (None, getattr(plan, name)):
                raise InvalidData(f"{name}: the plan says {getattr(plan, name)}; leave it out")
        now = self._work.now()
        start = now if body.start_date is None else body.start_date
        if not now.replace(hour=0, minute=0, second=0, microsecond=0) <= start <= now + START_AHEAD:
            raise InvalidData(f"start_date: must be from today on, and at most {START_AHEAD.days} days ahead")
        policy_id = await self._insure(tenant_id, customer_id, plan, start)
        assert policy_id is not None, "only a policy of an order can be there already"
        return await self.policy(tenant_id, policy_id)

    async def insure_order(self, tenant_id: str, order_id: str) -> None:
        """One policy for each insurance line of an order that has none yet, from the moment it was placed.

        A line is one of insurance when its product has plans. Its plan is the dearest that the line's price pays for,
        in the order's currency: what a client writes next to a line decides nothing. An order that was cancelled before
        its policies were made gets none.
        """
        await self._insurance.hold_order(order_id)
        order = await OrderService(self._work).get_lines(tenant_id, order_id)
        if order.status == "canceled":
            return
        plans = await self._insurance.plans_of(
            tenant_id, sorted({line.product_id for line in order.lines}), order.currency_code
        )
        insured = await self._insurance.insured_lines(order_id)
        for line in order.lines:
            of_product = [plan for plan in plans if plan.product_id == line.product_id]
            if not of_product or line.id in insured:
                continue
            plan = next((plan for plan in of_product if plan.premium <= line.unit_price), None)
            if plan is None or order.customer_id is None:
                reason = "its price pays for no plan" if plan is None else "the order has no customer"
                log.warning("line_not_insured", order_id=order_id, order_line_id=line.id, reason=reason)
                continue
            link = {"order_id": order_id, "order_line_id": line.id}
            await self._insure(tenant_id, order.customer_id, plan, order.created_at, **link)

    async def _insure(self, tenant_id: str, customer_id: str, plan: Plan, start: datetime, **link: str) -> str | None:
        """A new policy; None when its order line has one."""
        now, policy_id = self._work.now(), new_id("inspo")
        copied = ("product_id", "plan_type", "coverage_amount", "premium", "currency_code")
        values = {
            **{name: getattr(plan, name) for name in copied},
            **link,
            "id": policy_id,
            "tenant_id": tenant_id,
            "customer_id": customer_id,
            "plan_id": plan.id,
            "policy_number": await next_number(self._work, "POL", POLICY_NUMBERS.name),
            "start_date": start,
            "end_date": a_year_on(start),
            "created_at": now,
            "updated_at": now,
        }
        return policy_id if await self._insurance.add_policy(values) else None

    async def policy(self, tenant_id: str, policy_id: str, customer_id: str | None = None) -> Policy:
        """A policy; with a customer_id, only if it is theirs. Raises NotFound."""
        found = await self._insurance.policy(tenant_id, policy_id, customer_id)
        if found is None:
            raise NotFound(f"Policy with id: {policy_id} was not found")
        return found

    async def policies(self, tenant_id: str, *, limit: int, offset: int, **wanted: Any) -> tuple[list[Policy], int]:
        return await self._insurance.policies(tenant_id, limit=limit, offset=offset, **wanted)

    async def cancel(
        self, tenant_id: str, policy_id: str, reason: str | None, customer_id: str | None = None
    ) -> Policy:
        """active → cancelled; raises Conflict from any other status, expired included."""
        before = await self.policy(tenant_id, policy_id, customer_id)
        if not await self._insurance.cancel(tenant_id, POLICIES.allowed_from("cancelled"), reason, id=policy_id):
            now = await self.policy(tenant_id, policy_id)
            raise Conflict(f"Policy is {now.status}; it cannot become cancelled")
        return await self.policy(tenant_id, before.id)

    async def cancel_of_order(self, tenant_id: str, order_id: str) -> None:
        """Cancel what is still active of a cancelled order: nobody paid for it."""
        await self._insurance.hold_order(order_id)
        allowed = POLICIES.allowed_from("cancelled")
        await self._insurance.cancel(tenant_id, allowed, "The order was cancelled", order_id=order_id)

    # Claims

    async def file(self, tenant_id: str, customer_id: str, body: NewClaim) -> Claim:
        """A claim on the customer's own policy, while it is active and start ≤ now < end.

        Raises NotFound (no policy of theirs), Conflict (not now), InvalidData (more than the policy covers at all). The
        policy is locked meanwhile: a cancellation at the same moment comes before or after.
        """
        policy = await self._insurance.policy(tenant_id, body.policy_id, customer_id, lock=True)
        if policy is None:
            raise NotFound(f"Policy with id: {body.policy_id} was not found")
        if policy.status != "active":
            raise Conflict(f"Policy is {policy.status}; claims are filed while it is active")
        now = self._work.now()
        if now < policy.start_date:
            raise Conflict(f"Policy begins on {policy.start_date:%Y-%m-%d}; claims are filed from then on")
        _fits("claim_amount", body.claim_amount, policy.currency_code)
        if body.claim_amount > policy.coverage_amount:
            raise InvalidData(f"claim_amount: the policy covers {policy.coverage_amount}")
        claim_id = new_id("inscl")
        values = {
            **body.model_dump(),
            "id": claim_id,
            "tenant_id": tenant_id,
            "customer_id": customer_id,
            "claim_number": await next_number(self._work, "CLM", CLAIM_NUMBERS.name),
            "currency_code": policy.currency_code,
            "created_at": now,
            "updated_at": now,
        }
        await self._insurance.add_claim(values)
        return await self.claim(tenant_id, claim_id)

    async def review(self, tenant_id: str, claim_id: str) -> Claim:
        """pending → under_review; raises Conflict from any other status."""
        return await self._turn(tenant_id, claim_id, "under_review")

    async def decide(self, tenant_id: str, claim_id: str, body: Decision) -> Claim:
        """Approve or reject, once; an approval is told as insurance.claim_approved.

        Raises Conflict when the claim is decided already, when it does not fit into what the coverage leaves, or when
        nobody has paid for the policy: then it stays undecided. The claim's row is taken first and the policy's second,
        by everybody, so that two decisions can wait for each other but never in a circle.
        """
        decided = await self._turn(tenant_id, claim_id, body.decision, notes=body.notes, decided_at=self._work.now())
        if body.decision == "approved":
            await self._refuse_unpaid(tenant_id, decided)
            if not await self._insurance.pay_out(tenant_id, claim_id):
                raise Conflict("The claim exceeds what the policy's coverage leaves")
            await self._tell_approved(tenant_id, decided)
        return decided

    async def _refuse_unpaid(self, tenant_id: str, claim: Claim) -> None:
        """Raises Conflict when the order that bought the policy was cancelled: its premium was given back.

        The order itself is asked, not the policy: the event that ends the policy may still be on its way.
        """
        order_id = (await self.policy(tenant_id, claim.policy_id)).order_id
        if (
            order_id is not None
            and (await OrderService(self._work).get_lines(tenant_id, order_id)).status == "canceled"
        ):
            raise Conflict("The order of the policy was cancelled; nobody has paid for it")

    async def pay(self, tenant_id: str, claim_id: str) -> None:
        """Pay an approved claim into its customer's wallet, once: the claim's id is the reference."""
        claim = await self.claim(tenant_id, claim_id)
        if claim.status != "approved":
            return
        await WalletService(self._work).credit(
            tenant_id,
            claim.customer_id,
            claim.currency_code,
            claim.claim_amount,
            reference_id=claim.id,
            description=f"Insurance claim {claim.claim_number}",
        )

    async def claim(self, tenant_id: str, claim_id: str, customer_id: str | None = None) -> Claim:
        """A claim; with a customer_id, only if it is theirs. Raises NotFound."""
        found = await self._insurance.claim(tenant_id, claim_id, customer_id)
        if found is None:
            raise NotFound(f"Claim with id: {claim_id} was not found")
        return found

    async def claims(self, tenant_id: str, *, limit: int, offset: int, **wanted: Any) -> tuple[list[Claim], int]:
        return await self._insurance.claims(tenant_id, limit=limit, offset=offset, **wanted)

    async def _turn(self, tenant_id: str, claim_id: str, status: str, **values: Any) -> Claim:
        allowed: Sequence[str] = CLAIMS.allowed_from(status)
        turned = await self._insurance.turn_claim(tenant_id, claim_id, allowed, status=status, **values)
        if turned is not None:
            return turned
        now = await self.claim(tenant_id, claim_id)
        raise Conflict(f"Claim is {now.status}; it cannot become {status}")

    async def _tell_approved(self, tenant_id: str, claim: Claim) -> None:
        payload = {
            "id": claim.id,
            "claim_number": claim.claim_number,
            "policy_id": claim.policy_id,
            "customer_id": claim.customer_id,
            "amount": claim.claim_amount,
            "currency_code": claim.currency_code,
        }
        await publish(
            self._work, "insurance.claim_approved", tenant_id=tenant_id, aggregate_id=claim.id, payload=payload
        )


def a_year_on(start: datetime) -> datetime:
    """The same moment of the next year; from a 29 February it is a 28 February."""
    try:
        return start.replace(year=start.year + 1)
    except ValueError:
        return start.replace(year=start.year + 1, day=28)


def _fits(name: str, amount: Decimal, currency: str) -> None:
    if decimals(amount) > CURRENCIES[currency]:
        raise InvalidData(f"{name}: {currency} has {CURRENCIES[currency]} digits behind the point")


async def _service(request: Request) -> InsuranceService:
    return InsuranceService(work_of(request))


Insurance = Annotated[InsuranceService, Depends(_service)]
