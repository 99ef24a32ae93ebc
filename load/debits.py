"""Debits as HTTP requests, ready to be sent."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING

from load.statement import AMOUNT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fixtures.reference import Reference

_COUNT_DIGITS = 12
_END = b'"}'


def log_in(reference: Reference) -> str:
    """An operator's token; the first operator of the seed's first tenant may do everything."""
    import httpx

    operator = reference.seed["tenants"][0]["operators"][0]
    answer = httpx.post(
        f"{reference.base_url}/auth/user/emailpass",
        json={"email": operator["email"], "password": operator["password"]},
        timeout=30,
        trust_env=False,
    )
    return str(answer.raise_for_status().json()["token"])


def debits(port: int, token: str, wallets: Sequence[str], label: str) -> Iterator[bytes]:
    """Endless requests `POST /admin/wallets/:id`, each with a reference of its own, over the wallets in shuffled order.

    Everything but the reference's number is written beforehand. `label` tells the references of two calls apart.
    """
    body = f'{{"type":"debit","amount":{AMOUNT},"reference_id":"{label}-'
    rest = (
        f" HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body) + _COUNT_DIGITS + len(_END)}\r\n\r\n{body}"
    )
    heads = [f"POST /admin/wallets/{wallet}{rest}".encode() for wallet in wallets]
    random.Random(len(heads)).shuffle(heads)  # noqa: S311 (the same order in every run)
    for number, head in enumerate(itertools.cycle(heads)):
        yield b"%b%0*d%b" % (head, _COUNT_DIGITS, number, _END)
