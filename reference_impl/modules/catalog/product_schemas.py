"""What goes in and out: products with their variants and prices."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from reference_impl.core.bodies import Body, example
from reference_impl.core.fields import Part
from reference_impl.core.money import CurrencyCode, Money, NonNegativeAmount
from reference_impl.modules.catalog.schemas import CalculatedPrice, Id, Metadata, SalesChannel

PER_PRODUCT_MAX = 100

Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]
LongText = Annotated[str, StringConstraints(max_length=10_000)]
Handle = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=255)]
Status = Literal["draft", "proposed", "published", "rejected"]


class NewPrice(Body):
    currency_code: CurrencyCode
    amount: NonNegativeAmount


class NewVariant(Body):
    title: Name
    sku: Name | None = None
    barcode: Name | None = None
    manage_inventory: bool = True
    allow_backorder: bool = False
    options: dict[str, Name] = Field(default_factory=dict)
    prices: Annotated[list[NewPrice], Field(max_length=PER_PRODUCT_MAX)]
    metadata: Metadata | None = None


class NewOption(Body):
    title: Name
    values: Annotated[list[Name], Field(max_length=PER_PRODUCT_MAX)]


class Reference(Body):
    id: Id


class AdditionalData(Body):
    """What the platform keeps beside Medusa's own members: whose product it is."""

    vendor_id: Id | None = None


class NewProduct(Body):
    """A product. In the shop it appears when it is published and has a sales channel."""

    model_config = example(
        title="Silk scarf",
        status="published",
        sales_channels=[{"id": "sc_01JD0000000000000000000000"}],
        options=[{"title": "Colour", "values": ["Green"]}],
        variants=[
            {"title": "Green", "options": {"Colour": "Green"}, "prices": [{"currency_code": "usd", "amount": 30}]}
        ],
    )

    title: Annotated[Name, Field(examples=["Prayer rug"])]
    subtitle: Name | None = None
    description: LongText | None = None
    handle: Handle | None = None
    status: Status = "draft"
    thumbnail: LongText | None = None
    is_giftcard: bool = False
    discountable: bool = True
    external_id: Name | None = None
    shipping_profile_id: Id | None = None
    sales_channels: Annotated[list[Reference], Field(max_length=PER_PRODUCT_MAX)] = Field(default_factory=list)
    options: Annotated[list[NewOption], Field(max_length=PER_PRODUCT_MAX)] = Field(default_factory=list)
    variants: Annotated[list[NewVariant], Field(max_length=PER_PRODUCT_MAX)] = Field(default_factory=list)
    metadata: Metadata | None = None
    additional_data: AdditionalData | None = None


class ProductChange(Body):
    model_config = example(title="Silk scarf, hand-woven")

    title: Name | None = None
    subtitle: Name | None = None
    description: LongText | None = None
    handle: Handle | None = None
    status: Status | None = None
    thumbnail: LongText | None = None
    discountable: bool | None = None
    external_id: Name | None = None
    metadata: Metadata | None = None
    additional_data: AdditionalData | None = None


@dataclass(frozen=True, slots=True)
class OptionValue(Part):
    id: str
    value: str


@dataclass(frozen=True, slots=True)
class Option(Part):
    id: str
    title: str
    values: list[OptionValue]


@dataclass(frozen=True, slots=True)
class VariantOption(Part):
    id: str
    value: str
    option_id: str
    option: dict[str, str]


@dataclass(frozen=True, slots=True)
class Price(Part):
    id: str
    currency_code: str
    amount: Money


@dataclass(frozen=True, slots=True)
class InventoryLink(Part):
    """Which inventory item a variant is taken from."""

    inventory_item_id: str
    variant_id: str
    required_quantity: int = 1


@dataclass(frozen=True, slots=True)
class Variant(Part):
    id: str
    product_id: str
    title: str
    sku: str | None
    barcode: str | None
    variant_rank: int
    manage_inventory: bool
    allow_backorder: bool
    metadata: Metadata | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    options: list[VariantOption]
    prices: list[Price]
    inventory_items: list[InventoryLink]
    inventory_quantity: int | None
    calculated_price: CalculatedPrice | None


@dataclass(frozen=True, slots=True)
class Product(Part):
    id: str
    title: str
    subtitle: str | None
    description: str | None
    handle: str
    status: str
    thumbnail: str | None
    is_giftcard: bool
    discountable: bool
    external_id: str | None
    vendor_id: str | None
    metadata: Metadata | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    options: list[Option]
    variants: list[Variant]
    sales_channels: list[SalesChannel] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ProductEnvelope:
    product: Product


@dataclass(frozen=True, slots=True)
class ProductList:
    products: list[Product]
    count: int
    offset: int
    limit: int
