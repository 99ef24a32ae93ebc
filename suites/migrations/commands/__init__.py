"""What `cityos migrations` does, a module for each command."""
