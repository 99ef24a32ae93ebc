"""What the platform needs of ERPNext to keep the CMS's hierarchy there: records by a name, known by the CMS's id."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from pact import match

from contracts.consumers.erpnext import (
    NAME,
    TITLE_TAKEN,
    answered,
    asked,
    asking,
    at,
    filled,
    listing,
    named,
    refused,
    where,
)
from contracts.consumers.matchers import given
from reference_impl.integrations.erpnext.hierarchy import REFERENCE, Hierarchy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pact import Pact

    from contracts.consumers.erpnext import Contract
    from reference_impl.core.clock import FrozenClock

pytestmark = pytest.mark.anyio

SHELF, TITLE, ID = "CMS Category", "Retail", "42"
NEW, KEPT = "a category of the CMS is not in ERPNext", "a category of the CMS is in ERPNext"
OF_ITS_OWN = "a country is there that ERPNext brought along"
FIELDS = {"slug": "retail", "sort_order": 3}


@dataclass(frozen=True)
class Record:
    """A record of the CMS."""

    id: int | str
    fields: Mapping[str, Any] = field(default_factory=lambda: {"name": TITLE, **FIELDS})
    name: str | None = None


def by_reference() -> dict[str, Any]:
    """The query that finds a record by the CMS's id."""
    return listing(["name"], where(f'[["{REFERENCE}","=","<id>"]]', id=ID), "name asc", 1)


def looked_for(pact: Pact, state: str, *, found: bool) -> None:
    """The question whether a record is there, by the CMS's id."""
    description = f"a look-up of a record of the CMS that is {'' if found else 'not '}there"
    request = asked(pact, description, state, "GET", at(SHELF), query=by_reference())
    answered(request, [named(TITLE)] if found else [])


def record(title: Any) -> dict[str, Any]:
    """What the client sends of it."""
    return {**FIELDS, REFERENCE: filled("id", ID), "title": title}


def not_there(pact: Pact, state: str, path: Any, body: Any) -> None:
    """A record of a name is asked for, and to be changed, and is not there."""
    for verb, method, sent in (("request for", "GET", None), ("change of", "PUT", body)):
        request = asked(pact, f"a {verb} a record that is not there", state, method, path, body=sent)
        refused(request, 404, "DoesNotExistError", f"{SHELF} {TITLE} not found")


async def test_a_new_record(contract: Contract, clock: FrozenClock) -> None:
    """A record is looked for by the CMS's id and by its title, and made under its title."""
    pact = contract(NAME)
    looked_for(pact, NEW, found=False)
    body = record(filled("title", TITLE))
    not_there(pact, NEW, at(SHELF, "title", TITLE), body)
    answered(asked(pact, "a new record of the CMS", NEW, "POST", at(SHELF), body=body), named(TITLE))
    async with asking(pact, clock) as erpnext:
        assert await Hierarchy(erpnext).upsert("categories", Record(ID)) == TITLE


async def test_a_record_that_is_there(contract: Contract, clock: FrozenClock) -> None:
    """A record that carries the CMS's id is changed under the name that it has."""
    pact = contract(NAME)
    looked_for(pact, KEPT, found=True)
    body = record(filled("title", TITLE))
    request = asked(pact, "a change of a record of the CMS", KEPT, "PUT", at(SHELF, "title", TITLE), body=body)
    answered(request, named(TITLE))
    async with asking(pact, clock) as erpnext:
        assert await Hierarchy(erpnext).upsert("categories", Record(ID)) == TITLE


async def test_a_title_that_is_taken(contract: Contract, clock: FrozenClock) -> None:
    """A record whose title is another's gets its id behind it; a document shows whose it is."""
    pact = contract(NAME)
    request = asked(
        pact, "a look-up of a record whose title is taken", TITLE_TAKEN, "GET", at(SHELF), query=by_reference()
    )
    answered(request, [])
    request = asked(pact, "a request for the record of another", TITLE_TAKEN, "GET", at(SHELF, "title", TITLE))
    answered(request, {REFERENCE: match.str("7")})
    longer = f"{TITLE} ({ID})"
    example = f"{at(SHELF)}/{quote(longer, safe='')}"
    path = given(f"{at(SHELF)}/${{title}} (${{id}})", example, form=f"^{at(SHELF)}/[^/]+%28[^/]+$")
    body = record(filled("longer", longer))
    not_there(pact, TITLE_TAKEN, path, body)
    answered(asked(pact, "a new record under a longer name", TITLE_TAKEN, "POST", at(SHELF), body=body), named(longer))
    async with asking(pact, clock) as erpnext:
        assert await Hierarchy(erpnext).upsert("categories", Record(ID)) == longer


async def test_a_country_that_erpnext_brought(contract: Contract, clock: FrozenClock) -> None:
    """ERPNext's own countries are nobody's until one is taken for the CMS's, by Custom Fields."""
    pact = contract(NAME)
    request = asked(pact, "a look-up of a country", OF_ITS_OWN, "GET", at("Country"), query=by_reference())
    answered(request, [])
    path = at("Country", "country_name", "Jordan")
    answered(asked(pact, "a request for a country", OF_ITS_OWN, "GET", path), named("Jordan"))
    body = {"custom_code": "JO", REFERENCE: filled("id", ID), "country_name": filled("country_name", "Jordan")}
    answered(asked(pact, "a change of a country", OF_ITS_OWN, "PUT", path, body=body), named("Jordan"))
    async with asking(pact, clock) as erpnext:
        country = Record(ID, {"name": "Jordan", "code": "JO"})
        assert await Hierarchy(erpnext).upsert("countries", country) == "Jordan"
