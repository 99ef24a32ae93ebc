"""Providers: the states their own REST API brings them to, and the verification that they keep a contract."""
