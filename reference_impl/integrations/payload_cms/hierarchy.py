"""What the hierarchy is: eight collections, who refers to whom, where it is written to, and what is kept about that."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from reference_impl.integrations.payload_cms.client import Id

if TYPE_CHECKING:
    from datetime import datetime

COLLECTIONS = (
    "countries",
    "governance-authorities",
    "scopes",
    "categories",
    "subcategories",
    "tenants",
    "stores",
    "portals",
)
"""In the order in which they are written; deletions go the other way."""

Relations = Mapping[str, Mapping[str, str]]
RELATIONS: Relations = {
    "governance-authorities": {"country": "countries"},
    "scopes": {"countries": "countries", "governance_authority": "governance-authorities"},
    "categories": {"parent_category": "categories"},
    "subcategories": {"category": "categories"},
    "tenants": {"parent_tenant": "tenants", "country": "countries"},
    "stores": {"tenant": "tenants", "country": "countries"},
    "portals": {"tenant": "tenants"},
}
"""collection → field → the collection that it refers to."""

NOT_CONTENT = frozenset({"id", "createdAt", "updatedAt"})
"""An update that changes nothing moves `updatedAt`: no reason to write."""

Key = tuple[str, Id]
"""A document: its collection and its id."""

_sorted = msgspec.json.Encoder(decimal_format="number", order="sorted")


@dataclass(frozen=True, slots=True)
class Record:
    """One document as it is to be in the sink: references are names of the sink's, None where there is nothing.

    id: the CMS's; a sink keeps it, and so finds what it made before a crash. name: what it is called there, if it is.
    """

    id: Id
    fields: Mapping[str, Any]
    name: str | None = None

    def digest(self) -> str:
        return hashlib.sha256(_sorted.encode(self.fields)).hexdigest()


class HierarchySink(Protocol):
    """Where the hierarchy is written to. Raises what a `Vendor` raises."""

    async def upsert(self, collection: str, record: Record) -> str:
        """Make or change it, by `record.id`; twice is as once. Answers its name there."""
        ...

    async def delete(self, collection: str, name: str) -> None:
        """Take it away; one that is not there is no error, or NotFound."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a document that is in the sink.

    name: what it is called there. digest: of what was written. updated_at: of the document then. references: the
    documents that it named.
    """

    name: str
    digest: str
    updated_at: datetime
    references: tuple[Key, ...] = ()


class CursorStore(Protocol):
    """What has to outlive a crash. Each call is kept when it returns."""

    async def cursor(self, collection: str) -> datetime | None:
        """The newest change that is dealt with, by the CMS's clock."""
        ...

    async def move(self, collection: str, to: datetime) -> None: ...

    async def entries(self, collection: str) -> dict[Id, Entry]: ...

    async def put(self, collection: str, document: Id, entry: Entry) -> None: ...

    async def drop(self, collection: str, document: Id) -> None: ...


class MemoryStore:
    """A CursorStore that lasts as long as the process."""

    def __init__(self) -> None:
        self._cursors: dict[str, datetime] = {}
        self._entries: dict[str, dict[Id, Entry]] = {}

    async def cursor(self, collection: str) -> datetime | None:
        return self._cursors.get(collection)

    async def move(self, collection: str, to: datetime) -> None:
        self._cursors[collection] = to

    async def entries(self, collection: str) -> dict[Id, Entry]:
        return dict(self._entries.get(collection, {}))

    async def put(self, collection: str, document: Id, entry: Entry) -> None:
        self._entries.setdefault(collection, {})[document] = entry

    async def drop(self, collection: str, document: Id) -> None:
        self._entries.get(collection, {}).pop(document, None)
