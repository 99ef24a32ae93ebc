"""`cityos simulate`: what it prints works, it misbehaves when told to, and it ends cleanly."""

from __future__ import annotations

import json
import shlex
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from stripe import Webhook
from typer.testing import CliRunner

from fixtures import signers, stopping
from fixtures.checks import eventually
from fixtures.processes import spawn
from fixtures.simulators.base import running
from fixtures.tests.receiving import Receiver
from suites import cli
from suites.commands import simulate
from suites.commands.simulate import Wanted
from suites.commands.vendors import SETUPS
from suites.gate.options import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from fixtures.simulators.base import Received

SALE: dict[str, dict[str, Any]] = {
    "Item": {"item_code": "SKU-1", "item_group": "Products", "stock_uom": "Nos"},
    "Customer": {"customer_name": "Acme", "customer_type": "Company"},
    "Sales Invoice": {"customer": "Acme", "items": [{"item_code": "SKU-1", "qty": 1, "rate": 1.15}], "docstatus": 1},
}


def serving(vendor: str, **wanted: Any) -> AbstractContextManager[Any]:
    """The simulator of a vendor, as the command serves it."""
    return simulate._http(Wanted(vendor=vendor, port=0, **wanted))


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What was printed, by the word that a line begins with; what has no such word is under ""."""
    lines = capsys.readouterr().out.splitlines()
    return {line[:12].strip() if line[11:12] == " " else "": line[12:] for line in lines} | {"first": lines[0]}


def curled(command: str) -> httpx.Response:
    """What a printed curl command does."""
    words = iter(shlex.split(command)[1:])
    headers, data, method, url = {}, [], None, ""
    for word in words:
        if word == "-H":
            name, _, value = next(words).partition(": ")
            headers[name] = value
        elif word == "-d":
            data.append(next(words))
        elif word == "-X":
            method = next(words)
        else:
            url = word
    with httpx.Client(trust_env=False) as http:
        form = "&".join(data).encode() or None
        return http.request(method or ("POST" if data else "GET"), url, headers=headers, content=form)


@pytest.mark.parametrize("vendor", SETUPS)
def test_its_example_works(vendor: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The printed request is answered with 200, and has a line of its own."""
    with serving(vendor):
        said = printed(capsys)
        assert said["first"].startswith(f"{vendor} simulated at http://127.0.0.1:")
        assert curled(said["try it"]).status_code == 200
        assert capsys.readouterr().out.strip().endswith(" 200")


def test_temporals_example_works(capsys: pytest.CaptureFixture[str]) -> None:
    """Temporal's is a line of Python, since curl does not speak gRPC; its switches answer beside it."""
    with simulate._temporal(Wanted(vendor="temporal", port=0)):
        said = printed(capsys)
        python, *rest = shlex.split(said["try it"])
        assert python == "python"
        done = subprocess.run([sys.executable, *rest], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        assert "GetSystemInfo OK" in capsys.readouterr().out
        assert curled(said["misbehave"].partition(" (")[0]).json()["refuse_key"] is True
        done = subprocess.run([sys.executable, *rest], capture_output=True, text=True, timeout=60, check=False)
        assert "Request unauthorized" in done.stderr
        assert "GetSystemInfo PERMISSION_DENIED" in capsys.readouterr().out


def test_it_misbehaves_when_told_to(capsys: pytest.CaptureFixture[str]) -> None:
    """A switch is set from outside while it runs, and back; what came in can be read, the switching is not in it."""
    with serving("fleetbase", quiet=True):
        said = printed(capsys)
        assert curled(said["misbehave"].partition(" (")[0]).json()["refuse_key"] is True
        assert curled(said["try it"]).status_code == 401
        assert curled(said["misbehave"].partition(" (")[0].replace("true", "false")).json()["refuse_key"] is False
        assert curled(said["try it"]).status_code == 200
        received = curled(said["received"]).json()
        assert [(one["method"], one["path"]) for one in received] == [("GET", "/v1/drivers")] * 2
        assert curled(f"curl -X DELETE {said['received'].removeprefix('curl ')}").json() == []
        assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("[]", "send a JSON object"),
        ("{", "send a JSON object"),
        ('{"slow": 1}', "there is no switch slow; there are slow_s, flapping"),
        ('{"refuse_key": 1}', "refuse_key is true or false"),
        ('{"flapping": 1.5}', "flapping is a whole number"),
        ('{"slow_s": -1}', "slow_s is not less than 0"),
        ('{"refuse_key": true, "slow_s": "x"}', "slow_s is a number"),
    ],
)
def test_switch_that_is_none(body: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A change that makes no sense is refused with a sentence, and changes nothing."""
    with serving("stripe"):
        switches = shlex.split(printed(capsys)["misbehave"])[5]
        answer = httpx.put(switches, content=body, trust_env=False)
        assert answer.status_code == 400
        assert words in answer.json()["message"]
        assert not any(httpx.get(switches, trust_env=False).json().values())


@pytest.mark.parametrize(
    ("option", "status"),
    [({"refuse_key": True}, 401), ({"rate_limited": True}, 429), ({"flapping": 2}, 500)],
    ids=["refuse_key", "rate_limited", "flapping"],
)
def test_switched_on_at_its_start(option: dict[str, Any], status: int, capsys: pytest.CaptureFixture[str]) -> None:
    """What the command line asks for holds from the first request on."""
    with serving("stripe", **option):
        assert curled(printed(capsys)["try it"]).status_code == status


@pytest.fixture
def hook() -> Iterator[tuple[str, list[Received]]]:
    """Somewhere that webhooks go: its address, and what came."""
    with running(Receiver()) as served:
        yield f"{served.base_url}/hook", served.simulator.received


def test_stripe_is_paid(hook: tuple[str, list[Received]], capsys: pytest.CaptureFixture[str]) -> None:
    """An intent is confirmed over HTTP, and the signed event arrives; a declined card has its own."""
    url, received = hook
    with serving("stripe", webhooks=url, secret="whsec_of_the_integrator"):
        said = printed(capsys)
        intent = curled(said["try it"]).json()
        confirm = said["try it"].replace("payment_intents", f"payment_intents/{intent['id']}/confirm").split(" -d ")[0]
        declined = curled(f"{confirm} -d payment_method=pm_card_chargeDeclined")
        assert (declined.status_code, declined.json()["error"]["code"]) == (402, "card_declined")
        assert curled(f"{confirm} -d payment_method=pm_card_visa").json()["status"] == "succeeded"
        assert curled(f"{confirm} -d payment_method=pm_card_visa").status_code == 400
        eventually(lambda: len(received), lambda count: count == 2)
    secret = "whsec_of_the_integrator"
    events = [Webhook.construct_event(one.body, one.headers["stripe-signature"], secret) for one in received]
    assert {event.type for event in events} == {"payment_intent.succeeded", "payment_intent.payment_failed"}


def test_sendgrid_tells_of_each_mail(hook: tuple[str, list[Received]], capsys: pytest.CaptureFixture[str]) -> None:
    """A mail to bounce@… comes back, any other is delivered: each has its events, told once."""
    url, received = hook
    with serving("sendgrid", webhooks=url) as news:
        said = printed(capsys)
        name, _, value = said["key"].partition(": ")
        for to in ("amal@example.com", "bounce@example.com"):
            mail = {
                "personalizations": [{"to": [{"email": to}], "custom_args": {"order": "order_1"}}],
                "from": {"email": "shop@example.com"},
                "subject": "Thanks",
                "content": [{"type": "text/plain", "value": "Thanks"}],
            }
            where = said["try it"].split()[-1].replace("/v3/scopes", "/v3/mail/send")
            assert httpx.post(where, json=mail, headers={name: value}, trust_env=False).status_code == 202
        assert list(news()) == [f"{url} answered 200"] * 2
        assert list(news()) == []
    told = [(event["event"], event["email"], event["order"]) for one in received for event in json.loads(one.body)]
    assert told == [
        ("processed", "amal@example.com", "order_1"),
        ("delivered", "amal@example.com", "order_1"),
        ("processed", "bounce@example.com", "order_1"),
        ("bounce", "bounce@example.com", "order_1"),
    ]


def test_erpnext_tells_of_an_invoice(hook: tuple[str, list[Received]], capsys: pytest.CaptureFixture[str]) -> None:
    """An invoice that is submitted is told of once, signed, and the receiver's answer has a line."""
    url, received = hook
    with serving("erpnext", webhooks=url, secret="hush") as news:
        said = printed(capsys)
        assert said["webhooks"].endswith("signed for hush")
        name, _, value = said["key"].partition(": ")
        with httpx.Client(headers={name: value}, trust_env=False) as http:
            for kind, document in SALE.items():
                made = http.post(said["try it"].split()[-1].replace("Customer", kind), json=document)
                assert made.status_code == 200, made.text
        assert list(news()) == [f"{url} answered 200"]
        assert list(news()) == []
    assert json.loads(received[0].body)["event"] == "on_submit"
    (signature,) = signers.erpnext(received[0].body, "hush").values()
    assert received[0].headers["x-frappe-webhook-signature"] == signature


def test_ends_on_ctrl_c(tmp_path: Path) -> None:
    """Ctrl-C ends the command with exit code 0 and without a trace."""
    log = tmp_path / "log"
    command = [sys.executable, "-m", "suites.cli", "simulate", "stripe"]
    with spawn(command, env={"PYTHONPATH": str(ROOT)}, log=log, stop_signal=signal.SIGINT) as process:
        eventually(log.read_text, lambda text: "stop it" in text)
        assert process.stop() == 0
    assert "Traceback" not in log.read_text()


def test_port_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that somebody has exits 4 with one sentence, for HTTP and for gRPC."""
    monkeypatch.setattr(stopping, "on_signals", lambda: None)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for vendor in ("stripe", "temporal"):
            shown = CliRunner().invoke(cli.app, ["simulate", vendor, "--port", port])
            assert shown.exit_code == 4, shown.output
            assert f"cityos: Port {port} of 127.0.0.1 can't be had (" in shown.output
            assert "Traceback" not in shown.output


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("nobody", "'nobody' is not one of"),
        ("stripe --secret x", "--webhooks"),
        ("stripe --webhooks example.com", "begins with http://"),
        ("sendgrid --webhooks http://127.0.0.1:1 --secret x", "signs with a private key"),
        ("temporal --webhooks http://127.0.0.1:1", "temporal has no webhooks"),
    ],
)
def test_usage_errors(options: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a vendor does not have is said in a sentence, exit code 4."""
    monkeypatch.setattr(stopping, "on_signals", lambda: None)
    shown = CliRunner().invoke(cli.app, ["simulate", *options.split()])
    assert (shown.exit_code, words in " ".join(shown.output.split())) == (4, True), shown.output
    assert "Traceback" not in shown.output


def test_the_vendors_are_those_of_the_command_line() -> None:
    """Each vendor of the help can be served."""
    assert {vendor.value for vendor in cli.Vendor} == {*SETUPS, "temporal"}
