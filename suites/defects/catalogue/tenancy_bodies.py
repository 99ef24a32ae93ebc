"""Defects of tenancy in what bodies and filters name: an id that was looked up, and not whose it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from suites.defects.registry import defect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reference_impl.modules.bookings.repository import BookingRepository
    from reference_impl.modules.catalog.service import CatalogService
    from reference_impl.modules.vendors.schemas import NewVendor, Vendor
    from suites.defects.registry import Patch


@defect("tenancy.goods_of_any_vendor", breaks="TEN-10")
def goods_of_any_vendor(patch: Patch) -> None:
    """That there is such a vendor is left to the foreign key, which knows no tenants."""
    from reference_impl.modules.catalog import repository

    patch.replace(repository, "_VENDOR", "tenant_id = :tenant_id AND id", ":tenant_id <> '' AND id")


@defect("tenancy.shares_of_any_order", breaks="TEN-10")
def shares_of_any_order(patch: Patch) -> None:
    """Who asks for the shares of one order knows its id, so that is the only condition."""
    from reference_impl.modules.vendors import repository

    sound = repository._given

    def given(table: Any, **values: Any) -> list[Any]:
        if values.get("order_id") is not None and values.get("vendor_id") is None:
            values.pop("tenant_id", None)
        return sound(table, **values)

    patch.setattr(repository, "_given", given)


@defect("tenancy.services_of_every_tenant", breaks="TEN-10")
def services_of_every_tenant(patch: Patch) -> None:
    """A new provider may offer any service that there is."""
    from reference_impl.modules.bookings import repository

    async def own_services(self: BookingRepository, tenant_id: str, service_ids: Sequence[str]) -> set[str]:
        from sqlalchemy import select

        from reference_impl.modules.bookings.models import booking_service

        found = await self._work.execute(select(booking_service.c.id).where(booking_service.c.id.in_(service_ids)))
        return set(found.scalars())

    patch.setattr(repository.BookingRepository, "own_services", own_services)


@defect("tenancy.products_of_every_tenant", breaks="TEN-10")
def products_of_every_tenant(patch: Patch) -> None:
    """A product that is traded in or insured is found by its id alone."""
    from reference_impl.core.errors import NotFound
    from reference_impl.modules.catalog import service

    async def variant_ids(self: CatalogService, tenant_id: str, product_id: str) -> list[str]:
        found = [str(row["id"]) for row in await self._catalog.variants([product_id])]
        if not found:
            raise NotFound(f"Product with id: {product_id} was not found")
        return found

    patch.setattr(service.CatalogService, "variant_ids", variant_ids)


@defect("tenancy.handles_of_the_platform", breaks="TEN-11")
def handles_of_the_platform(patch: Patch) -> None:
    """A vendor's handle is taken once and for all tenants, and whoever wants it is told so."""
    from reference_impl.core.errors import Duplicate
    from reference_impl.modules.vendors import service

    sound = service.VendorService.create

    async def create(self: Any, tenant_id: str, body: NewVendor) -> Vendor:
        if await self._work.look("SELECT 1 AS taken FROM vendor WHERE handle = $1 LIMIT 1", body.handle):
            raise Duplicate(f"Vendor with handle: {body.handle}, already exists")
        return await sound(self, tenant_id, body)

    patch.setattr(service.VendorService, "create", create)
