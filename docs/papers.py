"""Takes the pictures of what people read: timelines, a post-mortem and a report, as the golden files have them.

    python docs/papers.py        writes docs/images; takes some seconds and needs Chromium

Look at them after a change: tests compare bytes and cannot tell whether a page is pleasant to read at three at night.
"""

# ruff: noqa: INP001 # scripts beside the documents, not a package

from __future__ import annotations

from pathlib import Path

from chromium import Page

HERE = Path(__file__).parent
IMAGES, GOLDEN = HERE / "images", HERE.parent / "tests" / "golden"
SHOWN = {
    "resolved": "timeline_resolved",
    "rejected": "timeline_rejected",
    "undone": "timeline_undone",
    "unresolved": "timeline_unresolved",
    "resolved_postmortem": "postmortem",
    "report": "report",
}
WIDE, TALL = 960, 1250


def main() -> None:
    with Page(width=WIDE, height=TALL) as page:
        for golden, name in SHOWN.items():
            page.open(
                (GOLDEN / f"{golden}.html").as_uri(), until="Connection exhaustion" if golden != "report" else "By"
            )
            across = page.ask("document.documentElement.scrollWidth")
            assert across <= WIDE, f"{golden} is {across} pixels wide and would be cut off"
            page.picture(IMAGES / f"{name}.png", settle=0.3)


if __name__ == "__main__":
    main()
