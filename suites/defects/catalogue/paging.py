"""Defects of the pages of single lists, where all the others are sound."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Annotated, Any

from suites.defects.registry import defect

if TYPE_CHECKING:
    from suites.defects.registry import Patch


def _limit_of(patch: Patch, module: str, limit: Any) -> None:
    """Let the lists of one module take this for a limit: it is read when the module's routes are made."""
    from reference_impl.core import pagination

    sound = pagination.Limit
    patch.setattr(pagination, "Limit", limit)
    importlib.import_module(f"reference_impl.modules.{module}.routes")
    patch.setattr(pagination, "Limit", sound)


@defect("paging.one_module_without_bound", breaks="ENV-10")
def one_module_without_bound(patch: Patch) -> None:
    """The export of the claims needed all of them at once, so insurance's lists take any limit."""
    from fastapi import Query

    _limit_of(patch, "insurance", Annotated[int, Query(ge=0)])


@defect("paging.vendors_see_all", breaks="ENV-10")
def vendors_see_all(patch: Patch) -> None:
    """A vendor's lists are short, it was said: the limit that is asked for is the limit."""
    _limit_of(patch, "vendors", int)


@defect("paging.catalogue_without_bound", breaks="ENV-11")
def catalogue_without_bound(patch: Patch) -> None:
    """The storefront loads the whole catalogue in one request, so that it can be searched in the browser."""
    from fastapi import Query

    _limit_of(patch, "catalog", Annotated[int, Query(ge=0)])


@defect("paging.at_least_one", breaks=("ENV-10", "ENV-11"))
def at_least_one(patch: Patch) -> None:
    """A page of nothing makes no sense to anybody, and is refused."""
    from fastapi import Query

    from reference_impl.core import pagination

    patch.setattr(pagination, "Limit", Annotated[int, Query(ge=1, le=pagination.MAX_LIMIT)])
