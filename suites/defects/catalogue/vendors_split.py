"""Defects of dividing an order among its vendors, and of who sees the shares."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from suites.defects.registry import defect

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reference_impl.core.database import Work
    from reference_impl.modules.orders.service import OrderFacts
    from reference_impl.modules.vendors.repository import VendorOrderRepository
    from reference_impl.modules.vendors.schemas import VendorOrder
    from reference_impl.modules.vendors.service import VendorOrderService
    from suites.defects.registry import Patch

_LINE_ONCE = "ALTER TABLE vendor_order_line DROP CONSTRAINT IF EXISTS uq_vendor_order_line_order_line_id"


@defect("vendors.event_lost", breaks="VND-01")
def event_lost(patch: Patch) -> None:
    """Nobody subscribes to order.placed: a nightly job was to split the orders."""
    from reference_impl.modules.vendors import subscribers

    patch.setattr(subscribers, "SUBSCRIBERS", subscribers.SUBSCRIBERS[1:])


@defect("vendors.event_handled_twice", breaks="VND-01")
def event_handled_twice(patch: Patch) -> None:
    """The handler was renamed and the old one left registered; no unique index holds one share per order and vendor."""
    from sqlalchemy import insert

    from reference_impl.core.outbox import Subscriber
    from reference_impl.modules.vendors import models, repository, subscribers

    async def add(
        self: VendorOrderRepository,
        values: Mapping[str, Any],
        lines: Sequence[Mapping[str, Any]],
        earned: Mapping[str, Any],
    ) -> bool:
        await self._work.execute(insert(models.vendor_order), self._new(**values))
        await self._work.execute(insert(models.vendor_order_line), list(lines))
        await self._work.execute(insert(models.commission), self._new(**earned))
        return True

    old = Subscriber("vendors.split_order", "order.placed", subscribers.split)
    patch.setattr(repository.VendorOrderRepository, "add", add)
    patch.setattr(subscribers, "SUBSCRIBERS", [*subscribers.SUBSCRIBERS, old])
    patch.sql("DROP INDEX IF EXISTS uq_vendor_order_order_vendor")
    patch.sql(_LINE_ONCE)


@defect("vendors.lines_of_all", breaks=("VND-02", "VND-04", "COM-11"))
def lines_of_all(patch: Patch) -> None:
    """Each vendor of an order gets all of its lines."""
    from reference_impl.modules.vendors import service

    async def split(self: VendorOrderService, tenant_id: str, order: OrderFacts) -> None:
        for vendor_id in sorted({line.vendor_id for line in order.lines if line.vendor_id}):
            await self._share(tenant_id, order, vendor_id, order.lines)

    patch.setattr(service.VendorOrderService, "split", split)
    patch.sql(_LINE_ONCE)


@defect("vendors.quantity_forgotten", breaks=("VND-02", "COM-11"))
def quantity_forgotten(patch: Patch) -> None:
    """A line costs what one piece of it costs."""
    _change_lines(patch, lambda line: replace(line, subtotal=line.unit_price))


@defect("vendors.discount_from_the_vendor", breaks=("VND-02", "COM-11"))
def discount_from_the_vendor(patch: Patch) -> None:
    """The platform's promotion is paid by the vendors: their shares are what the customer paid."""
    _change_lines(patch, lambda line: replace(line, subtotal=line.subtotal - line.discount_total))


@defect("vendors.previous_vendor_leaks", breaks="VND-05")
def previous_vendor_leaks(patch: Patch) -> None:
    """The vendor of the line before is kept in a variable: what is the platform's own goes to whoever came last."""
    from reference_impl.modules.vendors import service

    sound = service.VendorOrderService.split
    seen: dict[str, str] = {}

    async def split(self: VendorOrderService, tenant_id: str, order: OrderFacts) -> None:
        lines = []
        for line in order.lines:
            seen[tenant_id] = line.vendor_id or seen.get(tenant_id, "")
            lines.append(replace(line, vendor_id=seen[tenant_id] or None))
        await sound(self, tenant_id, replace(order, lines=lines))

    patch.setattr(service.VendorOrderService, "split", split)


@defect("vendors.currency_of_the_tenant", breaks="VND-03")
def currency_of_the_tenant(patch: Patch) -> None:
    """Shares are booked in the currency that the tenant usually takes."""
    from reference_impl.modules.tenants.service import TenantService
    from reference_impl.modules.vendors import service

    sound = service.VendorOrderService.split

    async def split(self: VendorOrderService, tenant_id: str, order: OrderFacts) -> None:
        tenant = await TenantService(self._work).get(tenant_id)
        await sound(self, tenant_id, replace(order, currency_code=tenant.currency_code))

    patch.setattr(service.VendorOrderService, "split", split)


@defect("vendors.number_from_the_clock", breaks="VND-12")
def number_from_the_clock(patch: Patch) -> None:
    """The number of a vendor order is the second in which it was made."""
    from reference_impl.modules.vendors import service

    async def number(work: Work, prefix: str, sequence: str) -> str:
        return f"{prefix}-{work.now():%Y%m%d%H%M%S}"

    patch.setattr(service, "next_number", number)
    patch.sql("ALTER TABLE vendor_order DROP CONSTRAINT IF EXISTS uq_vendor_order_vendor_order_number")


@defect("vendors.shares_of_everybody", breaks=("VND-04", "VND-11"))
def shares_of_everybody(patch: Patch) -> None:
    """The list asks for the tenant and not for the vendor."""
    from reference_impl.modules.vendors import repository

    sound = repository.VendorOrderRepository.page

    async def page(self: VendorOrderRepository, tenant_id: str, **wanted: Any) -> tuple[list[VendorOrder], int]:
        return await sound(self, tenant_id, **{**wanted, "vendor_id": None})

    patch.setattr(repository.VendorOrderRepository, "page", page)


@defect("vendors.share_by_id_alone", breaks="VND-04")
def share_by_id_alone(patch: Patch) -> None:
    """Who knows the id of a share reads it and ships it."""
    from reference_impl.modules.vendors import repository

    get, turn = repository.VendorOrderRepository.get, repository.VendorOrderRepository.turn

    async def get_any(
        self: VendorOrderRepository, tenant_id: str, vendor_order_id: str, vendor_id: str | None = None
    ) -> VendorOrder | None:
        return await get(self, tenant_id, vendor_order_id)

    async def turn_any(
        self: VendorOrderRepository,
        tenant_id: str,
        vendor_order_id: str,
        vendor_id: str | None,
        *rest: Any,
        **more: Any,
    ) -> bool:
        return await turn(self, tenant_id, vendor_order_id, None, *rest, **more)

    patch.setattr(repository.VendorOrderRepository, "get", get_any)
    patch.setattr(repository.VendorOrderRepository, "turn", turn_any)


@defect("vendors.status_filter_ignored", breaks="VND-11")
def status_filter_ignored(patch: Patch) -> None:
    """`status` is documented, validated, and not asked for in the query."""
    from reference_impl.modules.vendors import repository

    sound = repository.VendorOrderRepository.page

    async def page(self: VendorOrderRepository, tenant_id: str, **wanted: Any) -> tuple[list[VendorOrder], int]:
        return await sound(self, tenant_id, **{**wanted, "status": None})

    patch.setattr(repository.VendorOrderRepository, "page", page)


def _change_lines(patch: Patch, change: Any) -> None:
    """Split orders as they would be with other lines."""
    from reference_impl.modules.vendors import service

    sound = service.VendorOrderService.split

    async def split(self: VendorOrderService, tenant_id: str, order: OrderFacts) -> None:
        await sound(self, tenant_id, replace(order, lines=[change(line) for line in order.lines]))

    patch.setattr(service.VendorOrderService, "split", split)
