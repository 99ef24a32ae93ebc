"""What every request body has in common."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """A request body: strict types, and no key that the platform does not know."""

    model_config = ConfigDict(extra="forbid", strict=True)


def example(**members: Any) -> ConfigDict:
    """A body as one would send it, for the OpenAPI document; its ids are nobody's, for the reader's own to stand in."""
    return ConfigDict(json_schema_extra={"examples": [members]})
