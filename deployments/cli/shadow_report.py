"""`codeblue report --shadow`: what would have been done, and whether the symptom ended by itself. Read-only."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from rich.text import Text

from deployments.cli.lines import one_line, title
from deployments.cli.options import Options
from deployments.errors import Exit
from journal.facts.shadow import Would
from journal.facts.words import Answer
from journal.shadow_report import Shade, shades
from journal.store import Journal
from journal.timeline_events import ending_words
from journal.wording import counted, day, moment

_SHOWN = 5
"""Targets of a plan that are listed; `codeblue show` has them all."""

_WOULD = {
    Would.NOTHING: "nothing",
    Would.CHANGE: "a change",
    Would.TASK: "a task for a person",
    Would.WAIT: "waiting until it is over",
    Would.HAND_OFF: "a hand-off",
}


def tell_shadow(journal: Journal, since: datetime, system: str | None, options: Options) -> int:
    """Print each incident that was in shadow, and what all of them come to."""
    made = shades(journal, since, system=system)
    options.document(made.model_dump(mode="json"))
    if made.unread:
        which = ", ".join(made.unread[:5])
        options.hint(Text(f"Of {which} not all can be read, so some of it is missing here; see codeblue verify."))
    if not made.incidents:
        options.hint(Text(f"No incidents in shadow since {day(since)}."))
        return Exit.OK
    woulds = Counter(one.would for one in made.incidents)
    over = Counter(one.by_itself for one in made.incidents)
    said = ", ".join(f"{_WOULD[would]} {woulds[would]}" for would in Would if woulds[would])
    options.say(Text(f"{counted(len(made.incidents), 'incident')} in shadow since {day(since)}", style="bold"))
    options.say(Text(f"would have been done: {said}"))
    options.say(Text(f"ended by itself: {', '.join(f'{one} {over[one]}' for one in Answer if over[one])}"))
    for one in made.incidents:
        options.say(title(f"{one.incident}  {one_line(one.title)}"), *_lines(one))
    return Exit.OK


def _lines(one: Shade) -> list[Text]:
    ending = ending_words(one.ending) if one.ending is not None else "still open"
    where = f"  {one.environment} · {one.runbook} · {moment(one.opened_at)} · {ending}"
    named = f": {one_line(one.named)}" if one.named else ""
    plan = f" (plan {one.plan})" if one.plan else ""
    said = [Text(where, style="dim"), Text(f"  would have been done: {_WOULD[one.would]}{named}{plan}")]
    said += [Text(f"    {one_line(target)}", style="dim") for target in one.targets[:_SHOWN]]
    if (more := len(one.targets) - _SHOWN) > 0:
        said.append(Text(f"    … and {more} more; codeblue show {one.incident}", style="dim"))
    return [*said, Text(f"  ended by itself: {one.by_itself}")]
