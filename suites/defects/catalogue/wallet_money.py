"""Defects of moving money: what a movement does to the balance, the ledger and the version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from suites.defects.registry import defect

if TYPE_CHECKING:
    from reference_impl.modules.wallet.repository import WalletRepository
    from reference_impl.modules.wallet.schemas import Transaction
    from suites.defects.registry import Patch

_OLD_BALANCE = "(SELECT balance FROM wallet AS seen, pg_sleep(0.005) WHERE seen.id = $1)"
_LEDGER_ROW = "SELECT $6, id, version, $4::text, $3::numeric, balance, $10, $5, $8 FROM moved"


@defect("wallet.lost_update", breaks=("WAL-03", "WAL-21"))
def lost_update(patch: Patch) -> None:
    """The new balance is made from one that was read a moment before: of two movements at once the last one counts."""
    from reference_impl.modules.wallet import repository

    patch.replace(repository, "MOVE", "SET balance = balance +", f"SET balance = {_OLD_BALANCE} +")


@defect("wallet.ledger_row_outside_transaction", breaks=("WAL-14", "WAL-21"))
def ledger_row_outside_transaction(patch: Patch) -> None:
    """The ledger row is written after the commit, from the wallet as it is by then, and a clash is ignored."""
    from reference_impl.modules.wallet import repository

    start = repository.MOVE.index("    INSERT INTO wallet_transaction")
    end = repository.MOVE.index("), event AS")
    patch.replace(
        repository,
        "MOVE",
        repository.MOVE[start:end],
        "SELECT $6::text AS id, id AS wallet_id, $4::text AS type, $3::numeric AS amount, balance AS balance_after,"
        " $10::text AS description, $5::text AS reference_id, $8::timestamptz AS created_at FROM moved",
    )
    sound = repository.WalletRepository.move

    async def move(self: WalletRepository, **values: Any) -> Transaction | None:
        moved = await sound(self, **values)
        if moved is not None:
            await self._work.look(
                "INSERT INTO wallet_transaction"
                " (id, wallet_id, version, type, amount, balance_after, description, reference_id, created_at)"
                " SELECT $1, id, version, $3, $4::numeric, balance, $5, $6, $7 FROM wallet WHERE id = $2"
                " ON CONFLICT DO NOTHING",
                *(moved.id, moved.wallet_id, moved.type, moved.amount),
                *(moved.description, moved.reference_id, moved.created_at),
            )
        return moved

    patch.setattr(repository.WalletRepository, "move", move)


@defect("wallet.answers_old_balance", breaks=("WAL-04", "WAL-05", "WAL-14"))
def answers_old_balance(patch: Patch) -> None:
    """balance_after is the balance before."""
    from reference_impl.modules.wallet import repository

    patch.replace(repository, "MOVE", _LEDGER_ROW, _LEDGER_ROW.replace("balance,", "balance - $3::numeric,"))
    patch.sql("ALTER TABLE wallet_transaction DROP CONSTRAINT IF EXISTS ck_wallet_transaction_balance_after")


@defect("wallet.description_dropped", breaks="WAL-14")
def description_dropped(patch: Patch) -> None:
    """The description is validated, documented, and never written."""
    from reference_impl.modules.wallet import repository

    patch.replace(repository, "MOVE", _LEDGER_ROW, _LEDGER_ROW.replace("$10", "left($10, 0)"))


@defect("wallet.version_not_bumped", breaks="WAL-13")
def version_not_bumped(patch: Patch) -> None:
    """The statement that moves money forgets the version."""
    from reference_impl.modules.wallet import repository

    patch.replace(repository, "MOVE", "version = version + 1, updated_at", "updated_at")
    patch.sql("DROP INDEX IF EXISTS uq_wallet_transaction_version")


@defect("wallet.refusal_bumps_version", breaks="WAL-13")
def refusal_bumps_version(patch: Patch) -> None:
    """The version is raised first, as a lock; when the movement is then refused nobody takes it back."""
    from reference_impl.modules.wallet import repository

    patch.replace(
        repository,
        "REFUSAL",
        "SELECT wallet.status",
        "WITH locked AS (UPDATE wallet SET version = version + 1 WHERE id = $1) SELECT wallet.status",
    )


@defect("wallet.negative_balance", breaks="WAL-06")
def negative_balance(patch: Patch) -> None:
    """Nobody looks whether there is enough, in the statement or in the schema."""
    from reference_impl.modules.wallet import repository

    patch.replace(repository, "MOVE", "AND balance + $3::numeric >= 0", "")
    patch.sql("ALTER TABLE wallet DROP CONSTRAINT IF EXISTS ck_wallet_balance")
    patch.sql("ALTER TABLE wallet_transaction DROP CONSTRAINT IF EXISTS ck_wallet_transaction_balance_after")


@defect("wallet.last_of_it_refused", breaks="WAL-05")
def last_of_it_refused(patch: Patch) -> None:
    """Greater than, where it should be greater than or equal."""
    from reference_impl.modules.wallet import repository

    patch.replace(repository, "MOVE", "balance + $3::numeric >= 0", "balance + $3::numeric > 0")


@defect("wallet.float_rounding", breaks="WAL-18")
def float_rounding(patch: Patch) -> None:
    """The sum is made in floating point."""
    from reference_impl.modules.wallet import repository

    patch.replace(
        repository,
        "MOVE",
        "SET balance = balance + $3::numeric",
        "SET balance = (balance::float8 + $3::numeric::float8)::text::numeric",
    )


@defect("wallet.double_precision", breaks="WAL-18")
def double_precision(patch: Patch) -> None:
    """Balances pass through a double precision column, which keeps fifteen digits."""
    from reference_impl.modules.wallet import repository

    patch.replace(
        repository,
        "MOVE",
        "SET balance = balance + $3::numeric",
        "SET balance = (balance + $3::numeric)::float8::numeric",
    )


@defect("wallet.digits_not_enforced", breaks="WAL-17")
def digits_not_enforced(patch: Patch) -> None:
    """Any number of digits goes in, whatever the currency."""
    from reference_impl.modules.wallet import repository

    patch.replace(
        repository,
        "MOVE",
        "$9::int <= (SELECT decimal_digits FROM currency WHERE code = wallet.currency)",
        "$9::int >= 0",
    )


@defect("wallet.two_digits_for_all", breaks="WAL-17")
def two_digits_for_all(patch: Patch) -> None:
    """Every currency has cents."""
    from reference_impl.modules.wallet import repository

    patch.replace(repository, "MOVE", "(SELECT decimal_digits FROM currency WHERE code = wallet.currency)", "2")
    patch.replace(repository, "REFUSAL", "currency.decimal_digits", "2 AS decimal_digits")


@defect("wallet.string_amount_accepted", breaks="WAL-16")
def string_amount_accepted(patch: Patch) -> None:
    """An amount in quotation marks is taken for a number."""
    from decimal import Decimal
    from typing import Annotated

    from pydantic import BeforeValidator, Field

    from reference_impl.core import money

    def lenient(value: object) -> Decimal:
        return money._exact(Decimal(value) if isinstance(value, str) else value)

    patch.setattr(money, "PositiveAmount", Annotated[Decimal, BeforeValidator(lenient), Field(gt=0)])


@defect("wallet.negative_amount_accepted", breaks="WAL-16")
def negative_amount_accepted(patch: Patch) -> None:
    """A credit of -5 takes 5 away: the sign of an amount is nobody's business."""
    from decimal import Decimal
    from typing import Annotated

    from pydantic import BeforeValidator

    from reference_impl.core import money

    patch.setattr(money, "PositiveAmount", Annotated[Decimal, BeforeValidator(money._exact)])
    patch.sql("ALTER TABLE wallet_transaction DROP CONSTRAINT IF EXISTS ck_wallet_transaction_sign")


@defect("wallet.text_of_any_length", breaks="WAL-16")
def text_of_any_length(patch: Patch) -> None:
    """Neither bodies nor references have a longest length, until the database says so."""
    from typing import Annotated

    from pydantic import StringConstraints

    from reference_impl.core import bodies, routing

    class Loose(bodies.Body):
        def __init_subclass__(cls, **options: Any) -> None:
            if "reference_id" in cls.__annotations__:
                cls.__annotations__["reference_id"] = Annotated[str, StringConstraints(min_length=1)] | None
            super().__init_subclass__(**options)

    patch.setattr(bodies, "Body", Loose)
    patch.setattr(routing, "MAX_BODY_BYTES", 1 << 30)
