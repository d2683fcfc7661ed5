"""An incident of each ending, carried out by the pipeline on the small world, and the five answers in its document.

The answers are written by hand, as somebody on call would give them after reading the document. Each is made of phrases
that must stand in it: a template that no longer says one of them no longer answers the question.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from journal.timeline import as_markdown, timeline
from runbook import Mitigation, Permanent, Procedure, Runbook
from tests.flows.small import NO_WAY_BACK, Params, Rehearsed, Small, World, hand, mend, runbook, small

PAGE = Path(__file__).parents[2] / "docs" / "examples" / "endings.md"
INCIDENT, OTHER = "INC-20260314-EXMP", "INC-20260314-THER"
QUESTIONS = ("What is wrong?", "How sure is that?", "What was done, and by whom?", "What still goes on?", "What next?")


@dataclass(frozen=True, kw_only=True)
class Example:
    """One incident, and for each question the phrases that answer it."""

    title: str
    about: str
    world: dict[str, Any]
    books: tuple[Runbook[Any, Any], ...]
    yes: bool | tuple[bool, ...] = True
    wrong: tuple[str, ...]
    sure: tuple[str, ...]
    done: tuple[str, ...]
    goes_on: tuple[str, ...]
    next: tuple[str, ...]

    @property
    def answers(self) -> tuple[tuple[str, ...], ...]:
        return (self.wrong, self.sure, self.done, self.goes_on, self.next)


LEAVES = "the client that leaks still runs; whoever owns it must mend it."
STORAGE = runbook(mend("nothing"), name="small.storage", title="The storage")
NEIGHBOUR = runbook(mend("model"), name="small.model", title="The model")
DISK = runbook(mend("disk"), name="small.disk", title="The disk")
DOUBTED = "It is leak (99% likely although “Mend leak” did not help: it may be another)"
SYMPTOM = "Symptom: more than 5% of the requests fail"


def step(name: str) -> Mitigation[Small, Params]:
    return replace(mend(name), name=name, title=f"Do {name}", treats=())


STEPS = runbook(procedure=Procedure(steps=(step("isolate"), step("cut"))))
STOPPED = runbook(procedure=Procedure(steps=(step("isolate"), step("cut"), step("tell"))))


def spoils(world: World) -> None:
    world.strengths["spoilt"] = 100.0


def nothing(_world: World) -> None:
    pass


def goes_away(world: World) -> None:
    world.strengths["leak"] = 0.0


EXAMPLES = (
    Example(
        title="Resolved, and something goes on",
        about="A leak is ended with somebody's yes; the client that leaks still runs.",
        world={"strengths": {"leak": 40.0}},
        books=(runbook(mend("leak", leaves=LEAVES), mend("rest")),),
        wrong=(f"{SYMPTOM} (yes; 40% of the requests fail)", "Cause: It is leak"),
        sure=("Cause: It is leak (99% likely)", "That it is something that the runbook does not name: 1%."),
        done=(
            "Mend leak: applied on 1 target.",
            "Mend leak: worked: its own cause is gone.",
            "approved by ada.lovelace",
        ),
        goes_on=("Still goes on: The client that leaks still runs",),
        next=("Put an end to what still goes on: The client that leaks still runs", "Say what the true cause was"),
    ),
    Example(
        title="Resolved, of two causes",
        about="Two causes at once: the first fix cured its own and is kept, the second made the symptom go away.",
        world={"strengths": {"bucket": 50.0, "role": 50.0}},
        books=(runbook(mend("bucket"), mend("role")),),
        wrong=(f"{SYMPTOM} (yes; 100% of the requests fail)", "Cause: It is role", "Cause as well: It is bucket"),
        sure=("Cause: It is role (99% likely)", "It is bucket (86% likely), cured by “Mend bucket”"),
        done=("“Mend role” worked, and the symptom is gone", "kept because it cured its own cause: “Mend bucket”"),
        goes_on=("Still goes on: nothing that was seen.",),
        next=("Say what the true cause was",),
    ),
    Example(
        title="Recovered after a change that was not shown to help",
        about="A change did not help and was undone; then the symptom went away. Nobody calls that *by itself*.",
        world={"strengths": {"leak": 40.0}, "cures": {"leak": nothing, "undo leak": goes_away}},
        books=(runbook(mend("leak")),),
        wrong=(f"{SYMPTOM} (yes; 40% of the requests fail)", "Cause: It is leak"),
        sure=(
            "it is not known why",
            "It is leak (99% likely before “Mend leak”, which did not help: it may be another)",
        ),
        done=("Mend leak: applied on 1 target.", "Mend leak: did not help.", "Mend leak: undone on 1 target."),
        goes_on=("Still goes on: nothing that was seen.", "What was changed is undone."),
        next=("Watch whether it comes back: nothing is known to have cured it.",),
    ),
    Example(
        title="Contained",
        about="A procedure: every step was done in its order. Nobody judged a cause, and another one is at work.",
        world={"strengths": {"isolate": 20.0, "cut": 20.0, "rest": 30.0}},
        books=(STEPS,),
        wrong=(f"{SYMPTOM} (yes; 70% of the requests fail)",),
        sure=("Find out what caused it: every step of the procedure was done, and no cause was judged.",),
        done=(
            "All 2 steps of the procedure were done.",
            "Do cut: done, and seen to hold.",
            "Step 1, “Do isolate”, approved by ada.lovelace at",
            "Step 2, “Do cut”, approved by ada.lovelace at",
        ),
        goes_on=("The symptom was still there when it was looked at last.", "Still goes on: the symptom"),
        next=("Find out what caused it",),
    ),
    Example(
        title="Unresolved: a procedure was stopped",
        about="Its second step was rejected. The first stays as it is, and the third was not begun.",
        world={"strengths": {"isolate": 20.0, "cut": 20.0, "tell": 20.0}},
        books=(STOPPED,),
        yes=(True, False),
        wrong=(f"{SYMPTOM} (yes; 60% of the requests fail)",),
        sure=("The procedure stopped at step 2 of 3.",),
        done=(
            "Done: Step 1, “Do isolate”, approved by ada.lovelace at",
            "Step 2, “Do cut”, rejected by ada.lovelace at",
        ),
        goes_on=("Still goes on: the symptom, when it was last looked at",),
        next=(
            "A person must look: the incident ended unresolved.",
            "Still to be done of the procedure: Step 2, “Do cut”",
            "Still to be done of the procedure: Step 3, “Do tell”.",
        ),
    ),
    Example(
        title="Not reproduced",
        about="The alert's own quantity was seen and was fine for a whole period.",
        world={"strengths": {"leak": 1.0}},
        books=(runbook(mend("leak")),),
        wrong=("it was not so that more than 5% of the requests fail",),
        sure=("for 1 min it was not so", f"{SYMPTOM} (no; 1% of the requests fail)"),
        done=("Nothing was changed.",),
        goes_on=("Still goes on: nothing that was seen.",),
        next=("If the alert comes again, compare what it measures with what was looked at here",),
    ),
    Example(
        title="Handed off",
        about="The cause belongs to another runbook; if that finds nobody at work, the next one is known.",
        world={"strengths": {"storage": 3.0, "model": 30.0}},
        books=(
            runbook(hand("storage", STORAGE), hand("model", NEIGHBOUR), name="small.triage", title="Triage"),
            STORAGE,
            NEIGHBOUR,
        ),
        wrong=(f"{SYMPTOM} (yes; 33% of the requests fail)", "Cause: It is storage", "Cause: It is model"),
        sure=("Cause: It is storage (86% likely)", "Cause: It is model (86% likely)"),
        done=("Handed to the runbook The storage (small.storage).", "Handed off to The model.", "Nothing was changed."),
        goes_on=("Still goes on: the symptom, when it was last looked at",),
        next=("Follow the incident that took over: The model", "If that finds nobody at work: The model."),
    ),
    Example(
        title="Resolved in another incident, and come back",
        about="The cause was another runbook's; the incident waited for that one's end, and its own symptom is gone.",
        world={"strengths": {"disk": 30.0}},
        books=(runbook(hand("disk", DISK, returns=True, within=timedelta(hours=1)), name="small.login"), DISK),
        wrong=(f"{SYMPTOM} (yes; 30% of the requests fail)", "Cause: It is disk"),
        sure=("Cause: It is disk (99% likely)",),
        done=(
            "“Hand disk over”: it was resolved there, and the symptom is gone.",
            "ended Resolved: “Mend disk” worked",
            "Nothing was changed here; what the other incident did, its own timeline says.",
        ),
        goes_on=("Still goes on: nothing that was seen.",),
        next=("Say what the true cause was",),
    ),
    Example(
        title="Unresolved: the change made it worse",
        about="After an approved change nearly everything failed: it was undone within two minutes.",
        world={"strengths": {"leak": 20.0}, "cures": {"leak": spoils}},
        books=(runbook(mend("leak")),),
        wrong=(f"{SYMPTOM} (yes; 20% of the requests fail)", "Cause: It is leak"),
        sure=(DOUBTED,),
        done=(
            "Mend leak: applied on 1 target.",
            "Mend leak: it became clearly worse. Requests that fail: 20% before, 100% since then",
            "Mend leak: undone on 1 target.",
        ),
        goes_on=("Still goes on: the symptom, when it was last looked at",),
        next=("A person must look: the incident ended unresolved.",),
    ),
    Example(
        title="Unresolved: it became worse and there is no way back",
        about="The same with a change that cannot be undone: that is said first.",
        world={"strengths": {"leak": 20.0}, "cures": {"leak": spoils}},
        books=(runbook(mend("leak", undo=NO_WAY_BACK)),),
        wrong=(f"{SYMPTOM} (yes; 20% of the requests fail)",),
        sure=(DOUBTED,),
        done=(
            "LOOK AT ONCE: “Mend leak” made it worse and could not be undone.",
            "Mend leak: applied on 1 target.",
            "Mend leak: it became clearly worse.",
        ),
        goes_on=("“Mend leak” is in place, though it was not shown to help.",),
        next=("A person must look: the incident ended unresolved.",),
    ),
    Example(
        title="Unresolved: nobody said yes",
        about="The cause is known and the plan was rejected.",
        world={"strengths": {"leak": 40.0}},
        books=(runbook(mend("leak")),),
        yes=False,
        wrong=(f"{SYMPTOM} (yes; 40% of the requests fail)", "Cause: It is leak"),
        sure=("Cause: It is leak (99% likely)",),
        done=("The plan was rejected by ada.lovelace: as planned", "Nothing was changed."),
        goes_on=("Still goes on: the symptom, when it was last looked at",),
        next=("A person must look: the incident ended unresolved.", "Not done: “Mend leak”. The plan was rejected."),
    ),
    Example(
        title="Unresolved: the cause is none that the runbook names",
        about="The symptom is there and nothing speaks for any cause.",
        world={"strengths": {"stranger": 40.0}},
        books=(runbook(mend("leak")),),
        wrong=(f"{SYMPTOM} (yes; 40% of the requests fail)", "The cause is not known"),
        sure=("nothing that the runbook names is supported by the evidence", "does not name: 77%."),
        done=("Nothing was changed.",),
        goes_on=("Still goes on: the symptom, when it was last looked at",),
        next=(
            "A person must look: the incident ended unresolved.",
            "Look beyond the runbook: it rules out every cause",
        ),
    ),
    Example(
        title="Unresolved: unknown",
        about="Nobody could see whether anything is wrong.",
        world={"strengths": {"leak": 40.0}, "blind": {"failing": (1e9, Permanent("CloudWatch has no values of it."))}},
        books=(runbook(mend("leak")),),
        wrong=("Unknown, and nothing was changed: nobody could see whether more than 5% of the requests fail",),
        sure=("Why: CloudWatch has no values of it.",),
        done=("Nothing was changed.",),
        goes_on=("Still goes on: unknown: nobody could see whether the symptom is there.",),
        next=("It will be known when the probe failing can be read", "Make it possible to look: the probe failing"),
    ),
)


def top(document: str) -> str:
    """What is read first: up to how it came about."""
    return document.partition("## Impact")[0].rstrip()


def document(example: Example) -> str:
    """The document that an example leaves, as it is read first; times and names that chance gives are made the same."""
    with tempfile.TemporaryDirectory() as folder, small(Path(folder), **example.world) as here:
        incident, _ = here.follow(*example.books, yes=_answers(example.yes))
        return _same(here, incident, as_markdown(timeline(here.journal.entries(incident))))


def _answers(said: bool | tuple[bool, ...]) -> bool | Callable[[], bool]:
    return said if isinstance(said, bool) else iter(said).__next__


def _same(here: Rehearsed, incident: str, text: str) -> str:
    for entry in here.journal.entries(incident):
        if entry.flow_run is not None:
            text = text.replace(entry.flow_run, "RUN")
        if isinstance(run := getattr(entry.fact, "flow_run", None), str):
            text = text.replace(run, "RUN")
    for entry in here.journal.of_kind("opened"):
        text = text.replace(entry.incident, INCIDENT if entry.incident == incident else OTHER)
    return text


def page(draw: Callable[[Example], str] = document) -> str:
    """The examples as a page of the documents."""
    lines = [
        "# How an incident may end",
        "",
        "What stands at the top of the document of an incident, for each way in which one may end, on a world of",
        "practice in which requests fail. Beside each are five questions that somebody on call has, and the answers",
        "that the document gives. Written by `python -m tests.endings`.",
    ]
    for example in EXAMPLES:
        lines += ["", f"## {example.title}", "", example.about, ""]
        lines += [f"> {line}".rstrip() for line in top(draw(example)).splitlines() if not line.startswith("| run")]
        lines += ["", "| Question | Answer |", "|---|---|"]
        lines += [f"| {asked} | {' · '.join(said)} |" for asked, said in zip(QUESTIONS, example.answers, strict=True)]
    return "\n".join(lines) + "\n"
