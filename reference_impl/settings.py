"""The environment, validated at start: every problem named at once, no default secret in production.

`python -m reference_impl environment --markdown` writes ENVIRONMENT.md from what stands here; a test keeps them equal.
What is said of an environment that does not do is in environment.py.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "CITYOS_"
DEVELOPMENT_JWT_SECRET = "development-only-secret-of-thirty-two-bytes"  # noqa: S105 (refused in production, below)
NO_DEFAULT_IN_PRODUCTION = ("jwt_secret", "sendgrid")

# A title says in words what a value looks like, where its type does not: for the list, and for whoever got it wrong.
Url = Annotated[
    str,
    StringConstraints(pattern=r"^https?://[^/\s]+(/[^\s?#]*)?$"),
    Field(title="an address, http://… or https://…, without a query"),
]
Text = Annotated[str, StringConstraints(min_length=1)]
Secret = Annotated[SecretStr, Field(min_length=1)]
Secrets = Annotated[SecretStr, Field(title="one secret, or several with commas between")]


class Group(BaseModel):
    """The variables of one vendor. None of them set: it is not configured; some of them: the others are missed."""

    model_config = ConfigDict(extra="forbid")


class PayloadCmsSettings(Group):
    """The CMS that the hierarchy of tenants comes from; with ERPNext beside it, it is carried there."""

    model_config = ConfigDict(title="Payload CMS")

    url: Annotated[Url, Field(description="where Payload CMS is")]
    key: Annotated[Secret, Field(description="API key of a user of the collection users")]


class ErpNextSettings(Group):
    """The books: an invoice for each order, a payment entry for each payment that was taken."""

    model_config = ConfigDict(title="ERPNext")

    url: Annotated[Url, Field(description="where ERPNext is")]
    key: Annotated[Text, Field(description="API key of its user")]
    secret: Annotated[Secret, Field(description="API secret of its user")]
    company: Annotated[Text, Field(description="whose books, as ERPNext calls it")]
    paid_to: Annotated[Text, Field(description="account that payments arrive on")]
    charges: Annotated[Text, Field(description="account for tax, shipping and discounts of an order")]
    item_group: Annotated[Text, Field(description="group of the items that are made there")] = "Products"


class FleetbaseSettings(Group):
    """Who carries orders to their buyers."""

    model_config = ConfigDict(title="Fleetbase")

    url: Annotated[Url, Field(description="where Fleetbase is")]
    key: Annotated[Secret, Field(description="API key")]
    pickup_street: Annotated[Text, Field(description="where orders are fetched: street and number")]
    pickup_city: Annotated[Text, Field(description="where orders are fetched: city")]
    pickup_country: Annotated[
        str,
        StringConstraints(pattern=r"^[A-Z]{2}$"),
        Field(title="two capital letters", description="where orders are fetched: country, as SA"),
    ]


class SendGridSettings(Group):
    """Who sends mail. Not configured: no mail is sent, which production refuses."""

    model_config = ConfigDict(title="SendGrid")

    key: Annotated[Secret, Field(description="API key with the scope mail.send")]
    sender: Annotated[
        str,
        StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$"),
        Field(title="an email address", description="address that mail comes from"),
    ]
    order_template: Annotated[
        str,
        StringConstraints(pattern=r"^d-[0-9a-f]{32}$"),
        Field(title="d- and 32 digits of 0-9 and a-f", description="dynamic template of the mail about an order"),
    ]
    url: Annotated[Url, Field(description="where SendGrid is")] = "https://api.sendgrid.com"
    sandbox: Annotated[bool, Field(description="SendGrid judges each mail and sends none")] = False


class StripeSettings(Group):
    """Who gives money back that Stripe took."""

    model_config = ConfigDict(title="Stripe")

    key: Annotated[Secret, Field(description="secret or restricted API key")]
    url: Annotated[Url, Field(description="where Stripe is")] = "https://api.stripe.com"


class TemporalSettings(Group):
    """Where workflows run."""

    model_config = ConfigDict(title="Temporal")

    address: Annotated[
        str, StringConstraints(pattern=r"^[^:/\s]+:\d+$"), Field(title="host:port", description="where its frontend is")
    ]
    namespace: Annotated[Text, Field(description="our namespace there")] = "default"
    key: Annotated[Secret | None, Field(description="API key")] = None
    tls: Annotated[bool, Field(description="whether to speak TLS with it")] = False


class WebhookSettings(Group):
    """Secrets that deliveries are signed with; while one is rotated both, with a comma between. None: none is taken."""

    model_config = ConfigDict(title="Webhooks")

    stripe: Annotated[Secrets, Field(description="signing secrets of Stripe's endpoint (whsec_…)")] = SecretStr("")
    erpnext: Annotated[Secrets, Field(description="secrets of ERPNext's Webhook")] = SecretStr("")
    fleetbase: Annotated[Secrets, Field(description="secrets of Fleetbase's webhook endpoint")] = SecretStr("")
    payload_cms: Annotated[Secrets, Field(description="secrets of the hook in Payload CMS")] = SecretStr("")
    sendgrid: Annotated[Secrets, Field(description="public keys of SendGrid's event webhook")] = SecretStr("")

    def of(self, vendor: str) -> list[str]:
        """The secrets of a vendor (payload_cms), the one in use first; none: nothing of it can be believed."""
        secrets: SecretStr = getattr(self, vendor)
        return [secret.strip() for secret in secrets.get_secret_value().split(",") if secret.strip()]


class Settings(BaseSettings):
    """What the platform reads from variables that begin with CITYOS_; those of a vendor follow its name."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        extra="ignore",
        env_nested_delimiter="_",
        env_nested_max_split=1,
        env_ignore_empty=True,  # `CITYOS_STRIPE_KEY=` in a file of variables: not set
        enable_decoding=False,  # a group is its variables, never one of JSON
        hide_input_in_errors=True,  # secrets are among it
    )

    database_url: Annotated[
        str,
        Field(
            pattern=r"^postgresql://",
            title="postgresql://user:password@host:port/database",
            description="the database, which is all ours",
            json_schema_extra={"secret": True},
        ),
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
    clock_speed: Annotated[
        float,
        Field(ge=1, le=3600, title="1; in development up to 3600", description="how fast time passes, for tests"),
    ] = 1.0
    commit: Annotated[str, Field(description="the commit that was built, shown by /health")] = "unknown"
    vendor_answer_s: Annotated[
        float, Field(gt=0, le=60, description="how long a vendor may take to answer, in seconds")
    ] = 10.0
    breaker_rest_s: Annotated[
        float, Field(gt=0, le=3600, description="how long a vendor that failed is left alone, in seconds")
    ] = 30.0

    payload_cms: PayloadCmsSettings | None = None
    erpnext: ErpNextSettings | None = None
    fleetbase: FleetbaseSettings | None = None
    sendgrid: SendGridSettings | None = None
    stripe: StripeSettings | None = None
    temporal: TemporalSettings | None = None
    webhook_secrets: WebhookSettings = WebhookSettings()

    @classmethod
    def from_environment(cls) -> Self:
        """The settings of this process; raises pydantic's ValidationError with every problem in it."""
        return cls.model_validate({})

    @field_validator(*NO_DEFAULT_IN_PRODUCTION)
    @classmethod
    def _production_is_strict(cls, value: Any, info: ValidationInfo) -> Any:
        """A validator of fields and not of the whole: that one would wait until nothing else is wrong."""
        assert info.field_name is not None
        strict = info.data.get("environment") != "development"  # also while we can't tell
        if strict and value == cls.model_fields[info.field_name].default:
            name = PREFIX + info.field_name.upper()
            raise PydanticCustomError("default_in_production", "{name} must be set in production", {"name": name})
        return value

    @field_validator("clock_speed")
    @classmethod
    def _time_is_real_in_production(cls, value: float, info: ValidationInfo) -> float:
        if value != 1 and info.data.get("environment") != "development":
            raise PydanticCustomError("development_only", "the clock may run faster in development only")
        return value
