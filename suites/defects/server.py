"""Serves the reference implementation with one defect: `python -m suites.defects.server --defect NAME`.

`--history DIR` instead writes the reference's history of migrations there, with the defect in it, and ends.
Everything else is as in `python -m reference_impl serve`: the same options, the same variables. Exit code 4 for a
defect that does not exist, and for an environment that does not do.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from reference_impl import environment
from reference_impl.__main__ import add_serve_options, serve
from reference_impl.__main__ import app as sound_app
from suites.defects import histories, registry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import FastAPI

_VARIABLE = "CITYOS_SERVED_DEFECT"  # how uvicorn's worker processes learn the name


def main(arguments: Sequence[str] | None = None) -> int:
    """Put the defect's SQL into the database and serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m suites.defects.server", description=__doc__)
    parser.add_argument("--defect", required=True, help="its name, as in the catalogue")
    parser.add_argument("--history", type=Path, metavar="DIR", help="write the history of migrations there, and end")
    add_serve_options(parser)
    options = parser.parse_args(arguments)
    try:
        defect = registry.find(options.defect)
    except registry.UnknownDefect as error:
        print(f"--defect: {error}", file=sys.stderr)
        return 4
    patch = registry.Patch()
    defect.apply(patch)  # here for its SQL, and for what happens once; in app() for its code, in each worker
    if options.history is not None:
        try:
            histories.spoiled(patch.history, options.history)
        except FileExistsError:
            print(f"--history {options.history}: name a folder that is not there yet", file=sys.stderr)
            return 4
        return 0
    if environment.refused():
        return 4
    environment.tell_absent()
    patch.undo()
    _run_sql(patch.statements)
    os.environ[_VARIABLE] = defect.name
    serve(options, "suites.defects.server:app")
    return 0


def app() -> FastAPI:
    """The application factory that uvicorn calls in each worker: the defect first, then what is built with it."""
    registry.find(os.environ[_VARIABLE]).apply(registry.Patch())
    return sound_app()


def _run_sql(statements: Sequence[str]) -> None:
    import psycopg

    if statements:
        with psycopg.connect(os.environ["CITYOS_DATABASE_URL"]) as connection:
            for statement in statements:
                connection.execute(statement.encode())


if __name__ == "__main__":
    sys.exit(main())
