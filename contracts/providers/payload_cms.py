"""Payload CMS's states, by its REST API and a key of a user who may write."""

from __future__ import annotations

import secrets
import string
from typing import TYPE_CHECKING, Any, ClassVar

import httpx
from typing_extensions import override

from contracts.providers.deliveries import listening
from contracts.providers.states import Provider, StateFailed, Values, state, unique
from fixtures import signers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contracts.providers.deliveries import Deliveries

Document = dict[str, Any]

HOOKED = "the project's hook is on"
OF_NO_KEY = "a collection is closed to the key"
DRAFTED = "a draft is there"
_SIGNATURE = "x-payload-signature"
_TOLD = {"a tenant was made": "create", "a tenant was changed": "update", "a tenant was deleted": "delete"}
CODE = string.ascii_uppercase + string.digits
ALWAYS = 1_000_000_000
"""Of the switch `flapping`: nobody waits until it lets a request pass."""


class PayloadCms(Provider):
    """Payload CMS 3 with the eight collections of the hierarchy (`--header 'Authorization: users API-Key …'`)."""

    name: ClassVar[str] = "payload-cms"
    example_key: ClassVar[str] = "users API-Key test-key"
    defaults: ClassVar[Mapping[str, str]] = {
        "closed": "payload-kv",
        "drafts": "portals",
        "hook": "",
        "hook_secret": "hook-secret",
    }
    """closed: a collection that the key may not read. drafts: one of the eight that has drafts. hook: where the
    project's hook posts to, an address of this machine, at which we listen; hook_secret: what it signs with."""

    _hooked: Deliveries | None = None
    """Where the project's hook posts to, while it is on."""

    @override
    def why_not(self, name: str) -> str | None:
        if self.is_simulator:
            return None
        if name == OF_NO_KEY and self._status(f"/api/{self.settings['closed']}/count") in (200, 404):
            return f"the key may read {self.settings['closed']}, or it is not there: name another by --set closed=…"
        drafted = f"/api/{self.settings['drafts']}/count?where[_status][equals]=draft"
        if name == DRAFTED and self._status(drafted) in (400, 404):
            return f"{self.settings['drafts']} has no drafts here: name another collection by --set drafts=…"
        if name == HOOKED and not self.settings["hook"]:
            return "nothing says where the project's hook posts to: --set hook=http://127.0.0.1:…/hook"
        return super().why_not(name)

    @override
    def message(self, description: str) -> tuple[bytes, dict[str, str]]:
        """What the hook posted when a tenant was made, changed or deleted; the topic is the facts' word for it."""
        operation = _TOLD.get(description)
        if operation is None or self._hooked is None:
            raise StateFailed(f"there is no way to have “{description}” posted")
        try:
            tenant = self._changed(operation)
        except (httpx.HTTPError, KeyError, TypeError, ValueError) as problem:
            raise StateFailed(f"“{description}”: {type(problem).__name__} {problem}") from None
        came = self._hooked.wait(lambda each: _tells(each.json(), operation, tenant))
        if came.headers.get(_SIGNATURE) != signers.payload_cms(came.body, self.settings["hook_secret"])[_SIGNATURE]:
            raise StateFailed(f"{_SIGNATURE} is not the hex HMAC-SHA256 of the body by the secret --set hook_secret=…")
        return came.body, {**came.headers, "topic": "change"}

    def _changed(self, operation: str) -> Any:
        """The id of a tenant that was made for it, and then changed, or deleted, if that is what is wanted."""
        tenant = self._make("tenants", name="Acme", handle=unique("acme"))["id"]
        if operation == "update":
            self.ask("PATCH", f"/api/tenants/{tenant}", params={"depth": 0}, json={"name": "Acme Trading"})
        elif operation == "delete":
            self.ask("DELETE", f"/api/tenants/{tenant}", params={"depth": 0})
        return tenant

    @state("the key is right")
    def the_key_is_right(self) -> Values:
        return {}

    @state("a category of ours is there")
    def a_category_of_ours_is_there(self, slug: str) -> Values:
        """slug: a stem; two runs never ask for the same one."""
        made = self._category(slug)
        return {"id": made["id"], "slug": made["slug"]}

    @state("two categories of ours are there")
    def two_categories_of_ours_are_there(self) -> Values:
        """lower: the lower id of the two. earlier: the id of the one that was made first. since: when that was."""
        both = [self._category("coffee") for _ in range(2)]
        earlier = min(both, key=lambda one: (one["updatedAt"], one["id"]))
        lower = min(one["id"] for one in both)
        return {"lower": lower, "earlier": earlier["id"], "since": earlier["updatedAt"]}

    @state("a document is there with all that it refers to")
    def a_document_is_there(self, collection: str) -> Values:
        return {"id": self._made(collection)["id"]}

    @state(DRAFTED)
    def a_draft_is_there(self) -> Values:
        if self.is_simulator:
            self.switch(drafts=True)
        made = self._made(self.settings["drafts"], _status="draft")
        return {"collection": self.settings["drafts"], "id": made["id"]}

    @state(HOOKED)
    def the_hook_is_on(self) -> Values:
        """A simulator is told where to post; anybody else's hook posts to where the setting says."""
        asked = httpx.URL(self.settings["hook"])
        self.undo.callback(setattr, self, "_hooked", None)
        self._hooked = self.undo.enter_context(listening(asked.port or 0))
        if self.is_simulator:
            self.switch(hook_url=self._hooked.url)
        return {}

    @state(OF_NO_KEY)
    def a_collection_is_closed(self) -> Values:
        return {"collection": self.settings["closed"]}

    @state("the database is away", simulated=True)
    def the_database_is_away(self) -> Values:
        self.switch(database_down=True)
        return {}

    @state("a proxy before it is asked too often", simulated=True)
    def it_is_asked_too_often(self) -> Values:
        self.switch(rate_limited=True)
        return {}

    @state("a proxy before it does not reach it", simulated=True)
    def it_is_not_reached(self) -> Values:
        self.switch(flapping=ALWAYS)
        return {}

    def _status(self, path: str) -> int | None:
        """None when there is no answer: then the interaction is asked, and says so."""
        try:
            return self.http.get(path).status_code
        except httpx.HTTPError:
            return None

    def _category(self, stem: str) -> Document:
        return self._make("categories", name="Coffee", slug=unique(stem))

    def _made(self, collection: str, **also: Any) -> Document:
        """A document of any of the eight collections; first what it refers to."""
        return self._make(collection, **self._fields(collection), **also)

    def _fields(self, collection: str) -> Document:
        """What a new document holds: every relation is set."""
        match collection:
            case "countries":
                return {"name": "Saudi Arabia", "code": self._free_code()}
            case "governance-authorities":
                return {"name": "Ministry", "code": unique("MOC"), "country": self._id("countries")}
            case "scopes":
                authority = self._made("governance-authorities")
                refers = {"countries": [authority["country"]], "governance_authority": authority["id"]}
                return {"name": "Gulf", "slug": unique("gulf"), **refers}
            case "categories":
                return {"name": "Coffee", "slug": unique("coffee"), "parent_category": self._category("food")["id"]}
            case "subcategories":
                return {"name": "Beans", "slug": unique("beans"), "category": self._category("coffee")["id"]}
            case "tenants":
                parent = self._make("tenants", name="Dakkah", handle=unique("dakkah"), country=self._id("countries"))
                refers = {"parent_tenant": parent["id"], "country": parent["country"]}
                return {"name": "Acme", "handle": unique("acme"), **refers}
            case "stores":
                tenant = self._made("tenants")
                return {"name": "Acme Online", "tenant": tenant["id"], "country": tenant["country"]}
            case "portals":
                return {"name": "Acme Vendors", "tenant": self._id("tenants")}
        raise StateFailed(f"the hierarchy has no collection {collection}")

    def _id(self, collection: str) -> Any:
        return self._made(collection)["id"]

    def _free_code(self) -> str:
        """Two letters or digits that no country has."""
        taken = self.ask("GET", "/api/countries", params={"limit": 0, "depth": 0, "select[code]": "true"})["docs"]
        free = {f"{one}{other}" for one in CODE for other in CODE} - {country["code"] for country in taken}
        if not free:
            raise StateFailed("all codes of countries are taken: delete those that are not in use")
        return secrets.choice(sorted(free))

    def _make(self, collection: str, **fields: Any) -> Document:
        """A document, until the interaction is over."""
        made: Document = self.ask("POST", f"/api/{collection}", params={"depth": 0}, json=fields)["doc"]
        self.undo.callback(self.http.delete, f"/api/{collection}/{made['id']}", params={"depth": 0})
        return made


def _tells(told: Any, operation: str, document: Any) -> bool:
    """Whether a delivery is about this change, and not about another that somebody makes meanwhile."""
    return isinstance(told, dict) and told.get("operation") == operation and told.get("data", {}).get("id") == document
