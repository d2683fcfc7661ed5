"""One round: alerts at both machines, a worker and a receiver killed in the middle, approvals, and then the count."""

from __future__ import annotations

import signal
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterTags
from sqlalchemy import select

from journal import approvals
from journal.errors import AnswerRefused
from journal.facts.closed import Closed
from journal.facts.decided import Requested
from journal.facts.opened import TakenUp
from journal.facts.words import Channel, Ending
from journal.incidents import Incident
from journal.leases import is_gone
from journal.schema import leases
from journal.store import Journal
from journal.verify import verify
from sandbox.machines.machine import TOKEN, Machine
from sandbox.rehearsal import payload, wait
from sandbox.selftest.cases import SelfTest

WITHIN = 240.0
"""Seconds for a round. What a dead receiver took and did not begin waits longest: another looks every 20 s."""


@dataclass(frozen=True, kw_only=True)
class Round:
    """What came of one round. `faults` are sentences about what was lost or done twice."""

    cases: int
    acknowledged: int
    struck: int
    """Incidents that the killed worker was working on."""
    taken_over: int
    """Those of them that another process took up."""
    seconds: float
    faults: tuple[str, ...]


def play(
    machines: tuple[Machine, Machine],
    journal: Journal,
    client: SyncPrefectClient,
    self_test: SelfTest,
    *,
    cases: int = 12,
) -> Round:
    """Carry out one round on two running machines. The first loses its worker and its receiver."""
    began, mark = time.monotonic(), uuid.uuid4().hex[:8]
    doomed, other = machines
    names = [f"plain-{mark}-{number}" for number in range(cases)]
    for name in names:
        self_test.break_(name, "plain")
    with ThreadPoolExecutor(4) as senders:
        sent = [senders.submit(deliver, name, machines) for name in names]
        wait(lambda: len(doomed.acknowledged) >= cases // 3 or None, within=120, what="alerts at the first machine")
        doomed.kill(doomed.receiver)
        for one in sent:
            one.result()
    struck = _strike(journal, doomed)
    _answer_all(journal, names)
    faults = (*_miscounted(journal, client, self_test, names), *_unharmed(doomed), *_broken(journal))
    return Round(
        cases=cases,
        acknowledged=len(doomed.acknowledged | other.acknowledged),
        struck=len(struck),
        taken_over=sum(_taken_up(journal, incident) > 1 for incident in struck),
        seconds=time.monotonic() - began,
        faults=faults,
    )


def deliver(name: str, machines: Sequence[Machine]) -> None:
    """Send the alert of a case to both receivers, as a pair of Alertmanagers does, until one of them has taken it."""

    def attempt() -> bool | None:
        taken = [_post(name, machine) for machine in machines]
        return any(taken) or None

    wait(attempt, within=60, what=f"a receiver to take {name}")


def _post(name: str, machine: Machine) -> bool:
    alert = payload("PracticeCase", "practice", name, {"case": name})
    headers = {"Authorization": f"Bearer {TOKEN}"}
    try:
        answer = httpx.post(f"{machine.url}/alerts/alertmanager", json=alert, headers=headers, timeout=10)
    except httpx.TransportError:
        return False
    if taken := answer.status_code == int(httpx.codes.ACCEPTED):
        machine.acknowledged.add(name)
    return taken


def _strike(journal: Journal, machine: Machine) -> list[str]:
    """Kill a machine's worker while its runs are in the middle of incidents; those that were left there."""
    held = wait(lambda: _in_hand(journal, machine) or None, within=60, what="an incident in the first worker's hands")
    machine.kill(machine.worker)
    for holder in held.values():
        wait(lambda holder=holder: is_gone(holder) or None, within=60, what="the worker's runs to die with it")
    return [incident for incident in held if _in_the_middle(journal, incident)]


def _in_hand(journal: Journal, machine: Machine) -> dict[str, str]:
    """The incidents that a machine's runs hold and have not asked about yet, with their holders."""
    query = select(leases.c.name, leases.c.holder).where(leases.c.name.like("incident:%"))
    held = journal.database.read(lambda tx: tx.execute(query).all())
    found = {name.partition(":")[2]: holder for name, holder in held if machine.works_on(int(holder.split(":")[1]))}
    return {incident: holder for incident, holder in found.items() if _in_the_middle(journal, incident)}


def _in_the_middle(journal: Journal, incident: str) -> bool:
    """Whether a run has begun and neither asked nor ended: if its process dies now, another must go on."""
    kinds = [entry.kind for entry in journal.entries(incident)]
    return "taken_up" in kinds and not {"requested", "closed"} & set(kinds)


def _answer_all(journal: Journal, names: Sequence[str]) -> None:
    """A person who says yes to whatever is asked, until everything is closed."""

    def round_() -> bool | None:
        found = _of(journal, names)
        for incident in found.values():
            for standing in approvals.waiting(journal.entries(incident), datetime.now(UTC)):
                _say_yes(journal, incident, standing)
        done = [journal.incident(incident).closed_at is not None for incident in found.values()]
        return (len(done) == len(names) and all(done)) or None

    wait(round_, within=WITHIN, what=f"the end of all {len(names)} incidents")


def _say_yes(journal: Journal, incident: str, standing: approvals.Standing) -> None:
    assert isinstance(standing.request, Requested)
    try:
        approvals.decide(
            journal,
            incident,
            standing.digest,
            approve=True,
            by="drill",
            channel=Channel.DRILL,
            identity_proven=False,
            why="rehearsed",
        )
    except AnswerRefused:
        return  # it was settled in this moment


def _all_of(journal: Journal, names: Sequence[str]) -> list[Incident]:
    return [one for one in journal.incidents(limit=1000) if _name(one) in names]


def _name(incident: Incident) -> str:
    """The case, which Alertmanager sent as its fingerprint: the receiver puts the form before it."""
    return incident.fingerprint.removeprefix("alertmanager:")


def _of(journal: Journal, names: Sequence[str]) -> dict[str, str]:
    """The incident of each case, as far as there is one."""
    return {_name(one): one.id for one in _all_of(journal, names)}


def _miscounted(
    journal: Journal, client: SyncPrefectClient, self_test: SelfTest, names: Sequence[str]
) -> Iterator[str]:
    """What was lost, and what happened twice: in the journal, in the world and at Prefect."""
    opened = Counter(_name(one) for one in _all_of(journal, names))
    found = _of(journal, names)
    for name in names:
        if opened[name] != 1:
            yield f"{name} has {opened[name]} incidents, not one"
            continue
        incident = found[name]
        ends = [e.fact for e in journal.entries(incident) if isinstance(e.fact, Closed)]
        if [end.ending for end in ends] != [Ending.RESOLVED]:
            yield f"{incident} ended {[f'{end.ending}: {end.text}' for end in ends]}"
        if (effects := self_test.effects(name)) != ["apply"]:
            yield f"{incident} had the effects {effects}"
        wanted = FlowRunFilter(tags=FlowRunFilterTags(all_=[f"incident:{incident}", "runbook:practice.incident"]))
        if (runs := len(client.read_flow_runs(flow_run_filter=wanted))) != 1:
            yield f"{incident} has {runs} flow runs"


def _taken_up(journal: Journal, incident: str) -> int:
    return sum(isinstance(entry.fact, TakenUp) for entry in journal.entries(incident))


def _unharmed(machine: Machine) -> Iterator[str]:
    """A harness that did not kill proves nothing."""
    for what, child in (("worker", machine.worker), ("receiver", machine.receiver)):
        if child.ended() != -signal.SIGKILL:
            yield f"the {what} of {machine.name} was to be killed and ended with {child.ended()}"


def _broken(journal: Journal) -> Iterator[str]:
    if not (said := verify(journal)).intact:
        yield str(said)
