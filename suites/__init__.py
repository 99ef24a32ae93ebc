"""The black-box checks, the gate that judges by them, and the ``cityos`` command."""
