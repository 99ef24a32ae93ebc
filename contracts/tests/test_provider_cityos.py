"""Our platform as the provider: the reference keeps what the storefront and the subscriber were promised."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest

from contracts.pacts import committed
from contracts.providers import cityos
from contracts.providers.cityos import ELSEWHERE, CityOS, opened
from contracts.providers.states import StateFailed
from contracts.providers.verify import SKIP, verify
from fixtures.exits import Unreachable, UsageError
from fixtures.targets import Credentials, Target, Tenant, to_toml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from contracts.pacts import Contract

NOWHERE = Target("nowhere", "http://127.0.0.1:9", (Tenant("one", "pk_1", Credentials("qa@example.com", "Secret-1")),))


@pytest.fixture(scope="module")
def served() -> Iterator[CityOS]:
    """The reference, for all tests here."""
    with opened("reference") as (provider, version):
        assert version is None
        yield provider


@pytest.fixture
def provider(served: CityOS) -> Iterator[CityOS]:
    """A provider of the test's own, with people and things of its own."""
    with contextlib.closing(CityOS(served.target)) as one:
        yield one


def contract(name: str) -> Contract:
    (found,) = (each for each in committed("cityos") if each.name == name)
    return found


@pytest.mark.parametrize(("name", "at_least"), [("storefront-cityos", 60), ("cityos-subscriber-cityos", 13)])
def test_contract_is_kept(provider: CityOS, name: str, at_least: int) -> None:
    """Every interaction is asked, and every one passes."""
    found = verify(contract(name), provider)
    assert [(each.title, each.differences) for each in found.results if each.outcome != "pass"] == []
    assert found.complete
    assert found.count("pass") == len(contract(name).interactions) >= at_least


def _renamed(event: dict[str, Any]) -> None:
    event["data"]["identifier"] = event["data"].pop("id")


def _as_text(event: dict[str, Any]) -> None:
    event["data"]["total"] = str(event["data"]["total"])


def _of_another_type(event: dict[str, Any]) -> None:
    event["type"] = "order.created"


def _without_its_tenant(event: dict[str, Any]) -> None:
    del event["source"]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (_renamed, "body $.data"),
        (_as_text, "body $.data.total"),
        (_of_another_type, "body $.type"),
        (_without_its_tenant, "body $"),
        (None, "header content-type"),
    ],
)
def test_changed_events_are_caught(
    provider: CityOS, monkeypatch: pytest.MonkeyPatch, change: Callable[[dict[str, Any]], None] | None, where: str
) -> None:
    """An event that was told otherwise is not what the subscriber was promised, and the difference says where."""
    told = provider.message

    def changed(description: str) -> tuple[bytes, dict[str, str]]:
        raw, headers = told(description)
        event = json.loads(raw)
        if change is None:
            return raw, {"content-type": "application/json"}
        change(event)
        return json.dumps(event).encode(), headers

    monkeypatch.setattr(provider, "message", changed)
    events = contract("cityos-subscriber-cityos")
    placed = events.only([each for each in events.interactions if each.description == "order.placed"])
    (result,) = verify(placed, provider).results
    assert result.outcome == "fail"
    assert where in [each.where for each in result.differences], result.differences


def test_one_tenant(served: CityOS) -> None:
    """On a target with one tenant, what needs another is left out by name, and the rest is asked."""
    alone = msgspec.structs.replace(served.target, tenants=served.target.tenants[:1])
    shop = contract("storefront-cityos")
    few = shop.only([each for each in shop.interactions if "a request for a product" in each.description])
    with contextlib.closing(CityOS(alone)) as provider:
        found = verify(few, provider)
    (skipped,) = (each for each in found.results if each.outcome == SKIP)
    assert skipped.reason == f"“{ELSEWHERE}” needs a second tenant with an operator in the file of reference"
    assert found.success
    assert not found.complete


def test_goods_are_taken_away(served: CityOS) -> None:
    """What was put up for sale is gone from the shop when the provider is closed."""
    with contextlib.closing(CityOS(served.target)) as provider:
        values = provider.set_up("a good is for sale", {})
    headers = {"x-publishable-api-key": values["publishable_key"]}
    answer = httpx.get(f"{served.base_url}/store/products/{values['product_id']}", headers=headers, trust_env=False)
    assert answer.status_code == 404


def test_two_set_ups_share_nothing(provider: CityOS) -> None:
    """A state that is set up twice gives a cart, a slot and an address that nobody was given before."""
    for name, value in {
        "a customer has a cart with a good in it": "cart_id",
        "a service can be booked": "start_time",
        "nobody has this e-mail address": "email",
        "a customer never had a wallet": "authorization",
    }.items():
        first, second = (provider.set_up(name, {})[value] for _ in range(2))
        assert first != second, name


def test_a_state_that_is_refused(served: CityOS) -> None:
    """When a state can't be set up, it is named with what the platform said."""
    wrong = msgspec.structs.replace(served.target.main, operator=Credentials("nobody@example.com", "Wrong-1"))
    target = msgspec.structs.replace(served.target, tenants=(wrong,))
    with (
        contextlib.closing(CityOS(target)) as provider,
        pytest.raises(StateFailed, match=r"“the shop is open”.*401.*Invalid email or password"),
    ):
        provider.set_up("the shop is open", {})


def test_a_message_of_nothing(provider: CityOS) -> None:
    """An event is read only after a state made it happen."""
    with pytest.raises(StateFailed, match=r"no state made order\.placed happen"):
        provider.message("order.placed")


def test_an_event_that_never_comes(provider: CityOS, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the platform does not tell of what happened, that is said, and nothing is made up."""
    monkeypatch.setattr("contracts.providers.cityos_events.WITHIN_S", 0.2)
    provider.set_up("a customer registers", {})
    with pytest.raises(StateFailed, match=r"order\.placed: did not happen within 0\.2 s"):
        provider.message("order.placed")


def test_read_only_is_refused() -> None:
    """States write, so a target that is marked read-only is not touched at all."""
    with pytest.raises(UsageError, match="nowhere is read-only"):
        CityOS(msgspec.structs.replace(NOWHERE, read_only=True))


def test_without_an_operator() -> None:
    """Without somebody who sets the states up there is nothing to do: the file's table and key are named."""
    nobody = msgspec.structs.replace(NOWHERE.main, operator=None)
    with pytest.raises(UsageError, match=r"add operator = .* below \[tenants.one\]"):
        CityOS(msgspec.structs.replace(NOWHERE, tenants=(nobody,)))


def test_a_target_by_its_file(served: CityOS, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A target is named by its file or by its name in targets/, and its version is what its health says."""
    folder = tmp_path / "targets"
    folder.mkdir()
    (folder / "staging.toml").write_text(to_toml(served.target))
    monkeypatch.setattr(cityos, "TARGETS", folder)
    health = httpx.get(f"{served.base_url}/health", trust_env=False).json()
    for name in ("staging", str(folder / "staging.toml")):
        with opened(name) as (provider, version):
            assert provider.base_url == served.base_url
            assert version in (health["commit"], health["version"])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("medusa", "a plain core has no wallet"),
        ("production", "there is no .*production.toml: give the path of a target file, or one of reference"),
        ("there/is/none.toml", "cannot be read"),
    ],
)
def test_targets_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str) -> None:
    """A target that is not there is a mistake of the user, said with the remedy."""
    monkeypatch.setattr(cityos, "TARGETS", tmp_path)
    with pytest.raises(UsageError, match=words), opened(name):
        pass


def test_a_target_that_does_not_answer(tmp_path: Path) -> None:
    """Nobody answers: unreachable."""
    file = tmp_path / "nowhere.toml"
    file.write_text(to_toml(NOWHERE))
    with pytest.raises(Unreachable), opened(str(file)):
        pass
