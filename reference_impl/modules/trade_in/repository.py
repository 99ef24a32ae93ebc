"""The SQL of trade-ins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, func, insert, select, update

from reference_impl.modules.trade_in.models import trade_in_offer, trade_in_request
from reference_impl.modules.trade_in.schemas import Offer, TradeIn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from reference_impl.core.database import Work

_TRADE_IN = [trade_in_request.c[name] for name in TradeIn.__dataclass_fields__ if name != "offers"]


def _offer(now: datetime) -> list[Any]:
    """The columns of an offer. A pending one that is overdue reads as expired: the clock decides, not a clean-up."""
    overdue = and_(trade_in_offer.c.status == "pending", trade_in_offer.c.expires_at <= now)
    status = case((overdue, "expired"), else_=trade_in_offer.c.status).label("status")
    return [status if name == "status" else trade_in_offer.c[name] for name in Offer.__dataclass_fields__]


class TradeInRepository:
    def __init__(self, work: Work) -> None:
        self._work = work

    async def add(self, values: Mapping[str, Any]) -> None:
        await self._work.execute(insert(trade_in_request), dict(values))

    async def get(self, tenant_id: str, request_id: str, customer_id: str | None = None) -> TradeIn | None:
        """A trade-in with its offers; with a customer_id, only if it is theirs."""
        return await self._one(tenant_id, request_id, customer_id, lock=False)

    async def lock(self, tenant_id: str, request_id: str, customer_id: str | None = None) -> TradeIn | None:
        """As `get`, and nobody else changes the trade-in or its offers until this transaction has ended."""
        return await self._one(tenant_id, request_id, customer_id, lock=True)

    async def change(self, tenant_id: str, request_id: str, allowed: Sequence[str], **values: Any) -> bool:
        """Write the values if the status is one of `allowed` now; whether it was."""
        changed = await self._work.execute(
            update(trade_in_request)
            .where(*_mine(tenant_id, request_id), trade_in_request.c.status.in_(allowed))
            .values(**values, updated_at=self._work.now())
            .returning(trade_in_request.c.id)
        )
        return changed.one_or_none() is not None

    async def restock_once(self, tenant_id: str, request_id: str) -> str | None:
        """Mark a completed trade-in as taken into the inventory; its product, or None when that is done already."""
        marked = await self._work.execute(
            update(trade_in_request)
            .where(
                *_mine(tenant_id, request_id),
                trade_in_request.c.status == "completed",
                trade_in_request.c.product_id.is_not(None),
                trade_in_request.c.restocked_at.is_(None),
            )
            .values(restocked_at=self._work.now())
            .returning(trade_in_request.c.product_id)
        )
        return marked.scalar_one_or_none()

    async def page(
        self, tenant_id: str, *, customer_id: str | None, status: str | None, limit: int, offset: int
    ) -> tuple[list[TradeIn], int]:
        """One page of a tenant's trade-ins, newest first, and how many there are in all."""
        mine = _mine(tenant_id)
        if customer_id is not None:
            mine.append(trade_in_request.c.customer_id == customer_id)
        if status is not None:
            mine.append(trade_in_request.c.status == status)
        count = (await self._work.execute(select(func.count()).select_from(trade_in_request).where(*mine))).scalar_one()
        newest = trade_in_request.c.created_at.desc(), trade_in_request.c.id.desc()
        page = select(*_TRADE_IN).where(*mine).order_by(*newest).limit(limit).offset(offset)
        rows = (await self._work.execute(page)).mappings().all()
        offers = await self._offers([row["id"] for row in rows])
        return [TradeIn(**row, offers=offers.get(row["id"], [])) for row in rows], count

    async def add_offer(self, values: Mapping[str, Any]) -> None:
        """A new offer; raises UniqueViolation while another one is pending."""
        await self._work.attempt(insert(trade_in_offer), dict(values))

    async def offer(self, tenant_id: str, offer_id: str) -> Offer | None:
        found = await self._work.execute(
            select(*_offer(self._work.now())).where(
                trade_in_offer.c.tenant_id == tenant_id,
                trade_in_offer.c.id == offer_id,
                trade_in_offer.c.deleted_at.is_(None),
            )
        )
        row = found.mappings().one_or_none()
        return None if row is None else Offer(**row)

    async def decide_offer(self, request_id: str, offer_id: str, status: str) -> bool:
        """Accept or reject an offer if it is pending and not overdue; whether it was."""
        now = self._work.now()
        decided = await self._work.execute(
            update(trade_in_offer)
            .where(
                trade_in_offer.c.id == offer_id,
                trade_in_offer.c.request_id == request_id,
                trade_in_offer.c.status == "pending",
                trade_in_offer.c.expires_at > now,
            )
            .values(status=status, decided_at=now, updated_at=now)
            .returning(trade_in_offer.c.id)
        )
        return decided.one_or_none() is not None

    async def settle_offers(self, request_id: str, status: str, *, overdue: bool) -> None:
        """Give all pending offers of a trade-in, or only the overdue ones, their last status."""
        now = self._work.now()
        pending = [trade_in_offer.c.request_id == request_id, trade_in_offer.c.status == "pending"]
        if overdue:
            pending.append(trade_in_offer.c.expires_at <= now)
        await self._work.execute(update(trade_in_offer).where(*pending).values(status=status, updated_at=now))

    async def withdraw_offer(self, offer_id: str) -> None:
        now = self._work.now()
        gone = update(trade_in_offer).where(trade_in_offer.c.id == offer_id)
        await self._work.execute(gone.values(deleted_at=now, updated_at=now))

    async def _one(self, tenant_id: str, request_id: str, customer_id: str | None, *, lock: bool) -> TradeIn | None:
        wanted = select(*_TRADE_IN).where(*_mine(tenant_id, request_id))
        if customer_id is not None:
            wanted = wanted.where(trade_in_request.c.customer_id == customer_id)
        row = (await self._work.execute(wanted.with_for_update() if lock else wanted)).mappings().one_or_none()
        if row is None:
            return None
        return TradeIn(**row, offers=(await self._offers([request_id])).get(request_id, []))

    async def _offers(self, request_ids: Sequence[str]) -> dict[str, list[Offer]]:
        """The offers of these trade-ins, newest first."""
        newest = trade_in_offer.c.created_at.desc(), trade_in_offer.c.id.desc()
        of_these = trade_in_offer.c.request_id.in_(request_ids), trade_in_offer.c.deleted_at.is_(None)
        found: dict[str, list[Offer]] = {}
        rows = await self._work.execute(select(*_offer(self._work.now())).where(*of_these).order_by(*newest))
        for row in rows.mappings():
            found.setdefault(row["request_id"], []).append(Offer(**row))
        return found


def _mine(tenant_id: str, request_id: str | None = None) -> list[Any]:
    """The tenant's own trade-ins, or the one of them."""
    mine = [trade_in_request.c.tenant_id == tenant_id, trade_in_request.c.deleted_at.is_(None)]
    return mine if request_id is None else [*mine, trade_in_request.c.id == request_id]
