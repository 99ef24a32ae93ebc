"""The platform's states, by its store and admin API: for the reference and for any other target."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from contracts.providers.cityos_events import EventStates
from contracts.providers.cityos_stage import Stage
from contracts.providers.states import Provider, StateFailed, Values, state
from fixtures import targets
from fixtures.booking import wire
from fixtures.checks import Absent, Inconclusive, Omit
from fixtures.client import NoAnswer, Unexpected
from fixtures.exits import CommandError, Unreachable, UsageError
from fixtures.shopping import SYSTEM, WALLET

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fixtures.actors import Shopper
    from fixtures.booking import Booking
    from fixtures.shopping import Checkout
    from fixtures.targets import Target

REFERENCE, MEDUSA = targets.STARTED
TARGETS = Path("targets")
"""Where targets that are called by name stand: targets/NAME.toml, seen from the working directory."""

ELSEWHERE = "another tenant sells a good"
SCARCE = 2
PAID_IN, PAID_OUT = "150", "29.50"
NO_STATE = (AssertionError, NoAnswer, Omit, Absent, Inconclusive)
"""How the clients of fixtures say that a target did not do as it was asked."""


@contextlib.contextmanager
def opened(name: str) -> Iterator[tuple[CityOS, str | None]]:
    """The platform at a target for the length of the block, and its commit or version as its health names it.

    name: `reference`, which is started here (and says no version: it is the harness's own), a target file, or the name
    of one in targets/. Raises UsageError for a target that cannot be used, Unreachable when it does not answer, and
    CommandError when the reference does not start.
    """
    if name == MEDUSA:
        raise UsageError(f"--target {MEDUSA}: a plain core has no wallet, trade-in or booking to verify; name another")
    with contextlib.ExitStack() as stack:
        target = stack.enter_context(_reference()) if name == REFERENCE else _named(name)
        provider = stack.enter_context(contextlib.closing(CityOS(target)))
        yield provider, None if name == REFERENCE else provider.version()


@contextlib.contextmanager
def _reference() -> Iterator[Target]:
    from fixtures.postgres import PostgresError, open_server
    from fixtures.reference import ReferenceFailed, start_reference

    with contextlib.ExitStack() as stack:
        try:
            started = stack.enter_context(start_reference(stack.enter_context(open_server())))
        except (PostgresError, ReferenceFailed) as problem:
            raise CommandError(str(problem)) from problem
        yield targets.from_seed(started.base_url, started.seed, webhooks=started.webhooks)


def _named(name: str) -> Target:
    """A target of a file, given by its path or by its name."""
    path = Path(name)
    if path.suffix != ".toml" and len(path.parts) == 1 and not path.exists():
        path = TARGETS / f"{name}.toml"
        if not path.exists():
            known = ", ".join([REFERENCE, *sorted(found.stem for found in TARGETS.glob("*.toml"))])
            raise UsageError(f"--target {name}: there is no {path}: give the path of a target file, or one of {known}")
    try:
        return targets.load(path)
    except targets.TargetError as problem:
        raise UsageError(str(problem)) from None


class CityOS(EventStates, Provider):
    """A target, with the operator that its file names. States write: a target that is read-only is refused."""

    name: ClassVar[str] = "cityos"

    def __init__(self, target: Target) -> None:
        if target.read_only:
            raise UsageError(
                f"{target.name} is read-only, and states are set up by writing: name a target that may be written to"
            )
        if target.main.operator is None:
            raise UsageError(
                f"{target.name} names no operator, who sets the states up: "
                f"add operator = {{ email = …, password = … }} below [tenants.{target.main.slug}]"
            )
        super().__init__(target.base_url)
        self.target = target
        self.stage = Stage(target)

    @override
    def close(self) -> None:
        self.undo.close()
        self.stage.close()
        self.http.close()

    def version(self) -> str | None:
        """What its health names: the commit, else the version; None where it names neither."""
        try:
            health = self.stage.visitor.get("/health").json
        except NoAnswer as problem:
            raise Unreachable(f"{self.target.name} does not answer: {problem}") from None
        except Unexpected:  # an answer that is no JSON
            return None
        said = [health.get(key) for key in ("commit", "version")] if isinstance(health, dict) else []
        return next((each for each in said if isinstance(each, str) and each not in ("", "unknown")), None)

    @override
    def why_not(self, name: str) -> str | None:
        if name == ELSEWHERE and (self.target.second is None or self.target.second.operator is None):
            return f"“{name}” needs a second tenant with an operator in the file of {self.target.name}"
        return super().why_not(name)

    @override
    def set_up(self, name: str, parameters: Mapping[str, Any]) -> Values:
        try:
            values = super().set_up(name, parameters)
        except NO_STATE as problem:
            raise StateFailed(f"“{name}”: {problem}") from None
        return {"publishable_key": self.target.main.publishable_key, **values}

    @override
    def message(self, description: str) -> tuple[bytes, dict[str, str]]:
        try:
            return self.told(description)
        except (*NO_STATE, ValueError) as problem:
            raise StateFailed(f"{description}: {problem}") from None

    # Who is there

    @state("the shop is open")
    def the_shop_is_open(self) -> Values:
        return {"region_id": self.stage.shop.region.id}

    @state("nobody has this e-mail address")
    def nobody_has_this_address(self) -> Values:
        who = self.stage.stranger()
        return {"email": who.email, "password": who.password}

    @state("a customer has this e-mail address")
    def a_customer_has_this_address(self) -> Values:
        return {"email": self.stage.customer.email, "password": self.stage.customer.password}

    @state("somebody has registered")
    def somebody_has_registered(self) -> Values:
        who = self.stage.stranger()
        body = {"email": who.email, "password": who.password}
        token = self.stage.visitor.post("/auth/customer/emailpass/register", body).expect(200, 201)["token"]
        return {"authorization": f"Bearer {token}", "email": who.email}

    @state("a customer is logged in")
    def a_customer_is_logged_in(self) -> Values:
        return self._of(self.stage.customer) | self.the_shop_is_open()

    # What there is

    @state("a good is for sale")
    def a_good_is_for_sale(self) -> Values:
        return {"product_id": self.stage.good.product_id} | self.the_shop_is_open()

    @state(ELSEWHERE)
    def another_tenant_sells_a_good(self) -> Values:
        return {"product_id": self.stage.strange_good.product_id} | self.the_shop_is_open()

    # A cart on its way to an order

    @state("a customer has an empty cart, and a good is for sale")
    def an_empty_cart(self) -> Values:
        return self._of_cart(self.stage.cart()) | {"variant_id": self.stage.good.variant_id}

    @state("a customer has an empty cart, and of a good two are left")
    def an_empty_cart_and_a_scarce_good(self) -> Values:
        return self._of_cart(self.stage.cart()) | {"variant_id": self.stage.scarce_good(SCARCE).variant_id}

    @state("a customer has a cart with a good in it")
    def a_filled_cart(self) -> Values:
        checkout = self._filled()
        return self._of_cart(checkout) | {
            "line_id": checkout.cart()["items"][0]["id"],
            "option_id": checkout.options()[0]["id"],
            "country_code": checkout.region.country,
            "email": self.stage.customer.email,
        }

    @state("a customer has a cart, and chose how it is sent")
    def a_shipped_cart(self) -> Values:
        checkout = self._filled()
        checkout.ship()
        return self._of_cart(checkout)

    @state("a customer has a cart, and knows what is to be paid")
    def a_priced_cart(self) -> Values:
        checkout = self._filled()
        checkout.ship()
        return self._of_cart(checkout) | {"collection_id": checkout.collection()["id"]}

    @state("a customer has a cart that is ready to be ordered")
    def a_ready_cart(self) -> Values:
        return self._of_cart(self._filled().prepare(SYSTEM))

    @state("a customer pays with an empty wallet")
    def a_cart_without_the_money(self) -> Values:
        poor = self.stage.shopper()
        poor.wallet()
        return self._of(poor) | {"cart_id": self.stage.cart(self.stage.good, of=poor).prepare(WALLET).id}

    @state("a customer has ordered")
    def a_customer_has_ordered(self) -> Values:
        checkout = self._filled()
        order = checkout.buy()
        return self._of_cart(checkout) | {"order_id": order["id"], "variant_id": self.stage.good.variant_id}

    @state("another customer has ordered")
    def another_customer_has_ordered(self) -> Values:
        order = self.stage.cart(self.stage.good, of=self.stage.other).buy()
        return self._of(self.stage.customer) | {"order_id": order["id"]}

    # The wallet

    @state("a customer has money in the wallet")
    def money_in_the_wallet(self) -> Values:
        """Paid in, and then some of it out."""
        rich = self.stage.shopper()
        wallet = rich.wallet()
        self.stage.operator.credit(wallet, PAID_IN)
        self.stage.operator.debit(wallet, PAID_OUT)
        return self._of(rich)

    @state("a customer never had a wallet")
    def never_had_a_wallet(self) -> Values:
        return self._of(self.stage.shopper())

    @state("a customer's wallet is frozen")
    def a_frozen_wallet(self) -> Values:
        frozen = self.stage.shopper()
        self.stage.operator.freeze(frozen.wallet(), "The card was reported stolen")
        return self._of(frozen)

    # Trading in

    @state("a customer was made an offer for a trade-in")
    def an_offer(self) -> Values:
        trade_in = self.stage.trader().submit()
        self.stage.appraiser.evaluate(trade_in)
        offer = self.stage.appraiser.offer(trade_in)
        return self._of(self.stage.customer) | {"trade_in_id": trade_in.id, "offer_id": offer.id}

    @state("an offer for a trade-in is off the table")
    def an_offer_off_the_table(self) -> Values:
        """Not by waiting seven days for its end: the trade-in was turned down, which the shop takes alike."""
        values = self.an_offer()
        self.stage.operator.api.post(f"/admin/trade-ins/{values['trade_in_id']}/reject", {}).expect(200, 201)
        return values

    @state("another customer has a trade-in")
    def another_customers_trade_in(self) -> Values:
        trade_in = self.stage.trader(self.stage.other).submit()
        return self._of(self.stage.customer) | {"trade_in_id": trade_in.id}

    # Insurance

    @state("a product can be insured")
    def a_product_can_be_insured(self) -> Values:
        plan = self.stage.plan
        return self._of(self.stage.customer) | {
            "product_id": plan.product_id,
            "plan_type": plan.plan_type,
            "currency_code": plan.currency_code,
        }

    @state("a customer is insured")
    def a_customer_is_insured(self) -> Values:
        policy = self.stage.insured().take_out(self.stage.plan, currency_code=self.stage.plan.currency_code)
        return self._of(self.stage.customer) | {"policy_id": policy.id}

    @state("a customer's policy is over")
    def a_policy_that_is_over(self) -> Values:
        """Not by waiting a year for its end: it was cancelled, which the shop takes alike."""
        values = self.a_customer_is_insured()
        path = f"/admin/insurance/policies/{values['policy_id']}/cancel"
        self.stage.operator.api.post(path, {}).expect(200, 201)
        return values

    @state("a customer filed a claim")
    def a_claim(self) -> Values:
        return self._claimed(self.stage.customer)

    @state("another customer filed a claim")
    def another_customers_claim(self) -> Values:
        return self._claimed(self.stage.other)

    # Bookings

    @state("a service can be booked")
    def a_service_can_be_booked(self) -> Values:
        start = self.stage.start()
        return self._of(self.stage.customer) | {
            "service_id": self.stage.service.id,
            "start_time": wire(start),
            "date": start.date().isoformat(),
            "email": self.stage.customer.email,
        }

    @state("a slot of a service is taken")
    def a_taken_slot(self) -> Values:
        taken = self.stage.booked(self.stage.other)
        return self.a_service_can_be_booked() | {"start_time": wire(taken.start_time)}

    @state("a customer has a booking")
    def a_customer_has_a_booking(self) -> Values:
        return self._of_booking(self.stage.booked())

    @state("a customer has a booking, and another slot is taken")
    def a_booking_beside_a_taken_slot(self) -> Values:
        taken = self.stage.booked(self.stage.other)
        return self._of_booking(self.stage.booked()) | {"new_start_time": wire(taken.start_time)}

    @state("a customer's booking was cancelled")
    def a_cancelled_booking(self) -> Values:
        values = self.a_customer_has_a_booking()
        self.stage.customer.api.post(f"/store/bookings/{values['booking_id']}/cancel", {}).expect(200)
        return values

    @state("another customer has a booking")
    def another_customers_booking(self) -> Values:
        return self._of_booking(self.stage.booked(self.stage.other))

    # Parts of states

    def _of(self, shopper: Shopper) -> Values:
        return {"authorization": f"Bearer {shopper.api.token}"}

    def _filled(self) -> Checkout:
        return self.stage.cart(self.stage.good)

    def _of_cart(self, checkout: Checkout) -> Values:
        return self._of(self.stage.customer) | {"cart_id": checkout.id}

    def _claimed(self, shopper: Shopper) -> Values:
        insured = self.stage.insured(shopper)
        policy = insured.take_out(self.stage.plan, currency_code=self.stage.plan.currency_code)
        return self._of(self.stage.customer) | {"claim_id": insured.file(policy).id}

    def _of_booking(self, booking: Booking) -> Values:
        return self._of(self.stage.customer) | {
            "booking_id": booking.id,
            "new_start_time": wire(self.stage.start()),
        }
