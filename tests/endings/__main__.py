"""Writes the examples of endings anew: `python -m tests.endings`."""

from tests.endings.examples import PAGE, page

PAGE.write_text(page(), encoding="utf-8")
