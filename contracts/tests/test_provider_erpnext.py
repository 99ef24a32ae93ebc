"""The contract with ERPNext against its simulator: every interaction holds, and states that can't be had say why."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from contracts.pacts import FOLDER, read
from contracts.providers.erpnext import DELIVERED, HOOKED, READER, ErpNext
from contracts.providers.states import StateFailed
from contracts.providers.verify import FAIL, verify
from contracts.tests.plain_servers import free_hook
from fixtures import signers
from fixtures.simulators.base import running
from fixtures.simulators.erpnext import ErpNext as Simulator
from fixtures.simulators.erpnext import webhooks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from contracts.pacts import Contract

    Opened = Callable[..., ErpNext]

OWED = "an order has an invoice that is owed"
ORDER = {"custom_medusa_order_id": "order"}


@pytest.fixture(scope="module")
def contract() -> Contract:
    """As it is committed."""
    return read(FOLDER / "cityos-erpnext.json")


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Starts a simulator with these attributes, and gives the provider that it is."""
    closing: list[Callable[[], object]] = []

    def open_it(settings: dict[str, str] | None = None, **attributes: Any) -> ErpNext:
        served = running(Simulator(**attributes))
        provider = ErpNext(served.__enter__().base_url, settings=settings)
        closing.extend([lambda: served.__exit__(None, None, None), provider.close])
        return provider

    yield open_it
    for close in reversed(closing):
        close()


def test_the_simulator_keeps_the_contract(contract: Contract) -> None:
    """All pass, and what the states made is taken away again, but for what stands in the ledger."""
    with running(simulator := Simulator()) as served:
        provider = ErpNext(served.base_url)
        found = verify(contract, provider)
        provider.close()
    assert [(each.title, each.differences) for each in found.results if each.outcome == FAIL] == []
    assert found.complete
    left = [each["name"] for kind in ("Item", "Webhook", "CMS Category") for each in simulator.documents(kind)]
    assert left == []
    assert {each["docstatus"] for each in simulator.documents("Sales Invoice")} == {2}
    assert not [each for each in simulator.documents("Country") if each["code"] == "zz"]


def test_the_contract_says_what_the_client_needs(contract: Contract) -> None:
    """Money is numbers, the key has a form, and no simulator's own names stand in requests as literals."""
    for each in contract.interactions:
        if each.is_message:
            continue
        request = each.raw["request"]
        named = request["headers"].get("authorization", ["token nobody:nothing"])
        assert named[0] == "token nobody:nothing" or "authorization" in request["generators"]["header"], each.title
        assert "Dakkah Test LLC" not in str(request), each.title


@pytest.mark.parametrize(
    ("attributes", "settings", "name", "words"),
    [
        ({"custom_fields": {}}, {}, OWED, "Customer has no field custom_medusa_customer_id: make it as a Custom Field"),
        ({}, {"company": "Nobody Ltd"}, OWED, "417: .*Could not find Company: Nobody Ltd"),
        ({"doctypes": ()}, {}, "a category of the CMS is in ERPNext", "500: .*cms_category"),
        ({"tracebacks": False}, {}, "the site tells the exception of an error", "set Allow Error Traceback"),
        ({"api_key": "other:key"}, {}, "an item is in the books", "POST /api/resource/Item was answered with 401"),
        ({}, {}, "the moon is full", "there is no way to the state “the moon is full” of erpnext"),
    ],
)
def test_a_state_that_cannot_be_set_up_says_why(
    opened: Opened, attributes: dict[str, Any], settings: dict[str, str], name: str, words: str
) -> None:
    """In ERPNext's words, or in ours where ERPNext says nothing."""
    provider = opened(settings, **attributes)
    with pytest.raises(StateFailed, match=words):
        provider.set_up(name, ORDER if name == OWED else {})


def test_what_a_failed_state_made_is_taken_away_too(opened: Opened) -> None:
    """A state that fails half way leaves nothing behind."""
    provider = opened({"company": "Nobody Ltd"})
    with pytest.raises(StateFailed):
        provider.set_up(OWED, ORDER)
    assert provider.ask("GET", "/api/resource/Item")["data"]
    provider.tear_down()
    assert provider.ask("GET", "/api/resource/Item")["data"] == []
    assert provider.ask("GET", "/api/resource/Customer")["data"] == []


def test_what_only_a_simulator_can_is_left_out_elsewhere(opened: Opened) -> None:
    """By name and with the reason; a user who may only read is to be named."""
    provider = opened()
    assert provider.why_not(READER) is None
    provider.is_simulator = False
    assert provider.why_not("ERPNext is in maintenance") == (
        "“ERPNext is in maintenance” can only be brought about on a simulator"
    )
    assert "--set reader='token key:secret'" in str(provider.why_not(READER))
    provider.settings["reader"] = "token a:b"
    assert provider.why_not(READER) is None
    assert provider.set_up(READER, {})["authorization"] == "token a:b"


@pytest.mark.parametrize("description", DELIVERED)
def test_deliveries_were_really_sent(opened: Opened, description: str) -> None:
    """A delivery comes as the site wrote and signed it, under the name of its event."""
    body, headers = opened().message(description)
    assert headers["topic"].encode().removeprefix(b"Sales Invoice.") in body
    assert "content-type" not in headers
    assert "x-frappe-webhook-signature" in headers


def test_a_signature_over_something_else_is_noticed(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """The form of a signature says nothing about what was signed: it is computed again."""

    def of_another(body: bytes, secret: str) -> dict[str, str]:
        return signers.erpnext(body + b" ", secret)

    monkeypatch.setattr(webhooks, "signers", SimpleNamespace(erpnext=of_another, frappe_json=signers.frappe_json))
    with pytest.raises(StateFailed, match="X-Frappe-Webhook-Signature is no HMAC-SHA256 of the raw body in base64"):
        opened().message("an invoice was paid")


def test_a_site_elsewhere_needs_a_way_back(opened: Opened) -> None:
    """A site on another machine has no way to a listener here, unless a setting names the end of a tunnel."""
    provider, told = opened(), opened({"hook": "http://127.0.0.1:9000/hook"})
    assert provider.why_not(HOOKED) is None
    provider.base_url = told.base_url = "https://erp.example.com"
    assert "--set hook=" in (provider.why_not(HOOKED) or "")
    assert told.why_not(HOOKED) is None


def test_the_end_of_a_tunnel(opened: Opened) -> None:
    """A Webhook goes where the setting says, and somebody listens on its port."""
    hook = free_hook()
    provider = opened({"hook": hook})
    body, _ = provider.message("an invoice was submitted")
    assert b'"event": "on_submit"' in body
    assert "hook" not in provider.set_up(HOOKED, {})


def test_nothing_else_is_delivered(opened: Opened) -> None:
    """A message that nobody knows how to bring about is named."""
    with pytest.raises(StateFailed, match="erpnext has no way to send “an invoice was eaten”"):
        opened().message("an invoice was eaten")
