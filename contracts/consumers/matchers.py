"""Values that the provider's state gives when the contract is verified, with an example for the consumer's test."""

from __future__ import annotations

from pact import generate
from pact.match.matcher import GenericMatcher


def given(expression: str, example: str, *, form: str) -> GenericMatcher[str]:
    """A text that is filled in by the provider's state: `${order_id}`, also inside of a text.

    example: what the consumer's test sends. form: the regular expression that it must have.
    """
    generator = generate.provider_state(expression)
    return GenericMatcher("regex", value=example, generator=generator, extra_fields={"regex": form})


def given_number(name: str, example: int) -> GenericMatcher[int]:
    """A whole number that the provider's state gives by this name."""
    return GenericMatcher("integer", value=example, generator=generate.provider_state(f"${{{name}}}"))
