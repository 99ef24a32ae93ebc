"""How the rows of an order become the order that is shown."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from reference_impl.modules.carts.service import ZERO, Address, Adjustment, TaxLine, add_up, line_totals
from reference_impl.modules.orders.schemas import Fulfillment, Order, OrderItem, OrderShippingMethod, OrderSummary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from reference_impl.modules.payments.service import Collection

Row = dict[str, Any]

_OWN = [
    *("id", "display_id", "status", "currency_code", "region_id", "sales_channel_id", "customer_id", "email"),
    *("metadata", "canceled_at", "created_at", "updated_at"),
]
_LINE = [
    *("id", "thumbnail", "variant_id", "product_id", "vendor_id", "product_title", "product_handle", "variant_title"),
    *("variant_sku", "requires_shipping", "is_discountable", "quantity", "unit_price", "metadata", "created_at"),
]
_FULFILLMENT = list(Fulfillment.__dataclass_fields__)
_METHOD = ["id", "order_id", "name", "shipping_option_id", "amount", "data", "created_at"]


def build(
    row: Row,
    lines: Sequence[Row],
    adjustments: Sequence[Row],
    shipping: Sequence[Row],
    collection: Collection | None,
    parcels: Sequence[Row],
) -> Order:
    """The order of these rows; its sums are made again from its lines, by the same arithmetic as the cart's."""
    currency = row["currency_code"]
    items = [_item(currency, line, adjustments) for line in lines]
    methods = [_method(currency, method) for method in shipping]
    totals = add_up(items, methods)
    assert totals.total == row["total"], f"{row['id']} was sold for {row['total']} and adds up to {totals.total}"
    fulfillments = [Fulfillment(**{name: one[name] for name in _FULFILLMENT}) for one in parcels]
    return Order(
        **asdict(totals),
        **{name: row[name] for name in _OWN},
        version=1,
        payment_status=payment_status(collection),
        fulfillment_status="canceled" if row["status"] == "canceled" else fulfillment_status(fulfillments),
        summary=_summary(totals.total, collection),
        items=items,
        shipping_methods=methods,
        shipping_address=_address(row["shipping_address"]),
        billing_address=_address(row["billing_address"]),
        payment_collections=[collection] if collection else [],
        fulfillments=fulfillments,
    )


def fulfillment_status(fulfillments: Sequence[Fulfillment]) -> str:
    """How far the furthest of them is, in Medusa's words; what was cancelled is no longer on its way."""
    living = [one for one in fulfillments if one.canceled_at is None]
    if any(one.delivered_at for one in living):
        return "delivered"
    if any(one.shipped_at for one in living):
        return "shipped"
    return "fulfilled" if living else "not_fulfilled"


def payment_status(collection: Collection | None) -> str:
    """What has become of the money, in Medusa's words."""
    if collection is None:
        return "not_paid"
    if collection.refunded_amount:
        whole = collection.refunded_amount == collection.captured_amount
        return "refunded" if whole else "partially_refunded"
    return "captured" if collection.status == "completed" else collection.status


def _summary(total: Decimal, collection: Collection | None) -> OrderSummary:
    paid = collection.captured_amount if collection else ZERO
    refunded = collection.refunded_amount if collection else ZERO
    return OrderSummary(
        current_order_total=total,
        original_order_total=total,
        paid_total=paid,
        refunded_total=refunded,
        transaction_total=paid - refunded,
        pending_difference=total - paid,
    )


def _item(currency: str, line: Row, adjustments: Sequence[Row]) -> OrderItem:
    return OrderItem(
        **asdict(line_totals(currency, line["unit_price"], line["quantity"], line["discount"], line["tax_rate"])),
        **{name: line[name] for name in _LINE},
        title=line["product_title"],
        subtitle=line["variant_title"],
        is_tax_inclusive=False,
        tax_lines=_tax_lines(line["tax_rate"]),
        adjustments=[
            Adjustment(one["id"], one["code"], one["promotion_id"], one["amount"])
            for one in adjustments
            if one["order_line_id"] == line["id"]
        ],
    )


def _method(currency: str, method: Row) -> OrderShippingMethod:
    return OrderShippingMethod(
        **asdict(line_totals(currency, method["amount"], 1, ZERO, method["tax_rate"])),
        **{name: method[name] for name in _METHOD},
        is_tax_inclusive=False,
        tax_lines=_tax_lines(method["tax_rate"]),
        adjustments=[],
    )


def _tax_lines(rate: Decimal) -> list[TaxLine]:
    return [TaxLine(rate)] if rate else []


def _address(stored: Row | None) -> Address | None:
    return None if stored is None else Address(**stored)
