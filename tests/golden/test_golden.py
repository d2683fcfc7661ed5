"""What four incidents look like, byte for byte. After a wanted change: `python -m tests.golden`, read, commit."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from markdown_it import MarkdownIt

from tests.golden.drawing import FOLDER, REPORT, draw
from tests.golden.stories import STORIES


@pytest.mark.parametrize("name", [*STORIES, REPORT])
def test_the_same_incident_gives_the_same_bytes(name):
    for file, text in draw(name).items():
        assert text == (FOLDER / file).read_text(encoding="utf-8"), f"{file} changed"


def test_another_process_draws_the_same_bytes():
    """Neither chance, nor the order of hashes, nor what was drawn before shows in a chart."""
    code = "import sys; from tests.golden.drawing import draw; sys.stdout.write(draw('undone')['undone.html'])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, env={"PYTHONPATH": ".", "PYTHONHASHSEED": "7"}
    )
    assert done.stdout.decode() == (FOLDER / "undone.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", STORIES)
def test_every_reference_leads_to_an_entry_of_the_page(name):
    page = (FOLDER / f"{name}.html").read_text(encoding="utf-8")
    anchors = re.findall(r'id="(e\d+)"', page)
    led = set(re.findall(r'href="#(e\d+)"', page))
    assert led == set(anchors)
    assert anchors == [f"e{number}" for number in range(1, len(anchors) + 1)]


@pytest.mark.parametrize("name", STORIES)
def test_the_page_loads_nothing_and_links_only_to_its_flow_runs(name):
    page = (FOLDER / f"{name}.html").read_text(encoding="utf-8")
    assert set(re.findall(r'https?://[^"<\s]+', page)) == {
        f"https://prefect.example.internal/runs/flow-run/{run}"
        for run in re.findall(r"runs/flow-run/([0-9a-f-]{36})", page)
    }
    assert "http" not in "".join(path.read_text("utf-8") for path in FOLDER.glob("*_postmortem.*"))
    for outside in ("<script", "<link", "@import", "src=", "xlink", "<image"):
        assert outside not in page
    assert re.findall(r"url\((?!#)", page) == []


@pytest.mark.parametrize("name", STORIES)
def test_tables_and_lists_are_whole(name):
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    shown = MarkdownIt("commonmark").enable("table").render(text)
    assert "|" not in re.sub(r"<[^>]+>", "", shown)
    entries = re.findall(r"<tr>\n<td>#(\d+)</td>", shown)
    assert entries == [str(number) for number in range(1, len(entries) + 1)]


def test_each_ends_as_it_is_called():
    said = {name: (FOLDER / f"{name}.md").read_text(encoding="utf-8") for name in STORIES}
    assert "**resolved** after" in said["resolved"]
    assert "The plan was rejected by Grace Hopper: month-end close" in said["rejected"]
    assert "Nothing was changed." in said["rejected"]
    assert "Raise max_connections: undone on 1 target." in said["undone"]
    assert "**unresolved** after" in said["unresolved"]
