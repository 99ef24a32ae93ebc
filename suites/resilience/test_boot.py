"""Starting in an environment that does not do: it fails, says all that is wrong at once, and no secret with it."""

from __future__ import annotations

import json
import os
import secrets
from typing import TYPE_CHECKING

import pytest

from fixtures.checks import requirement
from fixtures.reference import ReferenceFailed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fixtures.plugin import Run
    from fixtures.processes import Child
    from fixtures.servers import Own, Servers

VENDORS = ("PAYLOAD_CMS", "ERPNEXT", "FLEETBASE", "SENDGRID", "STRIPE", "TEMPORAL")
EMPTY = ""  # counts as not set
REFUSED = 4
PRODUCTION = {
    "CITYOS_ENVIRONMENT": "production",
    "CITYOS_SENDGRID_KEY": "SG.none",
    "CITYOS_SENDGRID_URL": "http://127.0.0.1:1",
    "CITYOS_SENDGRID_SENDER": "shop@example.com",
    "CITYOS_SENDGRID_ORDER_TEMPLATE": f"d-{'0' * 32}",
}


@requirement("BOOT-01", "BOOT-03", "BOOT-04")
def test_all_problems_at_once(servers: Servers, run: Run) -> None:
    """A start names all that is missing, wrong or misspelled, and no value; without a vendor it goes, warning once."""
    secret = run.names.password()
    given = {
        "CITYOS_CONNECTIONS": "many",
        "CITYOS_ERPNEXT_URL": f"erp.example.com/?secret={secret}",
        "CITYOS_ERPNEXT_SECRET": secret,
        "CITYOS_FLEETBASE_KEY": secret,
        "CITYOS_STRIPE_KEY": secret,
        "CITYOS_STRIPE_ULR": "http://127.0.0.1:1",
    }
    wrong = ("DATABASE_URL", "CONNECTIONS", "ERPNEXT_URL", "STRIPE_ULR")
    missing = (
        *("ERPNEXT_KEY", "ERPNEXT_COMPANY", "ERPNEXT_PAID_TO", "ERPNEXT_CHARGES"),
        *("FLEETBASE_URL", "FLEETBASE_PICKUP_STREET", "FLEETBASE_PICKUP_CITY", "FLEETBASE_PICKUP_COUNTRY"),
    )
    with servers.open() as own:
        said = _refused(own, {**_no_vendors(), **given, "CITYOS_DATABASE_URL": EMPTY})
        assert [name for name in (*wrong, *missing) if f"CITYOS_{name} " not in said] == []
        assert secret not in said
        assert "Traceback" not in said
        with own.serve(env=_no_vendors()) as process:
            own.anonymous().get("/health").expect(200)
            warnings = _warnings(process)
    assert len(warnings) == 1, warnings
    assert [name for name in VENDORS if name.lower().replace("_", "-") not in warnings[0]] == []


@requirement("BOOT-02")
def test_default_secret_in_production(servers: Servers) -> None:
    """Production does not start with the default secret, and says so whatever else is wrong; with another it does."""
    default = {**_no_vendors(), **PRODUCTION, "CITYOS_JWT_SECRET": EMPTY}
    with servers.open() as own:
        assert "CITYOS_JWT_SECRET " in _refused(own, default)
        said = _refused(own, {**default, "CITYOS_CONNECTIONS": "many"})
        assert [name for name in ("CITYOS_JWT_SECRET", "CITYOS_CONNECTIONS") if f"{name} " not in said] == []
        with own.serve(env={**default, "CITYOS_JWT_SECRET": secrets.token_hex(32)}):
            own.anonymous().get("/health").expect(200)


def _refused(own: Own, env: Mapping[str, str]) -> str:
    """What is said by a server that must not start."""
    with pytest.raises(ReferenceFailed) as refused, own.serve(env=env):
        pass
    assert refused.value.status == REFUSED, refused.value
    return refused.value.said


def _warnings(process: Child) -> list[str]:
    """The lines of its log that warn."""
    lines = [json.loads(line) for line in process.log.read_text().splitlines() if line.startswith("{")]
    return [json.dumps(line).lower() for line in lines if line.get("level") == "warning"]


def _no_vendors() -> dict[str, str]:
    """Nothing of any vendor, whatever this process has."""
    stems = tuple(f"CITYOS_{vendor}_" for vendor in VENDORS)
    return {name: EMPTY for name in os.environ if name.startswith(stems)}
