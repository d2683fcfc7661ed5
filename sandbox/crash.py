"""`make crash`: kill the flow's process at every boundary of the pipeline, and count what reached the world.

    python -m sandbox.crash "step by step"    only the stories that are named, and no outages

For each case the boundaries are read from a run that nobody disturbs, so a step that is added to the pipeline is
struck too. Expected are exactly the effects of the undisturbed run, its ending, and its document, every time.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from journal.facts.closed import Closed
from journal.facts.decided import TaskGiven
from journal.facts.waited import WaitBegun
from journal.facts.words import Ending
from sandbox.outage import outage_table, outages_of_prefect, outages_of_the_journal
from sandbox.rehearsal import Rehearsal, open_rehearsal, wait
from sandbox.selftest.sabotage import struck

AT_ONCE = 4
"""Incidents under way at the same time; each is a case of its own."""

NOT_OURS = ("opened", "decided", "task_done", "noted", "escalated")
"""Entries that other processes write: the receiver, the channels, and the escalation."""


@dataclass(frozen=True, kw_only=True)
class Story:
    """One way an incident can go: its cause, the answer to its approval, and what must be true in the end.

    One that `passes` is fixed by itself while it is waited for that; a person who does a task fixes it, too.
    """

    name: str
    cause: str
    yes: bool
    ending: Ending
    effects: tuple[str, ...]
    passes: bool = False
    runbook: str = "incident"


STORIES = (
    Story(name="approved", cause="plain", yes=True, ending=Ending.RESOLVED, effects=("apply",)),
    Story(name="rejected", cause="plain", yes=False, ending=Ending.UNRESOLVED, effects=()),
    Story(name="undone", cause="useless", yes=True, ending=Ending.UNRESOLVED, effects=("apply", "undo")),
    Story(name="in rounds", cause="leaky", yes=True, ending=Ending.RESOLVED, effects=("apply", "undo", "apply")),
    Story(name="waited for", cause="passing", yes=False, ending=Ending.RECOVERED, effects=(), passes=True),
    Story(
        name="examined",
        cause="bulb",
        yes=True,
        ending=Ending.RESOLVED,
        effects=("trace apply", "apply", "trace undo"),
    ),
    Story(name="waited in vain", cause="stubborn", yes=True, ending=Ending.RESOLVED, effects=("apply",)),
    Story(name="comes back", cause="returning", yes=False, ending=Ending.RESOLVED, effects=("apply",)),
    Story(name="comes back in vain", cause="unhelped", yes=True, ending=Ending.RESOLVED, effects=("apply",)),
    Story(name="under way", cause="slow", yes=True, ending=Ending.RESOLVED, effects=("apply",)),
    Story(name="undone for long", cause="vain", yes=True, ending=Ending.UNRESOLVED, effects=("apply", "undo")),
    Story(
        name="step by step",
        cause="staged",
        yes=True,
        ending=Ending.CONTAINED,
        effects=("apply", "apply"),
        runbook="procedure",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Strike:
    """What came of one kill."""

    story: Story
    when: str
    boundary: str
    killed: bool
    effects: tuple[str, ...]
    ending: Ending | None
    document: bool
    intact: bool

    @property
    def as_expected(self) -> bool:
        same = self.effects == self.story.effects and self.ending is self.story.ending
        return self.killed and same and self.document and self.intact


def play(story: Story, rehearsal: Rehearsal, sabotage: str | None = None) -> tuple[str, str, Closed]:
    """Carry a case to its end; the killed process is taken up by the worker, as in production."""
    case, incident = rehearsal.practise(story.cause, sabotage=sabotage, runbook=story.runbook)

    def meanwhile(_wait: WaitBegun) -> None:
        if story.passes:
            rehearsal.self_test.fix(case)

    while (standing := rehearsal.asked(incident, within=120, meanwhile=meanwhile)) is not None:
        if isinstance(standing.request, TaskGiven) and story.yes:
            rehearsal.self_test.fix(case)
        rehearsal.answer(standing, yes=story.yes, by="drill" if not standing.by else "another drill")
    return case, incident, rehearsal.closed(incident)


def written(incident: str, rehearsal: Rehearsal) -> bool:
    """Wait until the incident is written up: the last that its run does."""
    document = rehearsal.stack.home.path / "timelines" / f"{incident}.md"
    return wait(lambda: document.exists() or None, within=120, what="the document")


def boundaries(story: Story, rehearsal: Rehearsal) -> Iterator[str]:
    """Every boundary of an undisturbed run: before and after each entry it writes, and around the act itself."""
    _, incident, _ = play(story, rehearsal)
    written(incident, rehearsal)  # what is undone at the end comes after the closing
    keys: list[str] = []
    for entry in rehearsal.journal.entries(incident):
        if entry.kind not in NOT_OURS:
            # Holder and time are part of some keys; what they stand for is the same in every run.
            key = re.sub(r"(taken_up|(?:read:(?:validate|wait)|progressed):[a-z_:\d]+(?:@\d+)?):.*", r"\1:", entry.key)
            if key not in keys:
                keys.append(key)
    for key in keys:
        yield f"before {key}"
        yield f"after {key}"
    for number, act in enumerate(story.effects):
        time = story.effects[: number + 1].count(act)
        yield f"inside {act} {time}"
        yield f"beyond {act} {time}"


def strike(story: Story, rehearsal: Rehearsal, boundary: str) -> Strike:
    """Kill one run at one boundary, and see what becomes of it."""
    case, incident, closed = play(story, rehearsal, boundary)
    document = written(incident, rehearsal)
    when, _, what = boundary.partition(" ")
    numbers = [entry.number for entry in rehearsal.journal.entries(incident)]
    return Strike(
        story=story,
        when=when,
        boundary=what,
        killed=struck(case),
        effects=tuple(rehearsal.self_test.effects(case)),
        ending=closed.ending,
        document=document,
        intact=numbers == list(range(1, len(numbers) + 1)),
    )


def table(strikes: list[Strike]) -> Table:
    """Boundaries by before and after, with the effects counted."""
    drawn = Table(title="Killed at each boundary: effects in the world (expected)")
    for heading in ("story", "boundary", "before", "after", "expected"):
        drawn.add_column(heading)
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for one in strikes:
        side = "before" if one.when in {"before", "inside"} else "after"
        name = f"the act itself: {one.boundary}" if one.when in {"inside", "beyond"} else one.boundary
        shown = "+".join(one.effects) or "none"
        rows.setdefault((one.story.name, name), {})[side] = shown if one.as_expected else f"[red]{shown} WRONG[/red]"
    for (story, boundary), sides in rows.items():
        expected = next("+".join(s.effects) or "none" for s in STORIES if s.name == story)
        drawn.add_row(story, boundary, sides.get("before", ""), sides.get("after", ""), expected)
    return drawn


def main(*names: str) -> int:
    """Strike everywhere, or only in the stories of these names; 0 when every number is as expected."""
    console = Console(width=110)
    strikes, wrong = list[Strike](), list[Strike]()
    stories = [story for story in STORIES if not names or story.name in names]
    if unknown := set(names) - {story.name for story in STORIES}:
        console.print(f"No such story: {', '.join(unknown)}. There are: {', '.join(story.name for story in STORIES)}.")
        return 2
    with (
        tempfile.TemporaryDirectory(prefix="codeblue-crash-") as folder,
        open_rehearsal(Path(folder), limit=AT_ONCE * 2) as rehearsal,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        for story in stories:
            todo = list(boundaries(story, rehearsal))
            console.print(f"… {story.name}: {len(todo)} boundaries")
            struck_ = list(pool.map(partial(strike, story, rehearsal), todo))
            strikes += struck_
            wrong += [one for one in struck_ if not one.as_expected]
            console.print(table(struck_))  # at once: a run that is cut off still says what it has seen
    for one in wrong:
        console.print(f"[red]{one}[/red]")
    outages = [] if names else [*outages_of_prefect(), *outages_of_the_journal()]
    if outages:
        console.print(outage_table(outages))
    failed = len(wrong) + sum(not outage.as_expected for outage in outages)
    console.print(f"{len(strikes) + len(outages) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
