"""Who gets in, and where to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.actors import Shopper, log_in
from fixtures.checks import requirement
from fixtures.targets import Credentials
from suites.conformance.shapes import error_faults
from suites.conformance.tokens import FORGERIES, altered

if TYPE_CHECKING:
    from fixtures.actors import Operator, Wallet
    from fixtures.client import Api, Connection
    from fixtures.plugin import Run
    from fixtures.targets import Target

OWN = "/store/customers/me"
OWN_WALLET = ["/store/wallet/me", "/store/wallet/me/transactions"]
ADMIN = ["/admin/users/me", "/admin/customers"]
NO_KEYS = {"missing": None, "empty": "", "unknown": "pk_" + "0" * 64, "cut off": "pk_", "hostile": "' or 1=1--"}


@requirement("AUTH-01")
def test_new_customer_logs_in(shopper: Shopper) -> None:
    """Who has registered and logged in finds the own data, under the own e-mail address."""
    customer = shopper.api.get(OWN).expect(200)["customer"]
    assert (customer["id"], customer["email"]) == (shopper.id, shopper.email)


@requirement("AUTH-01")
def test_two_customers_are_two(shopper: Shopper, other_shopper: Shopper) -> None:
    """Each of two tokens opens the data of its own customer."""
    seen = [who.api.get(OWN).expect(200)["customer"]["id"] for who in (shopper, other_shopper)]
    assert seen == [shopper.id, other_shopper.id]
    assert shopper.id != other_shopper.id


@requirement("AUTH-02")
def test_email_registers_once(anonymous: Api, shopper: Shopper) -> None:
    """Registering the address again is refused, and the first password is still the one that opens."""
    again = {"email": shopper.email, "password": "Another-password-1"}
    assert error_faults(anonymous.post("/auth/customer/emailpass/register", again).expect(401)) == []
    anonymous.post("/auth/customer/emailpass", again).expect(401)
    assert log_in(anonymous, "customer", Credentials(shopper.email, shopper.password))


@requirement("AUTH-03", "ERR-01")
def test_wrong_password_looks_like_an_unknown_email(anonymous: Api, regular: Shopper, run: Run) -> None:
    """The refusal does not tell whether somebody has an account."""
    wrong = anonymous.post("/auth/customer/emailpass", {"email": regular.email, "password": "Wrong-1"}).expect(401)
    nobody = anonymous.post("/auth/customer/emailpass", {"email": run.names.email(), "password": "Wrong-1"}).expect(401)
    assert wrong.json == nobody.json
    assert error_faults(wrong) == []


@requirement("AUTH-03")
@pytest.mark.parametrize("actor", ["user", "vendor"])
def test_customer_cannot_log_in_as_another_kind(anonymous: Api, regular: Shopper, actor: str) -> None:
    """A customer who logs in as an operator or a vendor is refused, or gets a token that opens nothing."""
    answer = anonymous.post(f"/auth/{actor}/emailpass", {"email": regular.email, "password": regular.password})
    if answer.expect(200, 401, 404).status == 200:  # Medusa's log-in knows identities; its guards ask for the actor
        token = anonymous.with_token(answer["token"])
        for path in (OWN, *ADMIN):
            token.get(path).expect(401)


@requirement("AUTH-04")
@pytest.mark.parametrize("path", [OWN, *ADMIN])
def test_nobody_is_let_in(anonymous: Api, path: str) -> None:
    """Without a log-in, customers' and operators' routes answer 401."""
    assert error_faults(anonymous.get(path).expect(401)) == []


@requirement("AUTH-04")
def test_nobody_sees_a_wallet(anonymous: Api, regular_wallet: Wallet) -> None:
    """Without a log-in no wallet is shown, listed or changed."""
    for path in (*OWN_WALLET, "/admin/wallets", f"/admin/wallets/{regular_wallet.id}"):
        anonymous.get(path).expect(401)
    anonymous.post(f"/admin/wallets/{regular_wallet.id}", {"type": "credit", "amount": 1}).expect(401)
    anonymous.post(f"/admin/wallets/{regular_wallet.id}/freeze", {}).expect(401)


@requirement("AUTH-05")
@pytest.mark.parametrize("path", ADMIN)
def test_customer_is_no_operator(regular: Shopper, path: str) -> None:
    """A customer's token, which opens the own data, opens no admin route."""
    regular.api.get(OWN).expect(200)
    assert error_faults(regular.api.get(path).expect(401)) == []


@requirement("AUTH-05")
def test_customer_lists_no_wallets(regular: Shopper, regular_wallet: Wallet) -> None:
    """A customer, who has a wallet, does not get the operators' list of wallets."""
    assert regular_wallet.customer_id == regular.id
    assert error_faults(regular.api.get("/admin/wallets").expect(401)) == []


@requirement("AUTH-05")
@pytest.mark.parametrize("path", ["", "/freeze", "/close"])
def test_customer_pays_nobody(operator: Operator, regular: Shopper, regular_wallet: Wallet, path: str) -> None:
    """A customer who tries to change the own wallet on the admin's route gets 401, and nothing happens."""
    before = operator.snapshot(regular_wallet)
    body = {} if path else {"type": "credit", "amount": 1}
    assert error_faults(regular.api.post(f"/admin/wallets/{regular_wallet.id}{path}", body).expect(401)) == []
    assert operator.snapshot(regular_wallet) == before


@requirement("AUTH-06")
def test_operator_is_no_customer(operator: Operator) -> None:
    """An operator's token, which opens the admin's area, opens nobody's own data."""
    operator.api.get("/admin/users/me").expect(200)
    assert error_faults(operator.api.get(OWN).expect(401)) == []


@requirement("AUTH-06")
@pytest.mark.parametrize("path", OWN_WALLET)
def test_operator_has_no_wallet(operator: Operator, regular_wallet: Wallet, path: str) -> None:
    """An operator, who sees a customer's wallet, does not open it as its owner."""
    assert operator.wallet(regular_wallet).id == regular_wallet.id
    assert error_faults(operator.api.get(path).expect(401)) == []


@requirement("AUTH-07")
@pytest.mark.parametrize("forgery", FORGERIES)
def test_forged_customer(regular: Shopper, forgery: str) -> None:
    """A token that the platform did not sign opens no customer's data."""
    regular.api.get(OWN).expect(200)
    forged = FORGERIES[forgery](str(regular.api.token))
    assert error_faults(regular.api.with_token(forged).get(OWN).expect(401)) == []


@requirement("AUTH-07")
@pytest.mark.parametrize("forgery", FORGERIES)
def test_forged_operator(operator: Operator, forgery: str) -> None:
    """A token that the platform did not sign opens no operator's data."""
    operator.api.get("/admin/users/me").expect(200)
    forged = FORGERIES[forgery](str(operator.api.token))
    assert error_faults(operator.api.with_token(forged).get("/admin/users/me").expect(401)) == []


@requirement("AUTH-07", "AUTH-05")
def test_customer_cannot_promote_himself(operator: Operator, regular: Shopper) -> None:
    """A customer's token whose claims were changed to an operator's is no longer a token."""
    operator_id = operator.api.get("/admin/users/me").expect(200)["user"]["id"]
    forged = altered(str(regular.api.token), actor_type="user", actor_id=operator_id)
    regular.api.with_token(forged).get("/admin/users/me").expect(401)


@requirement("AUTH-07")
@pytest.mark.parametrize("scheme", ["", "Token ", "Basic ", "Bearer"])
def test_token_under_another_scheme(regular: Shopper, scheme: str) -> None:
    """A good token counts only as a Bearer token."""
    headers = {"authorization": f"{scheme}{regular.api.token}"}
    assert error_faults(regular.api.get(OWN, headers=headers).expect(401)) == []


@requirement("AUTH-08")
@pytest.mark.parametrize("key", NO_KEYS.values(), ids=NO_KEYS.keys())
def test_store_wants_a_publishable_key(regular: Shopper, key: str | None) -> None:
    """A good log-in does not make up for a publishable key that is missing or unknown."""
    regular.api.get(OWN).expect(200)
    answer = regular.api.get(OWN, headers={"x-publishable-api-key": key}).expect(400)
    assert answer["type"] == "not_allowed"


@requirement("AUTH-08")
@pytest.mark.parametrize("key", [None, "pk_" + "0" * 64], ids=["missing", "unknown"])
def test_key_is_asked_for_first(anonymous: Api, key: str | None) -> None:
    """Who has neither key nor log-in is told about the key."""
    answer = anonymous.get(OWN, headers={"x-publishable-api-key": key}).expect(400)
    assert error_faults(answer) == []
    assert answer["type"] == "not_allowed"


@requirement("AUTH-09")
def test_registration_token_opens_nothing(connection: Connection, target: Target, anonymous: Api, run: Run) -> None:
    """Between registering and becoming a customer there is no own data to see."""
    who = Credentials(run.names.email(), run.names.password())
    registered = anonymous.post("/auth/customer/emailpass/register", {"email": who.email, "password": who.password})
    token = registered.expect(200, 201)["token"]
    newcomer = anonymous.with_token(token)
    assert error_faults(newcomer.get(OWN).expect(401)) == []
    newcomer.get("/admin/users/me").expect(401)
    newcomer.post("/store/customers", {"email": who.email}).expect(200, 201)
    assert Shopper.enter(connection, target.main, who).email == who.email
