"""The store in a Pact Broker, spoken to as its clients do: from the index along its HAL links.

Not run against a real broker: none could be had. Written from the broker's own documentation and source (project
pact-foundation/pact_broker) and tried against a stand-in that was written from the same pages:

    index                  GET /, `_links` (api/resources/index.rb; pb:pacticipant-version: the contract between
                           pact_broker-client and the broker, and doc/views/index/pacticipant-version.markdown)
    publish                POST pb:publish-contracts (doc/views/index/publish-contracts.markdown; an answer in
                           spec/fixtures/approvals/publish_contract_nothing_exists.approved.json; 409 in
                           api/resources/publish_contracts.rb)
    a commit's contracts   GET pb:pacticipant-version, its pb:pact-versions (api/decorators/version_decorator.rb)
    a contract             its content and `_links`, `createdAt` (api/decorators/pact_decorator.rb)
    publish a result       POST pb:publish-verification-results of the contract, `testResults` may be any JSON
                           (doc/views/pact/publish-verification-results.markdown)
    results                GET /matrix?q[][pacticipant]=…&q[][version]=… (doc/views/matrix.markdown,
                           matrix/parse_query.rb; the rows: api/decorators/matrix_decorator.rb), which no link names;
                           then each result itself (api/decorators/verification_decorator.rb)

A broker knows neither the environment of a verification nor its evidence: our whole record travels in `testResults`.
"""

from __future__ import annotations

import base64
import contextlib
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import msgspec

from contracts.broker import records
from contracts.broker.files import another
from contracts.broker.records import NOT_SAID, Published, Verified
from fixtures.exits import CommandError, Unreachable, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from contracts.broker.records import Contract

    Auth = httpx.Auth | Callable[[httpx.Request], httpx.Request]

BASE_URL = "PACT_BROKER_BASE_URL"
TOKEN = "PACT_BROKER_TOKEN"  # noqa: S105 (the name of a variable)
USERNAME = "PACT_BROKER_USERNAME"
PASSWORD = "PACT_BROKER_PASSWORD"  # noqa: S105 (likewise)

OURS = "cityos"
"""The member of `testResults` that holds our record."""

_ANSWER_S = 30.0
_ROWS = 1000
_ROWS_OF_OTHERS = 10
_PACT_VERSION = re.compile(r"/pact-version/([^/?]+)")


class PactBroker:
    """A store in a Pact Broker. Raises Unreachable, UsageError (log-in, refused), CommandError (no such broker)."""

    def __init__(self, base_url: str, auth: Auth | None = None) -> None:
        if not base_url.startswith(("http://", "https://")):
            raise UsageError(f"{BASE_URL}={base_url}: an address begins with http:// or https://")
        self.where = base_url.rstrip("/")
        self._base = httpx.URL(self.where)
        self._http = httpx.Client(auth=auth, timeout=_ANSWER_S, headers={"accept": "application/hal+json"})
        self._seen: dict[str, dict[str, Any]] = {}  # contracts and results: a broker does not change them
        self._index: dict[str, Any] | None = None

    def close(self) -> None:
        self._http.close()

    @contextlib.contextmanager
    def _as_documented(self) -> Iterator[None]:
        """What an answer lacks, or has in another form, is the broker's: an error, and never no record."""
        try:
            yield
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise self._strange(f"{type(error).__name__}: {error}") from error

    def publish(self, contracts: Sequence[Contract], commit: str, branch: str | None, at: datetime) -> list[str]:  # noqa: ARG002 (a broker has its own clock)
        """Publish what the commit promises, one call per consumer; tells what the broker says of it.

        Raises UsageError if the commit has another contract there.
        """
        told = []
        for consumer in sorted({each.consumer for each in contracts}):
            own = [each for each in contracts if each.consumer == consumer]
            there = {each.provider: each.digest for each in self._published(consumer, commit)}
            for each in own:
                if there.get(each.provider, each.digest) != each.digest:
                    raise UsageError(another(each, commit, self.where))
            body = {
                "pacticipantName": consumer,
                "pacticipantVersionNumber": commit,
                **({} if branch is None else {"branch": branch}),
                "contracts": [_to_publish(each) for each in own],
            }
            answer = self._post(self._link("pb:publish-contracts"), body)
            notices = answer.get("notices") or []
            told += [f"{each}: {'was there' if each.provider in there else 'published'}" for each in own]
            told += [str(each["text"]) for each in notices if each["type"] in {"success", "warning", "error"}]
        return told

    def record(self, verified: Verified) -> None:
        """Publish what came of a verification, with the contract that it is of.

        Raises UsageError when the broker has no such contract for the record's consumer commit.
        """
        commit = verified.consumer_commit
        pacts = [] if commit is None else self._pacts(verified.consumer, commit)
        for pact in pacts:
            if _name(pact, "provider") == verified.provider and records.digest(pact) == verified.digest:
                link = _href(pact, "pb:publish-verification-results")
                if link is None:
                    raise self._strange("a contract without the link pb:publish-verification-results")
                self._post(link, _result(verified))
                return
        raise UsageError(
            f"{self.where} has no such contract of {verified.consumer} with {verified.provider}: "
            f"cityos contracts publish{'' if commit is None else f' --commit {commit}'} first"
        )

    def published(self, commit: str | None = None) -> list[Published]:
        """What was published of a commit, by whatever consumer. Raises UsageError without one: they are too many."""
        if commit is None:
            raise UsageError("a Pact Broker is asked for one commit: say which by --commit")
        listed = self._get(self._link("pb:pacticipants")) or {}
        pacticipants = listed.get("_embedded", {}).get("pacticipants", [])
        with self._as_documented():
            names = sorted(str(each["name"]) for each in pacticipants)
        return [each for name in names for each in self._published(name, commit)]

    def verified(self, consumer: str, provider: str, commit: str) -> list[Verified]:
        """What was verified of the commit's contract, and some of other commits', which explain what is missing."""
        exact = f"q[][pacticipant]={quote(consumer)}&q[][version]={commit}&q[][pacticipant]={quote(provider)}"
        others = f"q[][pacticipant]={quote(consumer)}&q[][pacticipant]={quote(provider)}"
        rows = self._matrix(f"{exact}&limit={_ROWS}")
        if len(rows) >= _ROWS:
            raise CommandError(
                f"{self.where} has {_ROWS} results or more of one commit, and does not show the rest; clean it up"
            )
        found = {}
        for row in (*rows, *self._matrix(f"{others}&limit={_ROWS_OF_OTHERS}")):
            with self._as_documented():
                link = row["verificationResult"] and row["verificationResult"]["_links"]["self"]["href"]
                if link is not None and link not in found:
                    found[link] = self._verified(row, link)
        return [each for each in found.values() if each is not None]

    def _matrix(self, query: str) -> list[dict[str, Any]]:
        answer = self._get(f"{self.where}/matrix?{query}") or {}
        rows = answer.get("matrix")
        if not isinstance(rows, list):
            raise self._strange("/matrix without `matrix`")
        return rows

    def _verified(self, row: Mapping[str, Any], link: str) -> Verified | None:
        """One result, our record of it if we made it; None for one of a contract that was overwritten since."""
        result = self._once(link)
        ours = result.get("testResults")
        success, version = result.get("success"), result.get("providerApplicationVersion")
        if not isinstance(ours, dict) or OURS not in ours:
            return self._foreign(row, link, bool(success), str(version))
        try:
            record = msgspec.convert(ours[OURS], Verified)
        except ValueError as error:
            raise CommandError(f"{link}: damaged ({error}); verify again, and publish that") from None
        pair = (row["consumer"]["name"], row["provider"]["name"])
        if (record.success, record.provider_version) != (success, version) or (
            record.consumer,
            record.provider,
        ) != pair:
            raise CommandError(f"{link}: our record says another thing than the broker; verify again, and publish that")
        return record

    def _foreign(self, row: Mapping[str, Any], link: str, success: bool, version: str) -> Verified | None:
        """A result that another tool published. The broker keeps it with the content of the contract (pact-version)."""
        pact = self._once(str(_href(row["pact"], "self")))
        of, now = _PACT_VERSION.search(link), _PACT_VERSION.search(_href(pact, "pb:publish-verification-results") or "")
        if of is None or now is None or of[1] != now[1]:
            return None
        return Verified(
            consumer=row["consumer"]["name"],
            provider=row["provider"]["name"],
            digest=records.digest(pact),
            provider_version=version,
            environment=NOT_SAID,
            success=success,
            counts=None,
            at=datetime.fromisoformat(row["verificationResult"]["verifiedAt"]),
            evidence=link,
            harness=NOT_SAID,
        )

    def _published(self, consumer: str, commit: str) -> Iterator[Published]:
        for pact in self._pacts(consumer, commit):
            with self._as_documented():
                published = Published(
                    consumer=consumer,
                    provider=_name(pact, "provider"),
                    consumer_commit=commit,
                    digest=records.digest(pact),
                    at=datetime.fromisoformat(pact["createdAt"]),
                )
            yield published

    def _pacts(self, consumer: str, commit: str) -> list[dict[str, Any]]:
        """The contracts that a commit published as consumer; none for a version that the broker does not know."""
        version = self._get(self._link("pb:pacticipant-version", pacticipant=consumer, version=commit))
        if version is None:
            return []
        with self._as_documented():
            pacts = [self._once(each["href"]) for each in version["_links"].get("pb:pact-versions", [])]
            return [pact for pact in pacts if _name(pact, "consumer") == consumer]

    def _link(self, relation: str, **parts: str) -> str:
        """A link of the index, filled in (a URI template with simple names)."""
        if self._index is None:
            self._index = self._get(self.where) or {}
        with self._as_documented():
            link = _href(self._index, relation)
        if link is None:
            raise self._strange(f"an index without the link {relation}: is it a Pact Broker, and a recent one?")
        for name, value in parts.items():
            link = link.replace(f"{{{name}}}", quote(value, safe=""))
        return link

    def _once(self, link: str) -> dict[str, Any]:
        if link not in self._seen:
            found = self._get(link)
            if found is None:
                raise self._strange(f"a link that leads nowhere, {link}")
            self._seen[link] = found
        return self._seen[link]

    def _get(self, url: str) -> dict[str, Any] | None:
        answer = self._ask("GET", url, None)
        return None if answer.status_code == httpx.codes.NOT_FOUND else self._body(answer)

    def _post(self, url: str, body: object) -> dict[str, Any]:
        return self._body(self._ask("POST", url, body))

    def _ask(self, method: str, url: str, body: object) -> httpx.Response:
        there = self._base.join(url)
        if (there.scheme, there.host, there.port) != (self._base.scheme, self._base.host, self._base.port):
            raise self._strange(f"a link to another place, {url}: credentials do not go there; set its base URL")
        try:
            answer = self._http.request(method, there, json=body)
        except httpx.HTTPError as error:
            words = f"{type(error).__name__}: {error}".rstrip(": ")
            raise Unreachable(f"{self.where} does not answer ({words}); is {BASE_URL} right?") from None
        if answer.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
            raise UsageError(
                f"{self.where} refuses the log-in ({answer.status_code}): set {TOKEN}, or {USERNAME} and {PASSWORD}"
            )
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise Unreachable(f"{self.where} is not well: {method} {there.path} answered {answer.status_code}")
        return answer

    def _body(self, answer: httpx.Response) -> dict[str, Any]:
        asked = f"{answer.request.method} {answer.request.url.path}"
        if answer.status_code == httpx.codes.CONFLICT:
            raise UsageError(f"{self.where} refuses, {asked}: {_words(answer)}; publish from a new commit")
        if not answer.is_success:
            raise CommandError(f"{self.where}: {asked} answered {answer.status_code}: {_words(answer)}")
        try:
            body = answer.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise self._strange(f"{asked} without a JSON object")
        return body

    def _strange(self, what: str) -> CommandError:
        return CommandError(f"{self.where} does not answer as a Pact Broker does: {what}")


def opened(environ: Mapping[str, str]) -> PactBroker | None:
    """The broker that the environment names; None when it names none. Raises UsageError for half a log-in."""
    base_url = environ.get(BASE_URL, "").strip()
    if not base_url:
        return None
    token, username, password = (environ.get(name, "") for name in (TOKEN, USERNAME, PASSWORD))
    if token:

        def bearer(request: httpx.Request) -> httpx.Request:
            request.headers["authorization"] = f"Bearer {token}"
            return request

        return PactBroker(base_url, bearer)
    if bool(username) != bool(password):
        raise UsageError(f"{USERNAME} and {PASSWORD} go together: set both, or {TOKEN}")
    return PactBroker(base_url, httpx.BasicAuth(username, password) if username else None)


def _to_publish(contract: Contract) -> dict[str, str]:
    return {
        "consumerName": contract.consumer,
        "providerName": contract.provider,
        "specification": "pact",
        "contentType": "application/json",
        "content": base64.b64encode(contract.content or b"").decode(),
    }


def _result(verified: Verified) -> dict[str, Any]:
    linked = verified.evidence.startswith(("http://", "https://"))
    return {
        "success": verified.success,
        "providerApplicationVersion": verified.provider_version,
        **({"buildUrl": verified.evidence} if linked else {}),
        "testResults": {OURS: msgspec.to_builtins(verified)},
        "verifiedBy": {"implementation": "cityos-verify", "version": verified.harness},
    }


def _name(pact: Mapping[str, Any], role: str) -> str:
    return str(pact[role]["name"])


def _href(resource: Mapping[str, Any], relation: str) -> str | None:
    link = resource.get("_links", {}).get(relation, {}).get("href")
    return link if isinstance(link, str) else None


def _words(answer: httpx.Response) -> str:
    """What the broker says of a refusal: its notices or errors, else the beginning of what came."""
    try:
        body = answer.json()
        notices = [str(each["text"]) for each in body.get("notices", []) if each.get("type") == "error"]
        return "; ".join(notices) or str(body["errors"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return answer.text[:200]
