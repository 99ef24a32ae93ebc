"""Money: exact decimals from the JSON text to SQL `numeric`; a float never touches an amount.

Digits per currency follow ISO 4217 (https://www.iso.org/iso-4217-currency-codes.html, list one).
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema

MAX_DIGITS = 20
"""Digits an amount may have in all: the precision that Medusa keeps with its raw values."""

_TWO_DIGITS = (
    "aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd btn bwp byn bzd cad cdf chf cny cop "
    "crc cup cve czk dkk dop dzd egp ern etb eur fjd fkp gbp gel ghs gip gmd gtq gyd hkd hnl htg huf idr ils inr irr "
    "jmd kes kgs khr kpw kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mru mur mvr mwk mxn myr mzn nad ngn "
    "nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd scr sdg sek sgd shp sle sos srd ssp stn svc syp "
    "szl thb tjs tmt top try ttd twd tzs uah usd uyu uzs ved ves wst xcd yer zar zmw zwg"
)
CURRENCIES: dict[str, int] = {
    **dict.fromkeys("bif clp djf gnf isk jpy kmf krw pyg rwf ugx vnd vuv xaf xof xpf".split(), 0),
    **dict.fromkeys(_TWO_DIGITS.split(), 2),
    **dict.fromkeys("bhd iqd jod kwd lyd omr tnd".split(), 3),
}
"""Minor digits of each currency that the platform knows, by its lower-case ISO 4217 code."""


def _exact(value: object) -> Decimal:
    """An amount from parsed JSON: only numbers, only finite ones, only those that SQL and JSON can carry."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("must be a JSON number")  # noqa: TRY004 (pydantic reports ValueError to the caller)
    amount = Decimal(value)
    # Looked at before it is written out: 1e-999999999 is short as JSON and a gigabyte in digits.
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int) or amount.adjusted() >= MAX_DIGITS or exponent < -MAX_DIGITS:
        raise ValueError(f"must have at most {MAX_DIGITS} digits")
    amount = Decimal(f"{amount:f}")  # 1E+2 is written 100 from here on
    if len(amount.as_tuple().digits) > MAX_DIGITS:
        raise ValueError(f"must have at most {MAX_DIGITS} digits")
    return amount


def decimals(amount: Decimal) -> int:
    """How many digits the amount needs behind the point: 0 for 10 and 10.00, 1 for 0.10, 3 for 0.001."""
    exponent = amount.normalize().as_tuple().exponent
    assert isinstance(exponent, int)  # a finite number has one
    return max(0, -exponent)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """The amount at the digits of its currency, halves away from zero: 0.4485 usd becomes 0.45."""
    return amount.quantize(Decimal(1).scaleb(-CURRENCIES[currency]), rounding=ROUND_HALF_UP)


_number = WithJsonSchema({"type": "number", "examples": [10.99]})

PositiveAmount = Annotated[Decimal, BeforeValidator(_exact), Field(gt=0), _number]
"""An amount above zero in a request, in major units: 10.99. Its digits are checked where its currency is known."""

NonNegativeAmount = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0), _number]
"""An amount of zero or more in a request, in major units."""

Money = Annotated[Decimal, _number]
"""An amount in an answer, in major units, written digit for digit."""

CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[a-z]{3}$"), Field(examples=["usd"])]
"""A lower-case ISO 4217 code."""
