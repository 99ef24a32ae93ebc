"""What a contract is known by, and which records can be."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import pacts
from contracts.broker import records
from contracts.broker.records import Counts, Published
from contracts.tests.broker_samples import AT, pact, verified

ERPNEXT = records.contract(pact())
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=8), values, max_size=5), st.randoms())
def test_layout_is_no_part_of_a_digest(members: dict[str, Any], random: Any) -> None:
    """The order of members and the white space of the file do not matter."""
    document = {**members, "interactions": []}
    shuffled = dict(random.sample(sorted(document.items()), len(document)))
    assert records.digest(json.loads(json.dumps(shuffled, indent=3))) == records.digest(document)


def test_it_is_known_by_what_it_says() -> None:
    """Another version of Pact's library makes no other contract; another interaction does."""
    newer = records.contract(pact(pactRust={"ffi": "0.5.4", "models": "1.9"}))
    assert newer.digest == ERPNEXT.digest
    assert records.contract(pact(said="two orders")).digest != ERPNEXT.digest
    assert records.contract(pact("fleetbase")).digest != ERPNEXT.digest
    assert pacts.Contract(json.loads(pact())).digest == ERPNEXT.digest


def test_what_a_broker_adds_is_no_part_of_it() -> None:
    """`_links`, `createdAt` and the ids of interactions come from the broker, not from the consumer."""
    document = json.loads(pact())
    given_back = {
        **document,
        "_links": {"self": {}},
        "createdAt": "2026-11-23",
        "interactions": [{**each, "_id": "1"} for each in document["interactions"]],
    }
    assert records.digest(given_back) == ERPNEXT.digest


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"consumer": {"name": "a"}}',
        b'{"consumer": {"name": "a"}, "provider": {"name": "b"}, "interactions": 1}',
        b'{"a": NaN}',
        b"\xff",
    ],
)
def test_what_is_no_contract_is_refused(content: bytes) -> None:
    """A file that names no consumer and provider, or is no JSON, is no contract."""
    with pytest.raises(ValueError, match=r"."):
        records.contract(content)


@pytest.mark.parametrize(
    "changed",
    [
        {"counts": Counts(passed=0, failed=0)},
        {"counts": Counts(passed=3, failed=1)},
        {"counts": None},
        {"at": datetime(2026, 1, 1)},  # noqa: DTZ001
        {"digest": ERPNEXT.digest[:12]},
        {"consumer_commit": "abc1234"},
        {"provider_version": "latest"},
        {"environment": " "},
        {"evidence": "red\x1b[31m"},
    ],
)
def test_a_success_of_nothing_and_inexact_names_are_no_records(changed: dict[str, Any]) -> None:
    """A verification names exactly what it is of, and succeeds only if something passed and nothing failed."""
    with pytest.raises(ValueError, match=r"."):
        verified(ERPNEXT, **changed)


def test_a_record_comes_back_and_is_always_the_same_bytes() -> None:
    """What is read is what was written, and is sorted and readable."""
    record = verified(ERPNEXT, counts=Counts(passed=1, failed=0, skipped=("a big file",)))
    content = records.encode(record)
    assert records.decode(content) == record
    assert records.encode(records.decode(content)) == content
    shown = json.loads(content)
    assert list(shown) == sorted(shown)
    assert content.startswith(b'{\n  "at": "2026-11-23T10:00:00Z",\n')


@pytest.mark.parametrize("change", [{"more": 1}, {"type": "published"}, {"success": "yes"}, {"at": 3}])
def test_other_forms_are_no_records(change: dict[str, Any]) -> None:
    """A member too many, or of another kind, is refused."""
    content = json.dumps({**json.loads(records.encode(verified(ERPNEXT))), **change}).encode()
    with pytest.raises(ValueError, match=r"."):
        records.decode(content)


def test_a_publication_names_its_commit_in_full() -> None:
    """A short SHA is nothing to publish under."""
    with pytest.raises(ValueError, match="in full"):
        Published(consumer="a", provider="b", consumer_commit="abc1234", digest=ERPNEXT.digest, at=AT)
