"""Every route that reads a body: it has a size that is too much, and keys that it does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from fixtures.actors import log_in
from fixtures.checks import absent, requirement
from fixtures.client import Api, Unexpected
from suites.conformance.routes import ROUTES, is_core
from suites.conformance.shapes import error_faults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.actors import Operator, Shopper
    from fixtures.client import Answer, Connection
    from fixtures.plugin import Capabilities, Run
    from fixtures.targets import Target
    from suites.conformance.routes import Route

    Called = tuple[Route, Api]

UNKNOWN: Final = "no_such_key"
TOO_MUCH: Final = b'{"padding": "' + b"x" * 1024 * 1024 + b'"}'
CHUNKED: Final = {"transfer-encoding": "chunked"}


@pytest.fixture
def callers(
    connection: Connection, target: Target, anonymous: Api, operator: Operator, regular: Shopper, run: Run
) -> dict[str, Api]:
    """Whom each route is for; of the operators the one who may do most."""
    most = Api(connection, target.main)
    if "super_admin" in target.main.roles:
        most = most.with_token(log_in(most, "user", target.main.roles["super_admin"]))
    else:
        most = operator.api
    who = {"email": run.names.email(), "password": run.names.password()}
    newcomer = anonymous.post("/auth/customer/emailpass/register", who).expect(200, 201)["token"]
    return {
        "public": anonymous,
        "shop": anonymous,
        "visitor": regular.api,
        "customer": regular.api,
        "registration": anonymous.with_token(newcomer),
        "operator": most,
    }


@pytest.fixture
def seller(capabilities: Capabilities, request: pytest.FixtureRequest) -> dict[str, Api]:
    """A vendor, where the target has any."""
    if capabilities.state("vendors") != "present":
        return {}
    return {"vendor": request.getfixturevalue("market").seller().api}


@requirement("BDY-01")
def test_custom_bodies_have_a_bound(callers: dict[str, Api], seller: dict[str, Api]) -> None:
    """A body of more than 1 MiB is refused by each custom route, before anybody reads it to its end."""
    custom = list(_custom(callers | seller))
    assert [fault for route, api in custom for fault in _bound_faults(route, api)] == []


@requirement("BDY-02")
def test_custom_bodies_are_strict(callers: dict[str, Api], seller: dict[str, Api]) -> None:
    """A key that a custom route does not know is no slip of the pen that it may pass over."""
    assert [fault for route, api in _custom(callers | seller) for fault in _key_faults(route, api)] == []


@requirement("BDY-03")
def test_core_bodies_have_a_bound(callers: dict[str, Api]) -> None:
    """A body of more than 1 MiB is refused by each core route, the log-in included."""
    core = [called for called in _reading(callers) if is_core(called[0])]
    assert core
    assert [fault for route, api in core for fault in _bound_faults(route, api)] == []


@requirement("BDY-03")
def test_core_bodies_are_strict(callers: dict[str, Api]) -> None:
    """A key that a core route does not know is refused."""
    core = [called for called in _reading(callers) if is_core(called[0]) and not called[0].path.startswith("/auth/")]
    assert core
    assert [fault for route, api in core for fault in _key_faults(route, api)] == []


def _custom(callers: dict[str, Api]) -> Iterator[Called]:
    found = [called for called in _reading(callers) if not is_core(called[0])]
    if not found:
        absent("the target has no routes with a body but the core's")
    yield from found


def _reading(callers: dict[str, Api]) -> list[Called]:
    """The routes that read a body, which shows when they refuse a list in its place, and who may call them."""
    writing = [route for route in ROUTES if route.method not in ("GET", "DELETE") and route.who in callers]
    return [(route, callers[route.who]) for route in writing if route.call(callers[route.who]).status == 400]


def _bound_faults(route: Route, api: Api) -> list[str]:
    faults = []
    for headers in ({}, CHUNKED):
        answer = route.call(api, headers, content=TOO_MUCH)
        faults += error_faults(answer) if answer.status == 413 else [f"{answer!r} to 1 MiB {headers}, not 413"]
    return faults


def _key_faults(route: Route, api: Api) -> list[str]:
    answer = route.call(api, content=f'{{"{UNKNOWN}": 1}}'.encode())
    if answer.status != 400 or UNKNOWN not in _message(answer):
        return [f"{answer!r} to an unknown key, and should name it with 400: {answer.text[:200]}"]
    return error_faults(answer)


def _message(answer: Answer) -> str:
    try:
        return str(answer["message"])
    except Unexpected:
        return ""
