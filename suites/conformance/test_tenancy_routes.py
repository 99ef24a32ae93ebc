"""Every route with an id in its path, tried with another tenant's ids: they answer as ids that nobody has.

And the lists beside those routes show another tenant none of our rows.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from fixtures.actors import pages
from fixtures.booking import Booker, on
from fixtures.checks import requirement
from fixtures.insuring import Insured
from fixtures.trading import Trader
from suites.conformance.routes import ROUTES

if TYPE_CHECKING:
    from fixtures.actors import Operator, Shopper, Wallet
    from fixtures.booking import Desk, Service
    from fixtures.client import Answer, Api
    from fixtures.insuring import Plan
    from fixtures.plugin import Capabilities
    from fixtures.shopping import Buying, Good, Shop
    from fixtures.trading import Appraiser
    from fixtures.vending import Market
    from suites.conformance.routes import Route

GROUPS: Final = {
    "people": ("tenant_id", "customer_id"),
    "wallet": ("wallet_id",),
    "catalog": ("region_id", "product_id", "item_id", "location_id", "promotion_id"),
    "checkout": ("cart_id", "line_id", "collection_id", "payment_id", "order_id"),
    "vendors": ("vendor_id", "rule_id", "vendor_order_id", "payout_id"),
    "bookings": ("service_id", "booking_id"),
    "trade_in": ("trade_in_id", "offer_id"),
    "insurance": ("plan_id", "policy_id", "claim_id"),
}
"""Which ids the checks below know rows for; a test holds them against the table of routes."""

_PROMOTION: Final[dict[str, object]] = {"promo_codes": ["NO-SUCH-CODE"]}
BODIES: Final[dict[str, dict[str, object]]] = {
    "POST /admin/products/{product_id}": {"title": "Taken over"},
    "POST /admin/inventory-items/{item_id}/location-levels": {"location_id": "{location_id}", "stocked_quantity": 1},
    "POST /admin/inventory-items/{item_id}/location-levels/{location_id}": {"stocked_quantity": 1},
    "POST /store/carts/{cart_id}/line-items": {"variant_id": "variant_01HZZZZZZZZZZZZZZZZZZZZZZZ", "quantity": 1},
    "POST /store/carts/{cart_id}/line-items/{line_id}": {"quantity": 2},
    "POST /store/carts/{cart_id}/shipping-methods": {"option_id": "so_01HZZZZZZZZZZZZZZZZZZZZZZZ"},
    "POST /store/carts/{cart_id}/promotions": _PROMOTION,
    "DELETE /store/carts/{cart_id}/promotions": _PROMOTION,
    "POST /store/payment-collections/{collection_id}/payment-sessions": {"provider_id": "pp_system_default"},
    "POST /admin/vendors/{vendor_id}/accounts": {"email": "stranger@example.com"},
    "POST /admin/commission-rules/{rule_id}": {"status": "inactive"},
    "POST /vendor/orders/{vendor_order_id}/fulfill": {"tracking_number": "T-1", "carrier": "Aramex"},
    "POST /admin/payouts/{payout_id}/adjust": {"type": "credit", "amount": 1},
    "POST /admin/wallets/{wallet_id}": {"type": "credit", "amount": 1},
    "POST /store/bookings/{booking_id}/reschedule": {"new_start_time": "2099-01-01T09:00:00Z"},
    "PUT /admin/bookings/{booking_id}": {"status": "confirmed"},
    "POST /admin/trade-ins/{trade_in_id}/evaluate": {"base_price": 1000},
    "PATCH /admin/insurance/claims/{claim_id}": {"decision": "approved"},
}
"""What a route takes at the least, where that is more than {}."""

_ID = re.compile(r"\{(\w+)\}")
_NOBODYS = "01HZZZZZZZZZZZZZZZZZZZZZZZ"


class Entrances(msgspec.Struct, frozen=True):
    """Somebody for each area of the API."""

    store: Api
    admin: Api
    vendor: Api | None = None

    def reach(self, route: Route) -> bool:
        """Whether there is somebody to try this route."""
        return getattr(self, route.path.split("/")[1], None) is not None

    def to(self, route: Route) -> Api:
        """Who tries this route."""
        api: Api = getattr(self, route.path.split("/")[1])
        return api


@requirement("TEN-09")
def test_people(buyer: Shopper, operator: Operator, stranger: Shopper, stranger_operator: Operator) -> None:
    """A customer and a tenant are not there for another tenant."""
    tenant_id = str(operator.api.get("/admin/tenants").expect(200)["tenants"][0]["id"])
    ids = {"tenant_id": tenant_id, "customer_id": buyer.id}
    ours, theirs = Entrances(buyer.api, operator.api), Entrances(stranger.api, stranger_operator.api)
    assert _faults("people", ids, ours, theirs) == []


@requirement("TEN-09")
def test_wallets(
    wallet: Wallet, shopper: Shopper, operator: Operator, stranger: Shopper, stranger_operator: Operator
) -> None:
    """A wallet is not there for another tenant."""
    ours, theirs = Entrances(shopper.api, operator.api), Entrances(stranger.api, stranger_operator.api)
    assert _faults("wallet", {"wallet_id": wallet.id}, ours, theirs) == []


@requirement("TEN-09")
def test_catalog(
    capabilities: Capabilities, shop: Shop, buyer: Shopper, stranger: Shopper, stranger_operator: Operator
) -> None:
    """Goods, regions, stock and promotions are not there for another tenant."""
    capabilities.need("checkout")
    good = shop.good(stock=3)
    code = shop.percent_off(10)
    promotions = shop.api.get("/admin/promotions", {"code": code}).expect(200)["promotions"]
    ids = {
        "region_id": shop.region.id,
        "product_id": good.product_id,
        "item_id": str(good.inventory_item_id),
        "location_id": shop.location_id,
        "promotion_id": str(promotions[0]["id"]),
    }
    ours, theirs = Entrances(buyer.api, shop.api), Entrances(stranger.api, stranger_operator.api)
    assert _faults("catalog", ids, ours, theirs) == []
    assert shop.available(good) == 3


@requirement("TEN-09")
def test_checkout(
    capabilities: Capabilities, buying: Buying, good: Good, shop: Shop, stranger: Shopper, stranger_operator: Operator
) -> None:
    """Carts, what is paid for them, and orders are not there for another tenant."""
    capabilities.need("checkout")
    order_id = str(buying(good).buy()["id"])
    checkout = buying(good)
    ids = {
        "cart_id": checkout.id,
        "line_id": str(checkout.cart()["items"][0]["id"]),
        "collection_id": str(checkout.collection()["id"]),
        "payment_id": str(shop.payment(order_id)["id"]),
        "order_id": order_id,
    }
    ours, theirs = Entrances(buying.api, shop.api), Entrances(stranger.api, stranger_operator.api)
    assert _faults("checkout", ids, ours, theirs) == []


@requirement("TEN-09")
def test_vendors(capabilities: Capabilities, market: Market, stranger: Shopper, stranger_market: Market) -> None:
    """Vendors, their orders, rules and payouts are not there for another tenant, nor for its vendors."""
    capabilities.need("vendors")
    seller = market.seller()
    share = market.payable(seller)
    ids = {
        "vendor_id": seller.vendor_id,
        "vendor_order_id": share.id,
        "payout_id": seller.request().id,
        "rule_id": market.set_rule(vendor_id=seller.vendor_id, type="percentage", rate=Decimal(10)),
    }
    ours = Entrances(stranger.api, market.api, seller.api)
    theirs = Entrances(stranger.api, stranger_market.api, stranger_market.seller().api)
    assert _faults("vendors", ids, ours, theirs) == []


@requirement("TEN-09")
def test_bookings(
    capabilities: Capabilities,
    buyer: Shopper,
    desk: Desk,
    roomy: Service,
    operator: Operator,
    stranger: Shopper,
    stranger_operator: Operator,
) -> None:
    """Bookings and services are not there for another tenant."""
    capabilities.need("bookings")
    booking = Booker(buyer).book(roomy, on(desk.day, 14))
    ours, theirs = Entrances(buyer.api, operator.api), Entrances(stranger.api, stranger_operator.api)
    assert _faults("bookings", {"booking_id": booking.id, "service_id": roomy.id}, ours, theirs) == []


@requirement("TEN-09")
def test_trade_ins(
    capabilities: Capabilities,
    buyer: Shopper,
    appraiser: Appraiser,
    stranger: Shopper,
    stranger_operator: Operator,
) -> None:
    """Trade-ins and their offers are not there for another tenant."""
    capabilities.need("trade_in")
    trade_in = Trader(buyer).submit()
    appraiser.evaluate(trade_in)
    ids = {"trade_in_id": trade_in.id, "offer_id": appraiser.offer(trade_in).id}
    ours, theirs = Entrances(buyer.api, appraiser.api), Entrances(stranger.api, stranger_operator.api)
    assert _faults("trade_in", ids, ours, theirs) == []


@requirement("TEN-09")
def test_insurance(
    capabilities: Capabilities,
    buyer: Shopper,
    plan: Plan,
    operator: Operator,
    stranger: Shopper,
    stranger_operator: Operator,
) -> None:
    """Plans, policies and claims are not there for another tenant."""
    capabilities.need("insurance")
    insured = Insured(buyer)
    policy = insured.take_out(plan)
    plans = pages(operator.api, "/admin/insurance/plans", "plans")
    plan_id = next(str(one["id"]) for one in plans if one["product_id"] == plan.product_id)
    ids = {"plan_id": plan_id, "policy_id": policy.id, "claim_id": insured.file(policy).id}
    ours, theirs = Entrances(buyer.api, operator.api), Entrances(stranger.api, stranger_operator.api)
    assert _faults("insurance", ids, ours, theirs) == []


def _faults(group: str, ids: dict[str, str], ours: Entrances, theirs: Entrances) -> list[str]:
    """Where a stranger learns of our rows or changes them, one sentence each."""
    routes = [route for route in ROUTES if (named := _ID.findall(route.path)) and set(named) <= set(GROUPS[group])]
    nobodys = {name: f"{one.rpartition('_')[0]}_{_NOBODYS}".removeprefix("_") for name, one in ids.items()}
    before = {route.path: _call(ours, route, ids) for route in routes if route.method == "GET"}
    faults = [f"{answer!r}: ours, and not shown to us" for answer in before.values() if answer.status != 200]
    for route in routes:
        answer, unknown = (_call(theirs, route, these) for these in (ids, nobodys))
        told, wanted = _without(answer, ids), _without(unknown, nobodys)
        if (answer.status, told) != (404, wanted):
            faults.append(f"{answer!r} {told[:200]}, and of an id that nobody has: {unknown.status} {wanted[:200]}")
    nouns = {_noun(route) for route in routes}
    for route in ROUTES:
        if route.method == "GET" and "{" not in route.path and _noun(route) in nouns and theirs.reach(route):
            page = theirs.to(route).get(route.path, {"limit": 100})
            faults += [f"{page!r} shows our {name}" for name, one in ids.items() if one in page.text]
    after = {route.path: _call(ours, route, ids) for route in routes if route.method == "GET"}
    changed = [path for path, answer in after.items() if answer.json != before[path].json]
    return faults + [f"a stranger changed what {path} shows" for path in changed]


def _noun(route: Route) -> str:
    """What a route is about: the second part of its path."""
    return "".join(route.path.split("/")[2:3])


def _call(who: Entrances, route: Route, ids: dict[str, str]) -> Answer:
    path, given = _filled(route.path, ids), BODIES.get(f"{route.method} {route.path}")
    if route.method == "GET" or (route.method == "DELETE" and given is None):
        return who.to(route).send(route.method, path)
    body = {name: _filled(it, ids) if isinstance(it, str) else it for name, it in (given or {}).items()}
    return who.to(route).send(route.method, path, json=body)


def _filled(text: str, ids: dict[str, str]) -> str:
    return _ID.sub(lambda found: ids[found[1]], text)


def _without(answer: Answer, ids: dict[str, str]) -> str:
    """The answer's text with each id replaced by its name."""
    text = answer.text
    for name, one in ids.items():
        text = text.replace(one, name)
    return text
