"""Defects of a trade-in's life: how it is made, who sees it, which way it goes, and what is left of half of one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from suites.defects.guards import set_guard, sound_guard
from suites.defects.registry import defect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import Request

    from reference_impl.core.auth import Caller, Guard
    from reference_impl.core.database import Work
    from reference_impl.modules.catalog.service import CatalogService
    from reference_impl.modules.trade_in.evaluation import Case, Step, Stopped
    from reference_impl.modules.trade_in.repository import TradeInRepository
    from reference_impl.modules.trade_in.schemas import TradeIn
    from reference_impl.modules.trade_in.service import TradeInService
    from suites.defects.registry import Patch

_NO_NUMBER_INDEX = "ALTER TABLE trade_in_request DROP CONSTRAINT IF EXISTS uq_trade_in_request_trade_in_number"


@defect("trade_in.words_dropped", breaks="TRI-01")
def words_dropped(patch: Patch) -> None:
    """Two columns of the form never made it into the table's row, and everything is in euros."""
    from reference_impl.modules.trade_in.repository import TradeInRepository

    sound = TradeInRepository.add

    async def add(self: TradeInRepository, values: dict[str, Any]) -> None:
        await sound(self, {**values, "product_id": None, "description": None, "currency_code": "eur"})

    patch.setattr(TradeInRepository, "add", add)


@defect("trade_in.number_from_the_clock", breaks="TRI-02")
def number_from_the_clock(patch: Patch) -> None:
    """The number is the second in which it was made, and no index minds."""
    from reference_impl.modules.trade_in import evaluation

    async def next_number(work: Work, prefix: str, sequence: str) -> str:
        return f"{prefix}-{work.now():%Y%m%d%H%M%S}"

    patch.setattr(evaluation, "next_number", next_number)
    patch.sql(_NO_NUMBER_INDEX)


@defect("trade_in.mileage_unchecked", breaks="TRI-03")
def mileage_unchecked(patch: Patch) -> None:
    """The mileage is a number, of whatever kind; the database will say when it minds."""
    from reference_impl.modules.trade_in import schemas

    sound = schemas.Submission

    class Submission(sound):  # type: ignore[misc, valid-type]
        mileage_km: int

    patch.setattr(schemas, "Submission", Submission)


@defect("trade_in.product_unchecked", breaks=("TRI-03", "TRI-15", "INS-17", "INS-18"))
def product_unchecked(patch: Patch) -> None:
    """A product is taken for one of ours because its id says so."""
    from reference_impl.modules.catalog import service

    async def variant_ids(self: CatalogService, tenant_id: str, product_id: str) -> list[str]:
        return [row["id"] for row in await self._catalog.variants([product_id])]

    patch.setattr(service.CatalogService, "variant_ids", variant_ids)


@defect("trade_in.nobody_is_everybody", breaks="TRI-14")
def nobody_is_everybody(patch: Patch) -> None:
    """`if customer_id:` where it should ask for None: who is not logged in gets the operator's list."""
    from reference_impl.modules.trade_in.repository import TradeInRepository

    sound = TradeInRepository.page

    async def page(self: TradeInRepository, tenant_id: str, *, customer_id: str | None, **rest: Any) -> Any:
        return await sound(self, tenant_id, customer_id=customer_id or None, **rest)

    patch.setattr(TradeInRepository, "page", page)


@defect("trade_in.guests_submit", breaks="TRI-14")
def guests_submit(patch: Patch) -> None:
    """The guard of the list, which lets everybody in, was copied to the form."""
    sound = sound_guard()

    async def guard(self: Guard, request: Request) -> Caller:
        if self.who == "customer" and request.url.path == "/store/trade-ins":
            return await sound(replace(self, who="visitor"), request)
        return await sound(self, request)

    set_guard(patch, guard)


@defect("trade_in.list_without_owner", breaks=("TRI-14", "TRI-18"))
def list_without_owner(patch: Patch) -> None:
    """The customer's list is the tenant's."""
    from reference_impl.modules.trade_in.repository import TradeInRepository

    sound = TradeInRepository.page

    async def page(self: TradeInRepository, tenant_id: str, *, customer_id: str | None, **rest: Any) -> Any:
        return await sound(self, tenant_id, customer_id=None, **rest)

    patch.setattr(TradeInRepository, "page", page)


@defect("trade_in.status_filter_ignored", breaks="TRI-18")
def status_filter_ignored(patch: Patch) -> None:
    """The filter of the operator's list is documented and does nothing."""
    from reference_impl.modules.trade_in.repository import TradeInRepository

    sound = TradeInRepository.page

    async def page(self: TradeInRepository, tenant_id: str, *, status: str | None, **rest: Any) -> Any:
        return await sound(self, tenant_id, status=None, **rest)

    patch.setattr(TradeInRepository, "page", page)


@defect("trade_in.anybodys_by_id", breaks="TRI-14")
def anybodys_by_id(patch: Patch) -> None:
    """Who knows a trade-in's id gets it: the customer is not part of the query."""
    from reference_impl.modules.trade_in.repository import TradeInRepository

    sound = TradeInRepository._one

    async def one(self: TradeInRepository, tenant_id: str, request_id: str, _: str | None, *, lock: bool) -> Any:
        return await sound(self, tenant_id, request_id, None, lock=lock)

    patch.setattr(TradeInRepository, "_one", one)


@defect("trade_in.any_tenants", breaks="TRI-15")
def any_tenants(patch: Patch) -> None:
    """Trade-ins are found by their id and listed by their date; tenants came later."""
    from reference_impl.modules.trade_in import repository
    from reference_impl.modules.trade_in.models import trade_in_request

    def mine(_tenant_id: str, request_id: str | None = None) -> list[Any]:
        there = trade_in_request.c.deleted_at.is_(None)
        return [there] if request_id is None else [there, trade_in_request.c.id == request_id]

    patch.setattr(repository, "_mine", mine)


@defect("trade_in.not_found_is_500", breaks="TRI-20")
def not_found_is_500(patch: Patch) -> None:
    """Nobody asks whether the trade-in was found."""
    from reference_impl.modules.trade_in.service import TradeInService

    async def get(self: TradeInService, tenant_id: str, request_id: str, customer_id: str | None = None) -> Any:
        found = await self._trade_ins.get(tenant_id, request_id, customer_id)
        assert found is not None
        return found

    patch.setattr(TradeInService, "get", get)


@defect("trade_in.nothing_taken_back", breaks="TRI-13")
def nothing_taken_back(patch: Patch) -> None:
    """Compensations are written, registered, and never called."""
    from reference_impl.core.errors import PlatformError
    from reference_impl.modules.trade_in import evaluation

    async def run(steps: Sequence[Step], case: Case) -> Stopped | None:
        for step in steps:
            try:
                async with case.work.savepoint():
                    await step.do(case)
            except PlatformError as refused:
                return evaluation.Stopped(step.name, refused, ("nothing",))
        return None

    patch.setattr(evaluation, "run", run)


@defect("trade_in.taken_back_in_order", breaks="TRI-13")
def taken_back_in_order(patch: Patch) -> None:
    """Compensations run in the order of the steps: the first finds a trade-in that is not as it left it."""
    from reference_impl.modules.trade_in import evaluation

    patch.setattr(evaluation, "_backwards", list)


@defect("trade_in.offer_step_forgotten", breaks="TRI-13")
def offer_step_forgotten(patch: Patch) -> None:
    """Of the four steps at the counter the last one was never wired up."""
    from reference_impl.modules.trade_in import evaluation

    patch.setattr(evaluation, "EVALUATION", evaluation.EVALUATION[:3])


@defect("trade_in.refused_is_rejected", breaks="TRI-13")
def refused_is_rejected(patch: Patch) -> None:
    """What could not be evaluated is rejected, so that it is off the desk."""
    from reference_impl.modules.trade_in import evaluation

    async def undo(case: Case) -> None:
        await case.write("submitted", status="rejected")

    patch.setattr(evaluation, "INSPECT", replace(evaluation.INSPECT, undo=undo))


@defect("trade_in.completed_in_words_only", breaks="TRI-06")
def completed_in_words_only(patch: Patch) -> None:
    """Completing tells the event; the status is somebody else's ticket."""
    from reference_impl.modules.trade_in.service import TradeInService

    async def complete(self: TradeInService, tenant_id: str, request_id: str) -> TradeIn:
        found = await self.get(tenant_id, request_id)
        await self._tell("trade-in.completed", tenant_id, found)
        return found

    patch.setattr(TradeInService, "complete", complete)


@defect("trade_in.evaluated_cannot_be_rejected", breaks="TRI-06")
def evaluated_cannot_be_rejected(patch: Patch) -> None:
    """An edge is missing in the status machine."""
    from reference_impl.modules.trade_in.models import REQUESTS

    patch.setattr(REQUESTS, "edges", {**REQUESTS.edges, "evaluated": frozenset({"approved"})})


@defect("trade_in.status_set_blindly", breaks=("TRI-07", "TRI-08"))
def status_set_blindly(patch: Patch) -> None:
    """A status is set without a look at the old one."""
    from reference_impl.modules.trade_in.repository import TradeInRepository

    sound = TradeInRepository.change

    async def change(
        self: TradeInRepository, tenant_id: str, request_id: str, allowed: Sequence[str], **values: Any
    ) -> bool:
        everything = ("submitted", "evaluated", "approved", "completed", "rejected")
        return await sound(self, tenant_id, request_id, everything, **values)

    patch.setattr(TradeInRepository, "change", change)


@defect("trade_in.looked_before_it_leapt", breaks=("TRI-08", "TRI-06"))
def looked_before_it_leapt(patch: Patch) -> None:
    """The status is read, judged, and then written: two at once both read the old one."""
    import asyncio

    from reference_impl.modules.trade_in.repository import TradeInRepository

    sound = TradeInRepository.change

    async def change(
        self: TradeInRepository, tenant_id: str, request_id: str, allowed: Sequence[str], **values: Any
    ) -> bool:
        now = await self.get(tenant_id, request_id)
        await asyncio.sleep(0.02)
        if now is None or now.status not in allowed:
            return False
        everything = ("submitted", "evaluated", "approved", "completed", "rejected")
        return await sound(self, tenant_id, request_id, everything, **values)

    patch.setattr(TradeInRepository, "change", change)
    patch.setattr(TradeInRepository, "lock", TradeInRepository.get)
