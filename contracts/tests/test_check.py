"""The static check: what it looks at, what it lets pass, and what the command says and answers."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from contracts import check_values as values
from contracts.check import check
from contracts.commands.check import OURS, run
from contracts.facts import load, of_document
from contracts.pacts import HTTP, committed
from contracts.tests.contract_samples import ERPNEXT_KEY, GONE, changed, contract, http, sample
from fixtures.exits import Exit, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from contracts.pacts import Contract


def refused(vendor: str, *interactions: dict[str, Any]) -> list[str]:
    return [str(each) for each in check(contract(vendor, *interactions), load(vendor))]


def ruled(vendor: str, name: str, path: str, **matcher: Any) -> list[str]:
    rule = {path: {"combine": "AND", "matchers": [matcher]}}
    return refused(vendor, changed(sample(vendor, name), "response/matchingRules/body", rule))


# What is let pass


@pytest.mark.parametrize("name", [each.name for each in committed() if each.provider != OURS])
def test_the_committed_contracts_can_hold(name: str) -> None:
    """Nothing in them is known to be otherwise."""
    [held] = [each for each in committed() if each.name == name]
    assert [str(each) for each in check(held, load(held.provider))] == []


def test_a_consumer_may_ask_for_less() -> None:
    """A field of an answer that the contract does not name is none of its business."""
    assert refused("erpnext", changed(sample("erpnext", "customer made"), "response/body", GONE)) == []


def test_a_request_that_is_to_fail_may_be_wrong() -> None:
    """Its query and its body are not judged, since that they are wrong is what it is about."""
    wrong = changed(sample("erpnext", "customer wrong"), "request/body/content/nonsense", 1)
    assert refused("erpnext", wrong) == []


def test_a_wrong_key_may_be_sent_to_be_refused() -> None:
    """Where the answer is that nobody knows the key, its form is free."""
    assert refused("erpnext", changed(sample("erpnext", "key refused"), "request/headers/Authorization", ["x"])) == []


def test_what_a_state_speaks_of_is_there() -> None:
    """A field that is left out while it is null is there when the provider's state names it."""
    expected = changed(sample("erpnext", "customer made"), "response/body/content/data/email_id", "n@example.com")
    state = [{"name": "a customer is there", "params": {"email_id": "n@example.com"}}]
    assert "email_id is left out" in refused("erpnext", expected)[0]
    assert refused("erpnext", changed(expected, "providerStates", state)) == []


@pytest.mark.parametrize("name", ["INV/2026/1", "INV%2F2026%2F1", "Caf%C3%A9%20%26%20Co"])
def test_a_name_may_hold_anything(name: str) -> None:
    """Slashes too, plain and encoded: they do not make another address."""
    assert refused("erpnext", http(f"GET /api/resource/Customer/{name}", 200, headers=ERPNEXT_KEY)) == []


@pytest.mark.parametrize("encoded", ["base64", "JSON"])
def test_an_encoded_body_is_read(encoded: str) -> None:
    """A body may stand in the file as text, or as base64 of it."""
    text = json.dumps({"data": {"name": "Noura", "id": 1}})
    content = base64.b64encode(text.encode()).decode() if encoded == "base64" else text
    body = {"content": content, "contentType": "application/json; charset=utf-8", "encoded": encoded}
    assert (
        "there is no `id`" in refused("erpnext", changed(sample("erpnext", "customer made"), "response/body", body))[0]
    )


# Matchers


@pytest.mark.parametrize(
    ("path", "matcher", "says"),
    [
        ("$.data.grand_total", {"match": "regex", "regex": r"\d+"}, "wants string, and number comes"),
        ("$.data.grand_total", {"match": "integer"}, "wants integer, and number comes"),
        ("$.data.docstatus", {"match": "decimal"}, "wants decimal, and integer comes"),
        ("$.data.name", {"match": "number"}, "wants number, and string comes"),
        ("$.data.status", {"match": "boolean"}, "wants boolean, and string comes"),
        ("$.data.status", {"match": "regex", "regex": "^(open|closed)$"}, "nothing that comes there fits"),
        ("$.data.name", {"match": "type", "min": 1}, "wants array, and string comes"),
        ("$['data']['name']", {"match": "null"}, "wants null, and string comes"),
    ],
)
def test_a_matcher_that_nothing_can_fit_is_refused(path: str, matcher: dict[str, Any], says: str) -> None:
    """By the type of what comes there, or by the words that it can be."""
    found = ruled("erpnext", "invoice made", path, **matcher)
    assert any(says in each for each in found), found


@pytest.mark.parametrize(
    ("path", "matcher"),
    [
        ("$.data.grand_total", {"match": "number"}),
        ("$.data.grand_total", {"match": "decimal"}),
        ("$.data.docstatus", {"match": "integer"}),
        ("$.data.name", {"match": "type"}),
        ("$.data.status", {"match": "regex", "regex": "^(Unpaid|Paid)$"}),
        ("$.data.items", {"match": "type", "min": 1}),
        ("$.data.items[*].qty", {"match": "number"}),
        ("$.data.nowhere", {"match": "regex", "regex": "x"}),  # the example is what tells of it
    ],
)
def test_a_matcher_that_can_fit_is_let_pass(path: str, matcher: dict[str, Any]) -> None:
    """Whether it does, the verification shows."""
    assert ruled("erpnext", "invoice made", path, **matcher) == []


def test_paths_of_pact_are_read_as_pact_writes_them() -> None:
    """Names with points and brackets, numbers, and stars."""
    assert values.steps("$") == ()
    assert values.steps("$.a[*].b[0]['c-d']") == ("a", "*", "b", 0, "c-d")
    assert values.spelled(("a", "*", "b", 0)) == "$.a[*].b[0]"


# What is refused whole


def test_another_kind_of_interaction_is_refused() -> None:
    """What cannot be judged is not passed over."""
    assert "can't be checked" in refused("erpnext", {"type": "Synchronous/Messages", "description": "x"})[0]


def test_a_message_without_a_topic_is_refused() -> None:
    """With the webhooks that there are."""
    told = changed(sample("stripe", "paid"), "metadata/topic", GONE)
    assert "names no topic: there are payment_intent.succeeded" in refused("stripe", told)[0]


def test_nothing_is_asked_of_who_only_sends() -> None:
    """A vendor may have webhooks alone."""
    facts = of_document({**load("stripe").document, "paths": {}}, "stripe")
    (found,) = check(contract("stripe", http("POST /v1/refunds", 200)), facts)
    assert "there are only webhooks" in str(found)


def test_a_form_is_read_by_its_fields() -> None:
    """Stripe takes forms: an amount with a point is refused there, not in JSON."""
    form = {"content": "payment_intent=pi_1&amount=1099", "contentType": "application/x-www-form-urlencoded"}
    asked = http("POST /v1/refunds", 200, headers={"Authorization": ["Bearer sk_test_1"]})
    asked = changed(asked, "request/body", {**form, "encoded": False})
    assert refused("stripe", asked) == []
    (found,) = refused("stripe", changed(asked, "request/body/content", "payment_intent=pi_1&amount=10.99"))
    assert "request.body $.amount" in found


def test_an_interaction_without_its_parts_is_refused() -> None:
    """It asks for `/`, which is nothing."""
    assert "GET / is not there" in refused("erpnext", {"type": HTTP, "description": "x"})[0]


def test_each_thing_is_told_once_and_all_of_them() -> None:
    """A contract with two mistakes has two refusals, in the order of its interactions."""
    one = changed(sample("erpnext", "customer made"), "response/status", 201)
    two = changed(sample("erpnext", "customer changed"), "request/method", "PATCH")
    found = check(contract("erpnext", one, two, one), load("erpnext"))
    assert [each.where for each in found] == ["response.status", "request.method", "response.status"]


# The command


def written(folder: Path, *contracts: Contract) -> list[Path]:
    files = []
    for number, each in enumerate(contracts):
        files.append(folder / f"{number}.json")
        files[-1].write_text(json.dumps(each.raw), encoding="utf-8")
    return files


def test_the_command_answers_0_where_all_can_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And counts what it checked."""
    files = written(tmp_path, contract("erpnext", sample("erpnext", "customer made"), sample("erpnext", "logged in")))
    assert run(files) == Exit.RELEASE
    assert capsys.readouterr().out == "2 interactions checked, 2 can hold, 0 refused, 0 of vendors without facts\n"


def test_the_command_says_what_is_wrong_and_who_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line per refusal: contract, interaction, place, sentence, source; and the exit code of what is not verified."""
    wrong = changed(sample("fleetbase", "order canceled"), "request/method", "POST")
    assert run(written(tmp_path, contract("fleetbase", sample("fleetbase", "order read"), wrong))) == Exit.NOT_VERIFIED
    line, counts = capsys.readouterr().out.splitlines()
    assert line.startswith("cityos-fleetbase: DELETE /v1/orders/order_7ja92kd01x/cancel: request.method: POST ")
    assert "it is DELETE /v1/orders/{id}/cancel" in line
    assert line.endswith("server/src/routes.php; core-api v1.6.59 src/routes.php]")
    assert counts == "2 interactions checked, 1 can hold, 1 refused, 0 of vendors without facts"


def test_a_vendor_without_facts_is_named_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Unknown is no pass."""
    assert run(written(tmp_path, contract("nobody", http("GET /", 200)))) == Exit.NOT_VERIFIED
    assert "cityos-nobody: 1 interactions not checked: no facts of nobody" in capsys.readouterr().out


def test_our_own_contracts_are_named_and_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The platform is no vendor; alone it is nothing that ran."""
    ours = contract("cityos", http("GET /health", 200))
    assert run(written(tmp_path, ours)) == Exit.NOTHING_RAN
    assert "cityos-cityos: 1 interactions not checked: cityos is no vendor" in capsys.readouterr().out


def test_nothing_checked_is_no_pass(tmp_path: Path) -> None:
    """An empty folder, a contract without interactions."""
    assert run([tmp_path]) == Exit.NOTHING_RAN
    written(tmp_path, contract("erpnext"))
    assert run([tmp_path]) == Exit.NOTHING_RAN


def test_other_facts_can_be_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file for all, or a folder by vendor; without a source of its own it is told so."""
    [file] = written(tmp_path, contract("shop", http("GET /things", 201)))
    facts = tmp_path / "shop.yaml"
    paths = {"/things": {"get": {"responses": {"200": {"description": "Things."}}}}}
    document = {"openapi": "3.1.0", "info": {"title": "Shop", "version": "2"}, "paths": paths}
    facts.write_text(json.dumps(document), encoding="utf-8")
    assert run([file], facts) == run([file], tmp_path) == Exit.NOT_VERIFIED
    assert "never answers 201: it answers 200 [shop 2, no source stated]" in capsys.readouterr().out


def test_a_file_that_is_no_contract_is_a_mistake_of_the_user(tmp_path: Path) -> None:
    """Told as such, not as a refusal."""
    file = tmp_path / "x.json"
    file.write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match="no Pact V4 file"):
        run([file])
