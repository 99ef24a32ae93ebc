"""Tests of the reference implementation's own code; what it does over HTTP is judged by the suites."""
