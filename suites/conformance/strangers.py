"""Another tenant's people, and what they learn of ours: nothing, which is what an id that nobody has would tell them.

What they send is written down with the names of ids in braces. It is sent twice, with our ids and with ids of the same
form that nobody has, and both must be answered alike: status, headers, and the text once each id is a name again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fixtures.client import Answer, Api
    from suites.conformance.routes import Route

NAMED = re.compile(r"\{(\w+)\}")
ULID: Final = "01HZZZZZZZZZZZZZZZZZZZZZZZ"
_COMPARED: Final = ("content-type", "cache-control", "www-authenticate", "location", "retry-after", "vary")


class Entrances(msgspec.Struct, frozen=True):
    """Somebody for each area of the API."""

    store: Api
    admin: Api
    vendor: Api | None = None

    def reach(self, route: Route) -> bool:
        """Whether there is somebody to try this route."""
        return getattr(self, route.path.split("/")[1], None) is not None

    def to(self, path: str) -> Api:
        """Who sends something there."""
        api: Api = getattr(self, path.split("/")[1])
        return api


class Way(msgspec.Struct, frozen=True):
    """One more thing by which a platform might take a request for ours."""

    name: str
    headers: dict[str, str | None] = {}
    query: dict[str, str] = {}
    only: str = ""  # on routes for nobody but these

    def suits(self, route: Route) -> bool:
        """Whether it could open this route, and should not: with our key anybody may look at what we sell."""
        return self.only in ("", route.who)


class Attempt(msgspec.Struct, frozen=True):
    """A request with names of ids in it: `what` is "POST /store/carts"."""

    what: str
    body: dict[str, object] | None = None
    query: dict[str, str] = {}

    def send(self, who: Entrances, ids: Mapping[str, str], way: Way | None = None) -> Answer:
        """Send it with these ids."""
        method, path = self.what.split(" ")
        query = {name: filled(value, ids) for name, value in self.query.items()} | (way.query if way else {})
        body = {} if self.body is None else {"json": filled(self.body, ids)}
        headers = way.headers if way else None
        return who.to(path).send(method, filled(path, ids), query or None, headers=headers, **body)


def ways(ours: Entrances) -> list[Way]:
    """Headers, hosts, queries and the key that name our tenant."""
    slug = ours.store.tenant.slug
    answer = ours.store.get("/store/cityos/tenant", {"slug": slug})
    tenant = answer["tenant"] if answer.status == 200 else {}
    id_, host = str(tenant.get("id") or slug), str(tenant.get("domain") or f"{slug}.example.com")
    named = {"x-tenant-id": id_, "x-cityos-tenant-id": id_, "x-tenant-slug": slug, "x-tenant": slug}
    asked = {"tenant_id": id_, "tenant": slug, "tenant_slug": slug}
    key = ours.store.tenant.publishable_key
    return [
        Way("headers", {**named, "x-cityos-tenant": slug, "x-forwarded-host": host}),
        Way("the Host", {"host": host}),
        Way("the query", query=asked),
        Way("our key", {"x-publishable-api-key": key}, only="customer"),
    ]


def filled(template: Any, ids: Mapping[str, str]) -> Any:
    """The template with ids in the place of their names, at every depth."""
    if isinstance(template, str):
        return NAMED.sub(lambda found: ids.get(found[1], found[0]), template)
    if isinstance(template, dict):
        return {name: filled(value, ids) for name, value in template.items()}
    return [filled(one, ids) for one in template] if isinstance(template, list) else template


def nobodys(ids: Mapping[str, str]) -> dict[str, str]:
    """Ids, codes and addresses of the same form and length that nobody has."""
    return {name: _like(one) for name, one in ids.items()}


def _like(one: str) -> str:
    if "@" in one:
        return "z" * len(one.split("@", maxsplit=1)[0]) + "@" + one.split("@")[1]
    if len(one.rpartition("_")[2]) == len(ULID) and one.rpartition("_")[2].isupper():
        return f"{one.rpartition('_')[0]}_{ULID}".removeprefix("_")
    return re.sub(r"[0-9a-f]", "0", one) if one.islower() else re.sub(r"[0-9A-F]", "0", one)


def told(answer: Answer, ids: Mapping[str, str]) -> tuple[int, dict[str, str], str]:
    """All that an answer tells, with each id replaced by its name."""
    text = answer.text
    for name, one in ids.items():
        text = text.replace(one, name)
    return answer.status, {name: answer.headers.get(name, "") for name in _COMPARED}, text


def differences(
    attempts: Iterable[Attempt], theirs: Entrances, ids: Mapping[str, str], own: Mapping[str, str] | None = None
) -> list[str]:
    """Where our ids are answered otherwise than ids that nobody has, or are taken; one sentence each.

    own: ids of the stranger's, which are the same in both. A list that is asked for by our ids must be empty.
    """
    unknown, same, faults = nobodys(ids), own or {}, []
    for attempt in attempts:
        answer = attempt.send(theirs, {**ids, **same})
        saw, wanted = told(answer, ids), told(attempt.send(theirs, {**unknown, **same}), unknown)
        what = f"{attempt.what} {attempt.query or attempt.body}"
        if saw != wanted:
            faults.append(f"{what}: {saw[0]} {saw[2][:200]}, and of what nobody has: {wanted[0]} {wanted[2][:200]}")
        if attempt.what.startswith("GET") and answer.is_success:
            count = answer.json.get("count", 0)
            faults += [f"{what} counts {count}"] if count else []
        elif not 400 <= answer.status < 500:
            faults.append(f"{what} is answered with {answer.status}: it takes what is not there")
    return faults
