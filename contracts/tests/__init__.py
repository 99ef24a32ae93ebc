"""Tests of this room's own code."""
