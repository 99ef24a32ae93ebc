"""Fleetbase: who carries an order to its customer."""
