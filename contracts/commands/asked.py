"""What `cityos contracts verify` is asked, and what came of one contract at one place."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contracts.providers.states import Provider
    from contracts.providers.verify import Verification

REFERENCE = "reference"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What was asked for on the command line. Without an address vendors are simulated, and our platform is started."""

    providers: Sequence[str] = ()
    file: Path | None = None
    base_url: str | None = None
    headers: Sequence[str] = ()
    settings: Sequence[str] = ()
    target: str = REFERENCE
    sandbox: bool = False
    answer_s: float = 10.0
    environment: str | None = None
    version: str | None = None
    store: Path | None = None
    report_dir: Path = Path("reports")
    as_json: bool = False
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))


@dataclass(frozen=True)
class Place:
    """Where a provider is asked: it, what it is called there, and which version it has (None: nobody said)."""

    provider: Provider
    environment: str
    version: str | None


@dataclass(frozen=True)
class Done:
    """What came of one contract at one place; or why a place cannot be had on this machine."""

    environment: str
    version: str | None = None
    result: Verification | None = None
    absent: str | None = None
