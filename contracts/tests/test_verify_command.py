"""`cityos contracts verify`: what it prints and keeps, its exit codes, and what it is good for afterwards."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contracts.broker.files import Files
from contracts.tests.broker_samples import place
from contracts.tests.commands import invoke, started
from contracts.tests.contract_samples import changed, contract, http
from contracts.tests.shop import free_port
from fixtures.exits import CommandError, Exit, Unreachable, UsageError
from fixtures.serving import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

    from contracts.tests.broker_samples import Place

KEY = "the key is right"
FULL = "it was asked too often"
DRIVERS = {
    **http("GET /v1/drivers", 200, states=({"name": KEY},), headers={"Authorization": ["Bearer flb_test_1"]}),
    "description": "the drivers",
}
DRIVERS["request"]["generators"] = {
    "header": {"Authorization": {"type": "ProviderState", "expression": "${authorization}"}}
}
REFUSED = {**changed(DRIVERS, "response/status", 429), "description": "too often", "providerStates": [{"name": FULL}]}
SENT = {
    "type": "Asynchronous/Messages",
    "description": "an order was dispatched",
    "pending": False,
    "providerStates": [{"name": "an order of ours was dispatched", "params": {"order_id": "order_1"}}],
    "contents": {"content": {"event": "order.dispatched"}, "contentType": "application/json", "encoded": False},
    "metadata": {},
}
SECRET = "Bearer flb_live_9f8e7d6c5b4a"


def written(*interactions: dict[str, Any]) -> bytes:
    return json.dumps(contract("fleetbase", *interactions).raw).encode()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A repository with a contract, in which commands are run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PACT_BROKER_BASE_URL", raising=False)
    made = place(tmp_path)
    made.commit(written(DRIVERS))
    return made


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A Fleetbase of somebody's own, whose drivers are a secret: it has no switches, and refuses all keys but one."""

    async def drivers(request: Request) -> Response:
        return JSONResponse([], 200 if request.headers.get("authorization") == SECRET else 401)

    with serving(Starlette(routes=[Route("/v1/drivers", drivers)])) as url:
        yield url


def test_against_the_simulator(here: Place) -> None:
    """Every interaction on a line, then the counts; the evidence in a file, and a record of the simulator's sources."""
    here.write(written(DRIVERS, REFUSED))
    code, out, _ = invoke("verify")
    assert code == Exit.RELEASE, out
    assert results(out) == (
        "\ncityos with fleetbase at simulator\n"
        "  pass  the drivers (given the key is right)\n"
        "  pass  too often (given it was asked too often)\n"
        "\n1 contracts, 2 interactions: 2 passed, 0 failed\n"
    )
    (kept,) = records(here)
    assert Path(kept["evidence"]).is_relative_to("reports/contracts")
    evidence = json.loads(Path(kept["evidence"]).read_text())
    assert (evidence["environment"], evidence["success"], len(evidence["results"])) == ("simulator", True, 2)
    assert evidence["version"].startswith("simulator-")
    assert (kept["provider_version"], kept["counts"]) == (
        evidence["version"],
        {"passed": 2, "failed": 0, "skipped": []},
    )
    assert kept["consumer_commit"] is None  # the commit has another contract


def results(out: str) -> str:
    """What is printed once the first answers are there."""
    return out[out.index("\ncityos with ") :]


def records(here: Place) -> list[dict[str, Any]]:
    """What was recorded, oldest first."""
    return [json.loads(file.read_text()) for file in sorted((here.store / "verified").glob("*.json"))]


def test_a_server_of_ones_own(here: Place, server: str) -> None:
    """Its key comes by --header and is kept nowhere; what only a simulator can do is counted and says why."""
    here.write(written(DRIVERS, REFUSED, SENT))
    asked = ("verify", "fleetbase", "--base-url", server, "--header", f"Authorization: {SECRET}")
    code, out, _ = invoke(*asked, "--environment", "staging", "--provider-version", "0.7.0")
    assert code == Exit.RELEASE
    assert results(out) == (
        "\ncityos with fleetbase at staging\n"
        "  pass  the drivers (given the key is right)\n"
        "  skip  too often (given it was asked too often)\n"
        "        “it was asked too often” can only be brought about on a simulator\n"
        "  skip  an order was dispatched (given an order of ours was dispatched)\n"
        "        nothing says where its webhooks go: --set hook=http://127.0.0.1:…/hook\n"
        "\n1 contracts, 3 interactions: 1 passed, 0 failed, 2 not asked, each with its reason\n"
    )
    (kept,) = records(here)
    assert kept["counts"]["skipped"] == [
        "too often (given it was asked too often)",
        "an order was dispatched (given an order of ours was dispatched)",
    ]
    files = [file for file in here.folder.rglob("*") if file.is_file()]
    assert [file for file in files if SECRET in file.read_text(errors="replace")] == []


def test_a_contract_that_is_not_kept(here: Place, server: str) -> None:
    """It ends with 12, and says what came; without a version nothing is recorded, and that is said."""
    code, out, _ = invoke("verify", "fleetbase", "--base-url", server)
    assert code == Exit.NOT_VERIFIED
    assert results(out) == (
        f"\ncityos with fleetbase at {server.removeprefix('http://')}\n"
        "  fail  the drivers (given the key is right)\n"
        "        status: expected 200 but was 401\n"
        "  not recorded: say by --provider-version which version answers there\n"
        "\n1 contracts, 1 interactions: 0 passed, 1 failed\n"
    )
    assert not here.store.exists()


def test_nothing_was_asked(here: Place, server: str) -> None:
    """A contract of which nothing could be asked is no success."""
    here.write(written(REFUSED))
    code, out, _ = invoke("verify", "fleetbase", "--base-url", server, "--provider-version", "1")
    assert code == Exit.NOTHING_RAN
    assert out.endswith("1 contracts, 1 interactions: 0 passed, 0 failed, 1 not asked, each with its reason\n")


def test_json_is_all_that_is_on_standard_output(here: Place, server: str) -> None:
    """What people read goes to standard error then."""
    code, out, err = invoke("verify", "fleetbase", "--base-url", server, "--json")
    assert code == Exit.NOT_VERIFIED
    (shown,) = json.loads(out)
    assert shown["results"][0]["differences"] == [
        {"where": "status", "says": "expected 200 but was 401", "expected": 200, "actual": 401}
    ]
    assert (shown["success"], shown["complete"], shown["provider"]) == (False, False, "fleetbase")
    assert "the drivers" in err


def test_yes_no_and_unknown_for_an_exact_commit(here: Place, server: str) -> None:
    """Published and verified: yes. Failed at another place since: no. Changed and committed: unknown."""
    commit = here.git("rev-parse", "HEAD")
    assert invoke("can-i-release", "--commit", commit)[0] == Exit.NOT_VERIFIED
    assert invoke("publish")[0] == Exit.RELEASE
    assert invoke("can-i-release", "--commit", commit)[0] == Exit.NOT_VERIFIED
    assert invoke("verify")[0] == Exit.RELEASE
    code, out, _ = invoke("can-i-release", "--commit", commit)
    assert (code, out.split(":")[0]) == (Exit.RELEASE, "yes")
    assert records(here)[-1]["consumer_commit"] == commit

    at_staging = ("verify", "fleetbase", "--base-url", server, "--environment", "staging", "--provider-version", "0.7")
    assert invoke(*at_staging)[0] == Exit.NOT_VERIFIED
    code, out, _ = invoke("can-i-release", "--commit", "HEAD")
    assert (code, out.split(":")[0]) == (Exit.BLOCKED, "no")
    assert invoke("can-i-release", "--commit", "HEAD", "--environment", "simulator")[0] == Exit.RELEASE
    assert invoke(*at_staging, "--header", f"Authorization: {SECRET}")[0] == Exit.RELEASE
    assert invoke("can-i-release", "--commit", "HEAD")[0] == Exit.RELEASE

    here.commit(written(changed(DRIVERS, "response/status", 201)))
    code, out, _ = invoke("can-i-release", "--commit", "HEAD")
    assert (code, out.split(":")[0]) == (Exit.NOT_VERIFIED, "unknown")
    assert invoke("publish")[0] == Exit.RELEASE
    assert invoke("can-i-release", "--commit", "HEAD")[0] == Exit.NOT_VERIFIED
    assert invoke("can-i-release", "--commit", commit)[0] == Exit.RELEASE


def test_another_store(here: Place, tmp_path: Path) -> None:
    """--store DIR, and the usual folder stays away."""
    assert invoke("verify", "--store", str(tmp_path / "kept"))[0] == Exit.RELEASE
    assert Files(tmp_path / "kept").verified("cityos", "fleetbase", here.git("rev-parse", "HEAD"))
    assert not here.store.exists()


def test_a_store_that_cannot_be_written(here: Place) -> None:
    """The verification is not lost without a word."""
    (here.folder / "kept").write_text("a file")
    with pytest.raises(CommandError):
        invoke("verify", "--store", "kept")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("erpnxt", "erpnxt is no provider; there are erpnext, fleetbase, payload-cms, sendgrid, stripe, cityos"),
        ("stripe", "there is no such contract; `cityos contracts generate` writes those of this tree"),
        ("--file none.json", "none.json: No such file or directory"),
        ("--file no.json", "no.json is no JSON: Expecting value: line 1 column 1 (char 0)"),
        ("--file v3.json", "v3.json is no Pact V4 file: metadata.pactSpecification.version is 3.0.0"),
        ("fleetbase --header a:b", "--header and --set are for a server of yours: say where by --base-url"),
        ("fleetbase --set a=b", "--header and --set are for a server of yours: say where by --base-url"),
        ("fleetbase --base-url {server} --header Bearer", "--header: write NAME:VALUE, or NAME:env:VARIABLE"),
        ("fleetbase --base-url {server} --set company", "--set: write NAME=VALUE, or NAME=env:VARIABLE"),
        ("fleetbase --base-url {server} --set colour=red",
         "--set colour=…: fleetbase has no such setting; there are: hook, hook_secret"),
        ("fleetbase --base-url fleetbase",
         "--base-url fleetbase: write it as https://erp.example.com, or with a path behind it"),
        ("payload-cms --file payload.json --sandbox --base-url {server}",
         "--base-url is the address of one provider: name it, as `cityos contracts verify erpnext …`"),
    ],
)  # fmt: skip
def test_mistakes(here: Place, server: str, arguments: str, words: str) -> None:
    """Each is one sentence with the remedy, before anything is asked."""
    (here.folder / "no.json").write_text("no")
    (here.folder / "v3.json").write_text(json.dumps({"metadata": {"pactSpecification": {"version": "3.0.0"}}}))
    (here.folder / "payload.json").write_text(json.dumps(contract("payload-cms", DRIVERS).raw))
    with pytest.raises(UsageError) as caught:
        invoke("verify", *arguments.format(server=server).split(" "))
    assert str(caught.value) == words
    assert not (here.folder / "reports").exists()


def test_an_address_for_several_providers(here: Place, server: str) -> None:
    """It is the address of one: which, has to be said where there are contracts with several."""
    here.write(json.dumps(contract("stripe", DRIVERS).raw).encode())
    with pytest.raises(UsageError, match="--base-url is the address of one provider"):
        invoke("verify", "--base-url", server)


def test_our_platform_is_no_address(here: Place, server: str) -> None:
    """It is a target, with credentials of its own."""
    here.write(json.dumps({**contract("cityos", DRIVERS).raw, "consumer": {"name": "storefront"}}).encode())
    with pytest.raises(UsageError, match="our platform is a target: name it by --target"):
        invoke("verify", "cityos", "--base-url", server)


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}", "http://nowhere.invalid"])
def test_nobody_is_there(here: Place, url: str) -> None:
    """It ends with 10, and asks whether it runs."""
    address = url.format(port=free_port())
    with pytest.raises(Unreachable) as caught:
        invoke("verify", "fleetbase", "--base-url", address)
    assert str(caught.value).startswith(f"{address} does not answer (")
    assert str(caught.value).endswith("): is fleetbase running there?")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_in_the_middle(here: Place, number: signal.Signals) -> None:
    """Ctrl-C or SIGTERM ends it at once with 2, while the provider lets it wait, and no process is left."""
    reached, going_on = threading.Event(), threading.Event()

    async def hang(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/v1/drivers":
            reached.set()
            while (await receive())["type"] != "http.disconnect":
                pass
            going_on.set()
        else:
            await Response(status_code=404)(scope, receive, send)

    with serving(hang) as url:
        verifying = ("verify", "fleetbase", "--base-url", url, "--timeout", "60")
        with started(*verifying, folder=here.folder) as child:
            assert reached.wait(20)
            mine = psutil.Process(child.pid).children(recursive=True)
            child.send_signal(number)
            out, err = child.communicate(timeout=20)
        assert child.returncode == Exit.INTERRUPTED, (out, err)
        assert "Traceback" not in err
        _, left = psutil.wait_procs(mine, timeout=10)  # Python's own tracker of resources ends a moment later
        assert [each for each in left if each.status() != psutil.STATUS_ZOMBIE] == []
        assert going_on.wait(10)
    assert not (here.folder / "reports").exists()
