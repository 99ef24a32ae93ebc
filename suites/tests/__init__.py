"""Tests of the rooms under suites/: the gate, the command, the prover."""
