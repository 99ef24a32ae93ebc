"""`python -m reference_impl migrate | seed | serve | routes | environment`: the platform from the command line.

It reads its settings from variables that begin with CITYOS_; `environment` lists them.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import FastAPI

DEFAULT_PORT = 9000
ROUTES_HEADER = (
    "# Who may call what: each route, and whom its guard lets in. The checks of roles try every cell of it.",
    "# Written by `python -m reference_impl routes --toml`; a test keeps it equal to the application.",
    "",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code (4: something is wrong with the environment, and nothing was started)."""
    parser = argparse.ArgumentParser(prog="python -m reference_impl", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate", help="bring the database to the newest revision")
    commands.add_parser("seed", help="put development data in, and print its log-ins as JSON")
    add_serve_options(commands.add_parser("serve", help="answer requests"))
    routes = commands.add_parser("routes", help="who may call what; needs no environment")
    layout = routes.add_mutually_exclusive_group()
    layout.add_argument("--json", action="store_const", dest="layout", const="json", help="as JSON")
    layout.add_argument("--toml", action="store_const", dest="layout", const="toml", help="as suites/roles.toml")
    variables = commands.add_parser("environment", help="every variable that is read; needs none of them")
    variables.add_argument("--markdown", action="store_true", help="as ENVIRONMENT.md")
    options = parser.parse_args(arguments)
    if options.command == "routes":
        sys.stdout.write(routes_text(options.layout or "table"))
        return 0
    from reference_impl import environment

    if options.command == "environment":
        sys.stdout.write(environment.listed(markdown=options.markdown))
        return 0
    if environment.refused():
        return 4
    if options.command == "migrate":
        from reference_impl.migrations import upgrade

        upgrade(os.environ["CITYOS_DATABASE_URL"])
    elif options.command == "seed":
        from reference_impl.seeds import seed

        sys.stdout.write(seed(os.environ["CITYOS_DATABASE_URL"]) + "\n")
    else:
        environment.tell_absent()
        serve(options, "reference_impl.__main__:app")
    return 0


def add_serve_options(parser: argparse.ArgumentParser) -> None:
    """What `serve` takes; whoever serves another factory of the same application takes the same."""
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="port on 127.0.0.1")
    parser.add_argument("--fd", type=int, help="a listening socket to take over, in place of a port")
    parser.add_argument("--workers", type=int, default=1, help="processes")


def routes_text(layout: str) -> str:
    """The table of routes as a table for people, as JSON, or as the TOML that the checks of roles go by."""
    from reference_impl.app import table_of_routes
    from reference_impl.core.json import dumps

    rows = table_of_routes()
    if layout == "json":
        return dumps(rows) + "\n"
    if layout == "toml":
        lines = []
        for row in rows:
            fields = [f"{name} = {dumps(row[name])}" for name in ("method", "path", "who", "roles") if row[name]]
            fields = [field.replace(",", ", ") for field in fields]
            lines.append(f"  {{ {', '.join(fields)} }},")
        return "\n".join([*ROUTES_HEADER, "routes = [", *lines, "]", ""])
    cells = [(row["method"], row["path"], row["who"], ", ".join(row["roles"])) for row in rows]
    cells.insert(0, ("METHOD", "PATH", "WHO", "ROLES"))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "".join("  ".join(map(str.ljust, line, widths)).rstrip() + "\n" for line in cells)


def serve(options: argparse.Namespace, factory: str) -> None:
    """Run uvicorn on an application factory until it is told to stop; then finish what has begun."""
    import uvicorn

    from reference_impl.operations.draining import IDLE_S, LEAVE_S

    if options.fd is not None:
        _answer_at_once(options.fd)
    uvicorn.run(
        factory,
        factory=True,
        host="127.0.0.1",
        port=options.port,
        fd=options.fd,
        workers=options.workers,
        loop="uvloop",
        http="reference_impl.operations.draining:DrainingProtocol",
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=False,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=LEAVE_S,
    )


def _answer_at_once(fd: int) -> None:
    """Switch Nagle's algorithm off on a TCP socket that was handed over.

    uvicorn takes every fd for a Unix socket and leaves it on; then the body of an answer waits 40 ms for the client's
    acknowledgement of the head. Connections inherit the option from the socket that listens.
    """
    with socket.socket(fileno=os.dup(fd)) as listener:
        if listener.family != socket.AF_UNIX:
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def app() -> FastAPI:
    """The application factory that uvicorn calls in each worker; elsewhere it refuses a bad environment by itself."""
    from reference_impl import environment
    from reference_impl.app import create_app
    from reference_impl.logs import configure
    from reference_impl.settings import Settings

    if environment.refused():
        sys.exit(4)
    configure()
    return create_app(Settings.from_environment())


if __name__ == "__main__":
    sys.exit(main())
