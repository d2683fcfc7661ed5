"""Which systems are in shadow, and which incidents are paged, read from what was recorded."""

from __future__ import annotations

import pytest

from journal import shadow, switches
from journal.errors import OddName, ShadowUnchanged, UnknownSystem, Unsigned
from journal.facts.closed import Closed
from journal.facts.done import Intended
from journal.facts.shadow import Shadowed, Would
from journal.facts.words import Act, Ending
from journal.shadow_report import shades
from journal.store import Journal
from journal.verify import verify
from tests.journal.samples import START, Ticking, opened


@pytest.mark.parametrize(
    ("system", "by", "why", "error"),
    [
        ("rung", " ", "trial", Unsigned),
        ("rung", "ana", "", Unsigned),
        ("rung", "a\u200bna", "trial", OddName),
        ("rnug", "ana", "trial", UnknownSystem),
        ("*", "ana", "trial", UnknownSystem),
        ("", "ana", "trial", UnknownSystem),
        ("rung-prod", "ana", "trial", UnknownSystem),
    ],
)
def test_who_why_and_a_known_system_are_needed(
    journal: Journal, system: str, by: str, why: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        shadow.turn(journal, system, on=True, by=by, why=why, known=("rung", "shop"))
    assert shadow.shadows(journal) == ()


def test_it_holds_for_the_system_until_it_is_turned_off(journal: Journal, clock: Ticking) -> None:
    shadow.turn(journal, "rung", on=True, by="ana", why="trial")
    found = shadow.shadow_of(journal, "rung")
    assert found is not None
    assert (found.by, found.why) == ("ana", "trial")
    assert shadow.shadow_of(journal, "Rung") is None
    assert shadow.shadow_of(journal, "rung-prod") is None
    clock.wait(hours=-3)
    shadow.turn(journal, "rung", on=False, by="bo", why="over")
    assert shadow.shadows(journal) == ()
    shadow.turn(journal, "rung", on=True, by="ana", why="again")
    assert [one.why for one in shadow.shadows(journal)] == ["again"]
    assert verify(journal).intact


def test_a_system_that_is_gone_can_be_taken_out_of_shadow(journal: Journal) -> None:
    shadow.turn(journal, "gone", on=True, by="ana", why="trial")
    shadow.turn(journal, "gone", on=False, by="ana", why="over", known=("rung",))
    assert shadow.shadows(journal) == ()


def test_what_would_do_nothing_is_refused(journal: Journal) -> None:
    with pytest.raises(ShadowUnchanged, match="nothing is"):
        shadow.turn(journal, "rung", on=False, by="ana", why="over")
    shadow.turn(journal, "rung", on=True, by="ana", why="trial")
    with pytest.raises(ShadowUnchanged, match="in shadow already"):
        shadow.turn(journal, "rung", on=True, by="ana", why="trial")
    with pytest.raises(ShadowUnchanged, match="in shadow are: rung"):
        shadow.turn(journal, "rnug", on=False, by="ana", why="over")


def test_it_halts_changes_to_its_system_alone_and_says_how_it_is_lifted(journal: Journal) -> None:
    shadow.turn(journal, "an odd 'name'", on=True, by="ana", why="trial")
    assert switches.halt(journal, "rung") is None
    halt = switches.halt(journal, "an odd 'name'")
    assert halt is not None
    assert halt.by == "shadow"
    assert "in shadow (trial, ana)" in halt.why
    assert """`codeblue shadow 'an odd '"'"'name'"'"'' off --why TEXT`""" in halt.why


def test_the_stop_switch_is_named_first(journal: Journal) -> None:
    shadow.turn(journal, "rung", on=True, by="ana", why="trial")
    switches.stop(journal, "bo", "wrong targets")
    halt = switches.halt(journal, "rung")
    assert halt is not None
    assert halt.by == "stop switch"


INTENDED = Intended(mitigation="m", digest="d", act=Act.APPLY, attempt=1, holder="h")


@pytest.mark.parametrize(
    ("lifted", "begun", "closed", "quiet", "unpaged"),
    [
        (False, False, False, True, True),
        (False, False, False, False, False),
        (False, False, True, False, True),
        (False, True, False, True, False),
        (False, True, True, True, False),
        (True, False, True, True, False),
    ],
)
def test_who_is_paged(  # noqa: PLR0917 # the table is the test
    journal: Journal, lifted: bool, begun: bool, closed: bool, quiet: bool, unpaged: bool
) -> None:
    incident = journal.open_incident(opened())[0].id
    shadow.say(journal, incident, Shadowed(on=True, by="ana", why="trial", would=Would.CHANGE, title="End sessions"))
    if lifted:
        shadow.say(journal, incident, Shadowed(on=False, by="ana", why="trial"))
    if begun:
        journal.append(incident, "intended:m:apply:1", INTENDED)
    if closed:
        journal.append(incident, "closed", Closed(ending=Ending.UNRESOLVED, text="x"))
    assert shadow.unpaged(journal.entries(incident), {"rung"} if quiet else {"shop"}) is unpaged


def test_the_last_word_before_the_closing_is_kept_once(journal: Journal) -> None:
    incident = journal.open_incident(opened())[0].id
    assert shadow.settle(journal, incident) is None
    shadow.turn(journal, "rung", on=True, by="ana", why="trial")
    first = shadow.settle(journal, incident)
    assert first == shadow.settle(journal, incident)
    assert [entry.kind for entry in journal.entries(incident)] == ["opened", "shadowed"]
    shadow.turn(journal, "rung", on=False, by="ana", why="over")
    assert shadow.settle(journal, incident) is None
    assert [entry.kind for entry in journal.entries(incident)] == ["opened", "shadowed", "shadowed"]


def test_the_report_has_what_ended_in_shadow_and_leaves_out_what_was_lifted(journal: Journal) -> None:
    shadow.turn(journal, "rung", on=True, by="ana", why="trial")
    ids = [journal.open_incident(opened(fingerprint=f"f{number}"))[0].id for number in range(3)]
    for incident in ids[:2]:
        shadow.settle(journal, incident)
    shadow.say(journal, ids[1], Shadowed(on=False, by="ana", why="trial"))
    journal.append(ids[0], "closed", Closed(ending=Ending.RECOVERED, text="x"))
    made = shades(journal, START.replace(year=2000))
    assert [(one.incident, one.by_itself.value) for one in made.incidents] == [(ids[0], "yes")]
    assert shades(journal, START.replace(year=2000), system="shop").incidents == ()
