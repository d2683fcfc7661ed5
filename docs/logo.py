"""Draws the logo of our blocks, `blocks/logo.png`: a cross with a heartbeat through it.

python docs/logo.py
"""

# ruff: noqa: INP001 # scripts beside the documents, not a package

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

LOGO = Path(__file__).resolve().parents[1] / "blocks" / "logo.png"
SIDE = 256
FINE = 4
"""Drawn this many times larger, and then made smaller, for smooth edges."""
BLUE, WHITE = (11, 87, 208), (255, 255, 255)
BEAT = ((20, 128), (84, 128), (104, 84), (132, 184), (156, 104), (170, 128), (236, 128))


def main() -> None:
    image = Image.new("RGBA", (SIDE * FINE, SIDE * FINE), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    for box in ((88, 16, 168, 240), (16, 88, 240, 168)):
        draw.rounded_rectangle([FINE * edge for edge in box], radius=20 * FINE, fill=BLUE)
    points = [(FINE * x, FINE * y) for x, y in BEAT]
    draw.line(points, fill=WHITE, width=12 * FINE, joint="curve")
    for x, y in points:
        draw.ellipse((x - 6 * FINE, y - 6 * FINE, x + 6 * FINE, y + 6 * FINE), fill=WHITE)
    image.resize((SIDE, SIDE), Image.Resampling.LANCZOS).save(LOGO, optimize=True)


if __name__ == "__main__":
    main()
