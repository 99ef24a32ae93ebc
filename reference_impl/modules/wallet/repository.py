"""The SQL of wallets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from reference_impl.modules.wallet.models import wallet, wallet_transaction
from reference_impl.modules.wallet.schemas import Transaction, Wallet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from reference_impl.core.database import Work

_WALLET = [wallet.c[name] for name in Wallet.__dataclass_fields__]
_TRANSACTION = [wallet_transaction.c[name] for name in Transaction.__dataclass_fields__]

MOVE = """
WITH moved AS (
    UPDATE wallet SET balance = balance + $3::numeric, version = version + 1, updated_at = $8
    WHERE id = $1 AND tenant_id = $2 AND deleted_at IS NULL
      AND status = 'active'
      AND balance + $3::numeric >= 0
      AND $9::int <= (SELECT decimal_digits FROM currency WHERE code = wallet.currency)
      AND NOT EXISTS (SELECT FROM wallet_transaction WHERE wallet_id = $1 AND type = $4::text AND reference_id = $5)
    RETURNING id, tenant_id, balance, version, currency
), entry AS (
    INSERT INTO wallet_transaction
        (id, wallet_id, version, type, amount, balance_after, description, reference_id, created_at)
    SELECT $6, id, version, $4::text, $3::numeric, balance, $10, $5, $8 FROM moved
    RETURNING id, wallet_id, type, amount, balance_after, description, reference_id, created_at
), event AS (
    INSERT INTO outbox (id, tenant_id, type, aggregate_id, payload, created_at)
    SELECT $7, moved.tenant_id, 'wallet.' || $4::text || 'ed', moved.id,
           jsonb_build_object('id', entry.id, 'wallet_id', moved.id, 'amount', entry.amount, 'currency', moved.currency,
                              'balance_after', entry.balance_after, 'reference_id', entry.reference_id), $8
    FROM moved, entry
)
SELECT * FROM entry
"""
"""Moves money: balance, ledger row and event in one statement, or nothing at all and no row.

Two movements of one wallet meet at its row. The second waits for the first to commit, and PostgreSQL then tests status
and balance again on the row as the first left it (EvalPlanQual), so the sum is always taken from the newest balance.
The look-up of the reference is not repeated there: when both carry the same one, the unique index on
(wallet_id, type, reference_id) refuses the second, and its whole statement with it.
Source: PostgreSQL manual, 13.2.1 Read Committed Isolation Level.
"""

REFUSAL = """
SELECT wallet.status, wallet.balance, currency.decimal_digits, wallet.currency,
       first.id AS first_id, first.amount AS first_amount
FROM wallet JOIN currency ON currency.code = wallet.currency
LEFT JOIN wallet_transaction AS first ON first.wallet_id = wallet.id AND first.type = $3 AND first.reference_id = $4
WHERE wallet.id = $1 AND wallet.tenant_id = $2 AND wallet.deleted_at IS NULL
"""
"""Why nothing moved: the wallet as it is now, and the first movement with the same reference, if there is one."""

ENTRY = """
SELECT id, wallet_id, type, amount, balance_after, description, reference_id, created_at
FROM wallet_transaction WHERE id = $1
"""


class WalletRepository:
    def __init__(self, work: Work) -> None:
        self._work = work

    async def move(
        self,
        *,
        wallet_id: str,
        tenant_id: str,
        kind: str,
        signed: Decimal,
        decimals: int,
        reference_id: str | None,
        description: str | None,
        transaction_id: str,
        event_id: str,
    ) -> Transaction | None:
        """Move money if all allows it, else None; raises UniqueViolation when its reference is moved just now."""
        row = await self._work.whole(
            MOVE,
            wallet_id,
            tenant_id,
            signed,
            kind,
            reference_id,
            transaction_id,
            event_id,
            self._work.now(),
            decimals,
            description,
        )
        return None if row is None else Transaction(**row)

    async def refusal(
        self, wallet_id: str, tenant_id: str, kind: str, reference_id: str | None
    ) -> Mapping[str, Any] | None:
        """What REFUSAL selects, or None for a wallet that this tenant does not have."""
        return await self._work.look(REFUSAL, wallet_id, tenant_id, kind, reference_id)

    async def entry(self, transaction_id: str) -> Transaction:
        row = await self._work.look(ENTRY, transaction_id)
        assert row is not None, "ledger rows are never deleted"
        return Transaction(**row)

    async def ensure(self, values: Mapping[str, Any]) -> bool:
        """Make a wallet unless the customer has one in this currency; whether it was made."""
        made = await self._work.execute(insert(wallet).values(**values).on_conflict_do_nothing().returning(wallet.c.id))
        return made.one_or_none() is not None

    async def of_customer(self, tenant_id: str, customer_id: str, currency: str) -> Wallet | None:
        return await self._one(
            wallet.c.tenant_id == tenant_id, wallet.c.customer_id == customer_id, wallet.c.currency == currency
        )

    async def get(self, tenant_id: str, wallet_id: str) -> Wallet | None:
        return await self._one(wallet.c.tenant_id == tenant_id, wallet.c.id == wallet_id)

    async def set_status(self, tenant_id: str, wallet_id: str, *allowed: Any, **values: Any) -> Wallet | None:
        """Change the status if the wallet is now as `allowed` says, else None."""
        changed = await self._work.execute(
            update(wallet)
            .where(wallet.c.tenant_id == tenant_id, wallet.c.id == wallet_id, wallet.c.deleted_at.is_(None), *allowed)
            .values(**values, version=wallet.c.version + 1, updated_at=self._work.now())
            .returning(*_WALLET)
        )
        row = changed.mappings().one_or_none()
        return None if row is None else Wallet(**row)

    async def page(
        self, tenant_id: str, customer_id: str | None, *, limit: int, offset: int
    ) -> tuple[list[Wallet], int]:
        """One page of a tenant's wallets, newest first, and how many there are in all."""
        mine = [wallet.c.tenant_id == tenant_id, wallet.c.deleted_at.is_(None)]
        if customer_id is not None:
            mine.append(wallet.c.customer_id == customer_id)
        count = (await self._work.execute(select(func.count()).select_from(wallet).where(*mine))).scalar_one()
        newest = select(*_WALLET).where(*mine).order_by(wallet.c.created_at.desc(), wallet.c.id.desc())
        rows = (await self._work.execute(newest.limit(limit).offset(offset))).mappings()
        return [Wallet(**row) for row in rows], count

    async def ledger(self, wallet_id: str, *, limit: int, offset: int) -> tuple[list[Transaction], int]:
        """One page of a wallet's ledger, newest first, and how many rows it has in all."""
        mine = wallet_transaction.c.wallet_id == wallet_id
        count = (
            await self._work.execute(select(func.count()).select_from(wallet_transaction).where(mine))
        ).scalar_one()
        newest = select(*_TRANSACTION).where(mine).order_by(wallet_transaction.c.version.desc())
        rows = (await self._work.execute(newest.limit(limit).offset(offset))).mappings()
        return [Transaction(**row) for row in rows], count

    async def _one(self, *conditions: Any) -> Wallet | None:
        found = await self._work.execute(select(*_WALLET).where(*conditions, wallet.c.deleted_at.is_(None)))
        row = found.mappings().one_or_none()
        return None if row is None else Wallet(**row)
