"""A mark that does not say which change is shown in which case is refused in a sentence that says how to write it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tasks.cloudwatch.alarm_change import AdjustAlarm
from tests.tasks.cases import DRIFTED, NEEDED, alone, claims

BAD = (
    ((), ""),
    ((NEEDED,), "'needed'"),
    ((AdjustAlarm,), "AdjustAlarm"),
    ((AdjustAlarm, "sent"), "AdjustAlarm, 'sent'"),
)


@pytest.mark.parametrize(("said", "shown"), BAD, ids=[shown or "nothing" for _, shown in BAD])
def test_a_mark_without_a_change_or_a_case_fails_with_the_remedy(said: tuple[Any, ...], shown: str):
    with pytest.raises(pytest.fail.Exception) as refused:
        claims([pytest.mark.case.with_args(*said).mark])
    assert str(refused.value).startswith(
        f"@pytest.mark.case({shown}) does not say which change is shown in which case;"
    )
    assert "write @pytest.mark.case(Change, NEEDED)" in str(refused.value)


def test_a_mark_says_each_of_its_cases():
    marks = [pytest.mark.case(AdjustAlarm, NEEDED, DRIFTED).mark, pytest.mark.skipif(AdjustAlarm, reason="other").mark]
    assert claims(marks) == {(AdjustAlarm, NEEDED), (AdjustAlarm, DRIFTED)}


def test_a_module_that_marks_with_a_change_alone_is_told_so(request: pytest.FixtureRequest, tmp_path: Path):
    written = tmp_path / "test_alone.py"
    written.write_text(
        "import pytest\nfrom tasks.cloudwatch.alarm_change import AdjustAlarm\n\n\n"
        "@pytest.mark.case(AdjustAlarm)\ndef test_it():\n    pass\n"
    )
    module = pytest.Module.from_parent(request.session, path=written)
    report = request.node.ihook.pytest_make_collect_report(collector=module)
    assert report.failed
    assert str(report.longrepr).startswith("@pytest.mark.case(AdjustAlarm) does not say in which case")
    assert alone() is None
