"""Revisions applied under traffic: who waited, how long, and what to write in its place."""
