"""Who may keep an answer: nothing private is kept by others, and public data says for how long and for whom."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from fixtures.checks import omit, requirement
from fixtures.client import PUBLISHABLE_KEY_HEADER
from suites.conformance.routes import ROUTES, Route

if TYPE_CHECKING:
    from fixtures.actors import Operator, Shopper
    from fixtures.client import Answer, Api

_MAX_AGE = re.compile(r"(?:^|[\s,])(?:s-maxage|max-age)=\d+")
PUBLIC = {"products": "/store/products", "regions": "/store/regions"}


@requirement("CCH-01")
def test_every_answer_says_who_may_keep_it(anonymous: Api, operator: Operator, regular: Shopper) -> None:
    """Each GET route, asked by whom it is for or by a stranger, says so; what is private stays so."""
    faults = []
    for route in _reading(anonymous):
        asking = {"operator": operator.api, "customer": regular.api, "visitor": regular.api}.get(route.who, anonymous)
        faults += _faults(route, route.call(asking))
    assert faults == []


@requirement("CCH-02")
@pytest.mark.parametrize("name", PUBLIC)
def test_public_data_may_be_kept(anonymous: Api, name: str) -> None:
    """A list of what everybody may see, and one of its rows, may be kept for a time that is said, per tenant."""
    listed = anonymous.get(PUBLIC[name], {"limit": 1}).expect(200)
    if not listed[name]:
        omit(f"the target has no {name}")
    for answer in (listed, anonymous.get(f"{PUBLIC[name]}/{listed[name][0]['id']}").expect(200)):
        assert _MAX_AGE.search(_control(answer)), f"{answer!r}: Cache-Control is {_control(answer)!r}"
        assert _varies(answer), f"{answer!r}: Vary is {answer.headers.get('vary')!r}"


def _reading(api: Api) -> list[Route]:
    """The GET routes of the table, and what more the target's OpenAPI document names."""
    known = [route for route in ROUTES if route.method == "GET"]
    document = api.get("/openapi.json")
    paths = document["paths"] if document.status == 200 else {}
    mine = {re.sub(r"\{\w+\}", "{}", route.path) for route in known}
    others = [path for path in paths if "get" in paths[path] and re.sub(r"\{\w+\}", "{}", path) not in mine]
    return known + [Route("GET", path, "unknown") for path in others]


def _faults(route: Route, answer: Answer) -> list[str]:
    control = _control(answer)
    if not control:
        return [f"{answer!r} has no Cache-Control"]
    if "no-store" in control or "private" in control:
        return []
    if answer.status >= 400 or route.who not in ("public", "shop", "unknown"):
        return [f"{answer!r} may be kept by anybody: {control}"]
    if not _MAX_AGE.search(control):
        return [f"{answer!r} does not say for how long it may be kept: {control}"]
    return [] if route.who == "public" or _varies(answer) else [f"{answer!r} is kept for the wrong tenants, too"]


def _control(answer: Answer) -> str:
    return answer.headers.get("cache-control", "").lower()


def _varies(answer: Answer) -> bool:
    """Whether a cache tells apart what depends on the publishable key."""
    named = {name.strip() for name in answer.headers.get("vary", "").lower().split(",")}
    return PUBLISHABLE_KEY_HEADER in named or "*" in named
