"""One incident from alert to timeline, on real parts, before your eyes: `make demo`, or `python -m sandbox.demo`.

Starts the embedded stack and a production to practise on, leaks sessions until nobody can connect, posts the alert that
a monitor would post, shows what Code Blue finds, asks for the approval, and asks the world itself how it is afterwards.

Exit codes: 0 the incident ended Resolved and the world is healthy, 1 it did not, 2 wrong usage, 4 another demo runs,
130 interrupted. The last line is `timeline: PATH`; everything else has ended by then.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import time
import uuid
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # at run time everything is imported where Ctrl-C is answered already
    from journal.approvals import Standing
    from journal.facts.closed import Closed
    from sandbox.demo_page import Page
    from sandbox.rehearsal import Rehearsal

FOLDER = Path(__file__).resolve().parents[1] / ".codeblue" / "demo"
"""Everything of the latest demo: journal, timelines, logs. Made anew at each start."""


def main(argv: Sequence[str] | None = None) -> int:
    """Play it; the exit code."""
    parser = argparse.ArgumentParser("python -m sandbox.demo", description="One incident, from alert to timeline.")
    parser.add_argument("--approve", action="store_true", help="answer the approval with yes, unattended")
    parser.add_argument("--no-pause", action="store_true", help="end at once, without a look at Prefect's UI")
    given = parser.parse_args(argv)
    if not (given.approve or sys.stdin.isatty()):
        sys.stderr.write("There is nobody here to ask for the approval; use --approve, or: make demo APPROVE=yes\n")
        return 2
    try:
        with _interruptible():
            code, last = _told(approve=given.approve, pause=not (given.approve or given.no_pause))
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted. Everything that the demo had started has ended.\n")
        return 130
    if last:
        sys.stdout.write(f"{last}\n")
    return code


def _told(*, approve: bool, pause: bool) -> tuple[int, str]:
    """The exit code and the last line; whatever goes wrong is told in a sentence."""
    from deployments.errors import explain
    from sandbox.demo_page import Page

    page = Page(home=FOLDER / "home")
    try:
        _fresh(FOLDER)
        code = _play(page, approve=approve, pause=pause)
    except Exception as error:  # noqa: BLE001 # the outermost channel: a sentence for whatever it is
        sentence, code = explain(error)
        page.err.print(f"demo: {sentence}", style="red", markup=False, soft_wrap=True)
        page.err.print(f"The logs are in {page.home}/logs and {FOLDER / 'world'}.", style="dim", soft_wrap=True)
        return code, ""
    return code, "".join(page.kept[-1:])


def _play(page: Page, *, approve: bool, pause: bool) -> int:
    """The whole of it, and what it is worth."""
    from sandbox.demo_page import Parts, sign_in, ticked

    out, began = page.out, time.monotonic()
    out.rule("Code Blue: one incident, from alert to timeline", style="blue")
    with Parts(out) as parts:
        from sandbox.demo_stage import deliver, open_stage  # Prefect, at last: the title stands already

        with open_stage(FOLDER, fault="idle_leak", tell=parts.tell) as rehearsal:
            parts.stop()
            sign_in(page, rehearsal.stack.sign_in_url)
            mark = uuid.uuid4().hex[:16]
            asked = time.monotonic()
            answer = deliver(rehearsal, mark)
            took = f"{1000 * (time.monotonic() - asked):.0f} ms"
            out.print(ticked(f"Alert posted to {answer.url}: {answer.status_code}", took))
            out.print()
            incident = rehearsal.incident_with(mark)
            code = _incident(page, rehearsal, incident, approve=approve)
            out.print(f"\nPrefect's own view: {_run_url(rehearsal, incident)}", style="dim", soft_wrap=True)
            if pause:
                page.err.print("Press Enter to end.", style="bold magenta")
                sys.stdin.readline()
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is over; what ends now may end in peace
    out.print(f"Everything has ended, {time.monotonic() - began:.0f} s after the start.", style="dim")
    return code


def _incident(page: Page, rehearsal: Rehearsal, incident: str, *, approve: bool) -> int:
    """Watch the incident, answer what it asks, and ask the world how it is."""
    from deployments.cli.following import follow
    from journal.approvals import waiting
    from sandbox.drills.carrying import session_starts

    before, seen = session_starts(rehearsal.world.facts.database), 0
    while True:
        follow(rehearsal.journal, incident, page, after=seen)
        entries = rehearsal.journal.entries(incident)
        if (closed := _closed(rehearsal, incident)) is not None:
            ended = len(before - session_starts(rehearsal.world.facts.database))
            return _truth(page, rehearsal, closed, ended)
        seen = entries[-1].number
        for standing in waiting(entries, datetime.now(UTC)):
            seen = _answer(page, rehearsal, standing, approve=approve) or seen


def _answer(page: Page, rehearsal: Rehearsal, standing: Standing, *, approve: bool) -> int | None:
    """Answer one request as the person at this terminal; the number of the entry that says so."""
    from deployments.cli import answering
    from journal import approvals
    from journal.facts.decided import Requested
    from sandbox.demo_page import ask, whoami

    incident, digest, name = standing.incident, standing.digest, whoami()

    def now() -> Standing:
        found = approvals.standing(rehearsal.journal.entries(incident), digest, datetime.now(UTC))
        assert found is not None
        return found

    if not isinstance(standing.request, Requested):  # nobody here can do it
        answering.done(incident, cannot=True, task=digest, by=name, why="It is a demo.", watch=False, options=page)
        return now().answers[-1].number
    page.out.print(f"  with CODEBLUE_HOME={page.home}\n", style="dim", soft_wrap=True)
    yes: bool | None = True
    if not approve:
        yes = ask(f"{name}, approve exactly this plan, {digest}?", lambda: now().state is not approvals.State.WAITING)
    if yes is None:
        page.out.print("It was answered through another channel.")
        return None
    answer = answering.approve if yes else answering.reject
    why = "Answered unattended (--approve)." if approve else "Answered on the terminal of the demo."
    answer(incident, plan=digest, by=name, why=why, watch=False, options=page)
    return now().answers[-1].number


def _truth(page: Page, rehearsal: Rehearsal, closed: Closed, ended: int) -> int:
    """What the world itself says, whatever the engine believes."""
    from deployments.errors import Exit
    from journal.facts.words import Ending
    from sandbox.demo_page import ticked

    health = rehearsal.world.health()
    well = health.connected == health.attempts
    page.out.print("\nThe world itself, asked by fresh clients", style="bold")
    words = (
        f"{health.connected} of {health.attempts} fresh clients connect,"
        f" {health.slots_taken} of {health.max_connections} slots are taken"
    )
    page.out.print(ticked(words) if well else ticked(words, mark="✗", style="red"))
    change = f"{ended} sessions were ended" if ended else "Nothing was changed: every session is still there"
    page.out.print(ticked(change, mark="·", style="dim"))
    return Exit.OK if well and closed.ending is Ending.RESOLVED else Exit.FINDINGS


def _closed(rehearsal: Rehearsal, incident: str) -> Closed | None:
    from journal.facts.closed import Closed

    facts = (entry.fact for entry in rehearsal.journal.entries(incident))
    return next((fact for fact in facts if isinstance(fact, Closed)), None)


def _run_url(rehearsal: Rehearsal, incident: str) -> str:
    runs = [entry.flow_run for entry in rehearsal.journal.entries(incident) if entry.flow_run]
    return f"{rehearsal.stack.ui_url}/runs/flow-run/{runs[-1]}" if runs else rehearsal.stack.ui_url


def _fresh(folder: Path) -> None:
    """Make room for this demo. Raises Refused when another one runs there."""
    from deployments import places
    from deployments.errors import Refused
    from deployments.stack_home import Home

    os.environ.pop(places.JOURNAL_VARIABLE, None)  # the demo must never write into somebody's real journal
    home = folder / "home"
    if home.exists():
        if (running := places.stack_of(Home.at(home))) is not None:
            raise Refused(f"Another demo runs ({running.removesuffix('/api')}); end that one first.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder.parent / ".gitignore").write_text("*\n")
    places.before_prefect(Home.at(home), ours=True)


@contextmanager
def _interruptible() -> Generator[None]:
    """The first Ctrl-C (or SIGTERM) ends the block; further ones do not disturb the cleaning up."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for number in before:
            signal.signal(number, signal.SIG_IGN)
        sys.stderr.write("\nEnding …\n")
        raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    sys.exit(main())
