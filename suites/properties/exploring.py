"""Explores a target by its own OpenAPI document, with Schemathesis: generated requests, and answers held against it.

Schemathesis (https://schemathesis.readthedocs.io) knows four ways: the document's examples, every boundary that its
schemas have, generated values, and chains in which a request takes ids from earlier answers; where the document
declares no links, it infers them from names. It is imported inside the functions: that takes a second, which only
those pay who use it.
"""

from __future__ import annotations

import contextlib
import json
import random
import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from fixtures.client import PUBLISHABLE_KEY_HEADER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.client import Api, Connection
    from fixtures.recording import Recording
    from suites.properties.things import Things

ANSWERED: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
"""What is asked of every answer, by Schemathesis' names."""
REFUSED: Final = ("negative_data_rejection",)
STEPS: Final = 6  # the length of a chain
_PHASES: Final = ("examples", "coverage", "fuzzing", "stateful")
FAULTS_SHOWN: Final = 10
SEEDED: Final = 0.7  # of the ids are of things that exist
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_ID: Final = re.compile(r"[a-z]+_[0-9A-Z]{26}")
NOBODYS: Final = "none_01HZZZZZZZZZZZZZZZZZZZZZZZ"


class Actors(msgspec.Struct, frozen=True):
    """Who asks, by the area of the API."""

    store: Api
    admin: Api
    vendor: Api | None = None

    def headers(self, path: str) -> dict[str, str]:
        """What the actor of this path sends with every request."""
        area = path.split("/")[1]
        api: Api | None = getattr(self, area, None) if area in self.__struct_fields__ else None
        found = {"accept": "application/json", "user-agent": "cityos-verify"}
        if area == "store":
            found[PUBLISHABLE_KEY_HEADER] = self.store.tenant.publishable_key
        if api is not None and api.token is not None:
            found["authorization"] = f"Bearer {api.token}"
        return found


class Fence:
    """Keeps writes to things of our own; everything else that is named in one becomes an id that nobody has."""

    def __init__(self, things: Things) -> None:
        self._own = things.ids
        self._vendor = next(iter(things.values.get("vendor_id", [])), NOBODYS)

    def keep(self, case: Any) -> None:
        """Change a request so that it does no harm to what is not ours."""
        if case.method.upper() in _READING:
            return
        for part in ("path_parameters", "body"):
            ours = self._ours(getattr(case, part))
            if ours != getattr(case, part):  # Schemathesis does not judge the refusal of what it sees replaced
                setattr(case, part, ours)
        if case.path == "/admin/commission-rules" and isinstance(case.body, dict):
            case.body["vendor_id"] = self._vendor  # a rule without a vendor is everybody's

    def learn(self, method: str, status: int, text: str) -> None:
        """What a write of ours made is ours."""
        if method.upper() not in _READING and status < 300:
            self._own.update(_ID.findall(text))

    def _ours(self, value: Any) -> Any:
        if isinstance(value, str):
            return NOBODYS if _ID.fullmatch(value) and value not in self._own else value
        if isinstance(value, dict):
            return type(value)({name: self._ours(inner) for name, inner in value.items()})
        return [self._ours(inner) for inner in value] if type(value) is list else value


class Scope(msgspec.Struct, frozen=True):
    """Who asks, with which ids."""

    actors: Actors
    things: Things
    fence: Fence
    judges: tuple[str, ...] = ANSWERED


class Limits(msgspec.Struct, frozen=True):
    """How far to go: counts, so that the same seed asks the same, however fast the machine is."""

    phases: tuple[str, ...]  # examples, coverage (which has no count: all boundaries), fuzzing, stateful
    examples: int = 1  # requests per operation; of the stateful phase: chains
    mode: str = "all"  # positive: what the document allows, negative: what it forbids
    paths: int | None = None  # so many of the paths that take a body; None: all paths


class Explored(msgspec.Struct):
    """How much was asked, and what was wrong with the answers."""

    requests: int = 0
    faults: dict[str, str] = {}

    @property
    def shown(self) -> str:
        """The faults as a person reads them."""
        texts = list(self.faults.values())[:FAULTS_SHOWN]
        more = len(self.faults) - len(texts)
        return "\n\n".join([f"{len(self.faults)} faults", *texts, *([f"and {more} more"] if more else [])])


def explore(connection: Connection, document: dict[str, Any], scope: Scope, limits: Limits, seed: int) -> Explored:
    """Ask what the document allows to ask, and what it forbids, and hold every answer against it."""
    from schemathesis import engine, openapi
    from schemathesis.engine import events

    if limits.paths is not None:
        document = {**document, "paths": _some(document["paths"], limits.paths, seed)}
    schema = openapi.from_dict(document, config=_config(connection, scope, limits, seed))
    found = Explored()
    with _hooks(scope):
        for event in engine.from_schema(schema).execute():
            match event:
                case events.ScenarioFinished():
                    _note(found, event.recorder, connection.recording)
                case events.NonFatalError():
                    _note_error(found, event)
                case events.FatalError():
                    raise event.exception
    assert found.requests, "the document names no operation that could be tried"
    return found


def _some(paths: dict[str, Any], count: int, seed: int) -> dict[str, Any]:
    """So many of the paths that take a body, which have the most boundaries; chosen by the seed."""
    taking = sorted(path for path, operations in paths.items() if '"requestBody"' in json.dumps(operations))
    chosen = random.Random(seed).sample(taking, min(count, len(taking)))  # noqa: S311 - choices, not secrets
    return {path: paths[path] for path in chosen}


@contextlib.contextmanager
def _hooks(scope: Scope) -> Iterator[None]:
    """While this lasts, requests go out as the actor of their path and inside the fence."""
    import schemathesis
    from schemathesis import hooks

    def before_call(_context: Any, case: Any, **_options: Any) -> None:
        scope.fence.keep(case)
        case.headers.update(scope.actors.headers(case.path))

    def after_call(_context: Any, case: Any, response: Any) -> None:
        scope.fence.learn(case.method, response.status_code, response.text or "")

    schemathesis.hook(before_call)
    schemathesis.hook(after_call)
    try:
        yield
    finally:
        hooks.unregister(before_call)
        hooks.unregister(after_call)


def _config(connection: Connection, scope: Scope, limits: Limits, seed: int) -> Any:
    from schemathesis import Config

    values = scope.things.values
    places = {f"{where}.{name}": name for name in values for where in ("path", "query", "body")}
    phases: dict[str, dict[str, object]] = {name: {"enabled": name in limits.phases} for name in _PHASES}
    phases["coverage"]["unexpected-methods"] = []  # their answers are not what the document speaks of
    phases["stateful"]["max-steps"] = STEPS
    settings = {
        "seed": seed,
        "base-url": connection.target.base_url,
        "workers": 1,
        "request-timeout": connection.target.timeout_s,
        "continue-on-failure": True,
        "suppress-health-check": ["all"],
        "cache": {"enabled": False},
        "generation": {"mode": limits.mode, "max-examples": limits.examples, "database": "none", "no-shrink": True},
        "phases": phases,
        "checks": {"enabled": False, **{name: {"enabled": True} for name in scope.judges}},
    }
    if values:
        settings["dictionaries"] = {name: {"values": found} for name, found in values.items()}
        settings["parameters"] = {place: {"dictionary": name, "probability": SEEDED} for place, name in places.items()}
    return Config.from_dict(settings)


def _note(found: Explored, recorder: Any, recording: Recording) -> None:
    """Count what was asked, and keep what was wrong: the first of each kind per operation."""
    for case_id, exchange in recorder.interactions.items():
        found.requests += 1
        for check in recorder.checks.get(case_id, ()):
            if check.failure_info is None:
                continue
            failure = check.failure_info.failure
            name = f"{failure.operation}: {failure.title}"
            if name not in found.faults:
                found.faults[name] = f"{name}\n{failure.message.strip()}\n{_keep(recording, exchange)}"


def _keep(recording: Recording, exchange: Any) -> str:
    """Keep the exchange as evidence; the command that repeats it."""
    request, response = exchange.request, exchange.response
    answer = None
    if response is not None:
        answer = (response.status_code, _single(response.headers), response.content)
    recording.add(
        request.method,
        request.uri,
        _single(request.headers),
        request.body,
        answer=answer,
        error=None if answer else "no answer",
        elapsed_ms=response.elapsed * 1000 if answer else 0.0,
    )
    return recording.exchanges[-1].repeat


def _single(headers: dict[str, list[str]]) -> dict[str, str]:
    """The headers with one value each, without the number that Schemathesis gives a request."""
    return {name: values[0] for name, values in headers.items() if name.lower() != "x-schemathesis-testcaseid"}


def _note_error(found: Explored, event: Any) -> None:
    """A document that cannot be used and a request without an answer are the target's; everything else is ours."""
    import requests
    from schemathesis.errors import InvalidSchema

    if not isinstance(event.value, (requests.RequestException, InvalidSchema)):
        raise event.value
    found.faults.setdefault(
        f"{event.label}: {event.info.title}", f"{event.label}: {event.info.title}\n{event.info.message}"
    )
