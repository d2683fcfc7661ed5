"""Calls of a provider that come to nothing: why, as it answers itself; and causes that are alike with every provider.

What a provider answers is in the log of whoever called it, and is counted there by kind: the status that HTTP gives it,
or the provider's own code. A page of theirs that is red explains nothing while our calls are refused for another
reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Final, Generic, TypeVar

from flows.parts.asked import Asked
from flows.parts.statuspages import AskedStatus
from runbook import Evidence, Form, Hypothesis, Manual, Probe, Strength, Told, Wait
from runbook.probe import E_contra, P_contra
from runbook.shares import FEW, LEAST, share
from tasks.gcplogs.read import Entries
from tasks.logs.read import Kind
from tasks.prometheus.read import Rates
from tasks.web.parts import Parts

E = TypeVar("E")
P = TypeVar("P", bound=Form)

NOT_TRIED, THEIRS, KEY, LIMITED, SLOW, OTHER = "not_tried", "theirs", "unauthorized", "limited", "slow", "other"
MOST, HARDLY_ANY = 1 / 3, 0.05
"""Devised: a kind that every third failed call is of leads; one in twenty is there on good days as well."""

_STATUS: Final = r"(?:\"status(?:Code)?\\?\"\s*:\s*|\bstatus(?: code)? )"


def code(*codes: int) -> str:
    """The pattern of a provider's own codes, in a body that is JSON or a text within JSON."""
    return rf"\"code\\?\"\s*:\s*(?:{'|'.join(map(str, codes))})\b"


def answered(status: str) -> str:
    """The pattern of HTTP statuses, as whoever calls logs them. Other numbers, such as a duration, are none."""
    return rf"{_STATUS}{status}\b"


def kinds(*own: Kind) -> tuple[Kind, ...]:
    """All kinds of failed calls; a provider's own ones go before those that HTTP's status tells."""
    return (
        Kind(name=NOT_TRIED, pattern=r"(?i)circuit breaker (?:is )?open"),
        *own,
        Kind(name=KEY, pattern=answered("401")),
        Kind(name=LIMITED, pattern=answered("429")),
        Kind(name=THEIRS, pattern=answered(r"5\d\d")),
        Kind(name=OTHER, pattern=answered(r"4\d\d")),
        Kind(name=SLOW, pattern=r"(?i)\btime(?:d |-)?out\b|\bE(?:TIMEDOUT|CONNABORTED)\b"),
    )


def tried(r: Entries) -> int:
    """Failed calls that reached for the provider."""
    return sum(count for kind, count in r.kinds.items() if kind != NOT_TRIED)


@dataclass(frozen=True)
class OfKind(Generic[E_contra, P_contra]):
    """What the failed calls of one kind come to, or of several: that they lead, that there are few or none."""

    many: Evidence[E_contra, P_contra]
    few: Evidence[E_contra, P_contra]
    none: Evidence[E_contra, P_contra]
    counted: Told[E_contra, P_contra]


@dataclass(frozen=True)
class AskedFailures(Asked[E_contra, P_contra, Entries]):
    """Failed calls of a provider, by the kinds that `kinds` gives."""

    provider: str
    _known: dict[tuple[str, ...], OfKind[E_contra, P_contra]] = field(
        default_factory=dict[tuple[str, ...], OfKind[E_contra, P_contra]]
    )

    def of(self, *names: str, said: str) -> OfKind[E_contra, P_contra]:
        """`said` is what was answered to such calls, as in *refused for the key*."""
        if names not in self._known:
            self._known[names] = self._of(names, said)
        return self._known[names]

    def _of(self, names: tuple[str, ...], said: str) -> OfKind[E_contra, P_contra]:
        def many(r: Entries) -> float:
            return share(sum(map(r.of, names)), tried(r), f"failed calls of {self.provider}", least=FEW)

        def none(r: Entries) -> bool:
            return all(r.none(one) for one in names)

        of, shows = self.provider, self.probe.shows
        return OfKind(
            many=shows(f"at least a third of the failed calls of {of} were {said}", lambda r: many(r) >= MOST),
            few=shows(
                f"fewer than one in twenty of the failed calls of {of} were {said}", lambda r: many(r) < HARDLY_ANY
            ),
            none=shows(f"no call of {of} was {said}", none),
            counted=self.probe.tells(
                lambda r: [f"{sum(map(r.of, names))} of {tried(r)} failed calls of {of} were {said}."]
            ),
        )

    @cached_property
    def not_tried(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            f"at least {LEAST} calls of {self.provider} were not tried, since its circuit breaker is open, and none"
            " was tried and failed",
            lambda r: r.of(NOT_TRIED) >= LEAST and not tried(r),
        )

    @cached_property
    def was_tried(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(f"a call of {self.provider} was tried and failed", lambda r: tried(r) > 0)

    @cached_property
    def all_tried(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            f"no call of {self.provider} was kept back by a circuit breaker", lambda r: r.none(NOT_TRIED)
        )


@dataclass(frozen=True)
class AskedCalls(Asked[E_contra, P_contra, Rates]):
    """Calls of a provider that one process counts: those that were wanted, and `FAILED` among them."""

    provider: str

    @cached_property
    def failing(self) -> Evidence[E_contra, P_contra]:
        """Devised: a caller asks again, so that one lost call in ten is no bad moment any more."""
        return self.probe.shows(
            f"more than one call of {self.provider} in ten fails, as one process counts",
            lambda r: r.share(FAILED, among=CALLS) > 0.1,
            gauge=FAILED,
        )

    @cached_property
    def well(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            f"at least 19 of 20 calls of {self.provider} succeed, as one process counts",
            lambda r: r.share(FAILED, among=CALLS) <= HARDLY_ANY,
        )


CALLS, FAILED = "calls", "failed calls"


@dataclass(frozen=True, kw_only=True)
class Provider(Generic[E, P]):
    """What is seen of one; `short` is what its causes and steps are called by."""

    name: str
    short: str
    failures: AskedFailures[E, P]
    calls: AskedCalls[E, P]
    page: AskedStatus[E, P]
    open_breaker: Evidence[E, P]
    closed_breaker: Evidence[E, P]

    @property
    def theirs(self) -> OfKind[E, P]:
        return self.failures.of(THEIRS, said="answered with a 5xx")

    @property
    def slow(self) -> OfKind[E, P]:
        return self.failures.of(SLOW, said="given up unanswered")

    @property
    def key(self) -> OfKind[E, P]:
        return self.failures.of(KEY, said="refused for the key (401)")

    @property
    def limited(self) -> OfKind[E, P]:
        return self.failures.of(LIMITED, said="refused because too much was asked")

    @property
    def theirs_or_slow(self) -> OfKind[E, P]:
        return self.failures.of(THEIRS, SLOW, said="answered with a 5xx or given up unanswered")

    # -- causes -------------------------------------------------------------------------------------------------------

    def down(self, source: str) -> Hypothesis[E, P]:
        """Their own servers fail: they say so themselves, or answer with 5xx."""
        few = self.theirs_or_slow
        return Hypothesis(
            name=f"{self.short}_down",
            claim=f"{self.name} itself fails.",
            supported_by=(self.theirs.many, self.page.troubled),
            refuted_by=(few.few, few.none),
            strength=(
                (self.theirs.many, Strength.DECISIVE),
                (few.few, Strength.DECISIVE),
                (few.none, Strength.DECISIVE),
            ),
            prior=0.3,
            source=source,
        )

    def refused(
        self, name: str, claim: str, of: OfKind[E, P], source: str, *, beside: Iterable[Evidence[E, P]] = ()
    ) -> Hypothesis[E, P]:
        """A cause that the answers name by themselves; `beside` speaks against it as well."""
        return Hypothesis(
            name=name,
            claim=claim,
            supported_by=(of.many,),
            refuted_by=(of.few, of.none, *beside),
            strength=((of.many, Strength.DECISIVE), (of.few, Strength.DECISIVE), (of.none, Strength.DECISIVE)),
            source=source,
        )

    def key_rejected(self, source: str) -> Hypothesis[E, P]:
        return self.refused("key_rejected", f"{self.name} does not accept the key that is used.", self.key, source)

    def rate_limited(self, source: str) -> Hypothesis[E, P]:
        claim = f"More is asked of {self.name} than it allows in the time."
        return self.refused("rate_limited", claim, self.limited, source)

    def breaker_stuck(self, source: str) -> Hypothesis[E, P]:
        """The circuit breaker keeps calls back that nothing is wrong with: nobody tries any, so none fails."""
        failures = self.failures
        return Hypothesis(
            name="breaker_stuck",
            claim=f"The circuit breaker before {self.name} stays open, though no call fails any more.",
            supported_by=(failures.not_tried, self.open_breaker),
            refuted_by=(failures.was_tried, failures.all_tried, self.closed_breaker),
            strength=(
                (failures.not_tried, Strength.DECISIVE),
                (failures.was_tried, Strength.DECISIVE),
                (failures.all_tried, Strength.DECISIVE),
                (self.open_breaker, Strength.HINT),
                (self.closed_breaker, Strength.HINT),
            ),
            prior=0.1,
            source=source,
        )

    # -- what is done about them --------------------------------------------------------------------------------------

    def wait(self, treats: Hypothesis[E, P], says: str, source: str) -> Wait[E, P]:
        return Wait(
            name=f"wait_for_{treats.name}",
            title=f"Wait until calls of {self.name} succeed again",
            treats=treats,
            until=self.calls.well,
            within=timedelta(hours=2),
            says=says,
            source=source,
        )

    def renew_key(self, treats: Hypothesis[E, P], where: str, source: str) -> Manual[E, P]:
        return Manual(
            name="renew_key",
            title=f"Give the application a key that {self.name} accepts",
            treats=treats,
            why_manual="a key is a secret that no run may read, and only its owner is given a new one.",
            steps=(
                self.key.counted,
                f"Look {where} whether the key was withdrawn or has run out, and who did that. Where it was withdrawn"
                " because strangers had it, call security first.",
                "Which version of the secret does the revision read that answers, and is there a newer one? Then only a"
                " new revision is missing, which reads the newest.",
                "Otherwise have a new key issued, add it as a new version of the secret and deploy a revision that"
                " reads it. Never put a key into a command, a ticket or a chat.",
                "Withdraw the old key when calls succeed, and not before.",
                "Say that it is done; what the application logs is then looked at again.",
            ),
            validated_by=self.key.none,
            waits=timedelta(hours=4),
            within=timedelta(minutes=15),
            source=source,
        )

    def ask_less(self, treats: Hypothesis[E, P], *how: str | Told[E, P], source: str) -> Manual[E, P]:
        """`how` is what may be done about this provider's limits."""
        return Manual(
            name="ask_less",
            title=f"Ask {self.name} for less at once, or for a higher limit",
            treats=treats,
            why_manual="the page names no setting for it, and its owners say what may come later.",
            steps=(
                self.limited.counted,
                *how,
                "Whoever is refused must wait for as long as the answer says (`Retry-After`), and longer each time:"
                " asking again at once uses up what is left.",
                "Say that it is done; what the application logs is then looked at again.",
            ),
            validated_by=self.limited.none,
            waits=timedelta(hours=4),
            within=timedelta(minutes=15),
            source=source,
        )

    def begin_anew(self, treats: Hypothesis[E, P], source: str) -> Manual[E, P]:
        return Manual(
            name="begin_anew",
            title="Let the processes whose breaker is stuck begin anew",
            treats=treats,
            why_manual="a breaker is in the memory of each process, and the page names no way to reset it.",
            steps=(
                f"Make sure that {self.name} answers: have its owner make one call with the application's own key."
                " A breaker that is reset while they fail makes it worse.",
                "Deploy the revision that answers once more, unchanged: its processes begin with closed breakers.",
                "Tell the application's owners: a breaker that is open must let single calls through after a while.",
                "Say that it is done; what the application logs is then looked at again.",
            ),
            validated_by=self.failures.all_tried,
            waits=timedelta(hours=2),
            within=timedelta(minutes=15),
            source=source,
        )


def breaker(asked: Probe[E, P, Parts], name: str, provider: str) -> tuple[Evidence[E, P], Evidence[E, P]]:
    """That the circuit breaker before a provider is open, and that it is closed; by `name` the page knows it."""
    return (
        asked.shows(
            f"the circuit breaker of {provider} is open, or lets single calls through", lambda r: not r.well(name)
        ),
        asked.shows(f"the circuit breaker of {provider} is closed", lambda r: r.well(name)),
    )
