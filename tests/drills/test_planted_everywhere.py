"""Every line of a log, every dead letter and every failed run names a person and shows a token; nothing we write does.

Of what is planted anywhere nothing may stand in the journal, in documents, in what people are sent, on the terminal, or
in a log: whatever a runbook looks at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from blocks.notifier import Notifier
from deployments import cli
from journal.timeline import as_html, as_markdown, timeline
from sandbox.google.server import Call
from sandbox.own.within import open_within
from sandbox.own.world import Worlds, carry_out, chosen
from sandbox.switchboard.serving import served
from sandbox.systems.medicalcor.api.refusals import KEYS, LEAD, PHONE, PLANTED
from sandbox.systems.medicalcor.world import World
from sandbox.triggerdev import server as trigger
from sandbox.triggerdev.kept import Run
from tests.drills.test_planted_by_providers import kept

TOLD = f" for {PHONE}: {LEAD}, shown {KEYS[0]}"
"""What is put into whatever anybody logs."""

DRILLS = (
    "triage.ai_scoring_failing",
    "database_disk_full.outgrown",
    "high_cpu_usage.hot_path",
    "high_ai_costs.scoring_loop",
    "webhooks_not_processing.not_valid",
    "dlq_reprocess.left_over",
    "trigger_jobs_failing.code",
    "cron_jobs_not_running.runs_fail",
    "api_key_rejected.not_deployed",
    "session_jwt_expired.expiry_short",
)


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    with Worlds(tmp_path_factory.mktemp("worlds")) as found:
        yield found


@pytest.fixture
def sent() -> Iterator[tuple[SecretStr, list[bytes]]]:
    """The address of somebody who is told, and all that they were sent."""
    bodies: list[bytes] = []

    async def take(request: Request) -> Response:
        bodies.append(await request.body())
        return Response()

    with served(Starlette(routes=[Route("/{path:path}", take, methods=["POST"])])) as url:
        yield SecretStr(url.replace("http://", "json://")), bodies


def plant(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """From now on, and what was really answered with it."""
    answered: list[str] = []
    handlers = world.parts.project.cloud.handlers
    listed, said = handlers["logging.entries.list"], trigger._error

    def entries(call: Call) -> dict[str, Any]:
        told = listed(call)
        answered.extend("log" for _ in told.get("entries", ()))
        return {**told, **({"entries": [_with(one) for one in told["entries"]]} if told.get("entries") else {})}

    def failed(run: Run) -> dict[str, str]:
        answered.append("run")
        return {name: text + TOLD for name, text in said(run).items() if name != "name"} | {
            name: text for name, text in said(run).items() if name == "name"
        }

    monkeypatch.setitem(handlers, "logging.entries.list", entries)
    monkeypatch.setattr(trigger, "_error", failed)
    return answered


def _with(entry: Mapping[str, Any]) -> dict[str, Any]:
    if "textPayload" in entry:
        return {**entry, "textPayload": entry["textPayload"] + TOLD}
    if "jsonPayload" in entry:
        return {**entry, "jsonPayload": {**entry["jsonPayload"], "lead": LEAD, "from": PHONE, "shown": KEYS[0]}}
    return dict(entry)


def test_each_of_the_newest_runbooks_is_among_them() -> None:
    assert len({one.partition(".")[0] for one in DRILLS}) == len(DRILLS) == 10


@pytest.mark.parametrize("name", DRILLS)
def test_nothing_that_is_written_or_sent_holds_what_was_planted_everywhere(  # noqa: PLR0917 # fixtures
    worlds: Worlds,
    name: str,
    tmp_path: Path,
    sent: tuple[SecretStr, list[bytes]],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (drill,) = chosen([f"medicalcor.{name}"])
    address, bodies = sent
    with worlds.world_for(drill) as world:
        assert isinstance(world, World)
        known = world.environments()
        for one in known.values():
            one.notifier = Notifier(urls=[address])
        monkeypatch.setattr(world, "environments", lambda: known)
        answered = plant(world, monkeypatch)
        with open_within(world, tmp_path) as here:  # pyright: ignore[reportArgumentType] # as it is everywhere
            outcome = carry_out(drill, world, here)
            drawn = timeline(here.journal.entries(outcome.incident))
            shown = [("md", as_markdown(drawn)), ("html", as_html(drawn))]
            assert cli.run(["show", outcome.incident]) == 0
    assert outcome.faults == ()
    elsewhere = name.startswith(("dlq", "high_cpu"))  # dead letters are planted as they are made; CPU is in no log
    assert answered or elsewhere, "nobody was answered with what was planted"
    told = capfd.readouterr()
    everything = [*kept(tmp_path), *((Path(one), text.encode()) for one, text in shown)]
    everything += [(Path("printed"), (told.out + told.err).encode()), *((Path("sent"), body) for body in bodies)]
    assert outcome.incident in told.out
    assert bodies, "nobody was told"
    for path, content in everything:
        for text in PLANTED:
            assert text.encode() not in content, path
