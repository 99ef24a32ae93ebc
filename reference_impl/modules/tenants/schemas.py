"""What goes in and out: tenants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


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
