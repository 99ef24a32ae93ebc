"""Checks that draw their requests from the document that the target describes itself with."""
