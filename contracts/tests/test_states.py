"""Provider states: what a provider is told by them, and what it gives back."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from contracts.providers import known
from contracts.providers.callbacks import MESSAGES, Callbacks, serving
from contracts.providers.states import StateFailed, unique
from contracts.tests.shop import ASKS, BROKEN, REFUSED, SIMULATED, THERE, Shop, address, free_port, shop
from fixtures.exits import Unreachable, UsageError
from fixtures.serving import serving as served
from fixtures.simulators.base import running
from fixtures.simulators.fleetbase import Fleetbase

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def here() -> Iterator[Shop]:
    with shop(headers={"Authorization": "Bearer right"}, settings={"colour": "blue"}) as provider:
        yield provider


def test_values_and_the_credential(here: Shop) -> None:
    """What a state gives, and always the credential that the requests need."""
    assert here.set_up(THERE, {"order_id": "7"}) == {"authorization": "Bearer right", "order_id": "7"}
    assert here.settings == {"colour": "blue"}
    here.tear_down()
    assert here.log == ["7 made", "7 gone"]
    here.tear_down()
    assert here.log == ["7 made", "7 gone"]


def test_every_request_has_the_headers(here: Shop) -> None:
    """Of the states' own questions too."""
    assert here.ask("GET", "/whose") == {"key": "Bearer right"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nothing of that name", "there is no way to the state “nothing of that name” of shop"),
        (REFUSED, "POST /orders was answered with 507: no room"),
    ],
)
def test_states_that_fail(here: Shop, name: str, words: str) -> None:
    """They say why."""
    with pytest.raises(StateFailed) as caught:
        here.set_up(name, {})
    assert str(caught.value) == words


def test_an_answer_that_was_not_expected(here: Shop) -> None:
    """It is told with what was asked, the status and the words; a provider that is away with the kind of failure."""
    with pytest.raises(StateFailed, match="GET /nowhere was answered with 404: Not Found"):
        here.ask("GET", "/nowhere")
    here.http.base_url = httpx.URL(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(StateFailed, match=f"“{ASKS}”: ConnectError"):
        here.set_up(ASKS, {})


def test_where_a_state_can_be_had(here: Shop) -> None:
    """A real server cannot be set on fire; of a state that is not known the set-up speaks."""
    assert here.why_not(SIMULATED) == f"“{SIMULATED}” can only be brought about on a simulator"
    assert (here.why_not(THERE), here.why_not("nothing of that name")) == (None, None)


def test_a_simulator_is_known_by_its_switches() -> None:
    """It has an example's key, and its switches are turned back after the interaction."""
    with running(Fleetbase()) as there, known.at("fleetbase", there.base_url) as provider:
        assert (provider.is_simulator, provider.authorization) == (True, "Bearer flb_test_0123456789")
        provider.set_up("it was asked too often", {})
        assert provider.http.get("/v1/drivers").status_code == 429
        provider.tear_down()
        assert provider.http.get("/v1/drivers").status_code == 200
        with pytest.raises(StateFailed, match=r"the simulator refuses \{'no_such': True\}"):
            provider.switch(no_such=True)


def test_a_key_of_ones_own_goes_before_the_examples() -> None:
    """Also at a simulator, whatever the case of the header's name."""
    with (
        running(Fleetbase()) as there,
        known.at("fleetbase", there.base_url, {"AUTHORIZATION": "Bearer x"}) as provider,
    ):
        assert provider.authorization == "Bearer x"


def test_mistakes() -> None:
    """A setting or a vendor that is not known, an address at which nobody listens."""
    with pytest.raises(UsageError, match="--set size=…: shop has no such setting; there are: colour"):
        Shop(address(), settings={"size": "1"})
    with (
        pytest.raises(UsageError, match="shop is no vendor with a contract; there are erpnext, "),
        known.at("shop", ""),
    ):
        pass
    with pytest.raises(Unreachable, match=r"does not answer \(ConnectError\): is shop running there\?"):
        Shop(f"http://127.0.0.1:{free_port()}")


def test_what_cannot_be_taken_back_stays(here: Shop) -> None:
    """Whatever goes wrong with one thing, the others are taken back, and closing ends quietly."""
    here.set_up(THERE, {})
    here.undo.callback(here.ask, "DELETE", "/nowhere")
    here.undo.callback(here.http.delete, f"http://127.0.0.1:{free_port()}/")
    here.undo.callback(dict[str, str]().__getitem__, "id")
    here.close()
    assert here.log == ["42 made", "42 gone"]


def test_names_are_unique() -> None:
    """No two runs meet each other's."""
    assert len({unique("order") for _ in range(100)}) == 100
    assert unique("order").startswith("order-")


def called(provider: Shop, *asked: dict[str, Any], path: str = "/states") -> tuple[list[httpx.Response], Callbacks]:
    """What the verifier would be answered."""
    with serving(provider) as callbacks, httpx.Client(trust_env=False) as http:
        base = callbacks.states_url.removesuffix("/states")
        return [http.post(f"{base}{path}", json=each) for each in asked], callbacks


def test_what_the_verifier_is_told(here: Shop) -> None:
    """The values of a state; its refusal with 400, since a 5xx is asked again and again; a message with its headers."""
    set_up = {"state": THERE, "params": {"order_id": "7"}, "action": "setup"}
    answers, callbacks = called(
        here, set_up, {**set_up, "action": "teardown"}, {"state": BROKEN, "action": "setup"}, {"state": ""}
    )
    assert [each.status_code for each in answers] == [200, 200, 400, 200]
    assert [each.json() for each in answers] == [
        {"authorization": "Bearer right", "order_id": "7"},
        {},
        {"error": f"“{BROKEN}”: RuntimeError in the code of this state: a fault of ours"},
        {"authorization": "Bearer right"},
    ]
    assert [each.refused is None for all_of in callbacks.set_ups.values() for each in all_of] == [True, False]
    (came, lost), _ = called(
        here, {"description": "an order was paid"}, {"description": "an order was lost"}, path=MESSAGES
    )
    assert (came.json(), came.headers["content-type"]) == ({"id": "42", "total": 12.5}, "application/json")
    assert lost.status_code == 500


def test_a_port_that_is_taken_is_not_shared() -> None:
    """A second server on a port raises, and the first goes on."""
    with closing(Shop(address())) as provider, serving(provider) as callbacks:
        port = callbacks.port
        with pytest.raises(OSError, match="in use"), served(lambda *_: None, port):  # type: ignore[arg-type]
            pass
        assert httpx.post(callbacks.states_url, json={"state": ""}, trust_env=False).status_code == 200
