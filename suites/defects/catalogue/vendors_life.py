"""Defects of what happens to vendors and to their shares: shipping, cancelling, deciding."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from suites.defects.guards import set_guard, sound_guard
from suites.defects.registry import defect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import Request

    from reference_impl.core.auth import Caller, Guard
    from reference_impl.modules.vendors.repository import PayoutRepository, VendorOrderRepository, VendorRepository
    from reference_impl.modules.vendors.schemas import Fulfillment, NewVendor, Payout, Vendor, VendorOrder
    from reference_impl.modules.vendors.service import VendorOrderService, VendorService
    from suites.defects.registry import Patch

LOOK_S = 0.02  # what lies between a look at a status and the change of it, on a platform under load


@defect("vendors.status_without_a_look", breaks=("VND-06", "VND-07", "VND-14"))
def status_without_a_look(patch: Patch) -> None:
    """A share's status is set without a look at the old one."""
    from reference_impl.modules.vendors import models, repository

    sound = repository.VendorOrderRepository.turn

    async def turn(
        self: VendorOrderRepository,
        tenant_id: str,
        vendor_order_id: str,
        vendor_id: str | None,
        allowed: Sequence[str],
        status: str,
        **values: Any,
    ) -> bool:
        every = models.VENDOR_ORDERS.statuses
        return await sound(self, tenant_id, vendor_order_id, vendor_id, every, status, **values)

    patch.setattr(repository.VendorOrderRepository, "turn", turn)


@defect("vendors.status_read_then_written", breaks="VND-06")
def status_read_then_written(patch: Patch) -> None:
    """A share's status is read, found to be good, and then written, whatever it is by then."""
    from reference_impl.modules.vendors import models, repository

    sound = repository.VendorOrderRepository.turn

    async def turn(
        self: VendorOrderRepository,
        tenant_id: str,
        vendor_order_id: str,
        vendor_id: str | None,
        allowed: Sequence[str],
        status: str,
        **values: Any,
    ) -> bool:
        now = await self.get(tenant_id, vendor_order_id, vendor_id)
        if now is None or now.status not in allowed:
            return False
        await asyncio.sleep(LOOK_S)
        every = models.VENDOR_ORDERS.statuses
        return await sound(self, tenant_id, vendor_order_id, vendor_id, every, status, **values)

    patch.setattr(repository.VendorOrderRepository, "turn", turn)


@defect("vendors.shipped_is_delivered", breaks="VND-14")
def shipped_is_delivered(patch: Patch) -> None:
    """Handing over to the carrier is taken for delivery."""
    from reference_impl.modules.vendors import repository

    sound = repository.VendorOrderRepository.turn

    async def turn(
        self: VendorOrderRepository,
        tenant_id: str,
        vendor_order_id: str,
        vendor_id: str | None,
        allowed: Sequence[str],
        status: str,
        **values: Any,
    ) -> bool:
        said = "delivered" if status == "shipped" else status
        return await sound(self, tenant_id, vendor_order_id, vendor_id, allowed, said, **values)

    patch.setattr(repository.VendorOrderRepository, "turn", turn)


@defect("vendors.parcel_not_looked_at", breaks="VND-06")
def parcel_not_looked_at(patch: Patch) -> None:
    """What is said to be in the parcel is accepted without a look, and the carrier is optional."""
    from reference_impl.modules.vendors import service

    sound = service.VendorOrderService.fulfil

    async def fulfil(
        self: VendorOrderService, tenant_id: str, vendor_id: str, vendor_order_id: str, body: Fulfillment
    ) -> VendorOrder:
        return await sound(self, tenant_id, vendor_id, vendor_order_id, body.model_copy(update={"items": None}))

    patch.setattr(service.VendorOrderService, "fulfil", fulfil)


@defect("vendors.tracking_dropped", breaks="VND-06")
def tracking_dropped(patch: Patch) -> None:
    """The parcel's number is asked for and thrown away."""
    from reference_impl.modules.vendors import service

    sound = service.VendorOrderService._turn

    async def turn(self: VendorOrderService, *where: Any, **values: Any) -> VendorOrder:
        return await sound(self, *where, **{**values, "tracking_number": None})

    patch.setattr(service.VendorOrderService, "_turn", turn)


@defect("vendors.cancellation_unheard", breaks=("VND-07", "COM-09"))
def cancellation_unheard(patch: Patch) -> None:
    """Only order.placed was subscribed to: vendors go on sending what was cancelled."""
    from reference_impl.modules.vendors import subscribers

    patch.setattr(subscribers, "SUBSCRIBERS", subscribers.SUBSCRIBERS[:1])


@defect("vendors.shipped_is_cancelled", breaks="VND-07")
def shipped_is_cancelled(patch: Patch) -> None:
    """Cancelling an order cancels all of its shares, those included that are on their way."""
    from reference_impl.modules.vendors import models, repository

    sound = repository.VendorOrderRepository.cancel_of

    async def cancel_of(
        self: VendorOrderRepository, tenant_id: str, order_id: str, allowed: Sequence[str]
    ) -> list[str]:
        return await sound(self, tenant_id, order_id, models.VENDOR_ORDERS.statuses)

    patch.setattr(repository.VendorOrderRepository, "cancel_of", cancel_of)


@defect("vendors.cancelled_still_earns", breaks=("VND-07", "COM-09"))
def cancelled_still_earns(patch: Patch) -> None:
    """The share is cancelled; its commission was forgotten."""
    from reference_impl.modules.vendors import repository

    sound = repository.VendorOrderRepository.turn_commissions

    async def turn_commissions(
        self: VendorOrderRepository, vendor_order_ids: Sequence[str], status: str, *conditions: Any
    ) -> None:
        if status != "reversed":
            await sound(self, vendor_order_ids, status, *conditions)

    patch.setattr(repository.VendorOrderRepository, "turn_commissions", turn_commissions)


@defect("vendors.approved_by_default", breaks=("VND-08", "VND-09"))
def approved_by_default(patch: Patch) -> None:
    """A new vendor is active at once: the column's default was changed for a demonstration."""
    patch.sql("ALTER TABLE vendor ALTER COLUMN status SET DEFAULT 'active'")


@defect("vendors.decided_without_a_look", breaks="VND-08")
def decided_without_a_look(patch: Patch) -> None:
    """A vendor's status is set without a look at the old one."""
    from reference_impl.modules.vendors import models, repository

    sound = repository.VendorRepository.turn

    async def turn(
        self: VendorRepository, tenant_id: str, vendor_id: str, allowed: Sequence[str], status: str, reason: str | None
    ) -> Vendor | None:
        return await sound(self, tenant_id, vendor_id, models.VENDORS.statuses, status, reason)

    patch.setattr(repository.VendorRepository, "turn", turn)


@defect("vendors.decision_read_then_written", breaks="VND-08")
def decision_read_then_written(patch: Patch) -> None:
    """A vendor's status is read, found to be good, and then written, whatever it is by then."""
    from reference_impl.modules.vendors import models, repository

    sound = repository.VendorRepository.turn

    async def turn(
        self: VendorRepository, tenant_id: str, vendor_id: str, allowed: Sequence[str], status: str, reason: str | None
    ) -> Vendor | None:
        now = await self.get(tenant_id, vendor_id)
        if now is None or now.status not in allowed:
            return None
        await asyncio.sleep(LOOK_S)
        return await sound(self, tenant_id, vendor_id, models.VENDORS.statuses, status, reason)

    patch.setattr(repository.VendorRepository, "turn", turn)


@defect("vendors.unknown_vendor_500", breaks="VND-08")
def unknown_vendor_500(patch: Patch) -> None:
    """Nobody asks whether the vendor was found."""
    from reference_impl.modules.vendors import service

    async def get(self: VendorService, tenant_id: str, vendor_id: str) -> Any:
        return await self._vendors.get(tenant_id, vendor_id)

    patch.setattr(service.VendorService, "get", get)


@defect("vendors.handle_looked_up_only", breaks="VND-09")
def handle_looked_up_only(patch: Patch) -> None:
    """Whether a handle is taken is looked up first, and no unique index backs that."""
    from reference_impl.core.errors import Duplicate
    from reference_impl.modules.vendors import service

    sound = service.VendorService.create

    async def create(self: VendorService, tenant_id: str, body: NewVendor) -> Vendor:
        _, count = await self.page(tenant_id, status=None, handle=body.handle, limit=1, offset=0)
        if count:
            raise Duplicate(f"Vendor with handle: {body.handle}, already exists")
        await asyncio.sleep(LOOK_S)
        return await sound(self, tenant_id, body)

    patch.setattr(service.VendorService, "create", create)
    patch.sql("DROP INDEX IF EXISTS uq_vendor_tenant_handle")


@defect("vendors.rate_of_any_size", breaks=("VND-09", "COM-08"))
def rate_of_any_size(patch: Patch) -> None:
    """A rate is a number; that it is per cent of something was not written down."""
    from decimal import Decimal
    from typing import Annotated

    import pydantic

    from reference_impl.core import money

    sound = pydantic.Field

    def field(*values: Any, **options: Any) -> Any:
        return sound(*values, **{name: value for name, value in options.items() if (name, value) != ("le", 100)})

    patch.setattr(pydantic, "Field", field)
    patch.setattr(money, "NonNegativeAmount", Annotated[Decimal, pydantic.BeforeValidator(money._exact)])
    patch.sql("ALTER TABLE vendor DROP CONSTRAINT IF EXISTS ck_vendor_commission_rate")
    patch.sql("ALTER TABLE commission_rule DROP CONSTRAINT IF EXISTS ck_commission_rule_rate")


@defect("vendors.any_token_is_an_operators", breaks=("VND-10", "PYO-07"))
def any_token_is_an_operators(patch: Patch) -> None:
    """Whoever has logged in as something of the tenant's may do what its operators do."""
    from reference_impl.core import auth

    sound = sound_guard()

    async def guard(self: Guard, request: Request) -> Caller:
        if self.who != "operator":
            return await sound(self, request)
        claims = auth.bearer_claims(request)
        return replace(auth._caller(claims, claims["actor_type"]), role="super_admin")

    set_guard(patch, guard)


@defect("vendors.pages_for_everybody", breaks="VND-10")
def pages_for_everybody(patch: Patch) -> None:
    """The vendors' pages ask for a log-in, and not for whose."""
    from reference_impl.core import auth

    sound = sound_guard()

    async def guard(self: Guard, request: Request) -> Caller:
        if self.who != "vendor":
            return await sound(self, request)
        claims = auth.bearer_claims(request)
        return auth._caller(claims, claims["actor_type"])

    set_guard(patch, guard)


@defect("vendors.tenant_forgotten", breaks="VND-13")
def tenant_forgotten(patch: Patch) -> None:
    """Vendors and payouts are found by their id alone, in whichever tenant they are."""
    from reference_impl.modules.vendors import models, repository, schemas

    async def vendor(self: VendorRepository, tenant_id: str, vendor_id: str) -> Vendor | None:
        return await self._one(schemas.Vendor, models.vendor, models.vendor.c.id == vendor_id)

    async def payout(self: PayoutRepository, tenant_id: str, payout_id: str) -> Payout | None:
        return await self._one(schemas.Payout, models.payout, models.payout.c.id == payout_id)

    patch.setattr(repository.VendorRepository, "get", vendor)
    patch.setattr(repository.PayoutRepository, "get", payout)
