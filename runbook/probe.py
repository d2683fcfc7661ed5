"""Read-only looks at the world, and the typed answers they give.

`look` marks a reader in `tasks/<tech>/read.py` with what it needs; `probe` makes a runbook's question out of readers.
The pipeline (`tasks.gather`) runs probes; predicates over their readings are in `runbook.evidence`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from inspect import signature
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, TypeVar, cast, get_type_hints, overload

from pydantic import BaseModel, ConfigDict, Field

from runbook.alert import Alert
from runbook.selection import Selection

if TYPE_CHECKING:
    from runbook.evidence import Evidence, Told


class Form(BaseModel):
    """The parameters of a runbook: shown as a form in the Prefect UI. Unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    environment: str = Field(min_length=1, max_length=100, description="Saved environment to work on.")


class Facts(BaseModel):
    """Base of everything a probe reads. `str()` is the one line that people see beside a sentence; override it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def __str__(self) -> str:
        return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in self)

    def figures(self) -> Mapping[str, tuple[float, str]]:
        """The numbers that a chart of the incident shows: name → value and unit. None, unless overridden.

        Give the few that decide, not all there are: `{"connection slots taken": (93.0, "%")}`. A number that was not
        seen is left out and never zero.
        """
        return {}


E_co = TypeVar("E_co", covariant=True)
P_co = TypeVar("P_co", bound=Form, covariant=True)
E_contra = TypeVar("E_contra", contravariant=True)
P_contra = TypeVar("P_contra", bound=Form, contravariant=True)
R_co = TypeVar("R_co", bound=Facts, covariant=True)
R = TypeVar("R", bound=Facts)
E = TypeVar("E")
P = TypeVar("P", bound=Form)
S = TypeVar("S", bound=Selection)
S_co = TypeVar("S_co", bound=Selection, covariant=True)


@dataclass(frozen=True, kw_only=True)
class Context(Generic[E_co, P_co]):
    """What a runbook's lambdas are given: the environment block, the parameters, and the alert that started the run.

    `lately` is how long ago the last change was made, where it is looked whether that helped: what was logged before
    it says nothing about that, so probes look back no further (`back`).
    """

    env: E_co
    params: P_co
    alert: Alert | None = None
    lately: timedelta | None = None

    def back(self, window: timedelta) -> timedelta:
        """How far to look back: as far as the runbook says, and not beyond the last change."""
        return window if self.lately is None else min(window, max(self.lately, SHORTEST))


SHORTEST = timedelta(seconds=1)
"""Nothing looks back for less: logs and metrics are stamped no more finely than that."""

Args = ParamSpec("Args")
Out_co = TypeVar("Out_co", covariant=True)


@dataclass(frozen=True, kw_only=True)
class Look(Generic[Args, Out_co]):
    """A reader with what it declares: the permissions it uses, and the bound on what it may bring back.

    Permissions are `service:Action` for AWS, `postgres:role` for PostgreSQL, `http:GET` for pages; least-privilege
    policies are generated from them.
    """

    read: Callable[Args, Out_co]
    permissions: tuple[str, ...]
    bound: str

    def __call__(self, *args: Args.args, **kwargs: Args.kwargs) -> Out_co:
        return self.read(*args, **kwargs)

    @property
    def name(self) -> str:
        return getattr(self.read, "__name__", "look")


def look(*permissions: str, bound: str) -> Callable[[Callable[Args, Out_co]], Look[Args, Out_co]]:
    """Mark a reader with the permissions it uses and the bound on what it brings back."""

    def mark(read: Callable[Args, Out_co]) -> Look[Args, Out_co]:
        return Look(read=read, permissions=permissions, bound=bound)

    return mark


class Reading(BaseModel, Generic[R]):
    """What a probe saw. `at` is when it began to look, `took` how long it needed. `by` is a person whose word it is."""

    model_config = ConfigDict(frozen=True)

    probe: str
    at: datetime
    took: timedelta
    value: R
    by: str | None = None


class Unreadable(BaseModel):
    """A probe that could not look, and why. Never health, never a cause."""

    model_config = ConfigDict(frozen=True)

    probe: str
    at: datetime
    took: timedelta
    why: str


@dataclass(frozen=True, kw_only=True)
class Probe(Generic[E_contra, P_contra, R_co]):
    """A question to the world. Made by the `probe` decorator; its name is the function's."""

    name: str
    asks: str
    read: Callable[[Context[E_contra, P_contra]], R_co]
    reads: type[R_co]
    uses: tuple[Look[..., object], ...]
    source: str
    timeout: timedelta = timedelta(seconds=10)
    retries: int = 2
    about: Callable[[Context[E_contra, P_contra]], Selection] | None = None

    def shows(
        self, sentence: str, holds: Callable[[R_co], bool], *, gauge: str | None = None
    ) -> Evidence[E_contra, P_contra]:
        """The sentence people read beside the predicate that decides it; `gauge` is the figure that grows with harm."""
        from runbook.evidence import Evidence  # evidence is about probes; importing it above would be a circle

        return Evidence(sentence=sentence, probe=self, holds=cast("Callable[[Facts], bool]", holds), gauge=gauge)

    def tells(self, words: Callable[[R_co], Sequence[str]]) -> Told[E_contra, P_contra]:
        """Sentences made from the reading, for the steps of a manual task."""
        from runbook.evidence import Told

        return Told(probe=self, words=cast("Callable[[Facts], Sequence[str]]", words))

    @property
    def permissions(self) -> tuple[str, ...]:
        return tuple(sorted({permission for used in self.uses for permission in used.permissions}))


class _Asks(Protocol[E, P, S_co]):
    """Takes a function of the context, or of context and selection."""

    @overload
    def __call__(self, read: Callable[[Context[E, P], S_co], R]) -> Probe[E, P, R]: ...
    @overload
    def __call__(self, read: Callable[[Context[E, P]], R]) -> Probe[E, P, R]: ...


@overload
def probe(
    *uses: Look[..., object], asks: str, source: str, timeout: timedelta = ..., retries: int = ...
) -> Callable[[Callable[[Context[E, P]], R]], Probe[E, P, R]]: ...


@overload
def probe(
    *uses: Look[..., object],
    asks: str,
    source: str,
    about: Callable[[Context[E, P]], S],
    timeout: timedelta = ...,
    retries: int = ...,
) -> _Asks[E, P, S]: ...


def probe(
    *uses: Look[..., object],
    asks: str,
    source: str,
    about: Callable[[Any], Selection] | None = None,
    timeout: timedelta = timedelta(seconds=10),
    retries: int = 2,
) -> Any:
    """Turn a function of the context into a probe.

    `uses` are the readers it calls (their permissions become the probe's), `asks` the question in a person's words,
    `source` the row of the runbook it comes from (`rung.c297`), or `devised` where the source gives none. `about`
    is what it looks at; a function of context *and* selection is given that, and the change is given the same.
    """

    def make(read: Callable[..., Any]) -> Probe[Any, Any, Any]:
        from runbook.attested import refuse_hidden  # a person's word is an answer of a probe: a circle, above

        name, reads = getattr(read, "__name__", ""), get_type_hints(read)["return"]
        refuse_hidden(name, reads)
        chosen = about if about is not None and len(signature(read).parameters) > 1 else None
        return Probe(
            name=name,
            asks=asks,
            read=read if chosen is None else lambda context: read(context, chosen(context)),
            reads=reads,
            uses=uses,
            source=source,
            timeout=timeout,
            retries=retries,
            about=about,
        )

    return make
