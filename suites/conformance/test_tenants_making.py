"""Tenants that come into being and change."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from fixtures.checks import omit, requirement
from fixtures.client import PUBLISHABLE_KEY_HEADER
from suites.conformance.shapes import REFUSED, error_faults

if TYPE_CHECKING:
    from typing import Any

    from fixtures.actors import Operator
    from fixtures.client import Answer, Api

NOT_OFFERED = (403, 404, 405, 501)


def _make(operator: Operator, **changed: object) -> Answer:
    """POST a tenant that does not exist yet, with these members changed; omits where this operator may not."""
    slug = f"qa-{secrets.token_hex(6)}"
    body = {"name": f"Tenant {slug}", "slug": slug, "currency_code": "usd", **changed}
    answer = operator.api.post("/admin/tenants", body)
    if answer.status in NOT_OFFERED:
        omit(f"the operator of this target cannot make tenants: {answer!r}")
    return answer


@pytest.fixture
def own(operator: Operator) -> dict[str, Any]:
    """The operator's tenant, where it can be changed."""
    own: dict[str, Any] = operator.api.get("/admin/tenants").expect(200)["tenants"][0]
    answer = operator.api.put(f"/admin/tenants/{own['id']}", {})
    if answer.status in NOT_OFFERED:
        omit(f"the operator of this target cannot change tenants: {answer!r}")
    return own


@requirement("TEN-07")
def test_new_tenant(operator: Operator, anonymous: Api) -> None:
    """Whoever has its slug finds it, its key opens a shop with nothing in it, and its maker is not in it."""
    made = _make(operator).expect(200, 201)
    tenant, key = made["tenant"], made["publishable_key"]
    anonymous.connection.recording.learn(key, "PUBLISHABLE_KEY")
    headers = {PUBLISHABLE_KEY_HEADER: key}
    found = anonymous.get("/store/cityos/tenant", {"slug": tenant["slug"]}, headers=headers).expect(200)
    assert found["tenant"] == tenant
    assert anonymous.get("/store/products", headers=headers).expect(200)["count"] == 0
    assert tenant["id"] not in [one["id"] for one in operator.api.get("/admin/tenants").expect(200)["tenants"]]
    operator.api.get(f"/admin/tenants/{tenant['id']}").expect(404)


@requirement("TEN-07")
def test_slug_is_taken(operator: Operator, anonymous: Api) -> None:
    """A slug names one tenant: the second who wants it is refused, and the first keeps it."""
    slug = operator.api.tenant.slug
    before = anonymous.get("/store/cityos/tenant", {"slug": slug}).expect(200)["tenant"]
    for handle in (slug, f"qa-{secrets.token_hex(6)}"):
        assert error_faults(_make(operator, slug=slug, handle=handle).expect(*REFUSED)) == []
    assert anonymous.get("/store/cityos/tenant", {"slug": slug}).expect(200)["tenant"] == before


@requirement("TEN-08")
def test_own_tenant_changes(operator: Operator, own: dict[str, Any]) -> None:
    """The own tenant takes a new name, and keeps what was not named."""
    path = f"/admin/tenants/{own['id']}"
    name = f"{own['name'][:150]} {secrets.token_hex(4)}"
    try:
        changed = operator.api.put(path, {"name": name}).expect(200)["tenant"]
        assert changed == {**own, "name": name, "updated_at": changed["updated_at"]}
        assert operator.api.get(path).expect(200)["tenant"] == changed
    finally:
        operator.api.put(path, {"name": own["name"]})


@requirement("TEN-08")
def test_strangers_tenant_stays(operator: Operator, stranger_operator: Operator, own: dict[str, Any]) -> None:
    """Another tenant's super administrator is told that ours does not exist, and changes nothing of it."""
    path = f"/admin/tenants/{own['id']}"
    before = operator.api.get(path).expect(200)["tenant"]
    answer = stranger_operator.api.put(path, {"domain": f"{secrets.token_hex(4)}.example"})
    assert error_faults(answer.expect(404)) == []
    assert operator.api.get(path).expect(200)["tenant"]["domain"] == before["domain"]
