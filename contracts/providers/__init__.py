"""Providers: the states they can be brought to by their own REST API, and the verification that they keep a contract."""
