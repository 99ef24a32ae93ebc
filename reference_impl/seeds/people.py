"""Tenants, their keys, and the log-ins of operators of every role, customers and vendors."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from reference_impl.core.auth import ROLES
from reference_impl.core.ids import new_id

if TYPE_CHECKING:
    from psycopg import Connection

PASSWORD = "Correct-horse-1"  # noqa: S105 (development data)
CUSTOMERS = ("amal", "basim")
VENDORS = ("souq", "bazaar")


def plant(connection: Connection[dict[str, Any]], tenant: dict[str, str], password_hash: str) -> dict[str, Any]:
    """A tenant with its keys and log-ins; what the seed prints of it, with its id under `id`."""
    slug = tenant["slug"]
    connection.execute(
        "INSERT INTO tenant (id, slug, handle, name, domain, currency_code) VALUES (%s, %s, %s, %s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        (new_id("tnt"), slug, slug, tenant["name"], tenant["domain"], tenant["currency_code"]),
    )
    found = connection.execute("SELECT id FROM tenant WHERE slug = %s", (slug,)).fetchone()
    assert found is not None
    tenant_id = found["id"]
    keys = {kind: f"{prefix}_{hashlib.sha256(f'{slug}/{kind}'.encode()).hexdigest()}" for kind, prefix in _KEY_KINDS}
    for kind, token in keys.items():
        connection.execute(
            "INSERT INTO api_key (id, tenant_id, token, type, title) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            (new_id("apk"), tenant_id, token, kind, f"{kind} key"),
        )
    logins: dict[str, list[dict[str, str]]] = {"operators": [], "customers": [], "vendors": []}
    for role in reversed(ROLES):  # the one who may do everything first
        email = f"{role.replace('_', '-')}@{slug}.example"
        identity = _identity(connection, email, password_hash)
        _actor(connection, "operator", {"id": new_id("user"), "role": role}, tenant_id, identity, email)
        logins["operators"].append({"email": email, "password": PASSWORD, "role": role})
    for name in CUSTOMERS:
        email = f"{name}@{slug}.example"
        identity = _identity(connection, email, password_hash)
        stamps = {"created_at": "now", "updated_at": "now"}
        values = {"id": new_id("cus"), "first_name": name.title(), **stamps}
        _actor(connection, "customer", values, tenant_id, identity, email)
        logins["customers"].append({"email": email, "password": PASSWORD})
    for name in VENDORS:
        email = f"{name}@{slug}.example"
        identity = _identity(connection, email, password_hash)
        _actor(connection, "vendor_account", {"id": new_id("vac"), "name": name.title()}, tenant_id, identity, email)
        logins["vendors"].append({"email": email, "password": PASSWORD})
    return {
        "id": tenant_id,
        "slug": slug,
        "publishable_key": keys["publishable"],
        "secret_key": keys["secret"],
        **logins,
    }


_KEY_KINDS = (("publishable", "pk"), ("secret", "sk"))


def _identity(connection: Connection[dict[str, Any]], email: str, password_hash: str) -> str:
    connection.execute(
        "INSERT INTO auth_identity (id, email, password_hash) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (new_id("authid"), email, password_hash),
    )
    found = connection.execute("SELECT id FROM auth_identity WHERE email = %s", (email,)).fetchone()
    assert found is not None
    return str(found["id"])


def _actor(
    connection: Connection[dict[str, Any]],
    table: str,
    values: dict[str, str],
    tenant_id: str,
    identity_id: str,
    email: str,
) -> None:
    row = {**values, "tenant_id": tenant_id, "auth_identity_id": identity_id, "email": email}
    names = ", ".join(row)
    places = ", ".join(["%s"] * len(row))
    connection.execute(
        f"INSERT INTO {table} ({names}) VALUES ({places}) ON CONFLICT (auth_identity_id) DO NOTHING".encode(),  # noqa: S608
        list(row.values()),
    )
