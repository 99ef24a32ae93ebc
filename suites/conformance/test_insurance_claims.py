"""Claims: who files them, on what, when, and for how much."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from fixtures.actors import pages
from fixtures.checks import requirement
from fixtures.client import concurrently
from fixtures.insuring import Insured, as_claim
from suites.conformance.shapes import ID, REFUSED, error_faults, list_faults, money_faults

if TYPE_CHECKING:
    from fixtures.actors import Operator, Shopper
    from fixtures.insuring import Insurer, Plan, Policy

NO_AMOUNTS = ["0", "-1", "-0.01", '"100"', "true", "null", "[100]", "NaN", "1e400", "0.0001", "123456789012345678901"]


def filed(insured: Insured) -> int:
    """How many claims the customer has."""
    return int(insured.api.get("/store/insurance/claims", {"limit": 1}).expect(200)["count"])


@requirement("INS-06")
def test_claim_is_what_was_filed(insured: Insured, policy: Policy) -> None:
    """A new claim is pending, on its policy, exact to the last digit, and its customer can read it."""
    answer = insured.claim(policy, "123.4", claim_type="damage", description="It fell.")
    shown = answer.expect(200, 201)["claim"]
    assert money_faults(shown, "claim_amount") == []
    claim = as_claim(shown)
    assert ID.fullmatch(claim.id)
    assert (claim.status, claim.policy_id, claim.claim_amount) == ("pending", policy.id, Decimal("123.4"))
    assert shown["description"] == "It fell."
    assert insured.see(claim) == claim


@requirement("INS-05")
def test_claim_numbers_are_unique(insured: Insured, policy: Policy) -> None:
    """Forty claims at the same moment have forty numbers."""
    answers = concurrently(40, lambda _: insured.claim(policy, 1))
    numbers = [as_claim(answer.expect(200, 201)["claim"]).claim_number for answer in answers]
    assert len(set(numbers)) == 40


@requirement("INS-06")
def test_others_policy_cannot_be_claimed(insured: Insured, regular: Shopper, policy: Policy) -> None:
    """A claim on somebody else's policy is refused, and none is there afterwards."""
    other = Insured(regular)
    mine, theirs = filed(insured), filed(other)
    answer = other.claim(policy, 100)
    answer.expect(403, 404)
    assert error_faults(answer) == []
    assert (filed(insured), filed(other)) == (mine, theirs)


@requirement("INS-16")
def test_others_claim(insured: Insured, regular: Shopper, policy: Policy) -> None:
    """Another customer cannot read a claim, and does not find it in a list."""
    claim = insured.file(policy)
    answer = regular.api.get(f"/store/insurance/claims/{claim.id}")
    answer.expect(403, 404)
    assert claim.claim_number not in answer.text
    assert claim.id not in [row["id"] for row in pages(regular.api, "/store/insurance/claims", "claims")]


@requirement("INS-07")
def test_cancelled_policy_takes_no_claim(insurer: Insurer, insured: Insured, policy: Policy) -> None:
    """After its end nothing is claimed on a policy."""
    insurer.cancel(policy).expect(200, 201)
    before = filed(insured)
    assert error_faults(insured.claim(policy).expect(*REFUSED)) == []
    assert filed(insured) == before


@requirement("INS-07")
def test_policy_that_has_not_begun_takes_no_claim(insured: Insured, plan: Plan) -> None:
    """Before its start nothing is claimed on a policy."""
    day = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    policy = insured.take_out(plan, start_date=day)
    before = filed(insured)
    assert error_faults(insured.claim(policy).expect(*REFUSED)) == []
    assert filed(insured) == before


@requirement("INS-08")
def test_no_amount(insured: Insured, policy: Policy) -> None:
    """Only a JSON number above zero, with no more digits than the currency has, is claimed."""
    before = filed(insured)
    for amount in NO_AMOUNTS:
        body = f'{{"policy_id": "{policy.id}", "description": "It fell.", "claim_amount": {amount}}}'.encode()
        assert error_faults(insured.api.post("/store/insurance/claims", content=body).expect(400)) == [], amount
    assert filed(insured) == before


@requirement("INS-08")
def test_no_claim(insured: Insured, policy: Policy) -> None:
    """A claim needs a policy and a description."""
    before = filed(insured)
    for wrong in ({"description": None}, {"description": ""}, {"policy_id": None}, {"policy_id": {"$ne": ""}}):
        assert error_faults(insured.claim(policy, 100, **wrong).expect(400, 422)) == [], wrong
    assert filed(insured) == before


@requirement("INS-08", "INS-10")
def test_claim_beyond_the_coverage(insurer: Insurer, insured: Insured, policy: Policy) -> None:
    """A claim on more than the whole coverage is refused when it is filed or when it is decided."""
    answer = insured.claim(policy, policy.coverage_amount + Decimal(1))
    if answer.expect(200, 201, *REFUSED).is_success:
        assert error_faults(insurer.decide(as_claim(answer["claim"])).expect(*REFUSED)) == []


@requirement("INS-17")
def test_stranger_does_nothing(stranger_operator: Operator, insured: Insured, policy: Policy) -> None:
    """Another tenant's operator neither reads nor decides nor lists a claim."""
    claim = insured.file(policy)
    path = f"/admin/insurance/claims/{claim.id}"
    answers = [
        stranger_operator.api.get(path),
        stranger_operator.api.post(f"{path}/review", {}),
        stranger_operator.api.patch(path, {"decision": "rejected"}),
        stranger_operator.api.patch(path, {"decision": "approved"}),
    ]
    for answer in answers:
        assert error_faults(answer.expect(404)) == []
    theirs = [row["id"] for row in pages(stranger_operator.api, "/admin/insurance/claims", "claims")]
    assert claim.id not in theirs
    assert insured.see(claim) == claim


@requirement("INS-17")
def test_strangers_policy_cannot_be_claimed(stranger: Shopper, insured: Insured, policy: Policy) -> None:
    """A customer of another tenant claims nothing on our policy, and reads none of our claims."""
    claim = insured.file(policy)
    before = filed(insured)
    assert error_faults(Insured(stranger).claim(policy, 100).expect(404)) == []
    assert error_faults(stranger.api.get(f"/store/insurance/claims/{claim.id}").expect(404)) == []
    assert filed(insured) == before


@requirement("INS-19", "INS-16")
def test_own_claims(new_insured: Insured, insured: Insured, plan: Plan, policy: Policy) -> None:
    """A customer lists the own claims only, newest first, in pages that join without a gap or a duplicate."""
    insured.file(policy)
    own = new_insured.take_out(plan)
    mine = [new_insured.file(own).id for _ in range(3)]
    seen: list[str] = []
    for offset in (0, 2):
        page = new_insured.api.get("/store/insurance/claims", {"limit": 2, "offset": offset}).expect(200)
        assert list_faults(page, "claims") == []
        assert page["count"] == 3
        seen += [row["id"] for row in page["claims"]]
    assert seen == mine[::-1]


@requirement("INS-19")
def test_claims_by_status(operator: Operator, insurer: Insurer, insured: Insured, policy: Policy) -> None:
    """An operator asks for the claims of one status; what is no status is refused or finds nothing."""
    waiting, decided = insured.file(policy), insured.file(policy)
    insurer.decide(decided, "rejected").expect(200)
    path = "/admin/insurance/claims"
    for status, there, elsewhere in (("pending", waiting, decided), ("rejected", decided, waiting)):
        page = operator.api.get(path, {"status": status, "limit": 100}).expect(200)
        assert list_faults(page, "claims") == []
        assert {row["status"] for row in page["claims"]} == {status}
        ids = [row["id"] for row in page["claims"]]
        assert there.id in ids
        assert elsewhere.id not in ids
    wrong = operator.api.get(path, {"status": "nowhere"})
    assert wrong.expect(200, 400).status == 400 or wrong["count"] == 0


@requirement("INS-20")
def test_unknown_claim_and_policy(operator: Operator, insured: Insured, policy: Policy) -> None:
    """A claim or a policy that does not exist is 404, whatever is asked of it."""
    claim, none = "inscl_01ARZ3NDEKTSV4RRFFQ69G5FAV", "inspo_01ARZ3NDEKTSV4RRFFQ69G5FAV"
    answers = [
        insured.api.get(f"/store/insurance/claims/{claim}"),
        operator.api.patch(f"/admin/insurance/claims/{claim}", {"decision": "approved"}),
        operator.api.patch(f"/admin/insurance/claims/{claim}", {"decision": "rejected"}),
        insured.claim(policy, 100, policy_id=none),
    ]
    for answer in answers:
        assert error_faults(answer.expect(404)) == []
