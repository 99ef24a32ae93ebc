"""Who may call what: every cell of the table in suites/roles.toml is tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.actors import log_in
from fixtures.checks import absent, omit, requirement
from fixtures.client import PUBLISHABLE_KEY_HEADER, Api
from suites.conformance.routes import ROLES, ROUTES
from suites.conformance.sessions import in_session

if TYPE_CHECKING:
    from fixtures.actors import Shopper
    from fixtures.client import Answer, Connection
    from fixtures.plugin import Capabilities, Run
    from fixtures.targets import Target
    from fixtures.vending import Market
    from suites.conformance.routes import Route

    Unknown = dict[tuple[str, str], tuple[int, str]]

NO_ROUTE = "no-such-route-01HZZZZZZZZZZZZZZZZZZZZZZZ"


@pytest.fixture
def routes(target: Target) -> list[Route]:
    """The routes that may be tried on the target; what ends a session comes last, so that it is not missed before."""
    return sorted(
        (route for route in ROUTES if route.method == "GET" or not target.read_only),
        key=lambda route: route.who == "session",
    )


@requirement("ROL-01")
def test_nobody(anonymous: Api, routes: list[Route]) -> None:
    """Without a log-in, the public routes and the shop's open, and no other."""
    assert _wrong_cells(anonymous, "nobody", routes) == []


@requirement("ROL-02")
def test_customer(regular: Shopper, routes: list[Route]) -> None:
    """A customer's token opens the shop and the customers' own routes, and none of operators and vendors."""
    assert _wrong_cells(regular.api, "customer", routes) == []


@requirement("ROL-03")
def test_vendor(market: Market, routes: list[Route]) -> None:
    """A vendor's token opens the vendors' routes, and none of operators and customers."""
    assert _wrong_cells(market.seller().api, "vendor", routes) == []


@requirement("ROL-04")
@pytest.mark.parametrize("role", ROLES)
def test_operator(connection: Connection, target: Target, routes: list[Route], role: str) -> None:
    """An operator's token opens the routes that its role may use, and no other."""
    assert _wrong_cells(_operator(connection, target, role), role, routes) == []


@requirement("ROL-05")
def test_no_publishable_key(regular: Shopper, routes: list[Route]) -> None:
    """Without a publishable key no route below /store answers, whoever is logged in."""
    wrong = []
    unknown: Unknown = {}
    for route in routes:
        if route.path.startswith("/store/"):
            answer = route.call(regular.api, {PUBLISHABLE_KEY_HEADER: None})
            asked = answer.status == 400 and answer["type"] == "not_allowed"
            if not asked and not _is_absent(regular.api, route, answer, unknown):
                wrong.append(f"{route.method} {route.path}: {answer.status}, not 400 not_allowed")
    assert wrong == []


@requirement("ROL-06")
def test_newcomer(anonymous: Api, routes: list[Route], run: Run) -> None:
    """Who has registered, and is no customer yet, gets where nobody has to log in, and to becoming one."""
    who = {"email": run.names.email(), "password": run.names.password()}
    registered = anonymous.post("/auth/customer/emailpass/register", who).expect(200, 201)
    assert _wrong_cells(anonymous.with_token(registered["token"]), "newcomer", routes) == []


@requirement("ROL-07")
def test_customer_in_session(regular: Shopper, routes: list[Route]) -> None:
    """A customer's cookie opens what the token opens, and no more, but that a session only ends by it."""
    assert _wrong_cells(in_session(regular.api), "customer", routes, by="session") == []


@requirement("ROL-07")
def test_vendor_in_session(capabilities: Capabilities, market: Market, routes: list[Route]) -> None:
    """A vendor's cookie opens what the token opens, and no more."""
    capabilities.need("vendors")
    assert _wrong_cells(in_session(market.seller().api), "vendor", routes, by="session") == []


@requirement("ROL-07")
@pytest.mark.parametrize("role", [ROLES[0], ROLES[-1]])
def test_operator_in_session(connection: Connection, target: Target, routes: list[Route], role: str) -> None:
    """An operator's cookie opens what the token opens to the role, and no more."""
    api = in_session(_operator(connection, target, role))
    assert _wrong_cells(api, role, routes, by="session") == []


def _operator(connection: Connection, target: Target, role: str) -> Api:
    if role not in target.main.roles:
        omit(f"{target.name} names no {role} for tenant {target.main.slug}; add it below [tenants.….roles]")
    api = Api(connection, target.main)
    return api.with_token(log_in(api, "user", target.main.roles[role]))


def _wrong_cells(api: Api, caller: str, routes: list[Route], by: str = "token") -> list[str]:
    """What this caller's line of the table says and the target does not do, one sentence per cell."""
    wrong = []
    tried = 0
    unknown: Unknown = {}
    for route in routes:
        wanted = route.lets_in(caller, by)
        answer = route.call(api)
        if answer.status in (404, 501) and _is_absent(api, route, answer, unknown):
            continue
        tried += 1
        if wanted is route.refuses(answer):
            says = "must get in" if wanted else "must be refused"
            wrong.append(f"{route.method} {route.path}: {caller} {says}, and got {answer.status}")
    if not tried:
        absent("the target has none of these routes")
    return wrong


def _is_absent(api: Api, route: Route, answer: Answer, known: Unknown) -> bool:
    """Whether the target has no such route: it says the same of one that nobody has, which is `known` once asked."""
    area = (route.method, route.path.split("/")[1])
    if area not in known:
        path = f"/{area[1]}/{NO_ROUTE}"
        unknown = api.send(route.method, path)
        known[area] = (unknown.status, unknown.text.replace(path, ""))
    return (answer.status, answer.text.replace(answer.path, "")) == known[area]
