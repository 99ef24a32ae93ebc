"""A Payload CMS to read from, the simulator or the real one, and somebody who edits it meanwhile."""

from __future__ import annotations

import contextlib
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from fixtures.npm import NodeMissing, NpmFailed
from fixtures.payload.server import start_payload
from fixtures.simulators.base import running
from fixtures.simulators.payload_cms import PayloadCms as Simulated
from reference_impl.integrations.base import NotFound, Rejected, Unavailable
from reference_impl.integrations.breaker import Breaker
from reference_impl.integrations.payload_cms.client import PayloadCms

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol

    from reference_impl.core.clock import Clock
    from reference_impl.integrations.payload_cms.hierarchy import Record

    class Server(Protocol):
        """What the simulator and the real one have in common."""

        @property
        def base_url(self) -> str: ...
        def start(self) -> None: ...
        def stop(self) -> None: ...


HOOK_SECRET = "hook-secret"


class Editor:
    """Somebody at the CMS, by its REST API."""

    def __init__(self, server: Server, key: str) -> None:
        self.server = server
        self.key = key
        headers = {"authorization": f"users API-Key {key}"}
        self._http = httpx.Client(base_url=server.base_url, headers=headers, timeout=20, trust_env=False)

    def create(self, collection: str, **fields: Any) -> Any:
        return self._doc("POST", f"/api/{collection}", fields)["id"]

    def update(self, collection: str, document: object, **fields: Any) -> None:
        self._doc("PATCH", f"/api/{collection}/{document}", fields)

    def delete(self, collection: str, document: object) -> None:
        self._doc("DELETE", f"/api/{collection}/{document}", None)

    def all(self, collection: str) -> list[dict[str, Any]]:
        answer = self._http.get(f"/api/{collection}", params={"limit": 0, "depth": 0, "sort": "id"})
        answer.raise_for_status()
        return list(answer.json()["docs"])

    def categories(self, number: int) -> list[Any]:
        """So many new ones; their ids."""
        slugs = [str(uuid.uuid4()) for _ in range(number)]
        return [self.create("categories", name=f"Category {slug}", slug=slug) for slug in slugs]

    def close(self) -> None:
        self._http.close()

    def _doc(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        answer = self._http.request(method, path, params={"depth": 0}, json=body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()["doc"]


_offset = timedelta()


def _later() -> datetime:
    return datetime.now(UTC) + _offset


@contextlib.contextmanager
def hours_later(hours: int) -> Iterator[None]:
    """What a simulated CMS does inside the block, it does so much later."""
    global _offset  # noqa: PLW0603
    _offset = timedelta(hours=hours)
    try:
        yield
    finally:
        _offset = timedelta()


@contextlib.contextmanager
def serving(kind: str, hook_url: str | None = None) -> Iterator[Editor]:
    """The simulator, or the real one; without Node.js the test is skipped."""
    with contextlib.ExitStack() as stack:
        if kind == "simulator":
            simulator = Simulated(now=_later, hook_url=hook_url, hook_secret=HOOK_SECRET)
            editor = Editor(stack.enter_context(running(simulator)), simulator.api_key)
        else:
            try:
                payload = stack.enter_context(start_payload(hook_url=hook_url, hook_secret=HOOK_SECRET))
            except (NodeMissing, NpmFailed) as missing:
                pytest.skip(f"the real Payload CMS can't be had: {missing}")
            editor = Editor(payload, payload.api_key)
        stack.callback(editor.close)
        yield editor


def client(editor: Editor, clock: Clock, **options: Any) -> PayloadCms:
    """Our client, which does not wait between attempts, and whose breaker never rests."""

    async def at_once(seconds: float) -> None:
        assert seconds > 0

    options = {"breaker": Breaker(clock, threshold=1_000_000), "sleep": at_once, **options}
    return PayloadCms(editor.server.base_url, editor.key, clock, **options)


class Sink:
    """A HierarchySink as ERPNext is: names of its own, no record twice, no deletion of what is referred to."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, Record]] = {}
        self.calls: list[tuple[str, str, object]] = []
        self.refuses: set[str] = set()  # names of documents
        self.away_after: int | None = None  # so many calls from now it goes away

    async def upsert(self, collection: str, record: Record) -> str:
        self._called("upsert", collection, record.id)
        if str(record.fields.get("name")) in self.refuses:
            raise Rejected("sink", f"{record.fields['name']} is not wanted", status=417)
        names = {known.id: name for name, known in self.records.get(collection, {}).items()}
        name = names.get(record.id) or f"{record.fields['name']} / #{record.id}?"
        assert record.name in (None, name)
        for value in record.fields.values():
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, str) and "/ #" in one:
                    assert any(one in names for names in self.records.values()), f"{one} is not there yet"
        self.records.setdefault(collection, {})[name] = record
        return name

    async def delete(self, collection: str, name: str) -> None:
        self._called("delete", collection, name)
        if name not in self.records.get(collection, {}):
            raise NotFound("sink", f"{name} not found", status=404)
        users = [one for known in self.records.values() for one in known.values() if one.name != name]
        used = [one for one in users if any(name == value or name in _list(value) for value in one.fields.values())]
        if used:
            raise Rejected("sink", f"{name} is linked with {used[0].fields['name']}", status=417)
        del self.records[collection][name]

    def _called(self, deed: str, collection: str, what: object) -> None:
        if self.away_after is not None:
            self.away_after -= 1
            if self.away_after < 0:
                raise Unavailable("sink", "502 Bad Gateway", status=502)
        self.calls.append((deed, collection, what))


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def as_in_the_cms(editor: Editor, sink: Sink) -> None:
    """Assert that the sink holds exactly what the CMS holds, names standing for ids."""
    from reference_impl.integrations.payload_cms.hierarchy import COLLECTIONS, NOT_CONTENT, RELATIONS

    for collection in COLLECTIONS:
        names = {kind: {one.id: name for name, one in records.items()} for kind, records in sink.records.items()}
        wanted = {}
        for document in editor.all(collection):
            content = {name: value for name, value in document.items() if name not in NOT_CONTENT}
            for field, target in RELATIONS.get(collection, {}).items():
                value = content[field]
                if isinstance(value, list):
                    content[field] = [names[target][one] for one in value]
                elif value is not None:
                    content[field] = names[target][value]
            wanted[document["id"]] = content
        assert {one.id: dict(one.fields) for one in sink.records.get(collection, {}).values()} == wanted
