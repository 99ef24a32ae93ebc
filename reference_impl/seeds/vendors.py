"""Two vendors per tenant, active, each behind one of the seeded vendor accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reference_impl.core.ids import new_id
from reference_impl.core.json import dumps

if TYPE_CHECKING:
    from psycopg import Connection

VENDORS = ({"handle": "souq", "business_name": "Souq"}, {"handle": "bazaar", "business_name": "Bazaar"})
ADDRESS = {"line1": "1 Corniche Road", "city": "Dakkah", "postal_code": "11564", "country_code": "sa"}


def plant(connection: Connection[dict[str, Any]], tenant: dict[str, Any]) -> dict[str, str]:
    """The tenant's vendors; their ids by handle."""
    planted = {}
    for vendor in VENDORS:
        handle = vendor["handle"]
        email = f"{handle}@{tenant['slug']}.example"
        connection.execute(
            "INSERT INTO vendor (id, tenant_id, handle, business_name, legal_name, email, address, status,"
            " created_at, updated_at) VALUES (%s, %s, %s, %s, %s, %s, %s, 'active', now(), now())"
            " ON CONFLICT DO NOTHING",
            (
                new_id("vend"),
                tenant["id"],
                handle,
                vendor["business_name"],
                f"{vendor['business_name']} Trading LLC",
                email,
                dumps(ADDRESS),
            ),
        )
        found = connection.execute(
            "SELECT id FROM vendor WHERE tenant_id = %s AND handle = %s AND deleted_at IS NULL", (tenant["id"], handle)
        ).fetchone()
        assert found is not None
        planted[handle] = str(found["id"])
        connection.execute(
            "UPDATE vendor_account SET vendor_id = %s WHERE tenant_id = %s AND email = %s AND vendor_id IS NULL",
            (found["id"], tenant["id"], email),
        )
    return planted
