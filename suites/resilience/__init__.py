"""What the platform survives: the loss of its process, and its replacement by the next release."""
