"""Running a task of a switchboard: the plan is the server's own count, and exactly that plan is started, once.

What a task does is its owner's code, on its owner's host. Nothing that we send is ever run as a command.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from blocks.switchboard import READ, START, Switchboard
from blocks.switchboard_http import NotThere, told
from journal.facts.words import Answer, Effect, Stake
from runbook import Change, Drifted, NotNeeded, NotSafe, Outcome, Permanent, Plan, Result, Target, Warrant, changes
from tasks.selections import TaskOf
from tasks.switchboard.read import plan_task, read_run, to_run
from tasks.waiting import until

ASKED_EVERY = timedelta(milliseconds=500)


class TaskTarget(Target):
    """One plan of a task at the switchboard, about so many things."""

    task: str
    plan: str
    count: int


@changes(
    TaskTarget,
    name="switchboard.run_task",
    effect=Effect.DISRUPTIVE,
    stake=Stake.WORK,
    needs=(START,),
    reads=(READ,),
)
@dataclass(frozen=True, kw_only=True)
class RunTask(Change[TaskTarget]):
    """Start a task that its owner offers, on what it counted when this was planned, and wait for its end."""

    board: Switchboard
    task: str
    within: timedelta = timedelta(minutes=10)

    @property
    def about(self) -> TaskOf:
        return TaskOf(task=self.task)

    @property
    def lock(self) -> str:
        return f"switchboard:{self.task}"

    def plan(self) -> Plan[TaskTarget] | NotNeeded:
        allowed = self.board.startable(self.task)
        if self.board.changing_token is None:
            raise Permanent(f"The switchboard has no changing token, so {allowed.owner} must run {self.task}.")
        would = plan_task(self.board, self.task)
        if not would.count:
            return NotNeeded(why=f"There is nothing for {self.task} to do.")
        if would.count > allowed.at_most:
            raise NotSafe(
                f"{self.task} would be about {would.count}, and the environment allows {allowed.at_most} at a time;"
                f" ask {allowed.owner}."
            )
        target = TaskTarget(
            name=self.task,
            before=f"{would.count} to do",
            after=f"done ({would.plan})",
            task=self.task,
            plan=would.plan,
            count=would.count,
        )
        return Plan(
            change=self.name,
            summary=f"Run {self.task} on {would.count}: {would.says}",
            targets=(target,),
            out_of=1,
            warnings=("What is done cannot be taken back by Code Blue.", f"{allowed.owner} answers for it."),
        )

    def apply(self, plan: Plan[TaskTarget], warrant: Warrant) -> Outcome:
        (target,) = plan.targets
        now = read_run(self.board, target.task, target.plan)
        if now.state == "stopped" or now.count != target.count:
            raise Drifted(f"{now}, no longer as planned; nothing was started. Plan again.")
        asked = {
            "plan": target.plan,
            "at_most": target.count,
            "incident": warrant.incident,
            "reason": f"{warrant.mitigation} ({warrant.act})",
        }
        to_run(
            told(self.board, f"/tasks/{target.task}", self.board.changing(warrant, "start"), method="POST", body=asked),
            target.task,
            target.plan,
        )
        until(lambda: read_run(self.board, target.task, target.plan).ended, within=self.within, every=ASKED_EVERY)
        now = read_run(self.board, target.task, target.plan)
        return Outcome(ok=now.well, note=f"{now}.", results=(Result(name=target.name, done=now.well, note=f"{now}."),))

    def landed(self, plan: Plan[TaskTarget]) -> tuple[Answer, str]:
        """Whether it was started and has ended well; one that the switchboard has forgotten is unknown."""
        (target,) = plan.targets
        try:
            until(lambda: read_run(self.board, target.task, target.plan).state != "running", within=self.within)
            now = read_run(self.board, target.task, target.plan)
        except NotThere as forgotten:
            return Answer.UNKNOWN, str(forgotten)
        if now.state == "planned":
            return Answer.NO, f"{now}."
        return (Answer.YES if now.well else Answer.UNKNOWN), f"{now}."
