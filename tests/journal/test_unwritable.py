"""Where nothing can be written, what is recorded can still be read, whole, and a refusal says what to do about it."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from journal.errors import UnsuitableJournal
from journal.store import Journal
from tests.journal.samples import opened

READ = """
import os, sys
import stamina
from journal.errors import JournalError
from journal.store import Journal
from journal.switches import stop
os.chdir(sys.argv[1])
if sys.argv[2:] and os.getuid() == 0:
    os.setuid(65534)  # what root may not write is nothing
try:
    with Journal.connect("sqlite:///journal.db", patience=0.2) as journal:
        print(sorted(one.fingerprint for one in journal.incidents()))
        stop(journal, "Ana Lima", "release night")
except JournalError as error:
    print(error)
"""


def full_disk() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def said(folder: Path, *read_only: str) -> str:
    """What a process says of the journal there that can write nothing."""
    done = subprocess.run(
        [sys.executable, "-c", READ, str(folder), *read_only],
        preexec_fn=None if read_only else full_disk,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def written(folder: Path, *fingerprints: str) -> Journal:
    journal = Journal.connect(f"sqlite:///{folder}/journal.db")
    for one in fingerprints:
        journal.open_incident(opened(one))
    return journal


def test_on_a_full_disk_everything_is_read_and_a_write_names_the_disk(tmp_path: Path) -> None:
    written(tmp_path, "a").close()
    assert not (tmp_path / "journal.db-wal").exists()
    incidents, refused = said(tmp_path).splitlines()
    assert incidents == "['a']"
    assert "could not be written to" in refused
    assert "free space on its disk" in refused


def test_on_a_full_disk_what_a_killed_process_left_in_its_log_is_read_as_well(tmp_path: Path) -> None:
    written(tmp_path, "a").close()
    with sqlite3.connect(tmp_path / "journal.db") as alive, written(tmp_path, "b"):
        alive.execute("SELECT 1 FROM incidents").fetchall()
        kept = {name: (tmp_path / name).read_bytes() for name in ("journal.db", "journal.db-wal")}
    elsewhere = tmp_path / "killed"
    elsewhere.mkdir()
    for name, content in kept.items():
        (elsewhere / name).write_bytes(content)
    assert kept["journal.db-wal"]
    assert said(elsewhere).startswith("['a', 'b']")


def test_a_folder_that_cannot_be_made_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UnsuitableJournal, match="correct the address or the rights behind it"):
        Journal.connect(f"sqlite:///{tmp_path}/file/journal.db")


def test_a_full_disk_keeps_no_half_of_an_anchor(tmp_path: Path) -> None:
    script = "import sys; from pathlib import Path; from journal import anchor; anchor.keep(Path(sys.argv[1]), 1, 'a')"
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], preexec_fn=full_disk, check=True, timeout=60)
    assert list(tmp_path.iterdir()) == []


def test_on_a_full_disk_it_is_read_beside_a_process_that_has_it_open(tmp_path: Path) -> None:
    with written(tmp_path, "a", "b"):
        assert said(tmp_path).startswith("['a', 'b']")


@pytest.fixture
def only_read() -> Iterator[Path]:
    """A folder with a journal, where others than the owner get to as well."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        written(folder, "a").close()
        yield folder
        folder.chmod(0o700)


def sealed(folder: Path) -> None:
    for one in folder.iterdir():
        one.chmod(0o444)
    folder.chmod(0o555)


def test_a_journal_that_may_only_be_read_is_read_and_a_write_says_what_to_make_writable(only_read: Path) -> None:
    sealed(only_read)
    incidents, refused = said(only_read, "read-only").splitlines()
    assert incidents == "['a']"
    assert "make its file and its folder writable" in refused
    assert "backup" not in refused


def test_a_log_that_cannot_be_read_is_not_left_out(only_read: Path) -> None:
    """Rather nothing than the half."""
    (only_read / "journal.db-wal").write_bytes(os.urandom(4096))
    sealed(only_read)
    refused = said(only_read, "read-only")
    assert "['a']" not in refused
    assert "correct the address or the rights behind it" in refused
