"""Tests of the replayer, on good histories and bad ones."""
