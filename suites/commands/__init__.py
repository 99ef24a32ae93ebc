"""What the ``cityos`` command does besides judging: serve, doctor, targets check. Imported when asked for."""
