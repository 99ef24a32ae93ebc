"""Routes of bookings."""

from __future__ import annotations

from fastapi import APIRouter

from reference_impl.core.routing import PlatformRoute

router = APIRouter(route_class=PlatformRoute, tags=["bookings"])
