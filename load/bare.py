"""The bare server: the least that a Python server can do to answer a debit, to measure the reference implementation by.

Starlette and asyncpg, the same request, the same statement, the same JSON, and nothing else: no log-in, no validation,
no errors, no relay. `load limit` starts it as it starts the reference implementation, hence the same command line.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import socket
import sys
from decimal import Decimal
from typing import TYPE_CHECKING

import asyncpg
import msgspec
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from load import statement

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode


def app() -> Starlette:
    """The application; told by the environment: CITYOS_DATABASE_URL, _CONNECTIONS, _LOAD_STATEMENT, _LOAD_TENANT."""
    sql, tenant = os.environ["CITYOS_LOAD_STATEMENT"], os.environ["CITYOS_LOAD_TENANT"]

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        size = int(os.environ["CITYOS_STATEMENT_CONNECTIONS"])
        url = os.environ["CITYOS_DATABASE_URL"]
        async with asyncpg.create_pool(url, min_size=1, max_size=size, reset=_keep) as pool:
            async with pool.acquire() as connection:
                await statement.check(connection, sql)
            app.state.pool = pool
            gc.collect()
            gc.freeze()  # as the reference implementation does
            gc.set_threshold(50_000, 20, 20)
            yield

    async def debit(request: Request) -> Response:
        body = _decode(await request.body())
        values = statement.arguments(
            tenant,
            request.path_params["wallet_id"],
            body["type"],
            Decimal(body["amount"]),
            body["reference_id"],
            body.get("description"),
        )
        row = await request.app.state.pool.fetchrow(sql, *values)
        if row is None:
            return Response(status_code=400)
        return Response(_encode({"transaction": dict(row)}), media_type="application/json")

    async def health(_request: Request) -> Response:
        return Response()

    routes = [Route("/admin/wallets/{wallet_id}", debit, methods=["POST"]), Route("/health", health)]
    return Starlette(routes=routes, lifespan=lifespan)


async def _keep(_connection: object) -> None:
    """No reset of a connection between requests: the reference implementation does without it, too."""


def main() -> int:
    """`serve --fd N --workers N`; migrate and seed have nothing to do."""
    parser = argparse.ArgumentParser(prog="python -m load.bare", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate")
    commands.add_parser("seed")
    serve = commands.add_parser("serve")
    serve.add_argument("--fd", type=int, required=True, help="a listening socket to take over")
    serve.add_argument("--workers", type=int, default=1, help="processes")
    options = parser.parse_args()
    if options.command == "seed":
        sys.stdout.write("{}")
    if options.command == "serve":
        import uvicorn

        with socket.socket(fileno=os.dup(options.fd)) as listener:  # uvicorn thinks it a Unix socket: +40 ms
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        uvicorn.run(
            "load.bare:app",
            factory=True,
            fd=options.fd,
            workers=options.workers,
            loop="uvloop",
            http="httptools",
            access_log=False,
            log_level="warning",
            server_header=False,
            date_header=False,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
