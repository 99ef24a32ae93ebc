"""The table in suites/roles.toml, which is route by who may call it, and a harmless request for each route.

Nothing is changed by trying: ids are of things that do not exist, and bodies are a list where an object belongs. Past a
guard such a request ends as 400 or 404, so it was let in unless it ends as 401 or 403. (Where nobody has to log in to
log in, a 401 may also speak of the password: it has a type then, which a guard's has not.)
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fixtures.client import Answer, Api

TABLE = Path(__file__).resolve().parents[1] / "roles.toml"
NOWHERE = "none_01HZZZZZZZZZZZZZZZZZZZZZZZ"
NO_OBJECT = b"[]"
_ID = re.compile(r"\{\w+\}")
_CORE = frozenset(
    "customers users regions products shipping-options sales-channels stock-locations shipping-profiles "
    "inventory-items promotions carts payment-providers payment-collections payments orders".split()
)


class Route(msgspec.Struct, frozen=True):
    """A line of the table: `who` may call this, and where that is an operator, one with one of the roles."""

    method: str
    path: str
    who: str
    roles: tuple[str, ...] = ()

    def lets_in(self, caller: str, by: str = "token") -> bool:
        """Whether this caller gets in: nobody, a newcomer (registered, and no customer yet), a customer, a vendor, or
        an operator of a role, by a token or by the cookie of a session.

        A visitor's route takes who is no customer for a guest, and who registers twice is told so with a 400.
        """
        match self.who:
            case "public" | "shop" | "visitor":
                return True
            case "registration":
                return caller in ("newcomer", "customer")
            case "token" | "session":
                return by == self.who and caller not in ("nobody", "newcomer")
            case "operator":
                return caller in self.roles
        return caller == self.who

    def refuses(self, answer: Answer) -> bool:
        """Whether the answer is the guard's no."""
        of_password = self.who == "public" and self.path.startswith("/auth/") and '"unauthorized"' in answer.text
        return answer.status in (401, 403) and not of_password

    def call(self, api: Api, headers: Mapping[str, str | None] | None = None, content: bytes = NO_OBJECT) -> Answer:
        """Send the request that changes nothing, or one with another body that cannot be meant."""
        path = _ID.sub(NOWHERE, self.path.replace("{actor}", "customer"))
        if self.method in ("GET", "DELETE"):
            return api.send(self.method, path, headers=headers)
        return api.send(self.method, path, content=content, headers=headers)


ROUTES = msgspec.convert(tomllib.loads(TABLE.read_text("utf-8"))["routes"], list[Route])
ROLES = ("viewer", "support", "finance", "admin", "super_admin")


def is_core(route: Route) -> bool:
    """Whether the route is Medusa's own, and not one of the platform's modules."""
    area, noun = route.path.split("/")[1:3] if route.path.count("/") > 1 else (route.path, "")
    return area == "auth" or (area in ("store", "admin") and noun in _CORE)
