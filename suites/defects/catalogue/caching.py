"""Defects of what caches are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suites.defects.registry import defect

if TYPE_CHECKING:
    from suites.defects.registry import Patch


@defect("caching.everything_for_a_minute", breaks="CCH-01")
def everything_for_a_minute(patch: Patch) -> None:
    """The content network asked for a max-age, and every answer got one."""
    from reference_impl.core import edge

    patch.setattr(edge, "_NO_STORE", (b"cache-control", b"public, max-age=60"))


@defect("caching.pragma_will_do", breaks="CCH-01")
def pragma_will_do(patch: Patch) -> None:
    """Caches are told by the header of twenty years ago."""
    from reference_impl.core import edge

    patch.setattr(edge, "_NO_STORE", (b"pragma", b"no-cache"))


@defect("caching.one_shop_for_all", breaks="CCH-02")
def one_shop_for_all(patch: Patch) -> None:
    """The catalogue may be kept, and nobody told the caches that there are two shops."""
    from reference_impl.core import caching

    patch.setattr(caching, "PUBLIC_MINUTE", ((b"cache-control", b"public, max-age=60"),))
