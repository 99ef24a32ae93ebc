"""Payments: what is to be paid for a cart, who authorises it, what is taken, and what is given back.

Providers: pp_system_default authorises whatever it is asked to, unless the session's data says {"authorize": false};
pp_wallet takes the money from the customer's wallet, in the transaction that makes the order.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request
from pydantic import ValidationError

from reference_impl.core.errors import InvalidData, NotAllowed, NotFound, PlatformError
from reference_impl.core.ids import new_id
from reference_impl.core.money import CURRENCIES, decimals
from reference_impl.core.outbox import publish
from reference_impl.core.routing import work_of
from reference_impl.modules.carts.service import CartService
from reference_impl.modules.payments.repository import PaymentRepository
from reference_impl.modules.payments.schemas import Captured, Collection, Payment, PaymentProvider, Refunded, Session
from reference_impl.modules.wallet.service import WalletService

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reference_impl.core.auth import Caller
    from reference_impl.core.database import Work
    from reference_impl.modules.carts.service import Cart
    from reference_impl.modules.payments.schemas import NewSession

__all__ = [
    "SYSTEM",
    "WALLET",
    "Collection",
    "NotAuthorized",
    "Payment",
    "PaymentService",
    "Payments",
    "Session",
    "may_use_wallet",
]

SYSTEM = "pp_system_default"
WALLET = "pp_wallet"
ZERO = Decimal(0)

Row = dict[str, Any]


class NotAuthorized(PlatformError):
    """The provider does not vouch for the money."""

    status, type, default = 422, "payment_authorization_error", "The payment session is not authorized"


class PaymentService:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._payments = PaymentRepository(work)

    # --- Before the order -------------------------------------------------------------------------------------------

    def providers(self) -> list[PaymentProvider]:
        return [PaymentProvider(SYSTEM), PaymentProvider(WALLET)]

    async def open(self, tenant_id: str, cart_id: str) -> Collection:
        """The payment collection of a cart, made on the first call; raises NotFound."""
        cart = await CartService(self._work).hold(tenant_id, cart_id)
        now = self._work.now()
        await self._payments.ensure_collection(
            {
                "id": new_id("pay_col"),
                "tenant_id": tenant_id,
                "cart_id": cart_id,
                "currency_code": cart.currency_code,
                "amount": cart.total,
                "created_at": now,
                "updated_at": now,
            }
        )
        found = await self.refresh(tenant_id, cart)
        assert found is not None, "made just before, or there already"
        return found

    async def refresh(self, tenant_id: str, cart: Cart) -> Collection | None:
        """The cart's collection, if there is one, made to ask for what the cart costs now.

        What somebody agreed to pay was another amount then: their session goes, and they are asked again.
        """
        row = await self._payments.collection(tenant_id, cart_id=cart.id)
        if row is None:
            return None
        asked = {"amount": cart.total, "currency_code": cart.currency_code}
        if cart.completed_at is None and any(row[name] != value for name, value in asked.items()):
            await self._payments.change_collection(row["id"], asked)
            await self._payments.drop_sessions(row["id"])
            row |= asked
        return (await self._collections([row]))[0]

    async def of_cart(self, tenant_id: str, cart_id: str) -> Collection | None:
        """The cart's collection as it stands."""
        row = await self._payments.collection(tenant_id, cart_id=cart_id)
        return None if row is None else (await self._collections([row]))[0]

    async def choose(self, visitor: Caller, collection_id: str, body: NewSession) -> Collection:
        """How the collection is to be paid, in the place of what was chosen before.

        Raises NotFound; InvalidData for an unknown provider or a completed cart; NotAllowed when the wallet to pay with
        is not the caller's.
        """
        tenant_id = visitor.tenant_id
        row = await self._payments.collection(tenant_id, id=collection_id)
        if row is None:
            raise NotFound(f"PaymentCollection with id: {collection_id} was not found")
        cart = await CartService(self._work).hold(tenant_id, row["cart_id"])
        if cart.completed_at is not None:
            raise InvalidData(f"Cart {cart.id} is already completed.")
        if body.provider_id not in (SYSTEM, WALLET):
            raise InvalidData(f"Payment provider with id: {body.provider_id} not found.")
        if body.provider_id == WALLET:
            may_use_wallet(visitor, cart)
        await self.refresh(tenant_id, cart)
        await self._payments.drop_sessions(collection_id)
        now = self._work.now()
        await self._payments.insert_session(
            {
                "id": new_id("payses"),
                "payment_collection_id": collection_id,
                "provider_id": body.provider_id,
                "currency_code": cart.currency_code,
                "amount": cart.total,
                "status": "pending",
                "data": body.data or {},
                "context": {"customer": {"id": cart.customer_id, "email": cart.email}} if cart.customer_id else {},
                "metadata": {},
                "created_at": now,
                "updated_at": now,
            }
        )
        found = await self.of_cart(tenant_id, cart.id)
        assert found is not None, "found before, and collections are never deleted"
        return found

    # --- With the order ---------------------------------------------------------------------------------------------

    async def ready(self, tenant_id: str, cart: Cart) -> tuple[Collection | None, Session | None]:
        """How a cart that is held is to be paid; nothing when it costs nothing. Raises InvalidData, as Medusa does."""
        collection = await self.refresh(tenant_id, cart)
        if not cart.total:
            return collection, None
        if collection is None:
            raise InvalidData("Payment collection has not been initiated for cart")
        if not collection.payment_sessions:
            raise InvalidData("Payment sessions are required to complete cart")
        return collection, collection.payment_sessions[0]

    async def authorize(self, tenant_id: str, cart: Cart, session: Session, order_id: str) -> None:
        """Have the provider vouch for the money of an order; raises NotAuthorized."""
        if session.provider_id == WALLET:
            await self._from_wallet(tenant_id, cart, session, order_id)
        elif session.data.get("authorize") is False:
            raise NotAuthorized(f"Session: {session.id} was not authorized with the provider.")
        await self._payments.authorize_session(session.id)
        now = self._work.now()
        await self._payments.insert_payment(
            {
                "id": new_id("pay"),
                "tenant_id": tenant_id,
                "payment_collection_id": session.payment_collection_id,
                "payment_session_id": session.id,
                "order_id": order_id,
                "customer_id": cart.customer_id,
                "provider_id": session.provider_id,
                "currency_code": session.currency_code,
                "amount": session.amount,
                "data": session.data,
                "created_at": now,
                "updated_at": now,
            }
        )

    async def _from_wallet(self, tenant_id: str, cart: Cart, session: Session, order_id: str) -> None:
        """The order's id is the reference: whoever debits for this order again moves nothing."""
        assert cart.customer_id is not None, "a wallet session is made by the cart's customer only"
        try:
            await WalletService(self._work).debit(
                tenant_id,
                cart.customer_id,
                session.currency_code,
                session.amount,
                reference_id=order_id,
                description="Payment of an order",
            )
        except PlatformError as refused:
            raise NotAuthorized(f"Session: {session.id} was not authorized: {refused.message}") from None
        except ValidationError:  # more digits than any wallet holds
            raise NotAuthorized(f"Session: {session.id} was not authorized: Insufficient balance") from None

    # --- After the order --------------------------------------------------------------------------------------------

    async def of_orders(self, tenant_id: str, order_ids: Sequence[str]) -> dict[str, Collection]:
        """What the payments of orders came to, by order; without those that cost nothing."""
        payments = await self._payments.payments(tenant_id, order_id=order_ids)
        order_of = {payment["payment_collection_id"]: payment["order_id"] for payment in payments}
        rows = await self._payments.collections(tenant_id, list(order_of))
        return {order_of[collection.id]: collection for collection in await self._collections(rows)}

    async def get(self, tenant_id: str, payment_id: str) -> Payment:
        found = await self._payments.payments(tenant_id, id=[payment_id])
        if not found:
            raise NotFound(f"Payment with id: {payment_id} was not found")
        return (await self._shown(found))[0]

    async def page(self, tenant_id: str, *, limit: int, offset: int) -> tuple[list[Payment], int]:
        rows, count = await self._payments.page(tenant_id, limit=limit, offset=offset)
        return await self._shown(rows), count

    async def capture(self, tenant_id: str, payment_id: str, amount: Decimal | None, by: str) -> Payment:
        """Take what was authorised, or a part of it; all of it taken already: nothing happens.

        Raises NotFound, or InvalidData for more than was authorised or a payment that was given up.
        """
        payment = await self.get(tenant_id, payment_id)
        wanted = payment.amount - payment.captured_amount if amount is None else amount
        if amount is None and not wanted:
            return payment
        _check_digits(wanted, payment.currency_code)
        if not await self._payments.take(tenant_id, payment_id, wanted):
            payment = await self.get(tenant_id, payment_id)
            if amount is None and payment.captured_amount == payment.amount:  # somebody took all of it just now
                return payment
            if payment.canceled_at is not None:
                raise InvalidData(f"The payment: {payment_id} has been canceled.")
            raise InvalidData(
                "You cannot capture more than the authorized amount subtracted by what is already captured."
            )
        capture_id = new_id("capt")
        await self._payments.insert_capture(self._movement(capture_id, payment_id, wanted, by))
        await self._tell("payment.captured", tenant_id, payment, wanted, capture_id=capture_id)
        return await self.get(tenant_id, payment_id)

    async def refund(
        self, tenant_id: str, payment_id: str, amount: Decimal | None, by: str, note: str | None = None
    ) -> Payment:
        """Give back what was taken, or a part of it; raises NotFound, or InvalidData for more than was taken."""
        payment = await self.get(tenant_id, payment_id)
        wanted = payment.refundable if amount is None else amount
        _check_digits(wanted, payment.currency_code)
        if not wanted or not await self._payments.give_back(tenant_id, payment_id, wanted):
            raise InvalidData("You are not allowed to refund more than the captured amount")
        refund_id = new_id("ref")
        await self._payments.insert_refund(self._movement(refund_id, payment_id, wanted, by) | {"note": note})
        await self._tell("payment.refunded", tenant_id, payment, wanted, refund_id=refund_id)
        return await self.get(tenant_id, payment_id)

    async def cancel(self, tenant_id: str, order_id: str, by: str) -> None:
        """Give back all that was taken for an order, and give up what was not taken."""
        for row in await self._payments.payments(tenant_id, hold=True, order_id=[order_id]):
            if row["captured_amount"] > row["refunded_amount"]:
                await self.refund(tenant_id, row["id"], None, by)
            await self._payments.void(tenant_id, row["id"])
            await self._payments.change_collection(row["payment_collection_id"], {"canceled_at": self._work.now()})

    async def wallet_payments(self, tenant_id: str, order_id: str) -> list[Payment]:
        """What of an order was paid with a wallet, for the wallet's own subscribers."""
        return await self._shown(await self._payments.payments(tenant_id, order_id=[order_id], provider_id=[WALLET]))

    def _movement(self, movement_id: str, payment_id: str, amount: Decimal, by: str) -> Row:
        return {
            "id": movement_id,
            "payment_id": payment_id,
            "amount": amount,
            "created_by": by,
            "created_at": self._work.now(),
        }

    async def _tell(self, kind: str, tenant_id: str, payment: Payment, amount: Decimal, **more: str) -> None:
        payload = {
            "id": payment.id,
            "order_id": payment.order_id,
            "amount": amount,
            "currency_code": payment.currency_code,
            "provider_id": payment.provider_id,
            "customer_id": payment.customer_id,
            **more,
        }
        await publish(self._work, kind, tenant_id=tenant_id, aggregate_id=payment.id, payload=payload)

    # --- Rows into what is shown ------------------------------------------------------------------------------------

    async def _shown(self, rows: Sequence[Row]) -> list[Payment]:
        captures, refunds = await self._payments.movements([row["id"] for row in rows])
        return [
            Payment(
                **{name: row[name] for name in _PAYMENT},
                captures=[Captured(**one) for one in captures if one["payment_id"] == row["id"]],
                refunds=[Refunded(**one) for one in refunds if one["payment_id"] == row["id"]],
            )
            for row in rows
        ]

    async def _collections(self, rows: Sequence[Row]) -> list[Collection]:
        ids = [row["id"] for row in rows]
        sessions = [Session(**session) for session in await self._payments.sessions(ids)]
        tenant_id = rows[0]["tenant_id"] if rows else ""
        payments = await self._shown(await self._payments.payments(tenant_id, payment_collection_id=ids))
        return [
            _collection(
                row,
                [session for session in sessions if session.payment_collection_id == row["id"]],
                [payment for payment in payments if payment.payment_collection_id == row["id"]],
            )
            for row in rows
        ]


_PAYMENT = [name for name in Payment.__dataclass_fields__ if name not in ("captures", "refunds")]


def _collection(row: Row, sessions: list[Session], payments: list[Payment]) -> Collection:
    captured = sum((payment.captured_amount for payment in payments), ZERO)
    return Collection(
        **{name: row[name] for name in ("id", "currency_code", "amount", "metadata", "created_at", "updated_at")},
        status=_status(row, sessions, payments, captured),
        authorized_amount=sum((payment.amount for payment in payments), ZERO),
        captured_amount=captured,
        refunded_amount=sum((payment.refunded_amount for payment in payments), ZERO),
        completed_at=max((payment.captured_at for payment in payments if payment.captured_at), default=None),
        payment_sessions=sessions,
        payments=payments,
    )


def _status(row: Row, sessions: Sequence[Session], payments: Sequence[Payment], captured: Decimal) -> str:
    if row["canceled_at"] is not None:
        return "canceled"
    if not payments:
        return "awaiting" if sessions else "not_paid"
    if not captured:
        return "authorized"
    return "completed" if captured >= row["amount"] else "partially_captured"


def may_use_wallet(visitor: Caller, cart: Cart) -> None:
    """Raises NotAllowed: knowing a cart's id is enough to fill it, and not enough to spend its customer's money."""
    if not visitor.actor_id or visitor.actor_id != cart.customer_id:
        raise NotAllowed("Log in as the cart's customer to pay with their wallet")


def _check_digits(amount: Decimal, currency: str) -> None:
    if decimals(amount) > CURRENCIES[currency]:
        raise InvalidData(f"amount: {currency} has {CURRENCIES[currency]} digits behind the point")


async def _service(request: Request) -> PaymentService:
    return PaymentService(work_of(request))


Payments = Annotated[PaymentService, Depends(_service)]
