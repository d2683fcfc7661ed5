"""A procedure: every step in its order, whole or stopped, however quiet it looks meanwhile."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from deployments.cli.board import board
from deployments.cli.lines import clean
from deployments.cli.panels import asked as asked_panel
from flows.follow import follow
from journal import approvals, clock, leases, policy, shadow, switches
from journal.facts.closed import Closed
from journal.facts.decided import Passed, Planned, Requested, TaskGiven
from journal.facts.done import Validated
from journal.facts.opened import Joined
from journal.facts.procedure import ProcedureBegun
from journal.facts.seen import Judged, SymptomAsked
from journal.facts.shadow import Shadowed, Would
from journal.facts.words import Answer, Channel, Ending
from journal.procedure import course
from journal.timeline import as_html, as_markdown, timeline
from journal.verify import verify
from runbook import (
    Approval,
    Attested,
    Guardrail,
    Manual,
    Mitigation,
    Permanent,
    Procedure,
    Runbook,
    attested,
    probe,
)
from runbook.rendering import runbook_as_markdown
from tasks.engine import Run
from tests.flows.small import NO_WAY_BACK, Here, Params, Rehearsed, Small, World, cause, mend, runbook, small

TITLE = "Cut the access that was named"
TWO = Approval(by="security", risk="Whoever is cut off waits.", quorum=2, requester_excluded=True)


def change(name: str, **more: Any) -> Mitigation[Small, Params]:
    return replace(mend(name), **{"treats": (), "name": name, "title": f"Do {name}", **more})


def task(name: str, **more: Any) -> Manual[Small, Params]:
    said: dict[str, Any] = {"steps": ("Take the tool.",), "why_manual": "nobody else can.", **more}
    return Manual(
        name=name,
        title=f"Do {name} by hand",
        treats=(),
        validated_by=cause(name)[1],
        source="devised",
        within=timedelta(minutes=5),
        **said,
    )


ISOLATE, TELL, CUT = change("isolate", approval=TWO), task("tell"), change("cut", title=TITLE)


def procedure(*steps: Any, undone: tuple[Any, ...] = (), **more: Any) -> Runbook[Small, Params]:
    declared = Procedure[Small, Params](steps=steps or (ISOLATE, TELL, CUT), undone_if_stopped=undone)
    return runbook(procedure=declared, **more)


BOOK = procedure()
AS_IT_IS = {"isolate": 20.0, "tell": 20.0, "cut": 20.0}


class Contained:
    """An incident of a procedure, carried pass by pass; `happens` at the nth question, before it is answered."""

    def __init__(self, here: Rehearsed, book: Runbook[Small, Params] = BOOK) -> None:
        self.here, self.book, self.run = here, book, Run(id=str(uuid.uuid4()), starter="bob")
        self.questions = 0
        self.texts: list[str] = []

    def go(self) -> Closed | None:
        self.here.engine.during(self.run, partial(follow, self.book, Small, Params()))
        return next(iter(self.here.facts(self.id, Closed)), None)

    @property
    def id(self) -> str:
        found = self.here.journal.incident_of(self.run.id)
        assert found is not None
        return found

    @property
    def entries(self) -> Any:
        return self.here.journal.entries(self.id)

    def to_its_end(
        self,
        answers: tuple[bool, ...] = (),
        happens: dict[int, Callable[[], object]] | None = None,
        then: dict[int, Callable[[], object]] | None = None,
    ) -> Closed:
        """Two people agree; `answers` are those to the first questions (a quorum is one), and yes after them.

        What `happens` at a question comes before its answer, and `then` after it.
        """
        for _ in range(20):
            if (closed := self.go()) is not None:
                return closed
            for standing in approvals.waiting(self.entries, clock.now()):
                self.questions += 1
                self.texts.append(standing.request.text)
                (happens or {}).get(self.questions, lambda: None)()
                clock.sleep(60)
                yes = answers[self.questions - 1] if self.questions <= len(answers) else True
                self.answer(standing, yes=yes)
                (then or {}).get(self.questions, lambda: None)()
            self.here.let_wait(self.run)
        raise AssertionError("it never ends")

    def answer(self, standing: approvals.Standing, *, yes: bool) -> None:
        said: Any = {"channel": Channel.CLI, "why": "as planned"}
        if isinstance(standing.request, TaskGiven):
            if yes:
                self.here.world.strengths[standing.request.mitigation] = 0.0
            approvals.done(self.here.journal, self.id, standing.digest, done=yes, by="grace", **said)
            return
        for by in ("ada.lovelace", "grace")[: standing.request.quorum]:
            now = approvals.standing(self.entries, standing.digest, clock.now())
            if now is not None and now.state is approvals.State.WAITING:
                approvals.decide(
                    self.here.journal, self.id, standing.digest, approve=yes, by=by, identity_proven=True, **said
                )


def test_when_every_step_is_done_it_ends_contained_and_says_who_and_when(tmp_path: Path) -> None:
    with small(tmp_path, strengths=dict(AS_IT_IS)) as here:
        one = Contained(here)
        closed = one.to_its_end()
        assert closed.ending is Ending.CONTAINED
        assert here.world.acts == ["apply isolate", "apply cut"]
        assert here.facts(one.id, Judged) == [], "nobody judges a cause"
        assert [step.done for step in course(one.entries)] == [True, True, True]
        assert closed.text.startswith(
            "All 3 steps of the procedure were done. Step 1, “Do isolate”, approved by ada.lovelace"
        )
        for words in (
            "approved by grace at 20",
            "“Do tell by hand”, said to be done by grace at",
            f"Step 3, “{TITLE}”",
        ):
            assert words in closed.text, words
        assert "The symptom was not there any more" in closed.text
        assert verify(here.journal).intact
        assert policy.walked(one.entries)


def test_the_form_of_a_step_says_what_was_done_and_what_is_to_come(tmp_path: Path) -> None:
    with small(tmp_path, strengths=dict(AS_IT_IS)) as here:
        one = Contained(here)
        one.to_its_end()
    first, second, third = one.texts
    assert "- **Procedure:** Step 1 of 3. Every step is done in this order" in first
    assert "It goes on even if the symptom goes away." in first
    assert "- **To come:** Step 2, “Do tell by hand”.\n- **To come:** Step 3, “Cut the access that was named”." in first
    assert "**Before:**" not in first
    assert "**Why:**" not in first
    assert "- **Before:** Step 1, “Do isolate”, approved by ada.lovelace at" in second
    assert "seen to hold at" in second
    assert "- **To come:** Step 3," in second
    assert "- **Before:** Step 2, “Do tell by hand”, said to be done by grace at" in third
    assert "**To come:**" not in third


def test_what_show_says_is_what_the_form_says(tmp_path: Path) -> None:
    with small(tmp_path, strengths=dict(AS_IT_IS)) as here:
        one = Contained(here)
        one.go()
        seen = board(one.entries, clock.now())
        (waiting,) = seen.waiting
        panel = asked_panel(waiting, seen.plans.get(waiting.digest), clock.now(), seen.before)
        assert [about for about, _ in seen.before] == ["Procedure", "To come", "To come"]
        assert "Waits for a yes" in clean(str(panel.title))


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_step_that_a_person_refuses_stops_it_and_what_was_done_stays(tmp_path: Path, step: int) -> None:
    with small(tmp_path, strengths=dict(AS_IT_IS)) as here:
        one = Contained(here)
        closed = one.to_its_end(answers=tuple(number != step for number in range(1, step + 1)))
        done = [each.done for each in course(one.entries)]
        assert one.questions == step, "nothing later is asked"
    assert closed.ending is Ending.UNRESOLVED
    assert done == [number < step for number in (1, 2, 3)]
    assert here.world.acts == ["apply isolate"][: step - 1], "nothing is undone"
    assert f"The procedure stopped at step {step} of 3." in closed.text
    refused = {1: "rejected by ada.lovelace at", 2: "said to be impossible by grace at", 3: "rejected by ada.lovelace"}
    before, _, after = closed.text.partition("Not done:")
    assert refused[step] in after
    assert ("Step 1, “Do isolate”" in before) is (step > 1)
    assert after.count("not begun") == 3 - step


def test_a_step_that_is_not_seen_to_hold_is_undone_and_stops_it(tmp_path: Path) -> None:
    with small(tmp_path, strengths=dict(AS_IT_IS), cures={"cut": lambda _w: None}) as here:
        one = Contained(here)
        closed = one.to_its_end()
    assert closed.ending is Ending.UNRESOLVED
    assert here.world.acts == ["apply isolate", "apply cut", "undo cut"]
    assert "not seen to hold (cut is weak: no), undone at" in closed.text


def test_a_task_that_nobody_saw_to_be_done_stops_it(tmp_path: Path) -> None:
    with small(tmp_path, strengths=dict(AS_IT_IS)) as here:
        here.world.sources["tell"] = lambda: 20.0
        one = Contained(here)
        closed = one.to_its_end()
    assert (closed.ending, one.questions) == (Ending.UNRESOLVED, 2)
    assert here.world.acts == ["apply isolate"]
    assert "said to be done by grace" in closed.text
    assert "not seen to hold (tell is weak: no)" in closed.text


def test_what_cannot_be_seen_does_not_hold(tmp_path: Path) -> None:
    with small(tmp_path, strengths=dict(AS_IT_IS)) as here:
        here.world.blind["tell"] = (1e9, Permanent("It does not answer."))
        one = Contained(here)
        closed = one.to_its_end()
    assert (closed.ending, one.questions) == (Ending.UNRESOLVED, 2)
    assert "not seen to hold (tell is weak: unknown)" in closed.text


def test_nobody_answers_in_time(tmp_path: Path) -> None:
    with small(tmp_path, strengths=dict(AS_IT_IS)) as here:
        one = Contained(here)
        assert one.go() is None
        clock.sleep(timedelta(hours=2).total_seconds())
        closed = one.go()
    assert closed is not None
    assert closed.ending is Ending.UNRESOLVED
    assert "Step 1, “Do isolate”, not answered in time" in closed.text
    assert here.world.acts == []


@pytest.mark.parametrize("gone", ["away", "unseen"])
def test_that_the_symptom_goes_away_or_cannot_be_seen_does_not_stop_it(tmp_path: Path, gone: str) -> None:
    with small(tmp_path, strengths={**AS_IT_IS, "noise": 50.0}) as here:
        one = Contained(here)

        def quiet() -> None:
            if gone == "unseen":
                here.world.blind["failing"] = (1e9, Permanent("It is isolated."))
            here.world.sources["isolate"] = lambda: 0.0
            here.world.strengths.update(noise=0.0, tell=0.0, cut=0.0)
            here.journal.append(one.id, "joined:end", Joined(alert={"status": "resolved"}))

        closed = one.to_its_end(happens={1: quiet})
        asked = [fact.finding.answer for fact in here.facts(one.id, SymptomAsked)]
    assert closed.ending is Ending.CONTAINED
    assert here.world.acts == ["apply isolate", "apply cut"]
    assert asked[0] is Answer.YES
    assert set(asked[1:]) == {Answer.NO if gone == "away" else Answer.UNKNOWN}
    said = "It is not there now" if gone == "away" else "It cannot be seen now"
    assert f"- **Symptom:** {said}" in one.texts[-1]
    assert "The procedure goes on all the same." in one.texts[-1]
    assert not any(isinstance(entry.fact, Passed) for entry in one.entries)


def test_what_is_not_there_or_cannot_be_seen_at_the_start_begins_nothing(tmp_path: Path) -> None:
    endings: list[Ending] = []
    for number, world in enumerate(({"strengths": {"isolate": 1.0}}, {"blind": {"failing": (1e9, Permanent("no."))}})):
        folder = tmp_path / str(number)
        folder.mkdir()
        with small(folder, **{"strengths": dict(AS_IT_IS), **world}) as here:
            one = Contained(here)
            endings.append(one.to_its_end().ending)
            assert here.facts(one.id, ProcedureBegun) == []
            assert here.world.acts == []
    assert endings == [Ending.NOT_REPRODUCED, Ending.UNRESOLVED]


def test_a_persons_word_may_be_its_start(tmp_path: Path) -> None:
    @probe(asks="Has somebody been let in?", source="devised")
    def declared(_c: Here) -> Attested:
        return attested(by="Ana Lima", what="somebody read the exports")

    book = procedure(symptom=declared.shows("a breach was declared", lambda r: bool(r.what)))
    with small(tmp_path, strengths=dict(AS_IT_IS)) as here:
        one = Contained(here, book)
        closed = one.to_its_end()
    assert closed.ending is Ending.CONTAINED
    assert "The symptom was still there when it was looked at last." in closed.text


# -- what stays, what is undone, what is so already -------------------------------------------------------------------


def test_a_step_may_say_that_it_does_not_stay_when_a_later_one_is_not_done(tmp_path: Path) -> None:
    first, second, third = change("isolate"), change("freeze"), change("cut")
    book = procedure(first, second, third, undone=(first, second))
    with small(tmp_path, strengths={**AS_IT_IS, "freeze": 20.0}) as here:
        one = Contained(here, book)
        closed = one.to_its_end(answers=(True, True, False))
        done = [each.done for each in course(one.entries)]
    assert here.world.acts == ["apply isolate", "apply freeze", "undo freeze", "undo isolate"]
    assert (closed.ending, done) == (Ending.UNRESOLVED, [False, False, False])
    assert "undone if the procedure stops" in one.texts[1]
    assert "The procedure stopped at step 3 of 3. Nothing of it is in place." in closed.text


def test_where_all_is_done_nothing_is_undone(tmp_path: Path) -> None:
    first, last = change("isolate"), change("cut")
    with small(tmp_path, strengths=dict(AS_IT_IS)) as here:
        closed = Contained(here, procedure(first, last, undone=(first,))).to_its_end()
    assert closed.ending is Ending.CONTAINED
    assert here.world.acts == ["apply isolate", "apply cut"]


def test_what_is_so_already_is_done_and_nobody_is_asked_for_it(tmp_path: Path) -> None:
    """Begun anew after it stopped, it goes on with what is left."""
    with small(tmp_path, strengths=dict(AS_IT_IS)) as here:
        assert Contained(here).to_its_end(answers=(True, True, False)).ending is Ending.UNRESOLVED
        here.world.needless.add("isolate")
        again = Contained(here)
        closed = again.to_its_end()
        passed = here.facts(again.id, Passed)
    assert closed.ending is Ending.CONTAINED
    assert here.world.acts == ["apply isolate", "apply cut"]
    assert again.questions == 2
    assert [(one.mitigation, one.by) for one in passed] == [("isolate", "need")]
    assert "Step 1, “Do isolate”, not needed (It is so), seen to hold at" in closed.text


def test_what_needs_no_change_and_is_not_so_stops_it(tmp_path: Path) -> None:
    with small(tmp_path, strengths=dict(AS_IT_IS)) as here:
        here.world.needless.add("isolate")
        one = Contained(here, procedure(ISOLATE, CUT, undone=()))
        closed = one.to_its_end()
    assert (closed.ending, one.questions, here.world.acts) == (Ending.UNRESOLVED, 0, [])


def test_what_ended_by_the_time_before_the_last_step_was_done_is_not_contained(tmp_path: Path) -> None:
    block = change("isolate", expires_after=timedelta(minutes=20))
    with small(tmp_path, strengths=dict(AS_IT_IS)) as here:
        one = Contained(here, procedure(block, TELL, CUT))
        closed = one.to_its_end(happens={2: lambda: clock.sleep(25 * 60.0)})
    assert here.world.acts == ["apply isolate", "undo isolate", "apply cut"]
    assert closed.ending is Ending.UNRESOLVED
    assert "Every step of the procedure was done, and not all of it is in place any more." in closed.text
    assert "- **To come:** Step 3," in one.texts[1]
    assert "undone at" in closed.text


# -- what holds for everything holds here -----------------------------------------------------------------------------


def test_a_stop_switch_between_two_steps_stops_it(tmp_path: Path) -> None:
    with small(tmp_path, strengths=dict(AS_IT_IS)) as here:
        one = Contained(here)
        stop = partial(switches.stop, here.journal, by="ana", why="not now")
        closed = one.to_its_end(happens={2: stop})
        assert one.questions == 2, "the third is not asked"
        drawn = timeline(one.entries)
    assert closed.ending is Ending.UNRESOLVED
    assert here.world.acts == ["apply isolate"]
    assert "not done (ana stopped all changes" in closed.text or "not now" in closed.text
    assert "Once changes may be made again, start the runbook anew: nothing does so by itself." in drawn.follow_ups
    assert any(line.startswith("Still to be done of the procedure: Step 3,") for line in drawn.follow_ups)


def test_a_stop_switch_after_the_yes_stops_it(tmp_path: Path) -> None:
    with small(tmp_path, strengths=dict(AS_IT_IS)) as here:
        one = Contained(here)
        closed = one.to_its_end(then={3: partial(switches.stop, here.journal, by="ana", why="not now")})
    assert (closed.ending, here.world.acts) == (Ending.UNRESOLVED, ["apply isolate"])


def test_a_guardrail_stops_it(tmp_path: Path) -> None:
    narrow = change("cut", guardrail=Guardrail(at_most=0, cooldown=timedelta(0)))
    with small(tmp_path, strengths=dict(AS_IT_IS)) as here:
        one = Contained(here, procedure(ISOLATE, narrow, task("tell")))
        closed = one.to_its_end()
    assert (closed.ending, one.questions, here.world.acts) == (Ending.UNRESOLVED, 1, ["apply isolate"])
    assert "the limit is 0" in closed.text


def test_who_asked_for_it_does_not_count_and_one_yes_is_not_two(tmp_path: Path) -> None:
    with small(tmp_path, strengths=dict(AS_IT_IS)) as here:
        one = Contained(here)
        assert one.go() is None
        (asked,) = here.facts(one.id, Requested)
        said: Any = {"approve": True, "channel": Channel.CLI, "identity_proven": True, "why": "as planned"}
        with pytest.raises(Exception, match="bob"):
            approvals.decide(here.journal, one.id, asked.digest, by="bob", **said)
        approvals.decide(here.journal, one.id, asked.digest, by="ada", **said)
        assert one.go() is None
        assert here.world.acts == []


def test_in_shadow_only_what_would_be_asked_first_is_said(tmp_path: Path) -> None:
    with small(tmp_path, strengths=dict(AS_IT_IS)) as here:
        shadow.turn(here.journal, "small", on=True, by="ana", why="a trial")
        one = Contained(here)
        closed = one.to_its_end()
        (said,) = here.facts(one.id, Shadowed)
        assert [plan.mitigation for plan in here.facts(one.id, Planned)] == ["isolate"]
        assert here.facts(one.id, Requested) == []
    assert closed.ending is Ending.UNRESOLVED
    assert (said.would, said.title) == (Would.CHANGE, "Do isolate")
    assert "To come:** Step 2, “Do tell by hand”" in said.text


def test_in_shadow_too_it_does_not_end_by_itself(tmp_path: Path) -> None:
    with small(tmp_path, strengths=dict(AS_IT_IS)) as here:
        shadow.turn(here.journal, "small", on=True, by="ana", why="a trial")
        for name in AS_IT_IS:
            here.world.in_(120.0, name, 0.0)
        closed = Contained(here).to_its_end()
    assert closed.ending is Ending.UNRESOLVED
    assert "went away, and no procedure ends by that" in closed.text


@pytest.mark.parametrize("at", [1, 2])
def test_a_shadow_between_two_steps_stops_it_and_says_what_would_have_come(tmp_path: Path, at: int) -> None:
    with small(tmp_path, strengths=dict(AS_IT_IS)) as here:
        one = Contained(here)
        turn = partial(shadow.turn, here.journal, "small", on=True, by="ana", why="a trial")
        closed = one.to_its_end(then={at: turn})
        (said,) = here.facts(one.id, Shadowed)
    assert closed.ending is Ending.UNRESOLVED
    assert here.world.acts == ["apply isolate"][: at - 1]
    assert (said.would, said.title) == [(Would.CHANGE, "Do isolate"), (Would.CHANGE, TITLE)][at - 1]
    assert f"The procedure stopped at step {at * 2 - 1} of 3." in closed.text


def test_a_task_that_a_shadow_keeps_from_being_given_is_told(tmp_path: Path) -> None:
    def in_shadow(world: World) -> None:
        world.strengths["isolate"] = 0.0
        shadow.turn(here.journal, "small", on=True, by="ana", why="a trial")

    with small(tmp_path, strengths=dict(AS_IT_IS), cures={"isolate": in_shadow}) as here:
        one = Contained(here)
        closed = one.to_its_end()
        (said,) = here.facts(one.id, Shadowed)
    assert (closed.ending, one.questions) == (Ending.UNRESOLVED, 1)
    assert (said.would, said.title) == (Would.TASK, "Do tell by hand")
    assert "The procedure stopped at step 2 of 3. Done: Step 1," in closed.text


def test_a_target_in_other_hands_stops_it(tmp_path: Path) -> None:
    with small(tmp_path, strengths=dict(AS_IT_IS)) as here:
        one = Contained(here)
        lock = "target:small:small.mend:cut"
        taken = partial(leases.acquire, here.journal, lock, "INC-20260101-AAAA", timedelta(hours=9))
        closed = one.to_its_end(happens={2: taken})
    assert (closed.ending, here.world.acts) == (Ending.UNRESOLVED, ["apply isolate"])
    assert "is changing the same thing" in closed.text


# -- how it is told ---------------------------------------------------------------------------------------------------


def test_the_document_has_every_step_and_what_became_of_it(tmp_path: Path) -> None:
    with small(tmp_path, strengths=dict(AS_IT_IS)) as here:
        one = Contained(here)
        one.to_its_end(answers=(True, False))
        drawn = timeline(one.entries)
    text, page = as_markdown(drawn).replace("\\", ""), as_html(drawn)
    assert "## The procedure" in text
    assert "| 1 | Do isolate | yes | approved by ada.lovelace at" in text
    assert "| 2 | Do tell by hand | no | said to be impossible by grace at" in text
    assert f"| 3 | {TITLE} | no | not begun |" in text
    assert "Treats:" not in text
    assert "Began a procedure of 3 steps" in text
    assert "Nothing was judged: it is a procedure" in text
    assert "<h2>The procedure</h2>" in page
    assert "<dt>Treats</dt>" not in page
    assert "said to be impossible by grace" in page


def test_what_is_contained_is_not_called_cured(tmp_path: Path) -> None:
    with small(tmp_path, strengths={**AS_IT_IS, "other": 30.0}) as here:
        one = Contained(here)
        closed = one.to_its_end()
        drawn = timeline(one.entries)
    assert closed.ending is Ending.CONTAINED
    assert any("the symptom, when it was last looked at" in line for line in drawn.summary)
    assert any(line.startswith("Find out what caused it") for line in drawn.follow_ups)
    assert not any("codeblue confirm" in line for line in drawn.follow_ups)


def test_the_page_says_the_order_and_that_it_goes_on_when_it_looks_quiet() -> None:
    page = runbook_as_markdown(procedure(ISOLATE, TELL, CUT, undone=(ISOLATE,)))
    assert "## What to do, in this order" in page
    order = [page.index(f"### {place}") for place in ("1. Do isolate", "2. Do tell by hand", f"3. {TITLE}")]
    assert order == sorted(order)
    assert "**That the symptom goes away meanwhile, or cannot be seen any more, does not stop it.**" in page
    assert "- **If a later step is not done:** this one is undone." in page
    assert "## Possible causes" not in page
    assert "Treats:" not in page


# -- what is refused when it is declared ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (lambda: Procedure(steps=()), "has no steps"),
        (lambda: Procedure(steps=(mend("model"),)), "treats a cause"),
        (lambda: Procedure(steps=(change("a", then=change("b")),)), "has a second one"),
        (lambda: Procedure(steps=(CUT, TELL), undone_if_stopped=(ISOLATE,)), "is to be undone"),
        (lambda: Procedure(steps=(TELL, CUT), undone_if_stopped=(CUT,)), "is to be undone"),
        (lambda: runbook(mend("model"), procedure=Procedure(steps=(CUT,))), "a procedure and treatments"),
        (lambda: runbook(change("a")), "treats none"),
        (lambda: procedure(CUT, CUT), "uses a name twice"),
    ],
)
def test_what_is_no_procedure_is_refused(made: Callable[[], object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        made()


def test_what_cannot_be_undone_cannot_be_among_what_is() -> None:
    gone = change("a", undo=NO_WAY_BACK)
    with pytest.raises(ValueError, match="is to be undone"):
        procedure(gone, CUT, undone=(gone,))


def test_validated_is_asked_of_each_step(tmp_path: Path) -> None:
    with small(tmp_path, strengths=dict(AS_IT_IS)) as here:
        one = Contained(here)
        one.to_its_end()
        assert [(fact.mitigation, fact.held) for fact in here.facts(one.id, Validated)] == [
            ("isolate", True),
            ("tell", True),
            ("cut", True),
        ]
