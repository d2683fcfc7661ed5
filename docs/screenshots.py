"""Takes the pictures of the documents: a rehearsed incident, seen in Prefect's UI and in our timeline.

    python docs/screenshots.py        writes docs/images and docs/examples; takes about a minute and a half

`papers.py` takes those of the golden documents.

The plan is approved in the browser, by the form that the picture shows, so that every picture is also a test: the
script fails unless the incident ends Resolved. It needs Chromium and the sandbox; nothing else here does.
"""

# ruff: noqa: INP001 # scripts beside the documents, not a package

from __future__ import annotations

import json
import platform
import tempfile
from pathlib import Path
from typing import Any

import httpx
from chromium import Page

from journal.facts.words import Ending
from sandbox.drills.carrying import ripe
from sandbox.rehearsal import Rehearsal, open_rehearsal, wait

HERE = Path(__file__).parent
IMAGES, EXAMPLES = HERE / "images", HERE / "examples"
WIDE, TALL = 1280, 900
NAME, WHY = "Grace Hopper", "The leak is known; reports reconnect by themselves."


def main() -> None:
    folder = IMAGES
    for made in (IMAGES, EXAMPLES):
        made.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="codeblue-pictures-") as home, open_rehearsal(Path(home)) as rehearsal:
        rehearsal.world.break_("idle_leak")
        wait(lambda: ripe(rehearsal.world.facts), within=30, what="the leaked sessions to grow old")
        incident = rehearsal.alert("PostgresTooManyConnections")
        standing = rehearsal.asked(incident)
        assert standing is not None, f"{incident} ended without asking for an approval"
        run = f"{ui(rehearsal)}/runs/flow-run/{standing.asked.flow_run}"
        with Page(width=WIDE, height=TALL) as page:
            page.open(rehearsal.stack.sign_in_url, until="Dashboard")
            page.open(run, until="Suspended")
            page.picture(folder / "suspended.png", settle=3)
            approve(page, folder)
            ending = rehearsal.closed(incident).ending
            page.resize(WIDE, TALL)
            page.open(run, until="Resolved")
            page.picture(folder / "resolved.png", settle=3)
            for kind in ("ranking", "timeline"):
                page.open(artifact(rehearsal, f"{incident.lower()}-{kind}"), until="Created")
                page.picture(folder / f"artifact_{kind}.png", settle=3)
            page.resize(WIDE, 1400)
            document = rehearsal.stack.home.path / "timelines" / f"{incident}.html"
            wait(lambda: document.exists() or None, within=30, what="the timeline")
            page.open(document.as_uri(), until=incident)
            page.picture(folder / "timeline.png")
            (EXAMPLES / "timeline.md").write_text(without_host(document.with_suffix(".md").read_text()))
    assert ending is Ending.RESOLVED, f"The incident ended as {ending}."


def ui(rehearsal: Rehearsal) -> str:
    """The version of Prefect's UI for a wide screen."""
    return rehearsal.stack.api_url.removesuffix("/api")


def approve(page: Page, folder: Path) -> None:
    """Fill the form of the suspended run in, take its picture, and send it."""
    page.resize(WIDE, 1100)
    page.click("button", "Resume")
    page.wait("document.querySelectorAll('[role=dialog] textarea').length === 2", what="the form")
    page.ask(SET % ("select", 0, json.dumps("approve")))
    page.ask(SET % ("textarea", 0, json.dumps(NAME)))
    page.ask(SET % ("textarea", 1, json.dumps(WHY)))
    page.picture(folder / "approval.png", settle=2)
    page.click("[role=dialog] button", "Submit")


SET = """((e, value) => {
    Object.getOwnPropertyDescriptor(e.constructor.prototype, 'value').set.call(e, value);
    for (const kind of ['input', 'change']) e.dispatchEvent(new Event(kind, {bubbles: true}));
})([...document.querySelectorAll('[role=dialog] %s')][%d], %s)"""
"""JavaScript: put a value into a field of the dialog as if it was typed."""


def artifact(rehearsal: Rehearsal, key: str) -> str:
    """The page of the newest artifact with that key."""

    def found() -> str | None:
        asked = {"artifacts": {"key": {"any_": [key]}}, "sort": "CREATED_DESC"}
        listed: list[dict[str, Any]] = httpx.post(
            f"{rehearsal.stack.api_url}/artifacts/filter", json=asked, headers=rehearsal.stack.headers, timeout=10
        ).json()
        return listed[0]["id"] if listed else None

    return f"{ui(rehearsal)}/artifacts/artifact/{wait(found, within=30, what=f'the artifact {key}')}"


def without_host(text: str) -> str:
    """The example names no machine."""
    return text.replace(platform.node(), "oncall-1")


if __name__ == "__main__":
    main()
