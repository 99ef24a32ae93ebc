"""Is it up, and who may look inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fixtures.checks import absent, requirement

if TYPE_CHECKING:
    from fixtures.actors import Operator, Shopper
    from fixtures.client import Api


@requirement("HLT-01")
def test_health_answers_anybody(anonymous: Api) -> None:
    """Whoever asks is told that the platform is up, without a log-in and without a key."""
    answer = anonymous.get("/health").expect(200)
    if "json" in answer.headers.get("content-type", ""):
        assert answer["status"] in ("healthy", "degraded")


@requirement("HLT-02")
def test_metrics_for_operators_only(anonymous: Api, operator: Operator, regular: Shopper) -> None:
    """Metrics open to an operator as Prometheus text, and to nobody else."""
    metrics = operator.api.get("/admin/metrics")
    if metrics.status == 404:
        absent("the target has no /admin/metrics")
    assert "# TYPE " in metrics.expect(200).text
    anonymous.get("/admin/metrics").expect(401)
    regular.api.get("/admin/metrics").expect(401)
