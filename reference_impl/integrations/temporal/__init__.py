"""Temporal: who runs what takes longer than a request."""
