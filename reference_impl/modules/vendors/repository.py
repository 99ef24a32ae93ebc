"""The SQL of vendors, commission rules, vendor orders, commissions and payouts."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_unless

from reference_impl.modules.vendors.commission import Tier, payout_net
from reference_impl.modules.vendors.models import (
    COMMISSIONS,
    PAYOUTS,
    RETRIES_AT_MOST,
    commission,
    commission_rule,
    payout,
    payout_transfer,
    vendor,
    vendor_order,
    vendor_order_line,
)
from reference_impl.modules.vendors.schemas import (
    Commission,
    Payout,
    Rule,
    Summary,
    Transfer,
    Vendor,
    VendorOrder,
    VendorOrderLine,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Table

    from reference_impl.core.database import Work

T = TypeVar("T")


class _Rows:
    """What the repositories below have in common: rows of one kind, that belong to a tenant."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def _one(self, kind: Callable[..., T], table: Table, *conditions: Any) -> T | None:
        found = await self._work.execute(
            select(*_columns(kind, table)).where(*conditions, table.c.deleted_at.is_(None))
        )
        row = found.mappings().one_or_none()
        return None if row is None else kind(**row)

    async def _page(
        self, kind: Callable[..., T], table: Table, *conditions: Any, limit: int, offset: int
    ) -> tuple[list[T], int]:
        """One page, newest first, and how many there are in all."""
        mine = [*conditions, table.c.deleted_at.is_(None)]
        count = (await self._work.execute(select(func.count()).select_from(table).where(*mine))).scalar_one()
        newest = select(*_columns(kind, table)).where(*mine).order_by(table.c.created_at.desc(), table.c.id.desc())
        rows = (await self._work.execute(newest.limit(limit).offset(offset))).mappings()
        return [kind(**row) for row in rows], count

    async def _change(self, kind: Callable[..., T], table: Table, *conditions: Any, **values: Any) -> T | None:
        """Write the values where the conditions hold at that moment, else None."""
        changed = await self._work.execute(
            update(table)
            .where(*conditions, table.c.deleted_at.is_(None))
            .values(**values, updated_at=self._work.now())
            .returning(*_columns(kind, table))
        )
        row = changed.mappings().one_or_none()
        return None if row is None else kind(**row)

    def _new(self, **values: Any) -> dict[str, Any]:
        now = self._work.now()
        return {**values, "created_at": now, "updated_at": now}


class VendorRepository(_Rows):
    async def add(self, values: Mapping[str, Any]) -> Vendor:
        """A new vendor; raises UniqueViolation when the tenant has one of this handle."""
        made = await self._work.attempt(insert(vendor).returning(*_columns(Vendor, vendor)), self._new(**values))
        return Vendor(**made.mappings().one())

    async def get(self, tenant_id: str, vendor_id: str) -> Vendor | None:
        return await self._one(Vendor, vendor, vendor.c.tenant_id == tenant_id, vendor.c.id == vendor_id)

    async def keep_status(self, tenant_id: str, vendor_id: str) -> str:
        """The vendor's status, which nobody changes until this transaction has ended."""
        mine = vendor.c.tenant_id == tenant_id, vendor.c.id == vendor_id
        found = await self._work.execute(select(vendor.c.status).where(*mine).with_for_update(read=True))
        return str(found.scalar_one())

    async def page(
        self, tenant_id: str, *, status: str | None, handle: str | None, limit: int, offset: int
    ) -> tuple[list[Vendor], int]:
        wanted = _given(vendor, status=status, handle=handle)
        return await self._page(Vendor, vendor, vendor.c.tenant_id == tenant_id, *wanted, limit=limit, offset=offset)

    async def turn(
        self, tenant_id: str, vendor_id: str, allowed: Sequence[str], status: str, reason: str | None
    ) -> Vendor | None:
        """Change the status if it is one of `allowed` now, else None."""
        mine = vendor.c.tenant_id == tenant_id, vendor.c.id == vendor_id, vendor.c.status.in_(allowed)
        return await self._change(Vendor, vendor, *mine, status=status, status_reason=reason)

    async def add_rule(self, values: Mapping[str, Any]) -> Rule:
        tiers = values["tiers"]
        row = self._new(**values) | {"tiers": None if tiers is None else [_text(tier) for tier in tiers]}
        made = await self._work.execute(insert(commission_rule).returning(*_RULE), row)
        return _rule(**made.mappings().one())

    async def change_rule(self, tenant_id: str, rule_id: str, status: str) -> Rule | None:
        mine = commission_rule.c.tenant_id == tenant_id, commission_rule.c.id == rule_id
        return await self._change(_rule, commission_rule, *mine, status=status)

    async def rules(self, tenant_id: str, *, vendor_id: str | None, limit: int, offset: int) -> tuple[list[Rule], int]:
        mine = [commission_rule.c.tenant_id == tenant_id, *_given(commission_rule, vendor_id=vendor_id)]
        return await self._page(_rule, commission_rule, *mine, limit=limit, offset=offset)

    async def best_rule(self, tenant_id: str, vendor_id: str, currency: str, at: datetime) -> Rule | None:
        """The rule that holds for a vendor at this moment.

        The own before the global ones, then by priority, then the newest.
        """
        rules = commission_rule.c
        found = await self._work.execute(
            select(*_RULE)
            .where(
                rules.tenant_id == tenant_id,
                rules.deleted_at.is_(None),
                rules.status == "active",
                rules.vendor_id.is_(None) | (rules.vendor_id == vendor_id),
                rules.currency_code.is_(None) | (rules.currency_code == currency),
                rules.valid_from.is_(None) | (rules.valid_from <= at),
                rules.valid_to.is_(None) | (rules.valid_to > at),
            )
            .order_by(rules.vendor_id.is_(None), rules.priority.desc(), rules.created_at.desc(), rules.id.desc())
            .limit(1)
        )
        row = found.mappings().one_or_none()
        return None if row is None else _rule(**row)


_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:order_id, 7102027))")
_UNPAID = (commission.c.status == "payable", commission.c.payout_id.is_(None))
_OWED_BACK = (
    commission.c.status == "reversed",
    commission.c.payout_id.in_(select(payout.c.id).where(payout.c.status == "completed")),
    commission.c.recovered_by.is_(None),
)


class VendorOrderRepository(_Rows):
    """Vendor orders and the commission of each."""

    async def lock_order(self, order_id: str) -> None:
        """Until this transaction has ended nobody else who asks the same splits the order or cancels its shares."""
        await self._work.execute(_ONE_AT_A_TIME, {"order_id": order_id})

    async def add(
        self, values: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], earned: Mapping[str, Any]
    ) -> bool:
        """A vendor's share of an order with its commission, unless it is there; whether it was made."""
        unless_there = insert_unless(vendor_order).on_conflict_do_nothing(index_elements=["order_id", "vendor_id"])
        made = await self._work.execute(unless_there.returning(vendor_order.c.id), self._new(**values))
        if made.one_or_none() is None:
            return False
        await self._work.execute(insert(vendor_order_line), list(lines))
        await self._work.execute(insert(commission), self._new(**earned))
        return True

    async def get(self, tenant_id: str, vendor_order_id: str, vendor_id: str | None = None) -> VendorOrder | None:
        """A vendor order with its lines; with a vendor_id, only if it is theirs."""
        mine = _given(vendor_order, tenant_id=tenant_id, id=vendor_order_id, vendor_id=vendor_id)
        found, _ = await self._with_lines(*mine, limit=1, offset=0)
        return found[0] if found else None

    async def page(
        self,
        tenant_id: str,
        *,
        vendor_id: str | None,
        status: str | None,
        order_id: str | None,
        limit: int,
        offset: int,
    ) -> tuple[list[VendorOrder], int]:
        mine = _given(vendor_order, tenant_id=tenant_id, vendor_id=vendor_id, status=status, order_id=order_id)
        return await self._with_lines(*mine, limit=limit, offset=offset)

    async def _with_lines(self, *conditions: Any, limit: int, offset: int) -> tuple[list[VendorOrder], int]:
        rows, count = await self._page(_bare, vendor_order, *conditions, limit=limit, offset=offset)
        lines: dict[str, list[VendorOrderLine]] = {row["id"]: [] for row in rows}
        mine = vendor_order_line.c.vendor_order_id
        columns = _columns(VendorOrderLine, vendor_order_line)
        found = await self._work.execute(
            select(mine, *columns).where(mine.in_(list(lines))).order_by(mine, vendor_order_line.c.position)
        )
        for line in found.mappings():
            values = dict(line)
            lines[values.pop("vendor_order_id")].append(VendorOrderLine(**values))
        return [VendorOrder(**row, items=lines[row["id"]]) for row in rows], count

    async def turn(
        self,
        tenant_id: str,
        vendor_order_id: str,
        vendor_id: str | None,
        allowed: Sequence[str],
        status: str,
        **values: Any,
    ) -> bool:
        """Change the status if it is one of `allowed` now; whether it was. With a vendor_id, only if it is theirs."""
        mine = _given(vendor_order, tenant_id=tenant_id, id=vendor_order_id, vendor_id=vendor_id)
        may = vendor_order.c.status.in_(allowed)
        return await self._change(_bare, vendor_order, *mine, may, status=status, **values) is not None

    async def cancel_of(self, tenant_id: str, order_id: str, allowed: Sequence[str]) -> list[str]:
        """Cancel those of an order's vendor orders that still may be; their ids."""
        changed = await self._work.execute(
            update(vendor_order)
            .where(*_given(vendor_order, tenant_id=tenant_id, order_id=order_id), vendor_order.c.status.in_(allowed))
            .values(status="cancelled", cancelled_at=self._work.now(), updated_at=self._work.now())
            .returning(vendor_order.c.id)
        )
        return list(changed.scalars())

    async def turn_commissions(self, vendor_order_ids: Sequence[str], status: str, *conditions: Any) -> None:
        """Change the commissions of vendor orders as far as their own statuses allow it."""
        await self._work.execute(
            update(commission)
            .where(
                commission.c.vendor_order_id.in_(vendor_order_ids),
                commission.c.status.in_(COMMISSIONS.allowed_from(status)),
                *conditions,
            )
            .values(status=status, updated_at=self._work.now())
        )

    async def commissions(
        self, tenant_id: str, vendor_id: str, *, currency: str | None, limit: int, offset: int
    ) -> tuple[list[Commission], int]:
        mine = _given(commission, tenant_id=tenant_id, vendor_id=vendor_id, currency_code=currency)
        return await self._page(Commission, commission, *mine, limit=limit, offset=offset)

    async def summary(self, tenant_id: str, vendor_id: str, currency: str) -> Summary:
        """The totals of a vendor in one currency, without what was reversed."""
        names = ("gross", "commission", "net")
        sums = [func.coalesce(func.sum(commission.c[f"{name}_amount"]), 0).label(f"total_{name}") for name in names]
        mine = _given(commission, tenant_id=tenant_id, vendor_id=vendor_id, currency_code=currency)
        found = await self._work.execute(select(*sums).where(*mine, commission.c.status != "reversed"))
        row = found.mappings().one()
        rate = round(row["total_commission"] * 100 / row["total_gross"], 2) if row["total_gross"] else None
        return Summary(**row, currency_code=currency, commission_rate=rate)


class PayoutRepository(_Rows):
    async def claim(self, tenant_id: str, vendor_id: str, currency: str) -> tuple[list[Commission], list[Commission]]:
        """What is payable, and what was paid and then reversed, locked: two requests at once do not get the same."""
        mine = _given(commission, tenant_id=tenant_id, vendor_id=vendor_id, currency_code=currency)
        claimed = []
        for kind in (_UNPAID, _OWED_BACK):
            columns = select(*_columns(Commission, commission))
            rows = await self._work.execute(columns.where(*mine, *kind).order_by(commission.c.id).with_for_update())
            claimed.append([Commission(**row) for row in rows.mappings()])
        return claimed[0], claimed[1]

    async def add(self, values: Mapping[str, Any], paying: Sequence[str], recovering: Sequence[str]) -> Payout:
        """A payout for the commissions of these ids."""
        made = await self._work.execute(insert(payout).returning(*_columns(Payout, payout)), self._new(**values))
        for column, ids in (("payout_id", paying), ("recovered_by", recovering)):
            await self._work.execute(update(commission).where(commission.c.id.in_(ids)).values({column: values["id"]}))
        return Payout(**made.mappings().one())

    async def get(self, tenant_id: str, payout_id: str) -> Payout | None:
        return await self._one(Payout, payout, payout.c.tenant_id == tenant_id, payout.c.id == payout_id)

    async def page(
        self, tenant_id: str, *, vendor_id: str | None, status: str | None, limit: int, offset: int
    ) -> tuple[list[Payout], int]:
        mine = _given(payout, tenant_id=tenant_id, vendor_id=vendor_id, status=status)
        return await self._page(Payout, payout, *mine, limit=limit, offset=offset)

    async def turn(self, tenant_id: str, payout_id: str, allowed: Sequence[str], **values: Any) -> Payout | None:
        """Write the values, a status among them, if the status is one of `allowed` now, else None."""
        mine = _given(payout, tenant_id=tenant_id, id=payout_id)
        return await self._change(Payout, payout, *mine, payout.c.status.in_(allowed), **values)

    async def retry(self, tenant_id: str, payout_id: str) -> Payout | None:
        """failed → pending, unless that was done as often as it may be."""
        mine = _given(payout, tenant_id=tenant_id, id=payout_id, status="failed")
        again = {"status": "pending", "retry_count": payout.c.retry_count + 1, "failure_reason": None}
        return await self._change(Payout, payout, *mine, payout.c.retry_count < RETRIES_AT_MOST, **again)

    async def begin(self, tenant_id: str, payout_id: str, fee: Decimal) -> Payout | None:
        """pending → processing at this fee, unless nothing would be left. A second caller waits here, and gets None."""
        mine = _given(payout, tenant_id=tenant_id, id=payout_id)
        left = _net(fee=fee, adjustment=payout.c.adjustment_amount)
        may = payout.c.status.in_(PAYOUTS.allowed_from("processing")), left >= 0
        return await self._change(Payout, payout, *mine, *may, status="processing", fee_amount=fee, net_amount=left)

    async def adjust(self, tenant_id: str, payout_id: str, signed: Decimal) -> Payout | None:
        """Add to the adjustment of a payout that is not under way, unless the net would fall below zero."""
        mine = _given(payout, tenant_id=tenant_id, id=payout_id)
        adjusted = payout.c.adjustment_amount + signed
        left = _net(fee=payout.c.fee_amount, adjustment=adjusted)
        may = payout.c.status.in_(("pending", "on_hold")), left >= 0
        return await self._change(Payout, payout, *mine, *may, adjustment_amount=adjusted, net_amount=left)

    async def end(self, paid: Payout, transfer_id: str, failure: str | None) -> Payout | None:
        """processing → completed or failed, with the transfer that it was."""
        now = self._work.now()
        values = {"id": transfer_id, "payout_id": paid.id, "currency_code": paid.currency_code, "created_at": now}
        outcome = {"amount": paid.net_amount, "status": "failed" if failure else "succeeded", "failure_reason": failure}
        await self._work.execute(insert(payout_transfer), {**values, **outcome})
        if not failure:
            await self._work.execute(
                update(commission)
                .where(commission.c.payout_id == paid.id, commission.c.status.in_(COMMISSIONS.allowed_from("paid")))
                .values(status="paid", updated_at=now)
            )
        elif paid.retry_count >= RETRIES_AT_MOST:
            await self._let_go(paid.id)
        status = "failed" if failure else "completed"
        mine = payout.c.id == paid.id, payout.c.status.in_(PAYOUTS.allowed_from(status))
        return await self._change(Payout, payout, *mine, status=status, failure_reason=failure, processed_at=now)

    async def _let_go(self, payout_id: str) -> None:
        """A payout has failed for good: what it was to pay, and to take back, is for the next one.

        What is disputed waits, as it would have if nobody had asked for it yet.
        """
        disputed = select(vendor_order.c.id).where(vendor_order.c.status == "disputed")
        waiting = commission.c.payout_id == payout_id, commission.c.vendor_order_id.in_(disputed)
        await self._work.execute(
            update(commission).where(*waiting, commission.c.status == "payable").values(status="pending")
        )
        for column in ("payout_id", "recovered_by"):
            held = commission.c[column] == payout_id
            await self._work.execute(update(commission).where(held).values({column: None}))

    async def transfers(self, payout_id: str) -> list[Transfer]:
        """Every attempt to pay it, the first one first."""
        mine = payout_transfer.c.payout_id == payout_id
        order = payout_transfer.c.created_at, payout_transfer.c.id
        rows = await self._work.execute(select(*_columns(Transfer, payout_transfer)).where(mine).order_by(*order))
        return [Transfer(**row) for row in rows.mappings()]


def _net(*, fee: Any, adjustment: Any) -> Any:
    """What is left for the vendor, as an expression over the row that is written."""
    gross, owed = payout.c.gross_amount, payout.c.commission_amount
    return payout_net(gross=gross, commission=owed, fee=fee, adjustment=adjustment)  # type: ignore[arg-type]


def _given(table: Table, **values: Any) -> list[Any]:
    """Conditions for those of the values that are not None."""
    return [table.c[name] == value for name, value in values.items() if value is not None]


def _bare(**values: Any) -> dict[str, Any]:
    """A vendor order without its lines."""
    return values


def _text(tier: Tier) -> dict[str, str | None]:
    """A tier as it is kept: in texts, which no reader of JSON takes for floats."""
    ends_before = None if tier.ends_before is None else str(tier.ends_before)
    return {"starts_at": str(tier.starts_at), "ends_before": ends_before, "rate": str(tier.rate)}


def _rule(**values: Any) -> Rule:
    """A rule from its row."""
    kept = values.pop("tiers")
    tiers = kept and [Tier(**{name: value and Decimal(value) for name, value in tier.items()}) for tier in kept]
    return Rule(**values, tiers=tiers)


_FIELDS = {_bare: VendorOrder.__dataclass_fields__, _rule: Rule.__dataclass_fields__}


def _columns(kind: Any, table: Table) -> list[Any]:
    """The columns that this kind of row is made from."""
    fields = _FIELDS.get(kind) or kind.__dataclass_fields__
    return [table.c[name] for name in fields if name != "items"]


_RULE = _columns(_rule, commission_rule)
