"""The statement without HTTP: asyncpg connections that run it over and over, in a process of its own; result as JSON.

CITYOS_DATABASE_URL, CITYOS_LOAD_STATEMENT and CITYOS_LOAD_TENANT say what to run, and on what.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import random
import secrets
import sys
import time

import asyncpg
import msgspec

from load import statement
from load.fire import percentile


class Driven(msgspec.Struct, frozen=True):
    """What the loop did. `cpu_s` is this process's own."""

    done: int
    seconds: float
    cpu_s: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


async def drive(*, seconds: float, connections: int, wallets: int) -> Driven:
    """Run the statement on wallets taken at random until the time is over; raises what the driver raises."""
    url, sql = os.environ["CITYOS_DATABASE_URL"], os.environ["CITYOS_LOAD_STATEMENT"]
    tenant, run = os.environ["CITYOS_LOAD_TENANT"], secrets.token_hex(4)
    opened = [await asyncpg.connect(url) for _ in range(connections)]
    await statement.check(opened[0], sql)
    latencies_s: list[float] = []

    async def loop(number: int, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        turn = 0
        while (started := time.perf_counter()) < deadline:
            turn += 1
            wallet = statement.wallet_id(random.randrange(wallets))  # noqa: S311 (load, not a secret)
            reference = f"driver-{run}-{number}-{turn}"
            row = await connection.fetchrow(
                sql, *statement.arguments(tenant, wallet, "debit", statement.AMOUNT, reference, None)
            )
            assert row is not None, f"{wallet} was not debited"
            latencies_s.append(time.perf_counter() - started)

    gc.collect()
    gc.freeze()
    began, cpu_began = time.perf_counter(), time.process_time()
    deadline = began + seconds
    await asyncio.gather(*(loop(number, connection) for number, connection in enumerate(opened)))
    elapsed, cpu_s = time.perf_counter() - began, time.process_time() - cpu_began
    for connection in opened:
        await connection.close()
    ordered = sorted(1000 * latency for latency in latencies_s)
    p50, p95, p99 = (percentile(ordered, share) for share in (0.50, 0.95, 0.99))
    return Driven(len(ordered), elapsed, cpu_s, p50, p95, p99)


def main() -> int:
    """Drive, and write the result to standard output."""
    import uvloop

    parser = argparse.ArgumentParser(prog="python -m load.driver", description=__doc__)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--wallets", type=int, required=True)
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        driven = runner.run(drive(seconds=options.seconds, connections=options.connections, wallets=options.wallets))
    sys.stdout.buffer.write(msgspec.json.encode(driven))
    return 0


if __name__ == "__main__":
    sys.exit(main())
