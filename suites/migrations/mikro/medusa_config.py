"""The modules of a medusa-config.ts in its order: `modules: [{ resolve: "./src/modules/wallet" }, …]`, never executed.

Medusa runs migrations module by module in this order, after those of its own modules (packages, which have no folder
here). A path that begins with "./" is meant from the project, and "./modules/x" as "./src/modules/x"
(normalize-import-path-with-source.js of @medusajs/utils 2.11.3). `modules` may be a list or an object.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from suites.migrations.mikro.literals import members, words_of
from suites.migrations.mikro.typescript import NotReadable, Unread, arguments, named, read, unwrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ast_grep_py import SgNode

    from suites.migrations.mikro.typescript import Source

NAMES = ("medusa-config.ts", "medusa-config.js", "medusa-config.mjs")


@dataclass(frozen=True)
class Configured:
    """folders: of the project's own modules, in order. packages: what comes from elsewhere. unread: the rest."""

    file: Path
    folders: tuple[Path, ...]
    packages: tuple[str, ...] = ()
    unread: tuple[Unread, ...] = ()


def find(root: Path) -> Path | None:
    """The config in a folder or the nearest above it."""
    for folder in (root.resolve(), *root.resolve().parents):
        for name in NAMES:
            if (folder / name).is_file():
                return folder / name
    return None


def read_config(file: Path) -> Configured:
    """What it says of modules. Entries that only a running program knows are named as unread."""
    source = read(file)
    folders: list[Path] = []
    packages: list[str] = []
    broken = source.broken()
    unread: list[Unread] = [] if broken is None else [broken]
    for holder, entry in _entries(source, unread):
        try:
            resolve = _resolve(holder, entry)
        except NotReadable as problem:
            unread.append(holder.unread(problem.node, problem.why))
            continue
        if resolve is None:
            continue
        if resolve.startswith("."):
            direct = resolve.startswith(("./src", "../"))
            folders.append((file.parent / ("" if direct else "src") / resolve).resolve())
        else:
            packages.append(resolve)
    return Configured(file, tuple(folders), tuple(packages), tuple(unread))


def modules_in_order(configured: Configured, modules: Mapping[str, Path]) -> tuple[list[str], list[str], list[Path]]:
    """Modules (name → folder) in the order of a config; then those that it does not name, and what it names in vain."""
    by_folder = {folder.resolve(): name for name, folder in modules.items()}
    order = [by_folder[folder] for folder in configured.folders if folder in by_folder]
    left_out = [name for name in modules if name not in order]
    return order, left_out, [folder for folder in configured.folders if not folder.is_dir()]


def _entries(source: Source, unread: list[Unread]) -> Iterator[tuple[Source, SgNode]]:
    """What stands in `modules`, with the file in which it is written."""
    top = source.default
    config = None if top is None else unwrapped(top)
    if config is not None and config.kind() == "call_expression" and arguments(config):
        config = unwrapped(arguments(config)[0])
    if config is not None and config.kind() == "identifier":
        found = source.resolve(config.text())
        source, config = (found[0], unwrapped(found[1])) if found else (source, config)
    if config is None or config.kind() != "object":
        unread.append(source.unread(config or source.root, "the configuration is not written out as an object"))
        return
    for name, value in members(source, config):
        if name == "modules":
            yield from _listed(source, unwrapped(value), unread)


def _listed(source: Source, node: SgNode, unread: list[Unread]) -> Iterator[tuple[Source, SgNode]]:
    if node.kind() == "array":
        for each in named(node):
            if each.kind() == "spread_element":
                yield from _listed(source, unwrapped(named(each)[0]), unread)
            else:
                yield source, unwrapped(each)
    elif node.kind() == "object":
        for _, value in members(source, node):
            yield source, unwrapped(value)
    else:
        found = source.resolve(node.text())
        if found is None or found[1].kind() not in {"array", "object"}:
            unread.append(source.unread(node, "which modules these are is only known to a running program"))
        else:
            yield from _listed(*found, unread)


def _resolve(source: Source, entry: SgNode) -> str | None:
    """The path or package of an entry; None for one that is switched off (`false`, `disable: true`)."""
    if entry.kind() == "false":
        return None
    if entry.kind() != "object":
        return words_of(source, entry)
    values = dict(members(source, entry))
    if "disable" in values and values["disable"].kind() == "true":
        return None
    if "resolve" not in values:
        raise NotReadable(entry, "it has no `resolve`")
    return words_of(source, values["resolve"])
