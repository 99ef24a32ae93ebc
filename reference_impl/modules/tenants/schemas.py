"""What goes in and out: tenants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import StringConstraints

from reference_impl.core.bodies import Body, example
from reference_impl.core.money import CurrencyCode

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=63)]
Domain = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$", max_length=253)]


class NewTenant(Body):
    """A tenant to be; without a handle it takes the slug for one."""

    model_config = example(name="Jeddah Market", slug="jeddah-market", currency_code="sar")

    name: Name
    slug: Slug
    handle: Slug | None = None
    domain: Domain | None = None
    currency_code: CurrencyCode


class TenantChange(Body):
    """What may change of a tenant; what is left out stays. A slug stands in addresses, and money in its currency."""

    model_config = example(name="Jeddah Market")

    name: Name | None = None
    handle: Slug | None = None
    domain: Domain | None = None


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant as everybody may see it."""

    id: str
    name: str
    slug: str
    handle: str
    domain: str | None
    currency_code: str
    status: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class TenantEnvelope:
    tenant: Tenant


@dataclass(frozen=True, slots=True)
class NewTenantEnvelope:
    """A tenant that was made just now, and the key that opens its storefront."""

    tenant: Tenant
    publishable_key: str


@dataclass(frozen=True, slots=True)
class TenantList:
    tenants: list[Tenant]
    count: int
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class PlatformContext:
    """Which tenant a publishable key belongs to, and what the storefront needs to know before anything else."""

    tenant: Tenant
    default_currency_code: str
