"""What goes in and out: log-ins, customers, operators, vendor accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from reference_impl.core.bodies import Body, example

Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True, min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$"),
    Field(examples=["amal@example.com"]),
]
Name = Annotated[str, StringConstraints(max_length=200)]


class Credentials(BaseModel):
    """E-mail and password. Both are optional here because Medusa answers 401, not 400, when one is missing."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": "amal@example.com", "password": "Correct-horse-1"}]}
    )

    email: Any = None
    password: Any = None


class NewCustomer(Body):
    model_config = example(email="amal@example.com", first_name="Amal", last_name="Haddad")

    email: Email
    company_name: Name | None = None
    first_name: Name | None = None
    last_name: Name | None = None
    phone: Name | None = None
    metadata: dict[str, Any] | None = None


class CustomerChange(Body):
    model_config = example(phone="+966500000000")

    company_name: Name | None = None
    first_name: Name | None = None
    last_name: Name | None = None
    phone: Name | None = None
    metadata: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class TokenEnvelope:
    token: str


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """What a token says of who holds it."""

    actor_id: str
    actor_type: str
    auth_identity_id: str
    app_metadata: dict[str, Any]
    user_metadata: dict[str, Any]
    iat: int
    exp: int


@dataclass(frozen=True, slots=True)
class SessionEnvelope:
    user: LoggedIn


@dataclass(frozen=True, slots=True)
class SessionEnd:
    success: bool


@dataclass(frozen=True, slots=True)
class Customer:
    id: str
    email: str
    company_name: str | None
    first_name: str | None
    last_name: str | None
    phone: str | None
    metadata: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    email_bounced_at: datetime | None  # since then no mail is sent there
    has_account: bool = True


@dataclass(frozen=True, slots=True)
class CustomerEnvelope:
    customer: Customer


@dataclass(frozen=True, slots=True)
class CustomerList:
    customers: list[Customer]
    count: int
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class User:
    """An operator; Medusa calls it user."""

    id: str
    email: str
    first_name: str | None
    last_name: str | None
    role: str
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class UserEnvelope:
    user: User


@dataclass(frozen=True, slots=True)
class VendorAccount:
    id: str
    vendor_id: str | None
    email: str
    name: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class VendorEnvelope:
    vendor: VendorAccount
