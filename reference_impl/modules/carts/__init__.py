"""Carts: what a shopper is about to buy, with exact totals."""
