"""A journal is kept for years: what was written under a word that has since been changed is read as it was meant."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from journal import policy, store
from journal.chain import FACT
from journal.facts.decided import Decided, TaskDone
from journal.facts.every import Fact
from journal.facts.policy import Acknowledged, EscalationPolicy, PolicyLevel
from journal.facts.words import Channel
from journal.schema import entries
from journal.store import Journal
from journal.timeline import as_markdown, timeline
from journal.verify import verify
from tests.journal.samples import DIGEST, TASK, opened, requested, task

RENAMED = {"channel": "door", "channels": "doors"}
DRAWN = EscalationPolicy(
    issue="API errors",
    source="rung.t561",
    block="codeblue-rung/rung-prod",
    levels=(PolicyLevel(name="L1", after=timedelta(0)),),
)

SAID: tuple[tuple[str, Fact], ...] = (
    ("ask:End idle sessions", requested()),
    (
        "decided:1",
        Decided(digest=DIGEST, approve=True, by="Mara", channel=Channel.CLI, identity_proven=True, why="seen it"),
    ),
    ("task:Raise the pool limit", task()),
    ("task_done:1", TaskDone(digest=TASK, done=True, by="Mara", channel=Channel.WEB, why="deployed")),
    ("acknowledged", Acknowledged(by="Mara", channel=Channel.CHAT, why="mine")),
)


@pytest.fixture
def old(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> str:
    """An incident as the program wrote it before the words were changed, with hashes over that text."""
    now = store.canonical

    def as_it_was(value: object) -> str:
        assert isinstance(value, dict)
        return now({RENAMED.get(key, key): said for key, said in value.items()})

    incident, _ = journal.open_incident(opened())
    with monkeypatch.context() as before:
        before.setattr(store, "canonical", as_it_was)
        for key, fact in SAID:
            journal.append(incident.id, key, fact)
    return incident.id


def test_what_was_said_by_a_door_is_read_as_said_by_a_channel(journal: Journal, old: str) -> None:
    query = select(entries.c.fact).where(entries.c.incident == old).order_by(entries.c.number)
    texts = journal.database.read(lambda tx: list(tx.execute(query).scalars()))
    assert sum('"door' in text for text in texts) == len(SAID) - 1  # a task does not say where it is answered
    assert [(entry.key, entry.fact) for entry in journal.entries(old)[1:]] == list(SAID)


def test_an_old_entry_still_verifies_and_is_shown(journal: Journal, old: str) -> None:
    assert verify(journal).intact
    shown = as_markdown(timeline(journal.entries(old)))
    assert all(f" {channel.value}" in shown for channel in (Channel.CLI, Channel.WEB, Channel.CHAT))


def test_a_word_that_never_was_is_refused() -> None:
    said = json.loads(SAID[1][1].model_dump_json())
    said["gate"] = said.pop("channel")
    with pytest.raises(ValueError, match="gate"):
        FACT.validate_python(said)


def test_a_ladder_is_read_as_an_escalation_policy(journal: Journal) -> None:
    incident, _ = journal.open_incident(opened())
    was = DRAWN.model_copy(update={"kind": policy.WRITTEN_KEY})
    journal.append(incident.id, policy.WRITTEN_KEY, was)
    entries = journal.entries(incident.id)
    assert policy.policy_of(entries) == was
    assert [page.level for page in policy.due(entries, journal.clock())] == ["L1"]
    assert verify(journal).intact
    assert DRAWN.kind == policy.KEY
