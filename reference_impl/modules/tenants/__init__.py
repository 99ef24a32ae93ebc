"""Tenants of the platform and the API keys that name them."""
