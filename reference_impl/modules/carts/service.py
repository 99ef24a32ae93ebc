"""Carts: what somebody wants to buy, until it is an order; from then on nothing in them changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request

from reference_impl.core.errors import InvalidData, NotFound
from reference_impl.core.ids import new_id
from reference_impl.core.routing import work_of
from reference_impl.modules.carts.repository import CartRepository
from reference_impl.modules.carts.schemas import LINES_MAX, QUANTITY_MAX, Address, Adjustment, Cart, TaxLine
from reference_impl.modules.carts.totals import ZERO, LineTotals, Totals, add_up, line_totals
from reference_impl.modules.carts.view import build
from reference_impl.modules.catalog.service import CatalogService, InsufficientInventory
from reference_impl.modules.customers.service import CustomerService

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reference_impl.core.auth import Caller
    from reference_impl.core.database import Work
    from reference_impl.modules.carts.schemas import (
        CartChange,
        GivenAddress,
        LineChange,
        NewCart,
        NewLine,
        ShippingChoice,
    )
    from reference_impl.modules.catalog.service import Priced, RegionFacts

__all__ = [  # what orders are made of
    "ZERO",
    "Address",
    "Adjustment",
    "Cart",
    "CartService",
    "Carts",
    "LineTotals",
    "TaxLine",
    "Totals",
    "add_up",
    "line_totals",
]

Row = dict[str, Any]


class CartService:
    """Each change holds the cart's row first, so that the changes of one cart happen one after the other."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._carts = CartRepository(work)
        self._catalog = CatalogService(work)

    # --- Reading ----------------------------------------------------------------------------------------------------

    async def get(self, tenant_id: str, cart_id: str) -> Cart:
        """A cart with its sums; raises NotFound."""
        return await self._view(tenant_id, await self._row(tenant_id, cart_id))

    async def region_of(self, tenant_id: str, cart_id: str) -> RegionFacts:
        """The region of a cart; raises NotFound."""
        return await self._catalog.region(tenant_id, (await self._row(tenant_id, cart_id))["region_id"])

    async def hold(self, tenant_id: str, cart_id: str) -> Cart:
        """A cart that nobody else changes or completes until this unit of work ends; raises NotFound."""
        return await self._view(tenant_id, await self._row(tenant_id, cart_id, hold=True))

    async def complete(self, cart: Cart) -> None:
        """Freeze a cart that is held."""
        await self._carts.change(cart.id, {"completed_at": self._work.now()})

    async def _row(self, tenant_id: str, cart_id: str, *, hold: bool = False) -> Row:
        row = await self._carts.get(tenant_id, cart_id, hold=hold)
        if row is None:
            raise NotFound(f"Cart with id '{cart_id}' not found")
        return row

    async def _open(self, tenant_id: str, cart_id: str) -> Row:
        """A cart, held, that is still to be completed; raises NotFound or InvalidData."""
        row = await self._row(tenant_id, cart_id, hold=True)
        if row["completed_at"] is not None:
            raise InvalidData(f"Cart {cart_id} is already completed.")
        return row

    async def _view(self, tenant_id: str, row: Row) -> Cart:
        ids = await self._carts.promotion_ids(row["id"])
        found = await self._catalog.promotions_by_id(tenant_id, ids, ended=row["completed_at"] is not None)
        return build(
            row,
            await self._carts.lines(row["id"]),
            await self._carts.shipping_methods(row["id"]),
            [found[one] for one in ids if one in found],
            await self._catalog.region(tenant_id, row["region_id"]),
        )

    # --- The cart itself --------------------------------------------------------------------------------------------

    async def create(self, visitor: Caller, body: NewCart) -> Cart:
        """A new cart, of the customer if somebody is logged in; raises NotFound or InvalidData."""
        tenant_id = visitor.tenant_id
        if body.region_id is not None:
            region = await self._catalog.region(tenant_id, body.region_id)
        else:
            region = await self._catalog.region_for(tenant_id, body.currency_code)
        currency = region.region.currency_code
        if body.currency_code not in (None, currency):
            raise InvalidData(f"currency_code: the region {region.region.name} sells in {currency}")
        now = self._work.now()
        row: Row = {
            "id": new_id("cart"),
            "tenant_id": tenant_id,
            "region_id": region.region.id,
            "currency_code": currency,
            "sales_channel_id": await self._catalog.sales_channel_id(tenant_id, body.sales_channel_id),
            "customer_id": visitor.actor_id or None,
            "email": body.email or await self._email_of(visitor),
            "shipping_address": _address(body.shipping_address, region),
            "billing_address": _address(body.billing_address),
            "metadata": body.metadata,
            "created_at": now,
            "updated_at": now,
        }
        await self._carts.insert(row)
        if body.items:
            await self._add_lines(tenant_id, row, body.items)
        if body.promo_codes:
            await self._add_promotions(tenant_id, row["id"], body.promo_codes)
        return await self.get(tenant_id, row["id"])

    async def _email_of(self, visitor: Caller) -> str | None:
        if not visitor.actor_id:
            return None
        return (await CustomerService(self._work).get(visitor.tenant_id, visitor.actor_id)).email

    async def change(self, tenant_id: str, cart_id: str, body: CartChange) -> Cart:
        """Change what the body names; raises NotFound or InvalidData."""
        row = await self._open(tenant_id, cart_id)
        values: Row = {name: getattr(body, name) for name in ("email", "metadata") if name in body.model_fields_set}
        if body.sales_channel_id is not None:
            values["sales_channel_id"] = await self._catalog.sales_channel_id(tenant_id, body.sales_channel_id)
        region = await self._catalog.region(tenant_id, body.region_id or row["region_id"])
        if region.region.id != row["region_id"]:
            values |= await self._move(tenant_id, row, region)
        if "shipping_address" in body.model_fields_set:
            values["shipping_address"] = _address(body.shipping_address, region)
        if "billing_address" in body.model_fields_set:
            values["billing_address"] = _address(body.billing_address)
        await self._carts.change(cart_id, values)
        if body.promo_codes is not None:
            await self._carts.drop_promotions(cart_id, await self._carts.promotion_ids(cart_id))
            await self._add_promotions(tenant_id, cart_id, body.promo_codes)
        return await self.get(tenant_id, cart_id)

    async def _move(self, tenant_id: str, row: Row, region: RegionFacts) -> Row:
        """Everything is priced anew in another region; how it is sent, and where to, must be chosen again."""
        lines = await self._carts.lines(row["id"])
        currency = region.region.currency_code
        prices = await self._prices(tenant_id, currency, [line["variant_id"] for line in lines])
        for line in lines:
            await self._carts.change_line(row["id"], line["id"], {"unit_price": prices[line["variant_id"]].unit_price})
        await self._carts.drop_shipping(row["id"])
        address = row["shipping_address"]
        kept = address if address and address.get("country_code") in region.countries else None
        return {"region_id": region.region.id, "currency_code": currency, "shipping_address": kept}

    async def adopt(self, customer: Caller, cart_id: str) -> Cart:
        """Give a cart to the customer who is logged in; raises NotFound, or InvalidData when it is somebody else's."""
        row = await self._open(customer.tenant_id, cart_id)
        if row["customer_id"] not in (None, customer.actor_id):
            raise NotFound(f"Cart with id '{cart_id}' not found")
        email = row["email"] or await self._email_of(customer)
        await self._carts.change(cart_id, {"customer_id": customer.actor_id, "email": email})
        return await self.get(customer.tenant_id, cart_id)

    # --- Lines ------------------------------------------------------------------------------------------------------

    async def add_line(self, tenant_id: str, cart_id: str, body: NewLine) -> Cart:
        """Put a variant in; more of the same joins the line that is there. Raises NotFound, InvalidData, NotAllowed."""
        await self._add_lines(tenant_id, await self._open(tenant_id, cart_id), [body])
        return await self.get(tenant_id, cart_id)

    async def _add_lines(self, tenant_id: str, row: Row, wanted: Sequence[NewLine]) -> None:
        prices = await self._prices(tenant_id, row["currency_code"], [line.variant_id for line in wanted])
        lines = await self._carts.lines(row["id"])
        for line in wanted:
            offer = prices[line.variant_id]
            same = [
                one
                for one in lines
                if one["variant_id"] == line.variant_id and one["metadata"] == (line.metadata or {})
            ]
            if same:
                quantity = same[0]["quantity"] + line.quantity
                same[0]["quantity"] = quantity
                await self._carts.change_line(
                    row["id"], same[0]["id"], {"quantity": quantity, "unit_price": offer.unit_price}
                )
            else:
                lines.append(self._line(row["id"], offer, line))
                await self._carts.insert_line(lines[-1])
        self._check_lines(lines, prices)
        await self._carts.change(row["id"], {})

    def _line(self, cart_id: str, offer: Priced, line: NewLine) -> Row:
        now = self._work.now()
        return {
            "id": new_id("cali"),
            "cart_id": cart_id,
            "variant_id": offer.variant_id,
            "product_id": offer.product_id,
            "vendor_id": offer.vendor_id,
            "product_title": offer.product_title,
            "product_handle": offer.product_handle,
            "thumbnail": offer.thumbnail,
            "variant_title": offer.variant_title,
            "variant_sku": offer.sku,
            "requires_shipping": offer.requires_shipping,
            "is_discountable": offer.discountable,
            "quantity": line.quantity,
            "unit_price": offer.unit_price,
            "metadata": line.metadata or {},
            "created_at": now,
            "updated_at": now,
        }

    async def change_line(self, tenant_id: str, cart_id: str, line_id: str, body: LineChange) -> Cart:
        """Another quantity, at today's price; 0 takes the line out. Raises NotFound, InvalidData, NotAllowed."""
        row = await self._open(tenant_id, cart_id)
        lines = await self._carts.lines(cart_id)
        line = self._of(lines, line_id)
        if body.quantity == 0:
            await self._carts.delete_line(cart_id, line_id)
        else:
            prices = await self._prices(tenant_id, row["currency_code"], [line["variant_id"]])
            values: Row = {"quantity": body.quantity, "unit_price": prices[line["variant_id"]].unit_price}
            if body.metadata is not None:
                values["metadata"] = body.metadata
            line["quantity"] = body.quantity
            self._check_lines(lines, prices)
            await self._carts.change_line(cart_id, line_id, values)
        await self._carts.change(cart_id, {})
        return await self.get(tenant_id, cart_id)

    async def remove_line(self, tenant_id: str, cart_id: str, line_id: str) -> Cart:
        """Take a line out; raises NotFound or InvalidData."""
        await self._open(tenant_id, cart_id)
        self._of(await self._carts.lines(cart_id), line_id)
        await self._carts.delete_line(cart_id, line_id)
        await self._carts.change(cart_id, {})
        return await self.get(tenant_id, cart_id)

    @staticmethod
    def _of(lines: Sequence[Row], line_id: str) -> Row:
        found = [line for line in lines if line["id"] == line_id]
        if not found:
            raise NotFound(f"Line item with id: {line_id} was not found")
        return found[0]

    async def _prices(self, tenant_id: str, currency: str, variant_ids: Sequence[str]) -> dict[str, Priced]:
        prices = await self._catalog.price(tenant_id, currency, variant_ids)
        missing = ", ".join(sorted({one for one in variant_ids if one not in prices}))
        if missing:
            raise InvalidData(
                f"Variants {missing} do not exist or belong to a product that is not published,"
                f" or have no price in {currency}"
            )
        return prices

    @staticmethod
    def _check_lines(lines: Sequence[Row], prices: Mapping[str, Priced]) -> None:
        """A cart has its bounds, and nobody puts in more than there is: completing it would only fail later."""
        if len(lines) > LINES_MAX:
            raise InvalidData(f"A cart has at most {LINES_MAX} lines")
        for variant_id, offer in prices.items():
            quantity = sum(line["quantity"] for line in lines if line["variant_id"] == variant_id)
            if quantity > QUANTITY_MAX:
                raise InvalidData(f"quantity: a cart has at most {QUANTITY_MAX} of one variant")
            if offer.manage_inventory and not offer.allow_backorder and quantity > offer.available:
                raise InsufficientInventory

    # --- Shipping and promotions ------------------------------------------------------------------------------------

    async def choose_shipping(self, tenant_id: str, cart_id: str, body: ShippingChoice) -> Cart:
        """How the cart is sent, in the place of what was chosen before; raises NotFound or InvalidData."""
        row = await self._open(tenant_id, cart_id)
        option = await self._catalog.shipping_option(tenant_id, row["currency_code"], body.option_id)
        now = self._work.now()
        await self._carts.choose_shipping(
            {
                "id": new_id("casm"),
                "cart_id": cart_id,
                "shipping_option_id": option.id,
                "name": option.name,
                "amount": option.amount,
                "data": body.data or {},
                "created_at": now,
                "updated_at": now,
            }
        )
        await self._carts.change(cart_id, {})
        return await self.get(tenant_id, cart_id)

    async def add_promotions(self, tenant_id: str, cart_id: str, codes: Sequence[str]) -> Cart:
        """Use these codes too; raises NotFound, or InvalidData for a code that is not active."""
        await self._open(tenant_id, cart_id)
        await self._add_promotions(tenant_id, cart_id, codes)
        return await self.get(tenant_id, cart_id)

    async def remove_promotions(self, tenant_id: str, cart_id: str, codes: Sequence[str]) -> Cart:
        """Use these codes no longer; raises NotFound or InvalidData (cart completed)."""
        row = await self._open(tenant_id, cart_id)
        shown = await self._view(tenant_id, row)
        await self._carts.drop_promotions(cart_id, [one.id for one in shown.promotions if one.code in codes])
        return await self.get(tenant_id, cart_id)

    async def _add_promotions(self, tenant_id: str, cart_id: str, codes: Sequence[str]) -> None:
        for code in codes:
            promotion = await self._catalog.promotion(tenant_id, code)
            await self._carts.add_promotion(cart_id, promotion.id)


def _address(body: GivenAddress | None, region: RegionFacts | None = None) -> Row | None:
    """An address as it is kept; raises InvalidData for a country outside of the region, if one is given."""
    if body is None:
        return None
    country = body.country_code.lower() if body.country_code else None
    if region is not None and country is not None and country not in region.countries:
        raise InvalidData(f"Country with code {country} is not within region {region.region.name}")
    return {"id": new_id("caaddr"), **body.model_dump(), "country_code": country}


async def _service(request: Request) -> CartService:
    return CartService(work_of(request))


Carts = Annotated[CartService, Depends(_service)]
