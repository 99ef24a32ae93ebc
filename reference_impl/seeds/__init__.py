"""Development data, always the same: two tenants, people of every role, and something of everything to try it on.

One file per module: `plant(connection, tenant)` puts its rows in where they are missing. Passwords here are public; the
seed refuses to run in production.
"""

from __future__ import annotations

import os

import psycopg
from psycopg.rows import dict_row

from reference_impl.core.json import dumps
from reference_impl.modules.customers.service import hash_password
from reference_impl.seeds import bookings, catalog, insurance, people, vendors

TENANTS = (
    {"slug": "dakkah", "name": "Dakkah", "domain": "dakkah.example", "currency_code": "usd"},
    {"slug": "riyadh", "name": "Riyadh City", "domain": "riyadh.example", "currency_code": "kwd"},
)

_MODULES = (vendors, catalog, bookings, insurance)  # in an order in which each finds what it stands on


def seed(database_url: str) -> str:
    """Put the data in where it is missing; the log-ins as JSON, the same at every call."""
    if os.environ.get("CITYOS_ENVIRONMENT") == "production":
        raise SystemExit("The seed is for development: its passwords are public. Unset CITYOS_ENVIRONMENT=production.")
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(7102026)")
        password_hash = hash_password(people.PASSWORD)
        planted = [people.plant(connection, tenant, password_hash) for tenant in TENANTS]
        for tenant in planted:
            for module in _MODULES:
                module.plant(connection, tenant)
        return dumps({"tenants": planted})
