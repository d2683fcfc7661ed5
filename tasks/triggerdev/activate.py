"""Paused schedules are resumed: those that a person or a program made, and never what the code of a task declares."""

from __future__ import annotations

from dataclasses import dataclass

from blocks.triggerdev import SCHEDULES, SWITCH, Scheduled, TriggerDev
from blocks.triggerdev_http import told
from journal.facts.words import Answer, Effect
from journal.wording import counted
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
from tasks.triggerdev.schedules import Schedule, due, read_schedule, read_schedules, same_times

AT_MOST = 10


@dataclass(frozen=True, kw_only=True)
class TimetableOf(Selection):
    """The schedules of one environment of Trigger.dev that its timetable names."""

    environment: str


class ScheduleTarget(Target):
    """One schedule as it was looked at."""

    schedule: str
    task: str
    cron: str
    timezone: str


@changes(
    ScheduleTarget,
    name="triggerdev.activate_schedule",
    effect=Effect.REVERSIBLE,
    needs=(SWITCH,),
    reads=(SCHEDULES,),
)
@dataclass(frozen=True, kw_only=True)
class ActivateSchedule(Reversible[ScheduleTarget]):
    """Let the paused schedules of the timetable run again, where they are as it has them. What was missed stays so."""

    trigger: TriggerDev

    @property
    def about(self) -> TimetableOf:
        return TimetableOf(environment=self.trigger.environment)

    @property
    def lock(self) -> str:
        return f"triggerdev:{self.trigger.url}:{self.trigger.environment}:schedules"

    def _planned(self, schedule: Schedule) -> Scheduled | None:
        """What the timetable says of a schedule; nothing of one that is of other times."""
        of_it = (one for one in self.trigger.timetable if one.task == schedule.task)
        return next((one for one in of_it if same_times(schedule, one)), None)

    def plan(self) -> Plan[ScheduleTarget] | NotNeeded:
        if self.trigger.changing_key is None:
            raise Permanent("Trigger.dev has no changing key, so a person must resume the schedule in its dashboard.")
        known = [(one, self._planned(one)) for one in read_schedules(self.trigger)]
        owners = {one.id: planned.owner for one, planned in known if planned is not None}
        mine = [one for one, _ in known if one.id in owners]
        run = {one.task for one in mine if one.active}
        paused = [one for one in mine if not one.active and one.task not in run]
        chosen = [one for one in paused if one.kind == "IMPERATIVE"]
        if not paused:
            return NotNeeded(why="No schedule of the timetable is paused.")
        if not chosen:
            raise NotSafe("What is paused is declared in the code of its task, so a deployment must resume it.")
        if len(chosen) > AT_MOST:
            raise NotSafe(f"{counted(len(chosen), 'schedule')} are paused, and {AT_MOST} are resumed at a time.")
        return Plan(
            change=self.name,
            summary=f"Resume {counted(len(chosen), 'schedule')} of {', '.join(one.task for one in chosen)}.",
            targets=tuple(_target(one) for one in chosen),
            out_of=len(chosen),
            warnings=(
                "Somebody may have paused it on purpose; Trigger.dev does not say who, or why.",
                "What was missed meanwhile is not made up for: it runs at its next time.",
                f"{', '.join(dict.fromkeys(owners[one.id] for one in chosen))} answer for it.",
            ),
        )

    def apply(self, plan: Plan[ScheduleTarget], warrant: Warrant) -> Outcome:
        headers = self.trigger.changing(warrant)
        as_approved = [one for one in plan.targets if _is_as_planned(read_schedule(self.trigger, one.schedule), one)]
        if not any(not read_schedule(self.trigger, one.schedule).active for one in as_approved):
            raise Drifted("None of the approved schedules is still paused as it was; nothing was resumed.")
        for one in as_approved:
            told(self.trigger, f"/api/v1/schedules/{one.schedule}/activate", headers, method="POST")
        return self._outcome(plan, as_approved, active=True)

    def landed(self, plan: Plan[ScheduleTarget]) -> tuple[Answer, str]:
        return self._are(plan, active=True)

    def undo(self, plan: Plan[ScheduleTarget], warrant: Warrant) -> Outcome:
        headers = self.trigger.changing(warrant)
        mine = [one for one in plan.targets if _is_as_planned(read_schedule(self.trigger, one.schedule), one)]
        for one in mine:
            told(self.trigger, f"/api/v1/schedules/{one.schedule}/deactivate", headers, method="POST")
        return self._outcome(plan, mine, active=False)

    def undone(self, plan: Plan[ScheduleTarget]) -> tuple[Answer, str]:
        return self._are(plan, active=False)

    def _are(self, plan: Plan[ScheduleTarget], *, active: bool) -> tuple[Answer, str]:
        """Whether all of them are so. Doing it again does no more, so that some are not allows that."""
        now = [read_schedule(self.trigger, one.schedule) for one in plan.targets]
        said = f"{', '.join(map(str, now))}."
        return (Answer.YES if all(one.active is active for one in now) else Answer.NO), said

    def _outcome(self, plan: Plan[ScheduleTarget], mine: list[ScheduleTarget], *, active: bool) -> Outcome:
        """As it is afterwards, read anew."""
        now = {one.schedule: read_schedule(self.trigger, one.schedule) for one in mine}
        done = {name for name, one in now.items() if one.active is active}
        notes = {name: f"{one}, runs next at {due(one)}" for name, one in now.items()}
        results = tuple(
            Result(name=one.name, done=one.schedule in done, note=notes.get(one.schedule, "left alone: it was changed"))
            for one in plan.targets
        )
        word = "resumed" if active else "paused again"
        return Outcome(
            ok=len(done) == len(mine), note=f"{len(done)} of {len(plan.targets)} are {word}.", results=results
        )


def _is_as_planned(now: Schedule, target: ScheduleTarget) -> bool:
    """Whether it is the same schedule still, whether it is paused or not."""
    return (now.task, now.cron, now.timezone, now.kind) == (target.task, target.cron, target.timezone, "IMPERATIVE")


def _target(one: Schedule) -> ScheduleTarget:
    return ScheduleTarget(
        name=f"schedule {one.id}",
        before=f"paused ({one.cron} {one.timezone})",
        after="active",
        schedule=one.id,
        task=one.task,
        cron=one.cron,
        timezone=one.timezone,
    )
