"""What a storefront needs from the first good in the cart to the order: each step, and what may stop it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from pact import match

from contracts.consumers.matchers import given
from contracts.consumers.storefront_forms import (
    CUSTOMER,
    EMAIL,
    ULID,
    a_time,
    an_id,
    answered,
    asking,
    currency,
    given_email,
    given_id,
    money,
    of,
    path,
    refusal,
    shop,
)
from contracts.consumers.storefront_shapes import Invalid, NotFound, OutOfStock, PaymentRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from pact import Pact

    Contract = Callable[..., Pact]

CART, LINE, VARIANT = f"cart_{ULID}", f"cali_{ULID}", f"variant_{ULID}"
COLLECTION, ORDER = f"pay_col_{ULID}", f"order_{ULID}"
SYSTEM = "pp_system_default"
ADDRESS = {
    "first_name": "Layla",
    "last_name": "Haddad",
    "address_1": "1 Main Street",
    "city": "Springfield",
    "postal_code": "11111",
}

EMPTY = "a customer has an empty cart, and a good is for sale"
FILLED = "a customer has a cart with a good in it"
SHIPPED = "a customer has a cart, and chose how it is sent"
PRICED = "a customer has a cart, and knows what is to be paid"
READY = "a customer has a cart that is ready to be ordered"
ORDERED = "a customer has ordered"


def a_line(prefix: str = "cali", quantity: Any = None) -> dict[str, Any]:
    """What is read of a line. quantity: what the shopper asked for just now."""
    return {
        "id": an_id(prefix),
        "variant_id": an_id("variant"),
        "title": match.str("Dates, 1 kg"),
        "quantity": match.int(1) if quantity is None else quantity,
        "unit_price": money(19.99),
    }


def a_cart(lines: Any = None) -> dict[str, Any]:
    """What is read of a cart, with these lines, or with one at least."""
    sums = {"item_total": 21.64, "shipping_total": 10.83, "tax_total": 2.48, "discount_total": 0, "total": 32.47}
    return {
        "id": an_id("cart"),
        "currency_code": currency(),
        "items": match.each_like(a_line(), min=1) if lines is None else lines,
        **{name: money(sum_) for name, sum_ in sums.items()},
    }


def an_order() -> dict[str, Any]:
    """What is read of an order."""
    return {
        "id": an_id("order"),
        "display_id": match.int(1042),
        "status": match.str("pending"),
        "payment_status": match.str("authorized"),
        "fulfillment_status": match.str("not_fulfilled"),
        "currency_code": currency(),
        "total": money(32.47),
        "items": match.each_like(a_line("ordli"), min=1),
    }


def of_cart(suffix: str = "", **prefixes: str) -> Any:
    """A path below a cart's."""
    return path("/store/carts/{cart_id}" + suffix, cart_id="cart", **prefixes)


def test_an_empty_cart(contract: Contract) -> None:
    """A cart begins empty, in the currency of its region."""
    pact = of(contract)
    asked = pact.upon_receiving("a new cart").given(CUSTOMER)
    asking(asked, "POST", "/store/carts", body={"region_id": given_id("region_id", "reg")})
    answered(asked, 200, {"cart": a_cart([])})
    with pact.serve() as server, shop(server) as storefront:
        made = storefront.new_cart(f"reg_{ULID}")
    assert (made.id, made.currency_code, made.items) == (CART, "usd", [])


def test_a_cart_that_is_there(contract: Contract) -> None:
    """A cart is found again, with the sums of what is in it."""
    pact = of(contract)
    answered(
        asking(pact.upon_receiving("a request for a cart").given(FILLED), "GET", of_cart()), 200, {"cart": a_cart()}
    )
    with pact.serve() as server, shop(server) as storefront:
        found = storefront.cart(CART)
    assert found.total == found.item_total + found.shipping_total == Decimal("32.47")
    assert found.completed_at is None


def test_a_cart_that_is_an_order(contract: Contract) -> None:
    """A cart that was ordered says so: the page begins a new one."""
    pact = of(contract)
    asked = pact.upon_receiving("a request for a cart").given(ORDERED)
    done = a_cart() | {"completed_at": a_time("2026-11-22T11:00:00.000Z")}
    answered(asking(asked, "GET", of_cart()), 200, {"cart": done})
    with pact.serve() as server, shop(server) as storefront:
        assert storefront.cart(CART).completed_at is not None


def test_a_cart_that_is_not_there(contract: Contract) -> None:
    """A cart that a browser remembers and the platform does not is forgotten."""
    pact = of(contract)
    asked = pact.upon_receiving("a request for a cart that is not there").given(CUSTOMER)
    asking(asked, "GET", "/store/carts/cart_01ARZ3NDEKTSV4RRFFQ69G5FAV")
    answered(asked, 404, refusal("not_found", message="Cart was not found"))
    with pact.serve() as server, shop(server) as storefront, pytest.raises(NotFound):
        storefront.cart("cart_01ARZ3NDEKTSV4RRFFQ69G5FAV")


def adding(pact: Pact, description: str, state: str, quantity: int) -> Any:
    """A good that is put into a cart."""
    said = {"variant_id": given_id("variant_id", "variant"), "quantity": quantity}
    return asking(pact.upon_receiving(description).given(state), "POST", of_cart("/line-items"), body=said)


def test_putting_something_in(contract: Contract) -> None:
    """What is put in is a line of the cart, with its price."""
    pact = of(contract)
    lines = match.each_like(a_line(quantity=1), min=1)
    answered(adding(pact, "a good for a cart", EMPTY, 1), 200, {"cart": a_cart(lines)})
    with pact.serve() as server, shop(server) as storefront:
        (line,) = storefront.add(CART, VARIANT).items
    assert (line.quantity, line.unit_price) == (1, Decimal("19.99"))


def test_more_than_there_is(contract: Contract) -> None:
    """More than is left is told by a code of its own: the page offers less."""
    pact = of(contract)
    scarce = "a customer has an empty cart, and of a good two are left"
    refused = refusal(
        "not_allowed", "insufficient_inventory", message="Some variant does not have the required inventory"
    )
    answered(adding(pact, "more of a good than there is, for a cart", scarce, 3), 400, refused)
    with pact.serve() as server, shop(server) as storefront, pytest.raises(OutOfStock, match="inventory"):
        storefront.add(CART, VARIANT, 3)


def test_what_nobody_sells(contract: Contract) -> None:
    """A variant that is not for sale is invalid data, as in every Medusa."""
    pact = of(contract)
    asked = pact.upon_receiving("something that nobody sells, for a cart").given(EMPTY)
    asking(
        asked, "POST", of_cart("/line-items"), body={"variant_id": "variant_01ARZ3NDEKTSV4RRFFQ69G5FAV", "quantity": 1}
    )
    answered(asked, 400, refusal("invalid_data", message="Variants do not exist"))
    with pact.serve() as server, shop(server) as storefront, pytest.raises(Invalid, match="do not exist"):
        storefront.add(CART, "variant_01ARZ3NDEKTSV4RRFFQ69G5FAV")


def test_putting_something_into_an_order(contract: Contract) -> None:
    """Into a cart that was ordered nothing goes any more."""
    pact = of(contract)
    refused = refusal("invalid_data", message="The cart is already completed.")
    answered(adding(pact, "a good for a cart", ORDERED, 1), 400, refused)
    with pact.serve() as server, shop(server) as storefront, pytest.raises(Invalid, match="completed"):
        storefront.add(CART, VARIANT)


def test_another_quantity(contract: Contract) -> None:
    """The quantity of a line can be changed."""
    pact = of(contract)
    asked = pact.upon_receiving("another quantity of a line").given(FILLED)
    asking(asked, "POST", of_cart("/line-items/{line_id}", line_id="cali"), body={"quantity": 2})
    answered(asked, 200, {"cart": a_cart(match.each_like(a_line(quantity=2), min=1))})
    with pact.serve() as server, shop(server) as storefront:
        (line,) = storefront.change(CART, LINE, 2).items
    assert line.quantity == 2


def test_taking_something_out(contract: Contract) -> None:
    """Taking a line out answers with the cart as it is without it."""
    pact = of(contract)
    asked = pact.upon_receiving("a line that is taken out").given(FILLED)
    asking(asked, "DELETE", of_cart("/line-items/{line_id}", line_id="cali"))
    answered(asked, 200, {"id": an_id("cali"), "deleted": True, "parent": a_cart([])})
    with pact.serve() as server, shop(server) as storefront:
        assert storefront.remove(CART, LINE).items == []


def test_where_to_send_it(contract: Contract) -> None:
    """A cart takes an address in a country of its region."""
    pact = of(contract)
    address = ADDRESS | {"country_code": "us"}
    here = ADDRESS | {"country_code": given("${country_code}", "us", form="^[a-z]{2}$")}
    asked = pact.upon_receiving("an address for a cart").given(FILLED)
    asking(asked, "POST", of_cart(), body={"email": given_email(), "shipping_address": here, "billing_address": here})
    answered(asked, 200, {"cart": a_cart()})
    with pact.serve() as server, shop(server) as storefront:
        assert storefront.send_to(CART, EMAIL, address).id == CART


def test_how_to_send_it(contract: Contract) -> None:
    """There are ways to have it sent, each with a price; one is chosen, and counts into the total."""
    pact = of(contract)
    asked = pact.upon_receiving("the question how a cart can be sent").given(FILLED)
    option = {"id": an_id("so"), "name": match.str("Standard"), "amount": money(10)}
    asking(asked, "GET", "/store/shipping-options", {"cart_id": given_id("cart_id", "cart")})
    answered(asked, 200, {"shipping_options": match.each_like(option, min=1)})
    chosen = pact.upon_receiving("the choice how a cart is sent").given(FILLED)
    asking(chosen, "POST", of_cart("/shipping-methods"), body={"option_id": given_id("option_id", "so")})
    answered(chosen, 200, {"cart": a_cart()})
    with pact.serve() as server, shop(server) as storefront:
        (found,) = storefront.shipping_options(CART)
        assert storefront.ship_by(CART, found.id).shipping_total == Decimal("10.83")
    assert found.amount == 10


def test_how_to_pay(contract: Contract) -> None:
    """A region has ways to pay; those that are switched off are not offered."""
    pact = of(contract)
    asked = pact.upon_receiving("the question how one can pay").given(CUSTOMER)
    asking(asked, "GET", "/store/payment-providers", {"region_id": given_id("region_id", "reg")})
    way = {"id": match.str(SYSTEM), "is_enabled": match.bool(True)}
    answered(asked, 200, {"payment_providers": match.each_like(way, min=1)})
    with pact.serve() as server, shop(server) as storefront:
        assert [one.id for one in storefront.payment_providers(f"reg_{ULID}")] == [SYSTEM]


def test_what_is_to_be_paid(contract: Contract) -> None:
    """What is to be paid is an amount in the cart's currency, and nothing of it was paid."""
    pact = of(contract)
    asked = pact.upon_receiving("the question what is to be paid").given(SHIPPED)
    asking(asked, "POST", "/store/payment-collections", body={"cart_id": given_id("cart_id", "cart")})
    answered(asked, 200, {"payment_collection": a_collection("not_paid", [])})
    with pact.serve() as server, shop(server) as storefront:
        due = storefront.due(CART)
    assert (due.amount, due.currency_code, due.status) == (Decimal("32.47"), "usd", "not_paid")


def a_collection(status: str, sessions: Any) -> dict[str, Any]:
    """What is read of a payment collection."""
    return {
        "id": an_id("pay_col"),
        "amount": money(32.47),
        "currency_code": currency(),
        "status": match.str(status),
        "payment_sessions": sessions,
    }


def test_choosing_how_to_pay(contract: Contract) -> None:
    """A way to pay that was chosen is pending until the order."""
    pact = of(contract)
    asked = pact.upon_receiving("the choice how to pay").given(PRICED)
    where = path("/store/payment-collections/{collection_id}/payment-sessions", collection_id="pay_col")
    session = {"id": an_id("payses"), "provider_id": SYSTEM, "status": "pending"}
    asking(asked, "POST", where, body={"provider_id": SYSTEM})
    answered(asked, 200, {"payment_collection": a_collection("awaiting", match.each_like(session, min=1))})
    with pact.serve() as server, shop(server) as storefront:
        (chosen,) = storefront.pay_by(COLLECTION, SYSTEM).payment_sessions
    assert (chosen.provider_id, chosen.status) == (SYSTEM, "pending")


@pytest.mark.parametrize("state", [READY, ORDERED])
def test_ordering(contract: Contract, state: str) -> None:
    """A cart that is ready becomes an order; who asks once more is answered with an order as well."""
    pact = of(contract)
    asked = pact.upon_receiving("a cart that is to be ordered").given(state)
    answered(asking(asked, "POST", of_cart("/complete"), body={}), 200, {"type": "order", "order": an_order()})
    with pact.serve() as server, shop(server) as storefront:
        order = storefront.complete(CART)
    assert (order.id, order.display_id, order.total) == (ORDER, 1042, Decimal("32.47"))


def test_ordering_too_early(contract: Contract) -> None:
    """A cart for which nobody chose how to pay is no order yet."""
    pact = of(contract)
    asked = pact.upon_receiving("a cart that is to be ordered").given(SHIPPED)
    refused = refusal("invalid_data", message="Payment collection has not been initiated for cart")
    answered(asking(asked, "POST", of_cart("/complete"), body={}), 400, refused)
    with pact.serve() as server, shop(server) as storefront, pytest.raises(Invalid, match="Payment"):
        storefront.complete(CART)


def test_ordering_without_the_money(contract: Contract) -> None:
    """A payment that is refused leaves the cart a cart, and says why: the page asks for another way to pay."""
    pact = of(contract)
    asked = pact.upon_receiving("a cart that is to be ordered").given("a customer pays with an empty wallet")
    why = {"type": "payment_authorization_error", "message": match.str("Insufficient balance")}
    answered(asking(asked, "POST", of_cart("/complete"), body={}), 200, {"type": "cart", "error": why})
    with pact.serve() as server, shop(server) as storefront, pytest.raises(PaymentRefused) as refused:
        storefront.complete(CART)
    assert (refused.value.kind, refused.value.message) == ("payment_authorization_error", "Insufficient balance")


def test_own_orders(contract: Contract) -> None:
    """The account page lists orders, page by page."""
    pact = of(contract)
    asked = pact.upon_receiving("a request for the own orders").given(ORDERED)
    asking(asked, "GET", "/store/orders", {"limit": "10", "offset": "0"})
    answered(asked, 200, {"orders": match.each_like(an_order(), min=1), "count": match.int(1)})
    with pact.serve() as server, shop(server) as storefront:
        (order,), count = storefront.orders(10)
    assert (order.status, count) == ("pending", 1)


def test_an_own_order(contract: Contract) -> None:
    """The page after the checkout reads the order that it has the id of."""
    pact = of(contract)
    asked = pact.upon_receiving("a request for an order").given(ORDERED)
    answered(asking(asked, "GET", path("/store/orders/{order_id}", order_id="order")), 200, {"order": an_order()})
    with pact.serve() as server, shop(server) as storefront:
        assert storefront.order(ORDER).items[0].unit_price == Decimal("19.99")


def test_somebody_elses_order(contract: Contract) -> None:
    """An order of somebody else is not there."""
    pact = of(contract)
    asked = pact.upon_receiving("a request for an order").given("another customer has ordered")
    asking(asked, "GET", path("/store/orders/{order_id}", order_id="order"))
    answered(asked, 404, refusal("not_found", message="Order was not found"))
    with pact.serve() as server, shop(server) as storefront, pytest.raises(NotFound):
        storefront.order(ORDER)
