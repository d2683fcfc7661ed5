"""`make storm`, or `python -m benchmarks.storm`: 500 alerts a second from another process, and nothing lost.

A real receiver, a real Prefect server and a real journal run on loopback in a temporary folder. A process of its own
sends alerts of mixed formats, each rightly signed, with a few dozen fingerprints. Afterwards the journal is asked:

    every acknowledged alert is in the inbox under the receipt that its sender got, and in an incident
    there is exactly one incident for each fingerprint, and exactly one flow run for each incident
    nothing is in the inbox that nobody sent

`--away SECONDS` takes Prefect's server and the journal's database away in the middle, both for that long; senders get
503 and try again, as vendors do. Ends with 1 when an alert was lost or doubled, or the receiver took more memory than
`MEMORY`. The time to the acknowledgement is printed beside its goal and decides nothing: it is the machine's, too. So
it is held against that of a bare receiver (`bare`), to which the same senders send at the same rate a moment before.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.bare import Measured, measure
from benchmarks.figures import Goal, Series, Unit
from benchmarks.storm_audit import Noted, read, wrong
from benchmarks.storm_senders import FORMATS
from benchmarks.storm_stage import Stage, blow, open_stage, take_away
from sandbox.rehearsal import wait

GOAL = Goal(at_most=0.100, percent=99)
AT_MOST = 3.0
BESIDE = Goal(at_most=AT_MOST)
"""How many times as long as a bare receiver's the acknowledgement may take, at p99."""
BARE = 15.0
"""Seconds for which the bare receiver is sent alerts, at most."""
MEMORY = 320
"""What the receiver may take at most, in MiB; it starts with more than half of that, most of it Prefect's client."""
SETTLED_WITHIN = 120.0
"""Seconds until the last alert has its incident, and the last incident its flow run."""


def main(argv: Sequence[str] | None = None) -> int:
    """Blow one storm and print what became of it; 1 if anything was lost or doubled."""
    given = options(argv)
    os.environ.pop("CODEBLUE_JOURNAL", None)  # in a journal of its own, never in somebody's real one
    out = Console(highlight=False)
    with (
        tempfile.TemporaryDirectory(prefix="codeblue-storm-") as folder,
        open_stage(Path(folder), keep_within=given.patience) as stage,
    ):
        return _storm(stage, given, out, _bare(Path(folder), given, out))


def _bare(folder: Path, given: argparse.Namespace, out: Console) -> Measured | None:
    """What the bare receiver needs; nothing if it failed, which costs only its own line."""
    seconds = min(given.seconds, BARE)
    try:
        return measure(folder / "bare", rate=given.rate, seconds=seconds, problems=given.problems)
    except (RuntimeError, OSError, TimeoutError) as failed:
        out.print(f"The bare receiver could not be measured ({failed}).")
        return None


def answers_of(notes: Sequence[Noted]) -> Series:
    """How long the senders waited for their acknowledgements."""
    return Series(name="Code Blue", samples=[note.took for note in notes], unit=Unit.MILLISECONDS)


def against(ours: Series, bare: Series) -> Series:
    """How many times as long as the bare receiver's ours take, at the goal's percentile."""
    times = ours.at(GOAL.percent) / bare.at(GOAL.percent)
    return Series(name="… against the bare receiver, at p99", samples=[times], unit=Unit.TIMES)


def options(argv: Sequence[str] | None) -> argparse.Namespace:
    """What storm to blow."""
    parser = argparse.ArgumentParser("python -m benchmarks.storm", description="Send many alerts; nothing may be lost.")
    parser.add_argument("--rate", type=float, default=500.0, help="alerts a second (500)")
    parser.add_argument("--seconds", type=float, default=60.0, help="for how long (60)")
    parser.add_argument("--problems", type=int, default=50, help="different fingerprints (50)")
    parser.add_argument(
        "--away", type=float, default=0.0, help="seconds without Prefect and journal, in the middle (0)"
    )
    parser.add_argument("--patience", type=float, default=5.0, help="seconds until a sender gets its 503 (5)")
    return parser.parse_args(argv)


def _storm(stage: Stage, given: argparse.Namespace, out: Console, bare: Measured | None) -> int:
    sent, spent = int(given.rate * given.seconds), stage.cpu()

    def meanwhile() -> None:
        if given.away:
            take_away(stage, after=given.seconds / 4, seconds=given.away)

    file = blow(stage, rate=given.rate, seconds=given.seconds, problems=given.problems, during=meanwhile)
    used, notes = stage.cpu() - spent, read(file)
    answers = answers_of(notes)
    late = sum(note.attempts > 1 for note in notes)
    out.print(f"{sent:,} alerts, {given.rate:g} a second, {given.problems} fingerprints, {len(FORMATS)} formats.")
    out.print(f"Acknowledged after p50 {answers.shown(50)}, p99 {answers.shown(99)}, at most {answers.shown(100)}.")
    out.print(f"Goal {GOAL.shown(Unit.MILLISECONDS)}: {'met' if GOAL.met(answers) else 'not met'}.")
    out.print(
        f"{late:,} were sent more than once. The receiver used {1000 * used / sent:.2f} ms of processor for each."
    )
    if bare is not None:
        theirs, times = bare.acknowledged, against(answers, bare.acknowledged)
        out.print(
            f"A bare receiver: p50 {theirs.shown(50)}, p99 {theirs.shown(99)}, {1000 * bare.processor:.2f} ms of"
            f" processor for each. Ours takes {times.shown(100)} as long at p99."
            f" Goal at most {Unit.TIMES.shown(AT_MOST)}: {'met' if BESIDE.met(times) else 'not met'}."
        )
    found = settled(stage, sent, out, file)
    peak = stage.memory() / 2**20
    if peak > MEMORY:
        found.append(f"The receiver took more than {MEMORY} MiB.")
    out.print(f"The receiver took {peak:.0f} MiB at most. Load: {', '.join(f'{one:.1f}' for one in os.getloadavg())}.")
    for sentence in found:
        out.print(f"[red]{sentence}[/red]")
    if not found:
        out.print("Nothing was lost, nothing was doubled.")
    return 1 if found else 0


def settled(stage: Stage, sent: int, out: Console, file: Path) -> list[str]:
    """Wait until everything has its place, and look whether it is the right one."""
    notes = read(file)
    problems = len({note.problem for note in notes})
    try:
        wait(lambda: stage.waiting() == 0 or None, within=SETTLED_WITHIN, what="the last incident")
        wait(lambda: len(stage.runs()) >= problems or None, within=SETTLED_WITHIN, what="the last flow run")
    except TimeoutError as late:
        out.print(f"[red]{late}[/red]")
    return wrong(notes, sent, stage.journal, stage.runs())


if __name__ == "__main__":
    sys.exit(main())
