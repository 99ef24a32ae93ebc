"""The rows of the plan, as reports name them."""

from __future__ import annotations

ROW_TITLES = {
    "0.1": "CMS hierarchy sync: health check and backoff",
    "0.2": "SendGrid 401 degrades",
    "0.3": "Hydration mismatch",
    "0.4": "One React",
    "0.5": "Streams",
    "1.1": "Wallet",
    "1.2": "Trade-in",
    "1.3": "Insurance",
    "2.1": "Integration health",
    "2.2": "Circuit breakers",
    "2.3": "Environment validation",
    "2.4": "Webhook signatures",
    "3.1": "One React",
    "3.2": "SSR loaders",
    "3.3": "Commission types",
    "3.4": "Cache-Control",
    "4.1": "Test suite baseline",
    "4.2": "CI pipeline",
    "4.3": "Smoke, five paths",
    "4.4": "Migrations",
    "5.1": "Pinned versions",
    "5.2": "Deployment",
    "5.3": "Performance baseline",
    "5.4": "Security",
    "5.5": "Documentation",
}
"""The rows of the plan. A row that is not listed here is shown by its number alone."""
