"""Defects of what a trade-in is worth: its value, its offers, its credit, and what it adds to the stock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from suites.defects.registry import defect

if TYPE_CHECKING:
    from decimal import Decimal

    from reference_impl.core.database import Work
    from reference_impl.core.outbox import Event
    from reference_impl.modules.catalog.service import CatalogService
    from reference_impl.modules.trade_in.evaluation import Case
    from reference_impl.modules.trade_in.repository import TradeInRepository
    from reference_impl.modules.trade_in.schemas import Approval, TradeIn
    from reference_impl.modules.trade_in.service import TradeInService
    from reference_impl.modules.wallet.schemas import Transaction, Wallet
    from reference_impl.modules.wallet.service import WalletService
    from suites.defects.registry import Patch


@defect("trade_in.rounded_to_whole_units", breaks=("TRI-04", "TRI-05"))
def rounded_to_whole_units(patch: Patch) -> None:
    """Values are rounded to whole units, which looked tidy in the first demo."""
    from decimal import ROUND_HALF_UP, Decimal

    from reference_impl.modules.trade_in import evaluation

    def rounded(amount: Decimal, _currency: str) -> Decimal:
        return amount.quantize(Decimal(1), rounding=ROUND_HALF_UP)

    patch.setattr(evaluation, "rounded", rounded)


@defect("trade_in.rounded_half_even", breaks="TRI-04")
def rounded_half_even(patch: Patch) -> None:
    """`round()` does it: halves go to the even neighbour, and every currency has two digits."""
    from reference_impl.modules.trade_in import evaluation

    patch.setattr(evaluation, "rounded", lambda amount, _currency: round(amount, 2))


@defect("trade_in.fair_is_good", breaks="TRI-04")
def fair_is_good(patch: Patch) -> None:
    """A factor was copied from the line above, and the best is not worth less than new."""
    from decimal import Decimal

    from reference_impl.modules.trade_in import evaluation
    from reference_impl.modules.trade_in.schemas import FACTORS

    factors = {**FACTORS, "excellent": Decimal(1), "fair": Decimal("0.7"), "poor": Decimal("0.2")}
    patch.setattr(evaluation, "FACTORS", {**factors, "good": Decimal("0.75")})


@defect("trade_in.customers_word_counts", breaks="TRI-04")
def customers_word_counts(patch: Patch) -> None:
    """What the inspection found is noted, and the price is made from the form."""
    from reference_impl.modules.trade_in import evaluation

    sound = evaluation.Case.trade_in

    async def trade_in(self: Case) -> TradeIn:
        from dataclasses import replace

        found = await sound(self)
        return replace(found, inspected_condition=found.inspected_condition and found.condition)

    patch.setattr(evaluation.Case, "trade_in", trade_in)


@defect("trade_in.price_in_any_currency", breaks="TRI-05")
def price_in_any_currency(patch: Patch) -> None:
    """The number of the usd price is taken, whatever the currency is."""
    from reference_impl.modules.catalog import service
    from reference_impl.modules.trade_in import evaluation

    sound = service.CatalogService.price

    class Catalog(service.CatalogService):
        async def price(self, tenant_id: str, currency: str, variant_ids: Any) -> Any:
            return await sound(self, tenant_id, "usd", variant_ids)

    patch.setattr(evaluation, "CatalogService", Catalog)


@defect("trade_in.operator_names_the_price", breaks="TRI-05")
def operator_names_the_price(patch: Patch) -> None:
    """A base price in the body beats the catalogue's."""
    from reference_impl.modules.trade_in import evaluation

    sound = evaluation._base_price

    async def base_price(case: Case, inspected: TradeIn) -> Decimal:
        return case.base_price if case.base_price is not None else await sound(case, inspected)

    patch.setattr(evaluation, "_base_price", base_price)


@defect("trade_in.digits_unchecked", breaks="TRI-19")
def digits_unchecked(patch: Patch) -> None:
    """An amount may be finer than its currency."""
    from reference_impl.modules.trade_in import evaluation, service

    for module in (evaluation, service):
        patch.setattr(module, "decimals", lambda _amount: 0)


@defect("trade_in.offers_last_a_month", breaks="TRI-09")
def offers_last_a_month(patch: Patch) -> None:
    """The days of the other campaign."""
    from reference_impl.modules.trade_in import evaluation

    patch.setattr(evaluation, "OFFER_DAYS", 30)


@defect("trade_in.offers_pile_up", breaks="TRI-09")
def offers_pile_up(patch: Patch) -> None:
    """Nothing in the schema says that one offer at a time is pending."""
    patch.sql("DROP INDEX IF EXISTS uq_trade_in_offer_pending")


@defect("trade_in.offer_answered_again", breaks="TRI-10")
def offer_answered_again(patch: Patch) -> None:
    """An answer is written without a look at the one before."""
    from reference_impl.modules.trade_in.repository import TradeInRepository

    async def decide_offer(self: TradeInRepository, request_id: str, offer_id: str, status: str) -> bool:
        await self._work.look(
            "UPDATE trade_in_offer SET status = $1 WHERE id = $2 AND request_id = $3 RETURNING id",
            *(status, offer_id, request_id),
        )
        return True

    patch.setattr(TradeInRepository, "decide_offer", decide_offer)


@defect("trade_in.offer_outlives_its_request", breaks="TRI-10")
def offer_outlives_its_request(patch: Patch) -> None:
    """An offer is answered without a look at its trade-in: not whether it is this one, not whether it is over."""
    from reference_impl.modules.trade_in.repository import TradeInRepository
    from reference_impl.modules.trade_in.service import TradeInService

    async def answer_offer(
        self: TradeInService, tenant_id: str, customer_id: str, request_id: str, offer_id: str, status: str
    ) -> TradeIn:
        offer = await self._trade_ins.offer(tenant_id, offer_id)
        assert offer is not None
        await self._trade_ins.decide_offer(offer.request_id, offer_id, status)
        return await self.get(tenant_id, request_id, customer_id)

    async def settle_offers(self: TradeInRepository, request_id: str, status: str, *, overdue: bool) -> None:
        """Nobody thought of it."""

    patch.setattr(TradeInService, "answer_offer", answer_offer)
    patch.setattr(TradeInRepository, "settle_offers", settle_offers)


@defect("trade_in.estimate_is_paid", breaks="TRI-16")
def estimate_is_paid(patch: Patch) -> None:
    """An approval pays the estimate, or what the operator says; offers are for the customer's feelings."""
    from reference_impl.modules.trade_in import service

    def settled(trade_in: TradeIn, body: Approval) -> dict[str, Any]:
        named = trade_in.estimated_value if body.final_value is None else body.final_value
        return {"final_value": named, "credit_type": body.credit_type or "wallet"}

    patch.setattr(service, "_settled", settled)


@defect("trade_in.credited_twice", breaks="TRI-11")
def credited_twice(patch: Patch) -> None:
    """The approval credits at once, because the event took so long, and the event still does as well."""
    from reference_impl.modules.trade_in.service import TradeInService
    from reference_impl.modules.wallet.service import WalletService

    sound = TradeInService.approve

    async def approve(self: TradeInService, tenant_id: str, request_id: str, body: Approval) -> TradeIn:
        done = await sound(self, tenant_id, request_id, body)
        assert done.final_value is not None
        whose = done.customer_id, done.currency_code, done.final_value
        await WalletService(self._work).credit(
            tenant_id, *whose, reference_id=done.trade_in_number, description="Trade-in"
        )
        return done

    patch.setattr(TradeInService, "approve", approve)


@defect("trade_in.credited_on_acceptance", breaks="TRI-11")
def credited_on_acceptance(patch: Patch) -> None:
    """The customer's yes to an offer is paid; the approval is a formality."""
    from reference_impl.modules.trade_in.service import TradeInService
    from reference_impl.modules.wallet.service import WalletService

    sound = TradeInService.answer_offer

    async def answer_offer(
        self: TradeInService, tenant_id: str, customer_id: str, request_id: str, offer_id: str, status: str
    ) -> TradeIn:
        answered = await sound(self, tenant_id, customer_id, request_id, offer_id, status)
        accepted = next((offer for offer in answered.offers if offer.status == "accepted"), None)
        if accepted is not None:
            whose = customer_id, answered.currency_code, accepted.offer_amount
            await WalletService(self._work).credit(tenant_id, *whose, reference_id=request_id, description="Trade-in")
        return answered

    patch.setattr(TradeInService, "answer_offer", answer_offer)


@defect("trade_in.credited_when_offered", breaks="TRI-11")
def credited_when_offered(patch: Patch) -> None:
    """The money moves with the offer, so that the customer is tempted."""
    from reference_impl.modules.trade_in.service import TradeInService
    from reference_impl.modules.wallet.service import WalletService

    sound = TradeInService.offer

    async def offer(self: TradeInService, tenant_id: str, request_id: str, body: Any) -> Any:
        made = await sound(self, tenant_id, request_id, body)
        found = await self.get(tenant_id, request_id)
        whose = found.customer_id, made.currency_code, made.offer_amount
        await WalletService(self._work).credit(tenant_id, *whose, reference_id=made.id, description="Offer")
        return made

    patch.setattr(TradeInService, "offer", offer)


@defect("trade_in.one_credit_per_customer", breaks="TRI-11")
def one_credit_per_customer(patch: Patch) -> None:
    """The reference of the credit is the customer: the second trade-in is taken for a repeat of the first."""
    from reference_impl.modules.wallet.service import WalletService

    sound = WalletService.credit

    async def credit(self: WalletService, tenant_id: str, customer_id: str, *amount: Any, **said: Any) -> Transaction:
        return await sound(self, tenant_id, customer_id, *amount, **{**said, "reference_id": customer_id})

    patch.setattr(WalletService, "credit", credit)


@defect("trade_in.credited_in_any_currency", breaks="TRI-11")
def credited_in_any_currency(patch: Patch) -> None:
    """The credit goes into the customer's one wallet, as so many of whatever is in there."""
    from reference_impl.modules.wallet.service import WalletService

    async def in_currency(self: WalletService, tenant_id: str, customer_id: str, _currency: str) -> Wallet:
        from reference_impl.modules.tenants.service import TenantService

        own = (await TenantService(self._work).get(tenant_id)).currency_code
        return await sound(self, tenant_id, customer_id, own)

    sound = WalletService.in_currency
    patch.setattr(WalletService, "in_currency", in_currency)


@defect("trade_in.refund_goes_into_the_wallet", breaks="TRI-17")
def refund_goes_into_the_wallet(patch: Patch) -> None:
    """Whatever kind of credit was agreed, the wallet gets it."""
    from dataclasses import replace

    from reference_impl.modules.trade_in.service import TradeInService

    sound_credit, sound_get = TradeInService.credit, TradeInService.get

    async def credit(self: TradeInService, tenant_id: str, request_id: str) -> None:
        async def get(*arguments: Any) -> TradeIn:
            return replace(await sound_get(self, *arguments), credit_type="wallet")

        self.get = get  # type: ignore[assignment, method-assign]
        await sound_credit(self, tenant_id, request_id)

    patch.setattr(TradeInService, "credit", credit)


@defect("trade_in.completed_event_lost", breaks="TRI-12")
def completed_event_lost(patch: Patch) -> None:
    """Nobody subscribes to trade-in.completed."""
    from reference_impl.modules.trade_in import subscribers

    kept = [one for one in subscribers.SUBSCRIBERS if one.on != "trade-in.completed"]
    patch.setattr(subscribers, "SUBSCRIBERS", kept)


@defect("trade_in.stocked_on_approval", breaks="TRI-12")
def stocked_on_approval(patch: Patch) -> None:
    """What was approved is in stock, even while it is still on somebody's drive."""
    from reference_impl.core.outbox import Subscriber
    from reference_impl.modules.catalog.service import CatalogService
    from reference_impl.modules.trade_in import subscribers

    async def restock(event: Event, work: Work) -> None:
        product_id = event.payload["product_id"]
        if product_id:
            await CatalogService(work).restock(event.tenant_id, product_id, 1)

    early = Subscriber(name="trade_in.restock", on="trade-in.approved", handle=restock)
    kept = [one for one in subscribers.SUBSCRIBERS if one.on != "trade-in.completed"]
    patch.setattr(subscribers, "SUBSCRIBERS", [*kept, early])


@defect("trade_in.stock_set_to_one", breaks="TRI-12")
def stock_set_to_one(patch: Patch) -> None:
    """The stock is set where it should be raised."""
    from reference_impl.modules.catalog.service import CatalogService

    async def restock(self: CatalogService, tenant_id: str, product_id: str, quantity: int) -> bool:
        await self._work.look(
            "UPDATE product_variant SET stocked_quantity = $1 WHERE product_id = $2 RETURNING id", quantity, product_id
        )
        return True

    patch.setattr(CatalogService, "restock", restock)
