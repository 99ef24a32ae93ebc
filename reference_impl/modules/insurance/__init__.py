"""Insurance: plans, policies, claims and payouts that never exceed the coverage."""
