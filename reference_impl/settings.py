"""The environment, validated at start: every problem named at once, no default secret in production."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEVELOPMENT_JWT_SECRET = "development-only-secret-of-thirty-two-bytes"  # noqa: S105 (refused in production, below)


class Settings(BaseSettings):
    """What the platform reads from variables that begin with CITYOS_."""

    model_config = SettingsConfigDict(env_prefix="CITYOS_", extra="ignore")

    database_url: Annotated[
        str, Field(pattern=r"^postgresql://", description="postgresql://user:password@host:port/database")
    ]
    environment: Annotated[
        Literal["development", "production"], Field(description="production refuses default secrets")
    ] = "development"
    jwt_secret: Annotated[SecretStr, Field(min_length=32, description="signs log-in tokens (HS256)")] = SecretStr(
        DEVELOPMENT_JWT_SECRET
    )
    connections: Annotated[int, Field(ge=1, le=100, description="connections of each worker for transactions")] = 16
    statement_connections: Annotated[
        int, Field(ge=1, le=100, description="connections of each worker for what is a single statement")
    ] = 4  # more of them only wait on the row of a busy wallet: with 16 its rate was half of what it is with 4
    relay: Annotated[bool, Field(description="whether this process carries events to their handlers")] = True
    access_log: Annotated[bool, Field(description="one log line per request, not only for those that failed")] = False
    frozen_time: Annotated[datetime | None, Field(description="a clock that stands still, for tests")] = None
    commit: Annotated[str, Field(description="the commit that was built, shown by /health")] = "unknown"

    @classmethod
    def from_environment(cls) -> Self:
        """The settings of this process; raises pydantic's ValidationError with every problem in it."""
        return cls.model_validate({})

    @model_validator(mode="after")
    def _production_is_strict(self) -> Self:
        if self.environment == "production" and self.jwt_secret.get_secret_value() == DEVELOPMENT_JWT_SECRET:
            raise ValueError("CITYOS_JWT_SECRET must be set in production: the default secret is public")
        return self
