"""How ERPNext is: whether it knows the key, and whether the books are set up so that nothing is made twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from reference_impl.core import json
from reference_impl.integrations.base import CredentialsRejected, Rejected, VendorError
from reference_impl.integrations.erpnext.answers import NAME, NotPermitted
from reference_impl.integrations.erpnext.client import LOGGED_IN, address
from reference_impl.integrations.erpnext.documents import UNIQUE
from reference_impl.integrations.health import Health, examine

if TYPE_CHECKING:
    from reference_impl.integrations.erpnext.client import ErpNext


async def check(erpnext: ErpNext) -> Health:
    """Past the breaker, each question once and all at the same time, within `PROBE_S` seconds.

    Degraded: it answers, and a Custom Field that we know documents by is missing, or the user may not read them.
    """
    lacks = asyncio.gather(*(_lacking(erpnext, doctype, field) for doctype, field in UNIQUE.items()))
    health, problems = await asyncio.gather(examine(_known(erpnext)), lacks)
    if health.state in ("unhealthy", "credentials_rejected"):
        return health
    lacking = "; ".join(problem for problem in problems if problem)
    return replace(health, state="degraded", words=lacking) if lacking else health


async def _known(erpnext: ErpNext) -> None:
    """Ask who we are: nobody at all is answered 403, as if the method were not there."""
    try:
        await erpnext.probe(LOGGED_IN)
    except NotPermitted as refusal:
        raise CredentialsRejected(NAME, refusal.words, status=refusal.status) from None


async def _lacking(erpnext: ErpNext, doctype: str, field: str) -> str:
    """What ERPNext says when documents are asked for by our field; empty when they can be."""
    query = urlencode({"filters": json.dumps([[field, "=", "health"]]), "limit_page_length": 1})
    try:
        await erpnext.probe(f"{address(doctype)}?{query}")
    except Rejected as refusal:
        return f"{doctype}: {refusal.words}"
    except VendorError as problem:
        return problem.words
    return ""
