"""The application: the only place where its parts are put together."""

from __future__ import annotations

import gc
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from reference_impl.adapters.connect import connect
from reference_impl.core.auth import Guard
from reference_impl.core.clock import FastClock, FrozenClock, SystemClock
from reference_impl.core.database import Database
from reference_impl.core.edge import Edge
from reference_impl.core.errors import InvalidData, NotFound, PlatformError
from reference_impl.core.metrics import RequestMetrics
from reference_impl.core.openapi import Platform
from reference_impl.core.outbox import Relay
from reference_impl.core.routing import JsonResponse, PlatformRoute, RouteIndex
from reference_impl.modules.bookings import routes as bookings
from reference_impl.modules.bookings import subscribers as bookings_subscribers
from reference_impl.modules.carts import routes as carts
from reference_impl.modules.carts import subscribers as carts_subscribers
from reference_impl.modules.catalog import routes as catalog
from reference_impl.modules.catalog import subscribers as catalog_subscribers
from reference_impl.modules.customers import routes as customers
from reference_impl.modules.customers import subscribers as customers_subscribers
from reference_impl.modules.insurance import routes as insurance
from reference_impl.modules.insurance import subscribers as insurance_subscribers
from reference_impl.modules.orders import routes as orders
from reference_impl.modules.orders import subscribers as orders_subscribers
from reference_impl.modules.payments import routes as payments
from reference_impl.modules.payments import subscribers as payments_subscribers
from reference_impl.modules.tenants import routes as tenants
from reference_impl.modules.tenants import subscribers as tenants_subscribers
from reference_impl.modules.trade_in import routes as trade_in
from reference_impl.modules.trade_in import subscribers as trade_in_subscribers
from reference_impl.modules.vendors import routes as vendors
from reference_impl.modules.vendors import subscribers as vendors_subscribers
from reference_impl.modules.wallet import routes as wallet
from reference_impl.modules.wallet import subscribers as wallet_subscribers
from reference_impl.operations import events, health, integrations, metrics, webhooks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from reference_impl.adapters.vendors import Vendors
    from reference_impl.core.clock import Clock
    from reference_impl.settings import Settings

VERSION = "0.1.0"
PROBLEMS_NAMED = 10
_MODULES = (tenants, customers, catalog, carts, payments, orders, vendors, wallet, bookings, trade_in, insurance)
_OPERATIONS = (webhooks, health, metrics, integrations, events)
ROUTERS = (*(module.router for module in _MODULES), *(part.router for part in _OPERATIONS))
_SUBSCRIBERS = tuple(
    subscriber
    for module in (
        customers_subscribers,
        tenants_subscribers,
        wallet_subscribers,
        catalog_subscribers,
        carts_subscribers,
        payments_subscribers,
        orders_subscribers,
        vendors_subscribers,
        bookings_subscribers,
        trade_in_subscribers,
        insurance_subscribers,
    )
    for subscriber in module.SUBSCRIBERS
)


def create_app(settings: Settings) -> FastAPI:
    """The platform as an ASGI application; it connects when it starts and not before."""
    app = Platform(
        title="CityOS commerce platform (reference)",
        version=VERSION,
        lifespan=_lifespan,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # ours are in core; these cost 8 µs
        exception_handlers={
            PlatformError: _platform_error,
            RequestValidationError: _invalid,
            HTTPException: _http_error,
        },
    )
    app.state.settings = settings
    app.state.clock = _clock(settings)
    app.state.vendors = connect(settings, app.state.clock)
    app.state.metrics = RequestMetrics()
    for router in ROUTERS:
        for route in router.routes:
            guard_of(route)
        app.router.routes.extend(router.routes)  # include_router matches twice: 35 µs more, 10 %
    app.router.middleware_stack = RouteIndex(app.router)
    app.add_middleware(Edge, metrics=app.state.metrics, access_log=settings.access_log)
    return app


def _clock(settings: Settings) -> Clock:
    if settings.frozen_time is not None:
        return FrozenClock(settings.frozen_time)
    return SystemClock() if settings.clock_speed == 1 else FastClock(settings.clock_speed)


def guard_of(route: Any) -> Guard:
    """The one guard of a route; a route without one, or with two, stops the start: nothing is open by accident."""
    assert isinstance(route, PlatformRoute)
    guards = [provider for provider in route.providers.values() if isinstance(provider, Guard)]
    if len(guards) != 1:
        raise RuntimeError(f"{route.path} must declare exactly one guard, it has {len(guards)}")
    return guards[0]


def table_of_routes() -> list[dict[str, Any]]:
    """Who may call what: `{"method", "path", "who", "roles"}` per route, as the guards say it (see core/auth.py)."""
    return [
        {"method": method, "path": route.path, "who": guard.who, "roles": list(guard.roles)}
        for router in ROUTERS
        for route in router.routes
        for guard in [guard_of(route)]
        for method in sorted(getattr(route, "methods", ()))
    ]


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings = app.state.settings
    database = app.state.database = Database(
        settings.database_url, connections=settings.connections, statement_connections=settings.statement_connections
    )
    await database.open()
    webhooks.warm_up(settings)
    vendors: Vendors = app.state.vendors
    relay = Relay(database, app.state.clock, _SUBSCRIBERS, others=vendors.routes)
    if settings.relay:
        relay.start()
        vendors.start(database)
    # What exists now lives as long as the process: keep it out of every later collection (p99 fell to a third by it).
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    try:
        yield
    finally:
        await relay.stop()
        await vendors.stop()
        await database.close()


async def _platform_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, PlatformError)
    return JsonResponse(error.body(), status_code=error.status)


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problems = []
    for problem in error.errors()[:PROBLEMS_NAMED]:
        where = ".".join(str(part) for part in problem["loc"][1:]) or "body"
        problems.append(f"{where}: {problem['msg'].removeprefix('Value error, ')}")
    return JsonResponse(InvalidData("; ".join(problems)).body(), status_code=400)


async def _http_error(request: Request, error: Exception) -> Response:
    """What Starlette and FastAPI raise, in the platform's shape; in Medusa too an unknown method is a 404."""
    assert isinstance(error, HTTPException)
    if error.status_code in (404, 405):
        return await _platform_error(request, NotFound(f"Cannot {request.method} {request.url.path}"))
    return await _platform_error(request, InvalidData(str(error.detail)))
