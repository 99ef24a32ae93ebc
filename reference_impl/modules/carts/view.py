"""How the rows of a cart become the cart that is shown: its promotions, its taxes, its sums."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from reference_impl.modules.carts.schemas import (
    Address,
    Adjustment,
    Cart,
    CartCustomer,
    CartItem,
    CartPromotion,
    ShippingMethod,
    TaxLine,
)
from reference_impl.modules.carts.totals import ZERO, Reduction, add_up, discounts, line_totals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reference_impl.modules.catalog.service import Promotion, RegionFacts

Row = dict[str, Any]

_OWN = [
    *("id", "currency_code", "region_id", "sales_channel_id", "customer_id", "email", "metadata"),
    *("completed_at", "created_at", "updated_at"),
]
_LINE = [
    *("id", "cart_id", "thumbnail", "variant_id", "product_id", "vendor_id", "product_title", "product_handle"),
    *("variant_title", "variant_sku", "requires_shipping", "is_discountable", "quantity", "unit_price", "metadata"),
    *("created_at", "updated_at"),
]


def build(
    row: Row, lines: Sequence[Row], methods: Sequence[Row], promotions: Sequence[Promotion], region: RegionFacts
) -> Cart:
    """The cart of these rows. Taxes are known once there is an address to send to, as in Medusa."""
    address = _address(row["shipping_address"])
    taxed = region.region.automatic_taxes and address is not None and address.country_code is not None
    tax_rate = region.tax_rate if taxed else ZERO
    items = _items(row["currency_code"], lines, promotions, tax_rate)
    shipping = [_method(row["currency_code"], method, tax_rate) for method in methods]
    return Cart(
        **asdict(add_up(items, shipping)),
        **{name: row[name] for name in _OWN},
        items=items,
        shipping_methods=shipping,
        promotions=[_promotion(one) for one in promotions],
        shipping_address=address,
        billing_address=_address(row["billing_address"]),
        customer=CartCustomer(row["customer_id"], row["email"]) if row["customer_id"] else None,
        region=region.region,
    )


def _items(currency: str, lines: Sequence[Row], promotions: Sequence[Promotion], tax_rate: Decimal) -> list[CartItem]:
    subtotals = [line["unit_price"] * line["quantity"] if line["is_discountable"] else ZERO for line in lines]
    methods = [promotion.application_method for promotion in promotions]
    reductions = [Reduction(one.type == "percentage", one.value, one.currency_code) for one in methods]
    taken = discounts(currency, subtotals, reductions)
    items = []
    for number, line in enumerate(lines):
        adjustments = [
            Adjustment(f"{line['id']}/{promotion.id}", promotion.code, promotion.id, amounts[number])
            for promotion, amounts in zip(promotions, taken, strict=True)
            if amounts[number]
        ]
        discount = sum((one.amount for one in adjustments), ZERO)
        items.append(
            CartItem(
                **asdict(line_totals(currency, line["unit_price"], line["quantity"], discount, tax_rate)),
                **{name: line[name] for name in _LINE},
                title=line["product_title"],
                subtitle=line["variant_title"],
                is_tax_inclusive=False,
                tax_lines=[TaxLine(tax_rate)] if tax_rate else [],
                adjustments=adjustments,
            )
        )
    return items


def _method(currency: str, method: Row, tax_rate: Decimal) -> ShippingMethod:
    return ShippingMethod(
        **asdict(line_totals(currency, method["amount"], 1, ZERO, tax_rate)),
        **{name: method[name] for name in ("id", "name", "shipping_option_id", "amount", "data")},
        is_tax_inclusive=False,
        tax_lines=[TaxLine(tax_rate)] if tax_rate else [],
        adjustments=[],
    )


def _promotion(promotion: Promotion) -> CartPromotion:
    method = promotion.application_method
    return CartPromotion(promotion.id, promotion.code, method.type, method.value, method.currency_code)


def _address(stored: Row | None) -> Address | None:
    return None if stored is None else Address(**stored)
