"""The replica of the database is late: readers do not see what was just written."""

from __future__ import annotations

from datetime import date
from typing import Any

from prefect.client.schemas.objects import State
from pydantic import Field

from blocks.rastup import Rastup
from flows.follow import follow
from flows.forms import WindowForm
from flows.incident import runbook_flow
from flows.parts.postgres import replaying, replication
from runbook import Alert, Refusal, Runbook, Severity


class Params(WindowForm, replication.ReplayForm):
    environment: str = Field(default="rastup-prod", min_length=1, description="Saved environment to work on.")


REPLAY = replication.AskedReplay[Rastup, Params](replication.replay("rastup.c438 rastup.t439 rastup.p437"))
HOLDERS = replication.AskedHolders[Rastup, Params](replication.holders())
STREAM = replication.AskedStream[Rastup, Params](replication.stream("rastup.c428 rastup.p427"))
LOAD = replication.AskedReplicaLoad[Rastup, Params](replication.replica_load("rastup.h443 rastup.h444"))

REPLAY_PAUSED = replication.replay_paused(REPLAY)
REPLAY_HELD = replication.replay_held(REPLAY, HOLDERS)
WRITE_BURST = replication.write_burst(REPLAY)
CUT_OFF = replication.replica_cut_off(REPLAY, STREAM, "rastup.h444")
TOO_SMALL = replication.replica_too_small(REPLAY, LOAD, "rastup.h443")

RUNBOOK = Runbook[Rastup, Params](
    name="rastup.db_replication_lag",
    title="Replication lag",
    about="The database's replica is late, so whoever reads from it does not see what was just written.",
    source="rastup.db_replication_lag rastup.t442",
    version="1",
    severity=Severity.ERROR,
    environment="rastup-prod",
    starts_on=("RastupReplicationLag", "rastup-prod-*replica*lag*"),
    symptom=REPLAY.late,
    hypotheses=(REPLAY_PAUSED, REPLAY_HELD, WRITE_BURST, CUT_OFF, TOO_SMALL),
    mitigations=(
        replaying.resume_replay(REPLAY_PAUSED, REPLAY),
        replaying.end_holders(REPLAY_HELD, HOLDERS),
        replaying.wait_for_burst(WRITE_BURST, REPLAY),
        replaying.mend_stream(CUT_OFF, REPLAY, STREAM, "rastup.h444"),
        replaying.larger_replica(TOO_SMALL, LOAD, "rastup.h445"),
    ),
    refuses=(
        Refusal(
            what="Reading the lag off `StatusInfos` of the replica's instance.",
            why="It says whether the replica replicates, and no seconds. The replica is asked itself, and CloudWatch's"
            " ReplicaLag is shown beside it.",
            source="rastup.c438",
        ),
    ),
    escalation=Rastup.DATABASE,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def rastup_db_replication_lag(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why the replica is late and offer the safest fix."""
    return follow(RUNBOOK, Rastup, params, alert)
