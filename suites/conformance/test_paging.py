"""Every list that the table of routes leads to: no page is without bounds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pytest

from fixtures.checks import absent, omit, requirement
from suites.conformance.routes import ROUTES, is_core
from suites.conformance.shapes import error_faults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.actors import Operator, Shopper
    from fixtures.client import Answer, Api
    from fixtures.plugin import Capabilities
    from fixtures.vending import Market
    from suites.conformance.routes import Route

PAGE_MAX: Final = 100
REFUSED: Final = {"limit": (str(PAGE_MAX + 1), "-1", "abc", "1.5"), "offset": ("-1", "abc")}
_ID = re.compile(r"\{\w+\}")


@pytest.fixture
def callers(anonymous: Api, operator: Operator, regular: Shopper) -> dict[str, Api]:
    """Whom each route is for."""
    return {"shop": anonymous, "visitor": regular.api, "customer": regular.api, "operator": operator.api}


@requirement("ENV-10")
def test_custom_lists(callers: dict[str, Api]) -> None:
    """Each list of the platform's own modules keeps its pages within bounds, and counts without showing."""
    lists = [listed for listed in _lists(callers) if not is_core(listed[0])]
    if not lists:
        absent("the target has no lists but the core's")
    assert [fault for _, api, path in lists for fault in _faults(api, path)] == []


@requirement("ENV-10")
def test_vendors_lists(capabilities: Capabilities, market: Market) -> None:
    """Each list of a vendor's keeps its pages within bounds, and counts without showing."""
    capabilities.need("vendors")
    lists = list(_lists({"vendor": market.seller().api}))
    assert lists
    assert [fault for _, api, path in lists for fault in _faults(api, path)] == []


@requirement("ENV-11")
def test_core_lists(callers: dict[str, Api]) -> None:
    """Each list of the core keeps its pages within bounds, and counts without showing."""
    lists = [listed for listed in _lists(callers) if is_core(listed[0])]
    if not lists:
        omit("the target has none of the core's lists")
    assert [fault for _, api, path in lists for fault in _faults(api, path)] == []


def _lists(callers: dict[str, Api]) -> Iterator[tuple[Route, Api, str]]:
    """The routes that answer with a list, who may ask, and where: below a row of another list, below its first one."""
    rows: dict[str, str] = {}
    for route in sorted(ROUTES, key=lambda one: one.path.count("{")):
        parent = _ID.split(route.path)[0].rstrip("/")
        if route.method != "GET" or route.who not in callers or (parent != route.path and parent not in rows):
            continue
        api, path = callers[route.who], _ID.sub(rows.get(parent, ""), route.path, count=1)
        answer = api.get(path)
        shown = _rows(answer)
        if shown is not None and "{" not in path:
            yield route, api, path
            if shown and isinstance(shown[0], dict) and "id" in shown[0]:
                rows[route.path] = str(shown[0]["id"])


def _rows(answer: Answer) -> list[Any] | None:
    """The rows that an answer lists; None when it is no list: one thing has its list inside an object of its own."""
    if answer.status != 200 or "json" not in answer.headers.get("content-type", ""):
        return None
    data = answer.json
    if not isinstance(data, dict) or "count" not in data:
        return None
    return next((value for value in data.values() if isinstance(value, list)), None)


def _faults(api: Api, path: str) -> list[str]:
    """What a list does with a page that nobody should get, with one of nothing, and with one of a row."""
    faults = []
    shown = api.get(path).json
    for name, values in REFUSED.items():
        for value in values if name in shown else ():  # a feed has no offset: it is read on from an event
            answer = api.get(path, {name: value})
            faults += error_faults(answer) if answer.status == 400 else [f"{answer!r} with {name}={value}, not 400"]
    none, one, most = (api.get(path, {"limit": limit}) for limit in (0, 1, PAGE_MAX))
    for answer, limit in ((none, 0), (one, 1), (most, PAGE_MAX)):
        shown = _rows(answer)
        if shown is None or len(shown) > limit:
            seen = "no list" if shown is None else f"{len(shown)} rows"
            faults.append(f"{answer!r} with limit={limit}: {seen}")
        elif answer["limit"] != limit:
            faults.append(f"{answer!r} with limit={limit} says limit={answer['limit']}")
    if not faults and none["count"] < len(_rows(one) or []):
        faults.append(f"{none!r} with limit=0 counts {none['count']}, and there is more")
    return faults
