"""Defects: named, switchable faults of the reference implementation, and the proof that the checks catch them.

The one room of suites/ that may import reference_impl. `catalogue/` holds the defects, one file for each part of it;
`server` serves the reference implementation with one of them; `prove` runs the checks against all.
"""
