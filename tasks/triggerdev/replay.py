"""Failed runs are replayed: new runs with the same payload, on the version that is deployed now.

One first, and the others only when it has succeeded; then a few at a time, and no more as soon as too many have failed
again. A run is tagged before it is replayed, by a request that may be repeated, and its replay inherits the tag: what
bears one already is never replayed, so that none is replayed twice, whenever we end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from blocks.triggerdev import CANCEL, REPLAY, RUNS, TAG, TriggerDev
from blocks.triggerdev_http import NoSuchThing, told
from journal import clock
from journal.facts.words import Answer, Effect, Stake
from journal.wording import counted, span
from runbook import (
    Drifted,
    NotNeeded,
    NotSafe,
    Outcome,
    Permanent,
    Plan,
    Result,
    Reversible,
    Selection,
    Target,
    Warrant,
    changes,
)
from tasks.triggerdev.runs import FAILED, PAGES, Run, listed, mark_of, odd, since, to_run
from tasks.waiting import until

CANARY, BATCH, AT_MOST = 1, 10, 50


@dataclass(frozen=True, kw_only=True)
class RunsOf(Selection):
    """Runs of the tasks of one environment of Trigger.dev."""

    environment: str


class RunTarget(Target):
    """One failed run: `run` is its id, `task` what it was a run of."""

    run: str
    task: str


@changes(
    RunTarget,
    name="triggerdev.replay_runs",
    effect=Effect.DISRUPTIVE,
    stake=Stake.WORK,
    needs=(TAG, REPLAY, CANCEL),
    reads=(RUNS,),
)
@dataclass(frozen=True, kw_only=True)
class ReplayRuns(Reversible[RunTarget]):
    """Replay failed runs of a window, of tasks that the environment lets be replayed, the oldest first.

    After each batch it waits, at most `within`, until its replays have ended. Undone, replays that have not begun are
    cancelled; what the others did stays.
    """

    trigger: TriggerDev
    window: timedelta
    at_most_failing: float = 0.1
    within: timedelta = timedelta(minutes=5)
    every: timedelta = timedelta(seconds=5)

    @property
    def about(self) -> RunsOf:
        return RunsOf(environment=self.trigger.environment)

    @property
    def lock(self) -> str:
        return f"triggerdev:{self.trigger.url}:{self.trigger.environment}:runs"

    def plan(self) -> Plan[RunTarget] | NotNeeded:
        if not self.trigger.replayable:
            raise NotSafe("The environment names no task that may be replayed; have their owners look at each run.")
        if self.trigger.changing_key is None:
            raise Permanent("Trigger.dev has no changing key, so a person must replay the runs in its dashboard.")
        tasks = {one.task for one in self.trigger.replayable}
        asked = {**since(clock.now(), self.window), "filter[status]": ",".join(FAILED)}
        found = list(listed(self.trigger, {**asked, "filter[taskIdentifier]": ",".join(sorted(tasks))}))
        runs = [one for one in found if one is not None and one.failed and one.task in tasks]
        chosen = sorted((one for one in runs if not one.mark), key=lambda one: one.created)
        if not chosen:
            return NotNeeded(why="No failed run of a task that may be replayed is left.")
        if len(chosen) > AT_MOST or found[-1] is not None:
            raise NotSafe(
                f"{counted(len(chosen), 'run')} failed, and {AT_MOST} are replayed at a time; have a person replay them"
                " by a bulk action of the dashboard, which can be aborted."
            )
        return Plan(
            change=self.name,
            summary=f"Replay {counted(len(chosen), 'failed run')}: {CANARY} first, then {BATCH} at a time; stop where"
            f" more than {self.at_most_failing:.0%} fail again.",
            targets=tuple(_target(one) for one in chosen),
            out_of=len(chosen),
            warnings=tuple(self._warnings(chosen, len(runs) - len(chosen))),
        )

    def apply(self, plan: Plan[RunTarget], warrant: Warrant) -> Outcome:
        headers, replays, lost, why = self.trigger.changing(warrant), dict[str, str](), set[str](), ""
        known = {one.mark: one.id for one in self._replays(plan)}
        for one in plan.targets:  # by this plan, before we were ended: what became of those is judged first
            if one.run in known:
                replays[one.run] = known[one.run]
        rest = [one for one in plan.targets if one.run not in replays]
        rest = [one for one in rest if self._is_as_approved(one, lost)]
        if not replays and not rest:
            raise Drifted("None of the approved runs is still as it was; nothing was replayed.")
        failed, why = self._ended(list(replays.values())) if replays else (set[str](), "")
        size = CANARY
        while rest and not why:
            some, rest = rest[:size], rest[size:]
            begun = {one.run: self._replay(one, headers) for one in some}
            replays |= begun
            again, why = self._ended(list(begun.values()))
            failed |= again
            size = BATCH
        return _outcome(plan, replays, failed, lost, why)

    def landed(self, plan: Plan[RunTarget]) -> tuple[Answer, str]:
        """Each replay bears its original's tag; a run that was tagged and has no replay was perhaps replayed."""
        known, lost = {one.mark for one in self._replays(plan)}, set[str]()
        left = sum(one.run not in known and self._is_as_approved(one, lost) for one in plan.targets)
        said = f"{len(known)} of {len(plan.targets)} approved runs were replayed, {left} are left as they were."
        if left:
            return Answer.NO, said
        if len(known) == len(plan.targets):
            return Answer.YES, said
        return Answer.UNKNOWN, f"{said} {len(lost)} were tagged, and no replay of theirs is listed."

    def undo(self, plan: Plan[RunTarget], warrant: Warrant) -> Outcome:
        headers = self.trigger.changing(warrant)
        waiting = [one for one in self._replays(plan) if one.waits and not one.began]
        for one in waiting:
            told(self.trigger, f"/api/v2/runs/{one.id}/cancel", headers, method="POST")
        now = {one.id: one for one in self._replays(plan)}
        left = {one.id for one in now.values() if one.waits}
        results = tuple(Result(name=f"replay {one.id}", done=one.id not in left) for one in waiting)
        gone = len(waiting) - len(left)
        note = f"Cancelled {counted(gone, 'replay')} that had not begun; {len(now) - len(waiting)} had begun."
        return Outcome(ok=not left, note=note, results=results)

    def undone(self, plan: Plan[RunTarget]) -> tuple[Answer, str]:
        waiting = sum(one.waits for one in self._replays(plan))
        return (Answer.NO if waiting else Answer.YES), f"{counted(waiting, 'replay')} of it wait to begin."

    def _replay(self, target: RunTarget, headers: dict[str, str]) -> str:
        """Tag it, then replay it; the id of the replay."""
        tags = {"tags": [mark_of(target.run)]}
        told(self.trigger, f"/api/v1/runs/{target.run}/tags", headers, method="POST", body=tags)
        made = told(self.trigger, f"/api/v1/runs/{target.run}/replay", headers, method="POST").get("id")
        if not isinstance(made, str) or made == target.run:
            raise odd("a replay has no id of its own")
        return made

    def _is_as_approved(self, target: RunTarget, lost: set[str]) -> bool:
        """Whether it failed, and nobody has tagged it; those that are tagged are `lost`. Read from the run itself."""
        try:
            now = self._read(target.run)
        except NoSuchThing:
            return False
        if now.mark:
            lost.add(target.run)
        return now.failed and now.task == target.task and not now.mark

    def _read(self, run: str) -> Run:
        return to_run(told(self.trigger, f"/api/v3/runs/{run}", self.trigger.reading()))

    def _replays(self, plan: Plan[RunTarget]) -> list[Run]:
        """Replays of the plan's runs, as they are listed: one that was made a moment ago may not be yet."""
        runs = {one.run for one in plan.targets}
        tags = {"filter[tag]": ",".join(map(mark_of, sorted(runs)))}
        found = [one for one in listed(self.trigger, tags, pages=PAGES) if one is not None]
        return [one for one in found if one.is_replay and one.mark in runs]

    def _ended(self, replays: Sequence[str]) -> tuple[set[str], str]:
        """Which of these replays failed, and why to stop; nothing when it may go on. Asked of each by itself."""
        now = dict[str, Run]()

        def all_over() -> bool:
            now.update({run: self._read(run) for run in replays if run not in now or not _is_over(now[run])})
            return all(map(_is_over, now.values()))

        if not until(all_over, within=self.within, every=self.every):
            going = sum(not _is_over(one) for one in now.values())
            return set(), f"{going} of {len(now)} had not ended after {span(self.within)}"
        failed = {run for run, one in now.items() if not one.well}
        if len(failed) > self.at_most_failing * len(now):
            return failed, f"{len(failed)} of the last {len(now)} failed again"
        return failed, ""

    def _warnings(self, chosen: Sequence[Run], tagged: int) -> list[str]:
        said = ["What a run had done before it failed is done again; replays run the version that is deployed now."]
        if tagged:
            said.append(f"{counted(tagged, 'run')} were replayed before and are left; look at each.")
        owners = {self.trigger.owner_of(one.task): None for one in chosen}
        return [*said, f"{', '.join(owners)} say that these tasks may be replayed."]


def _is_over(run: Run) -> bool:
    return run.over or run.status in {"CANCELED", "EXPIRED"}


def _target(run: Run) -> RunTarget:
    return RunTarget(
        name=f"run {run.id}",
        before=f"{run.task}, {run.status}, made {span(max(clock.now() - run.created, timedelta(0)))} ago",
        after="replayed",
        run=run.id,
        task=run.task,
    )


def _outcome(plan: Plan[RunTarget], replays: dict[str, str], failed: set[str], lost: set[str], why: str) -> Outcome:
    def fate(run: str) -> str:
        if run in replays:
            return f"replayed as {replays[run]}{', which failed again' if replays[run] in failed else ''}"
        if run in lost:
            return "left alone: it was tagged, and whether it was replayed, nobody can tell"
        return "left alone: it was stopped" if why else "left alone: no longer as approved"

    stopped = f" Stopped: {why}." if why else ""
    return Outcome(
        ok=not why,
        note=f"Replayed {len(replays)} of {len(plan.targets)} approved runs; {len(failed)} failed again.{stopped}",
        results=tuple(
            Result(name=one.name, done=replays.get(one.run) not in {None, *failed}, note=fate(one.run))
            for one in plan.targets
        ),
    )
