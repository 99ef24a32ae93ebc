"""Rows for any table: made, and compared before and after a step."""
