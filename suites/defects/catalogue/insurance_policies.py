"""Defects of plans and policies: what is covered, for how long, for whom, and by which order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from suites.defects.guards import set_guard, sound_guard
from suites.defects.registry import defect

if TYPE_CHECKING:
    from datetime import datetime

    from fastapi import Request

    from reference_impl.core.auth import Caller, Guard
    from reference_impl.core.database import Work
    from reference_impl.modules.insurance.repository import InsuranceRepository
    from reference_impl.modules.insurance.schemas import NewPolicy, Plan, Policy
    from reference_impl.modules.insurance.service import InsuranceService
    from suites.defects.registry import Patch

_NO_LINE_INDEX = "ALTER TABLE insurance_policy DROP CONSTRAINT IF EXISTS uq_insurance_policy_order_line_id"
_NO_PLAN_INDEX = "DROP INDEX IF EXISTS uq_insurance_plan_product_type_currency"


@defect("insurance.catalogue_for_customers", breaks="INS-01")
def catalogue_for_customers(patch: Patch) -> None:
    """One has to be logged in to see what there is."""
    sound = sound_guard()

    async def guard(self: Guard, request: Request) -> Caller:
        if self.who == "shop" and request.url.path.startswith("/store/insurance"):
            return await sound(replace(self, who="customer"), request)
        return await sound(self, request)

    set_guard(patch, guard)


@defect("insurance.catalogue_without_a_key", breaks="INS-01")
def catalogue_without_a_key(patch: Patch) -> None:
    """The catalogue is public, and without a key it is the first tenant's."""
    sound = sound_guard()

    async def guard(self: Guard, request: Request) -> Caller:
        if "x-publishable-api-key" in request.headers or not request.url.path.startswith("/store/insurance"):
            return await sound(self, request)
        row = await request.app.state.database.row("SELECT id FROM tenant ORDER BY created_at LIMIT 1")
        return replace(await sound(replace(self, who="public"), request), tenant_id=row["id"])

    set_guard(patch, guard)


@defect("insurance.digits_unchecked", breaks=("INS-08", "INS-18"))
def digits_unchecked(patch: Patch) -> None:
    """An amount may be finer than its currency."""
    from reference_impl.modules.insurance import service

    patch.setattr(service, "_fits", lambda _name, _amount, _currency: None)


@defect("insurance.plans_pile_up", breaks="INS-18")
def plans_pile_up(patch: Patch) -> None:
    """A product may have any number of plans of one type in one currency."""
    patch.sql(_NO_PLAN_INDEX)


@defect("insurance.any_tenants", breaks="INS-17")
def any_tenants(patch: Patch) -> None:
    """Plans, policies and claims are found by their ids; tenants came later."""
    from reference_impl.modules.insurance import repository

    def filtered(table: Any, _tenant_id: str, **equal: str | None) -> list[Any]:
        wanted = [table.c[name] == value for name, value in equal.items() if value is not None]
        return [table.c.deleted_at.is_(None), *wanted]

    patch.setattr(repository, "_filtered", filtered)


@defect("insurance.not_found_is_500", breaks="INS-20")
def not_found_is_500(patch: Patch) -> None:
    """Nobody asks whether it was found."""
    from reference_impl.core.errors import UnknownError
    from reference_impl.modules.insurance import service

    patch.setattr(service, "NotFound", UnknownError)


@defect("insurance.terms_from_the_client", breaks="INS-03")
def terms_from_the_client(patch: Patch) -> None:
    """The policy has the coverage and the premium that the client sends; the form shows the plan's, after all."""
    from reference_impl.modules.insurance.service import InsuranceService

    async def take_out(self: InsuranceService, tenant_id: str, customer_id: str, body: NewPolicy) -> Policy:
        from reference_impl.modules.tenants.service import TenantService

        currency = (await TenantService(self._work).get(tenant_id)).currency_code
        plan = await self._insurance.plan_of(tenant_id, body.product_id, body.plan_type, currency)
        assert plan is not None
        named = replace(plan, coverage_amount=body.coverage_amount, premium=body.premium)  # type: ignore[arg-type]
        policy_id = await self._insure(tenant_id, customer_id, named, body.start_date or self._work.now())
        return await self.policy(tenant_id, str(policy_id))

    patch.setattr(InsuranceService, "take_out", take_out)


@defect("insurance.unknown_plan_is_some_plan", breaks="INS-03")
def unknown_plan_is_some_plan(patch: Patch) -> None:
    """Where there is no plan of the type, the first one that comes to hand will do."""
    from reference_impl.modules.insurance.repository import InsuranceRepository

    sound = InsuranceRepository.plan_of

    async def plan_of(self: InsuranceRepository, tenant_id: str, *what: str) -> Plan | None:
        found = await sound(self, tenant_id, *what)
        return found or (await self.plans(tenant_id, None, limit=1, offset=0))[0][0]

    patch.setattr(InsuranceRepository, "plan_of", plan_of)


@defect("insurance.twelve_months_of_thirty_days", breaks="INS-02")
def twelve_months_of_thirty_days(patch: Patch) -> None:
    """A year has twelve months, and a month has thirty days."""
    from datetime import timedelta

    from reference_impl.modules.insurance import service

    patch.setattr(service, "a_year_on", lambda start: start + timedelta(days=360))


@defect("insurance.bad_date_is_now", breaks="INS-04")
def bad_date_is_now(patch: Patch) -> None:
    """A start_date that cannot be read is taken for none."""
    from typing import Annotated

    from pydantic import BeforeValidator

    from reference_impl.core import times

    def lenient(value: object) -> datetime | None:
        try:
            return times._beginning(value)
        except ValueError:
            return None

    patch.setattr(times, "Beginning", Annotated[Any, BeforeValidator(lenient)])


@defect("insurance.start_date_ignored", breaks=("INS-04", "INS-07"))
def start_date_ignored(patch: Patch) -> None:
    """Every policy begins at once, whatever its start_date."""
    from reference_impl.modules.insurance.service import InsuranceService

    sound = InsuranceService.take_out

    async def take_out(self: InsuranceService, tenant_id: str, customer_id: str, body: NewPolicy) -> Policy:
        return await sound(self, tenant_id, customer_id, body.model_copy(update={"start_date": None}))

    patch.setattr(InsuranceService, "take_out", take_out)


@defect("insurance.backdated", breaks="INS-04")
def backdated(patch: Patch) -> None:
    """A policy may begin in the past, and insures what has happened since."""
    from reference_impl.modules.insurance.service import InsuranceService

    sound = InsuranceService.take_out

    async def take_out(self: InsuranceService, tenant_id: str, customer_id: str, body: NewPolicy) -> Policy:
        if body.start_date is None or body.start_date > self._work.now():
            return await sound(self, tenant_id, customer_id, body)
        made = await sound(self, tenant_id, customer_id, body.model_copy(update={"start_date": None}))
        return replace(made, start_date=body.start_date)

    patch.setattr(InsuranceService, "take_out", take_out)


@defect("insurance.numbers_from_the_clock", breaks="INS-05")
def numbers_from_the_clock(patch: Patch) -> None:
    """A number is the second in which it was made, and no index minds."""
    from reference_impl.modules.insurance import service

    async def next_number(work: Work, prefix: str, sequence: str) -> str:
        return f"{prefix}-{work.now():%Y%m%d%H%M%S}"

    patch.setattr(service, "next_number", next_number)
    patch.sql("ALTER TABLE insurance_policy DROP CONSTRAINT IF EXISTS uq_insurance_policy_policy_number")
    patch.sql("ALTER TABLE insurance_claim DROP CONSTRAINT IF EXISTS uq_insurance_claim_claim_number")


@defect("insurance.cancelled_blindly", breaks="INS-13")
def cancelled_blindly(patch: Patch) -> None:
    """A policy is cancelled without a look at its status."""
    from reference_impl.modules.insurance.repository import InsuranceRepository

    sound = InsuranceRepository.cancel

    async def cancel(self: InsuranceRepository, tenant_id: str, _: Any, reason: str | None, **of: str) -> bool:
        return await sound(self, tenant_id, ("active", "expired", "cancelled", "claimed"), reason, **of)

    patch.setattr(InsuranceRepository, "cancel", cancel)


@defect("insurance.lists_without_owner", breaks=("INS-16", "INS-19"))
def lists_without_owner(patch: Patch) -> None:
    """The customer's lists are the tenant's, and the operator's filter does nothing."""
    from reference_impl.modules.insurance.repository import InsuranceRepository

    for name in ("policies", "claims"):
        patch.setattr(InsuranceRepository, name, _without(getattr(InsuranceRepository, name), "customer_id"))


@defect("insurance.status_filter_ignored", breaks="INS-19")
def status_filter_ignored(patch: Patch) -> None:
    """The filter of the operator's list of claims is documented and does nothing."""
    from reference_impl.modules.insurance.repository import InsuranceRepository

    patch.setattr(InsuranceRepository, "claims", _without(InsuranceRepository.claims, "status"))


def _without(sound: Any, name: str) -> Any:
    """A repository's list that ignores one of its conditions."""

    async def page(self: InsuranceRepository, tenant_id: str, **rest: Any) -> Any:
        return await sound(self, tenant_id, **{**rest, name: None})

    return page


@defect("insurance.guests_are_insured", breaks="INS-16")
def guests_are_insured(patch: Patch) -> None:
    """The guard of the catalogue was copied to the policies."""
    sound = sound_guard()

    async def guard(self: Guard, request: Request) -> Caller:
        if self.who == "customer" and request.url.path == "/store/insurance/policies":
            return await sound(replace(self, who="visitor"), request)
        return await sound(self, request)

    set_guard(patch, guard)


@defect("insurance.anybodys_by_id", breaks=("INS-06", "INS-16", "INS-17"))
def anybodys_by_id(patch: Patch) -> None:
    """Who knows the id of a policy or a claim gets it: neither customer nor tenant is part of the query."""
    from reference_impl.modules.insurance.models import insurance_claim, insurance_policy
    from reference_impl.modules.insurance.repository import InsuranceRepository

    def by_id(sound: Any, table: Any) -> Any:
        async def one(self: InsuranceRepository, tenant_id: str, row_id: str, _: Any = None, **how: Any) -> Any:
            from sqlalchemy import select

            found = await self._work.execute(select(table.c.tenant_id).where(table.c.id == row_id))
            return await sound(self, found.scalar_one_or_none() or tenant_id, row_id, **how)

        return one

    patch.setattr(InsuranceRepository, "policy", by_id(InsuranceRepository.policy, insurance_policy))
    patch.setattr(InsuranceRepository, "claim", by_id(InsuranceRepository.claim, insurance_claim))


@defect("insurance.every_delivery_insures", breaks="INS-14")
def every_delivery_insures(patch: Patch) -> None:
    """The handler was renamed, so that it sees the events again; nothing says that a line has its policy."""
    from reference_impl.core.outbox import Subscriber
    from reference_impl.modules.insurance import repository, subscribers

    async def insured_lines(self: InsuranceRepository, order_id: str) -> set[str]:
        return set()

    async def add_policy(self: InsuranceRepository, values: Any) -> bool:
        from sqlalchemy import insert

        from reference_impl.modules.insurance.models import insurance_policy

        await self._work.execute(insert(insurance_policy), dict(values))
        return True

    again = Subscriber(name="insurance.create_policy", on="order.placed", handle=subscribers.insure)
    patch.setattr(subscribers, "SUBSCRIBERS", [*subscribers.SUBSCRIBERS, again])
    patch.setattr(repository.InsuranceRepository, "insured_lines", insured_lines)
    patch.setattr(repository.InsuranceRepository, "add_policy", add_policy)
    patch.sql(_NO_LINE_INDEX)


@defect("insurance.metadata_chooses_the_plan", breaks="INS-14")
def metadata_chooses_the_plan(patch: Patch) -> None:
    """A line is insured by the dearest plan of its product, whatever was paid for it."""
    from decimal import Decimal

    from reference_impl.modules.insurance.repository import InsuranceRepository

    sound = InsuranceRepository.plans_of

    async def plans_of(self: InsuranceRepository, tenant_id: str, product_ids: Any, currency: str) -> list[Plan]:
        plans = await sound(self, tenant_id, product_ids, currency)
        return [replace(plan, premium=Decimal("0.01")) for plan in plans]

    patch.setattr(InsuranceRepository, "plans_of", plans_of)


@defect("insurance.cancelled_order_still_insures", breaks="INS-15")
def cancelled_order_still_insures(patch: Patch) -> None:
    """Nobody subscribes to order.canceled."""
    from reference_impl.modules.insurance import subscribers

    kept = [one for one in subscribers.SUBSCRIBERS if one.on != "order.canceled"]
    patch.setattr(subscribers, "SUBSCRIBERS", kept)
