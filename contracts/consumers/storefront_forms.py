"""How the storefront's contract is written: examples and forms of what goes in and out, and who asks.

Amounts are JSON numbers of any number of digits: a form that demands a fraction would refuse 10, which is 10.00.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pact import match
from pact.match.matcher import GenericMatcher

from contracts.consumers.matchers import given
from contracts.consumers.storefront import Storefront

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pact import Pact
    from pact.interaction import HttpInteraction
    from pact.pact import PactServer

CONSUMER = "storefront"
PROVIDER = "cityos"

PUBLISHABLE_KEY = "pk_0f5b8f2c6f0f4c5e9d3a7b1e2c4d6f80"
UNKNOWN_KEY = "pk_00000000000000000000000000000000"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJhY3Rvcl9pZCI6ImN1c18xIn0.c2lnbmF0dXJl"  # noqa: S105 (an example)
UNKNOWN_TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJhY3Rvcl9pZCI6Im5vYm9keSJ9.bm9ib2R5cw"  # noqa: S105 (nobody\'s)
EMAIL = "layla@example.com"
PASSWORD = "Correct-horse-1"  # noqa: S105 (an example)

ULID = "01JD8Y3M6QK4ZB7X9V2N5T0RWE"
ID = r"[\w-]+"
"""Ids are opaque: a prefix and a ULID where the core made them, anything that fits a path where a person chose them."""
_TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"
_CURRENCY = "^[a-z]{3}$"

OPEN = "the shop is open"
CUSTOMER = "a customer is logged in"


def an_id(prefix: str) -> Any:
    """An id of an answer."""
    return match.regex(f"{prefix}_{ULID}", regex=f"^{ID}$")


def given_id(name: str, prefix: str) -> Any:
    """An id that the provider's state gives by this name."""
    return given(f"${{{name}}}", f"{prefix}_{ULID}", form=f"^{ID}$")


def path(template: str, **prefixes: str) -> Any:
    """A path with ids of the provider's state: `path("/store/carts/{cart_id}", cart_id="cart")`."""
    asked = template.format(**{name: f"${{{name}}}" for name in prefixes})
    example = template.format(**{name: f"{prefix}_{ULID}" for name, prefix in prefixes.items()})
    return given(asked, example, form=f"^{template.format(**dict.fromkeys(prefixes, ID))}$")


def money(example: float) -> Any:
    """An amount."""
    return GenericMatcher("number", value=example)


def currency(example: str = "usd") -> Any:
    """A lower-case code of ISO 4217."""
    return match.regex(example, regex=_CURRENCY)


def a_time(example: str) -> Any:
    """A moment in UTC."""
    return match.regex(example, regex=_TIME)


def given_time(name: str, example: str) -> Any:
    """A moment in UTC that the provider's state gives."""
    return given(f"${{{name}}}", example, form=_TIME)


def given_email() -> Any:
    """An e-mail address that the provider's state gives."""
    return given("${email}", EMAIL, form=r"^[^@\s]+@[^@\s]+$")


def given_password() -> Any:
    """A password that the provider's state gives."""
    return given("${password}", PASSWORD, form=r"^\S{8,}$")


def refusal(kind: str | None = None, code: str | None = None, *, message: str) -> dict[str, Any]:
    """How the platform refuses: the type and the code decide, the message is shown."""
    said = {"type": kind, "code": code, "message": match.str(message)}
    return {name: value for name, value in said.items() if value is not None}


def visiting(
    interaction: HttpInteraction, method: str, where: Any, query: Mapping[str, Any] | None = None, body: Any = None
) -> HttpInteraction:
    """A request of a visitor: with the shop's key, and nobody's token."""
    asked = interaction.with_request(method, where)
    asked.with_header("x-publishable-api-key", given("${publishable_key}", PUBLISHABLE_KEY, form=r"^pk_\w+$"))
    for name, value in (query or {}).items():
        asked.with_query_parameter(name, value)
    return asked if body is None else asked.with_body(body, "application/json")


def asking(
    interaction: HttpInteraction, method: str, where: Any, query: Mapping[str, Any] | None = None, body: Any = None
) -> HttpInteraction:
    """A request of a customer: with the shop's key and the customer's token."""
    token = given("${authorization}", f"Bearer {TOKEN}", form=r"^Bearer [\w-]+\.[\w-]+\.[\w-]+$")
    return visiting(interaction, method, where, query, body).with_header("authorization", token)


def answered(interaction: HttpInteraction, status: int, body: Any) -> HttpInteraction:
    """With JSON."""
    return interaction.will_respond_with(status).with_body(body, "application/json")


def shop(server: PactServer, token: str | None = TOKEN, key: str = PUBLISHABLE_KEY) -> Storefront:
    """The storefront's client, with nothing but the contract on the other side."""
    return Storefront(str(server.url).rstrip("/"), key, token)


def of(contract: Any) -> Pact:
    """The contract of the storefront with the platform."""
    pact: Pact = contract(PROVIDER, CONSUMER)
    return pact
