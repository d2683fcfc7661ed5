"""What can go wrong in the journal, as a tree.

    JournalError
    ├── JournalUnavailable     the database could not be reached for the whole retry time (temporary)
    ├── UnsuitableJournal      the address or the database cannot hold a journal (permanent)
    ├── UnknownIncident        no incident by that id or prefix
    ├── AmbiguousIncident      a prefix that several incidents share
    ├── BeginningGone          an incident whose first entries were removed from outside
    ├── IncidentClosed         the incident is closed: nothing more is decided, and it is not closed twice
    ├── RunTaken               the flow run already works on another incident
    ├── UnknownCause           no hypothesis of the incident has this name
    ├── NoSuchSilence          no silence of this number holds or will
    ├── NothingFrozen          no freeze window of this system holds or will
    ├── ShadowUnchanged        a system's shadow is on already, or is not
    ├── UnknownSystem          no system of this name is known
    └── AnswerRefused          a person's answer that does not count
        ├── NoSuchRequest          nothing was asked with this digest
        ├── OtherPlan              what waits is another plan
        ├── AlreadyDecided         the request has its answer
        ├── RequestExpired         the request was open until an earlier time
        ├── RequesterExcluded      who asked for the run may not approve it
        ├── SamePersonTwice        a quorum needs different people
        ├── IdentityNotProven      this request counts only those whose identity is proven
        ├── ChannelRefused            this channel may not answer this request
        ├── Halted                 a yes while no change may be made: it would change nothing
        ├── OddName                a name that may show as somebody else's
        └── Unsigned               nobody's name, or no reason, under the answer

Each error takes its facts as arguments, hands all of them to `super().__init__` (so it survives pickling, which Prefect
relies on) and builds its one sentence, remedy included, in `__str__`.
"""

from __future__ import annotations

from typing import Final

from journal.near import perhaps

_COMPARED: Final = 12


class JournalError(Exception):
    """Base of everything that the journal raises by itself."""


class JournalUnavailable(JournalError):
    """The database stayed away for `waited` seconds; nothing is half-written, so the same call may be made again."""

    def __init__(self, where: str, waited: float, cause: str) -> None:
        super().__init__(where, waited, cause)
        self.where, self.waited, self.cause = where, waited, cause

    def __str__(self) -> str:
        full = any(said in self.cause.lower() for said in ("disk", "no space"))
        could, remedy = (
            ("written to", "free space on its disk (it can still be read)")
            if full
            else ("reached", "start the database or correct the journal's address")
        )
        return (
            f"The journal at {self.where} could not be {could} for {self.waited:.0f} s ({self.cause}); "
            f"{remedy}, then run the same step again: nothing is lost or done twice."
        )


class UnsuitableJournal(JournalError):
    """The address or what is behind it cannot be used as a journal."""

    def __init__(self, where: str, why: str, remedy: str) -> None:
        super().__init__(where, why, remedy)
        self.where, self.why, self.remedy = where, why, remedy

    def __str__(self) -> str:
        return f"{self.where} cannot hold a journal: {self.why}; {self.remedy}."


class UnknownIncident(JournalError):
    def __init__(self, incident: str) -> None:
        super().__init__(incident)
        self.incident = incident

    def __str__(self) -> str:
        known = "`codeblue incidents --all` lists the known ones."
        return f"There is no incident {self.incident!r}; give an id, its beginning or its last part: {known}"


class NoSuchSilence(JournalError):
    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    def __str__(self) -> str:
        return f"No silence {self.number} holds or will hold; `codeblue silences` lists those that do."


class NothingFrozen(JournalError):
    """`frozen` are the systems that have a freeze window."""

    def __init__(self, system: str, frozen: tuple[str, ...]) -> None:
        super().__init__(system, frozen)
        self.system, self.frozen = system, frozen

    def __str__(self) -> str:
        others = f"name one of {', '.join(self.frozen)}" if self.frozen else "nothing is frozen"
        near = perhaps(self.system, self.frozen)
        return f"No freeze window of {self.system!r} holds or will hold, so there is nothing to lift; {others}.{near}"


class ShadowUnchanged(JournalError):
    """A system's shadow is already what it was to become. `shadowed` are the systems that are in shadow."""

    def __init__(self, system: str, shadowed: tuple[str, ...]) -> None:
        super().__init__(system, shadowed)
        self.system, self.shadowed = system, shadowed

    def __str__(self) -> str:
        if self.system in self.shadowed:
            return f"{self.system!r} is in shadow already. See: codeblue status"
        others = f"in shadow are: {', '.join(self.shadowed)}" if self.shadowed else "nothing is"
        near = perhaps(self.system, self.shadowed)
        return f"{self.system!r} is not in shadow, so there is nothing to end; {others}.{near}"


class UnknownSystem(JournalError):
    """`known` are the systems that there are."""

    def __init__(self, system: str, known: tuple[str, ...]) -> None:
        super().__init__(system, known)
        self.system, self.known = system, known

    def __str__(self) -> str:
        near = perhaps(self.system, self.known)
        return f"There is no system {self.system!r}; name one of {', '.join(self.known)}, or '*' for all.{near}"


class AmbiguousIncident(JournalError):
    def __init__(self, prefix: str, matches: tuple[str, ...]) -> None:
        super().__init__(prefix, matches)
        self.prefix, self.matches = prefix, matches

    def __str__(self) -> str:
        return (
            f"{self.prefix!r} is the beginning of several incidents ({', '.join(self.matches)}, …); "
            "give more of the id."
        )


class BeginningGone(JournalError):
    """An incident whose first entries were removed from outside: nobody can say what it is about."""

    def __init__(self, incident: str) -> None:
        super().__init__(incident)
        self.incident = incident

    def __str__(self) -> str:
        return (
            f"The first entries of {self.incident} are gone. `codeblue verify` says what is damaged; restore the"
            " journal from its backup."
        )


class IncidentClosed(JournalError):
    def __init__(self, incident: str, ending: str) -> None:
        super().__init__(incident, ending)
        self.incident, self.ending = incident, ending

    def __str__(self) -> str:
        return (
            f"Incident {self.incident} is already closed ({self.ending}), so nothing more is decided in it; "
            "if the problem is back, start the runbook again."
        )


class RunTaken(JournalError):
    def __init__(self, flow_run: str, incident: str, wanted: str) -> None:
        super().__init__(flow_run, incident, wanted)
        self.flow_run, self.incident, self.wanted = flow_run, incident, wanted

    def __str__(self) -> str:
        return (
            f"Flow run {self.flow_run} already works on {self.incident}, not {self.wanted}; "
            "start another run for the other incident."
        )


class UnknownCause(JournalError):
    """The incident's runbook names no such cause; `known` are those it names."""

    def __init__(self, incident: str, cause: str, known: tuple[str, ...]) -> None:
        super().__init__(incident, cause, known)
        self.incident, self.cause, self.known = incident, cause, known

    def __str__(self) -> str:
        near = perhaps(self.cause, self.known)
        return f"{self.incident} has no cause {self.cause!r}; name one of {', '.join(self.known)}.{near}"


class AnswerRefused(JournalError):
    """A person's answer that was not recorded, and why. Catch this at the channels and show its text."""


class NoSuchRequest(AnswerRefused):
    def __init__(self, incident: str, digest: str) -> None:
        super().__init__(incident, digest)
        self.incident, self.digest = incident, digest

    def __str__(self) -> str:
        return (
            f"Nothing waits for an answer in {self.incident} under {short(self.digest)}; "
            "look at what waits and answer that."
        )


class OtherPlan(AnswerRefused):
    def __init__(self, incident: str, digest: str, waiting: str) -> None:
        super().__init__(incident, digest, waiting)
        self.incident, self.digest, self.waiting = incident, digest, waiting

    def __str__(self) -> str:
        return (
            f"This answer is for plan {short(self.digest)}, but {self.incident} now waits on plan "
            f"{short(self.waiting)}; "
            "read the new plan and answer that one."
        )


class AlreadyDecided(AnswerRefused):
    def __init__(self, incident: str, digest: str, outcome: str, by: str) -> None:
        super().__init__(incident, digest, outcome, by)
        self.incident, self.digest, self.outcome, self.by = incident, digest, outcome, by

    def __str__(self) -> str:
        return (
            f"{short(self.digest)} in {self.incident} was already {self.outcome} by {self.by}; "
            "there is nothing left to answer."
        )


class RequestExpired(AnswerRefused):
    def __init__(self, incident: str, digest: str, expired_at: str) -> None:
        super().__init__(incident, digest, expired_at)
        self.incident, self.digest, self.expired_at = incident, digest, expired_at

    def __str__(self) -> str:
        return (
            f"The request {short(self.digest)} in {self.incident} expired at {self.expired_at}, and "
            f"nothing was applied; "
            "run the incident again to get a fresh plan."
        )


class RequesterExcluded(AnswerRefused):
    def __init__(self, incident: str, digest: str, by: str) -> None:
        super().__init__(incident, digest, by)
        self.incident, self.digest, self.by = incident, digest, by

    def __str__(self) -> str:
        return (
            f"{self.by} asked for the run of {self.incident}, so may not approve {short(self.digest)}; "
            "ask a second person to answer."
        )


class SamePersonTwice(AnswerRefused):
    def __init__(self, incident: str, digest: str, by: str, missing: int) -> None:
        super().__init__(incident, digest, by, missing)
        self.incident, self.digest, self.by, self.missing = incident, digest, by, missing

    def __str__(self) -> str:
        return (
            f"{self.by} already approved {short(self.digest)} in {self.incident}; "
            f"{self.missing} more yes must come from somebody else."
        )


class IdentityNotProven(AnswerRefused):
    """A yes that a quorum or an exclusion cannot count, because anybody could have typed the name under it."""

    def __init__(self, incident: str, digest: str, by: str, channel: str) -> None:
        super().__init__(incident, digest, by, channel)
        self.incident, self.digest, self.by, self.channel = incident, digest, by, channel

    def __str__(self) -> str:
        return (
            f"{short(self.digest)} in {self.incident} counts only people whose identity is proven, and nothing proves "
            f"that {self.by} answered by {self.channel}; answer with `codeblue approve {self.incident}` under an "
            "account of your own, without --by."
        )


class ChannelRefused(AnswerRefused):
    def __init__(self, incident: str, digest: str, channel: str, allowed: tuple[str, ...]) -> None:
        super().__init__(incident, digest, channel, allowed)
        self.incident, self.digest, self.channel, self.allowed = incident, digest, channel, allowed

    def __str__(self) -> str:
        return (
            f"{short(self.digest)} in {self.incident} may not be answered by {self.channel}; "
            f"answer by {' or '.join(self.allowed)}."
        )


class OddName(AnswerRefused):
    """`why` says what is wrong with the name, which is not repeated: it would not show as it is."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why

    def __str__(self) -> str:
        return (
            f"This name does not show who it is: {self.why}; type it in plain letters of one script and answer again."
        )


class Halted(AnswerRefused):
    """`why` is the sentence of the stop switch or the freeze."""

    def __init__(self, incident: str, why: str) -> None:
        super().__init__(incident, why)
        self.incident, self.why = incident, why

    def __str__(self) -> str:
        return f"{self.why} A yes would change nothing now, so it does not count: {self.incident} still waits for one."


class Unsigned(AnswerRefused):
    """`missing` is `name` or `reason`."""

    def __init__(self, missing: str) -> None:
        super().__init__(missing)
        self.missing = missing

    def __str__(self) -> str:
        return (
            f"An answer needs a {self.missing}, and none was given; "
            f"say {'who you are' if self.missing == 'name' else 'why'} and answer again."
        )


def short(digest: str) -> str:
    """The part of a digest that people compare by eye."""
    return digest if len(digest) <= _COMPARED else f"{digest[:_COMPARED]}…"
