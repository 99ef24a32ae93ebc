"""A stand-in for a Pact Broker, as far as our client goes: written from the broker's documentation, not a broker.

What it does like one: HAL links, contracts kept by their content (`pact-version`), `_id` in each interaction, `_links`
and `createdAt` in what it gives back, 401 without a log-in, 409 for another content of the same version, a matrix with
a row for each published contract and each of its results. The pages it was written from: contracts.broker.pact_broker.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fixtures.simulators.base import Simulator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

TOKEN = "token-of-the-test"
USER, PASSWORD = "user", "pass"
AT = "2026-11-23T09:00:00+00:00"


@dataclass
class StandingBroker(Simulator):
    """Contracts by (consumer, provider, version); results by pact-version, each with its number."""

    pacts: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    results: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    instead: Response | None = None  # in place of the index
    links_to: str | None = None  # another address in the links, as behind a proxy that is set up wrongly

    name = "pact-broker"

    def routes(self) -> Sequence[Route]:
        version = "/pacticipants/{name}/versions/{version}"
        pact = "/pacts/provider/{provider}/consumer/{consumer}"
        return [
            Route("/", self.index),
            Route("/contracts/publish", self.publish, methods=["POST"]),
            Route("/pacticipants", self.pacticipants),
            Route(version, self.version),
            Route(f"{pact}/version/{{version}}", self.pact),
            Route(f"{pact}/pact-version/{{sha}}/verification-results", self.verify, methods=["POST"]),
            Route(f"{pact}/pact-version/{{sha}}/verification-results/{{number:int}}", self.result),
            Route("/matrix", self.matrix),
        ]

    def app(self) -> Any:
        inner = super().app()
        basic = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        allowed = {f"Bearer {TOKEN}", f"Basic {basic}"}

        async def guarded(scope: Any, receive: Any, send: Any) -> None:
            given = dict(scope["headers"]).get(b"authorization", b"").decode()
            await (inner if given in allowed else Response(status_code=401))(scope, receive, send)

        return guarded

    def foreign_result(self, consumer: str, provider: str, version: str, success: bool) -> None:
        """What a provider's own build would publish, with another tool."""
        sha = self.sha((consumer, provider, version))
        self.results.setdefault(sha, []).append(
            {"success": success, "providerApplicationVersion": "p-1", "testResults": [{"tests": []}]}
        )

    def sha(self, key: tuple[str, str, str]) -> str:
        return hashlib.sha1(json.dumps(self.pacts[key], sort_keys=True).encode()).hexdigest()

    def base(self, request: Request) -> str:
        return self.links_to or str(request.base_url).rstrip("/")

    async def index(self, request: Request) -> Response:
        if self.instead is not None:
            return self.instead
        base = self.base(request)
        links = {
            "pb:publish-contracts": {"href": f"{base}/contracts/publish", "templated": False},
            "pb:pacticipants": {"href": f"{base}/pacticipants", "templated": False},
            "pb:pacticipant-version": {
                "href": base + "/pacticipants/{pacticipant}/versions/{version}",
                "templated": True,
            },
        }
        return hal({"_links": links})

    async def publish(self, request: Request) -> Response:
        body = await request.json()
        notices = []
        for each in body["contracts"]:
            key = (each["consumerName"], each["providerName"], body["pacticipantVersionNumber"])
            assert (each["specification"], each["contentType"]) == ("pact", "application/json")
            assert each["consumerName"] == body["pacticipantName"]
            content = json.loads(base64.b64decode(each["content"], validate=True))
            for number, interaction in enumerate(content.get("interactions", [])):
                interaction["_id"] = f"id-{number}"
            if self.pacts.get(key, content) != content:
                words = f"Cannot change the content of the pact for {key[0]} version {key[2]}"
                return hal({"notices": [{"type": "error", "text": words}], "errors": {"contracts": [words]}}, 409)
            self.pacts[key] = content
            notices.append(
                {"type": "success", "text": f"Pact successfully published for {key[0]} and provider {key[1]}."}
            )
        return hal({"notices": [*notices, {"type": "debug", "text": "  Events detected: contract_published"}]})

    async def pacticipants(self, _: Request) -> Response:
        names = sorted({name for consumer, provider, _ in self.pacts for name in (consumer, provider)})
        return hal({"_embedded": {"pacticipants": [{"name": name} for name in names]}})

    async def version(self, request: Request) -> Response:
        name, version = request.path_params["name"], request.path_params["version"]
        keys = [key for key in sorted(self.pacts) if (key[0], key[2]) == (name, version)]
        if not keys:
            return hal({"error": "not found"}, 404)
        return hal({"_links": {"pb:pact-versions": [{"href": self.pact_url(request, key)} for key in keys]}})

    async def pact(self, request: Request) -> Response:
        given = request.path_params
        key = (given["consumer"], given["provider"], given["version"])
        if key not in self.pacts:
            return hal({"error": "not found"}, 404)
        publish = f"{self.content_url(request, key)}/verification-results"
        links = {"self": {"href": self.pact_url(request, key)}, "pb:publish-verification-results": {"href": publish}}
        return hal({"createdAt": AT, **self.pacts[key], "_links": links})

    async def verify(self, request: Request) -> Response:
        body = await request.json()
        assert isinstance(body["success"], bool)
        assert isinstance(body["providerApplicationVersion"], str)
        self.results.setdefault(request.path_params["sha"], []).append(body)
        return hal(body, 201)

    async def result(self, request: Request) -> Response:
        return hal(self.results[request.path_params["sha"]][request.path_params["number"] - 1])

    async def matrix(self, request: Request) -> Response:
        names = request.query_params.getlist("q[][pacticipant]")
        versions = request.query_params.getlist("q[][version]")
        limit = int(request.query_params.get("limit", "100"))
        rows = []
        for key in sorted(self.pacts):
            if set(names) == {key[0], key[1]} and versions in ([], [key[2]]):
                numbers = [*range(1, len(self.results.get(self.sha(key), [])) + 1)]
                rows += [self.row(request, key, number) for number in numbers or [0]]
        return hal({"summary": {"deployable": None}, "matrix": rows[:limit]})

    def row(self, request: Request, key: tuple[str, str, str], number: int) -> dict[str, Any]:
        link = f"{self.content_url(request, key)}/verification-results/{number}"
        result = {"verifiedAt": AT, "_links": {"self": {"href": link}}} if number else None
        return {
            "consumer": {"name": key[0], "version": {"number": key[2]}},
            "provider": {"name": key[1]},
            "pact": {"createdAt": AT, "_links": {"self": {"href": self.pact_url(request, key)}}},
            "verificationResult": result,
        }

    def pact_url(self, request: Request, key: tuple[str, str, str]) -> str:
        return f"{self.base(request)}/pacts/provider/{quote(key[1])}/consumer/{quote(key[0])}/version/{key[2]}"

    def content_url(self, request: Request, key: tuple[str, str, str]) -> str:
        base = f"{self.base(request)}/pacts/provider/{quote(key[1])}/consumer/{quote(key[0])}"
        return f"{base}/pact-version/{self.sha(key)}"


def hal(body: Any, status: int = 200) -> JSONResponse:
    return JSONResponse(body, status, media_type="application/hal+json")
