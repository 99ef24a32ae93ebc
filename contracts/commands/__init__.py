"""The commands of `cityos contracts`: each has a `run` that gives the exit code."""
