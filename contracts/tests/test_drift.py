"""What changed between two OpenAPI documents: nothing where nothing did, each change by its name, breaking apart."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

import fixtures
from contracts.commands import drift as command
from contracts.commands.breaking import RELEASED
from contracts.drift import compare
from contracts.drift_documents import read
from contracts.drift_published import against
from contracts.facts import HERE, escaped, parts
from contracts.tests.serving import serving
from fixtures.exits import Exit, Unreachable, UsageError

SENDGRID = Path(fixtures.__file__).parent / "data/sendgrid/tsg_mail_v3.json"
SEND = "#/paths/~1v3~1mail~1send/post"
BATCH = "#/paths/~1v3~1mail~1batch/post"
CONTENT = "#/components/requestBodies/PostMailSend/content"
MAIL = f"{CONTENT}/application~1json/schema"
EACH = f"{MAIL}/properties/personalizations/items"
ERRORS = "#/components/schemas/ErrorResponse/properties/errors/items"
BATCH_ID = "#/components/schemas/MailBatchResponse/properties/batch_id"
A_TEXT = {"type": "string"}
GONE = object()


@dataclass(frozen=True)
class Mutation:
    """One change to a document. at: where; value: what is put there, GONE for nothing, or made of what was there.

    says: part of what is told. told: where, when that is not `at`. ours: what it is for our facts, None for nothing.
    """

    title: str
    at: str
    value: Any
    says: str
    told: str = ""
    kind: str = "breaking"
    ours: str | None = "breaking"

    def made(self, document: dict[str, Any]) -> dict[str, Any]:
        changed = copy.deepcopy(document)
        *outer, last = parts(self.at)
        here: Any = changed
        for part in outer:
            here = here[int(part)] if isinstance(here, list) else here[part]
        name = int(last) if isinstance(here, list) else last
        if self.value is GONE:
            del here[name]
        else:
            here[name] = self.value(here[name]) if callable(self.value) else self.value
        return changed


def renamed(name: str, new: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda own: {(new if each == name else each): value for each, value in own.items()}


def and_also(*more: Any) -> Callable[[list[Any]], list[Any]]:
    return lambda own: [*own, *more]


def with_required(own: dict[str, Any]) -> dict[str, Any]:
    return {**own, "properties": {**own["properties"], "locale": A_TEXT}, "required": [*own["required"], "locale"]}


def header(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "header", "schema": A_TEXT, **more}


BREAKING = [
    Mutation("operation removed", BATCH, GONE, "POST /v3/mail/batch: is gone"),
    Mutation("path renamed", "#/paths", renamed("/v3/mail/send", "/v3/messages"),
             "POST /v3/mail/send: is POST /v3/messages now", told=SEND),
    Mutation("status removed", f"{SEND}/responses/202", GONE, "the answer 202 is not given any more"),
    Mutation("error's status removed", f"{SEND}/responses/413", GONE, "the answer 413 is not given any more"),
    Mutation("status changed", f"{SEND}/responses", renamed("202", "200"), "the answer 202 is not given any more",
             told=f"{SEND}/responses/202"),
    Mutation("body of another kind", CONTENT, renamed("application/json", "application/xml"),
             "the request is not application/json any more", told=f"{CONTENT}/application~1json"),
    Mutation("answer of another kind", "#/components/responses/PostMailSend400/content",
             renamed("application/json", "text/plain"), "the answer 400 is not application/json any more",
             told="#/components/responses/PostMailSend400/content/application~1json"),
    Mutation("body required", "#/components/requestBodies/PostMailSend/required", True, "the request is required now"),
    Mutation("field removed", f"{MAIL}/properties/template_id", GONE, "`template_id` is not taken any more"),
    Mutation("field renamed", f"{EACH}/properties", renamed("dynamic_template_data", "data"),
             "`personalizations[].dynamic_template_data` is not taken any more",
             told=f"{EACH}/properties/dynamic_template_data"),
    Mutation("field required", f"{MAIL}/required", and_also("subject"), "`subject` is required now",
             told=f"{MAIL}/required/2"),
    Mutation("new field required", EACH, with_required, "`personalizations[].locale` is new, and required",
             told=f"{EACH}/required/1"),
    Mutation("text made a number", f"{MAIL}/properties/template_id/type", "integer",
             "`template_id` is integer now, not string"),
    Mutation("number made a text", f"{MAIL}/properties/send_at/type", "string",
             "`send_at` is string now, not integer"),
    Mutation("object made a text", "#/components/schemas/MailTo", A_TEXT,
             "`personalizations[].to[]` is string now, not object", told="#/components/schemas/MailTo/type"),
    Mutation("format changed", "#/components/schemas/MailTo/properties/email/format", "idn-email",
             "`personalizations[].to[].email` has the format idn-email now, not email"),
    Mutation("pattern added", f"{MAIL}/properties/batch_id/pattern", "^[A-Z]+$",
             "`batch_id` is now bound to the pattern ^[A-Z]+$"),
    Mutation("limit tightened", f"{MAIL}/properties/categories/maxItems", 5,
             "`categories` is limited to 5 now, not 10 (items at most)"),
    Mutation("limit added", f"{MAIL}/properties/subject/maxLength", 78,
             "`subject` is now limited to 78 (characters at most)"),
    Mutation("lower limit raised", f"{MAIL}/properties/ip_pool_name/minLength", 3,
             "`ip_pool_name` is limited to 3 now, not 2 (characters at least)"),
    Mutation("choice narrowed", "#/components/schemas/Disposition/enum", ["attachment"],
             "`attachments[].disposition` may not be 'inline' any more"),
    Mutation("choice made of a text", f"{MAIL}/properties/ip_pool_name/enum", ["a", "b"],
             "`ip_pool_name` is only 'a' or 'b' now"),
    Mutation("closed", f"{EACH}/properties/dynamic_template_data/additionalProperties", False,
             "`personalizations[].dynamic_template_data` takes no other members any more"),
    Mutation("default changed", f"{MAIL}/properties/attachments/items/properties/disposition/default", "inline",
             "`attachments[].disposition` is 'inline' when it is left out, not 'attachment'"),
    Mutation("a rule that nobody here can judge", f"{MAIL}/properties/subject/not", {"const": "test"},
             "`subject` says another `not` now"),
    Mutation("parameter removed", f"{BATCH}/parameters", [],
             "the header parameter `on-behalf-of` is not known any more", told=f"{BATCH}/parameters/0"),
    Mutation("parameter required", "#/components/parameters/OnBehalfOf/required", True,
             "the header parameter `on-behalf-of` is required now"),
    Mutation("new parameter required", f"{BATCH}/parameters", and_also(header("x-tenant", required=True)),
             "the header parameter `x-tenant` is new, and required", told=f"{BATCH}/parameters/1"),
    Mutation("parameter of another type", "#/components/parameters/BatchId/schema/type", "integer",
             "the path parameter `batch_id` is integer now, not string"),
    Mutation("parameter's choice narrowed", "#/components/schemas/ContentEncoding/enum", ["br"],
             "the header parameter `Content-Encoding` may not be 'gzip' any more"),
    Mutation("answer's field removed", f"{ERRORS}/properties/field", GONE, "`errors[].field` does not come any more"),
    Mutation("answer's field of another type", f"{BATCH_ID}/type", "integer", "`batch_id` is integer now, not string"),
    Mutation("answer's field perhaps null", f"{BATCH_ID}/type", ["string", "null"],
             "`batch_id` is string or null now, not string"),
    Mutation("other key", "#/components/securitySchemes/BearerAuth",
             {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
             "asks for apikey header x-api-key now; http bearer is not enough any more", told="#/security"),
    Mutation("server removed", "#/servers/0", GONE, "https://api.sendgrid.com is no longer named",
             told="#/servers/0/url"),
]  # fmt: skip
HARMLESS = [
    Mutation("new operation", "#/paths/~1v3~1mail~1batch/get", {"responses": {}}, "GET /v3/mail/batch: is new",
             ours=None),
    Mutation("new optional parameter", f"{BATCH}/parameters", and_also(header("x-tenant")),
             "the header parameter `x-tenant` is new", told=f"{BATCH}/parameters/1", ours=None),
    Mutation("new optional field", f"{MAIL}/properties/locale", A_TEXT, "`locale` is new", ours=None),
    Mutation("new field in an answer", f"{ERRORS}/properties/trace", A_TEXT, "`errors[].trace` is new", ours=None),
    Mutation("new status", f"{SEND}/responses/422", {"description": "No."}, "the answer 422 is new", ours=None),
    Mutation("new header of an answer", f"{SEND}/responses/202/headers", {"X-Trace": {"schema": A_TEXT}},
             "the answer 202's header X-Trace is new", told=f"{SEND}/responses/202/headers/X-Trace", ours=None),
    Mutation("another kind of body", f"{CONTENT}/application~1xml", {}, "the request may be application/xml now",
             ours=None),
    Mutation("never missing any more", "#/components/schemas/MailBatchResponse/required", ["batch_id"],
             "`batch_id` is never missing now", told="#/components/schemas/MailBatchResponse/required/0", ours=None),
    Mutation("choice widened", "#/components/schemas/ContentEncoding/enum", ["gzip", "br"], "may be 'br' too now"),
    Mutation("limit loosened", f"{MAIL}/properties/categories/maxItems", 20, "is limited to 20 now, not 10"),
    Mutation("limit removed", f"{MAIL}/properties/subject/minLength", GONE, "`subject` has no limit of 1"),
    Mutation("required no more", f"{EACH}/required", [], "`personalizations[].to` is no longer required",
             told=f"{EACH}/required/0"),
    Mutation("deprecated", f"{SEND}/deprecated", True, "POST /v3/mail/send: is deprecated now"),
]  # fmt: skip
HARMLESS = [replace(each, kind="harmless", ours=each.ours and "harmless") for each in HARMLESS]
UNTOLD = [
    Mutation("description", f"{SEND}/description", "Another.", ""),
    Mutation("summary", f"{SEND}/summary", "Another.", ""),
    Mutation("example", f"{MAIL}/properties/subject/example", "Another.", ""),
    Mutation("title of a schema", "#/components/schemas/MailTo/title", "Another.", ""),
    Mutation("schema of another name", "#/components/schemas", lambda own: {**own, "Unused": A_TEXT}, ""),
]


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    return read(SENDGRID)


def test_a_document_does_not_differ_from_itself(published: dict[str, Any]) -> None:
    """What SendGrid publishes, what we state of every vendor, and our own API: none of them."""
    files = [*sorted(HERE.glob("*.yaml")), RELEASED]
    for document in (published, *map(read, files)):
        for direction in ("release", "facts"):
            assert compare(document, copy.deepcopy(document), direction=direction) == []


@pytest.mark.parametrize("mutation", [*BREAKING, *HARMLESS], ids=lambda each: each.title)
def test_each_change_is_found_and_named(mutation: Mutation, published: dict[str, Any]) -> None:
    """In the place where it is, in words that say what changed; and what is harmless breaks nothing."""
    found = compare(published, mutation.made(published), direction="release")
    same = [each for each in found if each.kind == mutation.kind]
    assert [each.where for each in same] == [mutation.told or mutation.at]
    assert mutation.says in same[0].says
    assert mutation.kind == "breaking" or found == same


@pytest.mark.parametrize("mutation", [*BREAKING, *HARMLESS], ids=lambda each: each.title)
def test_our_facts_notice_what_concerns_them(mutation: Mutation, published: dict[str, Any]) -> None:
    """What we do not rely on may change as it likes; each other change comes with the source of our statement."""
    found = against(read(HERE / "sendgrid.yaml"), mutation.made(published)).differences
    kinds = [each.kind for each in found]
    assert (kinds[0] if kinds else None) == mutation.ours
    assert all(each.source for each in found)


SAYS_NOTHING = {
    "#/components/schemas/ContentEncoding/type": "its values say as much",
    "#/components/schemas/Disposition/type": "its values say as much",
    "#/components/parameters/MailBodyCompression/schema/type": "its values say as much",
    f"{MAIL}/properties/attachments/items/properties/disposition/type": "its values say as much",
    "#/components/parameters/OnBehalfOf/required": "false is what nothing means",
    "#/components/parameters/MailBodyCompression/required": "false is what nothing means",
    f"{MAIL}/properties/personalizations/uniqueItems": "false is what nothing means",
}
FOR_PEOPLE = {"info", "tags", "externalDocs", "summary", "description", "title", "example", "examples"}


def _statements(value: Any, pointer: str = "#") -> Iterator[str]:
    """The pointers of all that a document states, but for what it says to people and its own version."""
    listed = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in listed:
        if name not in FOR_PEOPLE and name != "openapi":
            yield f"{pointer}/{escaped(str(name))}"
            yield from _statements(each, f"{pointer}/{escaped(str(name))}")


def test_nothing_can_be_taken_away_unseen(published: dict[str, Any]) -> None:
    """Whatever is taken out of the document is noticed, or refused where a reference then leads nowhere."""
    unseen = []
    for pointer in _statements(published):
        try:
            found = compare(published, Mutation("", pointer, GONE, "").made(published), direction="release")
        except UsageError:
            continue
        unseen += [] if found else [pointer]
    assert unseen == [each for each in unseen if each in SAYS_NOTHING]
    assert len(unseen) == len(SAYS_NOTHING)


@pytest.mark.parametrize("mutation", UNTOLD, ids=lambda each: each.title)
def test_words_for_people_are_passed_over(mutation: Mutation, published: dict[str, Any]) -> None:
    """Another description or example is no other API."""
    assert compare(published, mutation.made(published), direction="release") == []


def test_all_changes_are_told_apart(published: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """The table of all that is tried here, as `drift` says it."""
    with capsys.disabled():
        print()
        for mutation in (*BREAKING, *HARMLESS):
            found = compare(published, mutation.made(published), direction="release")
            told = next(each for each in found if each.kind == mutation.kind)
            print(f"  {told.kind:<9} {mutation.title:<36} {told.says}")
    assert len(BREAKING) >= 20
    assert len(HARMLESS) >= 10


# The command


def test_the_published_document_leaves_nothing_to_say(capsys: pytest.CaptureFixture[str]) -> None:
    """It names what is known to differ with its reason, and what is published elsewhere, and ends with 0."""
    assert command.run("sendgrid", str(SENDGRID)) == Exit.RELEASE
    shown = capsys.readouterr().out
    assert "GET /v3/scopes is published in Twilio SendGrid Scopes API" in shown
    assert "sendgrid: 3 operations compared, 0 breaking differences, 0 harmless, 10 known" in shown


def test_a_changed_document_is_not_verified(
    published: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The difference comes with its place and our source, breaking ones first, and the exit code is 12."""
    changed = HARMLESS[9].made(BREAKING[2].made(published))
    file = tmp_path / "changed.json"
    file.write_text(json.dumps(changed))
    assert command.run("sendgrid", str(file)) == Exit.NOT_VERIFIED
    first, second, *others = capsys.readouterr().out.splitlines()
    assert first == "breaking  POST /v3/mail/send: the answer 202 is not given any more"
    assert second.startswith(f"          {SEND}/responses/202 (ours by twilio/sendgrid-oai")
    assert [line for line in others if line.startswith("breaking")] == []
    assert any(line.startswith("harmless") for line in others)


def test_a_difference_is_known_only_as_it_is_stated(published: dict[str, Any]) -> None:
    """A pattern of their own in the place where they had none is news, and what is stated no longer holds."""
    changed = copy.deepcopy(published)
    body = changed["components"]["requestBodies"]["PostMailSend"]["content"]["application/json"]["schema"]
    body["properties"]["template_id"]["pattern"] = "^t-"
    found = against(read(HERE / "sendgrid.yaml"), changed).differences
    assert [each.kind for each in found] == ["breaking", "harmless"]
    assert "has the pattern ^t- now" in found[0].says
    assert "take it out of the facts" in found[1].says


def test_a_document_of_something_else_is_compared_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing of ours is in it: each operation is gone, and the exit code is 12."""
    file = tmp_path / "other.yaml"
    file.write_text("openapi: 3.0.3\ninfo: {title: Another, version: '1'}\npaths: {}\n")
    assert command.run("sendgrid", str(file)) == Exit.NOT_VERIFIED
    assert "POST /v3/mail/send: is gone" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "[", "{", "swagger: '2.0'", "- a", "\u0000"])
def test_what_is_no_openapi_document_is_the_users_mistake(text: str, tmp_path: Path) -> None:
    """One sentence that names the file."""
    file = tmp_path / "no.yaml"
    file.write_text(text)
    with pytest.raises(UsageError, match=r"no\.yaml"):
        command.run("sendgrid", str(file))


def test_what_cannot_be_read_is_the_users_mistake(tmp_path: Path) -> None:
    """A file that is not there, and a provider without facts."""
    with pytest.raises(UsageError, match="can't be read"):
        command.run("sendgrid", str(tmp_path / "none.json"))
    with pytest.raises(UsageError, match="no facts of nobody"):
        command.run("nobody", str(SENDGRID))


def test_an_address_is_asked_and_must_answer(published: dict[str, Any]) -> None:
    """It may be a URL; one that nobody listens at, or that has no document, is unreachable."""
    with serving({"/mail.json": json.dumps(published).encode()}) as base_url:
        assert command.run("sendgrid", f"{base_url}/mail.json") == Exit.RELEASE
        with pytest.raises(Unreachable, match="answered 404"):
            command.run("sendgrid", f"{base_url}/other.json")
    with pytest.raises(Unreachable, match="ConnectError"):
        command.run("sendgrid", f"{base_url}/mail.json")
