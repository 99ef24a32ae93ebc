"""Defects of payouts: what is paid, how often, and from which status."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from suites.defects.registry import defect

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from reference_impl.modules.vendors.payouts import PayoutService
    from reference_impl.modules.vendors.repository import PayoutRepository, VendorRepository
    from reference_impl.modules.vendors.schemas import Commission, Payout, VendorOrder
    from reference_impl.modules.vendors.service import VendorOrderService
    from suites.defects.registry import Patch

LOOK_S = 0.02  # what lies between a look at a status and the change of it, on a platform under load
_NET = "ALTER TABLE payout DROP CONSTRAINT IF EXISTS ck_payout_net_amount"


@defect("payouts.paid_twice", breaks="PYO-02")
def paid_twice(patch: Patch) -> None:
    """The status is read, found to be pending, and the money sent; the status is written when it has left."""
    from reference_impl.modules.vendors import models, repository, schemas

    async def begin(self: PayoutRepository, tenant_id: str, payout_id: str, fee: Decimal) -> Payout | None:
        now = await self.get(tenant_id, payout_id)
        await asyncio.sleep(LOOK_S)
        return now if now is not None and now.status == "pending" else None

    async def any_status(self: PayoutRepository, paid: Payout, transfer_id: str, failure: str | None) -> Payout | None:
        await self._change(schemas.Payout, models.payout, models.payout.c.id == paid.id, status="processing")
        return await sound(self, paid, transfer_id, failure)

    sound = repository.PayoutRepository.end
    patch.setattr(repository.PayoutRepository, "begin", begin)
    patch.setattr(repository.PayoutRepository, "end", any_status)
    patch.sql("DROP INDEX IF EXISTS uq_payout_transfer_succeeded")


@defect("payouts.held_is_processed", breaks=("PYO-03", "PYO-06"))
def held_is_processed(patch: Patch) -> None:
    """Whatever is not paid yet can be processed; that somebody holds it was added later."""
    from reference_impl.core.transitions import Machine
    from reference_impl.modules.vendors import models, repository

    edges = {**models.PAYOUTS.edges, "on_hold": frozenset({"pending", "processing"})}
    patch.setattr(repository, "PAYOUTS", Machine(edges))


@defect("payouts.hold_read_then_written", breaks="PYO-03")
def hold_read_then_written(patch: Patch) -> None:
    """A payout's status is read, found to be good, and then written, whatever it is by then."""
    _read_then_write(patch)


@defect("payouts.status_without_a_look", breaks="PYO-06")
def status_without_a_look(patch: Patch) -> None:
    """A payout's status is set without a look at the old one."""
    from reference_impl.modules.vendors import models, repository

    sound = repository.PayoutRepository.turn

    async def turn(
        self: PayoutRepository, tenant_id: str, payout_id: str, allowed: Sequence[str], **values: Any
    ) -> Payout | None:
        return await sound(self, tenant_id, payout_id, models.PAYOUTS.statuses, **values)

    async def retry(self: PayoutRepository, tenant_id: str, payout_id: str) -> Payout | None:
        return await turn(self, tenant_id, payout_id, (), status="pending")

    patch.setattr(repository.PayoutRepository, "turn", turn)
    patch.setattr(repository.PayoutRepository, "retry", retry)


@defect("payouts.unknown_payout_500", breaks="PYO-06")
def unknown_payout_500(patch: Patch) -> None:
    """Nobody asks whether the payout was found."""
    from reference_impl.modules.vendors import payouts

    async def get(self: PayoutService, tenant_id: str, payout_id: str) -> Any:
        return await self._payouts.get(tenant_id, payout_id)

    patch.setattr(payouts.PayoutService, "get", get)


@defect("payouts.fourth_retry", breaks="PYO-04")
def fourth_retry(patch: Patch) -> None:
    """Retries are counted, and nobody looks at the count."""
    from reference_impl.modules.vendors import repository

    patch.setattr(repository, "RETRIES_AT_MOST", 1000)
    patch.sql("ALTER TABLE payout DROP CONSTRAINT IF EXISTS ck_payout_retry_count")


@defect("payouts.retry_read_then_written", breaks="PYO-04")
def retry_read_then_written(patch: Patch) -> None:
    """Whether a payout has failed is read, and then it is tried again: five at once are five retries."""
    from reference_impl.modules.vendors import models, repository, schemas

    async def retry(self: PayoutRepository, tenant_id: str, payout_id: str) -> Payout | None:
        now = await self.get(tenant_id, payout_id)
        if now is None or now.status != "failed" or now.retry_count >= 3:
            return None
        await asyncio.sleep(LOOK_S)
        again = {"status": "pending", "retry_count": now.retry_count + 1}
        return await self._change(schemas.Payout, models.payout, models.payout.c.id == payout_id, **again)

    patch.setattr(repository.PayoutRepository, "retry", retry)


@defect("payouts.retry_leaves_it_failed", breaks="PYO-04")
def retry_leaves_it_failed(patch: Patch) -> None:
    """A retry counts, clears the reason, and leaves the status."""
    from reference_impl.modules.vendors import models, repository, schemas

    sound = repository.PayoutRepository.retry

    async def retry(self: PayoutRepository, tenant_id: str, payout_id: str) -> Payout | None:
        await sound(self, tenant_id, payout_id)
        mine = models.payout.c.tenant_id == tenant_id, models.payout.c.id == payout_id
        return await self._change(schemas.Payout, models.payout, *mine, status="failed")

    patch.setattr(repository.PayoutRepository, "retry", retry)


@defect("payouts.fee_forgotten", breaks="PYO-05")
def fee_forgotten(patch: Patch) -> None:
    """The bank's fee is written down, and the vendor gets the whole sum."""
    _change_net(patch, lambda gross, commission, fee, adjustment: gross - commission + adjustment)


@defect("payouts.adjustment_the_other_way", breaks=("PYO-05", "PYO-09"))
def adjustment_the_other_way(patch: Patch) -> None:
    """What is to be taken from a vendor is given to it."""
    _change_net(patch, lambda gross, commission, fee, adjustment: gross - commission - fee - adjustment)


@defect("payouts.below_zero", breaks="PYO-05")
def below_zero(patch: Patch) -> None:
    """A fee or an adjustment may be of any size: the vendor would owe its payout."""
    from reference_impl.modules.vendors import models, repository, schemas

    async def adjust(self: PayoutRepository, tenant_id: str, payout_id: str, signed: Decimal) -> Payout | None:
        row = models.payout.c
        mine = row.tenant_id == tenant_id, row.id == payout_id, row.status.in_(("pending", "on_hold"))
        adjusted = {"adjustment_amount": row.adjustment_amount + signed, "net_amount": row.net_amount + signed}
        return await self._change(schemas.Payout, models.payout, *mine, **adjusted)

    patch.setattr(repository.PayoutRepository, "adjust", adjust)
    patch.sql(_NET)


@defect("payouts.unshipped_is_paid", breaks="PYO-01")
def unshipped_is_paid(patch: Patch) -> None:
    """A payout is of all that was sold, shipped or not."""
    from reference_impl.modules.vendors import models, repository

    unpaid = (models.commission.c.status.in_(("pending", "payable")), models.commission.c.payout_id.is_(None))
    patch.setattr(repository, "_UNPAID", unpaid)


@defect("payouts.gross_is_paid", breaks=("PYO-01", "PYO-11"))
def gross_is_paid(patch: Patch) -> None:
    """Commission is shown and not taken off."""
    _change_net(patch, lambda gross, commission, fee, adjustment: gross - fee + adjustment)


@defect("payouts.earned_is_claimed_again", breaks=("PYO-01", "PYO-08"))
def earned_is_claimed_again(patch: Patch) -> None:
    """Which commissions are in a payout is written nowhere: until it is paid the next request has them too."""
    from reference_impl.modules.vendors import repository

    sound = repository.PayoutRepository.add

    async def add(
        self: PayoutRepository, values: Mapping[str, Any], paying: Sequence[str], recovering: Sequence[str]
    ) -> Payout:
        return await sound(self, values, [], recovering)

    patch.setattr(repository.PayoutRepository, "add", add)


@defect("payouts.claim_without_a_lock", breaks="PYO-08")
def claim_without_a_lock(patch: Patch) -> None:
    """What is payable is read and then marked: two requests at once read the same."""
    from sqlalchemy import select

    from reference_impl.modules.vendors import models, repository, schemas

    async def claim(
        self: PayoutRepository, tenant_id: str, vendor_id: str, currency: str
    ) -> tuple[list[Commission], list[Commission]]:
        mine = repository._given(models.commission, tenant_id=tenant_id, vendor_id=vendor_id, currency_code=currency)
        columns = repository._columns(schemas.Commission, models.commission)
        rows = await self._work.execute(select(*columns).where(*mine, *repository._UNPAID))
        await asyncio.sleep(LOOK_S)
        return [schemas.Commission(**row) for row in rows.mappings()], []

    patch.setattr(repository.PayoutRepository, "claim", claim)


@defect("payouts.commission_not_settled", breaks="PYO-02")
def commission_not_settled(patch: Patch) -> None:
    """The money is sent; that the commissions in it are settled is written by a report at the end of the month."""
    from reference_impl.core.transitions import Machine
    from reference_impl.modules.vendors import models, repository

    edges = {**models.COMMISSIONS.edges, "payable": frozenset({"pending", "reversed"})}
    patch.setattr(repository, "COMMISSIONS", Machine(edges))


@defect("payouts.currencies_added", breaks="PYO-10")
def currencies_added(patch: Patch) -> None:
    """A payout is of all that was earned, in whatever currency."""
    from reference_impl.modules.vendors import repository

    sound = repository.PayoutRepository.claim

    async def claim(
        self: PayoutRepository, tenant_id: str, vendor_id: str, currency: str
    ) -> tuple[list[Commission], list[Commission]]:
        return await sound(self, tenant_id, vendor_id, None)  # type: ignore[arg-type]

    patch.setattr(repository.PayoutRepository, "claim", claim)


@defect("payouts.suspended_asks_and_gets", breaks="PYO-11")
def suspended_asks_and_gets(patch: Patch) -> None:
    """A suspended vendor is hidden from the shop; its money was not thought of."""
    from dataclasses import replace

    from reference_impl.modules.vendors import repository, service

    sound = service.VendorService.get

    async def get(self: Any, tenant_id: str, vendor_id: str) -> Any:
        return replace(await sound(self, tenant_id, vendor_id), status="active")

    async def keep_status(self: VendorRepository, tenant_id: str, vendor_id: str) -> str:
        return "active"

    patch.setattr(service.VendorService, "get", get)
    patch.setattr(repository.VendorRepository, "keep_status", keep_status)


@defect("payouts.list_of_everybody", breaks="PYO-07")
def list_of_everybody(patch: Patch) -> None:
    """The list asks for the tenant and not for the vendor."""
    from reference_impl.modules.vendors import repository

    sound = repository.PayoutRepository.page

    async def page(self: PayoutRepository, tenant_id: str, **wanted: Any) -> tuple[list[Payout], int]:
        return await sound(self, tenant_id, **{**wanted, "vendor_id": None})

    patch.setattr(repository.PayoutRepository, "page", page)


@defect("payouts.return_forgotten", breaks="PYO-09")
def return_forgotten(patch: Patch) -> None:
    """What was paid for and comes back was paid for."""
    from reference_impl.modules.vendors import repository

    sound = repository.PayoutRepository.claim

    async def claim(
        self: PayoutRepository, tenant_id: str, vendor_id: str, currency: str
    ) -> tuple[list[Commission], list[Commission]]:
        earned, _ = await sound(self, tenant_id, vendor_id, currency)
        return earned, []

    patch.setattr(repository.PayoutRepository, "claim", claim)


@defect("payouts.dispute_ignored", breaks="PYO-09")
def dispute_ignored(patch: Patch) -> None:
    """A dispute is a status of the share, and nothing to whoever pays."""
    from reference_impl.modules.vendors import service

    sound = service.VendorOrderService.rule_on

    async def rule_on(self: VendorOrderService, tenant_id: str, vendor_order_id: str, status: str) -> VendorOrder:
        if status != "disputed":
            return await sound(self, tenant_id, vendor_order_id, status)
        return await self._turn(tenant_id, vendor_order_id, None, ("shipped", "delivered"), status)

    patch.setattr(service.VendorOrderService, "rule_on", rule_on)


def _read_then_write(patch: Patch) -> None:
    """Let a payout's status be read, and then changed from whatever it is by then."""
    from reference_impl.modules.vendors import models, repository

    sound = repository.PayoutRepository.turn

    async def turn(
        self: PayoutRepository, tenant_id: str, payout_id: str, allowed: Sequence[str], **values: Any
    ) -> Payout | None:
        now = await self.get(tenant_id, payout_id)
        if now is None or now.status not in allowed:
            return None
        await asyncio.sleep(LOOK_S)
        return await sound(self, tenant_id, payout_id, models.PAYOUTS.statuses, **values)

    patch.setattr(repository.PayoutRepository, "turn", turn)


def _change_net(patch: Patch, net: Any) -> None:
    """Let what reaches the vendor be another sum."""
    from reference_impl.modules.vendors import payouts, repository

    def payout_net(*, gross: Any, commission: Any, fee: Any, adjustment: Any) -> Any:
        return net(gross, commission, fee, adjustment)

    patch.setattr(payouts, "payout_net", payout_net)
    patch.setattr(repository, "payout_net", payout_net)
    patch.sql(_NET)
