"""Defects of tenancy in the catalogue, carts, payments and orders: a condition on the tenant that somebody forgot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from suites.defects.registry import defect

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from reference_impl.modules.carts.repository import CartRepository
    from reference_impl.modules.catalog.repository import CatalogRepository
    from reference_impl.modules.orders.repository import OrderRepository
    from reference_impl.modules.payments.repository import PaymentRepository
    from suites.defects.registry import Patch

Row = dict[str, Any]


@defect("tenancy.catalog_of_every_tenant", breaks=("CAT-10", "CRT-12"))
def catalog_of_every_tenant(patch: Patch) -> None:
    """Regions, products, shipping options and codes are found by their ids alone."""
    from reference_impl.modules.catalog import products, repository
    from reference_impl.modules.catalog.models import product

    patch.setattr(repository, "_mine", lambda table, tenant_id: [table.c.deleted_at.is_(None)])
    patch.setattr(products, "in_store", lambda tenant_id: product.c.status == "published")


@defect("tenancy.goods_of_every_tenant", breaks=("CRT-12", "TEN-10"))
def goods_of_every_tenant(patch: Patch) -> None:
    """A variant is put into a cart by its id alone."""
    from reference_impl.modules.catalog import repository
    from reference_impl.modules.catalog.models import product_variant, variant_price

    async def buyable(self: CatalogRepository, tenant_id: str, currency: str, variant_ids: Sequence[str]) -> list[Row]:
        wanted = (product_variant.c.id.in_(variant_ids), variant_price.c.currency_code == currency)
        return await self._rows(repository._BUYABLE.where(*wanted))

    patch.setattr(repository.CatalogRepository, "buyable", buyable)


@defect("tenancy.carts_of_every_tenant", breaks="CRT-12")
def carts_of_every_tenant(patch: Patch) -> None:
    """Carts and their payment collections are found by their ids alone."""
    from reference_impl.modules.carts import repository as carts
    from reference_impl.modules.carts.models import cart
    from reference_impl.modules.catalog import repository as catalog
    from reference_impl.modules.payments import repository as payments
    from reference_impl.modules.payments.models import payment_collection as table

    async def get(self: CartRepository, tenant_id: str, cart_id: str, *, hold: bool = False) -> Row | None:
        from sqlalchemy import select

        rows = await self._rows(select(cart).where(cart.c.id == cart_id))
        return rows[0] if rows else None

    async def collection(self: PaymentRepository, tenant_id: str, **equal: str) -> Row | None:
        from sqlalchemy import select

        return await self._one(select(table).where(*(table.c[name] == value for name, value in equal.items())))

    patch.setattr(carts.CartRepository, "get", get)
    patch.setattr(payments.PaymentRepository, "collection", collection)
    patch.setattr(catalog, "_mine", lambda table, tenant_id: [table.c.deleted_at.is_(None)])


@defect("tenancy.orders_of_every_tenant", breaks="ORD-05")
def orders_of_every_tenant(patch: Patch) -> None:
    """Orders are listed, read and cancelled without a look at the tenant."""
    from reference_impl.modules.orders import repository
    from reference_impl.modules.orders.models import order

    async def get(self: OrderRepository, tenant_id: str, **equal: str) -> Row | None:
        from sqlalchemy import select

        rows = await self._rows(select(order).where(*(order.c[name] == value for name, value in equal.items())))
        return rows[0] if rows else None

    async def turn(self: OrderRepository, tenant_id: str, order_id: str, status: str, **values: Any) -> bool:
        from sqlalchemy import update

        changed = await self._work.execute(
            update(order).where(order.c.id == order_id, order.c.status == "pending").values(status=status, **values)
        )
        return changed.rowcount > 0

    patch.setattr(repository.OrderRepository, "get", get)
    patch.setattr(repository.OrderRepository, "turn", turn)


@defect("tenancy.payments_of_every_tenant", breaks="PAY-08")
def payments_of_every_tenant(patch: Patch) -> None:
    """Payments are read, captured and refunded by their ids alone."""
    from reference_impl.modules.payments import repository
    from reference_impl.modules.payments.models import payment

    sound_take = repository.PaymentRepository.take
    sound_give_back = repository.PaymentRepository.give_back

    async def payments(
        self: PaymentRepository, tenant_id: str, *, hold: bool = False, **among: Sequence[str]
    ) -> list[Row]:
        from sqlalchemy import select

        conditions = [payment.c[name].in_(values) for name, values in among.items()]
        return await self._rows(select(payment).where(*conditions))

    async def owner(self: PaymentRepository, payment_id: str) -> str:
        row = await self._work.look("SELECT tenant_id FROM payment WHERE id = $1", payment_id)
        return str(row["tenant_id"]) if row else ""

    async def take(self: PaymentRepository, tenant_id: str, payment_id: str, amount: Decimal) -> bool:
        return await sound_take(self, await owner(self, payment_id), payment_id, amount)

    async def give_back(self: PaymentRepository, tenant_id: str, payment_id: str, amount: Decimal) -> bool:
        return await sound_give_back(self, await owner(self, payment_id), payment_id, amount)

    patch.setattr(repository.PaymentRepository, "payments", payments)
    patch.setattr(repository.PaymentRepository, "take", take)
    patch.setattr(repository.PaymentRepository, "give_back", give_back)
