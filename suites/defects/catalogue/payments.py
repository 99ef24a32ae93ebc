"""Defects of payments: what is asked for, taken, given back, and what wallets have to do with it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from suites.defects.registry import defect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference_impl.core.auth import Caller
    from reference_impl.core.database import Work
    from reference_impl.core.outbox import Event
    from reference_impl.modules.carts.service import Cart
    from reference_impl.modules.payments.repository import PaymentRepository
    from reference_impl.modules.payments.schemas import Collection, NewSession, Payment
    from reference_impl.modules.payments.service import PaymentService
    from suites.defects.registry import Patch

Row = dict[str, Any]


@defect("payments.providers_are_off", breaks="PAY-01")
def providers_are_off(patch: Patch) -> None:
    """Providers are listed as they are made: not enabled yet."""
    from reference_impl.modules.payments import schemas, service

    patch.setattr(service.PaymentService, "providers", lambda self: [schemas.PaymentProvider(service.SYSTEM, False)])


@defect("payments.shipping_is_free", breaks="CHK-04")
def shipping_is_free(patch: Patch) -> None:
    """The payment asks for the goods and forgets the shipping."""
    from reference_impl.modules.payments import service

    sound = service.PaymentService.refresh

    async def refresh(self: PaymentService, tenant_id: str, cart: Cart) -> Collection | None:
        return await sound(self, tenant_id, replace(cart, total=cart.item_total))

    patch.setattr(service.PaymentService, "refresh", refresh)


@defect("payments.amount_as_a_float", breaks="CHK-04")
def amount_as_a_float(patch: Patch) -> None:
    """The amount to pay is kept in a column that knows seven digits."""
    patch.sql("ALTER TABLE payment_collection ALTER amount TYPE real")


@defect("payments.a_collection_per_call", breaks="PAY-02")
def a_collection_per_call(patch: Patch) -> None:
    """Every call makes a payment collection; the newest counts."""
    from reference_impl.modules.payments import repository
    from reference_impl.modules.payments.models import payment_collection as table

    async def collection(self: PaymentRepository, tenant_id: str, **equal: str) -> Row | None:
        from sqlalchemy import select

        same = [table.c[name] == value for name, value in equal.items()]
        return await self._one(select(table).where(table.c.tenant_id == tenant_id, *same).order_by(table.c.id.desc()))

    patch.setattr(repository.PaymentRepository, "collection", collection)
    patch.sql("ALTER TABLE payment_collection DROP CONSTRAINT IF EXISTS uq_payment_collection_cart_id")


@defect("payments.authorized_by_choosing", breaks="PAY-03")
def authorized_by_choosing(patch: Patch) -> None:
    """Who has chosen how to pay has paid."""
    from reference_impl.modules.payments import repository

    sound = repository.PaymentRepository.insert_session

    async def insert_session(self: PaymentRepository, values: Mapping[str, Any]) -> None:
        await sound(self, {**values, "status": "authorized"})

    patch.setattr(repository.PaymentRepository, "insert_session", insert_session)


@defect("payments.any_provider", breaks=("PAY-03", "PAY-14"))
def any_provider(patch: Patch) -> None:
    """A provider that nobody knows is the default one."""
    from reference_impl.modules.payments import service

    sound = service.PaymentService.choose

    async def choose(self: PaymentService, visitor: Caller, collection_id: str, body: NewSession) -> Collection:
        known = body.provider_id in (service.SYSTEM, service.WALLET)
        return await sound(
            self, visitor, collection_id, body if known else body.model_copy(update={"provider_id": service.SYSTEM})
        )

    patch.setattr(service.PaymentService, "choose", choose)


@defect("payments.unknown_is_bad_request", breaks=("PAY-08", "PAY-14"))
def unknown_is_bad_request(patch: Patch) -> None:
    """An id that no payment and no collection has is the caller's mistake: 400."""
    from reference_impl.core.errors import InvalidData
    from reference_impl.modules.payments import service

    patch.setattr(service, "NotFound", InvalidData)


@defect("payments.takes_what_it_is_told", breaks="PAY-04")
def takes_what_it_is_told(patch: Patch) -> None:
    """A capture looks neither at what was authorised nor at what was taken before."""
    from reference_impl.modules.payments import repository, service

    sound = service.PaymentService.capture

    async def capture(
        self: PaymentService, tenant_id: str, payment_id: str, amount: Decimal | None, by: str
    ) -> Payment:
        whole = (await self.get(tenant_id, payment_id)).amount
        return await sound(self, tenant_id, payment_id, whole if amount is None else amount, by)

    async def take(self: PaymentRepository, tenant_id: str, payment_id: str, amount: Decimal) -> bool:
        return await self._work.look("SELECT id FROM payment WHERE id = $1", payment_id) is not None

    patch.setattr(service.PaymentService, "capture", capture)
    patch.setattr(repository.PaymentRepository, "take", take)


@defect("payments.gives_back_what_it_is_told", breaks="PAY-05")
def gives_back_what_it_is_told(patch: Patch) -> None:
    """A refund does not look at what was captured."""
    from reference_impl.modules.payments import repository

    async def give_back(self: PaymentRepository, tenant_id: str, payment_id: str, amount: Decimal) -> bool:
        return await self._work.look("SELECT id FROM payment WHERE id = $1", payment_id) is not None

    patch.setattr(repository.PaymentRepository, "give_back", give_back)


async def _read_then_write(
    self: PaymentRepository, tenant_id: str, payment_id: str, column: str, limit: str, amount: Decimal
) -> bool:
    import asyncio

    from sqlalchemy import update

    from reference_impl.modules.payments.models import payment

    rows = await self.payments(tenant_id, id=[payment_id])
    if not rows or rows[0][column] + amount > rows[0][limit]:
        return False
    await asyncio.sleep(0.05)
    values = {column: rows[0][column] + amount}
    await self._work.execute(update(payment).where(payment.c.id == payment_id).values(**values))
    return True


@defect("payments.captured_is_read_first", breaks="PAY-06")
def captured_is_read_first(patch: Patch) -> None:
    """What was taken is read, compared and written back: twenty at once all find that there is enough."""
    from reference_impl.modules.payments import repository

    async def take(self: PaymentRepository, tenant_id: str, payment_id: str, amount: Decimal) -> bool:
        return await _read_then_write(self, tenant_id, payment_id, "captured_amount", "amount", amount)

    patch.setattr(repository.PaymentRepository, "take", take)


@defect("payments.refunded_is_read_first", breaks="PAY-06")
def refunded_is_read_first(patch: Patch) -> None:
    """What was given back is read, compared and written back: twenty at once all find that there is enough."""
    from reference_impl.modules.payments import repository

    async def give_back(self: PaymentRepository, tenant_id: str, payment_id: str, amount: Decimal) -> bool:
        return await _read_then_write(self, tenant_id, payment_id, "refunded_amount", "captured_amount", amount)

    patch.setattr(repository.PaymentRepository, "give_back", give_back)


@defect("payments.any_amount", breaks="PAY-13")
def any_amount(patch: Patch) -> None:
    """An amount is whatever can be read as a number, of any sign."""
    from reference_impl.modules.payments import schemas

    class Capture(schemas.Capture):
        amount: Decimal | None = None

    class Refund(schemas.Refund):
        amount: Decimal | None = None

    patch.setattr(schemas, "Capture", Capture)
    patch.setattr(schemas, "Refund", Refund)


# --- Wallets ----------------------------------------------------------------------------------------------------------


@defect("payments.wallet_is_debited_later", breaks=("PAY-09", "PAY-11"))
def wallet_is_debited_later(patch: Patch) -> None:
    """The order is placed at once, and whether its money is there is found out by the event."""
    from reference_impl.modules.payments import service

    async def later(self: PaymentService, tenant_id: str, cart: Cart, session: Any, order_id: str) -> None: ...

    patch.setattr(service.PaymentService, "_from_wallet", later)


@defect("payments.anybodys_wallet", breaks="PAY-12")
def anybodys_wallet(patch: Patch) -> None:
    """Who knows a cart may spend its customer's money."""
    from reference_impl.modules.payments import service

    patch.setattr(service, "may_use_wallet", lambda visitor, cart: None)


async def _move(work: Work, event: Event, kind: str, payment: Payment, amount: Decimal, reference_id: str) -> None:
    from reference_impl.modules.wallet.service import WalletService

    move = getattr(WalletService(work), kind)
    await move(
        event.tenant_id,
        payment.customer_id,
        payment.currency_code,
        amount,
        reference_id=reference_id,
        description="Order",
    )


@defect("payments.event_debits_again", breaks="PAY-09")
def event_debits_again(patch: Patch) -> None:
    """The handler of order.placed debits under a reference of its own, next to what completion has done."""
    from reference_impl.modules.payments.service import PaymentService
    from reference_impl.modules.wallet import subscribers

    async def debit(event: Event, work: Work) -> None:
        for payment in await PaymentService(work).wallet_payments(event.tenant_id, event.payload["id"]):
            await _move(work, event, "debit", payment, payment.amount, event.id)

    _subscribe(patch, subscribers, "wallet.debit_order", debit)


@defect("payments.cancel_restores_everything", breaks="PAY-10")
def cancel_restores_everything(patch: Patch) -> None:
    """A cancellation credits the whole payment, whatever was refunded before."""
    from reference_impl.modules.payments.service import PaymentService
    from reference_impl.modules.wallet import subscribers

    async def restore(event: Event, work: Work) -> None:
        for payment in await PaymentService(work).wallet_payments(event.tenant_id, event.payload["id"]):
            await _move(work, event, "credit", payment, payment.amount, payment.order_id)

    _subscribe(patch, subscribers, "wallet.restore_cancelled", restore)


@defect("payments.refund_to_any_wallet", breaks="PAY-10")
def refund_to_any_wallet(patch: Patch) -> None:
    """Every refund goes to the wallet, also of what was paid in another way."""
    from reference_impl.modules.payments.service import PaymentService
    from reference_impl.modules.wallet import subscribers

    async def credit(event: Event, work: Work) -> None:
        payment = await PaymentService(work).get(event.tenant_id, event.payload["id"])
        refund = next(one for one in payment.refunds if one.id == event.payload["refund_id"])
        if payment.customer_id is not None:
            await _move(work, event, "credit", payment, refund.amount, refund.id)

    _subscribe(patch, subscribers, "wallet.credit_refund", credit)


def _subscribe(patch: Patch, module: Any, name: str, handle: Any) -> None:
    """Another handler under the name of the sound one."""
    patch.setattr(
        module,
        "SUBSCRIBERS",
        [replace(one, handle=handle) if one.name == name else one for one in module.SUBSCRIBERS],
    )
