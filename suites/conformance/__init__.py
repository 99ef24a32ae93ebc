"""What the platform promises, one promise per check."""
