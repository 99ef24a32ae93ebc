"""JSON with exact numbers: a decimal is written digit for digit and read without passing through a float."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

encode = msgspec.json.Encoder(decimal_format="number").encode
"""Any plain value, dataclass or datetime (ISO 8601 with Z) as UTF-8 JSON."""

_decoder = msgspec.json.Decoder(float_hook=Decimal)


def decode(body: bytes) -> Any:
    """Parsed JSON, numbers with a point as Decimal; raises msgspec.DecodeError, also for NaN and Infinity."""
    return _decoder.decode(body)


def dumps(value: object) -> str:
    """JSON as text, for SQLAlchemy."""
    return encode(value).decode()
