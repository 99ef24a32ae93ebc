"""`cityos contracts stub`: what it answers and prints for right and for wrong calls."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from contracts.commands import stub as command
from contracts.pacts import FOLDER, read
from contracts.stub import Stub, served
from contracts.tests.commands import started
from contracts.tests.shop import asked, with_shop
from fixtures.exits import Exit, UsageError
from fixtures.serving import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = {"accept": "application/json", "authorization": "token 1a2b3c:4d5e6f"}
CUSTOMER = {"customer_name": "huda", "customer_type": "Individual", "email_id": "noura@example.com",
            "mobile_no": "+966501234567", "custom_medusa_customer_id": "cus_7"}  # fmt: skip
WHOSE = "/api/method/frappe.auth.get_logged_user"
SOLD = "/api/resource/Sales%20Invoice"
ASKED_FOR = {"fields": '["name"]', "filters": '[["custom_cms_ref_id","=","7"]]', "limit_page_length": "1",
             "order_by": "name asc"}  # fmt: skip
WHOSE_KEY = "the question whose key it is (given the key is right)"
LOOKED_UP = "a look-up of a country (given a country is there that ERPNext brought along)"
NEW = "a new customer (given a customer of ours is not in the books)"
HEADER = "Header mismatch: Mismatch with header"


@pytest.fixture(scope="module")
def erpnext() -> Iterator[tuple[httpx.Client, list[str]]]:
    """The stub of ERPNext, and what it prints."""
    said: list[str] = []
    stub = Stub(read(FOLDER / "cityos-erpnext.json"), said.append)
    with served(stub) as url, httpx.Client(base_url=url, trust_env=False, timeout=30) as http:
        yield http, said


def none(nearest: str, *differences: str) -> list[str]:
    """What is printed of a request that no interaction allows, behind its method, path and status."""
    return [f"no interaction allows it; the nearest is “{nearest}”:", *(f"    {each}" for each in differences)]


CALLS: dict[str, tuple[str, dict[str, Any], int, list[str]]] = {
    "right question": (f"GET {WHOSE}", {"headers": KEY}, 200, [WHOSE_KEY]),
    "right list": ("GET /api/resource/Country", {"headers": KEY, "params": ASKED_FOR}, 200, [LOOKED_UP]),
    "right document": (
        f"PUT {SOLD}/ACC-7", {"headers": KEY, "json": {"docstatus": 2}}, 200,
        ["the cancellation of an invoice (given an order has an invoice that is owed)"]),
    "right new document": ("POST /api/resource/Customer", {"headers": KEY, "json": CUSTOMER}, 200, [NEW]),
    "no key": (
        f"GET {WHOSE}", {"headers": {"accept": "application/json"}}, 403,
        ["the question whose key it is, without one (given the key is right)"]),
    "state by header": (
        f"GET {WHOSE}", {"headers": {**KEY, "x-pact-state": "ERPNext is in maintenance"}}, 503,
        ["the question whose key it is, in maintenance (given ERPNext is in maintenance)"]),
    "unknown state": (
        f"GET {WHOSE}", {"headers": {**KEY, "x-pact-state": "on holiday"}}, 500,
        ["no interaction has the state “on holiday”"]),
    "method": (f"PUT {WHOSE}", {"headers": KEY}, 500, none(WHOSE_KEY, "Method: expected GET, got PUT")),
    "path": (
        "GET /api/method/ping", {"headers": KEY}, 500,
        none(WHOSE_KEY, f"Path: expected {WHOSE}, got /api/method/ping")),
    "path of a document": (
        f"PUT {SOLD}/ACC-7/items", {"headers": KEY, "json": {"docstatus": 2}}, 500,
        none("the cancellation of an invoice (given an order has an invoice that is owed)",
             "Path: expected one like /api/resource/Sales Invoice/ACC-SINV-2026-00042, "
             "got /api/resource/Sales Invoice/ACC-7/items")),
    "header missing": (
        "GET /api/resource/Country", {"headers": {"accept": KEY["accept"]}, "params": ASKED_FOR}, 500,
        none(LOOKED_UP, "Header mismatch: Expected a header 'authorization' but was missing")),
    "form of the key": (
        "GET /api/resource/Country", {"headers": {**KEY, "authorization": "Bearer 1a2b"}, "params": ASKED_FOR}, 500,
        none(LOOKED_UP, f"{HEADER} 'authorization': Expected 'Bearer 1a2b' to match '^token [^\\s:]+:[^\\s:]+$'")),
    "header": (
        f"GET {WHOSE}", {"headers": {**KEY, "accept": "text/html"}}, 500,
        none(WHOSE_KEY, f"{HEADER} 'accept': Expected header 'accept' to have value 'application/json' "
             "but was 'text/html'")),
    "query": (
        "GET /api/resource/Country", {"headers": KEY, "params": {**ASKED_FOR, "limit_page_length": "50"}}, 500,
        none(LOOKED_UP, "Query mismatch: Expected query parameter 'limit_page_length' with value '1' but was '50'")),
    "type in the body": (
        "POST /api/resource/Customer", {"headers": KEY, "json": {**CUSTOMER, "mobile_no": 966}}, 500,
        none(NEW, "Body mismatch: Expected 966 (Integer) to be equal to '+966501234567' (String)")),
    "field too many": (
        "POST /api/resource/Customer", {"headers": KEY, "json": {**CUSTOMER, "nickname": "x"}}, 500,
        none(NEW, "Body mismatch: Expected a Map with keys [custom_medusa_customer_id, customer_name, customer_type, "
             "email_id, mobile_no] but received one with keys [custom_medusa_customer_id, customer_name, "
             "customer_type, email_id, mobile_no, nickname]")),
    "no JSON": (
        "POST /api/resource/Customer", {"headers": {**KEY, "content-type": "application/json"}, "content": b"{no"}, 500,
        none(NEW, "Body mismatch: Failed to parse the actual body: 'key must be a string at line 1 column 2'")),
    "binary and large": (
        "POST /api/resource/Customer",
        {"headers": {**KEY, "content-type": "application/octet-stream"}, "content": bytes(range(256)) * 4000}, 500,
        none(NEW, "Body type mismatch: Expected a body of 'application/json' but the actual content type was "
             "'application/octet-stream'",
             f"{HEADER} 'Content-Type': Expected header 'Content-Type' to have value 'application/json' "
             "but was 'application/octet-stream'")),
    "HEAD": (f"HEAD {WHOSE}", {"headers": KEY}, 500, none(WHOSE_KEY, "Method: expected GET, got HEAD")),
    "OPTIONS": (f"OPTIONS {WHOSE}", {"headers": KEY}, 500, none(WHOSE_KEY, "Method: expected GET, got OPTIONS")),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_a_call_and_what_is_printed_of_it(name: str, erpnext: tuple[httpx.Client, list[str]]) -> None:
    """A right call is answered as the contract says; of a wrong one the nearest is told, with each difference.

    What is printed is in the answer too.
    """
    http, said = erpnext
    line, sent, status, words = CALLS[name]
    said.clear()
    answer = http.request(*line.split(" ", 1), **sent)
    assert answer.status_code == status
    method, path = line.replace("%20", " ").split(" ", 1)
    first, *rest = said
    assert first.startswith(f"{method} {path}")
    assert [first.partition(f" {status} ")[2], *rest] == words
    if status != 500:
        assert answer.headers["x-pact-interaction"] == words[0]
    elif method != "HEAD":
        told = answer.json()
        assert told.get("differences", []) == [each.strip() for each in words[1:]]
        assert told.get("nearest", "") in words[0]


def test_the_answer_is_the_contracts(erpnext: tuple[httpx.Client, list[str]]) -> None:
    """Its body and its headers; a page in a browser may read it too."""
    answer = erpnext[0].get(WHOSE, headers={**KEY, "origin": "http://localhost:5173"})
    assert (answer.json(), answer.headers["content-type"]) == ({"message": "cityos@example.com"}, "application/json")
    assert answer.headers["access-control-allow-origin"] in {"*", "http://localhost:5173"}


def test_it_remembers_nothing(erpnext: tuple[httpx.Client, list[str]]) -> None:
    """What was asked before changes no later answer: the differences are those of this request alone."""
    http, said = erpnext
    for mobile in (1, 2, 3):
        said.clear()
        http.post("/api/resource/Customer", headers=KEY, json={**CUSTOMER, "mobile_no": mobile})
        assert said[1:] == [f"    Body mismatch: Expected {mobile} (Integer) to be equal to '+966501234567' (String)"]


def test_only_interactions_in_a_state() -> None:
    """Those of other states are not served; messages never are."""
    contract = read(FOLDER / "cityos-erpnext.json")
    stub = Stub(contract, lambda _: None, ["ERPNext is in maintenance"])
    assert stub.count == 1
    assert Stub(contract, lambda _: None).count == sum(not each.is_message for each in contract.interactions)
    with served(stub) as url:
        assert httpx.get(f"{url}{WHOSE}", headers=KEY, trust_env=False).status_code == 503


def test_of_several_the_very_path_and_success_go_first() -> None:
    """Where more than one interaction allows a request."""
    any_order = asked("any order", path="/orders/1", answer={"id": "any"})
    any_order["request"]["matchingRules"] = {
        "path": {"combine": "AND", "matchers": [{"match": "regex", "regex": "/orders/.+"}]}
    }
    gone = asked("it is gone", path="/orders/7", status=410, answer={"id": "gone"})
    seven = asked("the seventh", path="/orders/7", answer={"id": "7"})
    with served(Stub(with_shop(any_order, gone, seven), lambda _: None)) as url, httpx.Client(base_url=url) as http:
        assert [http.get(f"/orders/{number}").json()["id"] for number in ("7", "8")] == ["7", "any"]


def test_as_a_user_starts_it(tmp_path: Path) -> None:
    """It says where it is and which states there are, a line for each request, and ends by SIGTERM with 0."""
    with started("stub", "erpnext", "--port", "0", folder=tmp_path) as child:
        assert child.stdout is not None
        first = child.stdout.readline()
        assert first.startswith("cityos with erpnext: 62 interactions at http://127.0.0.1:")
        assert child.stdout.readline().startswith(
            "choose a state by the header x-pact-state; there are: ERPNext is asked"
        )
        assert child.stdout.readline() == "stop it with Ctrl-C\n"
        answer = httpx.get(first.split()[-1] + WHOSE, headers=KEY, trust_env=False)
        assert answer.status_code == 200
        assert child.stdout.readline() == f"GET {WHOSE} 200 {WHOSE_KEY}\n"
        child.send_signal(signal.SIGTERM)
        assert child.communicate(timeout=20) == ("", "")
    assert child.returncode == Exit.RELEASE


@pytest.mark.parametrize(
    ("provider", "state", "words"),
    [
        ("erpnxt", (), "there is no contract with erpnxt; there are contracts with cityos, erpnext, "),
        ("fleetbase", ("on holiday",), "--state “on holiday”: the contract knows "),
    ],
)
def test_mistakes(provider: str, state: tuple[str, ...], words: str) -> None:
    """Each is one sentence, with what there is."""
    with pytest.raises(UsageError) as caught:
        command.run(provider, port=0, states=state, file=None)
    assert str(caught.value).startswith(words)


def test_a_port_that_is_taken() -> None:
    """Another is to be chosen."""
    with serving(Stub(with_shop(asked()), print)) as url:
        port = int(url.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"), served(Stub(with_shop(asked()), print), port):
            pass
        with pytest.raises(UsageError, match=f"Port {port} of 127.0.0.1 can't be had"):
            command.run("fleetbase", port=port, states=(), file=None)


def test_a_page_of_another_origin() -> None:
    """A browser's preflight is allowed, and so is the answer to what it then asks."""
    origin = {"origin": "http://127.0.0.1:5173"}
    asks = {**origin, "access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    stub = Stub(read(FOLDER / "cityos-erpnext.json"), lambda line: None)
    with served(stub) as url, httpx.Client(base_url=url, trust_env=False) as http:
        preflight = http.options(WHOSE, headers=asks)
        answer = http.get(WHOSE, headers={**KEY, **origin})
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (200, "*")
    assert "authorization" in preflight.headers["access-control-allow-headers"].lower()
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")
