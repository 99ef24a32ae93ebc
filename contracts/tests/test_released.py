"""Our own API: today's breaks nothing of the last release, and what would is found and named."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from contracts.commands import breaking
from contracts.commands.breaking import RELEASED, normal
from contracts.drift import compare
from contracts.drift_documents import read
from contracts.facts import parts
from contracts.tests.serving import serving
from fixtures.exits import Exit, Unreachable, UsageError
from fixtures.reference import start_reference

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fixtures.postgres import PostgresServer

pytest_plugins = ["fixtures.testing"]

WALLET = "#/paths/~1admin~1wallets~1{wallet_id}/post"
SCHEMAS = "#/components/schemas"
BYTES_MAX = 300_000


@pytest.fixture(scope="module")
def released() -> dict[str, Any]:
    return read(RELEASED)


def test_todays_api_breaks_nothing_of_the_last_release(
    postgres: PostgresServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever keeps to the released document can call the platform as it is; the reference is asked over HTTP."""
    with start_reference(postgres) as reference:
        verdict = breaking.run(reference.base_url)
        document = httpx.get(f"{reference.base_url}/openapi.json", trust_env=False).json()
    assert verdict == Exit.RELEASE, capsys.readouterr().out
    assert compare(document, json.loads(normal(document)), direction="release") == []


def test_the_released_document_is_small_and_in_its_normal_form() -> None:
    """Written again it is the same to the byte, so a change shows as the lines that changed."""
    assert RELEASED.stat().st_size < BYTES_MAX
    assert normal(read(RELEASED)) == RELEASED.read_text(encoding="utf-8")


def put(document: dict[str, Any], pointer: str, change: Callable[[Any], Any]) -> dict[str, Any]:
    """The document with what stands at a pointer changed; None takes it away."""
    changed = copy.deepcopy(document)
    *outer, last = parts(pointer)
    here: Any = changed
    for part in outer:
        here = here[int(part)] if isinstance(here, list) else here[part]
    value = change(here.get(last))
    if value is None:
        del here[last]
    else:
        here[last] = value
    return changed


def without(name: str) -> Callable[[Any], Any]:
    return lambda own: {each: value for each, value in own.items() if each != name}


def not_required(name: str) -> Callable[[Any], Any]:
    return lambda own: [each for each in own if each != name]


CHANGES: list[tuple[str, str, Callable[[Any], Any], str, str]] = [
    ("operation removed", WALLET, lambda _: None, "breaking", "POST /admin/wallets/{wallet_id}: is gone"),
    ("status removed", f"{WALLET}/responses/409", lambda _: None, "breaking", "the answer 409 is not given any more"),
    ("body may be missing", f"{WALLET}/requestBody/required", lambda _: False, "harmless", "no longer required"),
    ("id shorter", f"{WALLET}/parameters", lambda own: [{**own[0], "schema": {"type": "string", "maxLength": 26}}],
     "breaking", "the path parameter `wallet_id` is limited to 26 now, not 64 (characters at most)"),
    ("balance gone", f"{SCHEMAS}/Wallet/properties", without("balance"), "breaking", "does not come any more"),
    ("balance perhaps missing", f"{SCHEMAS}/Wallet/required", not_required("balance"), "breaking",
     "may be missing now"),
    ("balance a text", f"{SCHEMAS}/Wallet/properties/balance", lambda _: {"type": "boolean"}, "breaking", "is boolean"),
    ("state renamed", f"{SCHEMAS}/Booking/properties/status/enum", lambda own: [*own[1:], "late"], "breaking",
     "may be 'late' too now"),
    ("new field in a body", f"{SCHEMAS}/Adjustment-Input/properties",
     lambda own: {**own, "note": {"type": "string"}}, "harmless", "`note` is new"),
    ("new field demanded", f"{SCHEMAS}/Adjustment-Input", lambda own: {
        **own, "properties": {**own["properties"], "note": {}}, "required": [*own["required"], "note"]},
     "breaking", "`note` is new, and required"),
    ("amount gone", f"{SCHEMAS}/Adjustment-Input/properties", without("amount"), "breaking", "is not taken any more"),
    ("new operation", "#/paths/~1admin~1news", lambda _: {"get": {"responses": {}}}, "harmless",
     "GET /admin/news: is new"),
    ("field in every error gone", f"{SCHEMAS}/ErrorBody/properties", without("message"), "breaking",
     "`message` does not"),
]  # fmt: skip


@pytest.mark.parametrize(("title", "at", "change", "kind", "says"), CHANGES, ids=[each[0] for each in CHANGES])
def test_what_would_break_callers_is_found(
    title: str, at: str, change: Callable[[Any], Any], kind: str, says: str, released: dict[str, Any]
) -> None:
    """Each change once, however many operations it is met in, and what is harmless breaks nothing."""
    found = compare(released, put(released, at, change), direction="release")
    assert any(each.kind == kind and says in each.says for each in found), [each.says for each in found]
    assert kind == "breaking" or all(each.kind == "harmless" for each in found)
    assert len({(each.where, each.says) for each in found}) == len(found) <= 4


def test_a_breaking_change_is_not_released_by_itself(
    released: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It ends with 12 and leaves the file alone; `--release` writes it, and then nothing differs."""
    kept, today = tmp_path / "released" / "cityos.json", tmp_path / "today.json"
    today.write_text(json.dumps(released))
    assert breaking.run(str(today), kept, release=True) == Exit.RELEASE
    before = kept.read_bytes()
    today.write_text(json.dumps(put(released, WALLET, lambda _: None)))
    assert breaking.run(str(today), kept) == Exit.NOT_VERIFIED
    assert kept.read_bytes() == before
    assert "breaking  POST /admin/wallets/{wallet_id}: is gone" in capsys.readouterr().out
    assert breaking.run(str(today), kept, release=True) == Exit.RELEASE
    assert breaking.run(str(today), kept) == Exit.RELEASE
    assert "0 breaking changes, 0 harmless" in capsys.readouterr().out.splitlines()[-1]


def test_a_harmless_change_is_listed_and_passes(
    released: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A new operation is told, and the exit code is 0."""
    today = tmp_path / "today.json"
    today.write_text(json.dumps(put(released, "#/paths/~1news", lambda _: {"get": {"responses": {}}})))
    assert breaking.run(str(today)) == Exit.RELEASE
    assert "harmless  GET /news: is new" in capsys.readouterr().out


def test_a_base_url_stands_for_its_document(released: dict[str, Any]) -> None:
    """With a stroke at its end or without; the address of a document stands for itself."""
    with serving({"/openapi.json": json.dumps(released).encode()}) as base_url:
        for address in (base_url, f"{base_url}/", f"{base_url}/openapi.json"):
            assert breaking.run(address) == Exit.RELEASE
        with pytest.raises(Unreachable, match="answered 404"):
            breaking.run(f"{base_url}/elsewhere.json")


def test_without_a_release_there_is_nothing_to_break(tmp_path: Path) -> None:
    """That is the user's mistake, and the sentence says what to do."""
    with pytest.raises(UsageError, match="--release"):
        breaking.run(str(RELEASED), tmp_path / "none.json")


def test_a_field_may_be_called_as_a_description_is() -> None:
    """The normal form drops what is said for people, not the fields of those names."""
    properties = {"description": {"type": "string", "description": "Of the goods."}, "title": {"enum": [{"title": 1}]}}
    schema = {"type": "object", "title": "Goods", "properties": properties, "x-own": 1}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "One", "version": "1", "description": "Long."},
        "paths": {},
        "components": {"schemas": {"Goods": schema}},
    }
    kept = json.loads(normal(document))
    assert kept["components"]["schemas"]["Goods"] == {
        "type": "object",
        "properties": {"description": {"type": "string"}, "title": {"enum": [{"title": 1}]}},
    }
    assert kept["info"] == {"title": "One", "version": "1"}
