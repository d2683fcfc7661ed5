"""What to do about a hypothesis: a change, a manual task, a wait, an examination, or a hand-off to another runbook.

What is missing must be written down: approval or `NoApproval("why")`, a way back or `Irreversible("why")`, and the
evidence that must hold afterwards. None of them has a default.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, Literal, get_args

from journal.facts.seen import Finding
from journal.facts.words import Channel
from runbook.attested import refuse_words
from runbook.change import Change, Plan, Reversible
from runbook.evidence import Evidence, Told
from runbook.hypothesis import Hypothesis
from runbook.probe import Context, E_contra, Facts, P_contra, Probe

if TYPE_CHECKING:
    from runbook.model import Runbook

ALL_CHANNELS = tuple(Channel)

Covers = Literal["the list", "the rule"]
LONGEST_WAIT = timedelta(hours=4)
"""How long nobody may be asked, at most: a wait needs no person, so it must not become a way to forget."""

LONGEST_EXAMINATION = timedelta(hours=4)
"""How long an examination may be on, at most: what it records is more than anybody usually wants kept."""


@dataclass(frozen=True, kw_only=True)
class Approval:
    """Who must say yes to the exact plan, and what they should know. Unanswered, it expires closed.

    It covers *the list*: the targets that were shown. Where more of the same comes while somebody thinks, an author may
    let it cover *the rule*: the targets are read again at the act, are of exactly the kinds that were shown, and never
    more than `at_most`.
    """

    by: str
    risk: str
    within: timedelta = timedelta(minutes=30)
    quorum: int = 1
    requester_excluded: bool = False
    channels: tuple[Channel, ...] = ALL_CHANNELS
    covers: Covers = "the list"
    at_most: int | None = None

    def __post_init__(self) -> None:
        # A type checker refuses most of it. What it does not would be found out in the middle of an incident.
        most = self.at_most is not None
        fits = type(self.at_most) is int and self.at_most > 0 if most else True
        if self.covers not in get_args(Covers) or not fits or most is not (self.covers == "the rule"):
            said = f"{self.covers!r} and at_most={self.at_most!r}"
            raise ValueError(f"An approval covers the list, or the rule with `at_most` of 1 or more; this one {said}.")


@dataclass(frozen=True)
class NoApproval:
    """This change needs nobody's yes, and here is why."""

    why: str


@dataclass(frozen=True)
class WayBack:
    """How the change is undone, in a person's words; the change's `undo` does it."""

    how: str


@dataclass(frozen=True)
class Irreversible:
    """There is no way back, and here is why that is acceptable."""

    why: str


@dataclass(frozen=True, kw_only=True)
class Guardrail:
    """Limits that refuse a change before it starts: how many targets, how large a share of all, how often."""

    at_most: int
    cooldown: timedelta
    at_most_share: float = 1.0


def causes_of(
    treats: Hypothesis[E_contra, P_contra] | tuple[Hypothesis[E_contra, P_contra], ...],
) -> tuple[Hypothesis[E_contra, P_contra], ...]:
    """The causes that a step is for, where it names one or several."""
    return treats if isinstance(treats, tuple) else (treats,)


@dataclass(frozen=True, kw_only=True)
class Mitigation(Generic[E_contra, P_contra]):
    """A change that treats a hypothesis, or several that it serves alike (`treats=(A, B)`).

    It is offered where one of them is supported, and surely enough, and planned for the likeliest of those. Its
    validation must be each one's own sentence.

    After applying, `validated_by` must hold for `holds_for`, beginning `within`; if not, the change is undone.
    `then` is a second step, with its own approval, without which this one is worthless: if it is not carried out, this
    one is undone. `expires_after` makes a change temporary: the watch has it undone when the time is up. `leaves` says
    what goes on all the same once it has helped, such as a client that leaks: whoever reads the ending must know.
    `expects` makes of the validating probe's reading what it would be once the plan is carried out: a plan that could
    not reach its own validation is refused before anybody is asked.
    """

    name: str
    title: str
    treats: Hypothesis[E_contra, P_contra] | tuple[Hypothesis[E_contra, P_contra], ...]
    change: Callable[[Context[E_contra, P_contra]], Change[Any]]
    approval: Approval | NoApproval
    guardrail: Guardrail
    undo: WayBack | Irreversible
    validated_by: Evidence[E_contra, P_contra]
    source: str
    holds_for: timedelta = timedelta(seconds=30)
    within: timedelta = timedelta(minutes=5)
    expires_after: timedelta | None = None
    leaves: str = ""
    expects: Callable[[Any, Plan[Any]], Facts] | None = None
    then: Mitigation[E_contra, P_contra] | None = None

    def __post_init__(self) -> None:
        refuse_words(f"Mitigation {self.name!r}", (self.validated_by,))
        rule = self.approval.at_most if isinstance(self.approval, Approval) else None
        limit = self.guardrail.at_most
        if rule is not None and rule > limit:
            raise ValueError(f"A yes to {self.name} covers {rule} targets, its guardrail {limit}; lower `at_most`.")

    @property
    def causes(self) -> tuple[Hypothesis[E_contra, P_contra], ...]:
        """All that it treats."""
        return causes_of(self.treats)

    @property
    def answered_within(self) -> timedelta:
        """How long people may think about it."""
        return self.approval.within if isinstance(self.approval, Approval) else timedelta(0)


@dataclass(frozen=True, kw_only=True)
class Manual(Generic[E_contra, P_contra]):
    """A fix only a person can make. Shown, waited for, and validated by evidence like any other."""

    name: str
    title: str
    treats: Hypothesis[E_contra, P_contra] | tuple[Hypothesis[E_contra, P_contra], ...]
    steps: tuple[str | Told[E_contra, P_contra], ...]
    validated_by: Evidence[E_contra, P_contra]
    source: str
    why_manual: str
    waits: timedelta = timedelta(hours=1)
    holds_for: timedelta = timedelta(seconds=30)
    within: timedelta = timedelta(minutes=5)

    def __post_init__(self) -> None:
        refuse_words(f"Manual {self.name!r}", (self.validated_by,))

    @property
    def causes(self) -> tuple[Hypothesis[E_contra, P_contra], ...]:
        """All that it treats."""
        return causes_of(self.treats)

    @property
    def answered_within(self) -> timedelta:
        """How long a person may take for it."""
        return self.waits


@dataclass(frozen=True, kw_only=True)
class Wait(Generic[E_contra, P_contra]):
    """The cause ends by itself: nobody is asked, nothing is changed, and it is looked each minute whether it is over.

    It is over when `until` holds in two looks in a row; unknown is not over. When its time is up (`within`), all is
    looked at and judged anew, and what else is to be done comes next. `says` is why waiting is right. Write as `until`
    what is so when the cause is gone, not the symptom: that is asked as well.
    """

    name: str
    title: str
    treats: Hypothesis[E_contra, P_contra]
    until: Evidence[E_contra, P_contra]
    within: timedelta
    says: str
    source: str

    @property
    def causes(self) -> tuple[Hypothesis[E_contra, P_contra], ...]:
        """All that it treats."""
        return (self.treats,)

    def __post_init__(self) -> None:
        refuse_words(f"Wait {self.name!r}", (self.until,))
        _refuse_for_ever(self.name, self.within)


@dataclass(frozen=True, kw_only=True)
class Examination(Generic[E_contra, P_contra]):
    """A look that touches, such as a log that is turned on: it treats nothing, and lets causes be told apart.

    It is offered, once an incident, where no treatment is left and one of the causes that it `tells` may be at work.
    It is approved, carried out and undone like any change. When it has been on for `asks_after`, all is asked and
    judged anew; `then_asks` are the probes that see more by it (none named: all may). It stays on, so that what is done
    next is seen by the same light, and ends by itself after `ends_after`, and with the incident.
    """

    name: str
    title: str
    tells: tuple[Hypothesis[E_contra, P_contra], ...]
    change: Callable[[Context[E_contra, P_contra]], Reversible[Any]]
    approval: Approval | NoApproval
    guardrail: Guardrail
    undo: WayBack
    asks_after: timedelta
    ends_after: timedelta
    source: str
    then_asks: tuple[Probe[E_contra, P_contra, Facts], ...] = ()

    def __post_init__(self) -> None:
        if not timedelta(0) < self.asks_after < self.ends_after <= LONGEST_EXAMINATION:
            raise ValueError(
                f"{self.name} asks after {self.asks_after} and ends after {self.ends_after}; it must be asked while it"
                f" is on, and end by itself, after {LONGEST_EXAMINATION} at most."
            )
        if not any(self.asked_of(said) for cause in self.tells for said in (*cause.supported_by, *cause.refuted_by)):
            raise ValueError(f"{self.name} can tell nothing: no sentence of a cause in `tells` is of what it asks.")

    @property
    def causes(self) -> tuple[Hypothesis[E_contra, P_contra], ...]:
        """All that it tells apart."""
        return self.tells

    @property
    def expires_after(self) -> timedelta:
        """When it is undone at the latest, as with any change that is made for a while."""
        return self.ends_after

    def asked_of(self, said: Evidence[E_contra, P_contra] | Finding) -> bool:
        """Whether a sentence may be answered otherwise once it is on."""
        probe = said.probe if isinstance(said, Finding) else said.probe.name
        return not self.then_asks or probe in {one.name for one in self.then_asks}


@dataclass(frozen=True, kw_only=True)
class HandOff(Generic[E_contra, P_contra]):
    """The cause is another runbook's. `params` are the parameters it is started with.

    The incident ends with it. One that `returns` stays open instead: it waits for the other one's end, `within` at
    most, asks its own symptom again, and goes on.
    """

    name: str
    title: str
    treats: Hypothesis[E_contra, P_contra] | tuple[Hypothesis[E_contra, P_contra], ...]
    to: Runbook[Any, Any]
    params: Callable[[Context[E_contra, P_contra]], dict[str, Any]]
    source: str
    returns: bool = False
    within: timedelta | None = None

    @property
    def causes(self) -> tuple[Hypothesis[E_contra, P_contra], ...]:
        """All that it treats."""
        return causes_of(self.treats)

    def __post_init__(self) -> None:
        if self.returns is (self.within is None):
            said = f"returns={self.returns} and within={self.within}"
            raise ValueError(f"{self.name} has {said}; one that comes back says how long it waits, no other does.")
        if self.within is not None:
            _refuse_for_ever(self.name, self.within)


def _refuse_for_ever(name: str, within: timedelta) -> None:
    if not timedelta(0) < within <= LONGEST_WAIT:
        raise ValueError(
            f"{name} waits for {within}; say how long it may, {LONGEST_WAIT} at most, so that it is not forgotten."
        )


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """What the old page advises and this runbook will not do, and why; shown to whoever looks for it."""

    what: str
    why: str
    source: str


Changing = Mitigation[E_contra, P_contra] | Examination[E_contra, P_contra]
"""What changes something: planned, approved, carried out and undone by one path."""

Step = (
    Changing[E_contra, P_contra] | Manual[E_contra, P_contra] | Wait[E_contra, P_contra] | HandOff[E_contra, P_contra]
)
"""Whatever may be done about a hypothesis."""
