"""The statement that a debit is, and the two ways to fill it in: arguments for a driver, expressions for pgbench.

Its text is not written here: it is read from PostgreSQL, where the reference implementation ran it (see stage.py). What
its ten parameters mean is written here, and `check` compares that with what PostgreSQL says of the text.
"""

from __future__ import annotations

import os
import re
import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncpg
    from asyncpg.pool import PoolConnectionProxy

    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]

AMOUNT = Decimal("0.01")
TYPES = ("text", "text", "numeric", "text", "text", "text", "text", "timestamptz", "int4", "text")
"""wallet, tenant, signed amount, kind, reference, the row's id, event's id, now, the amount's decimals, description"""


class StatementChanged(Exception):
    """The reference implementation's statement takes other parameters than those that are known here."""

    def __init__(self, found: object) -> None:
        super().__init__(
            f"The statement of a debit takes {found} by now, load/statement.py knows {TYPES}: bring it up to date."
        )


def wallet_id(number: int) -> str:
    """The id of one of the wallets that a run makes, from 0 on."""
    return f"wal_{number:026d}"


def arguments(
    tenant: str, wallet: str, kind: str, amount: Decimal, reference: str, description: str | None
) -> tuple[object, ...]:
    """The statement's parameters. Ids are as long as the platform's and sort by time like them, but are cheap."""
    exponent = amount.as_tuple().exponent
    assert isinstance(exponent, int)  # JSON has neither NaN nor infinity
    number = f"{time.time_ns():019d}{os.getpid() % 10**7:07d}"
    signed = amount if kind == "credit" else -amount
    now = datetime.now(UTC)
    return (
        wallet, tenant, signed, kind, reference, f"wtxn_{number}", f"evt_{number}", now, max(0, -exponent), description,
    )  # fmt: skip


def pgbench_script(sql: str, tenant: str, wallets: int) -> str:
    """The same statement as a pgbench script: each parameter an expression of two random numbers."""
    values = {
        "1": "('wal_' || lpad(:wallet, 26, '0'))",
        "2": "'" + tenant.replace("'", "''") + "'",
        "3": f"({-AMOUNT})",
        "4": "'debit'",
        "5": "('pgbench-' || :unique)",
        "6": "('wtxn_' || :unique)",
        "7": "('evt_' || :unique)",
        "8": "now()",
        "9": "2",
        "10": "NULL::text",
    }
    filled = re.sub(r"\$(\d+)", lambda found: values[found[1]], sql.strip())
    return f"\\set wallet random(0, {wallets - 1})\n\\set unique random(1, 9223372036854775806)\n{filled};\n"


async def check(connection: Connection, sql: str) -> None:
    """Ask PostgreSQL for the types of the statement's parameters; raises StatementChanged when they are others."""
    prepared = await connection.prepare(sql)
    found = tuple(parameter.name for parameter in prepared.get_parameters())
    if found != TYPES:
        raise StatementChanged(found)
