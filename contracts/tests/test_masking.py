"""No key, token or password in what is shown and kept."""

from __future__ import annotations

import json

import pytest

from contracts.providers.masking import masked
from contracts.providers.verify import FAIL, SKIP, Difference, Result, Verification

KEY = "token 4f1c2a9e:8d7b6c5a4e3f"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
SECRETS = {KEY: "CREDENTIALS", "8d7b6c5a4e3f": "CREDENTIALS", "4f1c2a9e": "CREDENTIALS"}


def shown(*differences: Difference, reason: str | None = None) -> str:
    result = Result("one", SKIP if reason else FAIL, differences, reason)
    found = Verification("cityos", "erpnext", "0" * 64, "http://127.0.0.1:1", [result])
    return json.dumps(masked(found, SECRETS).shown(), ensure_ascii=False)


@pytest.mark.parametrize(
    "difference",
    [
        Difference("provider state", f"POST /x was answered with 500: you sent {KEY}"),
        Difference("provider state", "POST /y was answered with 500: secret 8d7b6c5a4e3f"),
        Difference("body $.data.said", f"Expected '{KEY}' to be equal to 'x'", "x", KEY),
        Difference("body $.token", f"Expected '{JWT}' to match '^x'", "x", JWT),
        Difference("body $.user.api_key", "Expected 'a-key-of-somebody' to be equal to 'x'", "x", "a-key-of-somebody"),
        Difference("header set-cookie", "Expected 'sid=a-key-of-somebody' to match 'x'", "x", "a-key-of-somebody"),
        Difference("body $.note", "Expected '…' to be equal to 'x'", "x", JWT),
    ],
)
def test_a_secret_in_a_difference(difference: Difference) -> None:
    """What is known to be a secret, looks like one, or stands in a member that is called like one is not shown."""
    said = shown(difference)
    assert not any(secret in said for secret in (KEY, "8d7b6c5a4e3f", JWT, "a-key-of-somebody"))
    assert difference.where in said


def test_what_is_no_secret_stays() -> None:
    """Everything else is told as it was."""
    difference = Difference("body $.total", "Expected '12.5' (String) to be a number", "12.5", "12.75")
    said = shown(difference)
    assert all(word in said for word in (difference.where, difference.says, "12.75"))


def test_a_reason() -> None:
    """The reason why something was not asked holds no secret either."""
    assert KEY not in shown(reason=f"needs another key than {KEY}")
