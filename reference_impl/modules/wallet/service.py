"""What may happen to a wallet: one per customer and currency; money moves only while active; never below zero."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from reference_impl.core.database import UniqueViolation
from reference_impl.core.errors import Conflict, Duplicate, InsufficientBalance, InvalidData, NotAllowed, NotFound
from reference_impl.core.ids import new_id
from reference_impl.core.money import CURRENCIES, decimals
from reference_impl.core.routing import work_of
from reference_impl.modules.customers.service import CustomerService
from reference_impl.modules.tenants.service import TenantService
from reference_impl.modules.wallet.models import wallet
from reference_impl.modules.wallet.repository import WalletRepository
from reference_impl.modules.wallet.schemas import Adjustment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal
    from typing import Any

    from reference_impl.core.database import Work
    from reference_impl.modules.wallet.schemas import Transaction, Wallet

TRIES_AT_MOST = 5


class WalletService:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._wallets = WalletRepository(work)

    async def adjust(self, tenant_id: str, wallet_id: str, body: Adjustment) -> Transaction:
        """Credit or debit once per reference; the same reference again answers the first movement and moves nothing.

        Raises NotFound, NotAllowed (not active), InsufficientBalance, InvalidData (too many digits for the currency),
        or Conflict: the reference was used with another amount, or the wallet kept changing while we tried.
        """
        signed = body.amount if body.type == "credit" else -body.amount
        for _ in range(TRIES_AT_MOST):
            try:
                moved = await self._wallets.move(
                    wallet_id=wallet_id,
                    tenant_id=tenant_id,
                    kind=body.type,
                    signed=signed,
                    decimals=decimals(body.amount),
                    reference_id=body.reference_id,
                    description=body.description,
                    transaction_id=new_id("wtxn"),
                    event_id=new_id("evt"),
                )
            except UniqueViolation:  # somebody moved the same reference while we waited for the wallet
                moved = None
            if moved is not None:
                return moved
            now = await self._wallets.refusal(wallet_id, tenant_id, body.type, body.reference_id)
            if now is None:
                raise NotFound(f"Wallet with id: {wallet_id} was not found")
            if now["first_id"] is not None:
                if now["first_amount"] != signed:
                    raise Conflict(f"Reference {body.reference_id} was used with another amount")
                return await self._wallets.entry(now["first_id"])
            self._refuse(now, body)
        raise Conflict("The wallet is changing too quickly; try again")

    @staticmethod
    def _refuse(now: Mapping[str, Any], body: Adjustment) -> None:
        """Say why this wallet does not allow the movement; returns when by now it would: another try is worth it."""
        if decimals(body.amount) > now["decimal_digits"]:
            raise InvalidData(f"amount: {now['currency']} has {now['decimal_digits']} digits behind the point")
        if now["status"] != "active":
            raise NotAllowed(f"Wallet is {now['status']}")
        if body.type == "debit" and now["balance"] < body.amount:
            raise InsufficientBalance

    async def of_customer(self, tenant_id: str, customer_id: str) -> Wallet:
        """The customer's wallet in the tenant's currency, made on the first call."""
        currency = (await TenantService(self._work).get(tenant_id)).currency_code
        return await self.in_currency(tenant_id, customer_id, currency)

    async def in_currency(self, tenant_id: str, customer_id: str, currency: str) -> Wallet:
        """The customer's wallet in a currency, made on the first call."""
        found = await self._wallets.of_customer(tenant_id, customer_id, currency)
        if found is None:
            await self._ensure(tenant_id, customer_id, currency)
            found = await self._wallets.of_customer(tenant_id, customer_id, currency)
        assert found is not None, "made, or made by somebody else, just before"
        return found

    async def credit(
        self, tenant_id: str, customer_id: str, currency: str, amount: Decimal, *, reference_id: str, description: str
    ) -> Transaction:
        """Money for a customer, once per reference; for other modules. Raises what `adjust` raises."""
        own = await self.in_currency(tenant_id, customer_id, currency)
        body = Adjustment(type="credit", amount=amount, reference_id=reference_id, description=description)
        return await self.adjust(tenant_id, own.id, body)

    async def debit(
        self, tenant_id: str, customer_id: str, currency: str, amount: Decimal, *, reference_id: str, description: str
    ) -> Transaction:
        """Money of a customer, once per reference; for other modules. Raises what `adjust` raises."""
        own = await self.in_currency(tenant_id, customer_id, currency)
        body = Adjustment(type="debit", amount=amount, reference_id=reference_id, description=description)
        return await self.adjust(tenant_id, own.id, body)

    async def create(self, tenant_id: str, customer_id: str, currency: str) -> Wallet:
        """A wallet in another currency; raises NotFound, InvalidData (unknown currency) or Duplicate (there is one)."""
        if currency not in CURRENCIES:
            raise InvalidData(f"currency: {currency} is not an ISO 4217 code that the platform knows")
        await CustomerService(self._work).get(tenant_id, customer_id)
        if not await self._ensure(tenant_id, customer_id, currency):
            raise Duplicate(f"Wallet with customer_id: {customer_id}, currency: {currency}, already exists")
        made = await self._wallets.of_customer(tenant_id, customer_id, currency)
        assert made is not None, "made just before, in this transaction"
        return made

    async def _ensure(self, tenant_id: str, customer_id: str, currency: str) -> bool:
        now = self._work.now()
        values = {
            "id": new_id("wal"),
            "tenant_id": tenant_id,
            "customer_id": customer_id,
            "currency": currency,
            "created_at": now,
            "updated_at": now,
        }
        return await self._wallets.ensure(values)

    async def get(self, tenant_id: str, wallet_id: str) -> Wallet:
        found = await self._wallets.get(tenant_id, wallet_id)
        if found is None:
            raise NotFound(f"Wallet with id: {wallet_id} was not found")
        return found

    async def page(
        self, tenant_id: str, customer_id: str | None, *, limit: int, offset: int
    ) -> tuple[list[Wallet], int]:
        return await self._wallets.page(tenant_id, customer_id, limit=limit, offset=offset)

    async def ledger(self, wallet_id: str, *, limit: int, offset: int) -> tuple[list[Transaction], int]:
        """The ledger of a wallet that the caller has been shown to own."""
        return await self._wallets.ledger(wallet_id, limit=limit, offset=offset)

    async def freeze(self, tenant_id: str, wallet_id: str, reason: str | None) -> Wallet:
        """active → frozen; raises Conflict from any other status."""
        values = {"status": "frozen", "freeze_reason": reason, "frozen_at": self._work.now()}
        return await self._change(tenant_id, wallet_id, wallet.c.status == "active", **values)

    async def unfreeze(self, tenant_id: str, wallet_id: str) -> Wallet:
        """frozen → active; raises Conflict from any other status."""
        values = {"status": "active", "freeze_reason": None, "frozen_at": None}
        return await self._change(tenant_id, wallet_id, wallet.c.status == "frozen", **values)

    async def close(self, tenant_id: str, wallet_id: str) -> Wallet:
        """active or frozen → closed, for ever; raises Conflict when closed already or while there is money in it."""
        return await self._change(
            tenant_id, wallet_id, wallet.c.status.in_(("active", "frozen")), wallet.c.balance == 0, status="closed"
        )

    async def _change(self, tenant_id: str, wallet_id: str, *allowed: Any, **values: Any) -> Wallet:
        changed = await self._wallets.set_status(tenant_id, wallet_id, *allowed, **values)
        if changed is not None:
            return changed
        now = await self.get(tenant_id, wallet_id)
        raise Conflict(f"Wallet is {now.status} with a balance of {now.balance}; it cannot become {values['status']}")


async def _service(request: Request) -> WalletService:
    return WalletService(work_of(request))


Wallets = Annotated[WalletService, Depends(_service)]
