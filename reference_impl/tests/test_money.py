"""Amounts in and out."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from reference_impl.core import json
from reference_impl.core.money import CURRENCIES, MAX_DIGITS, PositiveAmount, decimals, rounded

amount = TypeAdapter(PositiveAmount)
amounts = st.decimals(min_value="0.0001", max_value="9999999999999999", places=4, allow_nan=False, allow_infinity=False)


@given(amounts)
def test_every_digit_survives_json(value: Decimal) -> None:
    """An amount comes out of JSON digit for digit as it went in."""
    assert json.decode(json.encode({"amount": value})) == {"amount": value}


@pytest.mark.parametrize("text", ["true", '"10"', "[5]", "{}", "null", "0", "-1", "-0.0", "1" * 21, "1e400", "1e-400"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    """Only numbers above zero with at most twenty digits are amounts."""
    with pytest.raises(ValidationError):
        amount.validate_python(json.decode(text.encode()))


@pytest.mark.parametrize("text", [b"NaN", b"Infinity", b"-Infinity", b"01", b"1.", b".5"])
def test_what_is_no_json_is_refused(text: bytes) -> None:
    """The numbers that Python would read and JSON does not have are no JSON here either."""
    with pytest.raises(msgspec.DecodeError):
        json.decode(text)


@pytest.mark.parametrize("text", ["1e999999999", "1e-999999999", "0e-999999999"])
def test_a_short_text_of_a_huge_number_is_refused_unwritten(text: str) -> None:
    """An exponent is looked at before its digits are written out."""
    with pytest.raises(ValidationError):
        amount.validate_python(json.decode(text.encode()))


def test_an_exponent_is_written_out() -> None:
    """1e2 is the amount 100, and is written so."""
    assert str(amount.validate_python(json.decode(b"1e2"))) == "100"


@pytest.mark.parametrize(("text", "digits"), [("10", 0), ("10.00", 0), ("0.10", 1), ("0.001", 3), ("100", 0)])
def test_decimals_counts_what_is_needed(text: str, digits: int) -> None:
    """Trailing zeros need no digits behind the point."""
    assert decimals(Decimal(text)) == digits


def test_the_longest_amount_is_accepted() -> None:
    """Twenty digits are still an amount."""
    assert amount.validate_python(int("9" * MAX_DIGITS)) == Decimal("9" * MAX_DIGITS)


def test_currencies_have_their_iso_digits() -> None:
    """ISO 4217: the yen has no minor unit, the dollar two digits, the dinar three."""
    assert [CURRENCIES[code] for code in ("jpy", "usd", "kwd")] == [0, 2, 3]


@pytest.mark.parametrize(
    ("amount_", "currency", "expected"),
    [("0.4485", "usd", "0.45"), ("0.445", "usd", "0.45"), ("10.5", "jpy", "11"), ("1", "kwd", "1.000")],
)
def test_rounding_is_half_up_at_the_currency_s_digits(amount_: str, currency: str, expected: str) -> None:
    """2.99 at 15 % is 0.45: a half goes up, and no currency gets digits that it does not have."""
    assert str(rounded(Decimal(amount_), currency)) == expected
