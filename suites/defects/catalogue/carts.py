"""Defects of carts: what goes in, and what it costs."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from suites.defects.registry import defect

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reference_impl.core.auth import Caller
    from reference_impl.modules.carts.repository import CartRepository
    from reference_impl.modules.carts.schemas import Cart, CartChange, LineChange, NewCart
    from reference_impl.modules.carts.service import CartService
    from reference_impl.modules.carts.totals import LineTotals, Reduction, Totals
    from reference_impl.modules.catalog.repository import CatalogRepository
    from suites.defects.registry import Patch

Row = dict[str, Any]


@defect("carts.born_completed", breaks="CRT-01")
def born_completed(patch: Patch) -> None:
    """The column completed_at has now() as its default."""
    patch.sql("ALTER TABLE cart ALTER completed_at SET DEFAULT now()")


@defect("carts.guests_must_log_in", breaks=("CRT-01", "CHK-01"))
def guests_must_log_in(patch: Patch) -> None:
    """Only customers have carts."""
    from reference_impl.core.errors import Unauthorized
    from reference_impl.modules.carts import service

    sound = service.CartService.create

    async def create(self: CartService, visitor: Caller, body: NewCart) -> Cart:
        if not visitor.actor_id:
            raise Unauthorized
        return await sound(self, visitor, body)

    patch.setattr(service.CartService, "create", create)


@defect("carts.unknown_is_bad_request", breaks=("CRT-01", "PAY-02"))
def unknown_is_bad_request(patch: Patch) -> None:
    """An id that no cart has is the caller's mistake: 400."""
    from reference_impl.core.errors import InvalidData, NotFound
    from reference_impl.modules.carts import service

    sound = service.CartService._row

    async def row(self: CartService, tenant_id: str, cart_id: str, *, hold: bool = False) -> Row:
        try:
            return await sound(self, tenant_id, cart_id, hold=hold)
        except NotFound as missing:
            raise InvalidData(missing.message) from None

    patch.setattr(service.CartService, "_row", row)


@defect("carts.unknown_keys_are_ignored", breaks=("CRT-05", "CRT-04", "CAT-07", "PAY-13"))
def unknown_keys_are_ignored(patch: Patch) -> None:
    """Bodies may carry what they like; what the platform does not know is dropped."""
    from pydantic import BaseModel, ConfigDict

    from reference_impl.core import bodies

    class Body(BaseModel):
        model_config = ConfigDict(extra="ignore", strict=True)

    patch.setattr(bodies, "Body", Body)


@defect("carts.negative_quantity", breaks="CRT-04")
def negative_quantity(patch: Patch) -> None:
    """A quantity is any whole number: -1 takes one out."""
    from reference_impl.modules.carts import schemas

    class NewLine(schemas.NewLine):
        quantity: int

    class LineChange(schemas.LineChange):
        quantity: int

    patch.setattr(schemas, "NewLine", NewLine)
    patch.setattr(schemas, "LineChange", LineChange)
    patch.sql("ALTER TABLE cart_line DROP CONSTRAINT IF EXISTS ck_cart_line_quantity")


@defect("carts.drafts_are_sold", breaks="CRT-04")
def drafts_are_sold(patch: Patch) -> None:
    """Whatever has a price can be bought, published or not."""
    from reference_impl.modules.catalog import repository

    anything = repository._BUYABLE._generate()
    anything._where_criteria = ()
    patch.setattr(repository, "_BUYABLE", anything)


@defect("carts.price_of_another_currency", breaks=("CRT-02", "CHK-04"))
def price_of_another_currency(patch: Patch) -> None:
    """The price is the tenant's first one, taken for the cart's currency."""
    from reference_impl.modules.catalog import repository
    from reference_impl.modules.catalog.models import product_variant as v

    async def buyable(self: CatalogRepository, tenant_id: str, currency: str, variant_ids: Sequence[str]) -> list[Row]:
        rows = await self._rows(
            repository._BUYABLE.where(v.c.tenant_id == tenant_id, v.c.id.in_(variant_ids)).order_by("currency_code")
        )
        return [{**row, "currency_code": currency} for row in rows]

    patch.setattr(repository.CatalogRepository, "buyable", buyable)


@defect("carts.a_line_for_each_click", breaks="CRT-02")
def a_line_for_each_click(patch: Patch) -> None:
    """Adding always makes a line, also for what is in the cart already."""
    from reference_impl.modules.carts import service

    async def add_lines(self: CartService, tenant_id: str, row: Row, wanted: Sequence[Any]) -> None:
        prices = await self._prices(tenant_id, row["currency_code"], [line.variant_id for line in wanted])
        for line in wanted:
            await self._carts.insert_line(self._line(row["id"], prices[line.variant_id], line))

    patch.setattr(service.CartService, "_add_lines", add_lines)


@defect("carts.nobody_holds_them", breaks=("CRT-02", "CHK-03", "PAY-09"))
def nobody_holds_them(patch: Patch) -> None:
    """Carts are read without a lock: two changes at once both start from what was there before."""
    from reference_impl.modules.carts import repository

    sound = repository.CartRepository.get

    async def get(self: CartRepository, tenant_id: str, cart_id: str, *, hold: bool = False) -> Row | None:
        return await sound(self, tenant_id, cart_id)

    patch.setattr(repository.CartRepository, "get", get)


@defect("carts.quantity_is_added", breaks="CRT-03")
def quantity_is_added(patch: Patch) -> None:
    """A new quantity is added to the old one."""
    from reference_impl.modules.carts import service

    sound = service.CartService.change_line

    async def change_line(self: CartService, tenant_id: str, cart_id: str, line_id: str, body: LineChange) -> Cart:
        now = self._of(await self._carts.lines(cart_id), line_id)["quantity"]
        return await sound(self, tenant_id, cart_id, line_id, body.model_copy(update={"quantity": now + body.quantity}))

    patch.setattr(service.CartService, "change_line", change_line)


@defect("carts.zero_is_nothing_said", breaks="CRT-03")
def zero_is_nothing_said(patch: Patch) -> None:
    """`quantity or 1`: a 0 counts as not given."""
    from reference_impl.modules.carts import service

    sound = service.CartService.change_line

    async def change_line(self: CartService, tenant_id: str, cart_id: str, line_id: str, body: LineChange) -> Cart:
        return await sound(self, tenant_id, cart_id, line_id, body.model_copy(update={"quantity": body.quantity or 1}))

    patch.setattr(service.CartService, "change_line", change_line)


@defect("carts.change_forgets_the_rest", breaks="CRT-10")
def change_forgets_the_rest(patch: Patch) -> None:
    """A change writes all members, those too that the body does not name."""
    from reference_impl.modules.carts import service

    sound = service.CartService.change

    async def change(self: CartService, tenant_id: str, cart_id: str, body: CartChange) -> Cart:
        whole = type(body).model_construct(set(type(body).model_fields), **dict(body))
        return await sound(self, tenant_id, cart_id, whole)

    patch.setattr(service.CartService, "change", change)


@defect("carts.any_country", breaks="CRT-10")
def any_country(patch: Patch) -> None:
    """An address is an address: whether anything is sent there is found out later."""
    from reference_impl.modules.carts import service

    sound = service._address
    patch.setattr(service, "_address", lambda body, region=None: sound(body))


@defect("carts.stock_is_looked_at_later", breaks="CRT-11")
def stock_is_looked_at_later(patch: Patch) -> None:
    """A cart takes any quantity; only the order finds that it is not there."""
    from reference_impl.modules.carts import service

    patch.setattr(service.CartService, "_check_lines", lambda lines, prices: None)


@defect("carts.open_for_ever", breaks="CRT-08")
def open_for_ever(patch: Patch) -> None:
    """Changes do not ask whether the cart has become an order."""
    from reference_impl.modules.carts import service

    async def still_open(self: CartService, tenant_id: str, cart_id: str) -> Row:
        return await self._row(tenant_id, cart_id, hold=True)

    patch.setattr(service.CartService, "_open", still_open)


@defect("carts.code_cannot_be_taken_back", breaks="CRT-07")
def code_cannot_be_taken_back(patch: Patch) -> None:
    """Taking a code back answers with the cart, and leaves it there."""
    from reference_impl.modules.carts import service

    async def remove(self: CartService, tenant_id: str, cart_id: str, codes: Sequence[str]) -> Cart:
        return await self.get(tenant_id, cart_id)

    patch.setattr(service.CartService, "remove_promotions", remove)


@defect("carts.unknown_code_is_ignored", breaks="CRT-07")
def unknown_code_is_ignored(patch: Patch) -> None:
    """A code that nobody made is accepted and does nothing."""
    from reference_impl.core.errors import InvalidData
    from reference_impl.modules.carts import service

    sound = service.CartService._add_promotions

    async def add(self: CartService, tenant_id: str, cart_id: str, codes: Sequence[str]) -> None:
        try:
            await sound(self, tenant_id, cart_id, codes)
        except InvalidData:
            return

    patch.setattr(service.CartService, "_add_promotions", add)


# --- Arithmetic -------------------------------------------------------------------------------------------------------


@defect("totals.shipping_is_forgotten", breaks="CRT-06")
def shipping_is_forgotten(patch: Patch) -> None:
    """The total is that of the goods."""
    from reference_impl.modules.carts import totals

    sound = totals.add_up

    def add_up(items: Sequence[LineTotals], shipping: Sequence[LineTotals]) -> Totals:
        sums = sound(items, shipping)
        return replace(sums, total=sums.item_total)

    patch.setattr(totals, "add_up", add_up)


@defect("totals.tax_before_discount", breaks="CRT-06")
def tax_before_discount(patch: Patch) -> None:
    """Tax is taken on the full price, whatever a promotion took off."""
    from reference_impl.modules.carts import totals

    sound = totals.line_totals

    def line_totals(currency: str, unit_price: Decimal, quantity: int, discount: Decimal, rate: Decimal) -> LineTotals:
        line = sound(currency, unit_price, quantity, discount, rate)
        tax = line.original_tax_total
        return replace(
            line,
            tax_total=tax,
            discount_tax_total=Decimal(0),
            discount_total=discount,
            total=line.subtotal - discount + tax,
        )

    patch.setattr(totals, "line_totals", line_totals)


@defect("totals.not_rounded", breaks="CRT-09")
def not_rounded(patch: Patch) -> None:
    """Sums keep all the digits that taxes and percentages give them."""
    from reference_impl.modules.carts import totals

    patch.setattr(totals, "rounded", lambda amount, currency: amount)


@defect("totals.spread_loses_the_rest", breaks="CRT-07")
def spread_loses_the_rest(patch: Patch) -> None:
    """An amount is divided over the lines and cut, and what is left over is nobody's."""
    from decimal import ROUND_DOWN

    from reference_impl.core.money import CURRENCIES
    from reference_impl.modules.carts import totals

    def spread(currency: str, amount: Decimal, over: Sequence[Decimal]) -> list[Decimal]:
        unit = Decimal(1).scaleb(-CURRENCIES[currency])
        return [(amount * one / sum(over)).quantize(unit, rounding=ROUND_DOWN) for one in over]

    patch.setattr(totals, "_spread", spread)


@defect("totals.better_than_free", breaks="CRT-07")
def better_than_free(patch: Patch) -> None:
    """A promotion may take off more than there is."""
    from reference_impl.modules.carts import totals

    def discounts(currency: str, subtotals: Sequence[Decimal], reductions: Iterable[Reduction]) -> list[list[Decimal]]:
        whole = sum(subtotals) or Decimal(1)
        return [
            [one * (reduction.value / 100 if reduction.percentage else reduction.value / whole) for one in subtotals]
            for reduction in reductions
        ]

    patch.setattr(totals, "discounts", discounts)
