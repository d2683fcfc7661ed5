"""Of several incidents about to make the same change, one at a time asks the guardrail and commits to it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from blocks.notifier import Notifier
from blocks.postgres import Postgres
from flows.incident import opening
from journal.facts.done import Intended
from journal.facts.words import Act
from journal.store import Journal
from runbook import Context, Mitigation
from sandbox.selftest.incident import RUNBOOK, Params, Practice
from tasks.case import Case
from tasks.guardrail import refusal, turn
from tests.journal.samples import planned

AT_ONCE = 8
COOLING = next(one for one in RUNBOOK.steps() if isinstance(one, Mitigation) and one.name == "cooling")


def case_of(journal: Journal, name: str, environment: str) -> Case[Practice, Params]:
    nothing = SecretStr("x")
    database = Postgres(
        host="db", dbname="d", reader="r", reader_password=nothing, changer="c", changer_password=nothing
    )
    params = Params(environment=environment, case=name)
    incident, _ = journal.open_incident(opening(RUNBOOK, params, None, requested_by="ana"))
    return Case(
        runbook=RUNBOOK,
        context=Context(env=Practice(notifier=Notifier(), database=database), params=params),
        journal=journal,
        incident=incident.id,
        requested_by="ana",
        flow_run=name,
        holder=name,
    )


@pytest.mark.parametrize(("environments", "begun"), [(("one",), 1), (("one", "other"), 2)])
def test_of_many_at_once_one_in_each_environment_begins_and_the_others_cool_down(
    tmp_path: Path, environments: tuple[str, ...], begun: int
) -> None:
    together = threading.Barrier(AT_ONCE)

    def go(number: int) -> str | None:
        name = f"{number:016x}"
        with Journal.connect(f"sqlite:///{tmp_path}/journal.db") as journal:
            case = case_of(journal, name, environments[number % len(environments)])
            plan = planned(name)
            case.say("plan:cooling", plan)
            change = COOLING.change(case.context)
            drawn = change.revive({"change": plan.change, "summary": "s", "targets": [], "out_of": 0, "warnings": []})
            together.wait(timeout=60)
            with turn(case, plan.change):
                why = refusal(case, COOLING, drawn, digest=name)
                if why is None:
                    said = Intended(mitigation="cooling", digest=name, act=Act.APPLY, attempt=1, holder=name)
                    case.say("intended:cooling:apply:1", said)
            return why

    with ThreadPoolExecutor(AT_ONCE) as incidents:
        said = list(incidents.map(go, range(AT_ONCE)))
    assert said.count(None) == begun
    assert all(one is None or "may be made again 10 h after that" in one for one in said)


def test_without_a_cooldown_what_another_did_in_this_very_moment_hinders_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes on two machines, and clocks that stand still between their intents."""
    now = datetime(2026, 3, 1, tzinfo=UTC)
    monkeypatch.setattr("journal.clock.now", lambda: now)
    at_once = replace(COOLING, guardrail=replace(COOLING.guardrail, cooldown=timedelta(0)))
    with Journal.connect(f"sqlite:///{tmp_path}/journal.db", clock=lambda: now) as journal:
        first, second = (case_of(journal, letter * 16, "one") for letter in "ab")
        first.say("plan:cooling", planned("a" * 16))
        first.say(
            "intended:cooling:apply:1",
            Intended(mitigation="cooling", digest="a" * 16, act=Act.APPLY, attempt=1, holder="a"),
        )
        change = COOLING.change(second.context)
        plan = planned("b" * 16)
        drawn = change.revive({"change": plan.change, "summary": "s", "targets": [], "out_of": 0, "warnings": []})
        assert refusal(second, at_once, drawn, digest="b" * 16) is None
        assert refusal(second, COOLING, drawn, digest="b" * 16) is not None
