"""What every request body has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """A request body: strict types, and no key that the platform does not know."""

    model_config = ConfigDict(extra="forbid", strict=True)
