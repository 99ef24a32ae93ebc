"""The SQL of payments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from reference_impl.modules.payments.models import capture, payment, payment_collection, payment_session, refund

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from sqlalchemy import Table

    from reference_impl.core.database import Work

Row = dict[str, Any]


class PaymentRepository:
    def __init__(self, work: Work) -> None:
        self._work = work

    async def _rows(self, statement: Any) -> list[Row]:
        return [dict(row) for row in (await self._work.execute(statement)).mappings()]

    async def _one(self, statement: Any) -> Row | None:
        rows = await self._rows(statement)
        return rows[0] if rows else None

    # --- Collections and sessions -----------------------------------------------------------------------------------

    async def collection(self, tenant_id: str, **equal: str) -> Row | None:
        table = payment_collection
        same = [table.c[name] == value for name, value in equal.items()]
        return await self._one(select(table).where(table.c.tenant_id == tenant_id, *same))

    async def ensure_collection(self, values: Mapping[str, Any]) -> None:
        """Make the collection of a cart unless there is one."""
        await self._work.execute(upsert(payment_collection).on_conflict_do_nothing(), dict(values))

    async def change_collection(self, collection_id: str, values: Mapping[str, Any]) -> None:
        await self._work.execute(
            update(payment_collection)
            .where(payment_collection.c.id == collection_id)
            .values(**values, updated_at=self._work.now())
        )

    async def collections(self, tenant_id: str, ids: Sequence[str]) -> list[Row]:
        return await self._rows(
            select(payment_collection).where(
                payment_collection.c.tenant_id == tenant_id, payment_collection.c.id.in_(ids)
            )
        )

    async def sessions(self, collection_ids: Sequence[str]) -> list[Row]:
        """The sessions that count: one at most of each collection."""
        return await self._rows(
            select(payment_session).where(
                payment_session.c.payment_collection_id.in_(collection_ids), payment_session.c.deleted_at.is_(None)
            )
        )

    async def drop_sessions(self, collection_id: str) -> None:
        now = self._work.now()
        await self._work.execute(
            update(payment_session)
            .where(payment_session.c.payment_collection_id == collection_id, payment_session.c.deleted_at.is_(None))
            .values(deleted_at=now, updated_at=now, status="canceled")
        )

    async def insert_session(self, values: Mapping[str, Any]) -> None:
        await self._work.execute(insert(payment_session), dict(values))

    async def authorize_session(self, session_id: str) -> None:
        now = self._work.now()
        await self._work.execute(
            update(payment_session)
            .where(payment_session.c.id == session_id)
            .values(status="authorized", authorized_at=now, updated_at=now)
        )

    # --- Payments ---------------------------------------------------------------------------------------------------

    async def insert_payment(self, values: Mapping[str, Any]) -> None:
        await self._work.execute(insert(payment), dict(values))

    async def payments(self, tenant_id: str, *, hold: bool = False, **among: Sequence[str]) -> list[Row]:
        """The payments with one of these values, oldest first; `hold`: until this unit of work ends."""
        conditions = [payment.c[name].in_(values) for name, values in among.items()]
        found = select(payment).where(payment.c.tenant_id == tenant_id, *conditions).order_by(payment.c.id)
        return await self._rows(found.with_for_update(key_share=True) if hold else found)

    async def page(self, tenant_id: str, *, limit: int, offset: int) -> tuple[list[Row], int]:
        """One page of a tenant's payments, newest first, and how many there are."""
        mine = payment.c.tenant_id == tenant_id
        count = (await self._work.execute(select(func.count()).select_from(payment).where(mine))).scalar_one()
        newest = select(payment).where(mine).order_by(payment.c.created_at.desc(), payment.c.id.desc())
        return await self._rows(newest.limit(limit).offset(offset)), count

    async def take(self, tenant_id: str, payment_id: str, amount: Decimal) -> bool:
        """Add to what was taken, if the payment stands and was authorised for so much; whether that was so.

        One statement: of two captures at once the second is tested against what the first has made of the row.
        """
        taken = payment.c.captured_amount + amount
        now = self._work.now()
        done = await self._work.execute(
            update(payment)
            .where(
                payment.c.tenant_id == tenant_id,
                payment.c.id == payment_id,
                payment.c.canceled_at.is_(None),
                taken <= payment.c.amount,
            )
            .values(
                captured_amount=taken,
                captured_at=case((taken == payment.c.amount, now), else_=payment.c.captured_at),
                updated_at=now,
            )
            .returning(payment.c.id)
        )
        return done.one_or_none() is not None

    async def give_back(self, tenant_id: str, payment_id: str, amount: Decimal) -> bool:
        """Add to what was given back, never more than was taken; whether that was so. One statement, as in `take`."""
        back = payment.c.refunded_amount + amount
        done = await self._work.execute(
            update(payment)
            .where(
                payment.c.tenant_id == tenant_id,
                payment.c.id == payment_id,
                back <= payment.c.captured_amount,
            )
            .values(refunded_amount=back, updated_at=self._work.now())
            .returning(payment.c.id)
        )
        return done.one_or_none() is not None

    async def reported(self, **equal: str) -> list[Row]:
        """The payments that somebody outside speaks of, of any tenant, held until this unit of work ends."""
        same = [payment.c[name] == value for name, value in equal.items()]
        return await self._rows(select(payment).where(*same).order_by(payment.c.id).with_for_update(key_share=True))

    async def refund_outside(self, refund_id: str, known_to: str) -> Row | None:
        """A refund of a payment that somebody outside has, unless it was made by who knows of it."""
        columns = (refund.c.id.label("refund_id"), payment.c.external_id, refund.c.amount, payment.c.currency_code)
        return await self._one(
            select(*columns)
            .join(payment, payment.c.id == refund.c.payment_id)
            .where(
                refund.c.id == refund_id,
                payment.c.external_id.is_not(None),
                refund.c.created_by.is_distinct_from(known_to),
            )
        )

    async def name(self, payment_id: str, external_id: str) -> None:
        """Remember what the payment is called by who took the money; raises UniqueViolation: another is called so."""
        await self._work.attempt(update(payment).where(payment.c.id == payment_id).values(external_id=external_id))

    async def void(self, tenant_id: str, payment_id: str) -> None:
        """Give up what was authorised and never taken."""
        now = self._work.now()
        await self._work.execute(
            update(payment)
            .where(
                payment.c.tenant_id == tenant_id,
                payment.c.id == payment_id,
                payment.c.captured_amount < payment.c.amount,
                payment.c.canceled_at.is_(None),
            )
            .values(canceled_at=now, updated_at=now)
        )

    async def insert_capture(self, values: Mapping[str, Any]) -> None:
        await self._work.execute(insert(capture), dict(values))

    async def insert_refund(self, values: Mapping[str, Any]) -> None:
        await self._work.execute(insert(refund), dict(values))

    async def movements(self, payment_ids: Sequence[str]) -> tuple[list[Row], list[Row]]:
        """The captures and the refunds of these payments, oldest first."""
        if not payment_ids:
            return [], []
        return await self._moved(capture, payment_ids), await self._moved(refund, payment_ids)

    async def _moved(self, table: Table, payment_ids: Sequence[str]) -> list[Row]:
        return await self._rows(
            select(table).where(table.c.payment_id.in_(payment_ids)).order_by(table.c.created_at, table.c.id)
        )
