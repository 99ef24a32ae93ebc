"""Schemas and operations in every form that OpenAPI has for them: what is the same, and who is hurt by what is not."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from contracts.drift import compare
from fixtures.exits import UsageError

A_TEXT = {"type": "string"}


def document(schema: Any, **operation: Any) -> dict[str, Any]:
    """A document with one operation that takes and gives a schema."""
    body = {"content": {"application/json": {"schema": schema}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "One", "version": "1"},
        "paths": {"/a/{id}": {"post": {"requestBody": body, "responses": {"200": body}, **operation}}},
    }


def told(ours: Any, theirs: Any, **operation: Any) -> set[tuple[str, str]]:
    """Which parts of a message may break, by kind and place."""
    found = compare(document(ours), document(theirs, **operation), direction="release")
    return {(each.kind, "request" if "requestBody" in each.where else "answer") for each in found}


NULLABLE: list[Any] = [
    {"anyOf": [{"type": "string", "maxLength": 5}, {"type": "null"}]},
    {"type": ["string", "null"], "maxLength": 5},
    {"type": "string", "nullable": True, "maxLength": 5},
    {"allOf": [{"type": ["string", "null"]}, {"type": ["string", "null", "integer"], "maxLength": 5}]},
    {"oneOf": [{"type": "null"}, {"allOf": [{"type": "string"}, {"maxLength": 5}]}]},
]


@pytest.mark.parametrize("one", NULLABLE)
@pytest.mark.parametrize("other", NULLABLE)
def test_one_thing_may_be_written_in_many_ways(one: Any, other: Any) -> None:
    """`nullable` of 3.0, `null` of 3.1 and what is put together of parts are the same to a caller."""
    assert told(one, other) == set()


WIDER = [
    ({"type": "integer"}, {"type": "number"}),
    ({"const": "a"}, {"enum": ["a", "b"]}),
    ({"type": "string", "format": "date"}, {"type": "string"}),
    ({"type": "integer"}, {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
    ({"type": "array", "items": {"type": "string"}}, {"type": "array"}),
    ({"type": "object", "required": ["a"], "properties": {"a": {}}}, {"type": "object", "properties": {"a": {}}}),
    ({"type": "number", "exclusiveMinimum": True, "minimum": 0}, {"type": "number", "exclusiveMinimum": -1}),
    ({"type": "object", "additionalProperties": {"type": "string"}}, {"type": "object", "additionalProperties": {}}),
]


@pytest.mark.parametrize(("narrow", "wide"), WIDER)
def test_who_writes_is_hurt_by_less_and_who_reads_by_more(narrow: Any, wide: Any) -> None:
    """A wider schema breaks who reads by it; a narrower one who writes."""
    assert told(narrow, wide) == {("harmless", "request"), ("breaking", "answer")}
    assert told(wide, narrow) == {("breaking", "request"), ("harmless", "answer")}


def test_what_only_one_side_sees_is_not_compared_for_the_other() -> None:
    """A field that only comes is nobody's to send, and one that is only sent never comes."""
    ours = {"type": "object", "properties": {"a": {"readOnly": True}, "b": {"writeOnly": True}}}
    assert told(ours, {"type": "object", "properties": {"b": {"writeOnly": True}}}) == {("breaking", "answer")}
    assert told(ours, {"type": "object", "properties": {"a": {"readOnly": True}}}) == {("breaking", "request")}


def test_a_schema_that_holds_itself_ends() -> None:
    """A tree of comments is compared to its first leaf, and the change in it is told once."""
    tree: dict[str, Any] = {
        "type": "object",
        "properties": {"below": {"$ref": "#/components/schemas/Tree"}, "name": A_TEXT},
    }
    ours = {**document({"$ref": "#/components/schemas/Tree"}), "components": {"schemas": {"Tree": tree}}}
    theirs = copy.deepcopy(ours)
    del theirs["components"]["schemas"]["Tree"]["properties"]["name"]
    found = compare(ours, theirs, direction="release")
    assert {each.where for each in found} == {"#/components/schemas/Tree/properties/name"}


def test_the_name_of_a_parameter_of_a_path_is_nobodys_business() -> None:
    """`/a/{id}` and `/a/{wallet_id}` are one path, called otherwise."""
    parameter = {"in": "path", "required": True, "schema": A_TEXT}
    ours = document({}, parameters=[{"name": "id", **parameter}])
    theirs = json.loads(json.dumps(ours).replace("{id}", "{wallet_id}").replace('"id"', '"wallet_id"'))
    assert [each.kind for each in compare(ours, theirs, direction="release")] == ["harmless"]


def test_a_class_of_statuses_stands_for_each() -> None:
    """A 404 that becomes 4XX is still given; so is one that falls under `default`."""
    for wide in ("4XX", "default"):
        ours = document({}, responses={"404": {"description": "No."}})
        assert compare(ours, document({}, responses={wide: {"description": "No."}}), direction="release") == []


def test_of_a_webhook_we_read_the_body() -> None:
    """A vendor that sends more values than we know breaks us; one that takes more answers does not."""
    hook = document({"enum": ["a"]})
    ours = {**hook, "paths": {}, "webhooks": {"event": hook["paths"]["/a/{id}"]}}
    theirs = json.loads(json.dumps(ours).replace('["a"]', '["a", "b"]'))
    found = compare(ours, theirs, direction="release")
    assert {(each.kind, "requestBody" in each.where) for each in found} == {("breaking", True), ("harmless", False)}


@pytest.mark.parametrize(
    ("ours", "theirs", "kinds"),
    [
        ([], [{"key": []}], ["breaking"]),
        ([{"key": []}], [], ["harmless"]),
        ([{"key": ["read"]}], [{"key": ["read", "write"]}], ["breaking"]),
        ([{"key": []}], [{"key": []}, {"login": []}], ["harmless"]),
        ([{"key": []}, {"login": []}], [{"key": []}], ["breaking"]),
        ([{"key": []}], [{"renamed": []}], []),
    ],
)
def test_what_was_enough_to_show_has_to_stay_enough(ours: Any, theirs: Any, kinds: list[str]) -> None:
    """A new key or scope breaks callers; another way in beside the old ones does not, nor another name for it."""
    bearer, cookie = {"type": "http", "scheme": "bearer"}, {"type": "apiKey", "in": "cookie", "name": "sid"}
    known = {"components": {"securitySchemes": {"key": bearer, "renamed": bearer, "login": cookie}}}
    one, other = ({**document({}, security=each), **known} for each in (ours, theirs))
    found = compare(one, other, direction="release")
    assert [each.kind for each in found] == kinds


@pytest.mark.parametrize(
    "reference", ["#/components/schemas/None", "other.yaml#/A", "#/paths/~1a~1{id}/post/requestBody"]
)
def test_a_reference_that_leads_nowhere_is_the_users_mistake(reference: str) -> None:
    """Out of the document, into nothing, or to itself."""
    broken = document({})
    broken["paths"]["/a/{id}"]["post"]["requestBody"] = {"$ref": reference}
    with pytest.raises(UsageError):
        compare(broken, broken, direction="release")


def test_a_document_with_nothing_in_it_is_compared_like_any_other() -> None:
    """Members that are null are as good as not there."""
    empty = {"openapi": "3.1.0", "info": None, "servers": None, "paths": None, "components": None}
    assert compare(empty, empty, direction="release") == []
    assert [each.kind for each in compare(document({}), empty, direction="facts")] == ["breaking"]
    assert [each.kind for each in compare(empty, document({}), direction="facts")] == []
