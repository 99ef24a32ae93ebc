"""The evaluation of a trade-in: submit → inspect → price → offer, each step with what takes it back.

A step writes to the trade-in's own rows and says so in `evaluation_step`: that is where a half-done evaluation lives,
whether it waits for the operator's next request or stopped, and `evaluation_error` says why it stopped. The steps of
one request are one transaction, so a process that dies between two of them leaves none. A step that is refused takes
back those before it in the same request, in reverse order; what is left is committed together with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from reference_impl.core.database import UniqueViolation
from reference_impl.core.errors import Conflict, InvalidData, NotAllowed, NotFound, PlatformError
from reference_impl.core.ids import new_id
from reference_impl.core.money import CURRENCIES, decimals, rounded
from reference_impl.core.numbers import next_number
from reference_impl.modules.catalog.service import CatalogService
from reference_impl.modules.trade_in.models import NUMBERS, REQUESTS
from reference_impl.modules.trade_in.repository import TradeInRepository
from reference_impl.modules.trade_in.schemas import FACTORS, OFFER_DAYS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from decimal import Decimal

    from reference_impl.core.database import Work
    from reference_impl.modules.trade_in.schemas import TradeIn


@dataclass(slots=True, kw_only=True)
class Case:
    """One evaluation: whose, and what the people said. What was done stands in the rows, not here."""

    work: Work
    tenant_id: str
    request_id: str
    submission: dict[str, Any] = field(default_factory=dict)
    condition: str | None = None
    base_price: Decimal | None = None
    notes: str | None = None
    offer_amount: Decimal | None = None
    credit_type: str = "wallet"
    offer_id: str = field(default_factory=lambda: new_id("trio"))

    @property
    def trade_ins(self) -> TradeInRepository:
        return TradeInRepository(self.work)

    async def trade_in(self) -> TradeIn:
        """The trade-in, locked until the end of the transaction; raises NotFound."""
        found = await self.trade_ins.lock(self.tenant_id, self.request_id)
        if found is None:
            raise NotFound(f"Trade-in with id: {self.request_id} was not found")
        return found

    async def write(self, *allowed: str, **values: Any) -> bool:
        """Write to the trade-in if its status is one of `allowed`; whether it was."""
        return await self.trade_ins.change(self.tenant_id, self.request_id, allowed, **values)


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the evaluation, and what takes it back. `undo` runs only after `do` has succeeded."""

    name: str
    do: Callable[[Case], Awaitable[None]]
    undo: Callable[[Case], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Stopped:
    """An evaluation that did not come to its end: at which step, why, and which steps were taken back."""

    step: str
    error: PlatformError
    undone: tuple[str, ...]


async def run(steps: Sequence[Step], case: Case) -> Stopped | None:
    """Do the steps in order. One that is refused undoes those before it, the last one first; None when all are done.

    A refusal is a PlatformError. Anything else is ours to mend: it goes on to the caller, and the transaction with all
    its steps is rolled back.
    """
    done: list[Step] = []
    for step in steps:
        try:
            async with case.work.savepoint():  # a step that is refused half-way has done nothing
                await step.do(case)
        except PlatformError as refused:
            backwards = _backwards(done)
            for earlier in backwards:
                await earlier.undo(case)
            return Stopped(step.name, refused, tuple(earlier.name for earlier in backwards))
        done.append(step)
    return None


def _backwards(steps: Sequence[Step]) -> list[Step]:
    return list(reversed(steps))


async def _submit(case: Case) -> None:
    """The request comes to be, with a number; raises InvalidData or NotFound for a currency or product unknown."""
    currency, product_id = case.submission["currency_code"], case.submission["product_id"]
    if currency not in CURRENCIES:
        raise InvalidData(f"currency_code: {currency} is not an ISO 4217 code that the platform knows")
    if product_id is not None:
        await CatalogService(case.work).variant_ids(case.tenant_id, product_id)  # there is such a product
    now = case.work.now()
    number = await next_number(case.work, "TRI", NUMBERS.name)
    values = {"id": case.request_id, "tenant_id": case.tenant_id, "trade_in_number": number}
    await case.trade_ins.add({**case.submission, **values, "created_at": now, "updated_at": now})


async def _withdraw(case: Case) -> None:
    await case.write("submitted", deleted_at=case.work.now())


async def _inspect(case: Case) -> None:
    """What the operator found; without a condition of their own the customer's word counts."""
    before = await case.trade_in()
    found = case.condition or before.condition
    if not await case.write(
        "submitted", inspected_condition=found, inspection_notes=case.notes, evaluation_step="inspect"
    ):
        raise Conflict(f"Trade-in is {before.status}; it cannot be inspected")


async def _forget_inspection(case: Case) -> None:
    await case.write("submitted", inspected_condition=None, inspection_notes=None, evaluation_step="submit")


async def _price(case: Case) -> None:
    """submitted → evaluated: the base price times the factor of the inspected condition."""
    inspected = await case.trade_in()
    base = await _base_price(case, inspected)
    assert inspected.inspected_condition is not None, "inspected just before"
    value = rounded(base * FACTORS[inspected.inspected_condition], inspected.currency_code)
    priced = {"base_price": base, "estimated_value": value, "evaluation_error": None, "evaluation_step": "price"}
    if not await case.write(*REQUESTS.allowed_from("evaluated"), status="evaluated", **priced):
        raise Conflict(f"Trade-in is {inspected.status}; it cannot become evaluated")


async def _base_price(case: Case, inspected: TradeIn) -> Decimal:
    """The catalogue's price where a product is named; else the operator's, which must be given then and only then."""
    currency = inspected.currency_code
    if inspected.product_id is None:
        if case.base_price is None:
            raise InvalidData("base_price: is required for a thing that is not in the catalogue")
        if decimals(case.base_price) > CURRENCIES[currency]:
            raise InvalidData(f"base_price: {currency} has {CURRENCIES[currency]} digits behind the point")
        return case.base_price
    catalog = CatalogService(case.work)
    variant_ids = await catalog.variant_ids(case.tenant_id, inspected.product_id)
    priced = await catalog.price(case.tenant_id, currency, variant_ids)
    price = next((priced[one].unit_price for one in variant_ids if one in priced), None)
    if price is None:
        raise NotAllowed(f"Product with id: {inspected.product_id} has no price in {currency}")
    if case.base_price is not None and case.base_price != price:
        raise InvalidData(f"base_price: the catalogue says {price}; leave it out")
    return price


async def _forget_price(case: Case) -> None:
    unpriced = {"base_price": None, "estimated_value": None, "evaluation_step": "inspect"}
    await case.write("evaluated", status="submitted", **unpriced)


async def _offer(case: Case) -> None:
    """An offer that is good for seven days; without an amount it is the estimated value."""
    trade_in = await case.trade_in()
    if trade_in.status != "evaluated":
        raise Conflict(f"Trade-in is {trade_in.status}; offers are made while it is evaluated")
    currency = trade_in.currency_code
    amount = case.offer_amount if case.offer_amount is not None else trade_in.estimated_value
    if not amount:
        raise NotAllowed("The estimated value is 0: there is nothing to offer")
    if decimals(amount) > CURRENCIES[currency]:
        raise InvalidData(f"offer_amount: {currency} has {CURRENCIES[currency]} digits behind the point")
    if any(offer.status == "accepted" for offer in trade_in.offers):
        raise Conflict("An offer was accepted already")
    now = case.work.now()
    await case.trade_ins.settle_offers(case.request_id, "expired", overdue=True)
    offer = {
        "id": case.offer_id,
        "tenant_id": case.tenant_id,
        "request_id": case.request_id,
        "offer_amount": amount,
        "currency_code": currency,
        "credit_type": case.credit_type,
        "expires_at": now + timedelta(days=OFFER_DAYS),
        "created_at": now,
        "updated_at": now,
    }
    try:
        await case.trade_ins.add_offer(offer)
    except UniqueViolation:
        raise Conflict("An offer is pending: the customer has not answered it yet") from None
    await case.write("evaluated", evaluation_step="offer")


async def _withdraw_offer(case: Case) -> None:
    await case.trade_ins.withdraw_offer(case.offer_id)
    await case.write("evaluated", evaluation_step="price")


SUBMIT = Step("submit", _submit, _withdraw)
INSPECT = Step("inspect", _inspect, _forget_inspection)
PRICE = Step("price", _price, _forget_price)
OFFER = Step("offer", _offer, _withdraw_offer)
EVALUATION = (SUBMIT, INSPECT, PRICE, OFFER)
