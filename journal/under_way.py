"""What goes on in a target since a run began it: which act, since when, and how far it is. From the entries alone.

The watch has a run look again when that is due (`journal.waits`); people are shown `told`. An act that was begun
before its incident closed is not looked at any more after that; one that takes back what was temporary is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from journal.chain import Entry
from journal.facts.closed import Closed
from journal.facts.decided import Planned, TaskGiven
from journal.facts.done import Carried, Progressed, UnderWay
from journal.facts.words import Act, Going
from journal.wording import clock, sentence, span

SETTLES = "settle:"
"""How the name of a task begins that asks a person what became of an act."""


def open_act(entries: Sequence[Entry]) -> Entry | None:
    """The entry with which the act began that is under way now, if one is: of several, the one that began last.

    One that takes back what was temporary may begin and end while another goes on.
    """
    for entry in reversed(entries):
        match entry.fact:
            case UnderWay() if not any(_ends(later.fact, entry.fact) for later in entries):
                return entry
            case Closed():
                return None
            case _:
                pass
    return None


def _ends(fact: object, act: UnderWay) -> bool:
    return isinstance(fact, Carried) and (fact.digest, fact.act, fact.attempt) == (act.digest, act.act, act.attempt)


def is_asked_about(entries: Sequence[Entry], begun: Entry) -> bool:
    """Whether a person is asked what became of it: its time was up, and the target could not tell."""
    name = f"{SETTLES}{begun.key.removeprefix('under_way:')}"
    return any(isinstance(entry.fact, TaskGiven) and entry.fact.mitigation == name for entry in entries)


def latest(entries: Sequence[Entry], act: UnderWay) -> Progressed | None:
    """What the last look told that is kept."""
    mine = (act.digest, act.act, act.attempt)
    looks = (entry.fact for entry in reversed(entries) if isinstance(entry.fact, Progressed))
    return next((look for look in looks if (look.digest, look.act, look.attempt) == mine), None)


def how_far(look: Progressed) -> str:
    """In a few words: how much of it is done, or what else it is."""
    if look.going is Going.UNDER_WAY and look.share is not None:
        return f"{look.share:.0%} done"
    return "cannot be seen" if look.going is Going.UNKNOWN else look.going.value


def told(entries: Sequence[Entry], now: datetime) -> str | None:
    """What is under way, since when and how far, for people; nothing where nothing is."""
    if (begun := open_act(entries)) is None or not isinstance(act := begun.fact, UnderWay):
        return None
    title = next(
        (e.fact.title for e in reversed(entries) if isinstance(e.fact, Planned) and e.fact.digest == act.digest),
        act.mitigation,
    )
    undoing = "Undoing " if act.act is Act.UNDO else ""
    look = latest(entries, act)
    far = f"{how_far(look)}. {sentence(look.note)}" if look is not None else sentence(act.note)
    halted = f" {watched_only(look.halted)}" if look is not None and look.halted else ""
    return (
        f"{undoing}“{title}” is under way since {clock(begun.at)} UTC ({span(now - begun.at)}), {far}"
        f" It may take until {clock(act.expires_at)} UTC.{halted}"
    )


def long_words(goes_on: timedelta) -> str:
    """What whoever approves a long act must know."""
    return (
        f"up to {span(goes_on)}. It goes on by itself once it is begun: the stop switch does not end it, nobody else"
        " changes its target meanwhile, and whether it helped is asked when it is over"
    )


def watched_only(halted: str) -> str:
    """What a stop, a freeze or a shadow means for what goes on already."""
    return f"Nothing new is begun, and what is under way is only watched: {sentence(halted)}"
