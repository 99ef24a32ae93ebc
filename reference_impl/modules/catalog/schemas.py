"""What goes in and out: regions, channels, shipping, promotions, stock; and what other modules learn of a variant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from reference_impl.core.bodies import Body, example
from reference_impl.core.fields import Part
from reference_impl.core.money import CurrencyCode, Money, PositiveAmount

STOCK_MAX = 1_000_000_000

Id = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Metadata = dict[str, Any]


def _boolean(value: object) -> object:
    """Python takes 0 for False; JSON does not."""
    if not isinstance(value, bool):
        raise ValueError("must be true or false")  # noqa: TRY004 (pydantic reports ValueError to the caller)
    return value


class NewLevel(Body):
    model_config = example(location_id="sloc_01JD0000000000000000000000", stocked_quantity=10)

    location_id: Id
    stocked_quantity: Annotated[int, Field(ge=0, le=STOCK_MAX, examples=[10])]


class LevelChange(Body):
    model_config = example(stocked_quantity=10)

    stocked_quantity: Annotated[int, Field(ge=0, le=STOCK_MAX, examples=[10])]


class ApplicationMethod(Body):
    """How a promotion lowers a price: a percentage of each line, or an amount that is spread over the lines."""

    type: Literal["percentage", "fixed"]
    target_type: Literal["order", "items"] = "order"
    allocation: Literal["across"] | None = None
    value: Annotated[PositiveAmount, Field(examples=[10])]
    currency_code: CurrencyCode | None = None


class NewPromotion(Body):
    model_config = example(
        code="RAMADAN15",
        type="standard",
        status="active",
        application_method={"type": "percentage", "target_type": "order", "value": 10},
    )

    code: Annotated[str, StringConstraints(pattern=r"^[\w.-]+$", max_length=100), Field(examples=["WELCOME10"])]
    type: Literal["standard"]
    status: Literal["draft", "active", "inactive"] = "draft"
    is_automatic: Annotated[Literal[False], BeforeValidator(_boolean)] = False
    application_method: ApplicationMethod


@dataclass(frozen=True, slots=True)
class Country(Part):
    iso_2: str
    iso_3: str
    num_code: str
    name: str
    display_name: str
    region_id: str


@dataclass(frozen=True, slots=True)
class Region(Part):
    id: str
    name: str
    currency_code: str
    automatic_taxes: bool
    metadata: Metadata | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    countries: list[Country]


@dataclass(frozen=True, slots=True)
class RegionFacts:
    """A region as carts see it."""

    region: Region
    tax_rate: Decimal

    @property
    def countries(self) -> frozenset[str]:
        return frozenset(country.iso_2 for country in self.region.countries)


@dataclass(frozen=True, slots=True)
class SalesChannel(Part):
    id: str
    name: str
    description: str | None
    is_disabled: bool
    metadata: Metadata | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class StockLocation(Part):
    id: str
    name: str
    metadata: Metadata | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class ShippingProfile(Part):
    id: str
    name: str
    type: str
    metadata: Metadata | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class CalculatedPrice(Part):
    """What something costs in one currency, before tax."""

    calculated_amount: Money
    original_amount: Money
    currency_code: str
    is_calculated_price_tax_inclusive: bool = False
    is_original_price_tax_inclusive: bool = False


@dataclass(frozen=True, slots=True)
class ShippingOptionType(Part):
    code: str
    label: str
    description: str | None


@dataclass(frozen=True, slots=True)
class ShippingOption(Part):
    """A way to have things sent, with its price in the cart's currency."""

    id: str
    name: str
    shipping_profile_id: str
    amount: Money
    type: ShippingOptionType
    calculated_price: CalculatedPrice
    price_type: str = "flat"
    provider_id: str = "manual_manual"
    data: Metadata | None = None
    is_tax_inclusive: bool = False
    insufficient_inventory: bool = False


@dataclass(frozen=True, slots=True)
class LocationLevel(Part):
    location_id: str
    stocked_quantity: int
    reserved_quantity: int
    available_quantity: int


@dataclass(frozen=True, slots=True)
class InventoryItem(Part):
    """What a variant is taken from. Reserved is what was sold and not yet sent."""

    id: str
    sku: str | None
    title: str
    stocked_quantity: int
    reserved_quantity: int
    location_levels: list[LocationLevel]


@dataclass(frozen=True, slots=True)
class Priced:
    """A variant that can be bought, with its price in one currency, as other modules ask for it."""

    variant_id: str
    product_id: str
    vendor_id: str | None
    product_title: str
    product_handle: str
    thumbnail: str | None
    variant_title: str
    sku: str | None
    currency_code: str
    unit_price: Decimal
    manage_inventory: bool
    allow_backorder: bool
    available: int  # in stock and not sold; counts only with manage_inventory and without allow_backorder
    requires_shipping: bool
    discountable: bool
    product_metadata: Metadata
    variant_metadata: Metadata


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """A product as other modules see it."""

    id: str
    vendor_id: str | None
    title: str
    handle: str
    status: str
    metadata: Metadata
    variant_ids: list[str]


@dataclass(frozen=True, slots=True)
class Discount(Part):
    """How a promotion lowers a price, in an answer."""

    type: str
    value: Money
    currency_code: str | None
    target_type: str = "order"
    allocation: str = "across"


@dataclass(frozen=True, slots=True)
class Promotion(Part):
    id: str
    code: str
    status: str
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    application_method: Discount
    type: str = "standard"
    is_automatic: bool = False


@dataclass(frozen=True, slots=True)
class PromotionEnvelope:
    promotion: Promotion


@dataclass(frozen=True, slots=True)
class PromotionList:
    promotions: list[Promotion]
    count: int
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class RegionEnvelope:
    region: Region


@dataclass(frozen=True, slots=True)
class RegionList:
    regions: list[Region]
    count: int
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class SalesChannelList:
    sales_channels: list[SalesChannel]
    count: int
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class StockLocationList:
    stock_locations: list[StockLocation]
    count: int
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class ShippingProfileList:
    shipping_profiles: list[ShippingProfile]
    count: int
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class ShippingOptionList:
    shipping_options: list[ShippingOption]


@dataclass(frozen=True, slots=True)
class InventoryItemEnvelope:
    inventory_item: InventoryItem


@dataclass(frozen=True, slots=True)
class InventoryItemList:
    inventory_items: list[InventoryItem]
    count: int
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class Deleted:
    id: str
    object: str
    deleted: bool = True
