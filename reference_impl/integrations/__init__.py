"""The vendors: how the platform asks them, and how it believes what they send. Knows no module."""
