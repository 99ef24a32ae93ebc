"""``cityos targets check``: is the file right, does the target answer, do the log-ins work, what does it offer?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text

from fixtures.actors import log_in
from fixtures.checks import Omit
from fixtures.client import Api, Connection, NoAnswer
from fixtures.exits import Exit
from fixtures.senders import SENDERS
from fixtures.terminal import console
from suites.gate import places
from suites.gate.options import ROOT
from suites.gate.reporters.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fixtures.targets import Credentials, Tenant

LEDGER = ROOT / "suites" / "requirements.toml"


@dataclass(frozen=True)
class Finding:
    """One thing that was tried. ``good`` is None for what is absent without having been promised."""

    good: bool | None
    subject: str
    seen: str

    def line(self) -> Text:
        """The finding for a person."""
        mark, style = {True: ("ok", "green"), False: ("bad", "red"), None: ("absent", "yellow")}[self.good]
        return Text(f"{mark:<8}", style).append(f"{safe(self.subject):<44}{safe(self.seen)}", "")


def run(name: str, ledger: Path = LEDGER) -> int:
    """Check a target and print what was found, one line each.

    Exit codes: 4 for a bad file (UsageError), 10 when nothing answers (Unreachable), 1 when a log-in or a promised
    capability does not work, else 0.
    """
    file = places.target_file(name)
    target = places.load_target(file, ledger)
    build = places.reach(target)
    out = console()
    kind = "read-only, " if target.read_only else ""
    out.print(safe(f"{target.name} at {target.base_url}, build {build}, {kind}from {file}"))
    well = True
    connection = Connection(target)
    try:
        for finding in _findings(connection, ledger):
            out.print(finding.line())
            well = well and finding.good is not False
    finally:
        connection.close()
    return Exit.RELEASE if well else Exit.BLOCKED


def _findings(connection: Connection, ledger: Path) -> Iterator[Finding]:
    target = connection.target
    for tenant in target.tenants:
        for kind, actor, one in (("operator", "user", tenant.operator), ("customer", "customer", tenant.customer)):
            if one is not None:
                yield _log_in(connection, tenant, kind, actor, one)
            elif kind == "operator":
                yield Finding(None, f"{tenant.slug}: operator", "not in the file: checks that need one cannot run")
        for role, who in tenant.roles.items():
            yield _log_in(connection, tenant, role, "user", who)
    if target.second is None:
        yield Finding(None, "second tenant", "not in the file: the checks of tenancy are left out")
    unsigned = [name for name in SENDERS if name not in target.webhooks]
    if unsigned:
        words = f"no secret of {', '.join(unsigned)} in the file: checks that sign as they do are left out"
        yield Finding(None, "webhooks", words)
    yield from _capabilities(connection, ledger)


def _log_in(connection: Connection, tenant: Tenant, role: str, actor: str, who: Credentials) -> Finding:
    subject = f"{tenant.slug}: {role} {who.email}"
    try:
        log_in(Api(connection, tenant), actor, who)
    except (NoAnswer, AssertionError) as error:
        return Finding(False, subject, str(error))
    return Finding(True, subject, "logs in")


def _capabilities(connection: Connection, ledger: Path) -> Iterator[Finding]:
    from fixtures import requirements
    from fixtures.plugin import State, found

    target = connection.target
    anonymous = Api(connection, target.main)
    for name, how in requirements.load(ledger).capabilities.items():
        promised = target.capabilities is not None and name in target.capabilities
        try:
            state, seen = found(anonymous, how)
        except Omit as reason:
            yield Finding(None, f"capability {name}", str(reason))
            continue
        good = True if state is State.PRESENT else None if state is State.ABSENT and not promised else False
        words = f"{state}{', though the file promises it' if good is False and promised else ''}: {seen}"
        yield Finding(good, f"capability {name}", words)
