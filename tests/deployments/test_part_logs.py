"""An error that a part logs again and again is found in its log, whatever the part's lines look like."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from deployments.part_logs import part_logs, repeated
from deployments.stack_child import STARTED, Child, Command

NOW = datetime(2026, 3, 1, 12).astimezone()

SCHEDULER = """\
2026-03-01 11:{minute}:00.123 | ERROR   | docket.worker - Error in task schedule_deployments
Traceback (most recent call last):
  File "scheduler.py", line 7, in schedule
    raise
sqlalchemy.exc.InvalidRequestError: Can't evaluate bulk DML statement 0x7f{minute}
"""
WORKER = "2026-03-01 11:{minute}:00,5 ERROR codeblue.worker Run 6b0c1f6e-9f6f-4a51-8d2e-0000000000{minute} is lost.\n"
UVICORN = "ERROR:    Exception in ASGI application\nTraceback (most recent call last):\nKeyError: 'n{minute}'\n"
BARE = "Traceback (most recent call last):\nhttpx.InvalidURL: no\nhttpx.ReadError: label {minute}\n"


def said(line: str, minutes: range) -> list[str]:
    return "".join(line.replace("{minute}", str(minute)) for minute in minutes).splitlines()


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (SCHEDULER, "docket.worker - Error in task schedule_deployments: sqlalchemy.exc.InvalidRequestError: Can't"),
        (WORKER, "codeblue.worker Run 6b0c1f6e"),
        (UVICORN, "Exception in ASGI application: KeyError: 'n"),
    ],
)
def test_an_error_counts_once_it_repeats_whatever_varies_in_it(line: str, text: str) -> None:
    assert repeated(said(line, range(50, 52)), NOW) == []
    (found,) = repeated(said(line, range(50, 53)), NOW)
    assert found.count == 3
    assert found.text.startswith(text)


def test_what_kills_a_process_each_time_it_starts_is_an_error_too(tmp_path: Path) -> None:
    lines = "".join(
        f"{STARTED}2026-03-01 11:{n}:00 by stack 7\n" + BARE.replace("{minute}", str(n)) for n in (51, 52, 53)
    )
    (tmp_path / "watch.log").write_text(lines)
    (found,) = part_logs(tmp_path, NOW)
    assert (found.name, found.starts) == ("watch", 3)
    (error,) = found.errors
    assert (error.count, error.text) == (3, "httpx.ReadError: label 53")


def test_warnings_and_other_errors_are_no_repetition() -> None:
    warnings = said("2026-03-01 11:{minute}:00 WARNING codeblue.worker Prefect does not answer.\n", range(10, 20))
    different = [f"2026-03-01 11:00:00 ERROR codeblue.watch {word} failed" for word in ("one", "another", "a third")]
    assert repeated(warnings + different, NOW) == []


def test_an_error_that_has_stopped_is_over() -> None:
    assert repeated(said(WORKER, range(10, 20)), NOW)
    assert repeated(said(WORKER, range(10, 20)), NOW + timedelta(minutes=30)) == []


def test_errors_of_an_earlier_stack_do_not_count(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    log.write_text(
        f"{STARTED}2026-03-01 11:00:00 by stack 7\n"
        + "\n".join(said(WORKER, range(10, 20)))
        + f"\n{STARTED}2026-03-01 11:30:00 by stack 8\n"
    )
    (found,) = part_logs(tmp_path, NOW)
    assert (found.starts, found.errors) == (1, ())


def test_each_start_of_a_process_is_marked_in_its_log(tmp_path: Path) -> None:
    for _ in range(2):
        Child(Command(name="part", argv=["true"]), {}, tmp_path).stop()
    (found,) = part_logs(tmp_path)
    assert found.starts == 2
