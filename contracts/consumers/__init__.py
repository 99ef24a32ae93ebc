"""What each consumer needs of its provider, as tests that drive the consumer's own code and write the contract.

A contract says what the consumer reads, and nothing more: matchers for forms, literals where the consumer decides by
them. What differs between a simulator, a sandbox and a real server (keys, ids) comes from the provider's state.

Temporal has no contract here: see TEMPORAL.
"""

from __future__ import annotations

TEMPORAL = (
    "Temporal speaks gRPC, which Pact reaches only by its Protobuf plugin: a program of its own, which PyPI, npm and "
    "Debian do not have. So there is no contract with Temporal, and nothing is verified by Pact. Its health check runs "
    "instead, by Temporal's own client, against a frontend built from the stubs that Temporal ships: "
    "reference_impl/tests/test_temporal_health.py"
)
"""What `cityos contracts` says of the one vendor that Pact does not reach, and of what stands in its place."""
