"""What may happen to a trade-in: evaluated, offered, approved, completed, each once; the customer's credit once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request

from reference_impl.core.errors import Conflict, InvalidData, NotFound
from reference_impl.core.ids import new_id
from reference_impl.core.money import CURRENCIES, decimals
from reference_impl.core.outbox import publish
from reference_impl.core.routing import work_of
from reference_impl.modules.catalog.service import CatalogService
from reference_impl.modules.customers.service import CustomerService
from reference_impl.modules.trade_in import evaluation
from reference_impl.modules.trade_in.evaluation import Case
from reference_impl.modules.trade_in.models import REQUESTS
from reference_impl.modules.trade_in.repository import TradeInRepository
from reference_impl.modules.wallet.service import WalletService

if TYPE_CHECKING:
    from decimal import Decimal

    from reference_impl.core.database import Work
    from reference_impl.core.errors import PlatformError
    from reference_impl.modules.trade_in.schemas import (
        Approval,
        CounterTradeIn,
        Inspection,
        NewOffer,
        Offer,
        Submission,
        TradeIn,
    )


class TradeInService:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._trade_ins = TradeInRepository(work)

    async def submit(self, tenant_id: str, customer_id: str, body: Submission) -> TradeIn:
        """A new trade-in of a customer; raises InvalidData or NotFound (its currency, its product)."""
        submission = {**body.model_dump(), "customer_id": customer_id}
        case = Case(work=self._work, tenant_id=tenant_id, request_id=new_id("tri"), submission=submission)
        await self._run_alone(evaluation.SUBMIT, case)
        return await self.get(tenant_id, case.request_id)

    async def submit_at_counter(self, tenant_id: str, body: CounterTradeIn) -> TradeIn | PlatformError:
        """The whole evaluation at once. A refusal is returned, not raised: what it took back is to be committed."""
        await CustomerService(self._work).get(tenant_id, body.customer_id)
        said = body.model_dump()
        people = {name: said.pop(name) for name in ("base_price", "notes", "offer_amount", "credit_type")}
        case = Case(work=self._work, tenant_id=tenant_id, request_id=new_id("tri"), submission=said, **people)
        stopped = await evaluation.run(evaluation.EVALUATION, case)
        return stopped.error if stopped is not None else await self.get(tenant_id, case.request_id)

    async def evaluate(self, tenant_id: str, request_id: str, body: Inspection) -> TradeIn | PlatformError:
        """submitted → evaluated: inspect and price. A refusal is returned, as at the counter."""
        case = Case(work=self._work, tenant_id=tenant_id, request_id=request_id, **body.model_dump())
        stopped = await evaluation.run((evaluation.INSPECT, evaluation.PRICE), case)
        if stopped is None:
            return await self.get(tenant_id, request_id)
        if stopped.undone:
            await case.write("submitted", evaluation_error=f"{stopped.step}: {stopped.error.message}")
        return stopped.error

    async def offer(self, tenant_id: str, request_id: str, body: NewOffer) -> Offer:
        """A new offer for an evaluated trade-in; raises Conflict while another one waits for its answer."""
        case = Case(work=self._work, tenant_id=tenant_id, request_id=request_id, **body.model_dump())
        await self._run_alone(evaluation.OFFER, case)
        made = await self._trade_ins.offer(tenant_id, case.offer_id)
        assert made is not None, "made just before, in this transaction"
        return made

    async def answer_offer(
        self, tenant_id: str, customer_id: str, request_id: str, offer_id: str, status: str
    ) -> TradeIn:
        """The customer's word on an offer, once and before it expires; raises NotFound or Conflict.

        The request is locked first: a refusal of the whole trade-in at the same moment comes before or after, and not
        in between.
        """
        trade_in = await self._trade_ins.lock(tenant_id, request_id, customer_id)
        offer = next((offer for offer in trade_in.offers if offer.id == offer_id), None) if trade_in else None
        if trade_in is None or offer is None:
            raise NotFound(f"Offer with id: {offer_id} was not found")
        if trade_in.status != "evaluated":
            raise Conflict(f"Trade-in is {trade_in.status}; its offers are closed")
        if not await self._trade_ins.decide_offer(request_id, offer_id, status):
            raise Conflict(f"Offer is {offer.status}; it cannot become {status}")
        return await self.get(tenant_id, request_id)

    async def approve(self, tenant_id: str, request_id: str, body: Approval) -> TradeIn:
        """evaluated → approved: what the customer gets is settled, and told as trade-in.approved.

        It is the accepted offer; where none was ever made, the operator's word or else the estimated value. Raises
        Conflict while the customer has not accepted what was offered.
        """
        before = await self._locked(tenant_id, request_id)
        values = _settled(before, body) if before.status == "evaluated" else {}
        await self._turn(before, tenant_id, "approved", **values)
        approved = await self.get(tenant_id, request_id)
        await self._tell("trade-in.approved", tenant_id, approved)
        return approved

    async def reject(self, tenant_id: str, request_id: str, reason: str | None) -> TradeIn:
        """submitted or evaluated → rejected; a pending offer is off the table."""
        before = await self._locked(tenant_id, request_id)
        await self._turn(before, tenant_id, "rejected", rejection_reason=reason)
        await self._trade_ins.settle_offers(request_id, "expired", overdue=True)
        await self._trade_ins.settle_offers(request_id, "rejected", overdue=False)
        return await self.get(tenant_id, request_id)

    async def complete(self, tenant_id: str, request_id: str) -> TradeIn:
        """approved → completed: the thing is here; told as trade-in.completed."""
        await self._turn(await self._locked(tenant_id, request_id), tenant_id, "completed")
        completed = await self.get(tenant_id, request_id)
        await self._tell("trade-in.completed", tenant_id, completed)
        return completed

    async def credit(self, tenant_id: str, request_id: str) -> None:
        """Pay an approved trade-in into the customer's wallet, once: its id is the reference.

        Store credit and refunds are paid elsewhere; a value of 0 is nothing to pay.
        """
        found = await self.get(tenant_id, request_id)
        if found.credit_type != "wallet" or not found.final_value:
            return
        await WalletService(self._work).credit(
            tenant_id,
            found.customer_id,
            found.currency_code,
            found.final_value,
            reference_id=found.id,
            description=f"Trade-in {found.trade_in_number}",
        )

    async def restock(self, tenant_id: str, request_id: str) -> None:
        """Add a completed trade-in to the stock of its product, once: the trade-in's row remembers that it was."""
        product_id = await self._trade_ins.restock_once(tenant_id, request_id)
        if product_id is not None:
            await CatalogService(self._work).restock(tenant_id, product_id, 1)

    async def get(self, tenant_id: str, request_id: str, customer_id: str | None = None) -> TradeIn:
        """A trade-in; with a customer_id, only if it is theirs. Raises NotFound."""
        found = await self._trade_ins.get(tenant_id, request_id, customer_id)
        if found is None:
            raise NotFound(f"Trade-in with id: {request_id} was not found")
        return found

    async def page(
        self, tenant_id: str, *, customer_id: str | None, status: str | None, limit: int, offset: int
    ) -> tuple[list[TradeIn], int]:
        return await self._trade_ins.page(tenant_id, customer_id=customer_id, status=status, limit=limit, offset=offset)

    async def _locked(self, tenant_id: str, request_id: str) -> TradeIn:
        found = await self._trade_ins.lock(tenant_id, request_id)
        if found is None:
            raise NotFound(f"Trade-in with id: {request_id} was not found")
        return found

    async def _turn(self, before: TradeIn, tenant_id: str, status: str, **values: Any) -> None:
        allowed = REQUESTS.allowed_from(status)
        if not await self._trade_ins.change(tenant_id, before.id, allowed, status=status, **values):
            raise Conflict(f"Trade-in is {before.status}; it cannot become {status}")

    async def _run_alone(self, step: evaluation.Step, case: Case) -> None:
        """One step with nothing before it: a refusal has nothing to take back."""
        stopped = await evaluation.run((step,), case)
        if stopped is not None:
            raise stopped.error

    async def _tell(self, kind: str, tenant_id: str, trade_in: TradeIn) -> None:
        payload = {
            "id": trade_in.id,
            "trade_in_number": trade_in.trade_in_number,
            "customer_id": trade_in.customer_id,
            "product_id": trade_in.product_id,
            "final_value": trade_in.final_value,
            "currency_code": trade_in.currency_code,
            "credit_type": trade_in.credit_type,
        }
        await publish(self._work, kind, tenant_id=tenant_id, aggregate_id=trade_in.id, payload=payload)


def _settled(trade_in: TradeIn, body: Approval) -> dict[str, Any]:
    """What an approval is worth, and how it is paid; raises Conflict or InvalidData."""
    accepted = next((offer for offer in trade_in.offers if offer.status == "accepted"), None)
    if accepted is None and trade_in.offers:
        raise Conflict(f"The customer has not accepted the offer, which is {trade_in.offers[0].status}")
    if accepted is not None:
        agreed = {"final_value": accepted.offer_amount, "credit_type": accepted.credit_type}
        for name, settled in agreed.items():
            if getattr(body, name) not in (None, settled):
                raise InvalidData(f"{name}: the customer accepted {settled}; leave it out")
        return agreed
    value: Decimal | None = trade_in.estimated_value if body.final_value is None else body.final_value
    assert value is not None, "an evaluated trade-in has a value"
    digits = CURRENCIES[trade_in.currency_code]
    if decimals(value) > digits:
        raise InvalidData(f"final_value: {trade_in.currency_code} has {digits} digits behind the point")
    return {"final_value": value, "credit_type": body.credit_type or "wallet"}


async def _service(request: Request) -> TradeInService:
    return TradeInService(work_of(request))


TradeIns = Annotated[TradeInService, Depends(_service)]
