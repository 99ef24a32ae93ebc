"""Defects of a wallet's life: how it is made, frozen, closed, and who sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from suites.defects.guards import set_guard, sound_guard
from suites.defects.registry import defect

if TYPE_CHECKING:
    from fastapi import Request

    from reference_impl.core.auth import Caller, Guard
    from reference_impl.modules.wallet.repository import WalletRepository
    from reference_impl.modules.wallet.schemas import Wallet
    from reference_impl.modules.wallet.service import WalletService
    from suites.defects.registry import Patch

_ACTIVE = "AND status = 'active'"
_NO_INDEX = "DROP INDEX IF EXISTS uq_wallet_customer_currency"
_CLOSED_MAY_HOLD = "ALTER TABLE wallet DROP CONSTRAINT IF EXISTS ck_wallet_closed_is_empty"


@defect("wallet.welcome_gift", breaks="WAL-01")
def welcome_gift(patch: Patch) -> None:
    """Marketing gives 5 to every new wallet, in the column's default."""
    patch.sql("ALTER TABLE wallet ALTER COLUMN balance SET DEFAULT 5")


@defect("wallet.reading_is_a_change", breaks="WAL-01")
def reading_is_a_change(patch: Patch) -> None:
    """Each read of the own wallet writes it: an upsert that was meant for the first one."""
    from reference_impl.modules.wallet import repository

    sound = repository.WalletRepository.of_customer

    async def of_customer(self: WalletRepository, tenant_id: str, customer_id: str, currency: str) -> Wallet | None:
        await self._work.look("UPDATE wallet SET version = version + 1 WHERE customer_id = $1", customer_id)
        return await sound(self, tenant_id, customer_id, currency)

    patch.setattr(repository.WalletRepository, "of_customer", of_customer)


@defect("wallet.created_event_lost", breaks="WAL-02")
def created_event_lost(patch: Patch) -> None:
    """Nobody subscribes to customer.created: the wallet is there once somebody asks for it."""
    from reference_impl.modules.wallet import subscribers

    patch.setattr(subscribers, "SUBSCRIBERS", [])


@defect("wallet.two_in_one_currency", breaks="WAL-15")
def two_in_one_currency(patch: Patch) -> None:
    """Only a read makes a wallet, whether there is one is looked up first, slowly, and no unique index backs that."""
    import asyncio

    from reference_impl.modules.wallet import repository, subscribers

    sound = repository.WalletRepository.of_customer

    async def of_customer(self: WalletRepository, tenant_id: str, customer_id: str, currency: str) -> Wallet | None:
        found = await sound(self, tenant_id, customer_id, currency)
        if found is None:
            await asyncio.sleep(0.05)
        return found

    patch.setattr(repository.WalletRepository, "of_customer", of_customer)
    patch.setattr(subscribers, "SUBSCRIBERS", [])
    patch.sql(_NO_INDEX)


@defect("wallet.customer_from_query", breaks="WAL-23")
def customer_from_query(patch: Patch) -> None:
    """The storefront may say in the query whose wallet it wants."""
    from dataclasses import replace

    sound = sound_guard()

    async def guard(self: Guard, request: Request) -> Caller:
        caller = await sound(self, request)
        named = request.query_params.get("customer_id")
        return replace(caller, actor_id=named) if self.who == "customer" and named else caller

    set_guard(patch, guard)


@defect("wallet.frozen_wallet_debited", breaks="WAL-09")
def frozen_wallet_debited(patch: Patch) -> None:
    """Freezing stops what comes in; that money still goes out was forgotten."""
    from reference_impl.modules.wallet import repository

    patch.replace(repository, "MOVE", _ACTIVE, "AND (status = 'active' OR status = 'frozen' AND $3::numeric < 0)")


@defect("wallet.frozen_hidden_from_owner", breaks="WAL-09")
def frozen_hidden_from_owner(patch: Patch) -> None:
    """The owner's query wants active or closed wallets; a frozen one is not found."""
    from reference_impl.core.errors import NotFound
    from reference_impl.modules.wallet import repository

    sound = repository.WalletRepository.of_customer

    async def of_customer(self: WalletRepository, tenant_id: str, customer_id: str, currency: str) -> Wallet | None:
        found = await sound(self, tenant_id, customer_id, currency)
        if found is not None and found.status == "frozen":
            raise NotFound("Wallet was not found")
        return found

    patch.setattr(repository.WalletRepository, "of_customer", of_customer)


@defect("wallet.unfreeze_forgets_status", breaks="WAL-10")
def unfreeze_forgets_status(patch: Patch) -> None:
    """Unfreezing clears the reason and leaves the status."""
    from reference_impl.modules.wallet import repository

    sound = repository.WalletRepository.set_status

    async def set_status(
        self: WalletRepository, tenant_id: str, wallet_id: str, *allowed: object, **values: object
    ) -> Wallet | None:
        if values["status"] == "active":
            values["status"] = "frozen"
        return await sound(self, tenant_id, wallet_id, *allowed, **values)

    patch.setattr(repository.WalletRepository, "set_status", set_status)


@defect("wallet.freeze_reason_dropped", breaks="WAL-24")
def freeze_reason_dropped(patch: Patch) -> None:
    """Why a wallet was frozen is asked for and thrown away."""
    from reference_impl.modules.wallet import service

    sound = service.WalletService.freeze

    async def freeze(self: WalletService, tenant_id: str, wallet_id: str, reason: str | None) -> Wallet:
        return await sound(self, tenant_id, wallet_id, None)

    patch.setattr(service.WalletService, "freeze", freeze)


@defect("wallet.closed_with_balance", breaks="WAL-11")
def closed_with_balance(patch: Patch) -> None:
    """Closing does not look at what is left in it."""
    from reference_impl.modules.wallet import service
    from reference_impl.modules.wallet.models import wallet

    async def close(self: WalletService, tenant_id: str, wallet_id: str) -> Wallet:
        return await self._change(tenant_id, wallet_id, wallet.c.status != "closed", status="closed")

    patch.setattr(service.WalletService, "close", close)
    patch.sql(_CLOSED_MAY_HOLD)


@defect("wallet.close_deletes", breaks=("WAL-11", "WAL-12"))
def close_deletes(patch: Patch) -> None:
    """Closing is a soft delete: the wallet is gone, and the owner's next read makes a new one."""
    from reference_impl.modules.wallet import repository

    sound = repository.WalletRepository.set_status

    async def set_status(
        self: WalletRepository, tenant_id: str, wallet_id: str, *allowed: object, **values: object
    ) -> Wallet | None:
        if values["status"] == "closed":
            values["deleted_at"] = self._work.now()
        return await sound(self, tenant_id, wallet_id, *allowed, **values)

    patch.setattr(repository.WalletRepository, "set_status", set_status)


@defect("wallet.closed_wallet_credited", breaks="WAL-12")
def closed_wallet_credited(patch: Patch) -> None:
    """Only frozen wallets are refused; closed came later."""
    from reference_impl.modules.wallet import repository

    patch.replace(repository, "MOVE", _ACTIVE, "AND status <> 'frozen'")
    patch.sql(_CLOSED_MAY_HOLD)


@defect("wallet.closed_reopens", breaks="WAL-12")
def closed_reopens(patch: Patch) -> None:
    """A status is set without a look at the old one."""
    from reference_impl.modules.wallet import repository

    sound = repository.WalletRepository.set_status

    async def set_status(
        self: WalletRepository, tenant_id: str, wallet_id: str, *allowed: object, **values: object
    ) -> Wallet | None:
        return await sound(self, tenant_id, wallet_id, **values)

    patch.setattr(repository.WalletRepository, "set_status", set_status)


@defect("wallet.unknown_wallet_500", breaks="WAL-22")
def unknown_wallet_500(patch: Patch) -> None:
    """Nobody asks whether the wallet was found."""
    from reference_impl.modules.wallet import service

    async def get(self: WalletService, tenant_id: str, wallet_id: str) -> Any:
        return await self._wallets.get(tenant_id, wallet_id)

    patch.setattr(service.WalletService, "get", get)


@defect("wallet.oldest_first", breaks="WAL-20")
def oldest_first(patch: Patch) -> None:
    """The ledger is listed in the order in which it was written."""
    from reference_impl.modules.wallet import repository

    sound = repository.WalletRepository.ledger

    async def ledger(self: WalletRepository, wallet_id: str, *, limit: int, offset: int) -> tuple[list[Any], int]:
        rows, count = await sound(self, wallet_id, limit=1_000_000, offset=0)
        return rows[::-1][offset : offset + limit], count

    patch.setattr(repository.WalletRepository, "ledger", ledger)
