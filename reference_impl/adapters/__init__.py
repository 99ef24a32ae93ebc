"""Where the modules and the vendors meet: the only code that knows both.

A module tells what happened by its events, and knows no vendor; a vendor's client knows no module. Here stands, for
each vendor, what it is told of an event (`deliveries`) and what its own webhooks do (`receiving`).
"""
