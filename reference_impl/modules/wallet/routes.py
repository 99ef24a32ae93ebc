"""Routes of wallets."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from reference_impl.core.auth import Customer, Finance, Viewer
from reference_impl.core.errors import (
    Conflict,
    Duplicate,
    Forbidden,
    InsufficientBalance,
    InvalidData,
    NoPublishableKey,
    NotAllowed,
    NotFound,
    TooLarge,
    Unauthorized,
    errors,
)
from reference_impl.core.ids import EntityId
from reference_impl.core.pagination import DEFAULT_LIMIT, Limit, Offset
from reference_impl.core.routing import PlatformRoute
from reference_impl.modules.wallet.schemas import (
    Adjustment,
    NewWallet,
    Reason,
    TransactionEnvelope,
    TransactionList,
    WalletDetail,
    WalletEnvelope,
    WalletList,
)
from reference_impl.modules.wallet.service import Wallets

router = APIRouter(route_class=PlatformRoute, tags=["wallet"])
NEWEST_SHOWN = 50
_change_errors = errors(InvalidData, Unauthorized, Forbidden, NotFound, Conflict, TooLarge)


@router.get("/store/wallet/me", responses=errors(NoPublishableKey, Unauthorized))
async def read_mine(customer: Customer, wallets: Wallets) -> WalletEnvelope:
    """The customer's wallet, made on the first call."""
    return WalletEnvelope(await wallets.of_customer(customer.tenant_id, customer.actor_id))


@router.get("/store/wallet/me/transactions", responses=errors(InvalidData, NoPublishableKey, Unauthorized))
async def list_mine(
    customer: Customer, wallets: Wallets, limit: Limit = DEFAULT_LIMIT, offset: Offset = 0
) -> TransactionList:
    """The ledger of the customer's wallet, newest first."""
    mine = await wallets.of_customer(customer.tenant_id, customer.actor_id)
    rows, count = await wallets.ledger(mine.id, limit=limit, offset=offset)
    return TransactionList(transactions=rows, count=count, offset=offset, limit=limit)


@router.get("/admin/wallets", responses=errors(InvalidData, Unauthorized, Forbidden))
async def list_wallets(
    operator: Viewer,
    wallets: Wallets,
    limit: Limit = DEFAULT_LIMIT,
    offset: Offset = 0,
    customer_id: Annotated[str | None, Query(max_length=64)] = None,
) -> WalletList:
    """The wallets of the operator's tenant, newest first."""
    rows, count = await wallets.page(operator.tenant_id, customer_id, limit=limit, offset=offset)
    return WalletList(wallets=rows, count=count, offset=offset, limit=limit)


@router.post(
    "/admin/wallets",
    status_code=201,
    responses=errors(InvalidData, Unauthorized, Forbidden, NotFound, TooLarge, Duplicate),
)
async def create_wallet(body: NewWallet, operator: Finance, wallets: Wallets) -> WalletEnvelope:
    """A wallet for a customer in another currency."""
    return WalletEnvelope(await wallets.create(operator.tenant_id, body.customer_id, body.currency))


@router.get("/admin/wallets/{wallet_id}", responses=errors(Unauthorized, Forbidden, NotFound))
async def read_wallet(wallet_id: EntityId, operator: Viewer, wallets: Wallets) -> WalletDetail:
    """A wallet with the newest 50 rows of its ledger."""
    found = await wallets.get(operator.tenant_id, wallet_id)
    rows, _ = await wallets.ledger(found.id, limit=NEWEST_SHOWN, offset=0)
    return WalletDetail(wallet=found, transactions=rows)


@router.get("/admin/wallets/{wallet_id}/transactions", responses=errors(InvalidData, Unauthorized, Forbidden, NotFound))
async def list_transactions(
    wallet_id: EntityId, operator: Viewer, wallets: Wallets, limit: Limit = DEFAULT_LIMIT, offset: Offset = 0
) -> TransactionList:
    """The ledger of a wallet, newest first."""
    found = await wallets.get(operator.tenant_id, wallet_id)
    rows, count = await wallets.ledger(found.id, limit=limit, offset=offset)
    return TransactionList(transactions=rows, count=count, offset=offset, limit=limit)


@router.post(
    "/admin/wallets/{wallet_id}",
    responses=errors(
        InvalidData, NotAllowed, InsufficientBalance, Unauthorized, Forbidden, NotFound, Conflict, TooLarge
    ),
)
async def adjust(wallet_id: EntityId, body: Adjustment, operator: Finance, wallets: Wallets) -> TransactionEnvelope:
    """Credit or debit a wallet, once per `reference_id`."""
    return TransactionEnvelope(await wallets.adjust(operator.tenant_id, wallet_id, body))


@router.post("/admin/wallets/{wallet_id}/freeze", responses=_change_errors)
async def freeze(
    wallet_id: EntityId, operator: Finance, wallets: Wallets, body: Reason | None = None
) -> WalletEnvelope:
    """Stop all movements."""
    return WalletEnvelope(await wallets.freeze(operator.tenant_id, wallet_id, body.reason if body else None))


@router.post("/admin/wallets/{wallet_id}/unfreeze", responses=_change_errors)
async def unfreeze(
    wallet_id: EntityId, operator: Finance, wallets: Wallets, body: Reason | None = None
) -> WalletEnvelope:
    """Allow movements again."""
    return WalletEnvelope(await wallets.unfreeze(operator.tenant_id, wallet_id))


@router.post("/admin/wallets/{wallet_id}/close", responses=_change_errors)
async def close(wallet_id: EntityId, operator: Finance, wallets: Wallets, body: Reason | None = None) -> WalletEnvelope:
    """Close an empty wallet for ever."""
    return WalletEnvelope(await wallets.close(operator.tenant_id, wallet_id))
