"""Sending a service's traffic back to a revision that worked.

Cloud Run takes the change at once and carries it out by an operation. The etag of the service goes with it: whatever
has happened to the service since it was looked at, it is refused. A plan keeps a digest of that etag, since an etag of
Google's looks like a secret, and what looks like one is not stored. Undoing puts the split back that was there.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from blocks.google import Google
from blocks.google_answers import saying
from journal.facts.words import Answer, Effect
from journal.wording import moment, span
from runbook import (
    Drifted,
    NotNeeded,
    NotSafe,
    Outcome,
    Permanent,
    Plan,
    Result,
    Reversible,
    Target,
    Temporary,
    Warrant,
    changes,
)
from tasks.cloudrun.service import (
    ALL,
    LATEST,
    READY,
    REVISION,
    Share,
    at,
    described,
    is_ready,
    last,
    revision_of,
    revisions,
    shares,
    so,
    state_of,
    terminal,
)
from tasks.selections import RunServiceOf
from tasks.waiting import until

SERVES_WITHIN = timedelta(minutes=5)
MOVED_BY_HAND = "Later deployments of {} get no traffic until it is sent to the latest revision again."


class TrafficTarget(Target):
    """One service in the state that was looked at, by a digest of its etag; `old` and `new` are its traffic."""

    service: str
    state: str
    old: tuple[Share, ...]
    new: tuple[Share, ...]


@changes(
    TrafficTarget,
    name="cloudrun.send_traffic_back",
    effect=Effect.REVERSIBLE,
    needs=("google:run.services.update", "google:iam.serviceAccounts.actAs"),
    reads=(
        "google:run.services.get",
        "google:run.revisions.list",
        "google:run.revisions.get",
        "google:run.operations.get",
    ),
)
@dataclass(frozen=True, kw_only=True)
class SendTrafficBack(Reversible[TrafficTarget]):
    """Let one revision answer all requests: `to`, or the newest one that is ready and older than what answers now."""

    google: Google
    service: str
    to: str = ""
    within: timedelta = SERVES_WITHIN

    @property
    def about(self) -> RunServiceOf:
        return RunServiceOf(service=self.service)

    @property
    def lock(self) -> str:
        return f"cloudrun:{self.service}"

    def plan(self) -> Plan[TrafficTarget] | NotNeeded:
        found = described(self.google, self.service)
        self._refuse_while_under_way(found)
        now, wanted = so(found), shares(found.get("traffic"))
        to, made, out_of = self._to(now)
        if _all_to(to, now) and not any(one.latest and one.percent for one in wanted):
            return NotNeeded(why=f"{self.service} sends all requests to {to} already.")
        new = (Share(percent=ALL, revision=to), *(one.model_copy(update={"percent": 0}) for one in wanted if one.tag))
        target = TrafficTarget(
            name=self.service,
            before=_told(wanted),
            after=_told(new),
            service=self.service,
            state=state_of(found),
            old=wanted,
            new=new,
        )
        return Plan(
            change=self.name,
            summary=f"Send all requests of {self.service} to {to}, made {made}.",
            targets=(target,),
            out_of=out_of,
            warnings=(
                MOVED_BY_HAND.format(self.service),
                "What was migrated for a newer revision stays migrated; Cloud Run does not know of it.",
            ),
        )

    def apply(self, plan: Plan[TrafficTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        found = described(self.google, target.service)
        if state_of(found) != target.state:
            raise Drifted(f"{target.service} was changed since this was planned; plan again.")
        return self._send(target, target.new, found["etag"], warrant)

    def landed(self, plan: Plan[TrafficTarget]) -> tuple[Answer, str]:
        return self._is(plan.targets[0].new)

    def undo(self, plan: Plan[TrafficTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        found = described(self.google, target.service)
        wanted = shares(found.get("traffic"))
        if wanted == target.old:
            note = f"{target.service} wants {_told(wanted)}, as before."
            return Outcome(ok=True, note=note, results=(Result(name=target.name, done=True, note=note),))
        if wanted != target.new:
            note = f"{target.service} wants {_told(wanted)} by somebody else's doing; it was left alone."
            return Outcome(ok=False, note=note, results=(Result(name=target.name, done=False, note=note),))
        return self._send(target, target.old, str(found.get("etag", "")), warrant)

    def undone(self, plan: Plan[TrafficTarget]) -> tuple[Answer, str]:
        return self._is(plan.targets[0].old)

    def _to(self, traffic: tuple[Share, ...]) -> tuple[str, str, int]:
        """The revision to send to, since when there is one, and how many revisions there are. Raises `NotSafe`."""
        found, whole = revisions(self.google, self.service)
        if self.to:
            one = revision_of(self.google, self.service, self.to)
            if one is None:
                raise NotSafe(f"{self.service} has no revision {self.to}, or it was deleted; choose another one.")
            if not is_ready(one):
                raise NotSafe(f"The revision {self.to} is not ready, so it could not answer; choose another one.")
            return self.to, moment(at(one)), len(found)
        now = {one.revision for one in traffic if one.percent}
        oldest = min((at(one) for one in found if last(one["name"]) in now), default=None)
        if oldest is None or not whole:
            raise NotSafe(f"Which revision of {self.service} came before cannot be told; name one.")
        before = [one for one in found if at(one) < oldest and is_ready(one)]
        if not before:
            raise NotSafe(
                f"No revision of {self.service} is ready and older than what answers now; there is no way back."
            )
        newest = max(before, key=at)
        return last(newest["name"]), moment(at(newest)), len(found)

    def _refuse_while_under_way(self, found: dict[str, Any]) -> None:
        if found.get("reconciling"):
            raise NotSafe(f"An operation on {self.service} is under way; wait until it has ended.")

    def _send(self, target: TrafficTarget, traffic: tuple[Share, ...], etag: str, warrant: Warrant) -> Outcome:
        ended = self._ended(self._sent(target, traffic, etag, warrant))
        done, note = ended is not None and not ended.get("error"), f"{target.service} sends {_told(traffic)}."
        if ended is None:
            note = f"Sending the traffic of {target.service} had not ended within {span(self.within)}."
        elif not done:
            note = f"Cloud Run could not send the traffic of {target.service}: {_said(ended['error'])}."
        return Outcome(ok=done, note=note, results=(Result(name=target.name, done=done, note=note),))

    def _sent(self, target: TrafficTarget, traffic: tuple[Share, ...], etag: str, warrant: Warrant) -> str:
        """Ask for the traffic; the name of the operation, or nothing where it is not told."""
        name = self.google.service(target.service)
        body = {"name": name, "etag": etag, "traffic": [_asked(one) for one in traffic]}
        try:
            with self.google.changing("run", warrant) as run:
                begun = run.ask(
                    lambda api: api.projects().locations().services().patch(name=name, body=body, updateMask="traffic"),
                    f"send the traffic of {target.service}",
                )
        except Drifted:
            # httplib2 repeats a request whose answer was lost; the second is refused because the first was done.
            if shares(described(self.google, target.service).get("traffic")) != traffic:
                raise
            return ""
        return str(begun.get("name", ""))

    def _ended(self, operation: str) -> dict[str, Any] | None:
        """The operation when it has ended, well or not; nothing where it goes on for longer than we wait.

        Of one that cannot be seen, the service tells when it is over: what was done is not made undone by that.
        """
        found: dict[str, Any] = {}

        def over() -> bool:
            with suppress(Temporary):
                found.clear()
                found.update(self._operation(operation) or self._as_operation())
            return bool(found.get("done"))

        return found if until(over, within=self.within, every=timedelta(seconds=0.5)) else None

    def _operation(self, name: str) -> dict[str, Any] | None:
        """An operation; nothing where it has no name, is forgotten, or may not be seen."""
        with suppress(Permanent), self.google.reading("run") as run:
            if name:
                return run.ask(
                    lambda api: api.projects().locations().operations().get(name=name), "follow an operation"
                )
        return None

    def _as_operation(self) -> dict[str, Any]:
        """How the service is, in the form of an operation on it."""
        service = described(self.google, self.service)
        state, why = terminal(service)
        failed = {} if state in {None, READY} else {"error": {"message": why}}
        return {"done": not service.get("reconciling"), **failed}

    def _is(self, traffic: tuple[Share, ...]) -> tuple[Answer, str]:
        """Whether the traffic is this; unknown while it is asked for and not so."""
        found = described(self.google, self.service)
        wanted = shares(found.get("traffic"))
        if wanted != traffic:
            return Answer.NO, f"{self.service} wants {_told(wanted)}."
        _, why = terminal(found)
        if found.get("reconciling") or not _is_so(traffic, shares(found.get("trafficStatuses"))):
            return Answer.UNKNOWN, f"{self.service} wants {_told(wanted)}, and it is not so yet. {why}".strip()
        return Answer.YES, f"{self.service} sends {_told(wanted)}."


def _is_so(wanted: tuple[Share, ...], told: tuple[Share, ...]) -> bool:
    """Whether what was asked for is so: traffic to the latest revision is told with that revision's name."""

    def known(one: Share) -> tuple[str, bool, int, str]:
        return "" if one.latest else one.revision, one.latest, one.percent, one.tag

    return sorted(map(known, wanted)) == sorted(map(known, told))


def _all_to(revision: str, traffic: tuple[Share, ...]) -> bool:
    return sum(one.percent for one in traffic if one.revision == revision) == ALL


def _asked(one: Share) -> dict[str, Any]:
    named = {} if one.latest else {"revision": one.revision}
    tagged = {"tag": one.tag} if one.tag else {}
    return {"type": LATEST if one.latest else REVISION, "percent": one.percent, **named, **tagged}


def _told(traffic: tuple[Share, ...]) -> str:
    return ", ".join(str(one) for one in traffic if one.percent) or "nothing"


def _said(error: Any) -> str:
    return saying(error).rstrip(".") or "it does not say why"
