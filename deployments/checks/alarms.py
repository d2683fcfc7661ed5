"""Alarms that runbooks wait for: a runbook that no alarm can start is one that nobody hears of."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Annotated, Any, cast

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.task_runners import ThreadPoolTaskRunner
from pydantic import Field

from blocks.journal_store import journal_url
from deployments.checks import outcome
from deployments.checks.outcome import Found
from deployments.deployed import listed
from journal.store import Journal
from runbook import Permanent, Temporary
from tasks.cloudwatch.alarms import Alarms, read_alarms
from tasks.step import step

checking: Any = cast("Any", flow)(
    name="codeblue.alarms", task_runner=ThreadPoolTaskRunner(max_workers=4), persist_result=False
)


@checking
def alarms(
    system: Annotated[str, Field(description="The system, such as shop.")],
    environment: Annotated[str, Field(description="Saved environment to look at.")],
    prefix: Annotated[str, Field(min_length=1, description="How the names of this system's CloudWatch alarms begin.")],
) -> State[Any]:
    """Compare what the runbooks of a system wait for with the alarms that are there and reach somebody."""
    here = outcome.environment(system, environment)
    if isinstance(here, State):
        return here
    env = cast("Any", here)

    def look() -> Alarms:
        return read_alarms(env.aws, prefix)

    try:
        seen: Alarms = step("alarms", look, shown="Which alarms are there, and whom do they notify?", retries=2)()
    except (Permanent, Temporary) as unseen:
        return outcome.unknown(str(unseen))
    waits = {one.runbook: one.declaration.starts_on for one in listed() if one.runbook.startswith(f"{system}.")}
    with Journal.connect(journal_url()) as journal:
        today = f"{journal.clock():%Y-%m-%d}"
        found = [Found(mark=f"{environment}:{text}:{today}"[:300], text=text) for text in amiss(waits, prefix, seen)]
        if found:
            return outcome.tell(journal, "alarms", found, here.notifier)
    return outcome.quiet(f"{seen} of {prefix}*: each runbook that waits for one has one that reaches somebody.")


def amiss(waits: dict[str, tuple[str, ...]], prefix: str, seen: Alarms) -> Iterator[str]:
    """What is wrong, in sentences. Patterns that begin otherwise are for other monitors to see."""
    for runbook, patterns in sorted(waits.items()):
        ours = [pattern for pattern in patterns if pattern.startswith(prefix)]
        if not ours:
            continue
        fitting = [one for one in seen.alarms.values() if any(fnmatchcase(one.name, pattern) for pattern in ours)]
        if not fitting:
            yield f"No alarm is there that starts {runbook}; it waits for {' or '.join(ours)}."
        elif not any(alarm.reaches for alarm in fitting):
            names = ", ".join(alarm.name for alarm in fitting)
            yield f"No alarm that starts {runbook} reaches anybody ({names}): switch its actions on and give it one."
