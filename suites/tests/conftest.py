"""What holds for all tests of the suites' own code."""

from __future__ import annotations

import signal

# A shell starts background jobs with SIGINT ignored, and what we start would inherit that: tests interrupt processes.
signal.signal(signal.SIGINT, signal.default_int_handler)
