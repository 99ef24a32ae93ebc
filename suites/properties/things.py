"""Things that an exploration may use and spoil, made through the API: their ids, by the names of their parameters.

What it needs of the tenant's own (a region, a sales channel) is only named, never written to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from fixtures.booking import Booker, on, wire
from fixtures.checks import Absent, Omit
from fixtures.insuring import Insured
from fixtures.shopping import SYSTEM, Buying
from fixtures.trading import Trader

if TYPE_CHECKING:
    from collections.abc import Callable

    from fixtures.actors import Operator, Shopper
    from fixtures.booking import Desk
    from fixtures.client import Api
    from fixtures.insuring import Insurer
    from fixtures.shopping import Shop
    from fixtures.trading import Appraiser
    from fixtures.vending import Market


class Things:
    """Values for parameters, by name; what is not offered here is missing."""

    def __init__(self) -> None:
        self.values: dict[str, list[str]] = {}

    def add(self, **named: object) -> None:
        """One more value for each of these parameters."""
        for name, value in named.items():
            known = self.values.setdefault(name, [])
            if str(value) not in known:
                known.append(str(value))

    @property
    def ids(self) -> set[str]:
        """All of them."""
        return {value for values in self.values.values() for value in values}


class Makers(msgspec.Struct, frozen=True):
    """Who makes the things."""

    shopper: Shopper
    operator: Operator
    shop: Shop
    market: Market
    desk: Desk
    appraiser: Appraiser
    insurer: Insurer


def make(makers: Makers) -> tuple[Things, Api | None]:
    """The things, and the vendor's log-in where there are vendors. What a target does not offer is left out."""
    things = Things()
    vendors: list[Api] = []
    for maker in (_wallets, _goods, _orders, _bookings, _trade_ins, _policies):
        _attempt(lambda maker=maker: maker(makers, things))  # type: ignore[misc]
    _attempt(lambda: vendors.append(_sales(makers, things)))
    return things, next(iter(vendors), None)


def _attempt(call: Callable[[], object]) -> None:
    try:
        call()
    except (Absent, Omit):
        return


def _wallets(makers: Makers, things: Things) -> None:
    answer = makers.shopper.api.get("/store/wallet/me")
    if answer.is_success:
        wallet = makers.shopper.wallet()
        makers.operator.credit(wallet, "1000")
        things.add(wallet_id=wallet.id, customer_id=makers.shopper.id, currency_code=wallet.currency)


def _goods(makers: Makers, things: Things) -> None:
    shop = makers.shop
    for _ in range(2):
        good = shop.good(stock=1000)
        things.add(product_id=good.product_id, variant_id=good.variant_id, item_id=good.inventory_item_id)
    things.add(region_id=shop.region.id, currency_code=shop.region.currency, country_code=shop.region.country)
    things.add(location_id=shop.location_id, shipping_profile_id=shop.profile_id, sales_channel_id=shop.channel_id)
    code = shop.percent_off(10)
    promotions = shop.api.get("/admin/promotions", {"code": code}).expect(200)["promotions"]
    things.add(promo_codes=code, promotion_id=promotions[0]["id"])


def _orders(makers: Makers, things: Things) -> None:
    shop, buying = makers.shop, Buying(makers.shopper.api, makers.shop)
    good = shop.good(stock=1000)
    checkout = buying(good).prepare()
    line = checkout.cart()["items"][0]
    things.add(cart_id=checkout.id, line_id=line["id"], collection_id=checkout.collection()["id"])
    things.add(option_id=shop.shipping[shop.region.id], provider_id=SYSTEM)
    for taken in (False, True):
        order = buying(good).buy()
        payment = shop.payment(order["id"])
        things.add(order_id=order["id"], payment_id=payment["id"])
        if taken:
            shop.capture(payment["id"]).expect(200)


def _sales(makers: Makers, things: Things) -> Api:
    market = makers.market
    seller = market.seller()
    things.add(vendor_id=seller.vendor_id)
    tiers = [{"starts_at": 0, "ends_before": 100, "rate": 10}, {"starts_at": 100, "rate": 5}]
    for terms in (
        {"type": "percentage", "rate": 10},
        {"type": "tiered", "currency_code": market.currency, "tiers": tiers},
    ):
        things.add(rule_id=market.set_rule(vendor_id=seller.vendor_id, **terms))
    things.add(vendor_order_id=market.payable(seller).id)
    things.add(payout_id=seller.request().id)
    things.add(vendor_order_id=market.sold(seller).id)
    return seller.api


def _bookings(makers: Makers, things: Things) -> None:
    desk, booker = makers.desk, Booker(makers.shopper)
    service = desk.open(max_capacity=10_000, price=24)
    start = on(desk.day, 9)
    for _ in range(2):
        things.add(booking_id=booker.book(service, start).id)
    things.add(service_id=service.id, provider_id=service.provider_ids[0], start_time=wire(start))
    things.add(new_start_time=wire(on(desk.day, 11)), date=desk.day.isoformat())


def _trade_ins(makers: Makers, things: Things) -> None:
    trader = Trader(makers.shopper)
    trade_in = trader.submit()
    makers.appraiser.evaluate(trade_in)
    things.add(trade_in_id=trade_in.id, offer_id=makers.appraiser.offer(trade_in).id)


def _policies(makers: Makers, things: Things) -> None:
    insured, insurer = Insured(makers.shopper), makers.insurer
    plan = insurer.plan(str(_currency(makers)))
    rows = insurer.api.get("/admin/insurance/plans", {"product_id": plan.product_id}).expect(200)["plans"]
    things.add(plan_id=rows[0]["id"], plan_type=plan.plan_type, product_id=plan.product_id)
    policy = insured.take_out(plan)
    things.add(policy_id=policy.id, claim_id=insured.file(policy).id)


def _currency(makers: Makers) -> Any:
    answer = makers.shopper.api.get("/store/wallet/me")
    return answer["wallet"]["currency"] if answer.is_success else makers.shop.region.currency
