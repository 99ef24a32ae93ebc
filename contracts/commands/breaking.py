"""``cityos contracts breaking``: what our own API would break of the last release, for whoever calls it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from contracts.commands.drift import told
from contracts.drift import compare
from contracts.drift_documents import read
from fixtures.exits import Exit, UsageError

RELEASED = Path(__file__).parents[1] / "released" / "cityos.json"
DOCUMENT = "/openapi.json"
_SAYS_NOTHING = frozenset(
    {"title", "description", "summary", "example", "examples", "externalDocs", "tags", "$comment"}
)
_NAMED = frozenset(
    ("properties patternProperties paths webhooks responses headers content schemas parameters requestBodies")
    .split()
) | {"securitySchemes", "callbacks", "links", "$defs"}  # fmt: skip
"""Objects whose members have names of somebody's own: `description` among them is no description."""
_PLAIN = frozenset({"enum", "const", "default", "required"})


def _released() -> Path:
    """Of the checkout that this is run in, else of this package: an installed copy writes nothing into itself."""
    here = Path("contracts") / RELEASED.parent.name / RELEASED.name
    return here if here.parent.is_dir() else RELEASED


def run(present: str, released: Path | None = None, *, release: bool = False) -> int:
    """Compare the API of today with the last released one: 0 when nobody is broken, else 12.

    present: a base URL (of which `/openapi.json` is read), the address of a document, or a file. release: what is
    there now is released; the file is written anew, whatever it breaks, and the exit code is 0.
    Raises UsageError for what is no OpenAPI document, Unreachable for an address that does not answer.
    """
    released = released or _released()
    if not release and not released.is_file():
        raise UsageError(f"{released}: nothing was released yet; write it with --release")
    document = read(_address(present))
    differences = compare(read(released), document, direction="release") if released.is_file() else []
    for line in told(differences):
        sys.stdout.write(f"{line}\n")
    breaking = sum(each.kind == "breaking" for each in differences)
    sys.stdout.write(f"since the last release: {breaking} breaking changes, {len(differences) - breaking} harmless\n")
    if release:
        released.parent.mkdir(parents=True, exist_ok=True)
        released.write_text(normal(document), encoding="utf-8")
        sys.stdout.write(f"released: {released}\n")
        return Exit.RELEASE
    return Exit.NOT_VERIFIED if breaking else Exit.RELEASE


def _address(present: str) -> str:
    """A base URL has no path, or one that ends in a stroke."""
    if not present.startswith(("http://", "https://")):
        return present
    path = present.partition("://")[2].partition("/")[2]
    return present if path and not path.endswith("/") else present.rstrip("/") + DOCUMENT


def normal(document: Mapping[str, Any]) -> str:
    """A document in the form in which it is kept: members sorted, one member of `paths` and of each kind of component
    to a line, and without what changes nothing for a caller (descriptions, examples, `x-` extensions).
    """
    kept = _kept(document, named=False)
    kept["info"] = {"title": document["info"]["title"], "version": document["info"]["version"]}
    out = []
    for name, value in sorted(kept.items()):
        if name in ("paths", "webhooks"):
            out.append(f"{json.dumps(name)}:{_a_line_each(value)}")
        elif name == "components":
            kinds = (f"{json.dumps(kind)}:{_a_line_each(members)}" for kind, members in sorted(value.items()))
            out.append(f"{json.dumps(name)}:{{\n" + ",\n".join(kinds) + "\n}")
        else:
            out.append(f"{json.dumps(name)}:{_short(value)}")
    return "{\n" + ",\n".join(out) + "\n}\n"


def _a_line_each(members: Mapping[str, Any]) -> str:
    written = (f"{json.dumps(name)}:{_short(value)}" for name, value in sorted(members.items()))
    return "{\n" + ",\n".join(written) + "\n}"


def _short(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _kept(value: Any, *, named: bool) -> Any:
    """Without what says nothing; `named`: the members have names of somebody's own."""
    if isinstance(value, list):
        return [_kept(each, named=False) for each in value]
    if not isinstance(value, Mapping):
        return value
    found = {}
    for name, each in value.items():
        if named or not (name in _SAYS_NOTHING or name.startswith("x-")):
            plain = not named and name in _PLAIN
            found[name] = each if plain else _kept(each, named=not named and name in _NAMED)
    return found
