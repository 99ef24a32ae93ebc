"""A shop's client of the platform: what the pages of a storefront ask, and how they tell refusals apart.

The tenant follows from the publishable key and from nothing else, so no header names it. The platform takes no
idempotency key from a shop: asking again is safe where it says so (a cart is completed once, and has one payment
collection), and nothing else is asked again here. Conventions: Medusa v2's store API and the platform's own modules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self, TypeVar

import httpx
import msgspec

from contracts.consumers.storefront_shapes import (
    Booking,
    Broken,
    Cart,
    Claim,
    Conflict,
    Customer,
    Invalid,
    LoggedOut,
    LoginRefused,
    NotAllowed,
    NotFound,
    Order,
    OutOfStock,
    PaymentCollection,
    PaymentProvider,
    PaymentRefused,
    Plan,
    Policy,
    Product,
    Region,
    Removed,
    Service,
    ShippingOption,
    ShopError,
    Slot,
    TradeIn,
    TradeInRules,
    Transaction,
    Wallet,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime
    from decimal import Decimal
    from types import TracebackType

T = TypeVar("T")

ANSWER_S = 10.0
PAGE = 20
PRODUCT_FIELDS = "*variants.calculated_price"
_EXACT = msgspec.json.Encoder(decimal_format="number")
_REFUSALS: Mapping[int, type[ShopError]] = {400: Invalid, 401: LoggedOut, 404: NotFound, 409: Conflict}
_KINDS: Mapping[str, type[ShopError]] = {"not_allowed": NotAllowed}
_CODES: Mapping[str, type[ShopError]] = {"insufficient_inventory": OutOfStock}
_LOG_IN = "/auth/"
"""Where 401 is about what was entered. Elsewhere it is about the token, whichever type a target gives it."""


class _Refusal(msgspec.Struct):
    message: str
    type: str | None = None
    code: str | None = None


class _Stopped(msgspec.Struct):
    """Why a cart did not become an order."""

    message: str
    type: str


class Storefront:
    """The platform as one shop sees it, for a visitor or, with a token, for a customer. Close it after use.

    Every method raises a ShopError for a refusal, and httpx.HTTPError when no answer came.
    """

    def __init__(self, base_url: str, publishable_key: str, token: str | None = None) -> None:
        headers = {"x-publishable-api-key": publishable_key, "accept": "application/json"}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        self._http = httpx.Client(base_url=base_url, headers=headers, timeout=ANSWER_S, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, it: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    # Who is there

    def register(self, email: str, password: str) -> str:
        """A token with which somebody new becomes a customer; raises LoginRefused for an address that is taken."""
        body = {"email": email, "password": password}
        return self._post("/auth/customer/emailpass/register", body).one("token", str)

    def become_customer(self, email: str, first_name: str, last_name: str) -> Customer:
        """Make the customer of a registration, whose token this storefront has."""
        body = {"email": email, "first_name": first_name, "last_name": last_name}
        return self._post("/store/customers", body).one("customer", Customer)

    def log_in(self, email: str, password: str) -> str:
        """A customer's token; raises LoginRefused."""
        return self._post("/auth/customer/emailpass", {"email": email, "password": password}).one("token", str)

    def me(self) -> Customer:
        """Whose token it is."""
        return self._get("/store/customers/me").one("customer", Customer)

    # What there is

    def regions(self) -> list[Region]:
        """Where the shop sells."""
        return self._get("/store/regions").many("regions", Region)

    def products(self, region_id: str, limit: int = PAGE) -> list[Product]:
        """What is new and for sale, newest first, with the prices of a region."""
        query = {"region_id": region_id, "fields": PRODUCT_FIELDS, "order": "-created_at", "limit": str(limit)}
        return self._get("/store/products", query).many("products", Product)

    def product(self, product_id: str, region_id: str) -> Product:
        """One product, with the prices of a region."""
        query = {"region_id": region_id, "fields": PRODUCT_FIELDS}
        return self._get(f"/store/products/{product_id}", query).one("product", Product)

    # A cart on its way to an order

    def new_cart(self, region_id: str) -> Cart:
        """An empty cart."""
        return self._post("/store/carts", {"region_id": region_id}).one("cart", Cart)

    def cart(self, cart_id: str) -> Cart:
        """The cart as it is now."""
        return self._get(f"/store/carts/{cart_id}").one("cart", Cart)

    def send_to(self, cart_id: str, email: str, address: Mapping[str, str]) -> Cart:
        """Say whose the cart is and where to send it."""
        body = {"email": email, "shipping_address": address, "billing_address": address}
        return self._post(f"/store/carts/{cart_id}", body).one("cart", Cart)

    def add(self, cart_id: str, variant_id: str, quantity: int = 1) -> Cart:
        """Put something in; raises OutOfStock, or Invalid when it is not for sale or the cart is an order already."""
        body = {"variant_id": variant_id, "quantity": quantity}
        return self._post(f"/store/carts/{cart_id}/line-items", body).one("cart", Cart)

    def change(self, cart_id: str, line_id: str, quantity: int) -> Cart:
        """Have another quantity of a line."""
        return self._post(f"/store/carts/{cart_id}/line-items/{line_id}", {"quantity": quantity}).one("cart", Cart)

    def remove(self, cart_id: str, line_id: str) -> Cart:
        """Take a line out; the cart without it."""
        answer = self._send("DELETE", f"/store/carts/{cart_id}/line-items/{line_id}")
        if not answer.whole(Removed).deleted:
            raise Broken(answer.status, f"line {line_id} was not deleted")
        return answer.one("parent", Cart)

    def shipping_options(self, cart_id: str) -> list[ShippingOption]:
        """The ways to have it sent."""
        return self._get("/store/shipping-options", {"cart_id": cart_id}).many("shipping_options", ShippingOption)

    def ship_by(self, cart_id: str, option_id: str) -> Cart:
        """Choose a way to have it sent."""
        return self._post(f"/store/carts/{cart_id}/shipping-methods", {"option_id": option_id}).one("cart", Cart)

    def payment_providers(self, region_id: str) -> list[PaymentProvider]:
        """The ways to pay."""
        found = self._get("/store/payment-providers", {"region_id": region_id})
        return [one for one in found.many("payment_providers", PaymentProvider) if one.is_enabled]

    def due(self, cart_id: str) -> PaymentCollection:
        """What is to be paid; asked for again it is the same."""
        return self._post("/store/payment-collections", {"cart_id": cart_id}).one(
            "payment_collection", PaymentCollection
        )

    def pay_by(self, collection_id: str, provider_id: str) -> PaymentCollection:
        """Choose a way to pay."""
        path = f"/store/payment-collections/{collection_id}/payment-sessions"
        return self._post(path, {"provider_id": provider_id}).one("payment_collection", PaymentCollection)

    def complete(self, cart_id: str) -> Order:
        """Order what is in the cart, once however often this is called.

        Raises PaymentRefused, or Invalid when something is missing.
        """
        answer = self._post(f"/store/carts/{cart_id}/complete", {})
        if answer.one("type", str) == "order":
            return answer.one("order", Order)
        why = answer.one("error", _Stopped)
        raise PaymentRefused(answer.status, why.message, why.type)

    def orders(self, limit: int = PAGE, offset: int = 0) -> tuple[list[Order], int]:
        """A page of the own orders, newest first, and how many there are."""
        answer = self._page("/store/orders", limit, offset)
        return answer.many("orders", Order), answer.one("count", int)

    def order(self, order_id: str) -> Order:
        """One own order."""
        return self._get(f"/store/orders/{order_id}").one("order", Order)

    # The wallet

    def wallet(self) -> Wallet:
        """The own wallet; who has none gets one."""
        return self._get("/store/wallet/me").one("wallet", Wallet)

    def transactions(self, limit: int = PAGE, offset: int = 0) -> tuple[list[Transaction], int]:
        """A page of the own ledger, newest row first, and how many rows there are."""
        answer = self._page("/store/wallet/me/transactions", limit, offset)
        return answer.many("transactions", Transaction), answer.one("count", int)

    # Trading in

    def trade_in_rules(self) -> TradeInRules:
        """How trading in works; for anybody."""
        return self._get("/store/trade-ins").one("public_info", TradeInRules)

    def trade_ins(self) -> list[TradeIn]:
        """The own trade-ins, newest first."""
        return self._get("/store/trade-ins").many("trade_ins", TradeIn)

    def submit_trade_in(self, make: str, model_name: str, year: int, mileage_km: int, condition: str) -> TradeIn:
        """Offer something; raises Invalid."""
        said = {"make": make, "model_name": model_name, "year": year, "mileage_km": mileage_km, "condition": condition}
        return self._post("/store/trade-ins", said).one("trade_in", TradeIn)

    def trade_in(self, trade_in_id: str) -> TradeIn:
        """One own trade-in with its offers."""
        return self._get(f"/store/trade-ins/{trade_in_id}").one("trade_in", TradeIn)

    def answer_offer(self, trade_in_id: str, offer_id: str, word: Literal["accept", "reject"]) -> TradeIn:
        """Accept or reject an offer, once; raises Conflict when it is off the table."""
        return self._post(f"/store/trade-ins/{trade_in_id}/offers/{offer_id}/{word}", {}).one("trade_in", TradeIn)

    # Insurance

    def plans(self, product_id: str) -> list[Plan]:
        """What a product can be insured with."""
        return self._get("/store/insurance", {"product_id": product_id}).many("plans", Plan)

    def insure(self, product_id: str, plan_type: str, currency_code: str) -> Policy:
        """Take out a policy; coverage and premium are the plan's."""
        body = {"product_id": product_id, "plan_type": plan_type, "currency_code": currency_code}
        return self._post("/store/insurance/policies", body).one("policy", Policy)

    def policies(self) -> list[Policy]:
        """The own policies, newest first."""
        return self._get("/store/insurance/policies").many("policies", Policy)

    def file_claim(self, policy_id: str, description: str, amount: Decimal) -> Claim:
        """Claim; raises Conflict while the policy is not active, Invalid for more than it covers."""
        body = {"policy_id": policy_id, "description": description, "claim_amount": amount}
        return self._post("/store/insurance/claims", body).one("claim", Claim)

    def claim(self, claim_id: str) -> Claim:
        """One own claim."""
        return self._get(f"/store/insurance/claims/{claim_id}").one("claim", Claim)

    # Bookings

    def services(self) -> list[Service]:
        """What can be booked."""
        return self._get("/store/bookings/services").many("services", Service)

    def slots(self, service_id: str, day: date) -> list[Slot]:
        """The free slots of a day in UTC."""
        query = {"service_id": service_id, "date": day.isoformat()}
        return self._get("/store/bookings/availability", query).many("available_slots", Slot)

    def book(self, service_id: str, start: datetime, email: str, attendees: int = 1) -> Booking:
        """Book a slot; raises Conflict when it is taken."""
        body = {
            "service_id": service_id,
            "start_time": _wire(start),
            "customer_email": email,
            "attendee_count": attendees,
        }
        return self._post("/store/bookings", body).one("booking", Booking)

    def bookings(self) -> list[Booking]:
        """The own bookings, newest first."""
        return self._get("/store/bookings").many("bookings", Booking)

    def booking(self, booking_id: str) -> Booking:
        """One own booking."""
        return self._get(f"/store/bookings/{booking_id}").one("booking", Booking)

    def cancel(self, booking_id: str, reason: str) -> Booking:
        """Cancel a booking; raises Conflict when it cannot be cancelled any more."""
        return self._post(f"/store/bookings/{booking_id}/cancel", {"reason": reason}).one("booking", Booking)

    def reschedule(self, booking_id: str, start: datetime) -> Booking:
        """Have another time, which is another booking; raises Conflict when that is taken."""
        body = {"new_start_time": _wire(start)}
        return self._post(f"/store/bookings/{booking_id}/reschedule", body).one("booking", Booking)

    # How it is asked

    def _page(self, path: str, limit: int, offset: int) -> _Answer:
        return self._get(path, {"limit": str(limit), "offset": str(offset)})

    def _get(self, path: str, query: Mapping[str, str] | None = None) -> _Answer:
        return self._send("GET", path, query=query)

    def _post(self, path: str, body: object) -> _Answer:
        return self._send("POST", path, body=body)

    def _send(self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: object = None) -> _Answer:
        content, kind = (None, {}) if body is None else (_EXACT.encode(body), {"content-type": "application/json"})
        response = self._http.request(method, path, params=query, content=content, headers=kind)
        if not response.is_success:
            raise _refusal(response)
        return _Answer(response)


class _Answer:
    """What the platform answered, read as far as a page needs it."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self._content = response.content

    def whole(self, kind: type[T]) -> T:
        return self._read(self._content, kind)

    def one(self, name: str, kind: type[T]) -> T:
        return self._read(self._member(name), kind)

    def many(self, name: str, kind: type[T]) -> list[T]:
        rows: Iterable[msgspec.Raw] = self._read(self._member(name), list[msgspec.Raw])
        return [self._read(row, kind) for row in rows]

    def _member(self, name: str) -> msgspec.Raw:
        members = self._read(self._content, dict[str, msgspec.Raw])
        if name not in members:
            raise Broken(self.status, f"the answer has no {name}")
        return members[name]

    def _read(self, content: bytes | msgspec.Raw, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(content, type=kind)
        except msgspec.DecodeError as problem:
            raise Broken(self.status, f"an answer in another form: {problem}") from None


def _refusal(response: httpx.Response) -> ShopError:
    try:
        said = msgspec.json.decode(response.content, type=_Refusal)
    except msgspec.DecodeError:
        return Broken(response.status_code, f"{response.status_code} without the platform's words")
    kind: type[ShopError] = _REFUSALS.get(response.status_code, Broken)
    if kind is LoggedOut and _LOG_IN in response.request.url.path:
        kind = LoginRefused
    elif kind is not Broken:
        kind = _CODES.get(said.code or "", _KINDS.get(said.type or "", kind))
    return kind(response.status_code, said.message, said.type, said.code)


def _wire(moment: datetime) -> str:
    """A moment in UTC as the platform takes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
