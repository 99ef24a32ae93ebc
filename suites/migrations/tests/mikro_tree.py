"""The tree of modules that the tests replay: 34 modules as the platform has them, and an overlay with five faults."""

from __future__ import annotations

import shutil
from pathlib import Path

TREE = Path(__file__).parent / "mikro" / "tree"
OVERLAY = Path(__file__).parent / "mikro" / "faults"
FAULTS = {
    "a table made by two modules": "src/modules/webhook/migrations/Migration20251001080000.ts",
    "a down that drops another module's table": "src/modules/dispute/migrations/Migration20251002080000.ts",
    "a foreign key to a table made later": "src/modules/vendor/migrations/Migration20250118090000.ts",
    "a column in the model that no migration makes": "src/modules/booking/models/booking.ts",
    "a migration without down": "src/modules/gift_card/migrations/Migration20251005090000.ts",
}


def faulty(folder: Path) -> Path:
    """The tree with its five faults, in a folder that is not there yet."""
    shutil.copytree(TREE, folder)
    shutil.copytree(OVERLAY, folder, dirs_exist_ok=True)
    return folder
