"""What goes in and out: wallets and their ledgers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import StringConstraints

from reference_impl.core.bodies import Body, example
from reference_impl.core.money import CurrencyCode, Money, PositiveAmount

Kind = Literal["credit", "debit"]


class Adjustment(Body):
    """A credit or a debit. With a `reference_id` it happens once, however often it is sent."""

    model_config = example(type="credit", amount=100, description="A gift", reference_id="gift-1")

    type: Kind
    amount: PositiveAmount
    description: Annotated[str, StringConstraints(max_length=1000)] | None = None
    reference_id: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = None


class NewWallet(Body):
    model_config = example(customer_id="cus_01JD0000000000000000000000", currency="jpy")

    customer_id: Annotated[str, StringConstraints(max_length=64)]
    currency: CurrencyCode


class Reason(Body):
    model_config = example(reason="The card was reported stolen")

    reason: Annotated[str, StringConstraints(max_length=1000)] | None = None


@dataclass(frozen=True, slots=True)
class Wallet:
    """A wallet; `version` grows by one with every change of its balance or status."""

    id: str
    customer_id: str
    currency: str
    balance: Money
    version: int
    status: str
    freeze_reason: str | None
    frozen_at: datetime | None
    metadata: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Transaction:
    """A row of the ledger. `amount` is signed: a debit is negative."""

    id: str
    wallet_id: str
    type: str
    amount: Money
    balance_after: Money
    description: str | None
    reference_id: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class WalletEnvelope:
    wallet: Wallet


@dataclass(frozen=True, slots=True)
class TransactionEnvelope:
    transaction: Transaction


@dataclass(frozen=True, slots=True)
class WalletDetail:
    """A wallet with the newest rows of its ledger."""

    wallet: Wallet
    transactions: list[Transaction]


@dataclass(frozen=True, slots=True)
class WalletList:
    wallets: list[Wallet]
    count: int
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class TransactionList:
    transactions: list[Transaction]
    count: int
    offset: int
    limit: int
