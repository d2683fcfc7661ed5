"""Causes that several runbooks of MedicalCor's API name, with what is done about them."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

from blocks.medicalcor import MedicalCor
from flows.medicalcor.probes._api import DAY, ApiForm, ended, memory, ready, revision, revisions
from flows.medicalcor.probes._cloudrun import LoadForm, load
from flows.parts.cloudrun import GUARDRAIL, PUT_BACK
from runbook import Approval, Evidence, Hypothesis, Manual, Mitigation, Strength
from runbook.evidence import Told
from tasks.cloudrun.change import SendTrafficBack

P = TypeVar("P", bound=ApiForm)
L = TypeVar("L", bound=LoadForm)

OLD = revisions.shows("no revision of the API was made for a day", lambda r: r.none_for(DAY))
NOT_READY = ready.shows("the API says that its database does not work", lambda r: r.down("database"))
READY = ready.shows("the API says that its database works", lambda r: r.well("database"))
SERVES = revision.shows(
    "the revision that answers most requests fails fewer than 1% of them", lambda r: r.share() < 0.01
)
ENDED = ended.shows("at least three processes were ended for want of memory", lambda r: r.of("memory") >= 3)  # devised
NONE_ENDED = ended.shows("no process was ended for want of memory", lambda r: r.none("memory"))
FULL = memory.shows("at least 95% of the API's memory was used", lambda r: r.highest() >= 0.95)
ROOM = memory.shows("never were 80% of the API's memory used", lambda r: r.highest() < 0.80)
TIGHT = memory.shows("at least 90% of the API's memory was used", lambda r: r.highest() >= 0.90)
ROOMY = memory.shows("never were 70% of the API's memory used", lambda r: r.highest() < 0.70)

FULL_HOUSE = load.shows("there are as many instances as there may be", lambda r: r.full())
SPARE = load.shows("fewer instances work than there may be", lambda r: not r.full())
BUSIER = load.shows("more requests come than in the hour before, by far (`busier`)", lambda r: r.grown())
AS_BUSY = load.shows("not more requests come than in the hour before", lambda r: not r.grown())


def more_instances(
    treats: Hypothesis[MedicalCor, L], look_for: str, *, validated_by: Evidence[MedicalCor, L], source: str
) -> Manual[MedicalCor, L]:
    """`look_for` is what else fills instances."""
    return Manual(
        name="more_instances",
        title="Let there be more instances of the API",
        treats=treats,
        why_manual="each instance opens a pool of connections to the database, and costs money; how many are right is"
        " for its owners to say.",
        steps=(
            load.tells(lambda r: [f"Seen: {r}."]),
            look_for,
            "Instances times the pool of each must stay below the connections that the database has.",
            "Raise the service's maximum of instances, to twice as many or a few more, and note what it was: it is put"
            " back afterwards.",
            "Say that it is done; it is then looked whether they are enough.",
        ),
        validated_by=validated_by,
        waits=timedelta(hours=1),
        within=timedelta(minutes=20),
        source=source,
    )


def no_memory(source: str) -> Hypothesis[MedicalCor, ApiForm]:
    return Hypothesis(
        name="no_memory",
        claim="Processes of the API run out of memory and are ended, with the requests that they work on.",
        supported_by=(ENDED, FULL),
        refuted_by=(NONE_ENDED, ROOM),
        strength=((ENDED, Strength.DECISIVE), (NONE_ENDED, Strength.DECISIVE)),
        source=source,
    )


def help_memory(treats: Hypothesis[MedicalCor, P], source: str) -> Manual[MedicalCor, P]:
    return Manual(
        name="help_memory",
        title="Find out what takes the API's memory",
        treats=treats,
        why_manual="the runbook medicalcor.memory_leak tells a leak from too small a limit, and more memory costs"
        " money.",
        steps=(
            ended.tells(lambda r: [f"{r.of('memory')} processes were ended."]),
            memory.tells(lambda r: [f"Seen: {r}."]),
            "Follow medicalcor.memory_leak. As relief, give the service more memory: that makes a new revision.",
            "A heap snapshot holds what patients wrote: take it of one instance without traffic, and encrypt it.",
            "Say that it is done; it is then looked whether processes are still ended.",
        ),
        validated_by=NONE_ENDED,
        waits=timedelta(hours=2),
        within=timedelta(minutes=20),
        source=source,
    )


def help_database(treats: Hypothesis[MedicalCor, P], *told: Told[MedicalCor, P], source: str) -> Manual[MedicalCor, P]:
    """`told` is what was seen of it."""
    return Manual(
        name="help_database",
        title="Find out why the database does not work for the API",
        treats=treats,
        why_manual="the runbooks medicalcor.connection_pool_exhausted and medicalcor.database_disk_full look at why.",
        steps=(
            *told,
            "Look whether the instance of Cloud SQL runs, and what its operations and its maintenance window say.",
            "Where its slots are taken follow medicalcor.connection_pool_exhausted, where its disk is full"
            " medicalcor.database_disk_full.",
            "Say that it is done when the API is ready again; its database is then looked at again.",
        ),
        validated_by=READY,
        waits=timedelta(hours=2),
        within=timedelta(minutes=10),
        source=source,
    )


def send_back(
    treats: Hypothesis[MedicalCor, P],
    *,
    validated_by: Evidence[MedicalCor, P],
    source: str,
    name: str = "send_traffic_back",
    within: timedelta = timedelta(minutes=15),
) -> Mitigation[MedicalCor, P]:
    return Mitigation(
        name=name,
        title="Send the API's traffic back to the revision before",
        treats=treats,
        change=lambda c: SendTrafficBack(google=c.env.google, service=c.env.api.name),
        approval=Approval(
            by="platform on-call",
            risk="What the newest revision brought is gone meanwhile; what was migrated for it stays migrated.",
        ),
        guardrail=GUARDRAIL,
        undo=PUT_BACK,
        validated_by=validated_by,
        within=within,
        leaves="The traffic stays with the older revision: send it to the latest one again when that is mended, or no"
        " later deployment gets any.",
        source=source,
    )
