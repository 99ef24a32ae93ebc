"""Another tenant's ids in bodies and filters: they are taken for ids that nobody has, and nothing comes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fixtures.actors import pages
from fixtures.booking import Booker, Desk, on, wire
from fixtures.checks import requirement
from fixtures.insuring import Insured
from fixtures.plugin import State
from fixtures.shopping import Buying, minor
from fixtures.trading import THING, Trader
from suites.conformance.strangers import Attempt, Entrances, differences

if TYPE_CHECKING:
    from fixtures.actors import Operator, Shopper, Wallet
    from fixtures.booking import Service
    from fixtures.insuring import Insurer, Plan
    from fixtures.plugin import Capabilities
    from fixtures.shopping import Shop
    from fixtures.trading import Appraiser
    from fixtures.vending import Market


@requirement("TEN-10")
def test_people(
    capabilities: Capabilities, wallet: Wallet, shopper: Shopper, stranger: Shopper, stranger_operator: Operator
) -> None:
    """Nobody works for, looks for or counts another tenant's customers."""
    customer = "{customer_id}"
    attempts = [
        Attempt("POST /admin/wallets", {"customer_id": customer, "currency": "eur"}),
        Attempt("GET /admin/wallets", query={"customer_id": customer}),
        Attempt("GET /admin/customers", query={"email": "{email}"}),
        Attempt("GET /admin/customers", query={"q": "{email}"}),
    ]
    if capabilities.state("trade_in") is State.PRESENT:
        attempts.append(Attempt("POST /admin/trade-ins", {**THING, "customer_id": customer, "base_price": 1}))
        attempts.append(Attempt("GET /admin/trade-ins", query={"customer_id": customer}))
    if capabilities.state("insurance") is State.PRESENT:
        attempts.append(Attempt("GET /admin/insurance", query={"customer_id": customer}))
    if capabilities.state("bookings") is State.PRESENT:
        attempts.append(Attempt("GET /admin/bookings", query={"customer_id": customer}))
    ids = {"customer_id": wallet.customer_id, "email": shopper.email}
    assert differences(attempts, Entrances(stranger.api, stranger_operator.api), ids) == []


@requirement("TEN-10")
def test_what_carts_name(
    capabilities: Capabilities, buying: Buying, shop: Shop, stranger: Shopper, stranger_shop: Shop
) -> None:
    """No cart takes another tenant's goods, region, channel, code, line or way of shipping; nor is ours paid for."""
    capabilities.need("checkout")
    good = shop.good({region.currency: minor(1999, region.currency) for region in stranger_shop.regions + shop.regions})
    code = shop.percent_off(10)
    checkout = buying(good)
    ids = {
        "region_id": shop.region.id,
        "channel_id": shop.channel_id,
        "variant_id": good.variant_id,
        "code": code,
        "cart_id": checkout.id,
        "line_id": str(checkout.cart()["items"][0]["id"]),
        "option_id": str(checkout.options()[0]["id"]),
    }
    mine = Buying(stranger.api, stranger_shop)(stranger_shop.good())
    cart, own = "POST /store/carts/{my_cart_id}", {"my_cart_id": mine.id, "my_region_id": stranger_shop.region.id}
    item = {"variant_id": "{variant_id}", "quantity": 1}
    attempts = [
        Attempt("POST /store/carts", {"region_id": "{region_id}"}),
        Attempt("POST /store/carts", {"sales_channel_id": "{channel_id}"}),
        Attempt("POST /store/carts", {"region_id": "{my_region_id}", "items": [item]}),
        Attempt("POST /store/carts", {"region_id": "{my_region_id}", "promo_codes": ["{code}"]}),
        Attempt(cart, {"region_id": "{region_id}"}),
        Attempt(cart, {"sales_channel_id": "{channel_id}"}),
        Attempt(cart, {"promo_codes": ["{code}"]}),
        Attempt(f"{cart}/line-items", item),
        Attempt(f"{cart}/line-items/{{line_id}}", {"quantity": 2}),
        Attempt(f"{cart}/shipping-methods", {"option_id": "{option_id}"}),
        Attempt(f"{cart}/promotions", {"promo_codes": ["{code}"]}),
        Attempt("POST /store/payment-collections", {"cart_id": "{cart_id}"}),
        Attempt("GET /store/shipping-options", query={"cart_id": "{cart_id}"}),
        Attempt("GET /store/payment-providers", query={"region_id": "{region_id}"}),
        Attempt("GET /store/products", query={"region_id": "{region_id}"}),
    ]
    before, ours = mine.cart(), checkout.cart()
    assert differences(attempts, Entrances(stranger.api, stranger_shop.api), ids, own) == []
    assert (mine.cart(), checkout.cart()) == (before, ours)


@requirement("TEN-10")
def test_what_goods_name(
    capabilities: Capabilities, market: Market, stranger: Shopper, stranger_market: Market
) -> None:
    """No product is another tenant's vendor's, in its channel or of its shipping; no filter finds its goods."""
    capabilities.need("vendors")
    shop, theirs = market.shop, stranger_market.shop
    good = shop.good(stock=1, handle=f"qa-{shop.percent_off(1).lower()}")
    path = f"/admin/products/{good.product_id}"
    ids = {
        "vendor_id": market.seller().vendor_id,
        "channel_id": shop.channel_id,
        "profile_id": shop.profile_id,
        "location_id": shop.location_id,
        "handle": str(shop.api.get(path).expect(200)["product"]["handle"]),
        "code": shop.percent_off(10),
    }
    mine = theirs.good(stock=1)
    own = {"my_product_id": mine.product_id, "my_item_id": str(mine.inventory_item_id)}
    product: dict[str, Any] = theirs.body()
    levels = "POST /admin/inventory-items/{my_item_id}/location-levels"
    attempts = [
        Attempt("POST /admin/products", {**product, "additional_data": {"vendor_id": "{vendor_id}"}}),
        Attempt("POST /admin/products", {**product, "sales_channels": [{"id": "{channel_id}"}]}),
        Attempt("POST /admin/products", {**product, "shipping_profile_id": "{profile_id}"}),
        Attempt("POST /admin/products/{my_product_id}", {"additional_data": {"vendor_id": "{vendor_id}"}}),
        Attempt(levels, {"location_id": "{location_id}", "stocked_quantity": 5}),
        Attempt(f"{levels}/{{location_id}}", {"stocked_quantity": 5}),
        Attempt("POST /admin/commission-rules", {"name": "R", "vendor_id": "{vendor_id}", **_TEN_PERCENT}),
        Attempt("GET /admin/products", query={"handle": "{handle}"}),
        Attempt("GET /store/products", query={"handle": "{handle}"}),
        Attempt("GET /admin/promotions", query={"code": "{code}"}),
        Attempt("GET /admin/commission-rules", query={"vendor_id": "{vendor_id}"}),
    ]
    assert differences(attempts, Entrances(stranger.api, theirs.api), ids, own) == []


@requirement("TEN-10")
def test_what_vendors_name(
    capabilities: Capabilities, market: Market, stranger: Shopper, stranger_market: Market
) -> None:
    """Another tenant's vendors, their log-ins, orders and payouts are found by no filter and taken by no body."""
    capabilities.need("vendors")
    seller, other = market.seller(), stranger_market.seller()
    share = market.payable(seller)
    seller.request()
    mine = stranger_market.sold(other)
    email = market.api.get(f"/admin/vendors/{seller.vendor_id}").expect(200)["vendor"]["email"]
    ids = {
        "vendor_id": seller.vendor_id,
        "handle": seller.handle,
        "email": str(email),
        "order_id": share.order_id,
        "line_id": share.lines[0].id,
    }
    sent: dict[str, object] = {
        "tracking_number": "T-1",
        "carrier": "Aramex",
        "items": [{"id": "{line_id}", "quantity": 1}],
    }
    attempts = [
        Attempt("POST /admin/vendors/{my_vendor_id}/accounts", {"email": "{email}"}),
        Attempt("POST /vendor/orders/{my_share_id}/fulfill", sent),
        Attempt("GET /admin/vendors", query={"handle": "{handle}"}),
        Attempt("GET /admin/vendor-orders", query={"order_id": "{order_id}"}),
        Attempt("GET /admin/vendor-orders", query={"vendor_id": "{vendor_id}"}),
        Attempt("GET /vendor/orders", query={"order_id": "{order_id}"}),
        Attempt("GET /admin/payouts", query={"vendor_id": "{vendor_id}"}),
    ]
    own = {"my_vendor_id": other.vendor_id, "my_share_id": mine.id}
    theirs = Entrances(stranger.api, stranger_market.api, other.api)
    assert differences(attempts, theirs, ids, own) == []
    assert other.see(mine) == mine


@requirement("TEN-10")
def test_what_bookings_name(
    capabilities: Capabilities, desk: Desk, roomy: Service, stranger: Shopper, stranger_operator: Operator
) -> None:
    """Nobody books another tenant's service or provider, offers it, changes its hours, or sees its slots."""
    capabilities.need("bookings")
    theirs = Desk(stranger_operator, stranger.api.with_token(None))
    booker, service = Booker(stranger), theirs.open(max_capacity=9)
    mine = booker.book(service, on(desk.day, 9))
    ids = {"service_id": roomy.id, "provider_id": roomy.provider_ids[0]}
    own = {"my_service_id": service.id, "my_booking_id": mine.id, "my_customer_id": stranger.id}
    at, day = wire(on(desk.day, 10)), desk.day.isoformat()
    ours: dict[str, object] = {"service_id": "{service_id}", "start_time": at, "customer_email": stranger.email}
    with_ours: dict[str, object] = {**ours, "service_id": "{my_service_id}", "provider_id": "{provider_id}"}
    attempts = [
        Attempt("POST /store/bookings", ours),
        Attempt("POST /store/bookings", with_ours),
        Attempt("POST /admin/bookings", {**ours, "customer_id": "{my_customer_id}"}),
        Attempt(
            "POST /store/bookings/{my_booking_id}/reschedule",
            {"new_start_time": at, "new_provider_id": "{provider_id}"},
        ),
        Attempt("POST /admin/bookings/providers", {"name": "P", "service_ids": ["{service_id}"]}),
        Attempt("POST /admin/bookings/availability", {"provider_id": "{provider_id}", "weekly_schedule": {}}),
        Attempt("POST /admin/bookings/exceptions", {"provider_id": "{provider_id}", "date": day, "hours": []}),
        Attempt("GET /store/bookings/availability", query={"service_id": "{service_id}", "date": day}),
        Attempt(
            "GET /store/bookings/availability",
            query={"service_id": "{my_service_id}", "provider_id": "{provider_id}", "date": day},
        ),
        Attempt("GET /admin/bookings", query={"service_id": "{service_id}"}),
        Attempt("GET /admin/bookings", query={"provider_id": "{provider_id}"}),
    ]
    before = desk.starts(roomy)
    assert differences(attempts, Entrances(stranger.api, stranger_operator.api), ids, own) == []
    assert (booker.booking(mine), desk.starts(roomy)) == (mine, before)


@requirement("TEN-10")
def test_what_trade_ins_and_policies_name(
    capabilities: Capabilities,
    buyer: Shopper,
    appraiser: Appraiser,
    plan: Plan,
    insurer: Insurer,
    stranger: Shopper,
    stranger_shop: Shop,
) -> None:
    """Another tenant's product is not traded in nor insured, its policy not claimed on, its offer not accepted."""
    capabilities.need("trade_in")
    capabilities.need("insurance")
    policy, trader = Insured(buyer).take_out(plan), Trader(buyer)
    ours = trader.submit()
    appraiser.evaluate(ours)
    ids = {"product_id": plan.product_id, "policy_id": policy.id, "offer_id": appraiser.offer(ours).id}
    mine = Trader(stranger).submit()
    own = {"my_trade_in_id": mine.id, "my_customer_id": stranger.id}
    thing = {**THING, "product_id": "{product_id}"}
    insure: dict[str, object] = {
        "product_id": "{product_id}",
        "plan_type": plan.plan_type,
        "currency_code": plan.currency_code,
    }
    terms = {"coverage_amount": 10, "premium": 1, "plan_type": "other", "currency_code": plan.currency_code}
    attempts = [
        Attempt("POST /store/trade-ins", thing),
        Attempt("POST /admin/trade-ins", {**thing, "customer_id": "{my_customer_id}"}),
        Attempt("POST /store/trade-ins/{my_trade_in_id}/offers/{offer_id}/accept"),
        Attempt("POST /store/insurance/policies", insure),
        Attempt("POST /store/insurance/claims", {"policy_id": "{policy_id}", "description": "D", "claim_amount": 1}),
        Attempt("POST /admin/insurance/plans", {**terms, "product_id": "{product_id}"}),
        Attempt("GET /admin/insurance/plans", query={"product_id": "{product_id}"}),
    ]
    before = [row["id"] for row in pages(insurer.api, "/admin/insurance/claims", "claims")]
    assert differences(attempts, Entrances(stranger.api, stranger_shop.api), ids, own) == []
    assert set(before) <= {row["id"] for row in pages(insurer.api, "/admin/insurance/claims", "claims")}
    assert trader.see(ours) == appraiser.see(ours)


@requirement("TEN-11")
def test_what_another_tenant_calls_its_own(capabilities: Capabilities, market: Market, stranger_market: Market) -> None:
    """A vendor's handle, a product's handle and sku and a code are free, whoever has them in another tenant."""
    capabilities.need("vendors")
    shop, theirs = market.shop, stranger_market.shop
    code = shop.percent_off(10)
    method = {"type": "percentage", "target_type": "order", "value": 5}
    promotion = {"code": code, "type": "standard", "status": "active", "application_method": method}
    theirs.api.post("/admin/promotions", promotion).expect(200, 201)
    stranger_market.send(handle=market.seller().handle).expect(200, 201)
    name = f"qa-{code.lower()}"
    for one in (shop, theirs):
        product = one.body(counted=True, handle=name)
        product["variants"][0]["sku"] = name
        one.api.post("/admin/products", product).expect(200, 201)


_TEN_PERCENT: dict[str, object] = {"type": "percentage", "rate": 10}
