"""The mistakes that authors make are refused by the type checker, before anything runs.

Each mistake is one replacement in `good.py`, or in `parts.py`, whose runbooks are made of shared parts. The checker
runs once over all of them; every mistake must give an error of the expected rule, and the unchanged files none.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

pytestmark = pytest.mark.timeout(400)  # the checker reads Prefect, and all of ours
MISTAKES = {
    "misspelt_probe": ('FULL = slots.shows("full"', 'FULL = slotz.shows("full"', "reportUndefinedVariable"),
    "misspelt_field": ("r.share >= 0.9", "r.shere >= 0.9", "reportAttributeAccessIssue"),
    "number_against_text": ("r.share >= 0.9", 'r.share >= "0.9"', "reportOperatorIssue"),
    "undo_left_out": ('    undo=Irreversible("Gone."),\n', "", "reportCallIssue"),
    "unknown_hypothesis": ("treats=LEAK", "treats=LEEK", "reportUndefinedVariable"),
    "probe_of_another_environment": (
        "symptom=FULL",
        'symptom=elsewhere.shows("x", lambda r: r.refused)',
        "reportArgumentType",
    ),
    "misspelt_key": ("    validated_by=EMPTY,", "    validated_by=EMPTY,\n    cooldwn=3,", "reportCallIssue"),
    "validation_left_out": ("    validated_by=EMPTY,\n", "", "reportCallIssue"),
    "step_of_a_procedure_that_waits": ("steps=(STEP,)", "steps=(STEP, WAIT)", "reportArgumentType"),
    "step_of_a_procedure_without_validation": ("    validated_by=DONE,\n", "", "reportCallIssue"),
    "kind_of_step_that_nobody_handles": (
        "Mitigation[Shop, Params] | Manual[Shop, Params]",
        "Mitigation[Shop, Params] | Manual[Shop, Params] | Wait[Shop, Params]",
        "reportArgumentType",
    ),
}

REFUSED = "reportArgumentType"
ASKED = "SLOTS = sessions.AskedSlots[Ledger, ConnectionParams]"
RDS = (f"{ASKED}(sessions.", f"from flows.parts import rds\n{ASKED}(rds.")
WITH_PARTS = {
    "environment_without_a_database": ("    database: Postgres\n", "", REFUSED),
    "environment_with_another_kind_of_database": ("    database: Postgres\n", "    database: str\n", REFUSED),
    "form_without_what_a_part_asks": ("(sessions.SessionsForm)", "(activity.ActivityForm)", REFUSED),
    "part_of_an_instance_of_rds": (*RDS, REFUSED),
    "cause_by_another_reading": ("connections.long_queries(SESSIONS)", "connections.long_queries(SLOTS)", REFUSED),
    "misspelt_sentence": ("SLOTS.saturated", "SLOTS.satured", "reportAttributeAccessIssue"),
}

ALL = {name: ("good.py", *said) for name, said in MISTAKES.items()} | {
    name: ("parts.py", *said) for name, said in WITH_PARTS.items()
}


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, str]]]:
    """What the strict checker says about the good runbook and about each mistake."""
    folder = tmp_path_factory.mktemp("typing")
    for file in ("good.py", "parts.py"):
        (folder / file).write_text((HERE / file).read_text())
    for name, (file, right, wrong, _rule) in ALL.items():
        good = (HERE / file).read_text()
        assert right in good, f"{name}: {file} no longer has {right!r}"
        (folder / f"{name}.py").write_text(good.replace(right, wrong, 1))
    settings = {"typeCheckingMode": "strict", "extraPaths": [str(ROOT)], "include": [str(folder)],
                "reportMissingTypeStubs": False, "pythonVersion": "3.11"}  # fmt: skip
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    checker = Path(sys.executable).with_name("basedpyright")
    command = [checker, "--outputjson", "--pythonpath", sys.executable, "--project", folder]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, timeout=300)
    said: dict[str, list[dict[str, str]]] = {name: [] for name in ["good", "parts", *ALL]}
    for finding in json.loads(run.stdout)["generalDiagnostics"]:
        if finding["severity"] == "error":
            said[Path(finding["file"]).stem].append(finding)
    return said


@pytest.mark.parametrize("name", ["good", "parts"])
def test_the_good_runbook_is_accepted(name: str, findings: dict[str, list[dict[str, str]]]) -> None:
    assert findings[name] == []


@pytest.mark.parametrize("name", ALL)
def test_the_mistake_is_refused(name: str, findings: dict[str, list[dict[str, str]]]) -> None:
    rules = {finding.get("rule") for finding in findings[name]}
    assert ALL[name][3] in rules, f"{name}: expected {ALL[name][3]}, the checker said {rules}"
