"""What may happen to vendors, to their shares of orders, to their commissions and to their money."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Depends, Request

from reference_impl.core.database import UniqueViolation
from reference_impl.core.errors import Conflict, Duplicate, InvalidData, NotFound
from reference_impl.core.ids import new_id
from reference_impl.core.numbers import next_number
from reference_impl.core.outbox import publish
from reference_impl.core.routing import work_of
from reference_impl.modules.customers.service import CustomerService
from reference_impl.modules.tenants.service import TenantService
from reference_impl.modules.vendors.commission import DEFAULT, Terms, divide, rate_of
from reference_impl.modules.vendors.models import VENDOR_ORDERS, commission
from reference_impl.modules.vendors.repository import VendorOrderRepository, VendorRepository
from reference_impl.modules.vendors.schemas import Account

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from reference_impl.core.database import Work
    from reference_impl.modules.orders.service import Line, OrderFacts
    from reference_impl.modules.vendors.rule_schemas import NewRule
    from reference_impl.modules.vendors.schemas import (
        Commission,
        Fulfillment,
        NewVendor,
        Rule,
        Summary,
        Vendor,
        VendorOrder,
    )

DECISIONS: Final = {
    "approve": ("pending", "active"),
    "reject": ("pending", "rejected"),
    "suspend": ("active", "suspended"),
    "reinstate": ("suspended", "active"),
}
"""What an operator decides about a vendor: from which status, to which."""

BEFORE_SHIPPING: Final = ("pending", "acknowledged", "processing", "ready_to_ship")


class VendorService:
    """Vendors, who speaks for them, and the rules of their commission."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._vendors = VendorRepository(work)

    async def create(self, tenant_id: str, body: NewVendor) -> Vendor:
        """A new vendor, who waits for approval; raises Duplicate when the handle is taken."""
        values = {
            "id": new_id("vend"),
            "tenant_id": tenant_id,
            "handle": body.handle,
            "business_name": body.businessName,
            "legal_name": body.legalName,
            "email": body.email,
            "phone": body.phone,
            "address": body.address.stored(),
            "commission_rate": body.commissionRate,
        }
        try:
            return await self._vendors.add(values)
        except UniqueViolation:
            raise Duplicate(f"Vendor with handle: {body.handle}, already exists") from None

    async def get(self, tenant_id: str, vendor_id: str) -> Vendor:
        found = await self._vendors.get(tenant_id, vendor_id)
        if found is None:
            raise NotFound(f"Vendor with id: {vendor_id} was not found")
        return found

    async def page(
        self, tenant_id: str, *, status: str | None, handle: str | None, limit: int, offset: int
    ) -> tuple[list[Vendor], int]:
        return await self._vendors.page(tenant_id, status=status, handle=handle, limit=limit, offset=offset)

    async def decide(self, tenant_id: str, vendor_id: str, decision: str, reason: str | None) -> Vendor:
        """One of DECISIONS; raises Conflict when the vendor's status does not allow it."""
        old, new = DECISIONS[decision]
        changed = await self._vendors.turn(tenant_id, vendor_id, (old,), new, reason)
        if changed is not None:
            return changed
        now = await self.get(tenant_id, vendor_id)
        raise Conflict(f"Vendor is {now.status}; only one that is {old} becomes {new}")

    async def add_account(self, tenant_id: str, vendor_id: str, email: str) -> Account:
        """Let a registered log-in speak for the vendor; raises NotFound or Duplicate."""
        vendor = await self.get(tenant_id, vendor_id)
        account_id = new_id("vac")
        await CustomerService(self._work).add_vendor_account(
            tenant_id, email, account_id=account_id, vendor_id=vendor.id, name=vendor.business_name
        )
        return Account(id=account_id, email=email, vendor_id=vendor.id)

    async def create_rule(self, tenant_id: str, body: NewRule) -> Rule:
        """A new commission rule; raises NotFound for a vendor that the tenant does not have."""
        if body.vendor_id is not None:
            await self.get(tenant_id, body.vendor_id)
        tiers = None if body.tiers is None else [tier.tier() for tier in body.tiers]
        values = {**body.model_dump(), "tiers": tiers, "id": new_id("crule"), "tenant_id": tenant_id}
        return await self._vendors.add_rule(values)

    async def change_rule(self, tenant_id: str, rule_id: str, status: str) -> Rule:
        changed = await self._vendors.change_rule(tenant_id, rule_id, status)
        if changed is None:
            raise NotFound(f"Commission rule with id: {rule_id} was not found")
        return changed

    async def rules(self, tenant_id: str, *, vendor_id: str | None, limit: int, offset: int) -> tuple[list[Rule], int]:
        return await self._vendors.rules(tenant_id, vendor_id=vendor_id, limit=limit, offset=offset)

    async def terms(self, tenant_id: str, vendor_id: str, currency: str, at: datetime) -> Terms:
        """What holds for a vendor at a moment.

        Its own rule, else the rate agreed with it, else a global rule, else 15 %.
        """
        vendor = await self.get(tenant_id, vendor_id)
        rule = await self._vendors.best_rule(tenant_id, vendor_id, currency, at)
        if vendor.commission_rate is not None and (rule is None or rule.vendor_id is None):
            return Terms("percentage", rate=vendor.commission_rate)
        if rule is None:
            return DEFAULT
        tiers = tuple(rule.tiers or ())
        return Terms(rule.type, rate=rule.rate, flat_amount=rule.flat_amount, tiers=tiers, rule_id=rule.id)


class VendorOrderService:
    """The vendors' shares of orders."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._orders = VendorOrderRepository(work)

    async def split(self, tenant_id: str, order: OrderFacts) -> None:
        """One vendor order for each vendor of the order that has none yet, on the terms of when it was placed."""
        shares: dict[str, list[Line]] = defaultdict(list)
        for line in order.lines:
            if line.vendor_id is not None:
                shares[line.vendor_id].append(line)
        for vendor_id in sorted(shares):  # in one order, so that two deliveries at once do not wait for each other
            await self._share(tenant_id, order, vendor_id, shares[vendor_id])

    async def _share(self, tenant_id: str, order: OrderFacts, vendor_id: str, lines: Sequence[Line]) -> None:
        currency = order.currency_code
        terms = await VendorService(self._work).terms(tenant_id, vendor_id, currency, order.created_at)
        shares = divide(terms, [line.subtotal for line in lines], currency)
        subtotal = sum((share.subtotal for share in shares), Decimal(0))
        owed = sum((share.commission for share in shares), Decimal(0))
        sums = {"commission_amount": owed, "net_amount": sum((share.net for share in shares), Decimal(0))}
        ours = {"tenant_id": tenant_id, "vendor_id": vendor_id, "order_id": order.id, "currency_code": currency}
        vendor_order_id = new_id("vord")
        values = {
            **ours,
            **sums,
            "id": vendor_order_id,
            "vendor_order_number": await next_number(self._work, "VOR", "vendor_order_number"),
            "status": "pending",
            "subtotal": subtotal,
            "total": subtotal,  # the platform collects shipping and tax
        }
        rows = [
            {
                "id": new_id("vordli"),
                "vendor_order_id": vendor_order_id,
                "order_line_id": line.id,
                "position": position,
                "product_id": line.product_id,
                "variant_id": line.variant_id,
                "title": line.title,
                "quantity": line.quantity,
                "unit_price": line.unit_price,
                "subtotal": share.subtotal,
                "commission_amount": share.commission,
                "net_amount": share.net,
            }
            for position, (line, share) in enumerate(zip(lines, shares, strict=True))
        ]
        earned = {
            **ours,
            **sums,
            "id": new_id("comm"),
            "vendor_order_id": vendor_order_id,
            "rule_id": terms.rule_id,
            "commission_rate": rate_of(terms, subtotal),
            "gross_amount": subtotal,
            "status": "pending",
        }
        if not await self._orders.add(values, rows, earned):
            return
        told = ("order_id", "vendor_id", "vendor_order_number", "currency_code", "subtotal", *sums)
        payload = {"id": vendor_order_id, **{name: values[name] for name in told}}
        await publish(
            self._work, "vendor_order.created", tenant_id=tenant_id, aggregate_id=vendor_order_id, payload=payload
        )

    async def lock_order(self, order_id: str) -> None:
        """Let nobody else split this order or cancel its shares until this transaction has ended."""
        await self._orders.lock_order(order_id)

    async def cancel_of(self, tenant_id: str, order_id: str) -> None:
        """The order is cancelled: so are its vendor orders, and their commissions reversed, unless they are shipped."""
        cancelled = await self._orders.cancel_of(tenant_id, order_id, VENDOR_ORDERS.allowed_from("cancelled"))
        await self._orders.turn_commissions(cancelled, "reversed")

    async def get(self, tenant_id: str, vendor_order_id: str, vendor_id: str | None = None) -> VendorOrder:
        """A vendor order; with a vendor_id, only if it is theirs."""
        found = await self._orders.get(tenant_id, vendor_order_id, vendor_id)
        if found is None:
            raise NotFound(f"Vendor order with id: {vendor_order_id} was not found")
        return found

    async def page(self, tenant_id: str, *, limit: int, offset: int, **wanted: Any) -> tuple[list[VendorOrder], int]:
        """One page; `wanted`: vendor_id, status, order_id, each or None."""
        return await self._orders.page(tenant_id, limit=limit, offset=offset, **wanted)

    async def advance(self, tenant_id: str, vendor_id: str, vendor_order_id: str, status: str) -> VendorOrder:
        """What a vendor tells of an order: acknowledged, processing, ready_to_ship, delivered, completed."""
        allowed = VENDOR_ORDERS.allowed_from(status)
        if status == "completed":
            allowed = ("delivered",)  # a dispute is not ended by one of its sides
        return await self._turn(tenant_id, vendor_order_id, vendor_id, allowed, status)

    async def fulfil(self, tenant_id: str, vendor_id: str, vendor_order_id: str, body: Fulfillment) -> VendorOrder:
        """Ship all of it, which takes every step before that as done; its commission becomes payable."""
        if body.items is not None:
            order = await self.get(tenant_id, vendor_order_id, vendor_id)
            by_line = {line.order_line_id: line.id for line in order.items}
            sent = sorted((by_line.get(item.id, item.id), item.quantity) for item in body.items)
            if sent != sorted((line.id, line.quantity) for line in order.items):
                raise InvalidData("items: a vendor order is shipped whole; name all its lines in full, or none")
        shipment = {"tracking_number": body.tracking_number, "carrier": body.carrier, "shipped_at": self._work.now()}
        shipped = await self._turn(tenant_id, vendor_order_id, vendor_id, BEFORE_SHIPPING, "shipped", **shipment)
        await self._orders.turn_commissions([vendor_order_id], "payable")
        return shipped

    async def rule_on(self, tenant_id: str, vendor_order_id: str, status: str) -> VendorOrder:
        """What an operator decides: cancelled, returned, disputed, or completed, which ends a dispute.

        A cancelled or returned one earns nothing, what was paid for it included; a disputed one nothing for the time.
        """
        allowed = ("disputed",) if status == "completed" else VENDOR_ORDERS.allowed_from(status)
        stamps = {"cancelled_at": self._work.now()} if status == "cancelled" else {}
        changed = await self._turn(tenant_id, vendor_order_id, None, allowed, status, **stamps)
        effects = {"cancelled": "reversed", "returned": "reversed", "disputed": "pending", "completed": "payable"}
        claimed = () if status != "disputed" else (commission.c.payout_id.is_(None),)
        await self._orders.turn_commissions([vendor_order_id], effects[status], *claimed)
        return changed

    async def _turn(
        self,
        tenant_id: str,
        vendor_order_id: str,
        vendor_id: str | None,
        allowed: Sequence[str],
        status: str,
        **values: Any,
    ) -> VendorOrder:
        turned = await self._orders.turn(tenant_id, vendor_order_id, vendor_id, allowed, status, **values)
        now = await self.get(tenant_id, vendor_order_id, vendor_id)
        if not turned:
            raise Conflict(f"Vendor order is {now.status}; it cannot become {status}")
        return now

    async def commissions(
        self, tenant_id: str, vendor_id: str, *, currency: str | None, limit: int, offset: int
    ) -> tuple[list[Commission], int, Summary]:
        """A vendor's commissions, and their totals in one currency: the one asked for, else the tenant's."""
        rows, count = await self._orders.commissions(
            tenant_id, vendor_id, currency=currency, limit=limit, offset=offset
        )
        counted = currency or (await TenantService(self._work).get(tenant_id)).currency_code
        return rows, count, await self._orders.summary(tenant_id, vendor_id, counted)


async def _vendors(request: Request) -> VendorService:
    return VendorService(work_of(request))


async def _vendor_orders(request: Request) -> VendorOrderService:
    return VendorOrderService(work_of(request))


Vendors = Annotated[VendorService, Depends(_vendors)]
VendorOrders = Annotated[VendorOrderService, Depends(_vendor_orders)]
