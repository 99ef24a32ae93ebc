"""The people and things of a target that the platform's states are made of, each made once, when it is first needed.

Everything goes through the store and admin API. What is made carries names that no other run has; nothing that was
there before is changed.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import secrets
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fixtures.actors import Names, Operator, Shopper
from fixtures.booking import Booker, Desk, on
from fixtures.client import Api, Connection, NoAnswer
from fixtures.insuring import Insured, Insurer
from fixtures.shopping import Buying, Shop
from fixtures.targets import Credentials
from fixtures.trading import Appraiser, Trader
from fixtures.vending import Market

if TYPE_CHECKING:
    from fixtures.booking import Booking, Service
    from fixtures.insuring import Plan
    from fixtures.shopping import Checkout, Good
    from fixtures.targets import Target
    from fixtures.vending import Seller

COVERAGE, PREMIUM = "1000", "10"
HOURS_A_DAY = 24


class Stage:
    """What states share on one target. Close it after use."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.connection = Connection(target)
        self._on_sale: list[tuple[Shop, Good]] = []
        self.names = Names(secrets.token_hex(4))
        self._slots = 0

    def close(self) -> None:
        """Take the goods out of the shops again, and close the connections."""
        with contextlib.suppress(NoAnswer):
            for shop, good in self._on_sale:
                shop.api.delete(f"/admin/products/{good.product_id}")
        self.connection.close()

    def stranger(self) -> Credentials:
        """Somebody who is not there yet."""
        return Credentials(self.names.email(), self.names.password())

    def shopper(self) -> Shopper:
        """A new customer."""
        return Shopper.register(self.connection, self.target.main, self.stranger())

    # People

    @cached_property
    def visitor(self) -> Api:
        """Nobody in particular."""
        return Api(self.connection, self.target.main)

    @cached_property
    def operator(self) -> Operator:
        return Operator.enter(self.connection, self.target.main)

    @cached_property
    def customer(self) -> Shopper:
        """The customer whom most states are about; they may have bought and booked before."""
        return self.shopper()

    @cached_property
    def other(self) -> Shopper:
        """Another customer of the same tenant."""
        return self.shopper()

    # Goods and carts

    @cached_property
    def shop(self) -> Shop:
        return Shop(self.operator)

    @cached_property
    def good(self) -> Good:
        """Something of which there is no end."""
        return self._sold(self.shop)

    def scarce_good(self, left: int) -> Good:
        """Something of which so many are left."""
        return self._sold(self.shop, stock=left)

    def vendors_good(self, seller: Seller) -> Good:
        """Something that a vendor sells."""
        return self._sold(self.shop, additional_data={"vendor_id": seller.vendor_id})

    def _sold(self, shop: Shop, **more: Any) -> Good:
        good = shop.good(**more)
        self._on_sale.append((shop, good))
        return good

    @cached_property
    def strange_shop(self) -> Shop:
        """What another tenant sells."""
        second = self.target.second
        assert second is not None, "asked for only where there is one"
        return Shop(Operator.enter(self.connection, second))

    @cached_property
    def strange_good(self) -> Good:
        return self._sold(self.strange_shop)

    @cached_property
    def market(self) -> Market:
        """The shop with vendors in it."""
        return Market(self.shop, Buying(self.customer.api, self.shop), self.visitor, self.names)

    def cart(self, *goods: Good, of: Shopper | None = None) -> Checkout:
        """A cart of the customer, or of somebody else."""
        return Buying((of or self.customer).api, self.shop)(*goods)

    # Trading in, insurance

    @cached_property
    def appraiser(self) -> Appraiser:
        return Appraiser(self.operator)

    def trader(self, of: Shopper | None = None) -> Trader:
        """A customer with something to give back."""
        return Trader(of or self.customer)

    @cached_property
    def insurer(self) -> Insurer:
        return Insurer(self.shop)

    @cached_property
    def plan(self) -> Plan:
        """What can be insured, in the shop's first currency."""
        return self.insurer.make_plan(self.good.product_id, "basic", self.shop.region.currency, COVERAGE, PREMIUM)

    def insured(self, of: Shopper | None = None) -> Insured:
        """A customer who takes out policies."""
        return Insured(of or self.customer)

    # Bookings

    @cached_property
    def desk(self) -> Desk:
        return Desk(self.operator, self.visitor)

    @cached_property
    def service(self) -> Service:
        """An hour for one, at any time of the day."""
        return self.desk.open(price=Decimal(25))

    def start(self) -> dt.datetime:
        """The start of a slot of the service that nobody was given before."""
        day, hour = divmod(self._slots, HOURS_A_DAY)
        self._slots += 1
        return on(self.desk.day + dt.timedelta(days=day), hour)

    def booked(self, of: Shopper | None = None) -> Booking:
        """A slot that somebody took."""
        return Booker(of or self.customer).book(self.service, self.start())
