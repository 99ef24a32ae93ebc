"""Payments: collections, sessions, captures, refunds, and the providers behind them."""
