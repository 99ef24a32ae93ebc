"""Bookings: services, providers, availability, and places that are taken once."""
