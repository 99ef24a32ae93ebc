"""What goes in and out: carts and what is in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from reference_impl.core.bodies import Body, example
from reference_impl.core.fields import Part
from reference_impl.core.money import CurrencyCode, Money
from reference_impl.modules.carts.totals import LineTotals, Totals
from reference_impl.modules.catalog.service import Region

QUANTITY_MAX = 1_000_000
LINES_MAX = 100

Id = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Text = Annotated[str, StringConstraints(max_length=255)]
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$"),
    Field(examples=["amal@example.com"]),
]
Quantity = Annotated[int, Field(gt=0, le=QUANTITY_MAX, examples=[1])]
Metadata = dict[str, Any]


class GivenAddress(Body):
    first_name: Text | None = None
    last_name: Text | None = None
    company: Text | None = None
    address_1: Text | None = None
    address_2: Text | None = None
    city: Text | None = None
    country_code: Annotated[str, StringConstraints(pattern=r"^[a-zA-Z]{2}$"), Field(examples=["sa"])] | None = None
    province: Text | None = None
    postal_code: Text | None = None
    phone: Text | None = None
    metadata: Metadata | None = None


class NewLine(Body):
    model_config = example(variant_id="variant_01JD0000000000000000000000", quantity=1)

    variant_id: Id
    quantity: Quantity
    metadata: Metadata | None = None


class CartChange(Body):
    """What the body does not name stays as it is."""

    model_config = example(
        email="amal@example.com", shipping_address={"first_name": "Amal", "city": "New York", "country_code": "us"}
    )

    region_id: Id | None = None
    email: Email | None = None
    sales_channel_id: Id | None = None
    shipping_address: GivenAddress | None = None
    billing_address: GivenAddress | None = None
    promo_codes: Annotated[list[Text], Field(max_length=10)] | None = None
    metadata: Metadata | None = None


class NewCart(CartChange):
    """A cart: in a region, else in the tenant's first region, of the currency if one is named."""

    model_config = example(
        currency_code="usd", items=[{"variant_id": "variant_01JD0000000000000000000000", "quantity": 1}]
    )

    currency_code: CurrencyCode | None = None
    items: Annotated[list[NewLine], Field(max_length=LINES_MAX)] = Field(default_factory=list)


class LineChange(Body):
    """A quantity of 0 takes the line out."""

    model_config = example(quantity=2)

    quantity: Annotated[int, Field(ge=0, le=QUANTITY_MAX, examples=[2])]
    metadata: Metadata | None = None


class ShippingChoice(Body):
    model_config = example(option_id="so_01JD0000000000000000000000")

    option_id: Id
    data: Metadata | None = None


class PromoCodes(Body):
    model_config = example(promo_codes=["WELCOME10"])

    promo_codes: Annotated[list[Text], Field(min_length=1, max_length=10, examples=[["WELCOME10"]])]


@dataclass(frozen=True, slots=True)
class Address(Part):
    id: str
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    address_1: str | None = None
    address_2: str | None = None
    city: str | None = None
    country_code: str | None = None
    province: str | None = None
    postal_code: str | None = None
    phone: str | None = None
    metadata: Metadata | None = None


@dataclass(frozen=True, slots=True)
class Adjustment(Part):
    """What a promotion takes off a line."""

    id: str
    code: str
    promotion_id: str
    amount: Money


@dataclass(frozen=True, slots=True)
class TaxLine(Part):
    rate: Money  # percent
    code: str = "default"


@dataclass(frozen=True, slots=True)
class CartItem(LineTotals):
    id: str
    cart_id: str
    title: str
    subtitle: str
    thumbnail: str | None
    variant_id: str
    product_id: str
    vendor_id: str | None
    product_title: str
    product_handle: str
    variant_title: str
    variant_sku: str | None
    requires_shipping: bool
    is_discountable: bool
    is_tax_inclusive: bool
    quantity: int
    unit_price: Money
    metadata: Metadata
    created_at: datetime
    updated_at: datetime
    tax_lines: list[TaxLine]
    adjustments: list[Adjustment]


@dataclass(frozen=True, slots=True)
class ShippingMethod(LineTotals):
    id: str
    name: str
    shipping_option_id: str
    amount: Money
    is_tax_inclusive: bool
    data: Metadata
    tax_lines: list[TaxLine]
    adjustments: list[Adjustment]


@dataclass(frozen=True, slots=True)
class CartPromotion(Part):
    id: str
    code: str
    type: str
    value: Money
    currency_code: str | None


@dataclass(frozen=True, slots=True)
class CartCustomer(Part):
    id: str
    email: str | None


@dataclass(frozen=True, slots=True)
class Cart(Totals):
    id: str
    currency_code: str
    region_id: str
    sales_channel_id: str
    customer_id: str | None
    email: str | None
    metadata: Metadata | None
    completed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    items: list[CartItem]
    shipping_methods: list[ShippingMethod]
    promotions: list[CartPromotion]
    shipping_address: Address | None
    billing_address: Address | None
    customer: CartCustomer | None
    region: Region
    payment_collection: dict[str, Any] | None = None  # as POST /store/payment-collections answers it


@dataclass(frozen=True, slots=True)
class CartEnvelope:
    cart: Cart


@dataclass(frozen=True, slots=True)
class LineDeleted:
    id: str
    parent: Cart
    object: str = "line-item"
    deleted: bool = True
