"""`codeblue doctor`: one line for each thing that must work, with what to do about those that do not. Read-only.

Each line is a question that can be answered with no; `doctor_home`, `doctor_receiver`, `doctor_prefect`,
`doctor_environments` and `doctor_paging` ask them. What could not be looked at is unknown, and is no health either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rich.text import Text

from deployments import places
from deployments.cli import doctor_environments, doctor_home, doctor_paging, doctor_prefect, doctor_receiver, lines
from deployments.cli.finding import Finding, no, unknown, yes
from deployments.cli.options import DEFAULTS, Options
from deployments.errors import Exit, Unreachable
from deployments.stack_home import Home
from journal.facts.words import Answer
from journal.timeline_events import Tone

_TONES = {Answer.YES: Tone.GOOD, Answer.NO: Tone.BAD, Answer.UNKNOWN: Tone.UNKNOWN}


def doctor(*, options: Options = DEFAULTS) -> int:
    """Look whether everything works that must, from the home to every saved environment and schedule.

    Exit code 1 when something does not, or could not be looked at.
    """
    found: list[Finding] = []
    for one in findings(options.place):
        found.append(one)
        options.say(lines.row(_TONES[one.answer], one.name, Text(lines.one_line(one.text))))
    well = all(one.answer is Answer.YES for one in found)
    options.document(
        {
            "well": well,
            "findings": [{"name": one.name, "answer": one.answer.value, "text": one.text} for one in found],
        }
    )
    return Exit.OK if well else Exit.FINDINGS


def findings(home: Home) -> Iterator[Finding]:
    """Everything that is asked, in the order in which one thing needs another."""
    yield doctor_home.home(home)
    yield from doctor_home.journal(home)
    yield doctor_home.watch(home)
    yield from doctor_home.failing(home)
    yield from doctor_home.systems()
    yield from doctor_home.logs(home)
    yield doctor_receiver.receiver(home)
    yield from doctor_receiver.deliveries(home)
    try:
        prefect = places.Prefect(home, within=3.0)
        prefect.get("/health")
    except Unreachable as away:
        yield (unknown if places.coming(home) else no)("prefect", str(away))
        for name in ("worker", "runs", "deployments", "schedules", "routes", "environments", "installation"):
            yield unknown(name, "Could not look without Prefect.")
        return
    with prefect:
        yield yes("prefect", f"Answers at {prefect.ui}")
        yield doctor_prefect.worker(prefect)
        yield from _each(
            runs=lambda: iter([doctor_prefect.runs(prefect)]),
            deployments=lambda: doctor_prefect.ours(home, prefect),
            schedules=lambda: doctor_prefect.by_the_clock(home, prefect),
            routes=lambda: doctor_prefect.routes(home, prefect),
            environments=lambda: doctor_environments.environments(home, prefect),
            installation=lambda: doctor_paging.installation(home, prefect),
        )


def _each(**questions: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """One question that Prefect does not answer must not keep the others from being asked."""
    for name, ask in questions.items():
        try:
            yield from ask()
        except Unreachable as away:
            yield unknown(name, str(away))
