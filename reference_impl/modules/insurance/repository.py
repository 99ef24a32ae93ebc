"""The SQL of insurance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import and_, case, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from reference_impl.modules.insurance.models import insurance_claim, insurance_plan, insurance_policy
from reference_impl.modules.insurance.schemas import Claim, Plan, Policy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Table

    from reference_impl.core.database import Work

_PLAN = [insurance_plan.c[name] for name in Plan.__dataclass_fields__]
_CLAIM = [insurance_claim.c[name] for name in Claim.__dataclass_fields__]

PAY_OUT = text("""
UPDATE insurance_policy AS policy
SET paid_out = policy.paid_out + claim.claim_amount, updated_at = :now,
    status = CASE WHEN policy.status = 'active' AND policy.paid_out + claim.claim_amount = policy.coverage_amount
                  THEN 'claimed' ELSE policy.status END
FROM insurance_claim AS claim
WHERE claim.id = :claim_id AND claim.tenant_id = :tenant_id AND policy.id = claim.policy_id
  AND policy.paid_out + claim.claim_amount <= policy.coverage_amount
RETURNING policy.id
""")
"""Adds an approved claim to what its policy has paid out, unless that would exceed the coverage: then no row.

Two claims on one policy that are decided at the same moment meet at the policy's row, which is the lock. The second
waits for the first to commit, and PostgreSQL then tests the sum again on the row as the first left it (EvalPlanQual).
Source: PostgreSQL manual, 13.2.1 Read Committed Isolation Level.
"""

_HOLD_ORDER = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")

Row = TypeVar("Row")


def _status(now: datetime) -> Any:
    """The status of a policy. An active one that is over reads as expired: the clock decides, not a clean-up."""
    over = and_(insurance_policy.c.status == "active", insurance_policy.c.end_date <= now)
    return case((over, "expired"), else_=insurance_policy.c.status)


def _policy(now: datetime) -> list[Any]:
    """The columns of a policy."""
    names = Policy.__dataclass_fields__
    return [_status(now).label("status") if name == "status" else insurance_policy.c[name] for name in names]


class InsuranceRepository:
    def __init__(self, work: Work) -> None:
        self._work = work

    # Plans

    async def add_plan(self, values: Mapping[str, Any]) -> None:
        """A new plan; raises UniqueViolation when the product has one of this type and currency."""
        await self._work.attempt(insert(insurance_plan), dict(values))

    async def plan(self, tenant_id: str, plan_id: str) -> Plan | None:
        return await self._one(Plan, _PLAN, _mine(insurance_plan, tenant_id, plan_id))

    async def plan_of(self, tenant_id: str, product_id: str, plan_type: str, currency: str) -> Plan | None:
        of_product = insurance_plan.c.product_id == product_id, insurance_plan.c.plan_type == plan_type
        here = (*_mine(insurance_plan, tenant_id), insurance_plan.c.currency_code == currency)
        return await self._one(Plan, _PLAN, (*here, *of_product))

    async def plans_of(self, tenant_id: str, product_ids: Sequence[str], currency: str) -> list[Plan]:
        """All plans of these products in a currency, the dearest first."""
        found = await self._work.execute(
            select(*_PLAN)
            .where(
                *_mine(insurance_plan, tenant_id),
                insurance_plan.c.currency_code == currency,
                insurance_plan.c.product_id.in_(product_ids),
            )
            .order_by(insurance_plan.c.premium.desc(), insurance_plan.c.id)
        )
        return [Plan(**row) for row in found.mappings()]

    async def plans(self, tenant_id: str, product_id: str | None, *, limit: int, offset: int) -> tuple[list[Plan], int]:
        """One page of a tenant's plans, newest first, and how many there are in all."""
        mine = _filtered(insurance_plan, tenant_id, product_id=product_id)
        return await self._page(Plan, insurance_plan, _PLAN, mine, limit=limit, offset=offset)

    # Policies

    async def add_policy(self, values: Mapping[str, Any]) -> bool:
        """A new policy, unless its order line has one; whether it was made."""
        once = insert(insurance_policy).values(**values).on_conflict_do_nothing(index_elements=["order_line_id"])
        return (await self._work.execute(once.returning(insurance_policy.c.id))).one_or_none() is not None

    async def policy(
        self, tenant_id: str, policy_id: str, customer_id: str | None = None, *, lock: bool = False
    ) -> Policy | None:
        """A policy; with a customer_id, only if it is theirs. Locked: it stays as it is until this transaction ends."""
        mine = [*_mine(insurance_policy, tenant_id, policy_id)]
        if customer_id is not None:
            mine.append(insurance_policy.c.customer_id == customer_id)
        return await self._one(Policy, _policy(self._work.now()), mine, lock=lock)

    async def hold_order(self, order_id: str) -> None:
        """Wait until nobody else makes or cancels the policies of this order, until this transaction ends.

        An order.placed that is handled late and an order.canceled could otherwise pass each other in two workers: the
        one sees an order that is not cancelled yet, the other no policies yet.
        """
        await self._work.execute(_HOLD_ORDER, {"key": f"insurance {order_id}"})

    async def insured_lines(self, order_id: str) -> set[str]:
        """The lines of an order that have their policy."""
        found = await self._work.execute(
            select(insurance_policy.c.order_line_id).where(insurance_policy.c.order_id == order_id)
        )
        return set(found.scalars())

    async def cancel(self, tenant_id: str, allowed: Sequence[str], reason: str | None, **of: str) -> bool:
        """Cancel the policies with these values that are `allowed` and not over; whether there were any."""
        now = self._work.now()
        cancelled = await self._work.execute(
            update(insurance_policy)
            .where(*_filtered(insurance_policy, tenant_id, **of), _status(now).in_(allowed))
            .values(status="cancelled", cancelled_at=now, cancel_reason=reason, updated_at=now)
            .returning(insurance_policy.c.id)
        )
        return bool(cancelled.all())

    async def policies(
        self,
        tenant_id: str,
        *,
        customer_id: str | None = None,
        order_id: str | None = None,
        status: str | None = None,
        limit: int,
        offset: int,
    ) -> tuple[list[Policy], int]:
        """One page of a tenant's policies, newest first, and how many there are in all."""
        now = self._work.now()
        mine = _filtered(insurance_policy, tenant_id, customer_id=customer_id, order_id=order_id)
        if status is not None:
            mine.append(_status(now) == status)
        return await self._page(Policy, insurance_policy, _policy(now), mine, limit=limit, offset=offset)

    # Claims

    async def add_claim(self, values: Mapping[str, Any]) -> None:
        await self._work.execute(insert(insurance_claim), dict(values))

    async def claim(self, tenant_id: str, claim_id: str, customer_id: str | None = None) -> Claim | None:
        mine = [*_mine(insurance_claim, tenant_id, claim_id)]
        if customer_id is not None:
            mine.append(insurance_claim.c.customer_id == customer_id)
        return await self._one(Claim, _CLAIM, mine)

    async def turn_claim(self, tenant_id: str, claim_id: str, allowed: Sequence[str], **values: Any) -> Claim | None:
        """Change a claim if its status is one of `allowed` now, else None."""
        changed = await self._work.execute(
            update(insurance_claim)
            .where(*_mine(insurance_claim, tenant_id, claim_id), insurance_claim.c.status.in_(allowed))
            .values(**values, updated_at=self._work.now())
            .returning(*_CLAIM)
        )
        row = changed.mappings().one_or_none()
        return None if row is None else Claim(**row)

    async def pay_out(self, tenant_id: str, claim_id: str) -> bool:
        """What PAY_OUT says; False when the coverage does not allow it."""
        parameters = {"claim_id": claim_id, "tenant_id": tenant_id, "now": self._work.now()}
        return (await self._work.execute(PAY_OUT, parameters)).one_or_none() is not None

    async def claims(
        self, tenant_id: str, *, customer_id: str | None = None, status: str | None = None, limit: int, offset: int
    ) -> tuple[list[Claim], int]:
        """One page of a tenant's claims, newest first, and how many there are in all."""
        mine = _filtered(insurance_claim, tenant_id, customer_id=customer_id, status=status)
        return await self._page(Claim, insurance_claim, _CLAIM, mine, limit=limit, offset=offset)

    async def _one(
        self, kind: Callable[..., Row], columns: list[Any], conditions: Sequence[Any], *, lock: bool = False
    ) -> Row | None:
        wanted = select(*columns).where(*conditions)
        found = await self._work.execute(wanted.with_for_update() if lock else wanted)
        row = found.mappings().one_or_none()
        return None if row is None else kind(**row)

    async def _page(
        self,
        kind: Callable[..., Row],
        table: Table,
        columns: list[Any],
        conditions: Sequence[Any],
        *,
        limit: int,
        offset: int,
    ) -> tuple[list[Row], int]:
        count = (await self._work.execute(select(func.count()).select_from(table).where(*conditions))).scalar_one()
        newest = select(*columns).where(*conditions).order_by(table.c.created_at.desc(), table.c.id.desc())
        rows = (await self._work.execute(newest.limit(limit).offset(offset))).mappings()
        return [kind(**row) for row in rows], count


def _mine(table: Table, tenant_id: str, row_id: str | None = None) -> list[Any]:
    return _filtered(table, tenant_id, id=row_id)


def _filtered(table: Table, tenant_id: str, **equal: str | None) -> list[Any]:
    """The tenant's own rows with these values; None asks for nothing."""
    wanted = [table.c[name] == value for name, value in equal.items() if value is not None]
    return [table.c.tenant_id == tenant_id, table.c.deleted_at.is_(None), *wanted]
