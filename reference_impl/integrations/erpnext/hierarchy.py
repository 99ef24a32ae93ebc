"""The CMS's hierarchy in ERPNext: one DocType per collection, each record known by the CMS's id, referred to by name.

Countries are ERPNext's own DocType; the other seven (`CMS Scope` and so on) are made by whoever runs ERPNext, named by
their field `title`, with a unique field `custom_cms_ref_id` and the fields of the collection. In `Country` these are
Custom Fields, `custom_…`. A field that is not there is dropped by ERPNext without a word.

Titles need not be unique in the CMS, but names have to be here: a second record of a title has its id behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from reference_impl.core import json
from reference_impl.integrations.base import Conflict, NotFound
from reference_impl.integrations.erpnext.answers import NAME

if TYPE_CHECKING:
    from reference_impl.integrations.erpnext.client import ErpNext

REFERENCE = "custom_cms_ref_id"


class Record(Protocol):
    """A record of the CMS; references in its fields are names of ERPNext's. name: what it is called here, if it is."""

    @property
    def id(self) -> int | str: ...

    @property
    def fields(self) -> Mapping[str, Any]: ...

    @property
    def name(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where a collection goes: a DocType, the field that it is named by, and what other fields begin with."""

    doctype: str
    titled: str = "title"
    prefix: str = ""


SHELVES: Mapping[str, Shelf] = {
    "countries": Shelf("Country", "country_name", "custom_"),
    "governance-authorities": Shelf("CMS Governance Authority"),
    "scopes": Shelf("CMS Scope"),
    "categories": Shelf("CMS Category"),
    "subcategories": Shelf("CMS Subcategory"),
    "tenants": Shelf("CMS Tenant"),
    "stores": Shelf("CMS Store"),
    "portals": Shelf("CMS Portal"),
}


class Hierarchy:
    """Writes it; a `HierarchySink` of the CMS's sync."""

    def __init__(self, erpnext: ErpNext) -> None:
        self._erpnext = erpnext

    async def upsert(self, collection: str, record: Record) -> str:
        """Make or change a record; twice is as once. Answers its name, which a change of its title leaves alone."""
        shelf, reference = SHELVES[collection], str(record.id)
        title = str(record.fields.get("name") or reference)
        fields = _fields(shelf, record, reference)
        known = record.name or await self._known(shelf.doctype, reference)
        if known is not None:
            try:
                return str((await self._erpnext.change(shelf.doctype, known, {**fields, shelf.titled: title}))["name"])
            except NotFound:  # somebody took it away here
                pass
        for name in (title, f"{title} ({reference})"):
            if await self._owner(shelf.doctype, name) in ("", reference):
                return await self._erpnext.upsert(shelf.doctype, name, {**fields, shelf.titled: name})
        raise Conflict(NAME, f"{shelf.doctype} {title} belongs to other records of the CMS")

    async def delete(self, collection: str, name: str) -> None:
        """Take a record away; one that is not there is no error. Raises Rejected while others refer to it."""
        await self._erpnext.delete(SHELVES[collection].doctype, name)

    async def _known(self, doctype: str, reference: str) -> str | None:
        """What a record is called here: it may have been made just before a crash."""
        async for row in self._erpnext.rows(doctype, filters=[[REFERENCE, "=", reference]], page=1):
            return str(row["name"])
        return None

    async def _owner(self, doctype: str, name: str) -> str:
        """Which record of the CMS has this name; empty for none, also when ERPNext brought the document along."""
        try:
            return str((await self._erpnext.get(doctype, name)).get(REFERENCE, ""))
        except NotFound:
            return ""


def _fields(shelf: Shelf, record: Record, reference: str) -> dict[str, Any]:
    own = {f"{shelf.prefix}{name}": _plain(value) for name, value in record.fields.items() if name != "name"}
    return {**own, REFERENCE: reference}


def _plain(value: Any) -> Any:
    """As a column holds it: lists and objects as JSON."""
    if isinstance(value, bool):
        return int(value)
    return json.dumps(value) if isinstance(value, list | tuple | Mapping) else value
