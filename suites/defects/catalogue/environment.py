"""Defects of the start: an environment that does not do is taken, half told of, or told of with its secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suites.defects.registry import defect

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference_impl.environment import Problem
    from suites.defects.registry import Patch


def _only(patch: Patch, chosen: Callable[[list[Problem]], list[Problem]]) -> None:
    """Let the start see only some of the problems."""
    from reference_impl import environment

    problems = environment.problems
    patch.setattr(environment, "problems", lambda: chosen(problems()))


@defect("environment.one_at_a_time", breaks="BOOT-01")
def one_at_a_time(patch: Patch) -> None:
    """The start stops at the first variable that is wrong, and at the next one the next time."""
    _only(patch, lambda found: found[:1])


@defect("environment.half_a_vendor_is_none", breaks="BOOT-01")
def half_a_vendor_is_none(patch: Patch) -> None:
    """A vendor whose variables are not all there is left out without a word."""
    _only(patch, lambda found: [one for one in found if "is missing, while" not in one.problem])


@defect("environment.misspelled_is_ignored", breaks="BOOT-01")
def misspelled_is_ignored(patch: Patch) -> None:
    """Variables that nobody knows are none of our business, also those that differ from ours by two letters."""
    _only(patch, lambda found: [one for one in found if one.problem != "is not known"])


@defect("environment.secret_in_the_image", breaks="BOOT-02")
def secret_in_the_image(patch: Patch) -> None:
    """The image brings a secret of its own, so that it starts everywhere; whoever has the image has the secret."""
    import os

    from reference_impl.settings import Settings

    def from_environment() -> Settings:
        secret = os.environ.get("CITYOS_JWT_SECRET") or "secret-of-the-image-in-thirty-two-bytes"
        return Settings.model_validate({"jwt_secret": secret})

    patch.setattr(Settings, "from_environment", staticmethod(from_environment))


@defect("environment.production_looked_at_last", breaks="BOOT-02")
def production_looked_at_last(patch: Patch) -> None:
    """What production demands is looked at once every variable is well by itself."""

    def last(found: list[Problem]) -> list[Problem]:
        return [one for one in found if "default" not in one.problem] or found

    _only(patch, last)


@defect("environment.value_shown", breaks="BOOT-03")
def value_shown(patch: Patch) -> None:
    """The table shows what each variable holds, which helps to see what is wrong with it."""
    import os

    from reference_impl import environment

    def shown() -> str | None:
        said = refusal()
        values = [f"{name} is {value}" for name, value in os.environ.items() if name.startswith("CITYOS_")]
        return said and "\n".join([said, *values])

    refusal = environment.refusal
    patch.setattr(environment, "refusal", shown)


@defect("environment.warning_per_vendor", breaks="BOOT-04")
def warning_per_vendor(patch: Patch) -> None:
    """Each vendor that is not configured has a warning of its own."""
    import structlog

    from reference_impl import environment, logs

    def tell_each() -> None:
        logs.configure()
        for vendor in environment.absent():
            structlog.get_logger().warning("not_configured", vendor=vendor)

    patch.setattr(environment, "tell_absent", tell_each)


@defect("environment.silent_without_vendors", breaks="BOOT-04")
def silent_without_vendors(patch: Patch) -> None:
    """A vendor that is not configured is not used, and nobody is told."""
    from reference_impl import environment

    patch.setattr(environment, "absent", list)
