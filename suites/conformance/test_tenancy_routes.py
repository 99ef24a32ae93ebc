"""Every route with an id in its path, tried with another tenant's ids: they answer as ids that nobody has.

Also when a header, the Host, the query or the publishable key names the tenant that has them. And the lists beside
those routes show another tenant none of our rows.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from fixtures.actors import pages
from fixtures.booking import Booker, on
from fixtures.checks import requirement
from fixtures.insuring import Insured
from fixtures.trading import Trader
from suites.conformance.routes import ROUTES
from suites.conformance.strangers import NAMED, Attempt, Entrances, Way, nobodys, told, ways

if TYPE_CHECKING:
    from fixtures.actors import Operator, Shopper, Wallet
    from fixtures.booking import Desk, Service
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
    "dead_letters": ("handler", "event_id"),  # suites/resilience/test_dead_letters.py: it takes a vendor to make one
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


@requirement("TEN-09", "TEN-03")
def test_people(buyer: Shopper, operator: Operator, stranger: Shopper, stranger_operator: Operator) -> None:
    """A customer and a tenant are not there for another tenant."""
    tenant_id = str(operator.api.get("/admin/tenants").expect(200)["tenants"][0]["id"])
    ids = {"tenant_id": tenant_id, "customer_id": buyer.id}
    ours, theirs = Entrances(buyer.api, operator.api), Entrances(stranger.api, stranger_operator.api)
    assert _faults("people", ids, ours, theirs) == []


@requirement("TEN-09", "TEN-03")
def test_wallets(
    wallet: Wallet, shopper: Shopper, operator: Operator, stranger: Shopper, stranger_operator: Operator
) -> None:
    """A wallet is not there for another tenant."""
    ours, theirs = Entrances(shopper.api, operator.api), Entrances(stranger.api, stranger_operator.api)
    assert _faults("wallet", {"wallet_id": wallet.id}, ours, theirs) == []


@requirement("TEN-09", "TEN-03")
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


@requirement("TEN-09", "TEN-03")
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


@requirement("TEN-09", "TEN-03")
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


@requirement("TEN-09", "TEN-03")
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


@requirement("TEN-09", "TEN-03")
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


@requirement("TEN-09", "TEN-03")
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
    routes = [route for route in ROUTES if (named := NAMED.findall(route.path)) and set(named) <= set(GROUPS[group])]
    unknown, reading = nobodys(ids), [route for route in routes if route.method == "GET"]
    before = {route.path: _attempt(route).send(ours, ids) for route in reading}
    faults = [f"{answer!r}: ours, and not shown to us" for answer in before.values() if answer.status != 200]
    for way in (None, *ways(ours)):
        for route in routes:
            if way is None or way.suits(route):
                faults += _told_apart(route, way, ids, unknown, theirs)
        faults += _listed({_noun(route) for route in routes}, way, ids, theirs)
    alone = [route for route in reading if "tenant_id" not in route.path]  # other checks change the tenant itself
    after = {route.path: _attempt(route).send(ours, ids) for route in alone}
    changed = [path for path, answer in after.items() if answer.json != before[path].json]
    return faults + [f"a stranger changed what {path} shows" for path in changed]


def _told_apart(
    route: Route, way: Way | None, ids: dict[str, str], unknown: dict[str, str], theirs: Entrances
) -> list[str]:
    """Whether our ids are answered otherwise than those that nobody has, or not refused; by itself that is a 404."""
    attempt = _attempt(route)
    answer = attempt.send(theirs, ids, way)
    saw, wanted = told(answer, ids), told(attempt.send(theirs, unknown, way), unknown)
    refused = answer.status == 404 if way is None else 400 <= answer.status < 500
    if saw == wanted and refused:
        return []
    by = f"by {way.name}, " if way else ""
    return [f"{by}{answer!r} {saw[2][:200]}, and of an id that nobody has: {wanted[0]} {wanted[2][:200]}"]


def _listed(nouns: set[str], way: Way | None, ids: dict[str, str], theirs: Entrances) -> list[str]:
    """Which lists beside the routes show a stranger one of our ids."""
    faults = []
    for route in ROUTES:
        beside = route.method == "GET" and "{" not in route.path and _noun(route) in nouns and theirs.reach(route)
        if beside and (way is None or way.suits(route)):
            page = Attempt(f"GET {route.path}", query={"limit": "100"}).send(theirs, {}, way)
            faults += [f"{page!r} shows our {name}" for name, one in ids.items() if one in page.text]
    return faults


def _noun(route: Route) -> str:
    """What a route is about: the second part of its path."""
    return "".join(route.path.split("/")[2:3])


def _attempt(route: Route) -> Attempt:
    """What a route takes at the least; a GET has no body, nor has a DELETE that needs none."""
    what = f"{route.method} {route.path}"
    return Attempt(what, BODIES.get(what, {} if route.method not in ("GET", "DELETE") else None))
