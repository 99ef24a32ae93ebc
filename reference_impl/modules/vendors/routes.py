"""Routes of vendors."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from reference_impl.core.auth import Admin, Finance, Support, Vendor, Viewer
from reference_impl.core.errors import (
    Conflict,
    Duplicate,
    Forbidden,
    InvalidData,
    NotAllowed,
    NotFound,
    TooLarge,
    Unauthorized,
    errors,
)
from reference_impl.core.ids import EntityId
from reference_impl.core.money import CurrencyCode
from reference_impl.core.pagination import DEFAULT_LIMIT, Limit, Offset
from reference_impl.core.routing import PlatformRoute
from reference_impl.modules.vendors.payouts import Payouts
from reference_impl.modules.vendors.rule_schemas import NewRule, RuleChange
from reference_impl.modules.vendors.schemas import (
    AccountEnvelope,
    CommissionList,
    Fulfillment,
    NewAccount,
    NewVendor,
    PayoutAdjustment,
    PayoutDetail,
    PayoutEnvelope,
    PayoutList,
    PayoutRequest,
    PayoutStatus,
    Processing,
    Reason,
    RuleEnvelope,
    RuleList,
    VendorEnvelope,
    VendorList,
    VendorOrderEnvelope,
    VendorOrderList,
    VendorOrderStatus,
    VendorStatus,
)
from reference_impl.modules.vendors.service import VendorOrders, Vendors

router = APIRouter(route_class=PlatformRoute, tags=["vendors"])
Filter = Annotated[str | None, Query(max_length=100)]
_list_errors = errors(InvalidData, Unauthorized, Forbidden)
_make_errors = errors(InvalidData, Unauthorized, Forbidden, NotFound, TooLarge, Duplicate)
_change_errors = errors(InvalidData, Unauthorized, Forbidden, NotFound, Conflict, TooLarge)
_own_list_errors = errors(InvalidData, Unauthorized)
_own_change_errors = errors(InvalidData, Unauthorized, NotFound, Conflict, TooLarge)


# --- Vendors and their commission rules -----------------------------------------------------------------------------


@router.get("/admin/vendors", responses=_list_errors)
async def list_vendors(
    operator: Viewer,
    vendors: Vendors,
    limit: Limit = DEFAULT_LIMIT,
    offset: Offset = 0,
    status: VendorStatus | None = None,
    handle: Filter = None,
) -> VendorList:
    """The vendors of the operator's tenant, newest first."""
    rows, count = await vendors.page(operator.tenant_id, status=status, handle=handle, limit=limit, offset=offset)
    return VendorList(vendors=rows, count=count, offset=offset, limit=limit)


@router.post(
    "/admin/vendors", status_code=201, responses=errors(InvalidData, Unauthorized, Forbidden, Duplicate, TooLarge)
)
async def create_vendor(body: NewVendor, operator: Admin, vendors: Vendors) -> VendorEnvelope:
    """A new vendor, who waits for approval."""
    return VendorEnvelope(await vendors.create(operator.tenant_id, body))


@router.get("/admin/vendors/{vendor_id}", responses=errors(Unauthorized, Forbidden, NotFound))
async def read_vendor(vendor_id: EntityId, operator: Viewer, vendors: Vendors) -> VendorEnvelope:
    """One vendor of the operator's tenant."""
    return VendorEnvelope(await vendors.get(operator.tenant_id, vendor_id))


@router.post("/admin/vendors/{vendor_id}/approve", responses=_change_errors)
async def approve(vendor_id: EntityId, operator: Admin, vendors: Vendors, body: Reason | None = None) -> VendorEnvelope:
    """Let a new vendor sell."""
    return VendorEnvelope(await vendors.decide(operator.tenant_id, vendor_id, "approve", body.reason if body else None))


@router.post("/admin/vendors/{vendor_id}/reject", responses=_change_errors)
async def reject(vendor_id: EntityId, operator: Admin, vendors: Vendors, body: Reason | None = None) -> VendorEnvelope:
    """Turn a new vendor down, for ever."""
    return VendorEnvelope(await vendors.decide(operator.tenant_id, vendor_id, "reject", body.reason if body else None))


@router.post("/admin/vendors/{vendor_id}/suspend", responses=_change_errors)
async def suspend(vendor_id: EntityId, operator: Admin, vendors: Vendors, body: Reason | None = None) -> VendorEnvelope:
    """Stop a vendor: no money leaves for it until it is reinstated."""
    return VendorEnvelope(await vendors.decide(operator.tenant_id, vendor_id, "suspend", body.reason if body else None))


@router.post("/admin/vendors/{vendor_id}/reinstate", responses=_change_errors)
async def reinstate(
    vendor_id: EntityId, operator: Admin, vendors: Vendors, body: Reason | None = None
) -> VendorEnvelope:
    """Make a suspended vendor active again."""
    return VendorEnvelope(
        await vendors.decide(operator.tenant_id, vendor_id, "reinstate", body.reason if body else None)
    )


@router.post("/admin/vendors/{vendor_id}/accounts", status_code=201, responses=_make_errors)
async def add_account(vendor_id: EntityId, body: NewAccount, operator: Admin, vendors: Vendors) -> AccountEnvelope:
    """Let somebody who has registered a vendor log-in speak for the vendor, from the next log-in on."""
    return AccountEnvelope(await vendors.add_account(operator.tenant_id, vendor_id, body.email))


@router.get("/admin/commission-rules", responses=_list_errors)
async def list_rules(
    operator: Viewer, vendors: Vendors, limit: Limit = DEFAULT_LIMIT, offset: Offset = 0, vendor_id: Filter = None
) -> RuleList:
    """The commission rules of the operator's tenant, newest first."""
    rows, count = await vendors.rules(operator.tenant_id, vendor_id=vendor_id, limit=limit, offset=offset)
    return RuleList(commission_rules=rows, count=count, offset=offset, limit=limit)


@router.post(
    "/admin/commission-rules",
    status_code=201,
    responses=errors(InvalidData, Unauthorized, Forbidden, NotFound, TooLarge),
)
async def create_rule(body: NewRule, operator: Finance, vendors: Vendors) -> RuleEnvelope:
    """A rule for one vendor, or for all of the tenant's vendors that have none of their own."""
    return RuleEnvelope(await vendors.create_rule(operator.tenant_id, body))


@router.post(
    "/admin/commission-rules/{rule_id}", responses=errors(InvalidData, Unauthorized, Forbidden, NotFound, TooLarge)
)
async def change_rule(rule_id: EntityId, body: RuleChange, operator: Finance, vendors: Vendors) -> RuleEnvelope:
    """Switch a rule on or off. Its terms stay as they are: make another rule for other terms."""
    return RuleEnvelope(await vendors.change_rule(operator.tenant_id, rule_id, body.status))


# --- Vendor orders --------------------------------------------------------------------------------------------------


@router.get("/vendor/orders", responses=_own_list_errors)
async def list_own_orders(
    vendor: Vendor,
    orders: VendorOrders,
    limit: Limit = DEFAULT_LIMIT,
    offset: Offset = 0,
    status: VendorOrderStatus | None = None,
    order_id: Filter = None,
) -> VendorOrderList:
    """The vendor's shares of orders, newest first."""
    wanted = {"vendor_id": vendor.vendor_id, "status": status, "order_id": order_id}
    rows, count = await orders.page(vendor.tenant_id, limit=limit, offset=offset, **wanted)
    return VendorOrderList(orders=rows, count=count, offset=offset, limit=limit)


@router.get("/vendor/orders/{vendor_order_id}", responses=errors(Unauthorized, NotFound))
async def read_own_order(vendor_order_id: EntityId, vendor: Vendor, orders: VendorOrders) -> VendorOrderEnvelope:
    """One of the vendor's shares of orders."""
    return VendorOrderEnvelope(await orders.get(vendor.tenant_id, vendor_order_id, vendor.vendor_id))


@router.post("/vendor/orders/{vendor_order_id}/fulfill", responses=_own_change_errors)
async def fulfil(
    vendor_order_id: EntityId, body: Fulfillment, vendor: Vendor, orders: VendorOrders
) -> VendorOrderEnvelope:
    """Ship it, from any status before that."""
    return VendorOrderEnvelope(await orders.fulfil(vendor.tenant_id, vendor.vendor_id, vendor_order_id, body))


@router.post("/vendor/orders/{vendor_order_id}/acknowledge", responses=_own_change_errors)
async def acknowledge(vendor_order_id: EntityId, vendor: Vendor, orders: VendorOrders) -> VendorOrderEnvelope:
    """pending → acknowledged."""
    return VendorOrderEnvelope(
        await orders.advance(vendor.tenant_id, vendor.vendor_id, vendor_order_id, "acknowledged")
    )


@router.post("/vendor/orders/{vendor_order_id}/process", responses=_own_change_errors)
async def start(vendor_order_id: EntityId, vendor: Vendor, orders: VendorOrders) -> VendorOrderEnvelope:
    """acknowledged → processing."""
    return VendorOrderEnvelope(await orders.advance(vendor.tenant_id, vendor.vendor_id, vendor_order_id, "processing"))


@router.post("/vendor/orders/{vendor_order_id}/ready", responses=_own_change_errors)
async def make_ready(vendor_order_id: EntityId, vendor: Vendor, orders: VendorOrders) -> VendorOrderEnvelope:
    """processing → ready_to_ship."""
    return VendorOrderEnvelope(
        await orders.advance(vendor.tenant_id, vendor.vendor_id, vendor_order_id, "ready_to_ship")
    )


@router.post("/vendor/orders/{vendor_order_id}/deliver", responses=_own_change_errors)
async def deliver(vendor_order_id: EntityId, vendor: Vendor, orders: VendorOrders) -> VendorOrderEnvelope:
    """shipped → delivered."""
    return VendorOrderEnvelope(await orders.advance(vendor.tenant_id, vendor.vendor_id, vendor_order_id, "delivered"))


@router.post("/vendor/orders/{vendor_order_id}/complete", responses=_own_change_errors)
async def complete(vendor_order_id: EntityId, vendor: Vendor, orders: VendorOrders) -> VendorOrderEnvelope:
    """delivered → completed."""
    return VendorOrderEnvelope(await orders.advance(vendor.tenant_id, vendor.vendor_id, vendor_order_id, "completed"))


@router.get("/admin/vendor-orders", responses=_list_errors)
async def list_orders(
    operator: Viewer,
    orders: VendorOrders,
    limit: Limit = DEFAULT_LIMIT,
    offset: Offset = 0,
    status: VendorOrderStatus | None = None,
    order_id: Filter = None,
    vendor_id: Filter = None,
) -> VendorOrderList:
    """The vendor orders of the operator's tenant, newest first."""
    wanted = {"vendor_id": vendor_id, "status": status, "order_id": order_id}
    rows, count = await orders.page(operator.tenant_id, limit=limit, offset=offset, **wanted)
    return VendorOrderList(orders=rows, count=count, offset=offset, limit=limit)


@router.get("/admin/vendor-orders/{vendor_order_id}", responses=errors(Unauthorized, Forbidden, NotFound))
async def read_order(vendor_order_id: EntityId, operator: Viewer, orders: VendorOrders) -> VendorOrderEnvelope:
    """One vendor order of the operator's tenant."""
    return VendorOrderEnvelope(await orders.get(operator.tenant_id, vendor_order_id))


@router.post("/admin/vendor-orders/{vendor_order_id}/cancel", responses=_change_errors)
async def cancel(vendor_order_id: EntityId, operator: Support, orders: VendorOrders) -> VendorOrderEnvelope:
    """Cancel it, until it is shipped; its commission is reversed."""
    return VendorOrderEnvelope(await orders.rule_on(operator.tenant_id, vendor_order_id, "cancelled"))


@router.post("/admin/vendor-orders/{vendor_order_id}/return", responses=_change_errors)
async def take_back(vendor_order_id: EntityId, operator: Support, orders: VendorOrders) -> VendorOrderEnvelope:
    """shipped, delivered or disputed → returned; its commission is reversed, and taken back if it was paid out."""
    return VendorOrderEnvelope(await orders.rule_on(operator.tenant_id, vendor_order_id, "returned"))


@router.post("/admin/vendor-orders/{vendor_order_id}/dispute", responses=_change_errors)
async def dispute(vendor_order_id: EntityId, operator: Support, orders: VendorOrders) -> VendorOrderEnvelope:
    """shipped or delivered → disputed; nothing is paid out for it while that lasts."""
    return VendorOrderEnvelope(await orders.rule_on(operator.tenant_id, vendor_order_id, "disputed"))


@router.post("/admin/vendor-orders/{vendor_order_id}/resolve", responses=_change_errors)
async def resolve(vendor_order_id: EntityId, operator: Support, orders: VendorOrders) -> VendorOrderEnvelope:
    """disputed → completed."""
    return VendorOrderEnvelope(await orders.rule_on(operator.tenant_id, vendor_order_id, "completed"))


@router.get("/vendor/commissions", responses=_own_list_errors)
async def list_commissions(
    vendor: Vendor,
    orders: VendorOrders,
    limit: Limit = DEFAULT_LIMIT,
    offset: Offset = 0,
    currency_code: CurrencyCode | None = None,
) -> CommissionList:
    """The vendor's commissions, newest first, and their totals in one currency: this one, else the tenant's."""
    rows, count, summary = await orders.commissions(
        vendor.tenant_id, vendor.vendor_id, currency=currency_code, limit=limit, offset=offset
    )
    return CommissionList(commissions=rows, summary=summary, count=count, offset=offset, limit=limit)


# --- Payouts --------------------------------------------------------------------------------------------------------


@router.get("/vendor/payouts", responses=_own_list_errors)
async def list_own_payouts(
    vendor: Vendor,
    payouts: Payouts,
    limit: Limit = DEFAULT_LIMIT,
    offset: Offset = 0,
    status: PayoutStatus | None = None,
) -> PayoutList:
    """The vendor's payouts, newest first."""
    rows, count = await payouts.page(
        vendor.tenant_id, vendor_id=vendor.vendor_id, status=status, limit=limit, offset=offset
    )
    return PayoutList(payouts=rows, count=count, offset=offset, limit=limit)


@router.post(
    "/vendor/payouts/request",
    status_code=201,
    responses=errors(InvalidData, NotAllowed, Unauthorized, NotFound, TooLarge),
)
async def request_payout(vendor: Vendor, payouts: Payouts, body: PayoutRequest | None = None) -> PayoutEnvelope:
    """A payout of all that is payable in one currency: this one, else the tenant's."""
    currency = body.currency_code if body else None
    return PayoutEnvelope(await payouts.request(vendor.tenant_id, vendor.vendor_id, currency))


@router.get("/admin/payouts", responses=_list_errors)
async def list_payouts(
    operator: Viewer,
    payouts: Payouts,
    limit: Limit = DEFAULT_LIMIT,
    offset: Offset = 0,
    status: PayoutStatus | None = None,
    vendor_id: Filter = None,
) -> PayoutList:
    """The payouts of the operator's tenant, newest first."""
    rows, count = await payouts.page(operator.tenant_id, vendor_id=vendor_id, status=status, limit=limit, offset=offset)
    return PayoutList(payouts=rows, count=count, offset=offset, limit=limit)


@router.get("/admin/payouts/{payout_id}", responses=errors(Unauthorized, Forbidden, NotFound))
async def read_payout(payout_id: EntityId, operator: Viewer, payouts: Payouts) -> PayoutDetail:
    """A payout with every attempt to pay it."""
    found = await payouts.get(operator.tenant_id, payout_id)
    return PayoutDetail(payout=found, transfers=await payouts.transfers(found.id))


@router.post("/admin/payouts/{payout_id}/hold", responses=_change_errors)
async def hold(payout_id: EntityId, operator: Finance, payouts: Payouts, body: Reason | None = None) -> PayoutEnvelope:
    """Keep a pending payout back."""
    return PayoutEnvelope(await payouts.hold(operator.tenant_id, payout_id, body.reason if body else None))


@router.post("/admin/payouts/{payout_id}/release", responses=_change_errors)
async def release(payout_id: EntityId, operator: Finance, payouts: Payouts) -> PayoutEnvelope:
    """Let a payout go that was held."""
    return PayoutEnvelope(await payouts.release(operator.tenant_id, payout_id))


@router.post("/admin/payouts/{payout_id}/retry", responses=_change_errors)
async def retry(payout_id: EntityId, operator: Finance, payouts: Payouts) -> PayoutEnvelope:
    """Make a failed payout pending again, three times at most."""
    return PayoutEnvelope(await payouts.retry(operator.tenant_id, payout_id))


@router.post("/admin/payouts/{payout_id}/adjust", responses=_change_errors)
async def adjust(payout_id: EntityId, body: PayoutAdjustment, operator: Finance, payouts: Payouts) -> PayoutEnvelope:
    """Add to what a pending or held payout pays, or take from it."""
    return PayoutEnvelope(await payouts.adjust(operator.tenant_id, payout_id, body))


@router.post("/admin/payouts/{payout_id}/process", responses=_change_errors)
async def process(
    payout_id: EntityId, operator: Finance, payouts: Payouts, body: Processing | None = None
) -> PayoutEnvelope:
    """Pay a pending payout, once. It ends completed, or failed when its vendor is not active."""
    return PayoutEnvelope(await payouts.process(operator.tenant_id, payout_id, (body or Processing()).fee_amount))
