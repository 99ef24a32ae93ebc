"""Provider states: how a provider is brought to where an interaction begins, by its own REST API.

So the same code sets up a simulator, a sandbox and a real server. What a state makes carries names that no other run
has, and is taken away again after the interaction. A state gives values (`order_id`, `authorization`), which
the verifier puts into the request where the contract names them.

Some states nobody can bring about on a server that is not theirs (it is overloaded, its database is away). A simulator
has switches for them; elsewhere such an interaction is left out, by name and with the reason.
"""

from __future__ import annotations

import contextlib
import secrets
import ssl
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

import httpx

from fixtures.exits import Unreachable, UsageError
from fixtures.simulators.control import PREFIX

Values = dict[str, Any]
Handler = TypeVar("Handler", bound=Callable[..., Values | None])

_NAME = "_provider_state"
_SIMULATED = "_only_simulated"
ANSWER_S = 30.0


class StateFailed(Exception):
    """A state could not be set up; one sentence with what the provider said."""


def state(name: str, *, simulated: bool = False) -> Callable[[Handler], Handler]:
    """Mark a method as the way to a state. simulated: nobody can bring a real server there."""

    def mark(handler: Handler) -> Handler:
        setattr(handler, _NAME, name)
        setattr(handler, _SIMULATED, simulated)
        return handler

    return mark


class Provider:
    """A provider at one address. A subclass has a method for each state, marked with `@state`.

    headers: of every request to it, the credentials among them. settings: what its states need to know of this server
    (`--set company=…`). `http` asks it; `undo` holds what is to be taken back after the interaction.
    """

    name: ClassVar[str]
    example_key: ClassVar[str] = ""
    """The Authorization of a simulator, which needs no `--header`."""
    defaults: ClassVar[Mapping[str, str]] = {}

    def __init__(
        self, base_url: str, headers: Mapping[str, str] | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        self.base_url = _address(base_url)
        unknown = sorted(set(settings or {}) - set(self.defaults))
        if unknown:
            known = ", ".join(sorted(self.defaults)) or "none"
            raise UsageError(f"--set {unknown[0]}=…: {self.name} has no such setting; there are: {known}")
        given = {name.lower(): _sendable(name, value) for name, value in (headers or {}).items()}
        # As the platform's clients and Pact's verifier do: by the authorities of this machine, or of SSL_CERT_FILE.
        trusted = ssl.create_default_context() if self.base_url.startswith("https:") else False
        self.http = httpx.Client(base_url=self.base_url, timeout=ANSWER_S, trust_env=False, verify=trusted)
        self.undo = contextlib.ExitStack()
        self.is_simulator = self._has_switches()
        if self.is_simulator and self.example_key:
            given.setdefault("authorization", self.example_key)
        self.authorization = given.get("authorization", "")
        self.http.headers.update(given)
        self.settings = {**self.defaults, **(settings or {})}

    def close(self) -> None:
        self.tear_down()
        self.http.close()

    def why_not(self, name: str) -> str | None:
        """Why a state cannot be brought about on this server, whatever is tried; None when it can, or is not known."""
        handler = self._handlers().get(name)
        if handler is not None and getattr(handler, _SIMULATED) and not self.is_simulator:
            return f"“{name}” can only be brought about on a simulator"
        return None

    def set_up(self, name: str, parameters: Mapping[str, Any]) -> Values:
        """Bring the provider to a state; the values that it gives. Raises StateFailed."""
        handler = self._handlers().get(name)
        if handler is None:
            raise StateFailed(f"there is no way to the state “{name}” of {self.name}")
        try:
            values = handler(**parameters) or {}
        except httpx.HTTPError as problem:
            raise StateFailed(f"“{name}”: {type(problem).__name__} {problem}".rstrip()) from None
        except (KeyError, TypeError, ValueError, IndexError) as problem:
            raise StateFailed(f"“{name}”: an answer in another form, {type(problem).__name__}: {problem}") from None
        return {"authorization": self.authorization, **values}

    def tear_down(self) -> None:
        """Take back what the states made; what the provider will not have taken back stays."""
        with contextlib.suppress(StateFailed, httpx.HTTPError, KeyError, TypeError, ValueError, IndexError):
            self.undo.close()

    def message(self, description: str) -> tuple[bytes, dict[str, str]]:
        """What the provider sends under this description: the body, and its headers. Raises StateFailed."""
        raise StateFailed(f"{self.name} has no way to send “{description}”")

    def ask(self, method: str, path: str, *, expect: tuple[int, ...] = (200, 201, 202), **sent: Any) -> Any:
        """Ask the provider; the JSON that it answered. Raises StateFailed for another status."""
        answer = self.http.request(method, path, **sent)
        if answer.status_code not in expect:
            said = answer.text[:300]
            raise StateFailed(f"{method} {path} was answered with {answer.status_code}: {said}")
        return answer.json() if answer.content else None

    def switch(self, **switches: bool | float | str) -> None:
        """Turn switches of a simulator until the interaction is over."""
        before = self.http.get(f"{PREFIX}/switches").json()
        answer = self.http.put(f"{PREFIX}/switches", json=switches)
        if answer.status_code != 200:
            raise StateFailed(f"the simulator refuses {switches}: {answer.text}")
        self.undo.callback(self.http.put, f"{PREFIX}/switches", json={name: before[name] for name in switches})

    def _handlers(self) -> dict[str, Callable[..., Values | None]]:
        members = (getattr(self, each) for each in dir(type(self)))
        return {getattr(each, _NAME): each for each in members if hasattr(each, _NAME)}

    def _has_switches(self) -> bool:
        try:
            answer = self.http.get(f"{PREFIX}/switches")
        except httpx.HTTPError as problem:
            self.http.close()
            raise Unreachable(f"{self.base_url} does not answer {self._why(problem)}") from None
        if answer.is_redirect:
            self.http.close()
            raise UsageError(
                f"--base-url {self.base_url}: it sends on to {answer.headers['location']}, where no client of the "
                "platform follows: give the address that answers itself"
            )
        return answer.status_code == 200 and answer.headers.get("content-type", "").startswith("application/json")

    def _why(self, problem: httpx.HTTPError) -> str:
        """Why nobody answered, and what to do; in brackets what the library says."""
        if "CERTIFICATE_VERIFY_FAILED" in str(problem):
            return f"({problem}): name the file of its authority in the variable SSL_CERT_FILE"
        return f"({type(problem).__name__}): is {self.name} running there?"


def _address(base_url: str) -> str:
    """An address without its last slashes. Raises UsageError for one below which no path can be asked."""
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL as problem:
        raise UsageError(f"--base-url {base_url}: {problem}") from None
    if url.userinfo:
        raise UsageError(
            "--base-url: no name or password in an address, which stands in reports: give them by --header"
        )
    if url.scheme not in ("http", "https") or not url.host or url.query or url.fragment:
        raise UsageError(f"--base-url {base_url}: write it as https://erp.example.com, or with a path behind it")
    return base_url.rstrip("/")


def _sendable(name: str, value: str) -> str:
    if not (name.isascii() and value.isascii() and value.isprintable()):
        raise UsageError(f"--header {name}: its value has characters that no header can have")  # it may be a key
    return value


def unique(stem: str) -> str:
    """A name that no other run has."""
    return f"{stem}-{secrets.token_hex(6)}"
