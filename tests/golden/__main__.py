"""Writes the golden documents anew: `python -m tests.golden`."""

from tests.golden.drawing import FOLDER, REPORT, draw
from tests.golden.stories import STORIES

for name in (*STORIES, REPORT):
    for file, text in draw(name).items():
        (FOLDER / file).write_text(text, encoding="utf-8")
