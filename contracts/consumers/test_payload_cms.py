"""What the platform needs of Payload CMS: who its key belongs to, and the documents of the hierarchy, all of them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pact import match

from contracts.consumers.matchers import given
from contracts.consumers.payload_cms import (
    CHANGED,
    JSON,
    NAME,
    an_id,
    asked,
    asking,
    document,
    first,
    id_given,
    moment_given,
    page,
    who_we_are,
)
from reference_impl.integrations.payload_cms.client import references
from reference_impl.integrations.payload_cms.hierarchy import COLLECTIONS, RELATIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contracts.consumers.payload_cms import Contract
    from reference_impl.core.clock import FrozenClock

pytestmark = pytest.mark.anyio

LATER = CHANGED + timedelta(minutes=3)

CATEGORY = "a category of ours is there"
TWO = "two categories of ours are there"
DOCUMENT = "a document is there with all that it refers to"
DRAFT = "a draft is there"


async def test_whose_key_it_is(contract: Contract, clock: FrozenClock) -> None:
    """One question proves that the process, its database and the key are well."""
    pact = contract(NAME)
    who_we_are(pact)
    async with asking(pact, clock) as cms:
        assert (await cms.ping()).id == 1


async def test_a_count_of_some(contract: Contract, clock: FrozenClock) -> None:
    """A condition in brackets is taken notice of: of all categories one has this slug."""
    pact = contract(NAME)
    question = asked(pact, "how many categories have a slug", CATEGORY, "/api/categories/count", slug="coffee")
    question.with_query_parameter("where[slug][equals]", given("${slug}", "coffee-5d1a70", form=r"[a-z0-9-]+"))
    question.will_respond_with(200).with_body({"totalDocs": 1}, JSON)
    async with asking(pact, clock) as cms:
        assert await cms.count("categories", {"[slug][equals]": "coffee-5d1a70"}) == 1


async def test_all_of_a_collection(contract: Contract, clock: FrozenClock) -> None:
    """All are read by id, each page from above the last id on."""
    pact = contract(NAME)
    one = asked(pact, "the first categories by id", TWO, "/api/categories")
    one.with_query_parameters(first(1, "id")).will_respond_with(200).with_body(page([document(7)], more=True), JSON)
    two = asked(pact, "the categories above an id", TWO, "/api/categories")
    two.with_query_parameters(first(1, "id", **{"where[id][greater_than]": id_given("lower", 7)}))
    two.will_respond_with(200).with_body(page([document(8)], more=match.bool(False)), JSON)
    async with asking(pact, clock) as cms:
        assert [one.id async for one in cms.whole("categories", limit=1)] == [7, 8]


async def test_what_was_changed(contract: Contract, clock: FrozenClock) -> None:
    """Changes since a moment come oldest first, and go on within the same moment by id."""
    pact = contract(NAME)
    one = asked(pact, "the first categories changed since a moment", TWO, "/api/categories")
    since = {"where[updatedAt][greater_than_equal]": moment_given(CHANGED)}
    one.with_query_parameters(first(1, "updatedAt,id", **since))
    one.will_respond_with(200).with_body(page([document(7)], more=True), JSON)
    two = asked(pact, "the categories changed after one of them", TWO, "/api/categories")
    after = {
        "where[or][0][updatedAt][greater_than]": moment_given(CHANGED),
        "where[or][1][and][0][updatedAt][equals]": moment_given(CHANGED),
        "where[or][1][and][1][id][greater_than]": id_given("earlier", 7),
    }
    two.with_query_parameters(first(1, "updatedAt,id", **after))
    two.will_respond_with(200).with_body(page([document(8, LATER)], more=match.bool(False)), JSON)
    async with asking(pact, clock) as cms:
        found = [(one.id, one.updated_at) async for one in cms.changed("categories", CHANGED, limit=1)]
    assert found == [(7, CHANGED), (8, LATER)]


async def test_versions(contract: Contract, clock: FrozenClock) -> None:
    """What is there, and since when it is as it is, comes without the rest of the documents."""
    pact = contract(NAME)
    question = asked(pact, "the versions of all categories", CATEGORY, "/api/categories", slug="coffee")
    question.with_query_parameters(first(500, "id", **{"select[updatedAt]": "true"}))
    answer = page(match.each_like(document(7), min=1), more=match.bool(False))
    question.will_respond_with(200).with_body(answer, JSON)
    async with asking(pact, clock) as cms:
        assert await cms.versions("categories") == {7: CHANGED}


def named(ids: Sequence[Any]) -> dict[str, Any]:
    """The query for documents by their ids."""
    return dict(first(len(ids), "id", **{f"where[or][{at}][id][equals]": one for at, one in enumerate(ids)}))


@pytest.mark.parametrize("collection", COLLECTIONS)
async def test_a_document_of_each_collection(contract: Contract, clock: FrozenClock, collection: str) -> None:
    """A document is found by its id; what it refers to are ids, of one or of many."""
    pact = contract(NAME)
    question = asked(pact, f"a document of {collection} by id", DOCUMENT, f"/api/{collection}", collection=collection)
    question.with_query_parameters(named([id_given("id", 7)]))
    relations: dict[str, Any] = {field: an_id(9) for field in RELATIONS.get(collection, {})}
    if collection == "scopes":
        relations["countries"] = match.each_like(an_id(9), min=1)
    found = document(7, name=match.str("Riyadh"), **relations)
    question.will_respond_with(200).with_body(page([found], more=match.bool(False)), JSON)
    async with asking(pact, clock) as cms:
        (one,) = await cms.find(collection, [7])
    assert one.fields["name"] == "Riyadh"
    assert not one.draft
    assert all(references(one.fields[field]) == [9] for field in relations)


async def test_a_draft(contract: Contract, clock: FrozenClock) -> None:
    """In a collection with drafts, a document that is not published says so."""
    pact = contract(NAME)
    path = given("/api/${collection}", "/api/portals", form=r"/api/[a-z-]+")
    question = asked(pact, "a draft by id", DRAFT, path)
    question.with_query_parameters(named([id_given("id", 7)]))
    answer = page([document(7, _status="draft")], more=match.bool(False))
    question.will_respond_with(200).with_body(answer, JSON)
    async with asking(pact, clock) as cms:
        (one,) = await cms.find("portals", [7])
    assert one.draft


async def test_an_id_of_the_wrong_kind(contract: Contract, clock: FrozenClock) -> None:
    """By `equals`, an id that no document can have finds none: not another one, and no error."""
    pact = contract(NAME)
    other = "01KGZ2JRYX607FWMMYQNQRKVWS"
    question = asked(pact, "a category by an id of the wrong kind", CATEGORY, "/api/categories", slug="coffee")
    question.with_query_parameters(named([other]))
    question.will_respond_with(200).with_body(page([], more=match.bool(False)), JSON)
    async with asking(pact, clock) as cms:
        assert await cms.find("categories", [other]) == []
