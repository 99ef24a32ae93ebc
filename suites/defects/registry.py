"""What a defect is, how the catalogue declares one, and how it gets into the reference implementation.

@defect("wallet.version_not_bumped", breaks="WAL-05")
def version_not_bumped(patch: Patch) -> None:
    \"\"\"The statement that moves money forgets the version.\"\"\"
    patch.replace(repository, "MOVE", "version = version + 1", "version = version")
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
import re
from typing import TYPE_CHECKING, Any

import msgspec

from suites.defects.histories import Edit, NewRevision, OutOfDate, reference_history

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from suites.defects.histories import Change

_NAME = re.compile(r"[a-z][a-z_]*\.[a-z][a-z0-9_]*")
_defects: dict[str, Defect] = {}


class Defect(msgspec.Struct, frozen=True):
    """A fault that a developer might build in: its name ("module.what"), and the requirements that it breaks."""

    name: str
    breaks: tuple[str, ...]
    story: str  # what the hurried developer did
    apply: Callable[[Patch], None]


class UnknownDefect(Exception):
    """No defect has this name; the message tells the nearest one."""


class Patch:
    """Changes the code of this process, and notes SQL for the database, on behalf of one defect.

    What it does to the history of migrations it does to a copy (`suites.defects.histories`).
    """

    def __init__(self) -> None:
        self.statements: list[str] = []
        self.history: list[Change] = []
        self._replaced: list[tuple[Any, str, Any]] = []

    def setattr(self, owner: object, name: str, value: object) -> None:
        """Put another value in the place of an attribute that exists; raises OutOfDate when there is none."""
        if not hasattr(owner, name):
            raise OutOfDate(f"{_name_of(owner)} has no {name} any more")
        kept = vars(owner).get(name, getattr(owner, name))  # a static method as what it is, not as what it gives
        self._replaced.append((owner, name, kept))
        static = isinstance(kept, staticmethod) and not isinstance(value, staticmethod)
        setattr(owner, name, staticmethod(value) if static else value)  # type: ignore[arg-type]

    def replace(self, owner: object, name: str, old: str, new: str) -> None:
        """Replace a part of a text (SQL, mostly); raises OutOfDate unless the text has it exactly once."""
        text = getattr(owner, name, "")
        if str(text).count(old) != 1:
            raise OutOfDate(
                f"{_name_of(owner)}.{name} must contain {old!r} once, and has it {str(text).count(old)} times"
            )
        changed = str(text).replace(old, new)
        if not isinstance(text, str):
            import sqlalchemy

            self.setattr(owner, name, sqlalchemy.text(changed))
        else:
            self.setattr(owner, name, changed)

    def sql(self, statement: str) -> None:
        """Run the statement on the server's database before it starts."""
        self.statements.append(statement)

    def revision(self, name: str, code: str) -> None:
        """Add a revision at the end of the history, with this code behind its identifiers."""
        self.history.append(NewRevision(name, code))

    def edit_history(self, file: str, old: str, new: str) -> None:
        """Replace a part of a file of the history; raises OutOfDate unless the file has it exactly once."""
        edit = Edit(file, old, new)
        edit.check(reference_history())
        self.history.append(edit)

    @property
    def changed(self) -> bool:
        """Whether anything in this process, or in the history of migrations, was replaced."""
        return bool(self._replaced or self.history)

    def undo(self) -> None:
        """Put everything back that was replaced in this process."""
        while self._replaced:
            owner, name, value = self._replaced.pop()
            setattr(owner, name, value)


def defect(name: str, *, breaks: str | tuple[str, ...]) -> Callable[[Callable[[Patch], None]], Callable[[Patch], None]]:
    """Declare a defect; its docstring tells in a sentence what the hurried developer did."""
    broken = (breaks,) if isinstance(breaks, str) else breaks

    def declare(apply: Callable[[Patch], None]) -> Callable[[Patch], None]:
        story = inspect.cleandoc(apply.__doc__ or "")
        if not _NAME.fullmatch(name):
            raise ValueError(f'{name!r}: a defect is named "module.what_went_wrong"')
        if name in _defects:
            raise ValueError(f"{name}: two defects have this name")
        if not story or not broken:
            raise ValueError(
                f"{name}: a defect needs a docstring (what the developer did) and a requirement that it breaks"
            )
        _defects[name] = Defect(name, broken, story, apply)
        return apply

    return declare


def catalogue() -> Mapping[str, Defect]:
    """All defects by name, in the order of the files; imports the reference implementation."""
    from suites.defects import catalogue as files

    for module in sorted(info.name for info in pkgutil.iter_modules(files.__path__)):
        importlib.import_module(f"{files.__name__}.{module}")
    return _defects


def find(name: str) -> Defect:
    """The defect of this name; raises UnknownDefect, which tells the nearest name."""
    known = catalogue()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"known are: {', '.join(sorted(known))}"
        raise UnknownDefect(f"there is no defect {name}; {hint}")
    return known[name]


def _name_of(owner: object) -> str:
    return str(getattr(owner, "__name__", type(owner).__name__))
