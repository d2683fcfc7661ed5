"""Whether the identities of an environment are still allowed what was generated for them, and nothing more.

What is missing makes a runbook blind in an incident, and nobody sees that before. What is more than generated is there
for whoever gets hold of the identity. Each connection compares in its own language what its identities are really
allowed with what `codeblue permissions` prints; what cannot be looked at is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any, cast

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.task_runners import ThreadPoolTaskRunner
from pydantic import Field

from blocks.environment import Environment
from blocks.journal_store import journal_url
from blocks.permissions import Difference
from deployments.checks import outcome
from deployments.checks.outcome import Found
from deployments.permissions import needs_of_system, other_than_spoken, spoken, users_of
from journal.short import short
from journal.store import Journal
from runbook import Permanent, Temporary
from tasks.step import step

checking: Any = cast("Any", flow)(
    name="codeblue.permissions",
    flow_run_name="{environment}",
    task_runner=ThreadPoolTaskRunner(max_workers=4),
    persist_result=False,
)


@checking
def permissions(
    system: Annotated[str, Field(description="The system, such as shop.")],
    environment: Annotated[str, Field(description="Saved environment to look at.")],
) -> State[Any]:
    """Compare what the environment's identities are allowed with what is generated for them."""
    env = outcome.environment(system, environment)
    if isinstance(env, State):
        return env
    said: list[str] = []
    blind: list[str] = []
    try:
        looks = list(compared(system, env))
    except Permanent as shapeless:
        return outcome.unknown(str(shapeless))
    for look in looks:
        try:
            found = look()
        except (Permanent, Temporary) as unseen:
            blind.append(str(unseen))
        else:
            said += found.said
            blind += found.unclear
    with Journal.connect(journal_url()) as journal:
        if said:
            today = f"{journal.clock():%Y-%m-%d}"
            told = [
                Found(mark=f"{environment}:{short(text.encode())}:{today}", text=f"{environment}: {text}")
                for text in said
            ]
            state = outcome.tell(journal, "permissions", told, env.notifier)
            return outcome.also_unknown(state, blind) if blind else state
    if blind:
        return outcome.unknown(" ".join(blind))
    if not looks:
        return outcome.unknown(f"{environment} has no connection whose permissions could be compared.")
    return outcome.quiet(f"The {len(looks)} identities are allowed what is generated, and nothing more.")


def compared(system: str, env: Environment) -> Iterator[Callable[[], Difference]]:
    """One look for each identity of each connection, all begun; calling it gives what it found, or raises."""
    needs, users, names = needs_of_system(system), users_of(system), env.resources()
    other_than_spoken(needs, env)
    held = [one for c in env.connections().values() for one in c.held(spoken(needs, c), names, users)]
    begun: list[Any] = [step("permissions", one.look, shown=one.asks, retries=2).submit() for one in held]
    for future in begun:
        yield lambda future=future: cast("Difference", future.result())
