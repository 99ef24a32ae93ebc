"""Migration replays: every history, with data in it, in every order, under traffic."""
