"""Defects of the feed of events: what integrators read that did not happen, is not theirs, or is not there any more."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from suites.defects.registry import defect

if TYPE_CHECKING:
    from types import ModuleType

    from reference_impl.core.database import Work
    from reference_impl.modules.carts.service import Cart
    from reference_impl.modules.orders.service import OrderService
    from reference_impl.modules.wallet.repository import WalletRepository
    from reference_impl.operations.feed import CloudEvent, EventFeed
    from suites.defects.registry import Patch


def _changed(patch: Patch, **members: object) -> None:
    """Each event with other members."""
    from reference_impl.operations import feed

    cloud_event = feed.cloud_event

    def changed(row: Any) -> CloudEvent:
        return replace(cloud_event(row), **members)  # type: ignore[arg-type]

    patch.setattr(feed, "cloud_event", changed)


@defect("events.version_is_a_number", breaks="EVT-01")
def version_is_a_number(patch: Patch) -> None:
    """The version of CloudEvents is written as the number that it looks like."""
    _changed(patch, specversion=1.0)


@defect("events.of_the_platform", breaks="EVT-03")
def of_the_platform(patch: Patch) -> None:
    """The source is the platform, so that nobody can tell whose event it is."""
    _changed(patch, source="/cityos")


@defect("events.newest_first", breaks="EVT-02")
def newest_first(patch: Patch) -> None:
    """The feed is sorted as every other list is: the newest first."""
    from reference_impl.operations.feed import EventFeed

    page = EventFeed.page

    async def page_backwards(self: EventFeed, *of: Any, **wanted: Any) -> tuple[list[CloudEvent], int]:
        rows, count = await page(self, *of, **wanted)
        return rows[::-1], count

    patch.setattr(EventFeed, "page", page_backwards)


@defect("events.from_it_on", breaks="EVT-02")
def from_it_on(patch: Patch) -> None:
    """A page begins with the event that it is to come after, so that each of these is read twice."""
    from reference_impl.operations.feed import EventFeed

    number = EventFeed.number

    async def one_before(self: EventFeed, tenant_id: str, event_id: str) -> int | None:
        found = await number(self, tenant_id, event_id)
        return None if found is None else found - 1

    patch.setattr(EventFeed, "number", one_before)


@defect("events.of_all", breaks="EVT-03")
def of_all(patch: Patch) -> None:
    """There is one outbox, and whoever may read it reads it."""
    from sqlalchemy import text

    from reference_impl.operations.feed import EventFeed

    page = EventFeed.page

    async def page_of_all(self: EventFeed, tenant_id: str, after: int, **wanted: Any) -> tuple[list[CloudEvent], int]:
        rows: list[CloudEvent] = []
        for one in (await self._work.execute(text("SELECT id FROM tenant"))).scalars().all():
            rows += (await page(self, str(one), after, **wanted))[0]
        return rows, len(rows)

    patch.setattr(EventFeed, "page", page_of_all)


@defect("events.any_to_read_on_from", breaks="EVT-03")
def any_to_read_on_from(patch: Patch) -> None:
    """The event to read on from is looked up by its id alone, also when it is another tenant's."""
    from sqlalchemy import text

    from reference_impl.operations.feed import EventFeed

    async def number_of_any(self: EventFeed, tenant_id: str, event_id: str) -> int | None:
        found = await self._work.execute(text("SELECT feed_number FROM outbox WHERE id = :id"), {"id": event_id})
        number: int | None = found.scalar_one_or_none()
        return number

    patch.setattr(EventFeed, "number", number_of_any)


@defect("events.numbered_when_written", breaks="EVT-04")
def numbered_when_written(patch: Patch) -> None:
    """An event gets its number when it is written, which saves an update; a refund has more to do before it commits."""
    from reference_impl.core import outbox
    from reference_impl.modules.payments import service

    async def publish_and_work_on(work: Work, kind: str, **what: Any) -> None:
        await outbox.publish(work, kind, **what)
        await asyncio.sleep(0.02)

    patch.setattr(service, "publish", publish_and_work_on)
    patch.sql("ALTER TABLE outbox ALTER COLUMN feed_number SET DEFAULT nextval('outbox_feed_number')")
    patch.replace(outbox, "_DISPATCH", ", feed_number = numbered.feed_number", "")


@defect("events.starts_over", breaks="EVT-07")
def starts_over(patch: Patch) -> None:
    """Who names an event that is not there gets the feed from its beginning, which is better than an error."""
    from reference_impl.operations.feed import EventFeed

    number = EventFeed.number

    async def number_or_none(self: EventFeed, tenant_id: str, event_id: str) -> int:
        return await number(self, tenant_id, event_id) or 0

    patch.setattr(EventFeed, "number", number_or_none)


@defect("events.of_any_type", breaks="EVT-07")
def of_any_type(patch: Patch) -> None:
    """The type is a filter for later; whoever asks for one gets them all."""
    from reference_impl.operations.feed import EventFeed

    page = EventFeed.page

    async def page_of_any(self: EventFeed, tenant_id: str, after: int, **wanted: Any) -> tuple[list[CloudEvent], int]:
        return await page(self, tenant_id, after, **{**wanted, "kind": None})

    patch.setattr(EventFeed, "page", page_of_any)


async def _tell_at_once(work: Work, kind: str, **what: Any) -> None:
    """An event in a transaction of its own."""
    from reference_impl.core.database import unit_of_work
    from reference_impl.core.outbox import publish

    async with unit_of_work(work._database, work._clock) as apart:
        await publish(apart, kind, **what)


@defect("events.told_before_it_moves", breaks="EVT-05")
def told_before_it_moves(patch: Patch) -> None:
    """The movement is announced first and made then, whether or not there is the money for it."""
    from reference_impl.modules.wallet import repository

    move = repository.WalletRepository.move

    async def announce(self: WalletRepository, **values: Any) -> Any:
        told = {"id": values["transaction_id"], "amount": values["signed"], "reference_id": values["reference_id"]}
        whose = {"tenant_id": values["tenant_id"], "aggregate_id": values["wallet_id"]}
        await _tell_at_once(self._work, f"wallet.{values['kind']}ed", **whose, payload=told)
        return await move(self, **values)

    patch.setattr(repository.WalletRepository, "move", announce)


@defect("events.placed_before_it_is_paid", breaks="EVT-05")
def placed_before_it_is_paid(patch: Patch) -> None:
    """An order is announced as soon as it has an id; whether it can be paid shows later."""
    from reference_impl.modules.orders.service import OrderService

    place = OrderService._place

    async def announce(self: OrderService, tenant_id: str, cart: Cart, order_id: str, *more: Any) -> None:
        told = {"id": order_id, "customer_id": cart.customer_id, "total": cart.total}
        await _tell_at_once(self._work, "order.placed", tenant_id=tenant_id, aggregate_id=order_id, payload=told)
        await place(self, tenant_id, cart, order_id, *more)

    patch.setattr(OrderService, "_place", announce)


def _untold(patch: Patch, module: ModuleType, *kinds: str) -> None:
    """A module that does not tell of some things."""
    from reference_impl.core.outbox import publish

    async def publish_others(work: Work, kind: str, **what: Any) -> None:
        if kind not in kinds:
            await publish(work, kind, **what)

    patch.setattr(module, "publish", publish_others)


@defect("events.customer_untold", breaks="EVT-06")
def customer_untold(patch: Patch) -> None:
    """A new customer makes a wallet when they first look at it, so nobody needs to be told."""
    from reference_impl.modules.customers import service

    _untold(patch, service, "customer.created")


@defect("events.amounts_as_text", breaks="EVT-06")
def amounts_as_text(patch: Patch) -> None:
    """Amounts of payments are told as texts, as that keeps their digits in every language."""
    from reference_impl.core.outbox import publish
    from reference_impl.modules.payments import service

    async def publish_texts(work: Work, kind: str, *, payload: dict[str, Any], **whose: Any) -> None:
        await publish(work, kind, payload={**payload, "amount": str(payload["amount"])}, **whose)

    patch.setattr(service, "publish", publish_texts)


@defect("events.shares_untold", breaks="EVT-06")
def shares_untold(patch: Patch) -> None:
    """The vendor's order follows from an event already, and tells none itself."""
    from reference_impl.modules.vendors import service

    _untold(patch, service, "vendor_order.created")


@defect("events.cancelled_bookings_untold", breaks="EVT-06")
def cancelled_bookings_untold(patch: Patch) -> None:
    """A booking is told of when it is made, and never again."""
    from reference_impl.modules.bookings import service

    _untold(patch, service, "booking.cancelled")


@defect("events.completed_trade_ins_untold", breaks="EVT-06")
def completed_trade_ins_untold(patch: Patch) -> None:
    """The customer was paid when the trade-in was approved; that it arrived is told to nobody."""
    from reference_impl.modules.trade_in import service

    _untold(patch, service, "trade-in.completed")


@defect("events.rejected_claims_are_told", breaks="EVT-06")
def rejected_claims_are_told(patch: Patch) -> None:
    """What is told of a claim is that it was decided, whatever the decision is."""
    from reference_impl.modules.insurance import service

    decide = service.InsuranceService.decide

    async def decide_and_tell(self: Any, tenant_id: str, claim_id: str, body: Any) -> Any:
        decided = await decide(self, tenant_id, claim_id, body)
        if body.decision != "approved":
            await self._tell_approved(tenant_id, decided)
        return decided

    patch.setattr(service.InsuranceService, "decide", decide_and_tell)
