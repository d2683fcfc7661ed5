"""What the probes of every runbook bring back survives the journal: judged from there, it gives the same verdicts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deployments.declarations import installed
from deployments.replaying import again
from journal.facts.opened import Opened
from journal.facts.seen import GATHER, Judged, Read
from journal.store import Journal
from runbook import Context, Reading, Runbook
from runbook.judging import rank
from tasks.gather import read
from tests.contract.runbooks import RUNBOOKS

RECORDED = Path(__file__).parents[1] / "recorded"
NOWHERE: Context[Any, Any] = Context(env=None, params=None)
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[Journal]:
    file = shutil.copy(migrated, tmp_path_factory.mktemp("replayed") / "journal.db")
    with Journal.connect(f"sqlite:///{file}") as opened:
        yield opened


@pytest.mark.parametrize("said", ["holds", "not"])
@pytest.mark.parametrize("runbook", RUNBOOKS.values(), ids=RUNBOOKS.keys())
def test_recorded_readings_are_judged_as_they_were(journal: Journal, runbook: Runbook[Any, Any], said: str) -> None:
    incident = opened(journal, runbook, said)
    readings = dict(seen(runbook, said))
    for name, reading in readings.items():
        probe, value = runbook.probes()[name], reading.value
        told = {"asks": probe.asks, "source": probe.source, "text": str(value), "value": value.model_dump(mode="json")}
        journal.append(incident, f"read:{name}", Read(phase=GATHER, probe=name, at=AT, took=timedelta(0), **told))
    ranking = rank(runbook.hypotheses, readings, unnamed=runbook.unnamed)
    kept = journal.append(incident, "judged", Judged(ranking=ranking)).fact
    found = again(journal, journal.entries(incident), installed(runbook.name))
    [judgement] = found.judgements
    assert Judged(ranking=judgement.now).model_dump_json() == kept.model_dump_json()
    assert found.same
    assert judgement.first_now is not None, found.unknown


def seen(runbook: Runbook[Any, Any], said: str) -> Iterator[tuple[str, Reading[Any]]]:
    """A recorded reading of each probe, as a look of the pipeline gives it."""
    system, _, name = runbook.name.partition(".")
    recorded = json.loads((RECORDED / system / f"{name}.json").read_text("utf-8"))
    found = {one.probe.name: (one.probe, recorded[one.sentence][said]) for one in runbook.evidence()}
    for name, (probe, value) in found.items():
        answers = replace(probe, read=lambda _c, kind=probe.reads, value=value: kind.model_validate(value))
        yield name, read(NOWHERE, answers)


def opened(journal: Journal, runbook: Runbook[Any, Any], said: str) -> str:
    fact = Opened(
        title=runbook.title,
        runbook=runbook.name,
        runbook_version=runbook.version,
        system=runbook.system,
        environment=runbook.environment,
        severity=runbook.severity,
        fingerprint=f"{runbook.name} {said}",
        params={"environment": runbook.environment},
        requested_by="ada",
    )
    return journal.open_incident(fact)[0].id
