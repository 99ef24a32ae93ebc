"""Wallets: balances that move exactly once, never below zero, with a ledger that explains each of them."""
