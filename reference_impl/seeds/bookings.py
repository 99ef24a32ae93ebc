"""Two services to book and the two providers who offer them, open every day by the clock in Riyadh."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reference_impl.core.ids import new_id
from reference_impl.core.json import dumps
from reference_impl.modules.bookings.slots import WEEKDAYS

if TYPE_CHECKING:
    from psycopg import Connection

SERVICES = (
    {"name": "Consultation", "duration_minutes": 30, "buffer_after_minutes": 10, "max_capacity": 1, "price": 25},
    {"name": "Pottery class", "duration_minutes": 90, "buffer_after_minutes": 30, "max_capacity": 8, "price": 40},
)
PROVIDERS = ("Huda", "Salem")
TIMEZONE = "Asia/Riyadh"
HOURS = [{"start": "09:00", "end": "13:00"}, {"start": "16:00", "end": "21:00"}]


def plant(connection: Connection[dict[str, Any]], tenant: dict[str, Any]) -> dict[str, str]:
    """The tenant's services, their ids by name; both providers offer both."""
    services = {str(service["name"]): _service(connection, tenant, service) for service in SERVICES}
    week = dumps(dict.fromkeys(WEEKDAYS, HOURS))
    for name in PROVIDERS:
        values = {"name": name, "timezone": TIMEZONE, "weekly_schedule": week}
        provider_id = _row(connection, "booking_provider", "bkpr", tenant["id"], values)
        for service_id in services.values():
            connection.execute(
                "INSERT INTO booking_service_provider (service_id, provider_id) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                (service_id, provider_id),
            )
    return services


def _service(connection: Connection[dict[str, Any]], tenant: dict[str, Any], service: dict[str, Any]) -> str:
    found = connection.execute("SELECT currency_code FROM tenant WHERE id = %s", (tenant["id"],)).fetchone()
    assert found is not None
    values = {**service, "buffer_before_minutes": 0, "currency_code": found["currency_code"]}
    return _row(connection, "booking_service", "bksv", tenant["id"], values)


def _row(
    connection: Connection[dict[str, Any]], table: str, prefix: str, tenant_id: str, values: dict[str, Any]
) -> str:
    """The id of the tenant's row of this name, made where it is missing."""
    found = connection.execute(
        f"SELECT id FROM {table} WHERE tenant_id = %s AND name = %s".encode(),  # noqa: S608
        (tenant_id, values["name"]),
    ).fetchone()
    if found is not None:
        return str(found["id"])
    row = {**values, "id": new_id(prefix), "tenant_id": tenant_id, "created_at": "now", "updated_at": "now"}
    names, places = ", ".join(row), ", ".join(["%s"] * len(row))
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({places})".encode(), list(row.values()))  # noqa: S608
    return str(row["id"])
