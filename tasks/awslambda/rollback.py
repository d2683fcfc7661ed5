"""Pointing an alias back to the version that served well before the present one.

Only what is known to be good is gone back to: the alias pointed to it for an hour or longer right before, fewer than
one call in a hundred failed then and the symptom was not there, it is at most 30 days old, and it is active. And only
from a version with which the trouble came: of one that served well at first, the one before would cure nothing.
Whatever of that is not known is refused, and a person decides. An alias that divides its requests is refused, too: a
deployment is under way. So is one for which environments stand ready: Lambda would divide its requests, and leave them
with the bad version until as many stand ready of the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from journal import clock
from journal.facts.words import Answer, Effect
from journal.wording import moment, span
from runbook import (
    Around,
    Drifted,
    NotNeeded,
    NotSafe,
    Outcome,
    Plan,
    Release,
    Result,
    Reversible,
    Target,
    Warrant,
    changes,
)
from tasks.awslambda.read import LATEST, configuration, get_alias, is_shifting, provisioned
from tasks.awslambda.release import read_moves
from tasks.awslambda.served import Served, around_move, before_the_present, calls_by_alias, failing_before
from tasks.cloudwatch.read import Metric
from tasks.selections import AliasOf

OLDEST = timedelta(days=30)
"""An older version is not gone back to: what it calls has moved on."""

LEAST_SERVED = timedelta(hours=1)
"""What served for less has not shown that it is good."""

LEAST_KNOWN = 0.5
"""Share of the periods looked at that must have had enough requests to tell how a version served."""

MOST_FAILED = 0.01
"""Of a version that served well, fewer of the calls failed."""

MOST_BEYOND = 0.05
"""Share of the known periods that may have been beyond the symptom's limit all the same."""

NEWEST = 3
"""Periods in which requests must have come by the alias; one of them may not be over, and one not be told."""

ACTIVE = "Active"


class AliasTarget(Target):
    """An alias of a function in the revision that was looked at; `old` and `new` are versions."""

    function: str
    alias: str
    old: str
    new: str
    revision: str


@changes(
    AliasTarget,
    name="lambda.point_back",
    effect=Effect.REVERSIBLE,
    needs=("lambda:UpdateAlias",),
    reads=(
        "lambda:GetAlias",
        "lambda:GetFunctionConfiguration",
        "lambda:GetProvisionedConcurrencyConfig",
        *read_moves.permissions,
        "cloudwatch:GetMetricData",
    ),
)
@dataclass(frozen=True, kw_only=True)
class PointBack(Reversible[AliasTarget]):
    """Point the alias to the version before, if that is known to be good.

    It was good if fewer than `MOST_FAILED` of its calls failed in the last `window` of its service, looked at by
    `period`, and `value` (a count as a share of `among`, or a value where there was enough of that) was not beyond
    `limit`. Requests must come by the alias, or moving it would help nobody.
    """

    aws: Aws
    function: str
    alias: str
    value: Metric
    among: Metric
    limit: float
    period: timedelta
    window: timedelta = LEAST_SERVED

    @property
    def about(self) -> AliasOf:
        return AliasOf(function=self.function, alias=self.alias)

    @property
    def lock(self) -> str:
        return f"lambda:{self.function}"

    def plan(self) -> Plan[AliasTarget] | NotNeeded:
        alias = get_alias(self.aws.reading("lambda"), self.function, self.alias)
        present: str = alias["FunctionVersion"]
        if is_shifting(alias):
            raise NotSafe(f"A deployment shifts requests of {self._where} to another version; wait for its end.")
        if not alias.get("RevisionId"):
            raise NotSafe(f"AWS told no revision of {self._where}, so a change in between would not be noticed.")
        lately = NEWEST * self.period
        if not calls_by_alias(self.aws, self.function, self.alias, lately, period=self.period):
            raise NotSafe(f"No request came by {self._where} in the last {span(lately)}; moving it helps nobody.")
        moves = read_moves(self.aws, self.function, self.alias, window=OLDEST)
        before = before_the_present(moves, present)
        if before is None or LATEST in (present, before.version):
            raise NotSafe(f"Which published version {self._where} was before {present} is not known; choose one.")
        if int(before.version) > int(present):
            return NotNeeded(why=f"{self._where} was moved back from version {before.version} to {present} already.")
        self._refuse_innocent(self._proven(before, present))
        target = AliasTarget(
            name=self._where,
            before=f"version {present}",
            after=f"version {before.version}",
            function=self.function,
            alias=self.alias,
            old=present,
            new=before.version,
            revision=alias["RevisionId"],
        )
        return Plan(
            change=self.name,
            summary=f"Point {self._where} back to version {before.version}, which served from {moment(before.since)}"
            f" until {moment(before.until)} or later; of its calls in the last {span(self._looked_at(before))} of that,"
            f" fewer than {MOST_FAILED:.0%} failed.",
            targets=(target,),
            out_of=1,
            warnings=(
                f"What was migrated for version {present} stays migrated; Lambda does not know of it.",
                f"The next deployment moves {self._where} again: let nobody release the same fault once more.",
            ),
        )

    def apply(self, plan: Plan[AliasTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        alias = get_alias(self.aws.reading("lambda"), self.function, self.alias)
        if not _is(alias, target.old) or alias.get("RevisionId") != target.revision:
            raise Drifted(f"{self._where} was changed since this was planned; plan again.")
        self._refuse_unready(target.new)
        return self._point(target, target.new, target.revision, warrant)

    def landed(self, plan: Plan[AliasTarget]) -> tuple[Answer, str]:
        return self._points_to(plan.targets[0].new)

    def undo(self, plan: Plan[AliasTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        alias = get_alias(self.aws.reading("lambda"), self.function, self.alias)
        if _is(alias, target.old):
            return _outcome(target, f"{self._where} is version {target.old}, as before.")
        if not _is(alias, target.new):
            return _outcome(target, f"{_told(self._where, alias)} by now; it was left alone.", done=False)
        return self._point(target, target.old, alias.get("RevisionId", ""), warrant)

    def undone(self, plan: Plan[AliasTarget]) -> tuple[Answer, str]:
        return self._points_to(plan.targets[0].old)

    def _proven(self, before: Served, present: str) -> Around:
        """How it was around the move to `present`. Raises `NotSafe` unless the version before is known to be good."""
        which = f"{before.version} of {self.function}"
        if before.long < LEAST_SERVED:
            raise NotSafe(f"Version {which} is known to have served for {span(before.long)} only; choose a version.")
        self._refuse_unready(before.version)
        moved = Release(what="version", service=self._where, version=present, at=before.until, source="CloudTrail")
        period, window = self.period, self._looked_at(before)
        seen = around_move(self.aws, before, moved, value=self.value, among=self.among, period=period, window=window)
        try:
            failing = failing_before(self.aws, before, self.function, self.alias, period=period, window=window)
        except LookupError as unknown:
            raise NotSafe(f"How version {which} served is not known: {unknown}.") from unknown
        if len(seen.before) * period < LEAST_KNOWN * window:
            raise NotSafe(f"How version {which} served is known for too little of {span(window)}.")
        if failing >= MOST_FAILED:
            raise NotSafe(f"Version {which} did not serve well either, {failing:.1%} of its calls failed; choose one.")
        if sum(one > self.limit for one in seen.before) > MOST_BEYOND * len(seen.before):
            raise NotSafe(f"Version {which} did not serve well either, it was the same then; choose one.")
        return seen

    def _looked_at(self, before: Served) -> timedelta:
        return min(self.window, before.long)

    def _refuse_innocent(self, seen: Around) -> None:
        try:
            innocent = seen.is_innocent(self.limit)
        except LookupError as unknown:
            raise NotSafe(f"Whether it came with {seen.release.version} is not known: {unknown}.") from unknown
        if innocent:
            raise NotSafe(
                f"Version {seen.release.version} of {self.function} served well at first; going back would not help."
            )

    def _refuse_unready(self, version: str) -> None:
        """Raise `NotSafe` where Lambda would not let the version serve at once."""
        if provisioned(self.aws.reading("lambda"), self.function, self.alias) is not None:
            raise NotSafe(
                f"Environments stand ready for {self._where}, and Lambda leaves requests with the present version until"
                " as many stand ready of another; move it with the deployment's own tool."
            )
        said = configuration(self.aws.reading("lambda"), self.function, version)
        made, state = datetime.fromisoformat(said["LastModified"]).astimezone(UTC), said.get("State") or "not known"
        if clock.now() - made > OLDEST:
            raise NotSafe(
                f"Version {version} of {self.function} is of {moment(made)}, more than {span(OLDEST)} old; choose one."
            )
        if state != ACTIVE:
            raise NotSafe(f"Version {version} of {self.function} is not ready to serve (its state is {state}).")

    def _point(self, target: AliasTarget, version: str, revision: str, warrant: Warrant) -> Outcome:
        function = self.aws.arn("lambda", f"function:{self.function}")
        changing = self.aws.changing("lambda", warrant, self.permissions, on=(function, f"{function}:{self.alias}"))
        try:
            changing.update_alias(
                FunctionName=self.function, Name=self.alias, FunctionVersion=version, RevisionId=revision
            )
        except (ClientError, BotoCoreError) as error:
            if not _is_conflict(error):
                raise explain(error, f"point {self._where} to version {version}") from error
            # botocore repeats a request whose answer was lost; the second is refused because the first was done.
            if not _is(get_alias(self.aws.reading("lambda"), self.function, self.alias), version):
                raise Drifted(f"{self._where} was changed at this very moment; plan again.") from error
        return _outcome(target, f"{self._where} is version {version}.")

    def _points_to(self, version: str) -> tuple[Answer, str]:
        alias = get_alias(self.aws.reading("lambda"), self.function, self.alias)
        return (Answer.YES if _is(alias, version) else Answer.NO), f"{_told(self._where, alias)}."

    @property
    def _where(self) -> str:
        return f"{self.function}:{self.alias}"


def _is(alias: dict[str, Any], version: str) -> bool:
    """Whether all requests of an alias go to a version."""
    return alias["FunctionVersion"] == version and not is_shifting(alias)


def _told(where: str, alias: dict[str, Any]) -> str:
    divided = ", with a part of the requests going to another" if is_shifting(alias) else ""
    return f"{where} is version {alias['FunctionVersion']}{divided}"


def _is_conflict(error: ClientError | BotoCoreError) -> bool:
    code = error.response.get("Error", {}).get("Code") if isinstance(error, ClientError) else ""
    return code == "PreconditionFailedException"


def _outcome(target: AliasTarget, note: str, *, done: bool = True) -> Outcome:
    return Outcome(ok=done, note=note, results=(Result(name=target.name, done=done, note=note),))
