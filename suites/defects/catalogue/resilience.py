"""Defects that only show when a process goes: what it kept in memory, left half written, or was asked just then."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from suites.defects.registry import defect

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from reference_impl.core.database import Work
    from reference_impl.core.outbox import Relay
    from reference_impl.modules.carts.service import Cart, CartService
    from reference_impl.modules.catalog.service import CatalogService
    from reference_impl.modules.wallet.service import WalletService
    from suites.defects.registry import Patch


@defect("resilience.events_in_memory", breaks="RES-01")
def events_in_memory(patch: Patch) -> None:
    """Events are collected in memory, and the relay writes them to the outbox once their transaction is committed."""
    from reference_impl.core import database, outbox

    execute, commit, dispatch = database.Work.execute, database.Work.commit, outbox.Relay.dispatch
    committed: list[tuple[Any, Any]] = []

    async def collect(self: Work, statement: Any, parameters: Any = None) -> Any:
        if getattr(statement, "is_insert", False) and statement.table is outbox.outbox:
            vars(self).setdefault("events", []).append((statement, parameters))
            return None
        return await execute(self, statement, parameters)

    async def remember(self: Work) -> None:
        await commit(self)
        committed.extend(vars(self).pop("events", []))

    async def write(self: Relay) -> int:
        work = database.Work(self._database, self._clock)
        while committed:
            await execute(work, *committed.pop(0))
        await commit(work)
        return await dispatch(self)

    patch.setattr(database.Work, "execute", collect)
    patch.setattr(database.Work, "commit", remember)
    patch.setattr(outbox.Relay, "dispatch", write)


@defect("resilience.done_before_the_effect", breaks="RES-01")
def done_before_the_effect(patch: Patch) -> None:
    """The relay marks all that is due as done, so that no other worker takes it too, and then it handles it."""
    from reference_impl.core import database, outbox

    async def handle_all(self: Relay) -> bool:
        work = database.Work(self._database, self._clock)
        due = {"now": self._clock.now(), "handlers": list(self._subscribers)}
        rows = []
        while (row := (await work.execute(outbox._CLAIM, due)).mappings().one_or_none()) is not None:
            rows.append(dict(row))
            await work.execute(outbox.DONE, {"handler": row["handler"], "id": row["id"]})
        await work.commit()
        await asyncio.sleep(0.3 if rows else 0)  # shoppers first
        for one in rows:
            effect = database.Work(self._database, self._clock)
            await self._handle(one, effect)
            await effect.commit()
        return bool(rows)

    patch.setattr(outbox.Relay, "handle_one", handle_all)


@defect("resilience.stock_on_its_own", breaks="RES-02")
def stock_on_its_own(patch: Patch) -> None:
    """Stock is taken in a transaction of its own, so that its rows are not locked for long."""
    from reference_impl.core import database
    from reference_impl.modules.catalog import service

    take = service.CatalogService.take

    async def take_now(self: CatalogService, tenant_id: str, quantities: Mapping[str, int]) -> None:
        own = database.Work(self._work._database, self._work._clock)
        await take(service.CatalogService(own), tenant_id, quantities)
        await own.commit()

    patch.setattr(service.CatalogService, "take", take_now)


@defect("resilience.wallet_on_its_own", breaks="RES-02")
def wallet_on_its_own(patch: Patch) -> None:
    """The wallet is debited in a transaction of its own, before the order is there."""
    from reference_impl.core import database
    from reference_impl.modules.wallet import service

    debit = service.WalletService.debit

    async def debit_now(
        self: WalletService, tenant_id: str, customer_id: str, currency: str, amount: Decimal, **told: str
    ) -> Any:
        own = database.Work(self._work._database, self._work._clock)
        try:
            made = await debit(service.WalletService(own), tenant_id, customer_id, currency, amount, **told)
        except BaseException:
            await own.rollback()
            raise
        await own.commit()
        await asyncio.sleep(0.1)  # a receipt is sent
        return made

    patch.setattr(service.WalletService, "debit", debit_now)


@defect("resilience.cart_closed_later", breaks="RES-03")
def cart_closed_later(patch: Patch) -> None:
    """The cart is closed in the background, so that the customer sees the order sooner."""
    from reference_impl.core import database
    from reference_impl.modules.carts import service

    complete = service.CartService.complete
    tasks: set[asyncio.Task[None]] = set()

    async def complete_later(self: CartService, cart: Cart) -> None:
        async def close() -> None:
            await asyncio.sleep(0.1)
            own = database.Work(self._work._database, self._work._clock)
            await complete(service.CartService(own), cart)
            await own.commit()

        task = asyncio.get_running_loop().create_task(close())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    patch.setattr(service.CartService, "complete", complete_later)


@defect("resilience.gone_at_once", breaks=("RES-04", "RES-05"))
def gone_at_once(patch: Patch) -> None:
    """Told to stop, the process stops: whatever it was doing."""
    import os

    from uvicorn import Server

    async def shutdown(self: Server, sockets: object = None) -> None:
        os._exit(0)

    patch.setattr(Server, "shutdown", shutdown)


@defect("resilience.idle_connections_closed", breaks="RES-05")
def idle_connections_closed(patch: Patch) -> None:
    """Told to stop, the server closes each connection that is idle, though a request may be on its way on it."""
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    from reference_impl.operations import draining

    patch.setattr(draining.DrainingProtocol, "shutdown", HttpToolsProtocol.shutdown)
