"""A real journal in a file for each test, and a clock that stands still until it is moved."""

import shutil
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import uvicorn

from deployments.private_files import unshared
from deployments.receiver.serve import configured
from deployments.receiver.settings import ReceiverSettings
from journal.store import Journal
from tests.receiver.senders import Clock, Receiver


@pytest.fixture(scope="module", autouse=True)
def private():
    """Secrets of senders are written as an operator should: the receiver refuses what others may read."""
    with unshared():
        yield


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def journal_file(migrated, tmp_path):
    return Path(shutil.copy(migrated, tmp_path / "journal.db"))


@pytest.fixture
def journal(journal_file, clock):
    with Journal.connect(f"sqlite:///{journal_file}", clock=clock, patience=0.3) as opened:
        yield opened


@pytest.fixture
def receiver(journal, tmp_path, clock):
    with ExitStack() as opened:
        yield lambda form, **options: opened.enter_context(Receiver(form, journal, tmp_path, clock, **options))


@pytest.fixture
def served():
    """Puts a receiver behind a real web server on loopback, in a thread; gives its address."""
    with ExitStack() as running:
        yield lambda it, **bounds: running.enter_context(_serving(it, **bounds))


@contextmanager
def _serving(it, **bounds):
    server = uvicorn.Server(configured(it.app, ReceiverSettings(port=0), **bounds))
    started = threading.Event()
    start_up = server.startup

    async def and_tell(*args, **options):
        await start_up(*args, **options)
        started.set()

    server.startup = and_tell
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert started.wait(10)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
