"""The measure itself: one look through a dump finds what many would, and `make redaction` says no when it must."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from tests.redaction.__main__ import _elsewhere, tables
from tests.redaction.finding import left_in, passed
from tests.redaction.making import Planted

FEW = st.text(alphabet="abc", min_size=8, max_size=20)


def _planted(*secrets: str) -> Planted:
    return Planted(kind="k", text=" and ".join(secrets), secrets=secrets)


def _slowly(one: Planted, dump: str) -> bool:
    """As it was measured before: each window of each secret looked for by itself."""
    for secret in one.secrets:
        size = min(len(secret), max(8, (len(secret) + 1) // 2))
        if any(secret[at : at + size] in dump for at in range(len(secret) - size + 1)):
            return True
    return False


@given(st.lists(st.lists(FEW, min_size=1, max_size=2), max_size=4), st.text(alphabet="abc ", max_size=300))
def test_one_look_through_a_dump_finds_what_many_find(secrets: list[list[str]], dump: str) -> None:
    every = [_planted(*some) for some in secrets]
    assert left_in(every, dump) == [one for one in every if _slowly(one, dump)]


def test_half_of_a_secret_is_found_anywhere_and_less_is_not() -> None:
    one = _planted("0123456789abcdefghij")
    assert left_in([one], "x 56789abcde y") == [one]
    assert left_in([one], "x 6789abcde y") == []


def test_what_is_too_short_for_a_dump_is_judged_in_its_own_place() -> None:
    one = _planted("4711")
    assert passed([one], "order 4711", ["pin [redacted: pin]"]) == []
    assert passed([one], "", ["pin 4711"]) == [one]


def test_a_dump_of_tens_of_megabytes_takes_seconds() -> None:
    every = [_planted(f"{number:032x}") for number in range(2000)]
    began = time.process_time()
    assert left_in(every, "no secret is in this line of a log\n" * 300_000) == []
    assert time.process_time() - began < 60


def _gone(text: str) -> str:
    return text.replace("hunter2-hunter2", "[redacted: password]")


PLANTED = [_planted("hunter2-hunter2")]
HARMLESS = [("prose", "all is well")]


@pytest.mark.parametrize(
    ("clean", "harmless", "shown", "good"),
    [
        (_gone, HARMLESS, "nothing", True),
        (str, HARMLESS, "nothing", False),
        (_gone, [("prose", "hunter2-hunter2 is a film")], "nothing", False),
        (_gone, HARMLESS, "a table with hunter2-hunter2 in it", False),
        (_gone, HARMLESS, ["hunter2-hunter2"], False),
    ],
    ids=["all is well", "the function lets pass", "a harmless text is eaten", "a dump holds it", "a line holds it"],
)
def test_it_says_no_when_a_goal_is_missed(
    clean: Callable[[str], str], harmless: Sequence[tuple[str, str]], shown: str | list[str], good: bool
) -> None:
    out = Console(file=io.StringIO())
    assert tables(out, {"part": PLANTED}, harmless, {"sink": shown}, clean) is good


def test_what_children_and_handlers_write_meanwhile_goes_to_the_file(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "log"
    with _elsewhere(os.open(path, os.O_CREAT | os.O_WRONLY)):
        subprocess.run([sys.executable, "-c", "print('of a child')"], check=True)
        os.write(2, b"of a handler\n")
    os.write(1, b"the tables\n")
    assert path.read_text(encoding="utf-8") == "of a child\nof a handler\n"
    assert capfd.readouterr() == ("the tables\n", "")
