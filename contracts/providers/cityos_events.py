"""What makes each event of the platform happen, by its API; and the event that it told, from its feed.

The feed (`GET /admin/events`) is a list in JSON of CloudEvents. Each is given on as it stands there, byte for byte, as
one message in structured mode.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from contracts.providers.states import StateFailed, Values, state, unique
from fixtures.booking import Booker
from fixtures.checks import eventually
from fixtures.shopping import Buying

if TYPE_CHECKING:
    from contracts.providers.cityos_stage import Stage
    from fixtures.actors import Wallet
    from fixtures.insuring import Claim
    from fixtures.trading import TradeIn

FEED = "/admin/events"
CONTENT_TYPE = "application/cloudevents+json"
WITHIN_S = 10.0
"""How soon after a change its event is in the feed."""


class _Page(msgspec.Struct):
    events: list[msgspec.Raw]


class EventStates:
    """The states of the subscriber's contract. Each remembers what its event is about, for `told`."""

    stage: Stage

    def told(self, kind: str) -> tuple[bytes, dict[str, str]]:
        """The event of this type about what the last state was about. Raises StateFailed when it does not come."""
        subject = self.__dict__.get("_subject")
        if subject is None:
            raise StateFailed(f"no state made {kind} happen")
        query = {"type": kind, "subject": subject, "limit": 1}

        def page() -> list[msgspec.Raw]:
            answer = self.stage.operator.api.get(FEED, query).expect(200)
            return msgspec.json.decode(answer.content, type=_Page).events

        return bytes(eventually(page, bool, WITHIN_S)[0]), {"content-type": CONTENT_TYPE}

    def _about(self, subject: str) -> Values:
        self._subject = subject
        return {}

    @state("a customer registers")
    def a_customer_registers(self) -> Values:
        return self._about(self.stage.shopper().id)

    # Orders and payments

    @state("a customer orders")
    def a_customer_orders(self) -> Values:
        return self._about(self._order())

    @state("an order is cancelled")
    def an_order_is_cancelled(self) -> Values:
        order_id = self._order()
        self.stage.shop.cancel(order_id).expect(200)
        return self._about(order_id)

    @state("a payment is taken")
    def a_payment_is_taken(self) -> Values:
        return self._about(self._taken())

    @state("a payment is given back")
    def a_payment_is_given_back(self) -> Values:
        payment_id = self._taken()
        self.stage.shop.refund(payment_id).expect(200)
        return self._about(payment_id)

    @state("a customer orders what a vendor sells")
    def a_customer_orders_of_a_vendor(self) -> Values:
        seller = self.stage.market.seller()
        good = self.stage.vendors_good(seller)
        return self._about(seller.share(self.stage.cart(good).buy()).id)

    def _order(self) -> str:
        return str(Buying(self.stage.customer.api, self.stage.shop)(self.stage.good).buy()["id"])

    def _taken(self) -> str:
        payment_id = str(self.stage.shop.payment(self._order())["id"])
        self.stage.shop.capture(payment_id).expect(200)
        return payment_id

    # Wallets

    @state("money is put into a wallet")
    def money_is_put_in(self) -> Values:
        return self._about(self._filled_wallet().id)

    @state("money is taken out of a wallet")
    def money_is_taken_out(self) -> Values:
        wallet = self._filled_wallet()
        self.stage.operator.debit(wallet, "29.50", unique("contract"))
        return self._about(wallet.id)

    def _filled_wallet(self) -> Wallet:
        wallet = self.stage.shopper().wallet()
        self.stage.operator.credit(wallet, "150", unique("contract"))
        return wallet

    # Trading in, insurance, bookings

    @state("a trade-in is approved")
    def a_trade_in_is_approved(self) -> Values:
        return self._about(self._approved().id)

    @state("a trade-in is completed")
    def a_trade_in_is_completed(self) -> Values:
        return self._about(self.stage.appraiser.complete(self._approved()).id)

    def _approved(self) -> TradeIn:
        trader = self.stage.trader()
        return self.stage.appraiser.bring(trader, trader.submit(), "approved")

    @state("a claim is approved")
    def a_claim_is_approved(self) -> Values:
        claim = self._claim()
        self.stage.insurer.decide(claim).expect(200)
        return self._about(claim.id)

    def _claim(self) -> Claim:
        insured = self.stage.insured()
        return insured.file(insured.take_out(self.stage.plan, currency_code=self.stage.plan.currency_code))

    @state("a customer books")
    def a_customer_books(self) -> Values:
        return self._about(self.stage.booked().id)

    @state("a customer cancels a booking")
    def a_customer_cancels_a_booking(self) -> Values:
        return self._about(Booker(self.stage.customer).cancel(self.stage.booked()).id)
