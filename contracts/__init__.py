"""Contracts: what the platform and those around it promise each other, written, verified, checked and answered for."""
