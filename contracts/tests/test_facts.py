"""The facts as documents: OpenAPI 3.1, each statement with a source, closed where a field would be lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from jsonschema_rs import Draft202012Validator

from contracts.facts import SOURCE, Facts, escaped, load, of_document, read, vendors
from fixtures.exits import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VENDORS = vendors()
SUBSCHEMAS = ("items", "additionalProperties", "not")


def test_there_are_facts_of_the_five_who_send_to_us() -> None:
    """Payload, ERPNext, Fleetbase and SendGrid in both directions, Stripe as a sender."""
    assert {"erpnext", "fleetbase", "payload-cms", "sendgrid", "stripe"} <= set(VENDORS)


@pytest.fixture(scope="module", params=VENDORS)
def facts(request: pytest.FixtureRequest) -> Facts:
    return load(request.param)


def test_each_document_is_openapi(facts: Facts) -> None:
    """The OpenAPI Initiative's own schema of 3.1 (as Schemathesis carries it) accepts the document."""
    from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

    assert [
        f"{error.message} at {error.instance_path}" for error in OPENAPI_31_VALIDATOR.iter_errors(facts.document)
    ] == []


def test_each_document_says_of_which_version_it_speaks(facts: Facts) -> None:
    """A version of the vendor, with a number in it."""
    assert any(sign.isdigit() for sign in facts.version)


def test_every_statement_has_a_source(facts: Facts) -> None:
    """Operations, parameters, answers, headers and each property of each schema."""
    stated = list(statements(facts))
    assert len(stated) > 10
    for pointer, _ in stated:
        assert len(facts.source_of(pointer)) > 5, pointer


def test_every_schema_is_one(facts: Facts) -> None:
    """Each is valid under JSON Schema 2020-12, its patterns too; alternatives are `anyOf`, never `oneOf`."""
    for pointer, schema in roots(facts):
        Draft202012Validator(schema)
        for below, each in schemas(schema, pointer):
            assert "oneOf" not in each, below


def test_an_open_object_says_why(facts: Facts) -> None:
    """Where unknown fields are let through, a description tells what they are."""
    for pointer, schema in roots(facts):
        for below, each in schemas(schema, pointer):
            if "properties" in each and each.get("additionalProperties") is not False:
                assert facts.words_on(below), below


def roots(facts: Facts) -> Iterator[tuple[str, Any]]:
    for operation in (*facts.operations, *facts.webhooks.values()):
        for parameter in operation.parameters:
            yield parameter.at, parameter.schema
        for content in (operation.request, *(answer.content for answer in operation.responses.values())):
            for kind, schema in (content.schemas if content else {}).items():
                assert content is not None, "it has schemas"
                yield content.at(kind), schema
        for answer in operation.responses.values():
            for name, schema in answer.headers.items():
                yield facts_header(facts, answer.pointer, name), schema


def facts_header(facts: Facts, pointer: str, name: str) -> str:
    """The pointer of a header, whose name stands in the document as it is written."""
    here: Any = facts.document
    for part in pointer.removeprefix("#/").split("/"):
        here = here[part.replace("~1", "/").replace("~0", "~")]
    written = next(each for each in here["headers"] if each.lower() == name)
    return f"{pointer}/headers/{escaped(written)}/schema"


def statements(facts: Facts) -> Iterator[tuple[str, Any]]:
    for operation in (*facts.operations, *facts.webhooks.values()):
        yield operation.pointer, operation
        for answer in operation.responses.values():
            yield answer.pointer, answer
    for pointer, schema in roots(facts):
        yield from schemas(schema, pointer)


def schemas(schema: Any, pointer: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if not isinstance(schema, dict):
        return
    yield pointer, schema
    for name, each in schema.get("properties", {}).items():
        yield from schemas(each, f"{pointer}/properties/{escaped(name)}")
    for name in SUBSCHEMAS:
        yield from schemas(schema.get(name), f"{pointer}/{name}")
    for name in ("allOf", "anyOf", "prefixItems"):
        for number, each in enumerate(schema.get(name, ())):
            yield from schemas(each, f"{pointer}/{name}/{number}")


# Reading

SMALL = {
    "openapi": "3.1.0",
    "info": {"title": "Small", "version": "1"},
    SOURCE: "far",
    "paths": {
        "/things/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "get": {"responses": {200: {"$ref": "#/components/responses/Thing"}, "5XX": {"description": "Broken."}}},
        }
    },
    "components": {
        "responses": {
            "Thing": {
                "description": "A thing.",
                SOURCE: "near",
                "content": {"application/json": {"schema": {"type": "object", "description": "A thing's fields."}}},
            }
        }
    },
}


def test_the_nearest_source_counts() -> None:
    """A source holds for what is below it, through references, until a nearer one; so do descriptions."""
    facts = of_document(SMALL, "small")
    [operation] = facts.operations
    answer = operation.responses["200"]
    assert answer.content is not None
    assert facts.source_of(operation.pointer) == "far"
    assert facts.source_of(answer.content.at("application/json")) == "near"
    assert facts.words_on(answer.content.at("application/json")) == "A thing's fields."


def test_what_no_source_stands_over_is_an_error() -> None:
    """A document that says nowhere where it is from."""
    facts = of_document({name: each for name, each in SMALL.items() if name != SOURCE}, "small")
    with pytest.raises(LookupError, match="nothing says x-source"):
        facts.source_of(facts.operations[0].pointer)


def test_a_class_of_statuses_answers_for_its_own() -> None:
    """5XX is 500 and 503, and not 404."""
    [operation] = of_document(SMALL, "small").operations
    assert operation.response(503) is operation.responses["5XX"]
    assert operation.response(404) is None


@pytest.mark.parametrize(
    ("reference", "said"), [("#/components/nowhere", "leads nowhere"), ("#/components/itself", "refers to itself")]
)
def test_a_reference_that_leads_nowhere_is_refused(reference: str, said: str) -> None:
    """Also one that goes round."""
    components = {"itself": {"$ref": "#/components/itself"}}
    with pytest.raises(UsageError, match=said):
        of_document({**SMALL, "components": components, "paths": {"/": {"$ref": reference}}}, "small")


@pytest.mark.parametrize("text", ["openapi: 3.0.3", "[]", "a: [", "a: {b"])
def test_a_file_that_is_no_openapi_31_is_refused(tmp_path: Path, text: str) -> None:
    """With what is wrong with it."""
    file = tmp_path / "vendor.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"vendor\.yaml"):
        read(file)


def test_a_vendor_without_facts_is_told_with_those_that_have_some() -> None:
    """Nothing is known, and that is said."""
    with pytest.raises(UsageError, match="no facts of nobody: there are those of erpnext"):
        load("nobody")
