"""Reporters: each turns a finished report into one format. They read it, and decide nothing."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from suites.gate.report import Report

FORMATS = ("html", "json", "junit.xml", "md", "sarif")


def paths(folder: Path, command: str) -> dict[str, Path]:
    """Where the report files of a command go, by format."""
    return {suffix: folder / f"{command}.{suffix}" for suffix in FORMATS}


def write_all(report: Report, folder: Path) -> dict[str, Path]:
    """Write every format, each file whole or not at all; returns the paths. OSError when one can't be written."""
    from suites.gate.reporters import html, json, junit, markdown, sarif

    renderers: dict[str, Callable[[Report], bytes]] = {
        "html": html.render,
        "json": json.render,
        "junit.xml": junit.render,
        "md": markdown.render,
        "sarif": sarif.render,
    }
    written = paths(folder, report.about.command)
    for suffix, path in written.items():
        write(path, renderers[suffix](report))
    return written


def write(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Replace a file in one step, so that nobody reads half of it."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
