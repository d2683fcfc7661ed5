"""A script that saves blocks as the documents say reaches the server that runs."""

import os
import subprocess
import sys
from pathlib import Path

from blocks.notifier import Notifier
from tests.docs.pages import ROOT, blocks

SAVING = """
from blocks.notifier import Notifier
Notifier(urls=["json://127.0.0.1:9/"]).save("saved-from-a-script", overwrite=True)
"""


def script(text: str, home: Path) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    env = kept | {"CODEBLUE_HOME": str(home), "HOME": str(home)}
    return subprocess.run([sys.executable, "-c", text], env=env, capture_output=True, text=True, check=False)


def first_lines() -> str:
    """What the documents say to begin with."""
    (saving,) = [one.text for one in blocks(ROOT / "docs/operating.md") if one.mark == "save.py"]
    begins, _, _ = saving.partition("\nfrom blocks")
    assert "running_prefect()" in begins
    return begins


def test_what_a_script_saves_is_at_the_server_that_runs(prefect_alone, prefect):
    done = script(first_lines() + SAVING, prefect_alone.home.path)
    assert done.returncode == 0, done.stderr
    assert prefect.read_block_document_by_name("saved-from-a-script", Notifier.get_block_type_slug())
    Notifier.delete("saved-from-a-script")


def test_without_a_server_nothing_is_saved_elsewhere(tmp_path):
    done = script(first_lines() + SAVING, tmp_path)
    assert done.returncode != 0
    assert "No Prefect is known" in done.stderr


def test_too_late_is_said(tmp_path):
    done = script("import prefect\n" + first_lines(), tmp_path)
    assert "before anything imports Prefect" in done.stderr
