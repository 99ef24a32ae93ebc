"""What a storefront needs to let somebody in and to show what there is."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from pact import match

from contracts.consumers.storefront_forms import (
    CUSTOMER,
    EMAIL,
    OPEN,
    PASSWORD,
    TOKEN,
    ULID,
    UNKNOWN_KEY,
    UNKNOWN_TOKEN,
    an_id,
    answered,
    asking,
    currency,
    given_email,
    given_id,
    given_password,
    money,
    of,
    path,
    refusal,
    shop,
    visiting,
)
from contracts.consumers.storefront_shapes import LoggedOut, LoginRefused, NotAllowed, NotFound, Price

if TYPE_CHECKING:
    from collections.abc import Callable

    from pact import Pact

    Contract = Callable[..., Pact]

REGISTERING = "/auth/customer/emailpass/register"
LOGGING_IN = "/auth/customer/emailpass"
GOOD = "a good is for sale"
SHOWN = "*variants.calculated_price"


def a_token() -> Any:
    """A JSON Web Token."""
    return match.regex(TOKEN, regex=r"^[\w-]+\.[\w-]+\.[\w-]+$")


def a_customer() -> dict[str, Any]:
    """What is read of a customer."""
    return {"id": an_id("cus"), "email": match.str(EMAIL)}


def a_product() -> dict[str, Any]:
    """What is read of a product."""
    price = {"calculated_amount": money(19.99), "currency_code": currency()}
    variant = {"id": an_id("variant"), "title": match.str("M"), "calculated_price": price}
    return {"id": an_id("prod"), "title": match.str("Dates, 1 kg"), "variants": match.each_like(variant, min=1)}


def test_registering(contract: Contract) -> None:
    """Somebody new gets a token, which is not a customer's yet."""
    pact = of(contract)
    asked = pact.upon_receiving("a registration").given("nobody has this e-mail address")
    visiting(asked, "POST", REGISTERING, body={"email": given_email(), "password": given_password()})
    answered(asked, 200, {"token": a_token()})
    with pact.serve() as server, shop(server, None) as storefront:
        assert storefront.register(EMAIL, PASSWORD) == TOKEN


def test_registering_again(contract: Contract) -> None:
    """An address that somebody has is refused below the form."""
    pact = of(contract)
    asked = pact.upon_receiving("a registration").given("a customer has this e-mail address")
    visiting(asked, "POST", REGISTERING, body={"email": given_email(), "password": given_password()})
    answered(asked, 401, refusal(message="Identity with email already exists"))
    with pact.serve() as server, shop(server, None) as storefront, pytest.raises(LoginRefused, match="already exists"):
        storefront.register(EMAIL, PASSWORD)


def test_becoming_a_customer(contract: Contract) -> None:
    """Who has registered becomes a customer, with the token of the registration."""
    pact = of(contract)
    asked = pact.upon_receiving("a new customer").given("somebody has registered")
    said = {"email": given_email(), "first_name": "Layla", "last_name": "Haddad"}
    answered(asking(asked, "POST", "/store/customers", body=said), 200, {"customer": a_customer()})
    with pact.serve() as server, shop(server) as storefront:
        assert storefront.become_customer(EMAIL, "Layla", "Haddad").email == EMAIL


def test_logging_in(contract: Contract) -> None:
    """The right password is answered with a token."""
    pact = of(contract)
    asked = pact.upon_receiving("a log-in").given("a customer has this e-mail address")
    visiting(asked, "POST", LOGGING_IN, body={"email": given_email(), "password": given_password()})
    answered(asked, 200, {"token": a_token()})
    with pact.serve() as server, shop(server, None) as storefront:
        assert storefront.log_in(EMAIL, PASSWORD) == TOKEN


def test_logging_in_with_a_wrong_password(contract: Contract) -> None:
    """A wrong password is refused below the form."""
    pact = of(contract)
    asked = pact.upon_receiving("a log-in with a wrong password").given("a customer has this e-mail address")
    visiting(asked, "POST", LOGGING_IN, body={"email": given_email(), "password": "Wrong-horse-1"})
    answered(asked, 401, refusal(message="Invalid email or password"))
    with pact.serve() as server, shop(server, None) as storefront, pytest.raises(LoginRefused, match="Invalid"):
        storefront.log_in(EMAIL, "Wrong-horse-1")


def test_who_is_logged_in(contract: Contract) -> None:
    """The account page asks whose token it is."""
    pact = of(contract)
    asked = pact.upon_receiving("the question who is logged in").given(CUSTOMER)
    answered(asking(asked, "GET", "/store/customers/me"), 200, {"customer": a_customer()})
    with pact.serve() as server, shop(server) as storefront:
        assert storefront.me().id == f"cus_{ULID}"


def test_nobodys_token(contract: Contract) -> None:
    """A token that is nobody's sends the shopper to the log-in page, as does none at all."""
    pact = of(contract)
    asked = pact.upon_receiving("the question who is logged in, with nobody's token").given(OPEN)
    visiting(asked, "GET", "/store/customers/me").with_header("authorization", f"Bearer {UNKNOWN_TOKEN}")
    answered(asked, 401, refusal(message="Unauthorized"))
    bare = pact.upon_receiving("the question for a wallet without a log-in").given(OPEN)
    answered(visiting(bare, "GET", "/store/wallet/me"), 401, refusal(message="Unauthorized"))
    with pact.serve() as server:
        with shop(server, UNKNOWN_TOKEN) as storefront, pytest.raises(LoggedOut):
            storefront.me()
        with shop(server, None) as storefront, pytest.raises(LoggedOut):
            storefront.wallet()


def test_nobodys_publishable_key(contract: Contract) -> None:
    """A shop whose key does not count is told so."""
    pact = of(contract)
    asked = pact.upon_receiving("a request for the regions with nobody's publishable key").given(OPEN)
    asked.with_request("GET", "/store/regions").with_header("x-publishable-api-key", UNKNOWN_KEY)
    answered(asked, 400, refusal("not_allowed", message="A valid publishable key is required"))
    with pact.serve() as server, shop(server, None, UNKNOWN_KEY) as storefront, pytest.raises(NotAllowed):
        storefront.regions()


def test_where_the_shop_sells(contract: Contract) -> None:
    """Regions have a currency and countries to choose from."""
    pact = of(contract)
    asked = pact.upon_receiving("a request for the regions").given(OPEN)
    country = {"iso_2": match.regex("us", regex="^[a-z]{2}$"), "display_name": match.str("United States")}
    region = {
        "id": an_id("reg"),
        "name": match.str("International"),
        "currency_code": currency(),
        "countries": match.each_like(country, min=1),
    }
    answered(visiting(asked, "GET", "/store/regions"), 200, {"regions": match.each_like(region, min=1)})
    with pact.serve() as server, shop(server, None) as storefront:
        (found,) = storefront.regions()
    assert (found.currency_code, found.countries[0].iso_2) == ("usd", "us")


def test_what_is_for_sale(contract: Contract) -> None:
    """The newest goods have variants, each with its price in the region."""
    pact = of(contract)
    asked = pact.upon_receiving("a request for the newest products").given(GOOD)
    query = {"region_id": given_id("region_id", "reg"), "fields": SHOWN, "order": "-created_at", "limit": "1"}
    answered(visiting(asked, "GET", "/store/products", query), 200, {"products": match.each_like(a_product(), min=1)})
    with pact.serve() as server, shop(server, None) as storefront:
        (found,) = storefront.products(f"reg_{ULID}", 1)
    assert found.variants[0].calculated_price == Price(Decimal("19.99"), "usd")


def test_one_product(contract: Contract) -> None:
    """The page of a product shows the same of one."""
    pact = of(contract)
    asked = pact.upon_receiving("a request for a product").given(GOOD)
    query = {"region_id": given_id("region_id", "reg"), "fields": SHOWN}
    where = path("/store/products/{product_id}", product_id="prod")
    answered(visiting(asked, "GET", where, query), 200, {"product": a_product()})
    with pact.serve() as server, shop(server, None) as storefront:
        assert storefront.product(f"prod_{ULID}", f"reg_{ULID}").variants[0].title == "M"


def test_what_another_tenant_sells(contract: Contract) -> None:
    """Another tenant's product is not there."""
    pact = of(contract)
    query = {"region_id": given_id("region_id", "reg"), "fields": SHOWN}
    asked = pact.upon_receiving("a request for a product").given("another tenant sells a good")
    where = path("/store/products/{product_id}", product_id="prod")
    answered(visiting(asked, "GET", where, query), 404, refusal("not_found", message="Product was not found"))
    with pact.serve() as server, shop(server, None) as storefront, pytest.raises(NotFound):
        storefront.product(f"prod_{ULID}", f"reg_{ULID}")
