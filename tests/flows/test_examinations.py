"""Examinations: looks that touch. They treat nothing, are approved like changes, and let causes be told apart."""

from __future__ import annotations

import re
import uuid
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flows.follow import follow
from journal import leases, shadow, switches
from journal.chain import Entry
from journal.facts.closed import Closed, Notified
from journal.facts.decided import Passed, Planned, Requested
from journal.facts.done import Carried, Intended, Settled, Validated, Worsened
from journal.facts.seen import Judged
from journal.facts.shadow import Shadowed, Would
from journal.facts.words import Act, Answer, Effect, Ending, Standing
from journal.store import Journal
from journal.timeline import as_html, as_markdown, timeline
from runbook import (
    Examination,
    Outcome,
    Permanent,
    Plan,
    Runbook,
    Warrant,
    WayBack,
    changes,
)
from runbook.rendering import runbook_as_markdown
from sandbox.selftest.incident import TRACE
from tasks.engine import Run
from tests.flows.passes import Incident
from tests.flows.small import (
    READS,
    WORLD,
    Knob,
    Mend,
    Params,
    Rehearsed,
    Small,
    World,
    cause,
    failing,
    mend,
    runbook,
    small,
)
from tests.flows.test_killed_in_a_round import NOT_OURS, Killed, Sabotage

BEHIND = Permanent("Nobody records that; the light is off.")
FOR_EVER = float("inf")
LEAK, NO_LEAK = cause("leak")
PIPE, NO_PIPE = cause("pipe")
HOUR = timedelta(hours=1)


@changes(Knob, name="small.light", effect=Effect.REVERSIBLE, needs=READS, reads=READS)
@dataclass(frozen=True, kw_only=True)
class Light(Mend):
    """Turn a light on, by which two causes are seen; or mend one. It tells whether that happened."""

    def landed(self, plan: Plan[Knob]) -> tuple[Answer, str]:
        return _seen("apply", self.cause), "The world says so."

    def undone(self, plan: Plan[Knob]) -> tuple[Answer, str]:
        return _seen("undo", self.cause), "The world says so."


def _seen(act: str, cause: str) -> Answer:
    return Answer.YES if f"{act} {cause}" in WORLD[-1].acts else Answer.NO


def light(**more: Any) -> Examination[Small, Params]:
    said: dict[str, Any] = {
        "name": "light",
        "title": "Turn the light on",
        "tells": (LEAK, PIPE),
        "change": lambda _c: Light(cause="light"),
        "approval": mend("leak").approval,
        "guardrail": mend("leak").guardrail,
        "undo": WayBack("It is turned off."),
        "asks_after": timedelta(minutes=2),
        "ends_after": HOUR,
        "source": "devised",
        "then_asks": (LEAK.supported_by[0].probe, PIPE.supported_by[0].probe),
    }
    return Examination(**{**said, **more})


MEND = mend("leak", treats=LEAK, validated_by=NO_LEAK, change=lambda _c: Light(cause="leak"))
MEND_PIPE = mend("pipe", treats=PIPE, validated_by=NO_PIPE)


def book(*first: Any, **more: Any) -> Runbook[Small, Params]:
    return runbook(*(first or (light(),)), MEND, MEND_PIPE, **more)


CALM = failing.shows("at most 5% of the requests fail", lambda r: r.percent <= 5)
SLOWLY_APPROVED = replace(
    MEND, approval=replace(MEND.approval, within=timedelta(hours=3)), validated_by=CALM
)  # what is to hold after it is seen in the dark as well


def off(world: World) -> None:
    world.blind.update(leak=(FOR_EVER, BEHIND), pipe=(FOR_EVER, BEHIND))


def on(world: World) -> None:
    world.blind.clear()


@contextmanager
def dark(folder: Path, **strengths: float) -> Generator[Rehearsed]:
    """A world in which nobody sees what leaks, until the light is on."""
    with small(folder, strengths=strengths or {"leak": 50.0}) as here:
        off(here.world)
        here.engine.draws("small.incident")  # a page with charts costs as much as all the rest
        here.world.cures |= {"light": on, "undo light": off}
        yield here


def standings(here: Rehearsed, incident: str) -> list[dict[str, Standing]]:
    return [{one.hypothesis: one.standing for one in fact.ranking} for fact in here.facts(incident, Judged)]


def undone(here: Rehearsed, incident: str) -> list[Carried]:
    return [one for one in here.facts(incident, Carried) if one.act is Act.UNDO]


# -- what it is for ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("guilty", ["leak", "pipe"])
def test_it_tells_causes_apart_and_what_is_supported_then_is_treated(tmp_path: Path, guilty: str) -> None:
    with dark(tmp_path, **{guilty: 50.0}) as here:
        incident, closed = here.follow(book())
        first, second = standings(here, incident)
        keys = [entry.key for entry in here.journal.entries(incident)]
        acts = list(here.world.acts)
    assert {first["leak"], first["pipe"]} == {Standing.UNDECIDED}
    assert {name for name, standing in second.items() if standing is Standing.SUPPORTED} == {guilty}
    assert keys.index("carried:light:apply:1") < keys.index("judged:after:light") < keys.index(f"plan:mend_{guilty}")
    assert acts == ["apply light", f"apply {guilty}", "undo light"]
    assert closed.ending is Ending.RESOLVED
    assert "Still in place" not in closed.text


def test_it_is_asked_only_when_it_has_been_on_for_so_long(tmp_path: Path) -> None:
    with dark(tmp_path) as here:
        incident, _ = here.follow(book())
        at = {entry.key: entry.at for entry in here.journal.entries(incident)}
    assert timedelta(minutes=2) <= at["judged:after:light"] - at["carried:light:apply:1"] <= timedelta(minutes=3)


def test_a_treatment_that_is_sure_enough_comes_first_and_nothing_is_turned_on(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"leak": 50.0}) as here:
        _incident, closed = here.follow(book())
    assert (closed.ending, here.world.acts) == (Ending.RESOLVED, ["apply leak"])


def test_where_all_that_it_tells_apart_is_refuted_it_is_not_offered(tmp_path: Path) -> None:
    with small(tmp_path, strengths={"other": 50.0}) as here:
        incident, closed = here.follow(book())
        asked = here.facts(incident, Requested)
    assert (closed.ending, asked, here.world.acts) == (Ending.UNRESOLVED, [], [])


def test_where_it_cannot_let_more_be_seen_it_is_not_offered(tmp_path: Path) -> None:
    """What is unknown of the leak, it does not ask: only the pipe, which is refuted."""
    only_pipe = light(then_asks=(PIPE.supported_by[0].probe,))
    with small(tmp_path, strengths={"leak": 50.0}) as here:
        here.world.blind["leak"] = (FOR_EVER, BEHIND)
        incident, closed = here.follow(book(only_pipe))
    assert (closed.ending, here.facts(incident, Requested)) == (Ending.UNRESOLVED, [])


def test_a_cause_that_is_supported_and_not_surely_enough_is_looked_at_more_closely(tmp_path: Path) -> None:
    sure, _ = cause("sure")
    hazy = replace(LEAK, supported_by=(*LEAK.supported_by, *sure.supported_by), strength=())
    unsure = replace(MEND, treats=hazy)
    with small(tmp_path, strengths={"leak": 50.0}) as here:
        here.world.blind["sure"] = (FOR_EVER, BEHIND)
        here.world.cures |= {"light": lambda world: (on(world), world.strengths.update(sure=2.0))}
        closer = light(tells=(hazy,), then_asks=(sure.supported_by[0].probe,))
        careful = runbook(closer, unsure, unnamed=0.3)
        incident, closed = here.follow(careful)
        ranked = standings(here, incident)
    assert (ranked[0]["leak"], ranked[1]["leak"]) == (Standing.POSSIBLE, Standing.SUPPORTED)
    assert here.world.acts == ["apply light", "apply leak", "undo light"]
    assert closed.ending is Ending.RESOLVED


def test_one_that_says_nothing_new_is_done_once_and_undone(tmp_path: Path) -> None:
    with dark(tmp_path) as here:
        here.world.cures["light"] = lambda _world: None
        incident, closed = here.follow(book())
        ranked = standings(here, incident)
        asked = here.facts(incident, Requested)
        acts = list(here.world.acts)
    assert ranked[0] == ranked[1]
    assert (len(asked), acts) == (1, ["apply light", "undo light"])
    assert closed.ending is Ending.UNRESOLVED
    assert "After round 1 all was looked at and judged anew" in closed.text


def test_in_the_last_round_it_is_not_offered(tmp_path: Path) -> None:
    """Nothing could be done any more about what it tells."""
    with dark(tmp_path, rest=50.0, leak=40.0) as here:
        here.world.cures["rest"] = lambda world: world.strengths.update(rest=0.0)
        incident, closed = here.follow(book(light(), mend("rest"), rounds=2))
        asked = [one.mitigation for one in here.facts(incident, Requested)]
    assert (asked, closed.ending) == (["mend_rest"], Ending.UNRESOLVED)


# -- what forbids it --------------------------------------------------------------------------------------------------


def test_rejected_it_is_not_done_nor_asked_again(tmp_path: Path) -> None:
    with dark(tmp_path) as here:
        incident, closed = here.follow(book(), yes=False)
        assert len(here.facts(incident, Requested)) == 1
    assert (closed.ending, here.world.acts) == (Ending.UNRESOLVED, [])


def test_in_a_false_alarm_it_is_never_offered(tmp_path: Path) -> None:
    with dark(tmp_path, leak=1.0) as here:
        incident, closed = here.follow(book())
    assert (closed.ending, here.facts(incident, Planned)) == (Ending.NOT_REPRODUCED, [])


def test_under_the_stop_switch_it_is_refused(tmp_path: Path) -> None:
    with dark(tmp_path) as here:
        one = Incident(here, book())
        one.go()
        one.say(one.asked()[0])
        switches.stop(here.journal, by="ada", why="we look by ourselves")
        closed = one.go()
        passed = here.facts(one.id, Passed)
    assert closed is not None
    assert (closed.ending, here.world.acts) == (Ending.UNRESOLVED, [])
    assert [fact.by for fact in passed] == ["stop switch"]


def test_its_guardrail_counts(tmp_path: Path) -> None:
    narrow = light(guardrail=replace(mend("leak").guardrail, at_most=0))
    with dark(tmp_path) as here:
        incident, _ = here.follow(book(narrow))
        (passed,) = here.facts(incident, Passed)
    assert (passed.by, here.world.acts) == ("guardrail", [])


def test_when_the_symptom_is_gone_while_its_approval_waits_nothing_is_turned_on(tmp_path: Path) -> None:
    with dark(tmp_path) as here:
        one = Incident(here, book())
        one.go()
        here.world.strengths["leak"] = 0.0
        one.say(one.asked()[0])
        closed = one.go()
    assert closed is not None
    assert (closed.ending, here.world.acts) == (Ending.RECOVERED, [])


def test_when_the_symptom_goes_while_it_is_on_it_went_by_itself(tmp_path: Path) -> None:
    with dark(tmp_path) as here:
        here.world.cures["light"] = lambda world: world.strengths.update(leak=0.0)
        _incident, closed = here.follow(book())
    assert here.world.acts == ["apply light", "undo light"]
    assert closed.ending is Ending.RECOVERED
    assert "by itself: nothing was changed but “Turn the light on”, which only looks." in closed.text


def test_in_shadow_it_is_only_written_down(tmp_path: Path) -> None:
    with dark(tmp_path) as here:
        shadow.turn(here.journal, "small", on=True, by="ada", why="trial")
        incident, closed = here.follow(book())
        would = here.facts(incident, Shadowed)[0]
    assert (would.would, would.title, here.world.acts) == (Would.EXAMINATION, "Turn the light on", [])
    assert "Would have been changed, only to look: turn the light on." in closed.text
    assert "**It treats nothing.**" in would.text


# -- how it ends ------------------------------------------------------------------------------------------------------


def test_it_ends_while_the_next_question_waits(tmp_path: Path) -> None:
    with dark(tmp_path) as here:
        one = Incident(here, runbook(light(), SLOWLY_APPROVED, MEND_PIPE))
        one.go()
        one.say(one.asked()[0])
        one.go()
        assert len(one.asked()) == 2
        one.thinks(50 * 60)
        one.go()
        assert here.world.acts == ["apply light"]
        one.thinks(10 * 60)
        one.go()
        assert here.world.acts == ["apply light", "undo light"]


def test_it_is_undone_once_when_it_expired_before_the_end(tmp_path: Path) -> None:
    with dark(tmp_path) as here:
        incident, closed = here.follow(runbook(light(), SLOWLY_APPROVED, MEND_PIPE), thinks=(0.0, 2 * 3600.0))
        assert len(undone(here, incident)) == 1
    assert (closed.ending, here.world.acts) == (Ending.RESOLVED, ["apply light", "undo light", "apply leak"])


def test_what_cannot_be_undone_is_said_loudly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stuck(_self: Light, _plan: Plan[Knob], _warrant: Warrant) -> Outcome:
        raise Permanent("It is stuck.")

    monkeypatch.setattr(Light, "undo", stuck)
    with dark(tmp_path) as here:
        incident, closed = here.follow(book())
        entries = here.journal.entries(incident)
        told = [entry.fact for entry in entries if isinstance(entry.fact, Notified) or entry.key.startswith("undo_f")]
        drawn = as_markdown(timeline(entries))
    assert closed.ending is Ending.RESOLVED
    assert any("was only to look AND COULD NOT BE UNDONE. Look at once." in str(one) for one in told)
    assert "“Turn the light on” is on, which was only to look." in drawn
    assert "Undo by hand: Turn the light on. It is still in place." in drawn


def test_where_it_makes_things_worse_it_is_undone_at_once(tmp_path: Path) -> None:
    with dark(tmp_path, leak=20.0) as here:
        here.world.cures["light"] = lambda world: world.strengths.update(leak=70.0)
        here.world.cures["undo light"] = lambda world: world.strengths.update(leak=20.0)
        incident, closed = here.follow(book(light(asks_after=timedelta(minutes=30), ends_after=timedelta(hours=2))))
        at = {entry.key: entry.at for entry in here.journal.entries(incident)}
        assert len(here.facts(incident, Worsened)) == 1
    assert here.world.acts == ["apply light", "undo light"]
    assert at["carried:light:undo:1"] - at["carried:light:apply:1"] < timedelta(minutes=5)
    assert closed.ending is Ending.UNRESOLVED


def test_nothing_has_to_hold_after_it(tmp_path: Path) -> None:
    with dark(tmp_path) as here:
        incident, _ = here.follow(book())
        assert [fact.mitigation for fact in here.facts(incident, Validated)] == ["mend_leak"]


# -- killed -----------------------------------------------------------------------------------------------------------

DECISIVE = re.compile("judged|plan|ask|intended|carried|closed|act")


def carry(here: Rehearsed, patch: pytest.MonkeyPatch, sabotage: Sabotage | None = None) -> tuple[Entry, ...]:
    """An incident to the end of its last pass; whoever takes it up after a kill is another process."""
    if sabotage is not None:
        patch.setattr(Journal, "append", sabotage.append(Journal.append))
        patch.setattr(Mend, "apply", sabotage.apply(Mend.apply))
        patch.setattr(Mend, "undo", sabotage.apply(Mend.undo))
    run = Run(id=str(uuid.uuid4()), starter="ada")
    for number in range(20):
        patch.setattr(leases, "me", lambda number=number: f"process {number}")
        try:
            here.engine.during(run, partial(follow, book(), Small, Params()))
        except Killed:
            continue
        incident = here.journal.incident_of(run.id)
        assert incident is not None
        if here.facts(incident, Closed):
            return here.journal.entries(incident)
        here.answer(run, yes=True)
    raise AssertionError("it never ends")


def boundaries(entries: tuple[Entry, ...]) -> Iterator[str]:
    began = next(number for number, entry in enumerate(entries) if entry.key == "plan:light")
    keys = (re.sub(r"^(read:validate:[^:]+:).*", r"\1", one.key) for one in entries[began:] if one.kind not in NOT_OURS)
    yield from filter(None, dict.fromkeys(re.sub(r"^(taken_up:|notified:).*", "", key) for key in keys))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Entry, ...]:
    with pytest.MonkeyPatch.context() as patch, dark(tmp_path_factory.mktemp("told")) as here:
        return carry(here, patch)


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_each_boundary_it_is_done_once_and_undone_once(
    tmp_path: Path, undisturbed: tuple[Entry, ...], when: str
) -> None:
    acts_of = ["apply light", "apply leak", "undo light"]
    every = [*boundaries(undisturbed), "act 1", "act 3"]
    assert {"intended:light:apply:1", "carried:light:undo:1", "closed", "judged:after:light"} <= set(every)
    for number, what in enumerate(every if when == "after" else filter(DECISIVE.match, every)):
        folder = tmp_path / str(number)
        folder.mkdir()
        sabotage = Sabotage(when, what)
        with pytest.MonkeyPatch.context() as patch, dark(folder) as here:
            entries = carry(here, patch, sabotage)
            acts = list(here.world.acts)
        assert sabotage.struck, f"{when} {what}: it was never there"
        assert acts == acts_of, f"{when} {what}"
        assert [e.fact.ending for e in entries if isinstance(e.fact, Closed)] == [Ending.RESOLVED], f"{when} {what}"
        assert sum(isinstance(entry.fact, Requested) for entry in entries) == 2, f"{when} {what}"


def test_killed_between_intent_and_outcome_the_target_is_asked(tmp_path: Path) -> None:
    for when, landed, folder in (("after", Answer.NO, "intent"), ("after", Answer.YES, "act")):
        (tmp_path / folder).mkdir()
        sabotage = Sabotage(when, "intended:light:apply:1" if folder == "intent" else "act 1")
        with pytest.MonkeyPatch.context() as patch, dark(tmp_path / folder) as here:
            entries = carry(here, patch, sabotage)
            acts = list(here.world.acts)
        settled = [entry.fact.landed for entry in entries if isinstance(entry.fact, Settled)]
        assert (sabotage.struck, settled[:1]) == (True, [landed])
        assert acts.count("apply light") == 1
        assert sum(isinstance(e.fact, Intended) and e.fact.mitigation == "light" for e in entries) >= 2


# -- how it reads -----------------------------------------------------------------------------------------------------


def test_the_question_says_what_is_touched_for_how_long_and_what_it_tells(tmp_path: Path) -> None:
    with dark(tmp_path) as here:
        one = Incident(here, book())
        one.go()
        (request,) = here.facts(one.id, Requested)
        (planned,) = here.facts(one.id, Planned)
    assert (planned.tells, planned.stake) == (("leak", "pipe"), None)
    for words in (
        "### Turn the light on",
        "**It treats nothing.** It lets more be seen, to tell which of these it is:",
        "- **It is leak.** (undecided, ",
        "- **It is pipe.** (undecided, ",
        "- **Then:** after 2 min all is asked again and judged anew",
        "It ends by itself after 1 h, or with the incident",
        "**Exactly this would change** (1 of 1):",
        "light: broken → whole",
    ):
        assert words in request.text, words
    assert "At stake" not in request.text
    assert "Worked when" not in request.text


def test_documents_say_what_it_was_for(tmp_path: Path) -> None:
    with dark(tmp_path) as here:
        incident, _ = here.follow(book())
        told = timeline(here.journal.entries(incident))
    drawn, page = as_markdown(told), as_html(told)
    for words in ("Tells apart: It is leak. It is pipe.", "only to look", "It treats nothing", "Then: after 2 min"):
        assert words in drawn, words
    for words in ("<dt>Tells apart</dt><dd>It is leak. It is pipe. </dd>", "reversible, only to look"):
        assert words in page, words
    assert "is in place, though" not in drawn
    rendered = runbook_as_markdown(book())
    for words in (
        "Tells apart: It is leak. It is pipe. Source `devised`.",
        "*It treats nothing: it lets more be seen.",
        "- **Then**, after 2 min, all is asked again and the causes are judged anew; more is seen by `leak`, `pipe`.",
        "- **Temporary:** undone after 1 h, and when the incident ends.",
    ):
        assert words in rendered, words


# -- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "ends"),
    [
        (timedelta(0), HOUR),
        (HOUR, HOUR),
        (timedelta(minutes=1), timedelta(hours=5)),
        (timedelta(minutes=-1), HOUR),
    ],
)
def test_one_that_is_not_asked_while_it_is_on_or_never_ends_is_refused(after: timedelta, ends: timedelta) -> None:
    with pytest.raises(ValueError, match="asked while it is on, and end by itself"):
        light(asks_after=after, ends_after=ends)


def test_one_that_can_tell_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="light can tell nothing"):
        light(tells=(PIPE,), then_asks=(LEAK.supported_by[0].probe,))
    with pytest.raises(ValueError, match="light can tell nothing"):
        light(tells=())


def test_one_that_ends_before_what_it_lets_be_seen_has_helped_is_refused() -> None:
    with pytest.raises(ValueError, match=r"light ends after 0:40:00, before mend_leak can be seen to have helped"):
        book(light(ends_after=timedelta(minutes=40)))


def test_one_with_no_round_after_it_is_refused() -> None:
    with pytest.raises(ValueError, match="has one round"):
        book(rounds=1)


def test_one_of_a_cause_that_the_runbook_does_not_declare_is_refused() -> None:
    with pytest.raises(ValueError, match="does not declare"):
        runbook(light(), MEND, hypotheses=(LEAK,))


def test_the_self_test_has_one() -> None:
    assert {one.name for one in TRACE.tells} == {"bulb", "wire"}
