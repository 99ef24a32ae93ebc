"""The table in suites/roles.toml, which is route by who may call it, and a harmless request for each route.

Nothing is changed by trying: ids are of things that do not exist, and bodies are a list where an object belongs. Past a
guard such a request ends as 400 or 404, so it was let in unless it ends as 401 or 403.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from fixtures.client import Answer, Api

TABLE = Path(__file__).resolve().parents[1] / "roles.toml"
NOWHERE = "none_01HZZZZZZZZZZZZZZZZZZZZZZZ"
_ID = re.compile(r"\{\w+\}")


class Route(msgspec.Struct, frozen=True):
    """A line of the table: `who` may call this, and where that is an operator, one with one of the roles."""

    method: str
    path: str
    who: str
    roles: tuple[str, ...] = ()

    def lets_in(self, caller: str) -> bool | None:
        """Whether nobody, a customer, a vendor or an operator of a role gets in. None: either will do.

        A visitor's route may take a stranger's token for a guest's; who registers twice may be refused with a 400.
        """
        match self.who:
            case "public" | "shop":
                return True
            case "visitor":
                return True if caller in ("nobody", "customer") else None
            case "registration":
                return None if caller == "customer" else False
            case "operator":
                return caller in self.roles
        return caller == self.who

    def call(self, api: Api, headers: dict[str, str | None] | None = None) -> Answer:
        """Send the request that changes nothing."""
        path = _ID.sub(NOWHERE, self.path)
        if self.method in ("GET", "DELETE"):
            return api.send(self.method, path, headers=headers)
        return api.send(self.method, path, json=[], headers=headers)


# A log-in's 401 speaks of the password: the AUTH checks see to those routes.
ROUTES = [
    route
    for route in msgspec.convert(tomllib.loads(TABLE.read_text("utf-8"))["routes"], list[Route])
    if not route.path.startswith("/auth/")
]
ROLES = ("viewer", "support", "finance", "admin", "super_admin")
