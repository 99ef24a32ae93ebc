"""Defects of repeats: what happens when one reference_id comes again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suites.defects.registry import defect

if TYPE_CHECKING:
    from reference_impl.modules.wallet.repository import WalletRepository
    from reference_impl.modules.wallet.schemas import Adjustment, Transaction
    from reference_impl.modules.wallet.service import WalletService
    from suites.defects.registry import Patch

_LOOK_UP = (
    "AND NOT EXISTS (SELECT FROM wallet_transaction WHERE wallet_id = $1 AND type = $4::text AND reference_id = $5)"
)
_NO_INDEX = "DROP INDEX IF EXISTS uq_wallet_transaction_reference"


@defect("wallet.repeat_moves_money", breaks="WAL-07")
def repeat_moves_money(patch: Patch) -> None:
    """Nobody remembers references: no look-up, and no unique index on (wallet, type, reference_id)."""
    from reference_impl.modules.wallet import repository

    patch.replace(repository, "MOVE", _LOOK_UP, "")
    patch.sql(_NO_INDEX)


@defect("wallet.repeat_looked_up_only", breaks=("WAL-07", "WAL-08"))
def repeat_looked_up_only(patch: Patch) -> None:
    """The reference is looked up first, slowly, and no index backs that: two at once both find nothing."""
    from reference_impl.modules.wallet import repository

    patch.replace(repository, "MOVE", _LOOK_UP, f"{_LOOK_UP} AND ($5::text IS NULL OR pg_sleep(0.01) IS NOT NULL)")
    patch.sql(_NO_INDEX)


@defect("wallet.repeat_is_refused", breaks="WAL-07")
def repeat_is_refused(patch: Patch) -> None:
    """A repeat answers with an error in place of the first transaction."""
    from reference_impl.core.errors import Conflict
    from reference_impl.modules.wallet import repository

    async def entry(self: WalletRepository, transaction_id: str) -> Transaction:
        raise Conflict(f"The reference was used by {transaction_id}")

    patch.setattr(repository.WalletRepository, "entry", entry)


@defect("wallet.other_amount_accepted", breaks="WAL-08")
def other_amount_accepted(patch: Patch) -> None:
    """Whatever is found under the reference is answered, without a look at the amount."""
    from reference_impl.modules.wallet import service

    sound = service.WalletService.adjust

    async def adjust(self: WalletService, tenant_id: str, wallet_id: str, body: Adjustment) -> Transaction:
        now = await self._wallets.refusal(wallet_id, tenant_id, body.type, body.reference_id)
        if now is not None and now["first_id"] is not None:
            return await self._wallets.entry(now["first_id"])
        return await sound(self, tenant_id, wallet_id, body)

    patch.setattr(service.WalletService, "adjust", adjust)


@defect("wallet.reference_without_type", breaks="WAL-07")
def reference_without_type(patch: Patch) -> None:
    """A refund under the order's reference is taken for a repeat of the payment."""
    from reference_impl.modules.wallet import repository

    patch.replace(
        repository, "MOVE", "wallet_id = $1 AND type = $4::text AND reference_id", "wallet_id = $1 AND reference_id"
    )
    patch.replace(repository, "REFUSAL", "AND first.type = $3 AND", "AND $3::text <> '' AND")


@defect("wallet.reference_without_wallet", breaks="WAL-19")
def reference_without_wallet(patch: Patch) -> None:
    """A reference counts once in the whole platform: another customer's order-1 is taken for a repeat."""
    from reference_impl.modules.wallet import repository

    patch.replace(repository, "MOVE", "WHERE wallet_id = $1 AND type = $4::text", "WHERE type = $4::text")
    patch.replace(repository, "REFUSAL", "first.wallet_id = wallet.id AND ", "")


@defect("wallet.no_reference_is_one", breaks="WAL-07")
def no_reference_is_one(patch: Patch) -> None:
    """Movements without a reference are taken for repeats of each other."""
    from reference_impl.modules.wallet import repository

    patch.replace(repository, "MOVE", "reference_id = $5)", "reference_id IS NOT DISTINCT FROM $5)")
    patch.replace(
        repository, "REFUSAL", "first.reference_id = $4", "first.reference_id IS NOT DISTINCT FROM $4 LIMIT 1"
    )
