"""What is said of the environment: all that is wrong with it as one table, and the list of every variable.

Both come from settings.py; neither ever shows a value, since any of them may be a secret.
"""

from __future__ import annotations

import difflib
import os
import sys
import types
import typing
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import structlog
from annotated_types import Ge, Gt, Le, MinLen
from pydantic import BaseModel, SecretStr, ValidationError

from reference_impl.logs import configure
from reference_impl.settings import NO_DEFAULT_IN_PRODUCTION, PREFIX, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

NEAR = 0.6
ANY_TEXT = "a text"
MARKDOWN_HEADER = (
    "# The environment\n\nWhat `python -m reference_impl` reads. An empty variable counts as one that is not set. The "
    "start fails while anything is wrong,\nand names all of it. Written by "
    "`python -m reference_impl environment --markdown`; a test keeps it equal to the code.\n"
)


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable as it is documented. group: the field of Settings that it belongs to, or nothing."""

    name: str
    form: str
    purpose: str
    default: str | None
    secret: bool
    required: str  # when, in words; empty: never
    group: str = ""

    @property
    def meaning(self) -> str:
        """What it is for and what it looks like, where that needs a word."""
        return self.purpose if self.form == ANY_TEXT else f"{self.purpose} ({self.form})"


@dataclass(frozen=True, slots=True)
class Group:
    """Variables that belong together, and why one would set them."""

    title: str
    purpose: str
    variables: list[Variable] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and what to do about it."""

    variable: str
    problem: str
    remedy: str


# The list


def groups() -> list[Group]:
    """Every variable there is: the platform's own first, then each vendor's."""
    own = Group("The platform", (Settings.__doc__ or "").strip())
    found = [own]
    for name, info in Settings.model_fields.items():
        model = _model(info.annotation)
        if model is None:
            when = "always" if info.is_required() else "in production" if name in NO_DEFAULT_IN_PRODUCTION else ""
            own.variables.append(_variable(name, info, when))
            continue
        group = Group(model.model_config.get("title") or name, (model.__doc__ or "").strip())
        also = ", and in production" if name in NO_DEFAULT_IN_PRODUCTION else ""
        for part, described in model.model_fields.items():
            when = f"with any other of them{also}" if described.is_required() else ""
            group.variables.append(_variable(f"{name}_{part}", described, when, name))
        found.append(group)
    return found


def variables() -> dict[str, Variable]:
    """All of them by name."""
    return {variable.name: variable for group in groups() for variable in group.variables}


def listed(*, markdown: bool) -> str:
    """The list for people, or as ENVIRONMENT.md."""
    return "\n".join([MARKDOWN_HEADER, *map(_markdown, groups())]) if markdown else "\n".join(map(_plain, groups()))


def _variable(name: str, info: FieldInfo, required: str, group: str = "") -> Variable:
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    secret = SecretStr in _parts(info.annotation) or bool(extra.get("secret"))
    default = None if info.is_required() or info.default is None else _shown(info.default)
    return Variable(PREFIX + name.upper(), _form(info), info.description or "", default, secret, required, group)


def _shown(default: object) -> str | None:
    if isinstance(default, SecretStr):
        return "a public one, for development" if default.get_secret_value() else None
    if isinstance(default, bool):
        return str(default).lower()
    return f"{default:g}" if isinstance(default, float) else str(default)


def _form(info: FieldInfo) -> str:
    """What a value looks like, in words."""
    if info.title:
        return info.title
    kinds, bounds = _parts(info.annotation), {type(one): one for one in info.metadata}
    if literal := next((kind for kind in kinds if typing.get_origin(kind) is Literal), None):
        return " or ".join(typing.get_args(literal))
    if bool in kinds:
        return "true or false"
    if datetime in kinds:
        return "a time, as 2030-01-31T12:00:00Z"
    if int in kinds:
        return f"a whole number from {bounds[Ge].ge} to {bounds[Le].le}"
    if float in kinds:
        return f"a number above {bounds[Gt].gt}, at most {bounds[Le].le}"
    shortest = bounds[MinLen].min_length if MinLen in bounds else 0
    return f"a text of {shortest} characters or more" if shortest > 1 else ANY_TEXT


def _parts(annotation: Any) -> tuple[Any, ...]:
    """The types that a value may have: X | None is both."""
    union = typing.get_origin(annotation) in (typing.Union, types.UnionType)
    return typing.get_args(annotation) if union else (annotation,)


def _model(annotation: Any) -> type[BaseModel] | None:
    """The group of variables that a field of the settings stands for."""
    return next((kind for kind in _parts(annotation) if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def _plain(group: Group) -> str:
    head = ("VARIABLE", "DEFAULT", "REQUIRED", "SECRET", "WHAT FOR")
    rows = [
        (one.name, one.default or "", one.required, "yes" if one.secret else "", one.meaning) for one in group.variables
    ]
    return f"{group.title}. {group.purpose}\n{_aligned([head, *rows])}"


def _markdown(group: Group) -> str:
    rows = [
        f"| `{one.name}` | {one.form} | {_code(one.default)} | {one.purpose} | {'yes' if one.secret else ''} "
        f"| {one.required} |"
        for one in group.variables
    ]
    head = ["| Variable | Value | Default | What for | Secret | Required |", "| --- | --- | --- | --- | --- | --- |"]
    return "\n".join([f"## {group.title}", "", group.purpose, "", *head, *rows, ""])


def _code(default: str | None) -> str:
    return "" if default is None else default if " " in default else f"`{default}`"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "".join("  ".join(map(str.ljust, row, widths)).rstrip() + "\n" for row in rows)


# What is wrong


def refused() -> bool:
    """Whether nothing may start in this environment; says why on standard error, all of it at once."""
    said = refusal()
    if said is not None:
        print(said, file=sys.stderr)
    return said is not None


def tell_absent() -> None:
    """One line about the vendors that are not configured: by whoever starts the workers, not by each of them."""
    configure()
    missing = absent()
    if missing:
        structlog.get_logger().warning("not_configured", vendors=missing)


def refusal() -> str | None:
    """Why nothing is started in this environment, or None."""
    found = problems()
    if not found:
        return None
    rows = [("VARIABLE", "PROBLEM", "WHAT TO DO"), *((one.variable, one.problem, one.remedy) for one in found)]
    end = "python -m reference_impl environment lists every variable."
    return f"The environment is not complete, so nothing was started:\n\n{_aligned(rows)}\n{end}"


def problems() -> list[Problem]:
    """All that is wrong with the environment of this process, in the order of the list."""
    try:
        Settings.from_environment()
    except ValidationError as invalid:
        found = {problem.variable: problem for error in invalid.errors() for problem in _problems(error)}
        place = {name: number for number, name in enumerate(variables())}  # what is not known stands last
        return sorted(found.values(), key=lambda one: place.get(one.variable, len(place)))
    return []


def absent() -> list[str]:
    """The vendors that are not configured, by name; their variables are all well."""
    settings = Settings.from_environment()
    vendors = [name for name, info in Settings.model_fields.items() if _model(info.annotation) is not None]
    return [name.replace("_", "-") for name in vendors if getattr(settings, name) is None]


def _problems(error: ErrorDetails) -> Iterator[Problem]:
    """What one of pydantic's errors means in variables; its own words may hold a value, so none of them are used."""
    known = variables()
    at = [str(part) for part in error["loc"]]
    name = PREFIX + "_".join(at).upper()
    described = known.get(name)
    siblings = [one for one in known.values() if one.group == at[0]]
    if described is None and error["type"] == "default_in_production":
        for one in siblings:
            if one.required:
                yield Problem(one.name, "is missing, and production needs it", _set(one))
    elif described is None:
        yield Problem(name, "is not known", _instead(name, siblings))
    elif error["type"] == "default_in_production":
        yield Problem(name, "is the default, which is public", _set(described))
    elif error["type"] == "missing" and siblings:
        others = _given(siblings)
        where = ", in development," if at[0] in NO_DEFAULT_IN_PRODUCTION else ""
        yield Problem(
            name,
            f"is missing, while {others[0]} is set" if others else "is missing",
            f"{_set(described)}; or{where} leave out all of {PREFIX}{at[0].upper()}_…",
        )
    elif error["type"] == "missing":
        near = [other for other in _near(name, os.environ) if other not in known]
        yield Problem(name, "is missing", _set(described) + (f" (is {near[0]} meant to be it?)" if near else ""))
    else:
        yield Problem(name, f"is not {described.form}", _correct(described))


def _set(variable: Variable) -> str:
    return f"set it: {variable.meaning}"


def _correct(variable: Variable) -> str:
    return "correct it" if variable.default is None else f"correct it, or leave it out for {variable.default}"


def _instead(name: str, siblings: Sequence[Variable]) -> str:
    near = _near(name, [one.name for one in siblings])
    return f"did you mean {near[0]}?" if near else f"leave it out; known are {', '.join(one.name for one in siblings)}"


def _near(name: str, names: Iterable[str]) -> list[str]:
    """The nearest of the names by what stands after the prefix."""
    tails = {other.removeprefix(PREFIX): other for other in names if other.startswith(PREFIX)}
    return [tails[tail] for tail in difflib.get_close_matches(name.removeprefix(PREFIX), tails, n=1, cutoff=NEAR)]


def _given(siblings: Sequence[Variable]) -> list[str]:
    """Those of a group that are set; names of variables are read in capitals or not."""
    names = {name.upper() for name, value in os.environ.items() if value}
    return [one.name for one in siblings if one.name in names]
