"""Vendors: their share of each order, commissions and payouts."""
