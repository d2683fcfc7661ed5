"""The running sandboxes that tests share: a world alone, and the whole rehearsal. Each is up once in a process."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.packs import install as install  # noqa: PLC0414 # a fixture of every folder

if TYPE_CHECKING:  # imported where it is used: the process that hands tests out to the others needs none of it
    from prefect.client.orchestration import SyncPrefectClient

    from deployments.stack import Stack
    from sandbox.rehearsal import Rehearsal
    from sandbox.systems.rung.world import World
    from sandbox.within.rehearsal import ProcessRehearsal

settings.register_profile("busy", deadline=None)  # how long an example takes is the machine's, not the code's
settings.load_profile("busy")
gc.disable()  # looking through what is imported and collected, over and over, would take a seventh of the start


@pytest.fixture(autouse=True)
def _turns_as_they_were() -> Iterator[None]:
    """How far turns are apart is the process's: a drill must not leave its own to the next test."""
    from sandbox import turns

    before = turns.turn_seconds()
    yield
    turns.take(before)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty journal; copied for each test, since migrating takes longer than most tests."""
    from journal.store import Journal

    file = tmp_path_factory.mktemp("migrated") / "journal.db"
    Journal.connect(f"sqlite:///{file}").close()
    return file


@pytest.fixture(scope="session")
def running_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The world that tests of the sandbox, of looks and of changes share; each puts back what it has changed."""
    from sandbox.systems.rung.users import REFRESHED
    from sandbox.systems.rung.world import World
    from sandbox.tables import run

    with World.start(tmp_path_factory.mktemp("world"), max_connections=60) as world:
        run(world.facts.database, REFRESHED)  # a copied template knows nothing of its rows
        yield world


@pytest.fixture(scope="session")
def prefect_alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Prefect's server without a worker, for tests that call flows themselves or keep blocks."""
    from deployments.stack import Stack
    from deployments.stack_home import Home

    with _until_unused("prefect_alone") as held:
        yield held.enter_context(Stack(Home.at(tmp_path_factory.mktemp("prefect")), workers=0))


@pytest.fixture(scope="module")
def prefect(prefect_alone: Stack) -> Iterator[SyncPrefectClient]:
    """A client of that server, which Prefect's own functions ask meanwhile."""
    with prefect_alone.client() as client:
        yield client


@pytest.fixture(scope="session")
def practice_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Prefect's server and a quick worker with the flows of `tests/deployments`, for tests of what a worker does."""
    from deployments.stack import Stack
    from deployments.stack_home import Home
    from deployments.stack_register import DeploymentSpec

    flows = Path(__file__).parent / "deployments"
    specs = [DeploymentSpec(name="test", entrypoint=path, tags=["practice"]) for path in PRACTICE_FLOWS]
    with _until_unused("practice_stack") as held, pytest.MonkeyPatch.context() as patch:
        held.callback(patch.undo)
        patch.syspath_prepend(flows)  # for registering, here, and below for the processes
        patch.setenv("PYTHONPATH", str(flows))
        home = Home.at(tmp_path_factory.mktemp("stack"))
        yield held.enter_context(Stack(home, deployments=specs, poll=1, watch=0.5, grace=1))


@pytest.fixture(scope="session")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """World and stack together, up once in a process."""
    from sandbox.rehearsal import open_rehearsal

    with _until_unused("rehearsal") as held:
        yield held.enter_context(open_rehearsal(tmp_path_factory.mktemp("rehearsal")))


@pytest.fixture(scope="session")
def within(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessRehearsal]:
    """World and pipeline in this process, in a time of their own."""
    from sandbox.within.rehearsal import open_within

    with _until_unused("within") as held:
        yield held.enter_context(open_within(tmp_path_factory.mktemp("within")))


PRACTICE_FLOWS = (
    *(f"practice_flows.{name}" for name in ("simple", "patient", "asking", "failing", "doomed")),
    "leaky_flows.leaky",
    "unloadable_flow.unloadable",
)

REHEARSALS = 2
"""How many processes rehearse. Each leaves time for others while it waits, and starting one more costs its worth."""

WITHINS = 3
"""How many processes carry drills out within themselves. They live by a clock of their own, so nothing else does."""

SHARED = ("prefect_alone", "practice_stack")
"""What runs in one process only, whatever file its tests are in."""

_USED = pytest.StashKey[str]()
"""Which of the stacks the part of a test shares: a fixture's name, or nothing."""
_running: dict[str, ExitStack] = {}


@contextmanager
def _until_unused(name: str) -> Generator[ExitStack]:
    with ExitStack() as _running[name]:
        yield _running[name]


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """A stack ends with the last test that shares it: later it would cost time, and lend others its variables."""
    used = item.stash[_USED]
    if used in _running and (nextitem is None or nextitem.stash[_USED] != used):
        _running.pop(used).close()


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the marks in a hook of its own
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process runs a whole file, or all that shares a server, so that each is started once.

    What needs the whole rehearsal takes longest and comes first, in groups of about the same size; the drills of a
    runbook stay together. What waits for a world, a server or a whole program is next, so that at the end nothing is
    left to wait for.
    """
    parts: defaultdict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        parts[_part(item)].append(item)
    rehearsals = _spread(parts, lambda item: "rehearsal" in _fixtures(item), REHEARSALS)
    withins = _spread(parts, lambda item: "within" in _fixtures(item), WITHINS)
    waiting = {name: parts.pop(name) for name in list(parts) if any(_waits(item) for item in parts[name])}
    shared = {"rehearsal": rehearsals, "within": withins}
    groups = {f"{name} {number}": part for name, several in shared.items() for number, part in enumerate(several)}
    groups |= waiting | parts
    items[:] = [item for group in groups.values() for item in group]
    for name, group in groups.items():
        for item in group:
            item.add_marker(pytest.mark.xdist_group(name))
            item.stash[_USED] = name.partition(" ")[0]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """All that was imported and collected stays: the collector need not look through it during every test."""
    done = yield
    gc.collect()
    gc.freeze()
    gc.enable()
    return done


def pytest_collection_finish(session: pytest.Session) -> None:
    if session.config.getoption("loadgroup", False):
        lost = [item.nodeid for item in session.items if "@" not in item.nodeid.rpartition("]")[2]]
        assert not lost, f"pytest-xdist would not keep together what shares a server: {lost[0]} has lost its group"


def _part(item: pytest.Item) -> str:
    from sandbox.drills.drill import Drill

    drill: object = getattr(getattr(item, "callspec", None), "params", {}).get("drill")
    if isinstance(drill, Drill):
        return drill.runbook
    if "within" in _fixtures(item):
        return f"within {item.nodeid.partition('::')[0]}"
    return next((name for name in SHARED if name in _fixtures(item)), item.nodeid.partition("::")[0])


def _spread(
    parts: dict[str, list[pytest.Item]], shares: Callable[[pytest.Item], bool], groups: int
) -> list[list[pytest.Item]]:
    """Take out the parts with tests that share something, and put them into groups of about the same size."""

    def weight(part: list[pytest.Item]) -> int:
        return sum(shares(item) for item in part)

    spread: list[list[pytest.Item]] = [[] for _ in range(groups)]
    for name in sorted(parts, key=lambda name: -weight(parts[name])):
        if weight(parts[name]):
            min(spread, key=weight).extend(parts.pop(name))
    return spread


def _waits(item: pytest.Item) -> bool:
    """It starts something, or is given more time than others because it does."""
    slow = item.get_closest_marker("timeout") is not None
    return slow or not {"running_world", *SHARED}.isdisjoint(_fixtures(item))


def _fixtures(item: pytest.Item) -> list[str]:
    assert isinstance(item, pytest.Function)
    return item.fixturenames
