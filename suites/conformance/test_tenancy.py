"""Two tenants on one platform: neither sees, lists, counts, changes or infers what belongs to the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.actors import as_wallet
from fixtures.checks import requirement
from suites.conformance.shapes import error_faults, list_faults

if TYPE_CHECKING:
    from fixtures.actors import Operator, Shopper, Wallet
    from fixtures.client import Api
    from fixtures.targets import Tenant

LIST_PAGES_MAX = 10


@pytest.fixture
def stranger_wallet(stranger: Shopper, regular_wallet: Wallet) -> Wallet:
    """A wallet of the second tenant."""
    wallet = stranger.wallet()
    assert wallet.id != regular_wallet.id
    return wallet


@pytest.fixture(scope="module")
def second_id(second_tenant: Tenant, anonymous: Api) -> str:
    """The second tenant's id where the platform tells it, else its slug."""
    answer = anonymous.at(second_tenant).get("/store/cityos/tenant", {"slug": second_tenant.slug})
    return str(answer["tenant"]["id"]) if answer.status == 200 else second_tenant.slug


@requirement("TEN-01")
@pytest.mark.parametrize("path", ["", "/transactions"])
def test_stranger_reads_no_wallet(stranger_operator: Operator, regular_wallet: Wallet, path: str) -> None:
    """Another tenant's operator asks for a wallet by its id and is told that there is none."""
    answer = stranger_operator.api.get(f"/admin/wallets/{regular_wallet.id}{path}")
    answer.expect(404)
    assert regular_wallet.customer_id not in answer.text


@requirement("TEN-01")
@pytest.mark.parametrize("path", ["", "/freeze", "/unfreeze", "/close"])
def test_stranger_changes_no_wallet(
    operator: Operator, stranger_operator: Operator, regular_wallet: Wallet, path: str
) -> None:
    """Another tenant's operator can neither move money nor change the status, and learns nothing from trying."""
    before = operator.snapshot(regular_wallet)
    body = {} if path else {"type": "credit", "amount": 1}
    assert error_faults(stranger_operator.api.post(f"/admin/wallets/{regular_wallet.id}{path}", body).expect(404)) == []
    assert operator.snapshot(regular_wallet) == before


@requirement("TEN-01")
def test_stranger_opens_no_wallet(operator: Operator, stranger_operator: Operator, regular_wallet: Wallet) -> None:
    """Another tenant's operator cannot make a wallet for our customer, beside the one that there is."""
    customer_id = regular_wallet.customer_id
    before = [wallet.id for wallet in operator.wallets(customer_id=customer_id)]
    answer = stranger_operator.api.post("/admin/wallets", {"customer_id": customer_id, "currency": "eur"})
    answer.expect(400, 404, 405, 422)
    assert [wallet.id for wallet in operator.wallets(customer_id=customer_id)] == before


@requirement("TEN-02")
def test_stranger_finds_no_wallet_of_our_customer(stranger_operator: Operator, regular_wallet: Wallet) -> None:
    """Filtering another tenant's list by our customer finds and counts nothing."""
    page = stranger_operator.api.get("/admin/wallets", {"customer_id": regular_wallet.customer_id}).expect(200)
    assert list_faults(page, "wallets") == []
    assert (page["wallets"], page["count"]) == ([], 0)


@requirement("TEN-02")
def test_strangers_list_has_none_of_ours(
    operator: Operator, stranger_operator: Operator, regular_wallet: Wallet, stranger_wallet: Wallet
) -> None:
    """Neither operator's list, paged through, holds the other's wallet."""
    ours, theirs = _listed(operator), _listed(stranger_operator)
    assert stranger_wallet.id not in ours
    assert regular_wallet.id not in theirs
    assert ours.isdisjoint(theirs)


@requirement("TEN-03")
@pytest.mark.parametrize("header", ["x-tenant-id", "x-cityos-tenant-id", "x-tenant", "x-forwarded-host"])
def test_header_names_another_tenant(
    operator: Operator, stranger_wallet: Wallet, second_id: str, second_tenant: Tenant, header: str
) -> None:
    """A header with the other tenant's id or slug opens none of its wallets."""
    for name in {second_id, second_tenant.slug}:
        headers = {header: name}
        operator.api.get(f"/admin/wallets/{stranger_wallet.id}", headers=headers).expect(404)
        query = {"customer_id": stranger_wallet.customer_id}
        page = operator.api.get("/admin/wallets", query, headers=headers).expect(200)
        assert (page["wallets"], page["count"]) == ([], 0)


@requirement("TEN-03")
@pytest.mark.parametrize("parameter", ["tenant_id", "tenant", "tenant_slug"])
def test_query_names_another_tenant(
    operator: Operator, stranger_wallet: Wallet, second_id: str, second_tenant: Tenant, parameter: str
) -> None:
    """A query with the other tenant's id or slug shows none of its wallets; it is ignored or refused."""
    for name in {second_id, second_tenant.slug}:
        operator.api.get(f"/admin/wallets/{stranger_wallet.id}", {parameter: name}).expect(400, 404)
        query = {"customer_id": stranger_wallet.customer_id, parameter: name}
        page = operator.api.get("/admin/wallets", query)
        if page.expect(200, 400).status == 200:
            assert (page["wallets"], page["count"]) == ([], 0)


@requirement("TEN-03")
def test_body_names_another_tenant(
    operator: Operator, stranger_operator: Operator, wallet: Wallet, stranger_wallet: Wallet, second_id: str
) -> None:
    """A body with the other tenant's id is refused or acts on the own tenant: the other's wallet stays as it is."""
    theirs = stranger_operator.snapshot(stranger_wallet)
    body = {"type": "credit", "amount": 1, "tenant_id": second_id}
    operator.api.post(f"/admin/wallets/{stranger_wallet.id}", body).expect(400, 404)
    operator.api.post(f"/admin/wallets/{wallet.id}", body).expect(200, 201, 400)
    assert stranger_operator.snapshot(stranger_wallet) == theirs
    assert operator.wallet(wallet).customer_id == wallet.customer_id
    stranger_operator.api.get(f"/admin/wallets/{wallet.id}").expect(404)


@requirement("TEN-03")
def test_shopper_with_the_other_tenants_key(
    shopper: Shopper, wallet: Wallet, stranger_operator: Operator, second_tenant: Tenant
) -> None:
    """A customer's token under the other tenant's key opens at most the own wallet, and makes none over there."""
    answer = shopper.api.at(second_tenant).get("/store/wallet/me")
    if answer.expect(200, 400, 401, 403, 404).status == 200:
        assert as_wallet(answer["wallet"]).id == wallet.id
    assert stranger_operator.wallets(customer_id=shopper.id) == []


@requirement("TEN-04")
def test_stranger_finds_no_customer(stranger_operator: Operator, regular: Shopper) -> None:
    """Another tenant's operator finds our customer neither by id nor by e-mail address, and does not count them."""
    assert error_faults(stranger_operator.api.get(f"/admin/customers/{regular.id}").expect(404)) == []
    page = stranger_operator.api.get("/admin/customers", {"email": regular.email}).expect(200)
    assert (page["customers"], page["count"]) == ([], 0)
    searched = stranger_operator.api.get("/admin/customers", {"q": regular.email, "limit": 100}).expect(200)
    assert regular.id not in [customer["id"] for customer in searched["customers"]]


@requirement("TEN-04")
def test_own_operator_finds_the_customer(operator: Operator, regular: Shopper) -> None:
    """The own operator finds the same customer by id and by e-mail address."""
    assert operator.api.get(f"/admin/customers/{regular.id}").expect(200)["customer"]["email"] == regular.email
    page = operator.api.get("/admin/customers", {"email": regular.email}).expect(200)
    assert [customer["id"] for customer in page["customers"]] == [regular.id]


@requirement("TEN-05")
def test_tenant_by_slug(anonymous: Api) -> None:
    """The storefront finds its tenant by the slug."""
    tenant = anonymous.get("/store/cityos/tenant", {"slug": anonymous.tenant.slug}).expect(200)["tenant"]
    assert tenant["slug"] == anonymous.tenant.slug


@requirement("TEN-05")
def test_unknown_tenant(anonymous: Api) -> None:
    """A slug that nobody has is 404, and a question without any is 400."""
    assert error_faults(anonymous.get("/store/cityos/tenant", {"slug": "no-such-tenant"}).expect(404)) == []
    assert error_faults(anonymous.get("/store/cityos/tenant").expect(400)) == []


@requirement("TEN-06")
def test_operator_lists_the_own_tenant(operator: Operator, second_tenant: Tenant) -> None:
    """The list of tenants shows an operator the own one, and not that there are others."""
    page = operator.api.get("/admin/tenants").expect(200)
    slugs = [tenant["slug"] for tenant in page["tenants"]]
    assert slugs == [operator.api.tenant.slug]
    assert page["count"] == 1
    assert second_tenant.slug not in slugs


def _listed(operator: Operator) -> set[str]:
    """The ids of an operator's wallets, as far as ten pages go."""
    ids: set[str] = set()
    for number in range(LIST_PAGES_MAX):
        page = operator.wallets(limit=100, offset=100 * number)
        ids |= {wallet.id for wallet in page}
        if len(page) < 100:
            break
    return ids
