"""Payload CMS over REST: pages that stay whole while somebody writes, and an honest answer to "is it well?".

It only reads: a path with an id of the wrong kind is taken for another document (`/tenants/01KGZ…` is tenant 1), so
nothing here puts an id into a path; `where[id]` compares it whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from reference_impl.integrations.base import (
    PROBE_S,
    Answer,
    Conflict,
    CredentialsRejected,
    NotFound,
    Rejected,
    Unavailable,
    Vendor,
    VendorError,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from reference_impl.core.clock import Clock

Id = int | str
"""Opaque: a number on SQLite and most PostgreSQL, a text on uuid and Mongo. 1 and "1" are two ids."""

Query = dict[str, str | int]
PAGE = 100
IDS_PER_PAGE = 500
IDS_PER_QUESTION = 20  # more make a long URL
NOBODY = {"email": "nobody@cityos.invalid", "password": "nobody"}


@dataclass(frozen=True, slots=True)
class User:
    """Whom the key belongs to."""

    id: Id
    email: str | None
    collection: str


@dataclass(frozen=True, slots=True)
class Document:
    """One document at depth 0: relations are ids. `fields` are all of its fields, unset ones None."""

    id: Id
    updated_at: datetime
    fields: Mapping[str, Any]

    @property
    def draft(self) -> bool:
        """Not published, in a collection that has drafts: a list with a key shows them too."""
        return self.fields.get("_status") == "draft"


@dataclass(frozen=True, slots=True)
class Page:
    """Some documents, and whether more follow in this order."""

    documents: list[Document]
    total: int
    more: bool


class PayloadCms(Vendor):
    """The CMS as the platform asks it, with a `users API-Key`."""

    name = "payload_cms"

    def __init__(self, base_url: str, api_key: str, clock: Clock, **options: Any) -> None:
        """options: what else `Vendor` takes (breaker, answer_s, seed, sleep)."""
        headers = {"authorization": f"users API-Key {api_key}"}  # in this spelling only; by any other it is nobody
        super().__init__(base_url, clock, headers=headers, **options)

    def judge(self, answer: Answer) -> VendorError | None:
        status, body = answer.status, answer.body
        if 200 <= status < 300:
            return self._doubt(body)
        said = _words(answer)
        if status == 401:  # only a log-in says so, and only when its database answers
            return CredentialsRejected(self.name, said, status=status)
        if status in (403, 408, 429) or status >= 500:  # 403: the key is refused, or the database is away
            return Unavailable(self.name, said, status=status, retry_at=self.retry_at(answer))
        if status == 404 and isinstance(body, dict) and "errors" in body:
            return NotFound(self.name, said, status=status)
        fields = _fields(body)
        duplicate = any("must be unique" in told for told in fields.values())
        return (Conflict if duplicate else Rejected)(self.name, said, status=status, fields=fields)

    def _doubt(self, body: object) -> VendorError | None:
        """What is wrong with a success: a page of somebody else's, or "nobody" as the answer to who we are."""
        if not isinstance(body, dict):
            return Unavailable(self.name, "answered what is no JSON object", status=200)
        if "user" in body and body["user"] is None:
            return Unavailable(self.name, "knows nobody by this key: refused, or its database is away", status=200)
        return None

    async def whoami(self) -> User:
        """Proves process, database and key, by one request.

        Raises Unavailable: with status 200 when it answered "nobody", which a refused key and a dead database share.
        """
        answer = await self.call("GET", "/api/users/me", repeatable=False)
        user = answer.body.get("user")
        if not isinstance(user, dict) or "id" not in user:
            raise Unavailable(self.name, "did not say who we are", status=answer.status)
        return User(user["id"], user.get("email"), str(answer.body.get("collection", "users")))

    async def ping(self) -> User:
        """`whoami`; where that says "nobody", by a key that is refused, it raises CredentialsRejected instead."""
        try:
            return await self.whoami()
        except Unavailable as away:
            raise await self.explained(away) from None

    async def explained(self, away: Unavailable) -> VendorError:
        """What "nobody" means, as far as can be told: only a database that answers refuses a log-in (401).

        Past the breaker. Another answer leaves the doubt: the project may have no log-in by password.
        """
        if away.status != 200:
            return away
        try:
            answer = await self._exchange("POST", "/api/users/login", PROBE_S, query=None, body=NOBODY, headers=None)
        except Unavailable:
            return away
        if answer.status != 401:
            return away
        return CredentialsRejected(self.name, "knows nobody by this key, and its database answers", status=200)

    async def count(self, collection: str, where: Mapping[str, str] | None = None) -> int:
        """How many documents there are. where: bracket form, {"[code][equals]": "SA"}."""
        answer = await self._read(f"/api/{collection}/count", _where(where))
        return int(answer.body["totalDocs"])

    async def page(
        self,
        collection: str,
        *,
        sort: str,
        limit: int = PAGE,
        where: Mapping[str, str] | None = None,
        select: Sequence[str] = (),
    ) -> Page:
        """The first documents in an order that is always named; the next ones are asked for by what was read last.

        select: only these fields, beside the id; without it all.
        """
        assert limit > 0, "0 would mean all of them"
        query: Query = {"depth": 0, "limit": limit, "sort": sort, **_where(where)}
        query |= {f"select[{field}]": "true" for field in select}
        body = (await self._read(f"/api/{collection}", query)).body
        try:
            return Page([_document(one) for one in body["docs"]], int(body["totalDocs"]), bool(body["hasNextPage"]))
        except (KeyError, TypeError, ValueError):
            raise Unavailable(self.name, f"answered no list of {collection}", status=200) from None

    async def whole(self, collection: str, *, select: Sequence[str] = (), limit: int = PAGE) -> AsyncIterator[Document]:
        """Every document that is there from the first page to the last, by id.

        Each page asks for ids above the last one, not for a page number: what is inserted or deleted meanwhile moves
        nobody, so none is read twice and none is left out.
        """
        where: dict[str, str] = {}
        last: Document | None = None
        while True:
            page = await self.page(collection, sort="id", limit=limit, where=where, select=select)
            for document in page.documents:
                yield document
            if not page.more or not page.documents:
                return
            last = self._further(page, last)
            where = {"[id][greater_than]": str(last.id)}

    async def changed(self, collection: str, since: datetime, *, limit: int = PAGE) -> AsyncIterator[Document]:
        """Every document changed since then, oldest change first; one changed meanwhile comes again at the end.

        Deletions do not show. Many documents may share a moment: the id decides within it.
        """
        where = {"[updatedAt][greater_than_equal]": written(since)}
        last: Document | None = None
        while True:
            page = await self.page(collection, sort="updatedAt,id", limit=limit, where=where)
            for document in page.documents:
                yield document
            if not page.more or not page.documents:
                return
            last = self._further(page, last)
            at = written(last.updated_at)
            where = {
                "[or][0][updatedAt][greater_than]": at,
                "[or][1][and][0][updatedAt][equals]": at,
                "[or][1][and][1][id][greater_than]": str(last.id),
            }

    def _further(self, page: Page, before: Document | None) -> Document:
        """Where the next page begins; raises Unavailable when that is where this one began: there would be no end."""
        last = page.documents[-1]
        if before is not None and (last.id, last.updated_at) == (before.id, before.updated_at):
            raise Unavailable(self.name, "answers the same page again: it takes no notice of `where`", status=200)
        return last

    async def versions(self, collection: str) -> dict[Id, datetime]:
        """When each document that is there was changed last: what is missing here was deleted."""
        read = self.whole(collection, select=("updatedAt",), limit=IDS_PER_PAGE)
        return {document.id: document.updated_at async for document in read}

    async def find(self, collection: str, ids: Sequence[Id]) -> list[Document]:
        """Those of the named documents that are there.

        By `equals`, which finds nothing for an id of the wrong kind; `in` answers 500, or finds another document.
        """
        found: list[Document] = []
        for start in range(0, len(ids), IDS_PER_QUESTION):
            some = ids[start : start + IDS_PER_QUESTION]
            where = {f"[or][{at}][id][equals]": str(one) for at, one in enumerate(some)}
            page = await self.page(collection, sort="id", limit=len(some), where=where)
            found += [document for document in page.documents if document.id in some]
        return found

    async def _read(self, path: str, query: Query) -> Answer:
        """GET; where the answer is "not allowed", find out why.

        Raises Rejected only when the key is good and its user may not; else what `ping` raises.
        """
        try:
            return await self.call("GET", path, query=query)
        except Unavailable as away:
            if away.status != 403:
                raise
            user = await self.ping()
            raise Rejected(self.name, f"{away.words} ({user.email} may not read {path})", status=403) from None


def reference(value: object) -> Id | None:
    """The id of a relation, however deep it was filled in: an id, or the document itself; None for none."""
    if isinstance(value, dict):
        value = value.get("id")
    return value if isinstance(value, int | str) and not isinstance(value, bool) else None


def references(value: object) -> list[Id]:
    """The ids of a relation to one or to many."""
    some = value if isinstance(value, list) else [value]
    return [one for one in map(reference, some) if one is not None]


def moment(text: str) -> datetime:
    """A time as Payload writes it; raises ValueError when it is none or has no zone."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text} names no zone")
    return at.astimezone(UTC)


def written(at: datetime) -> str:
    """A time as Payload writes it, in milliseconds: 2026-11-22T11:44:17.454Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _document(body: dict[str, Any]) -> Document:
    return Document(body["id"], moment(body["updatedAt"]), body)


def _where(conditions: Mapping[str, str] | None) -> Query:
    """Always in brackets: before 3.83 Payload takes no notice of a JSON text, and answers everything."""
    return {f"where{path}": value for path, value in (conditions or {}).items()}


def _words(answer: Answer) -> str:
    """What it said: the messages of `errors`, or the bare message of a route that is not there, or the text."""
    body = answer.body
    if not isinstance(body, dict):
        return answer.text
    told = [str(error.get("message")) for error in body.get("errors") or () if isinstance(error, dict)]
    details = [f"{path}: {words}" for path, words in _fields(body).items()]
    return "; ".join([*told, *details]) or str(body.get("message", answer.text))


def _fields(body: object) -> dict[str, str]:
    """What it said of each field. Never by an error's name: a Next build shortens it to a letter."""
    errors = body.get("errors") if isinstance(body, dict) else None
    found: dict[str, str] = {}
    for error in errors if isinstance(errors, list) else ():
        data = error.get("data") if isinstance(error, dict) else None
        told = data.get("errors") if isinstance(data, dict) else data
        for one in told if isinstance(told, list) else ():
            found[str(one.get("path"))] = str(one.get("message", error.get("message")))
    return found
