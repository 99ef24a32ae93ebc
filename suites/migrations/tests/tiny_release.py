"""Releases so small that a comparison of two takes seconds: a tree with what `compat` asks of one, made by tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MAIN = """
import http.server, json, os, socket, sys
import psycopg
from reference_impl.migrations import upgrade
from reference_impl.code import ASKS, SEEDS

URL = os.environ["CITYOS_DATABASE_URL"]


def rows(statement):
    with psycopg.connect(URL) as connection:
        connection.execute(statement)


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            if self.path != "/health":
                rows(ASKS)
            status, said = 200, "well"
        except psycopg.Error as error:
            status, said = 500, str(error).splitlines()[0]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(said.encode())

    def log_message(self, *_):
        pass


if sys.argv[1] == "migrate":
    upgrade(URL, None)
elif sys.argv[1] == "seed":
    rows(SEEDS)
    person = {"email": "a@b.example", "password": "x", "role": "admin"}
    print(json.dumps({"tenants": [{"slug": "one", "publishable_key": "pk", "operators": [person]}]}))
else:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers, bind_and_activate=False)
    server.socket = socket.socket(fileno=int(sys.argv[sys.argv.index("--fd") + 1]))
    server.serve_forever()
"""
UPGRADE = """
import importlib.util, pathlib
import psycopg


def upgrade(url, revision):
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS alembic_version (version_num TEXT)")
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        for file in sorted(pathlib.Path(__file__).with_name("versions").glob("*.py")):
            if row and file.stem <= row[0]:
                continue
            spec = importlib.util.spec_from_file_location(file.stem, file)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            connection.execute(module.SQL)
            connection.execute("DELETE FROM alembic_version")
            connection.execute("INSERT INTO alembic_version VALUES (%s)", [file.stem])
            if file.stem == revision:
                break
"""
SMOKE = """
import json, pathlib, sys, tomllib, urllib.error, urllib.request

said = dict(zip(sys.argv[2::2], sys.argv[3::2]))
base_url = tomllib.loads(pathlib.Path(said["--target"]).read_text())["base_url"]
try:
    urllib.request.urlopen(base_url + "/wallet").read()
    outcome, reason = "pass", None
except urllib.error.HTTPError as error:
    outcome, reason = "fail", error.read().decode()
check = {"check": "suites/smoke/test_wallet.py::test_balance", "title": "A wallet has a balance."}
tree = {"rows": [{"checks": [{"result": {**check, "outcome": outcome, "reason": reason}}]}]}
report = pathlib.Path(said["--report-dir"])
report.mkdir(parents=True)
(report / "smoke.json").write_text(json.dumps({"tree": tree}))
"""
WALLET = "CREATE TABLE wallet (id serial PRIMARY KEY, name text NOT NULL, balance numeric NOT NULL DEFAULT 0)"


@dataclass(frozen=True)
class Step:
    """One revision: what it executes, and what it says of itself."""

    sql: str
    note: str = ""


@dataclass(frozen=True)
class Tiny:
    """One release: its revisions by name, what its code asks for when it is judged, and how it seeds."""

    steps: dict[str, Step] = field(default_factory=dict)
    asks: str = "SELECT name FROM wallet"
    seeds: str = "INSERT INTO wallet (name) VALUES ('one')"

    def write(self, root: Path) -> Path:
        """Write the tree, in the place of one that was there."""
        versions = root / "reference_impl/migrations/versions"
        (root / "suites/smoke").mkdir(parents=True, exist_ok=True)
        versions.mkdir(parents=True, exist_ok=True)
        for old in versions.glob("*.py"):
            old.unlink()
        files = {
            "reference_impl/__init__.py": "",
            "reference_impl/__main__.py": MAIN,
            "reference_impl/code.py": f"ASKS = {self.asks!r}\nSEEDS = {self.seeds!r}\n",
            "reference_impl/migrations/__init__.py": UPGRADE,
            "suites/__init__.py": "",
            "suites/cli.py": SMOKE,
            "suites/smoke/test_wallet.py": "",
        }
        last: str | None = None
        for name, step in {"0001_wallet": Step(WALLET), **self.steps}.items():
            head = f'"""A step.\n\n{step.note}\n"""\nrevision = {name!r}\ndown_revision = {last!r}\n'
            files[f"reference_impl/migrations/versions/{name}.py"] = f"{head}SQL = {step.sql!r}\n"
            last = name
        for name, text in files.items():
            (root / name).write_text(text, "utf-8")
        return root
