"""A kind of step that nobody handles is refused by the type checker, everywhere that tells the kinds apart.

The rooms are copied with one kind more, and checked as they are.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TELL_APART = ("runbook/rendering.py", "runbook/model.py", "tasks/offer.py", "tasks/shadow.py", "flows/follow.py")
"""What must say something about each kind."""

KIND = """
@dataclass(frozen=True, kw_only=True)
class Strange(Generic[E_contra, P_contra]):
    name: str
    title: str
    source: str
    causes: tuple[Hypothesis[E_contra, P_contra], ...]


Step = (
    Strange[E_contra, P_contra] |"""

WRONG = """
from datetime import timedelta
from runbook import Examination, Irreversible, NoApproval, WayBack
from tasks.postgres.change import EndIdleSessions
from tests.typing.good import END, LEAK, whose

LOOK = Examination(
    name="look", title="Look", tells=(LEAK,), approval=NoApproval("Test."), guardrail=END.guardrail,
    change=lambda c: EndIdleSessions(database=c.env.database, whose=whose(c)),  # no way back
    undo=WayBack("Off."), asks_after=timedelta(1), ends_after=timedelta(2), source="test",
)
STUCK = Examination(
    name="look", title="Look", tells=(LEAK,), approval=NoApproval("Test."), guardrail=END.guardrail,
    change=LOOK.change, undo=Irreversible("Gone."), asks_after=timedelta(1), ends_after=timedelta(2), source="test",
)
ENDLESS = Examination(
    name="look", title="Look", tells=(LEAK,), approval=NoApproval("Test."), guardrail=END.guardrail,
    change=LOOK.change, undo=WayBack("Off."), asks_after=timedelta(1), source="test",
)
"""

pytestmark = pytest.mark.timeout(400)  # the checker reads Prefect, and all of ours


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What the strict checker says, by file."""
    folder = tmp_path_factory.mktemp("kinds")
    for room in ("runbook", "tasks", "flows"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    mitigation = folder / "runbook" / "mitigation.py"
    assert mitigation.read_text().count("\nStep = (\n    ") == 1
    mitigation.write_text(mitigation.read_text().replace("\nStep = (\n    ", f"{KIND} "))
    (folder / "wrong.py").write_text(WRONG)
    settings = {"typeCheckingMode": "strict", "extraPaths": [str(folder), str(ROOT)], "pythonVersion": "3.11",
                "include": [*TELL_APART, "wrong.py"], "reportMissingTypeStubs": False}  # fmt: skip
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    checker = Path(sys.executable).with_name("basedpyright")
    command = [checker, "--outputjson", "--pythonpath", sys.executable, "--project", folder]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, timeout=300)
    said = defaultdict[str, list[str]](list)
    for finding in json.loads(run.stdout)["generalDiagnostics"]:
        if finding["severity"] == "error":
            said[str(Path(finding["file"]).relative_to(folder))].append(finding["message"])
    return said


@pytest.mark.parametrize("file", TELL_APART)
def test_a_kind_that_nobody_handles_is_refused(file: str, found: dict[str, list[str]]) -> None:
    assert any("Strange" in message for message in found[file]), found[file]


def test_an_examination_has_a_way_back_and_an_end(found: dict[str, list[str]]) -> None:
    said = "\n".join(found["wrong.py"])
    for words in ("EndIdleSessions", '"Irreversible" is not assignable to "WayBack"', '"ends_after"'):
        assert words in said, said
