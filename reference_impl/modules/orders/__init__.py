"""Orders: carts that were completed, once."""
