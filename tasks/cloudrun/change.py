"""Sending a service's traffic back to a revision that worked.

Cloud Run takes the change at once and carries it out by an operation. The etag of the service goes with it: whatever
has happened to the service since it was looked at, it is refused. A plan keeps a digest of that etag, since an etag of
Google's looks like a secret, and what looks like one is not stored. Undoing puts the split back that was there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from blocks.google import Google
from journal.facts.words import Answer, Effect
from journal.wording import moment
from runbook import (
    Drifted,
    NotNeeded,
    NotSafe,
    Outcome,
    Plan,
    Result,
    Reversible,
    Target,
    Warrant,
    changes,
)
from tasks.cloudrun.operation import SERVES_WITHIN, carry_out, refuse_while_under_way
from tasks.cloudrun.service import (
    ALL,
    LATEST,
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
        refuse_while_under_way(self.service, found)
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

    def _send(self, target: TrafficTarget, traffic: tuple[Share, ...], etag: str, warrant: Warrant) -> Outcome:
        return carry_out(
            self.google,
            target.service,
            {"traffic": [_asked(one) for one in traffic]},
            etag,
            warrant,
            is_so=lambda found: shares(found.get("traffic")) == traffic,
            doing=f"send the traffic of {target.service}",
            done=f"{target.service} sends {_told(traffic)}.",
            within=self.within,
        )

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
